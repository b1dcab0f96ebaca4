/* econc.c: the command. Arguments in, texts of the library out; the one file that prints and ends the process. docs/command.md. */
#include "econ.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define VERSION "econc " ECON_VERSION

static const char help[] =
    "usage: econc COMMAND ...\n"
    "\n"
    "  run MODEL        solve what the file asks for and print tables\n"
    "      -D NAME=VALUE      change a parameter or table entry, e.g. -D gamma=3 -D 'e[lender,c1@now]=4' (repeatable)\n"
    "      --json FILE        write all results as JSON; - is standard output\n"
    "      --csv FILE         write all results as CSV; - is standard output\n"
    "      --sample K         show K types of many, evenly spread, in tables, JSON and CSV\n"
    "      --full             show every row of long tables\n"
    "      --get QUERY        print only these numbers, e.g. --get 'ex.k[lender]' (repeatable)\n"
    "      --certificate      print every claim of every certificate\n"
    "      --svg DIR          write each plot as a picture\n"
    "      --gnuplot DIR      write each plot's data and a script for gnuplot\n"
    "      --resume FILE      keep finished points of sweeps in FILE, and take those that are there\n"
    "  check MODEL      find mistakes without solving\n"
    "  explain MODEL    print choices, multipliers, conditions and markets\n"
    "      --latex            as LaTeX\n"
    "      --of NAME          of one agent, market or constraint, or as one solution's question changes the economy\n"
    "      --diff A B         what the economies of two questions do not have in common; without a model: of two files\n"
    "  explain --why CODE     what a message's code means\n"
    "  test FILES       do the files' `expect` lines hold?\n"
    "  fmt FILES        canonical layout, in place; - formats standard input\n"
    "      --check            change nothing; status 1 if a file would change\n"
    "  ir MODEL         the economy inside the compiler\n"
    "      --after PASS       after this pass; `lower` shows the problem's kernels\n"
    "  new model NAME   write NAME.econ, a first model that runs\n"
    "  new institution NAME   write NAME.econ, an institution, and NAME_test.econ, a model that tests it\n"
    "\n"
    "options of run, check, explain, test, ir:\n"
    "  -D NAME=VALUE (not test)   --library DIR   --memory BYTES (K, M, G)   and of run, test: --seconds S (each solution)   --seed N\n"
    "  -j N (processes for sweeps)   --cold (every point of a sweep from the derived start)\n"
    "  --help   --version\n"
    "\n"
    "MODEL may be - for standard input. Status: 0 solved and as expected, 1 the model is wrong, 2 usage, 3 not solved,\n"
    "4 an `expect` does not hold.\n";

static volatile sig_atomic_t interrupted;

/* A second interruption ends the process. */
static void on_interrupt(int sig) {
  (void)sig;
  interrupted = 1;
}

/* ---- progress ---- */

typedef struct { struct timespec start; int shown, terminal; double last; } Progress;

static double elapsed(const Progress *p) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - p->start.tv_sec) + 1e-9 * (double)(now.tv_nsec - p->start.tv_nsec);
}

static int on_tick(void *ctx, const char *solution, double residual, const char *what) {
  Progress *p = ctx;
  if (p->terminal) {
    double t = elapsed(p);
    if (t > 1 && t - p->last > 0.1) {
      fprintf(stderr, "\r\033[K%s: %s", solution, what ? what : "");
      if (isfinite(residual)) fprintf(stderr, ", residual %.1e", residual);
      fprintf(stderr, " (%.0f s)", t);
      fflush(stderr);
      p->shown = 1;
      p->last = t;
    }
  }
  return interrupted;
}

static void progress_clear(Progress *p) {
  if (p->shown) fputs("\r\033[K", stderr);
  p->shown = 0;
}

/* ---- arguments ---- */

typedef struct {
  EconOptions opt;
  Progress progress;
  char **define, **get, **file;                         /* each has room for all arguments */
  int ndefine, nget, nfile;
  const char *json, *csv, *of, *after, *why, *diff[2], *svg, *gnuplot;
  int certificate, latex, check, help;
  const char *bad;                                      /* what is wrong with the arguments, with a printf-safe detail */
  const char *bad_detail;
} Args;

typedef enum { CAN_DEFINE = 1, CAN_OUTPUT = 2, CAN_EXPLAIN = 4, CAN_FMT = 8, CAN_IR = 16, CAN_LIMIT = 32, CAN_SOLVE = 64 } Can;

static int usage(const char *what, const char *detail) {
  fprintf(stderr, "econc: %s%s%s\nTry: econc --help\n", what, detail ? ": " : "", detail ? detail : "");
  return ECON_USAGE;
}

/* "64M": bytes. Zero when it is no size. */
static size_t parse_size(const char *s) {
  char *end;
  errno = 0;
  unsigned long long n = strtoull(s, &end, 10);
  unsigned shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : *end == 'G' || *end == 'g' ? 30 : 0;
  if (shift) end++;
  if (errno || end == s || *end || *s == '-' || n > (SIZE_MAX >> shift)) return 0;
  return (size_t)n << shift;
}

static int parse_seconds(const char *s, double *out) {
  char *end;
  *out = strtod(s, &end);
  return end == s || *end || !(*out > 0) || *out > 1e9;
}

static int parse_seed(const char *s, uint64_t *out) {
  char *end;
  errno = 0;
  *out = strtoull(s, &end, 10);
  return errno || end == s || *end || *s == '-';
}

static void refuse(Args *a, const char *what, const char *detail) {
  if (!a->bad) { a->bad = what; a->bad_detail = detail; }
}

/* The value of an option "--name VALUE" or "--name=VALUE" at argv[*i], or NULL if it is another option. */
static const char *option_value(Args *a, const char *name, int argc, char **argv, int *i) {
  size_t n = strlen(name);
  if (strncmp(argv[*i], name, n)) return NULL;
  if (argv[*i][n] == '=') return argv[*i] + n + 1;
  if (argv[*i][n]) return NULL;
  if (*i + 1 >= argc) { refuse(a, "a value must follow", name); return ""; }
  return argv[++*i];
}

static int parse_jobs(const char *s, unsigned *out) {
  char *end;
  unsigned long n = strtoul(s, &end, 10);
  if (*s < '0' || *s > '9' || *end || n < 1 || n > 256) return 1;
  *out = (unsigned)n;
  return 0;
}

static int parse_limits(Args *a, int can, int argc, char **argv, int *i) {
  const char *v;
  if ((can & CAN_LIMIT) && (v = option_value(a, "--library", argc, argv, i))) a->opt.library = v;
  else if ((can & CAN_LIMIT) && (v = option_value(a, "--memory", argc, argv, i))) {
    if (!(a->opt.memory = parse_size(v))) refuse(a, "--memory needs a number of bytes such as 512M", v);
  } else if ((can & CAN_SOLVE) && (v = option_value(a, "--seconds", argc, argv, i))) {
    if (parse_seconds(v, &a->opt.seconds)) refuse(a, "--seconds needs a positive number", v);
  } else if ((can & CAN_SOLVE) && (v = option_value(a, "--seed", argc, argv, i))) {
    if (parse_seed(v, &a->opt.seed)) refuse(a, "--seed needs a whole number", v);
  } else if ((can & CAN_SOLVE) && !strcmp(argv[*i], "--cold")) a->opt.cold = 1;
  else if ((can & CAN_SOLVE) && !strncmp(argv[*i], "-j", 2)) {
    v = argv[*i][2] ? argv[*i] + 2 : *i + 1 < argc ? argv[++*i] : "";
    if (parse_jobs(v, &a->opt.jobs)) refuse(a, "-j needs a number of processes from 1 to 256", v);
  } else return 0;
  return 1;
}

static int parse_outputs(Args *a, int can, int argc, char **argv, int *i) {
  const char *v;
  if ((can & CAN_OUTPUT) && (v = option_value(a, "--json", argc, argv, i))) a->json = v;
  else if ((can & CAN_OUTPUT) && (v = option_value(a, "--csv", argc, argv, i))) a->csv = v;
  else if ((can & CAN_OUTPUT) && (v = option_value(a, "--get", argc, argv, i))) a->get[a->nget++] = (char *)v;
  else if ((can & CAN_OUTPUT) && !strcmp(argv[*i], "--certificate")) a->certificate = 1;
  else if ((can & CAN_OUTPUT) && !strcmp(argv[*i], "--full")) a->opt.full = 1;
  else if ((can & CAN_OUTPUT) && (v = option_value(a, "--sample", argc, argv, i))) {
    uint64_t k;
    if (parse_seed(v, &k) || !k || k > 1000000000) refuse(a, "--sample needs a whole number from 1", v);
    else a->opt.sample = (uint32_t)k;
  }
  else if ((can & CAN_OUTPUT) && (v = option_value(a, "--svg", argc, argv, i))) a->svg = v;
  else if ((can & CAN_OUTPUT) && (v = option_value(a, "--gnuplot", argc, argv, i))) a->gnuplot = v;
  else if ((can & CAN_OUTPUT) && (v = option_value(a, "--resume", argc, argv, i))) a->opt.resume = v;
  else if ((can & CAN_OUTPUT) && option_value(a, "--html", argc, argv, i)) refuse(a, "--html is not available in this version; --json has the same content", NULL);
  else if ((can & CAN_EXPLAIN) && (v = option_value(a, "--diff", argc, argv, i))) {
    if (*i + 1 >= argc) refuse(a, "--diff needs the names of two questions, or of two files", NULL);
    else {
      a->diff[0] = v;
      a->diff[1] = argv[++*i];
    }
  }
  else if ((can & CAN_EXPLAIN) && !strcmp(argv[*i], "--latex")) a->latex = 1;
  else if ((can & CAN_EXPLAIN) && (v = option_value(a, "--of", argc, argv, i))) a->of = v;
  else if ((can & CAN_EXPLAIN) && (v = option_value(a, "--why", argc, argv, i))) a->why = v;
  else if ((can & CAN_IR) && (v = option_value(a, "--after", argc, argv, i))) a->after = v;
  else if ((can & CAN_FMT) && !strcmp(argv[*i], "--check")) a->check = 1;
  else return 0;
  return 1;
}

static void parse(Args *a, int can, int argc, char **argv) {
  int only_files = 0;
  for (int i = 0; i < argc && !a->bad; i++) {
    char *s = argv[i];
    if (only_files || *s != '-' || !s[1]) a->file[a->nfile++] = s;
    else if (!strcmp(s, "--")) only_files = 1;
    else if (!strcmp(s, "--help") || !strcmp(s, "-h")) a->help = 1;
    else if ((can & CAN_DEFINE) && !strncmp(s, "-D", 2)) {
      if (s[2]) a->define[a->ndefine++] = s + 2;
      else if (i + 1 < argc) a->define[a->ndefine++] = argv[++i];
      else refuse(a, "-D needs NAME=VALUE", NULL);
    } else if (!parse_limits(a, can, argc, argv, &i) && !parse_outputs(a, can, argc, argv, &i)) refuse(a, "unknown option", s);
  }
  if (a->diff[0] && (a->latex || a->of)) refuse(a, "--diff compares two economies as text, in full: it goes with neither --latex nor --of", NULL);
}

/* ---- files ---- */

static int put_piece(void *ctx, const char *s, size_t n) { return fwrite(s, 1, n, ctx) != n; }

/* Writes to path, "-" being standard output. Nonzero after a message. */
static int write_out(const char *path, Econ *m, int (*write)(Econ *, int (*)(void *, const char *, size_t), void *)) {
  FILE *f = strcmp(path, "-") ? fopen(path, "wb") : stdout;
  if (!f) { fprintf(stderr, "econc: cannot write %s: %s\n", path, strerror(errno)); return 1; }
  int bad = write(m, put_piece, f);
  bad |= f == stdout ? fflush(f) != 0 : fclose(f) != 0;
  if (bad) fprintf(stderr, "econc: cannot write %s: %s\n", path, strerror(errno));
  return bad;
}

/* Replaces a file by way of a new one beside it, so that a full disk or an interruption loses nothing. */
static int replace_file(const char *path, const char *text, size_t size) {
  char *real = realpath(path, NULL), *fresh = NULL;
  int bad = !real || asprintf(&fresh, "%s.XXXXXX", real) < 0, fd = bad ? -1 : mkstemp(fresh);
  FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");
  struct stat st;
  if (!f) {
    if (fd >= 0) close(fd);
    bad = 1;
  } else {
    bad = stat(real, &st) != 0 || fchmod(fd, st.st_mode & 07777) != 0 || fwrite(text, 1, size, f) != size;
    bad |= fclose(f) != 0;
    if (!bad) bad = rename(fresh, real) != 0;
    if (bad) unlink(fresh);
  }
  if (bad) fprintf(stderr, "econc: cannot write %s: %s\n", path, strerror(errno));
  free(fresh);
  free(real);
  return bad;
}

/* Writes DIR/STEM.ENDING; DIR is made where it is not there yet. */
static int write_into(const char *dir, const char *stem, const char *ending, const char *text) {
  char *path = NULL;
  if (asprintf(&path, "%s/%s.%s", dir, stem, ending) < 0) return usage("out of memory", NULL);
  int bad = mkdir(dir, 0777) != 0 && errno != EEXIST;
  if (bad) fprintf(stderr, "econc: cannot make the folder %s: %s\n", dir, strerror(errno));
  else {
    FILE *f = fopen(path, "wb");
    bad = !f || fputs(text, f) < 0;
    if (f) bad |= fclose(f) != 0;
    if (bad) fprintf(stderr, "econc: cannot write %s: %s\n", path, strerror(errno));
  }
  free(path);
  return bad;
}

/* The standard library beside the command: where it was installed, or in the build tree. NULL if neither is there. */
static char *library_beside(void) {
  static const char *const from[] = {"/../share/econc/stdlib", "/../stdlib"};
  char exe[4096], *slash, *path = NULL;
  ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
  if (n <= 0) return NULL;
  exe[n] = 0;
  if (!(slash = strrchr(exe, '/'))) return NULL;
  *slash = 0;
  for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
    struct stat st;
    if (asprintf(&path, "%s%s", exe, from[i]) < 0) return NULL;
    if (!stat(path, &st) && S_ISDIR(st.st_mode)) return path;
    free(path);
    path = NULL;
  }
  return path;
}

/* ---- commands ---- */

static int one_file(Args *a) {
  if (!a->nfile) refuse(a, "which model file?", NULL);
  else if (a->nfile > 1) refuse(a, "one model file at a time", a->file[1]);
  return a->bad != NULL;
}

static EconExit load(Args *a, Econ *m, const char *path) {
  EconExit s = econ_load_file(m, path);
  for (int i = 0; i < a->ndefine && s == ECON_OK; i++) s = econ_set(m, a->define[i]);
  return s;
}

static EconExit print_numbers(Args *a, Econ *m) {
  EconExit worst = ECON_OK;
  for (int i = 0; i < a->nget; i++) {
    const char *numbers;
    EconExit s = econ_get(m, a->get[i], &numbers);
    fputs(numbers, stdout);
    if (s == ECON_WRONG || (s != ECON_OK && worst == ECON_OK)) worst = s;
  }
  return worst;
}

/* The file's expectations, or that they do not apply. aside: standard output is not for prose. */
static EconExit report_expectations(Args *a, Econ *m, int aside) {
  unsigned held, all = econ_expected(m, NULL, NULL);
  if (!all) return ECON_OK;
  if (a->ndefine) {
    fprintf(aside ? stderr : stdout, "%u expectation%s not applicable with -D\n", all, all == 1 ? "" : "s");
    return ECON_OK;
  }
  EconExit s = econ_expect(m);
  econ_expected(m, &held, NULL);
  fputs(econ_expectations(m), stderr);
  if (!aside) printf("%u of %u expectation%s hold%s\n", held, all, all == 1 ? "" : "s", all == 1 ? "s" : "");
  return s;
}

/* Pictures and data that the command line asked for; without, that they can be had. *unwritten: a file could not be written. */
static EconExit write_plots(Args *a, Econ *m, int aside, int *unwritten) {
  size_t n = econ_plots(m);
  const char *name, *text, *script;
  EconExit worst = ECON_OK, s;
  for (size_t i = 0; i < n; i++) {
    if (a->svg) {
      if ((s = econ_plot_svg(m, i, &name, &text)) == ECON_OK) *unwritten |= write_into(a->svg, name, "svg", text);
      else worst = s;
    }
    if (a->gnuplot) {
      if ((s = econ_plot_data(m, i, NULL, &name, &text, &script)) == ECON_OK) *unwritten |= write_into(a->gnuplot, name, "dat", text) || write_into(a->gnuplot, name, "gp", script);
      else worst = s;
    }
  }
  if (n && !a->svg && !a->gnuplot && !aside) printf("%zu plot%s can be written: --svg DIR for pictures, --gnuplot DIR for data and scripts\n", n, n == 1 ? "" : "s");
  if (!n && (a->svg || a->gnuplot)) fprintf(stderr, "econc: there is no plot to write\n");
  return worst;
}

static int run_status(EconExit solved, EconExit asked, EconExit expected) {
  const EconExit all[] = {solved, asked, expected};
  static const EconExit order[] = {ECON_WRONG, ECON_USAGE, ECON_UNSOLVED, ECON_UNEXPECTED};
  for (size_t o = 0; o < sizeof order / sizeof *order; o++)
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
      if (all[i] == order[o]) return (int)order[o];
  return ECON_OK;
}

static int command_run(Args *a, Econ *m) {
  EconExit s = load(a, m, a->file[0]);
  if (s == ECON_OK) s = econ_solve(m);
  progress_clear(&a->progress);
  if (s == ECON_WRONG || s == ECON_USAGE) { fputs(econ_diagnostics(m), stderr); return (int)s; }
  int aside = a->nget || (a->json && !strcmp(a->json, "-")) || (a->csv && !strcmp(a->csv, "-")), unwritten = 0;
  if (!aside) fputs(a->certificate ? econ_tables_full(m) : econ_tables(m), stdout);
  EconExit asked = a->nget ? print_numbers(a, m) : ECON_OK;
  if (a->json) unwritten |= write_out(a->json, m, econ_write_json);
  if (a->csv) unwritten |= write_out(a->csv, m, econ_write_csv);
  EconExit drawn = write_plots(a, m, aside, &unwritten);
  if (asked == ECON_OK) asked = drawn;
  EconExit expected = report_expectations(a, m, aside);
  const char *said = econ_diagnostics(m);
  fputs(said, stderr);
  fputs(econ_failures(m), stderr);
  return unwritten ? ECON_USAGE : run_status(s, asked, expected);
}

static int command_check(Args *a, Econ *m) {
  EconExit s = load(a, m, a->file[0]);
  if (s == ECON_OK) s = econ_check(m);
  fputs(econ_diagnostics(m), stderr);
  if (s == ECON_OK) printf("%s: no mistakes found\n", a->file[0]);
  return (int)s;
}

/* --diff of two files: the economies of their first questions. */
static int explain_files(Args *a, Econ *m) {
  Econ *before = econ_open(&a->opt);
  const char *text = "";
  if (!before) {
    fputs("econc: out of memory (--memory sets the limit)\n", stderr);
    return ECON_UNSOLVED;
  }
  EconExit s = load(a, before, a->diff[0]);
  fputs(s == ECON_OK ? "" : econ_diagnostics(before), stderr);
  if (s == ECON_OK && (s = load(a, m, a->diff[1])) == ECON_OK) s = econ_explain_files(before, m, &text);
  fputs(econ_diagnostics(m), stderr);
  fputs(text, stdout);
  econ_close(before);
  return (int)s;
}

static int command_explain(Args *a, Econ *m) {
  if (!a->nfile) return explain_files(a, m);
  const char *text = "";
  EconExit s = load(a, m, a->file[0]);
  if (s == ECON_OK) s = a->diff[0] ? econ_explain_diff(m, a->diff[0], a->diff[1], &text) : econ_explain(m, a->latex, a->of, &text);
  fputs(econ_diagnostics(m), stderr);
  fputs(text, stdout);
  return (int)s;
}

static int command_ir(Args *a, Econ *m) {
  const char *text = "", *dot = strrchr(a->file[0], '.');
  EconExit s;
  if (dot && !strcmp(dot, ".ir")) s = econ_ir_file(m, a->file[0], a->after, &text);
  else if ((s = load(a, m, a->file[0])) == ECON_OK) s = econ_ir(m, a->after, &text);
  fputs(econ_diagnostics(m), stderr);
  fputs(text, stdout);
  return (int)s;
}

static int command_why(Args *a) {
  const char *text = econ_why(a->why);
  if (!text) return usage("no message has this code", a->why);
  printf("%s\n", text);
  return ECON_OK;
}

static EconExit test_file(Args *a, const char *path) {
  Econ *m = econ_open(&a->opt);
  if (!m) { printf("FAILED %s: out of memory\n", path); return ECON_UNSOLVED; }
  unsigned held;
  EconExit s = econ_load_file(m, path), expected = ECON_OK;
  if (s == ECON_OK) s = econ_solve(m);
  progress_clear(&a->progress);
  if (s == ECON_OK || s == ECON_UNSOLVED) expected = econ_expect(m);
  econ_expected(m, &held, NULL);
  EconExit result = (EconExit)run_status(s, ECON_OK, expected);
  printf("%s %s: %u of %u expectations hold%s\n", result == ECON_OK ? "ok    " : "FAILED", path, held, econ_expected(m, NULL, NULL),
         result == ECON_WRONG ? "; the model is wrong" : result == ECON_UNSOLVED ? "; not everything was solved" : "");
  if (result != ECON_OK) {
    fputs(econ_expectations(m), stdout);
    fputs(econ_diagnostics(m), stdout);
    fputs(econ_failures(m), stdout);
  }
  econ_close(m);
  return result;
}

static int command_test(Args *a) {
  unsigned passed = 0, failed = 0;
  EconExit worst = ECON_OK;
  for (int i = 0; i < a->nfile && !interrupted; i++) {
    EconExit s = test_file(a, a->file[i]);
    if (s == ECON_OK) passed++;
    else failed++;
    worst = (EconExit)run_status(worst, s, ECON_OK);
  }
  printf("%u passed, %u failed\n", passed, failed);
  return interrupted ? ECON_UNSOLVED : (int)worst;
}

static int format_file(Args *a, Econ *m, const char *path) {
  const char *out;
  size_t size;
  int changed;
  EconExit s = econ_format_file(m, path, &out, &size, &changed);
  if (s != ECON_OK) return (int)s;
  if (a->check) {
    if (changed) printf("%s\n", path);
    return changed ? ECON_WRONG : ECON_OK;
  }
  if (!strcmp(path, "-")) return fwrite(out, 1, size, stdout) != size ? ECON_USAGE : ECON_OK;
  return changed && replace_file(path, out, size) ? ECON_USAGE : ECON_OK;
}

static int command_fmt(Args *a, Econ *m) {
  int worst = ECON_OK;
  for (int i = 0; i < a->nfile; i++) {
    int s = format_file(a, m, a->file[i]);
    if (s != ECON_OK && worst != ECON_WRONG) worst = s;
  }
  fputs(econ_diagnostics(m), stderr);
  return worst;
}

/* Writes NAME.econ, or NAME_test.econ; refuses to replace a file. */
static int write_new(const char *name, const char *ending, const char *text) {
  char *path = NULL;
  if (asprintf(&path, "%s%s.econ", name, ending) < 0) return usage("out of memory", NULL);
  FILE *f = fopen(path, "wx");
  int bad = !f;
  if (f) {
    bad = fputs(text, f) < 0;
    bad |= fclose(f) != 0;
  }
  if (bad) fprintf(stderr, "econc: cannot write %s: %s\n", path, strerror(errno));
  else if (*ending || !strstr(text, "institution ")) printf("wrote %s; try: econc run %s\n", path, path);
  else printf("wrote %s\n", path);
  free(path);
  return bad ? ECON_USAGE : ECON_OK;
}

static int command_new(Args *a, Econ *m) {
  const char *text;
  int model = a->nfile == 2 && !strcmp(a->file[0], "model"), institution = a->nfile == 2 && !strcmp(a->file[0], "institution");
  if (!model && !institution) return usage("write `econc new model NAME` or `econc new institution NAME`", NULL);
  if ((model ? econ_new_model : econ_new_institution)(m, a->file[1], &text) != ECON_OK) return usage("a name has letters, digits and _, and is no word of the language", a->file[1]);
  int status = write_new(a->file[1], "", text);
  if (model || status != ECON_OK) return status;
  return econ_new_institution_test(m, a->file[1], &text) == ECON_OK ? write_new(a->file[1], "_test", text) : ECON_USAGE;
}

typedef struct { const char *name; int can; int files; /* 1: one model, 2: one or more, 3: checks itself */ int (*run)(Args *, Econ *); } Command;
static const Command commands[] = {
    {"run", CAN_DEFINE | CAN_OUTPUT | CAN_LIMIT | CAN_SOLVE, 1, command_run},
    {"check", CAN_DEFINE | CAN_LIMIT, 1, command_check},
    {"explain", CAN_DEFINE | CAN_EXPLAIN | CAN_LIMIT, 1, command_explain},
    {"test", CAN_LIMIT | CAN_SOLVE, 2, NULL},
    {"fmt", CAN_FMT, 2, command_fmt},
    {"ir", CAN_DEFINE | CAN_IR | CAN_LIMIT, 1, command_ir},
    {"new", 0, 3, command_new},
};

static int dispatch(Args *a, const Command *c, int argc, char **argv) {
  parse(a, c->can, argc, argv);
  if (a->help) return fputs(help, stdout) < 0 || fflush(stdout) ? ECON_USAGE : ECON_OK;
  if (!a->bad && a->why && !a->nfile) return command_why(a);
  if (!a->bad && c->files == 1 && !(a->diff[0] && !a->nfile)) one_file(a);
  if (!a->bad && c->files == 2 && !a->nfile) refuse(a, "which files?", NULL);
  if (!a->bad && a->json && a->csv && !strcmp(a->json, "-") && !strcmp(a->csv, "-")) refuse(a, "only one of --json and --csv can go to standard output", NULL);
  if (!a->bad && a->nget && ((a->json && !strcmp(a->json, "-")) || (a->csv && !strcmp(a->csv, "-")))) refuse(a, "--get prints numbers alone: write --json and --csv to files", NULL);
  if (a->bad) return usage(a->bad, a->bad_detail);
  if (!c->run) return command_test(a);
  Econ *m = econ_open(&a->opt);
  if (!m) {
    fputs("econc: out of memory (--memory sets the limit)\n", stderr);
    return ECON_UNSOLVED;
  }
  int status = c->run(a, m);
  econ_close(m);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 2) { fputs(help, stderr); return ECON_USAGE; }
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) return fputs(help, stdout) < 0 || fflush(stdout) ? ECON_USAGE : ECON_OK;
  if (!strcmp(argv[1], "--version")) return puts(VERSION) < 0 ? ECON_USAGE : ECON_OK;
  const Command *c = NULL;
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (!strcmp(commands[i].name, argv[1])) c = &commands[i];
  if (!c) return usage("unknown command", argv[1]);
  struct sigaction on = {0};
  on.sa_handler = on_interrupt;
  on.sa_flags = (int)SA_RESETHAND;
  sigaction(SIGINT, &on, NULL);
  Args a = {0};
  char **room = calloc(3 * (size_t)argc, sizeof *room), *library = getenv("ECON_LIBRARY") ? NULL : library_beside();
  if (!room) { free(library); return usage("out of memory", NULL); }
  a.define = room;
  a.get = room + argc;
  a.file = room + 2 * argc;
  a.opt.library = library;
  a.opt.tick = on_tick;
  a.opt.ctx = &a.progress;
  a.progress.terminal = isatty(STDERR_FILENO);
  clock_gettime(CLOCK_MONOTONIC, &a.progress.start);
  int status = dispatch(&a, c, argc - 2, argv + 2);
  if (fflush(stdout) || ferror(stdout)) {
    fprintf(stderr, "econc: cannot write to standard output\n");
    status = status == ECON_OK ? ECON_USAGE : status;
  }
  free(library);
  free(room);
  return status;
}
