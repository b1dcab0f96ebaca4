/* econ.c: the public library: a file's way from text to answers, and the texts made of them. See econ.h. */
#include "econ.h"
#include "calibrate.h"
#include "expect.h"
#include "family.h"
#include "output.h"
#include "plot.h"
#include "pose.h"
#include "report.h"
#include "rights_start.h"
#include "size.h"
#include "starter.h"
#include "sweep.h"
#include "sweep_journal.h"
#include "textdiff.h"
#include "verdict.h"
#include "../lang/parse.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One -D as it was given. A parameter that sizes a set has sizes = 1, its name and the value. */
typedef struct Define { struct Define *next; char *text, *name; double value; Span at; int sizes; } Define;

struct Econ {
  EconOptions opt;
  char *library;
  Arena *mem;
  Compilation *cc;
  Model *model;                                         /* NULL until a file was loaded without errors */
  Define *define;                                       /* every -D, in order */
  VEC(Override) set;                                    /* their values in this model */
  VEC(Override) found; int calibrated;                  /* values of calibrated parameters: those they start from until calibrated; 2: not found */
  Results results;
  int posed, memory_failed;
  EconExit posed_as;                                    /* what posing the questions found; later mistakes are the queries' own */
  Expectations expected;
  Text diagnostics, tables, expectations, json, csv, numbers, explained, ir, formatted, certified, starter, failures, plot, plot_script, plot_name;
};

/* ---- the handle ---- */

static void *limited_get(void *ctx, size_t size) { (void)ctx; return malloc(size); }
static void limited_put(void *ctx, void *chunk, size_t size) { (void)ctx; (void)size; free(chunk); }

static Arena *arena_for(const Econ *e) {
  Alloc alloc = {limited_get, limited_put, NULL, e->opt.memory};
  return arena_new(&alloc);
}

static void results_release(Econ *e) {
  for (uint32_t k = 0; k < e->results.ngrid; k++) sweep_release(&e->results, k);
  for (uint32_t i = 0; i < e->results.n; i++) result_release(&e->results.of[i]);
  result_release(&e->results.base);
  memset(&e->results, 0, sizeof e->results);
  e->posed = 0;
  e->expected = (Expectations){0, 0, 0};
}

static void defines_free(Econ *e) {
  for (Define *d = e->define, *next; d; d = next) {
    next = d->next;
    free(d->text);
    free(d->name);
    free(d);
  }
  e->define = NULL;
}

/* Begins a compilation in an arena of its own. Nonzero when out of memory. */
static int begin(Econ *e) {
  e->model = NULL;
  e->cc = NULL;
  memset(&e->set, 0, sizeof e->set);
  memset(&e->found, 0, sizeof e->found);
  e->calibrated = 0;
  e->mem = arena_for(e);
  if (e->mem) e->cc = compilation_new(e->mem);
  if (e->cc) e->cc->libpath = e->library;
  return !e->cc;
}

/* Forgets everything but the options. Nonzero when out of memory. */
static int start_over(Econ *e) {
  results_release(e);
  defines_free(e);
  arena_free(e->mem);
  return begin(e);
}

Econ *econ_open(const EconOptions *opt) {
  Econ *e = calloc(1, sizeof *e);
  if (!e) return NULL;
  if (opt) e->opt = *opt;
  const char *library = e->opt.library ? e->opt.library : getenv("ECON_LIBRARY");
#ifdef ECON_LIBRARY_DIR
  if (!library) library = ECON_LIBRARY_DIR;
#endif
  if (library && !(e->library = strdup(library))) { free(e); return NULL; }
  if (start_over(e)) { econ_close(e); return NULL; }
  return e;
}

void econ_close(Econ *e) {
  if (!e) return;
  results_release(e);
  defines_free(e);
  arena_free(e->mem);
  Text *text[] = {&e->diagnostics, &e->tables, &e->expectations, &e->json, &e->csv, &e->numbers, &e->explained, &e->ir, &e->formatted, &e->certified, &e->starter, &e->failures, &e->plot, &e->plot_script, &e->plot_name};
  for (size_t i = 0; i < sizeof text / sizeof *text; i++) text_free(text[i]);
  free(e->library);
  free(e);
}

static const char *text_of(const Text *t) { return t->at ? t->at : ""; }

static int wrong(const Econ *e) { return diag_errors(e->cc->diags) > 0; }

/* Memory that failed is no mistake of the model: nothing was solved. */
static EconExit state(Econ *e) {
  if (arena_failed(e->mem)) e->memory_failed = 1;
  return e->memory_failed ? ECON_UNSOLVED : wrong(e) ? ECON_WRONG : ECON_OK;
}

/* ---- loading ---- */

static EconExit load(Econ *e, const Source *source, const SizeValue *size, uint32_t nsize) {
  if (source) {
    const Ast *ast = econ_parse(e->cc, source);
    /* Also after syntax errors: one run reports the mistakes of all that could be read. */
    Model *m = ast ? model_elaborate_sized(e->cc, source, ast, size, nsize) : NULL;
    if (m && !wrong(e)) e->model = m;
  }
  EconExit s = state(e);
  if (s == ECON_OK && !e->model) { e->memory_failed = 1; s = ECON_UNSOLVED; }
  if (s != ECON_OK) e->model = NULL;
  else e->results.model = e->model;
  return s;
}

EconExit econ_load_file(Econ *e, const char *path) {
  const char *why = NULL;
  if (start_over(e)) return ECON_UNSOLVED;
  const Source *source = source_read(e->cc->sources, path, &why);
  if (!source) {
    diag_add(e->cc, SEV_ERROR, "file.unreadable", 0, "%s: %s", path, why ? why : "cannot be read");
    return ECON_WRONG;
  }
  return load(e, source, NULL, 0);
}

EconExit econ_load_text(Econ *e, const char *name, const char *text, size_t size) {
  if (start_over(e)) return ECON_UNSOLVED;
  return load(e, source_text(e->cc->sources, name, text, size), NULL, 0);
}

/* ---- -D ---- */

/* Puts a -D behind the others; NULL when out of memory. */
static Define *define_new(Econ *e, const char *text) {
  Define *d = calloc(1, sizeof *d), **last = &e->define;
  if (!d || !(d->text = strdup(text))) { free(d); return NULL; }
  while (*last) last = &(*last)->next;
  return *last = d;
}

static void define_drop(Econ *e, Define *d) {
  for (Define **at = &e->define; *at; at = &(*at)->next)
    if (*at == d) {
      *at = d->next;
      free(d->text);
      free(d->name);
      free(d);
      return;
    }
}

/* Resolves a -D in the model at hand. */
static EconExit resolve(Econ *e, Define *d, Override *o) {
  const Source *source = source_text(e->cc->sources, "-D", d->text, strlen(d->text));
  memset(o, 0, sizeof *o);
  if (source && !model_override(e->model, source, o)) return ECON_OK;
  EconExit s = state(e);
  return s == ECON_OK ? ECON_USAGE : s;
}

/* The values of -D for parameters that size sets, in the compilation at hand. */
static SizeValue *sizes(Econ *e, uint32_t *n) {
  uint32_t all = 0;
  for (Define *d = e->define; d; d = d->next) all += (uint32_t)d->sizes;
  SizeValue *v = ARENA_ARRAY(e->mem, SizeValue, all + 1);
  *n = 0;
  for (Define *d = e->define; d && v; d = d->next) {
    if (!d->sizes) continue;
    const Source *source = source_text(e->cc->sources, "-D", d->text, strlen(d->text));
    Span at = {source ? source->id : 0, d->at.begin, d->at.end};
    SizeValue fresh = {str_of(e->cc->strs, d->name), d->value, at};
    uint32_t i = 0;
    while (i < *n && v[i].name != fresh.name) i++;      /* the last of several holds */
    v[i] = fresh;
    if (i == *n) ++*n;
  }
  return v;
}

/* Elaborates the same text once more, with its sets sized anew. */
static EconExit reload(Econ *e) {
  Arena *before = e->mem;
  const Source *old = e->model->source;
  results_release(e);
  uint32_t n = 0;
  EconExit s = ECON_UNSOLVED;
  if (!begin(e)) {
    const Source *source = source_text(e->cc->sources, old->path, old->text, old->size);
    SizeValue *v = sizes(e, &n);
    s = v ? load(e, source, v, n) : state(e);
  } else e->memory_failed = 1;
  arena_free(before);
  for (Define *d = e->define; d && s == ECON_OK; d = d->next) {
    Override o;
    if ((s = resolve(e, d, &o)) == ECON_OK) VEC_PUSH(e->mem, e->set, o);
  }
  return s == ECON_OK ? state(e) : s;
}

EconExit econ_set(Econ *e, const char *assignment) {
  if (!e->model) return wrong(e) ? ECON_WRONG : ECON_USAGE;
  Define *d = define_new(e, assignment);
  Override o;
  if (!d) { e->memory_failed = 1; return ECON_UNSOLVED; }
  EconExit s = resolve(e, d, &o);
  if (s != ECON_OK) {
    define_drop(e, d);
    return s;
  }
  if (model_is_size(e->model, o.sym)) {
    d->sizes = 1;
    d->name = strdup(str_text(e->cc->strs, economy_at(e->model->economy, o.sym)->name));
    d->value = o.value;
    d->at = origin_span(e->cc->diags, o.at);
    if (!d->name) { e->memory_failed = 1; return ECON_UNSOLVED; }
    return reload(e);
  }
  VEC_PUSH(e->mem, e->set, o);
  results_release(e);
  e->found.n = 0;
  e->calibrated = 0;
  e->results.model = e->model;
  return state(e);
}

/* ---- posing and solving ---- */

/* With -D and what was calibrated, or the values that calibrations start from. */
static Posing posing(Econ *e) {
  Posing p = {.cc = e->cc, .model = e->model, .set = e->set.at, .nset = e->set.n, .memory = e->opt.memory};
  if (!e->model->calibrations.n) return p;
  Override *all = e->set.at;
  uint32_t n = e->set.n;
  calibrate_starts(e->model, NULL, e->mem, &all, &n);
  VEC(Override) set = {0};
  for (uint32_t i = 0; i < n; i++) VEC_PUSH(e->mem, set, all[i]);
  for (uint32_t i = 0; i < e->found.n; i++) VEC_PUSH(e->mem, set, e->found.at[i]);
  p.set = set.at;
  p.nset = set.n;
  return p;
}

/* A question's own economy, up to and with the pass `last` (NULL: all). */
static void pose(Econ *e, const Question *q, const char *last, int with_passes, Result *r) {
  Posing p = posing(e);
  *r = (Result){.mem = pose_arena(&p)};
  pose_economy(&p, q, r->mem ? pose_values(&p, q, NULL, 0, r->mem) : NULL, last, with_passes, r);
  e->memory_failed |= p.memory_failed;
}

static EconExit pose_all(Econ *e) {
  if (!e->model) return wrong(e) ? ECON_WRONG : e->memory_failed ? ECON_UNSOLVED : ECON_USAGE;
  if (e->posed) return e->memory_failed ? ECON_UNSOLVED : e->posed_as;
  Model *m = e->model;
  Results *all = &e->results;
  all->model = m;
  all->base = (Result){0};
  all->base.model = m;
  all->base.economy = m->economy;
  all->base.mem = arena_for(e);
  all->of = ARENA_ARRAY(e->mem, Result, m->questions.n + 1);
  all->grid = ARENA_ARRAY(e->mem, Grid, m->sweeps.n + 1);
  if (!all->base.mem || !all->of || !all->grid) { e->memory_failed = 1; return ECON_UNSOLVED; }
  all->ngrid = m->sweeps.n;
  if (!size_check(e->cc, m->economy, e->opt.memory)) {
    Posing p = posing(e);
    all->base.values = values_compute(e->cc, m->economy, p.set, p.nset, all->base.mem);
  }
  for (; all->n < m->questions.n && all->base.values; all->n++) {
    Result *r = &all->of[all->n];
    const Question *q = &m->questions.at[all->n];
    Posing p = posing(e);
    if (!q->sweep) {
      pose(e, q, NULL, 1, r);
      pose_lower(&p, r);
    } else if (m->sweeps.at[q->sweep - 1].questions.at[0] == all->n) sweep_pose(&p, all, q->sweep - 1);
    e->memory_failed |= p.memory_failed;
  }
  e->posed = 1;
  e->posed_as = state(e);
  if (!all->base.values && e->posed_as == ECON_OK) e->memory_failed = 1;
  for (uint32_t i = 0; i < all->n && e->posed_as == ECON_OK; i++)
    if (!all->of[i].values) e->memory_failed = 1;
  return e->memory_failed ? ECON_UNSOLVED : e->posed_as;
}

EconExit econ_check(Econ *e) {
  EconExit s = pose_all(e);
  for (uint32_t i = 0; s == ECON_OK && !e->calibrated && i < e->model->calibrations.n; i++) {
    Posing p = posing(e);
    calibrate_check(&p, &e->model->calibrations.at[i]);
    e->memory_failed |= p.memory_failed;
    s = e->posed_as = state(e);
  }
  return s;
}

typedef struct { Econ *e; const char *name; } Ticking;

static int tick(void *ctx, double residual, const char *what) {
  Ticking *t = ctx;
  return t->e->opt.tick(t->e->opt.ctx, t->name, residual, what);
}

static Settings settings(Econ *e, Ticking *t) {
  Settings s = {0};
  s.seed = e->opt.seed;
  s.seconds = e->opt.seconds;
  s.bytes = e->opt.memory;
  if (e->opt.tick) { s.tick = tick; s.ctx = t; }
  return s;
}

static void solve(Econ *e, Result *r) {
  Ticking t = {e, str_text(e->cc->strs, r->name)};
  Settings s = settings(e, &t);
  if (result_is_family(r)) { family_solve(r, &s); return; }
  if (r->question->implied && rights_weights(e->cc, r, results_find(&e->results, r->question->implied))) {
    r->waits = r->question->implied;
    return;
  }
  Posing p = posing(e);
  const double *start = rights_starts(r) && !r->warm ? rights_start(&p, r, &s) : r->warm;
  e->memory_failed |= p.memory_failed;
  EconStatus status = problem_solve(lowered_problem(r->lowered), &s, start, &r->sol);
  r->attempted = 1;
  r->solved = (status == ECON_SOLVED || status == ECON_INDETERMINATE) && r->sol.cert.accepted;
}

/* A calibration that was not solved stands for its question; the others wait for it, and no parameter has a number. */
static void not_calibrated(Econ *e, const Calibration *c, Result *with_targets) {
  Result *r = &e->results.of[c->question];
  arena_free(r->mem);
  *r = *with_targets;
  e->results.base.values = NULL;
  for (uint32_t i = 0; i < e->results.n; i++) {
    e->results.of[i].values = NULL;
    if (i != c->question) e->results.of[i].waits = r->name;
  }
  e->calibrated = 2;
}

/* Finds the parameters, group by group, each with what the groups before it found; then poses all questions with them. */
static EconExit calibrate(Econ *e) {
  const Model *m = e->model;
  Result *with = ARENA_ARRAY(e->mem, Result, m->calibrations.n + 1);
  EconExit s = with ? ECON_OK : ECON_UNSOLVED;
  uint32_t n = 0;
  for (; n < m->calibrations.n && s == ECON_OK; n++) {
    const Calibration *c = &m->calibrations.at[n];
    Ticking t = {e, str_text(e->cc->strs, m->questions.at[c->question].name)};
    Settings how = settings(e, &t);
    Posing p = posing(e);
    Override *found = NULL;
    uint32_t k = 0;
    if (calibrate_group(&p, c, &how, &with[n], e->mem, &found, &k)) {
      e->memory_failed |= p.memory_failed;
      s = state(e);
      if (s != ECON_OK || !with[n].attempted) { e->posed_as = s; s = s == ECON_OK ? ECON_UNSOLVED : s; continue; }
      not_calibrated(e, c, &with[n]);
      with[n] = (Result){0};
      s = ECON_UNSOLVED;
      continue;
    }
    for (uint32_t i = 0; i < k; i++) VEC_PUSH(e->mem, e->found, found[i]);
  }
  if (s == ECON_OK) {
    results_release(e);
    e->calibrated = 1;
    s = pose_all(e);
    e->results.found = e->found.at;
    e->results.nfound = e->found.n;
    for (uint32_t i = 0; i < n && s == ECON_OK; i++) {
      Result *r = &e->results.of[m->calibrations.at[i].question];
      r->warm = calibrate_carried(&with[i], r);
    }
  }
  for (uint32_t i = 0; i < n && with; i++) {
    if (with[i].attempted) solution_free(&with[i].sol);
    arena_free(with[i].mem);
  }
  return s;
}

/* The values that were found are those of another reading of the model where conditions select by them. */
static void check_targets(Econ *e) {
  const Model *m = e->model;
  for (uint32_t i = 0; i < m->calibrations.n; i++) {
    Result *r = &e->results.of[m->calibrations.at[i].question];
    if (!r->solved || calibrate_met(&e->results, &m->calibrations.at[i])) continue;
    r->solved = 0;
    r->sol.status = ECON_NOT_CERTIFIED;
    r->sol.explanation = arena_text(r->sol.mem, CALIBRATE_NOT_MET, strlen(CALIBRATE_NOT_MET));
  }
}

/* All questions of the sweep whose first this is. Returns 1 when interrupted. */
static int solve_sweep(Econ *e, uint32_t question, Journal *journal) {
  uint32_t sweep = e->results.of[question].question->sweep - 1;
  if (e->model->sweeps.at[sweep].questions.at[0] != question) return 0;
  SweepOptions o = {e->opt.seed, e->opt.seconds, e->opt.memory, e->opt.cold, e->opt.jobs, journal, e->opt.tick, e->opt.ctx};
  return sweep_solve(&o, &e->results, sweep);
}

static int all_solved(const Result *r) {
  for (uint32_t k = 0; k < r->npoint; k++)
    if (!r->point[k].solved) return 0;
  return r->point || r->solved;
}

EconExit econ_solve(Econ *e) {
  EconExit posed = pose_all(e);
  if (posed == ECON_OK && e->model->calibrations.n && !e->calibrated) posed = calibrate(e);
  if (posed != ECON_OK || e->calibrated == 2) return posed == ECON_OK ? ECON_UNSOLVED : posed;
  int unsolved = 0;
  Journal *journal = NULL;
  if (e->opt.resume && !e->model->sweeps.n) {
    diag_add(e->cc, SEV_ERROR, "journal.sweep", 0, "there is no sweep in this file, so there is nothing to resume from %s", e->opt.resume);
    return ECON_USAGE;
  }
  if (e->opt.resume && !(journal = journal_open(e->cc, e->opt.resume, e->opt.seed, e->opt.cold))) return ECON_USAGE;
  for (uint32_t i = 0, stop = 0; i < e->results.n && !stop; i++) {
    Result *r = &e->results.of[i];
    if (r->point) stop = (uint32_t)solve_sweep(e, i, journal);
    else {
      if (!r->attempted) solve(e, r);
      stop = r->sol.status == ECON_CANCELLED;
    }
  }
  journal_close(journal);
  check_targets(e);
  for (uint32_t i = 0; i < e->results.n; i++) unsolved |= !all_solved(&e->results.of[i]);
  return unsolved ? ECON_UNSOLVED : ECON_OK;
}

EconExit econ_expect(Econ *e) {
  EconExit s = pose_all(e);
  if (s != ECON_OK) return s;
  e->expected = expect_check(&e->results);
  return e->expected.wrong ? ECON_WRONG : e->expected.failed ? ECON_UNEXPECTED : ECON_OK;
}

unsigned econ_expected(Econ *e, unsigned *held, unsigned *failed) {
  if (held) *held = e->expected.held;
  if (failed) *failed = e->expected.failed + e->expected.wrong;
  return e->model ? expect_count(e->model) : 0;
}

/* ---- texts ---- */

static int is_expectation(const Diag *d) { return !strncmp(d->id, "expect.", 7); }

static int print_some(Econ *e, int expectations, Text *out) {
  int others = 0;
  for (unsigned i = 0; i < diag_count(e->cc->diags); i++) {
    const Diag *d = diag_get(e->cc->diags, i);
    if (is_expectation(d) == expectations) diag_print(e->cc, d, out);
    else others = 1;
  }
  return others;
}

const char *econ_diagnostics(Econ *e) {
  text_free(&e->diagnostics);
  if (!e->cc) return "out of memory\n";
  if (!print_some(e, 0, &e->diagnostics)) {
    text_free(&e->diagnostics);
    diag_print_all(e->cc, &e->diagnostics);
  }
  if (e->memory_failed) text_put(&e->diagnostics, "error: out of memory before anything could be solved (--memory sets the limit)\n");
  return text_of(&e->diagnostics);
}

const char *econ_expectations(Econ *e) {
  text_free(&e->expectations);
  if (e->cc) print_some(e, 1, &e->expectations);
  return text_of(&e->expectations);
}

static int is_posed(const Econ *e) { return e->model && e->posed && e->posed_as == ECON_OK && !e->memory_failed; }

static Showing showing(const Econ *e) { return (Showing){e->opt.sample, e->opt.full}; }

static const char *tables(Econ *e, int certificate) {
  Showing shown = showing(e);
  text_free(&e->tables);
  if (is_posed(e)) report_print(&e->results, &shown, certificate, &e->tables);
  return text_of(&e->tables);
}

const char *econ_tables(Econ *e) { return tables(e, 0); }
const char *econ_tables_full(Econ *e) { return tables(e, 1); }

const char *econ_failures(Econ *e) {
  text_free(&e->failures);
  for (uint32_t i = 0; i < e->results.n && is_posed(e); i++) {
    const Result *r = &e->results.of[i];
    if (r->point && !r->waits) verdict_failures(&e->results, r, &e->failures);
    else if (!r->solved) verdict_failure(r, "", &e->failures);
  }
  return text_of(&e->failures);
}

const char *econ_json(Econ *e) {
  Showing shown = showing(e);
  text_free(&e->json);
  if (is_posed(e)) output_json(&e->results, &shown, &e->json);
  return text_of(&e->json);
}

const char *econ_csv(Econ *e) {
  Showing shown = showing(e);
  text_free(&e->csv);
  if (is_posed(e)) output_csv(&e->results, &shown, &e->csv);
  return text_of(&e->csv);
}

static int stream(Econ *e, void (*write)(Results *, const Showing *, Text *), int (*put)(void *, const char *, size_t), void *ctx) {
  Text out = {.drain = put, .ctx = ctx};
  Showing shown = showing(e);
  if (!is_posed(e)) return 0;
  write(&e->results, &shown, &out);
  text_drain(&out);
  int failed = out.failed;
  text_free(&out);
  return failed;
}

int econ_write_json(Econ *e, int (*put)(void *ctx, const char *s, size_t n), void *ctx) { return stream(e, output_json, put, ctx); }
int econ_write_csv(Econ *e, int (*put)(void *ctx, const char *s, size_t n), void *ctx) { return stream(e, output_csv, put, ctx); }

/* ---- plots ---- */

size_t econ_plots(Econ *e) { return is_posed(e) ? plot_count(e->model) : 0; }

/* The economy's name and the plot's number. */
static const char *plot_name(Econ *e, size_t i) {
  text_free(&e->plot_name);
  text_printf(&e->plot_name, "%s_plot%zu", str_text(e->cc->strs, e->model->economy->name), i + 1);
  return text_of(&e->plot_name);
}

EconExit econ_plot_svg(Econ *e, size_t i, const char **name, const char **svg) {
  text_free(&e->plot);
  *name = *svg = "";
  if (i >= econ_plots(e)) return ECON_USAGE;
  if (plot_svg(&e->results, (uint32_t)i, &e->plot)) return state(e) == ECON_OK ? ECON_UNSOLVED : state(e);
  *name = plot_name(e, i);
  *svg = text_of(&e->plot);
  return ECON_OK;
}

EconExit econ_plot_data(Econ *e, size_t i, const char *data_file, const char **name, const char **data, const char **script) {
  text_free(&e->plot);
  text_free(&e->plot_script);
  *name = *data = *script = "";
  if (i >= econ_plots(e)) return ECON_USAGE;
  *name = plot_name(e, i);
  Text file = {0};
  text_printf(&file, "%s.dat", *name);
  int bad = plot_gnuplot(&e->results, (uint32_t)i, data_file ? data_file : text_of(&file), &e->plot, &e->plot_script);
  text_free(&file);
  if (bad) return state(e) == ECON_OK ? ECON_UNSOLVED : state(e);
  *data = text_of(&e->plot);
  *script = text_of(&e->plot_script);
  return ECON_OK;
}

/* ---- queries ---- */

typedef struct { Text *out; double last; uint32_t n; } Numbers;

static void put_number(void *ctx, const Elem *at, uint32_t n, Number v) {
  Numbers *s = ctx;
  (void)at, (void)n;
  s->last = v.value;
  s->n++;
  if (s->out) text_printf(s->out, "%.17g\n", v.value);
}

/* Is a solution that the expression needs there? 1: none of that kind is missing; 0: diagnosed; -1: not solved. */
static int query_ready(Econ *e, const QueryItem *item) {
  Str only = 0;
  int bare = 0, named = query_needs(&e->results, item->e, &only, &bare);
  if (named < 0) return 0;
  if (bare && e->results.n != 1) {
    Diag *d = diag_add(e->cc, SEV_ERROR, "query.solution", item->e->at, "this is read from a solution: say which");
    if (e->results.n) diag_hint(e->cc, d, "write `%s.` in front", str_text(e->cc->strs, e->results.of[0].name));
    return 0;
  }
  Result *r = named ? results_find(&e->results, only) : results_default(&e->results);
  return !r || !r->question || r->solved || (!named && !bare) ? 1 : -1;
}

/* The sweep that a query runs over: of what it names, or the only solution's. */
static Grid *query_sweep(Econ *e, const QueryItem *item, int *two) {
  Str only;
  int bare = 0;
  Grid *g = query_grid(&e->results, item->e, two);
  if (!g && e->results.n == 1 && e->results.of[0].point && !query_needs(&e->results, item->e, &only, &bare) && bare) g = &e->results.grid[0];
  return g;
}

/* One item at every point of its sweep (or at the one there is), in order; NaN at a point without its solution. */
static EconExit ask_item(Econ *e, const QueryItem *item, Numbers *out) {
  int two, unsolved = 0;
  Grid *g = query_sweep(e, item, &two);
  if (two) {
    diag_add(e->cc, SEV_ERROR, "query.sweeps", item->e->at, "the solutions in this expression belong to different sweeps, which have no points in common");
    return ECON_WRONG;
  }
  for (uint32_t k = 0; k < (g ? g->npoint : 1); k++) {
    if (g) results_move(g, k);
    int ready = query_ready(e, item);
    if (!ready) return ECON_WRONG;
    if (ready > 0) query_each(&e->results, item, g ? results_default_in(&e->results, (uint32_t)(g - e->results.grid) + 1) : results_default(&e->results), put_number, out);
    else put_number(out, NULL, 0, (Number){NAN, 0, 0}), unsolved = 1;
  }
  if (g) results_move(g, 0);
  return unsolved ? ECON_UNSOLVED : ECON_OK;
}

static EconExit ask(Econ *e, const char *query, Numbers *out) {
  EconExit s = pose_all(e);
  if (s != ECON_OK) return s;
  unsigned before = diag_errors(e->cc->diags);
  const Source *source = source_text(e->cc->sources, "--get", query, strlen(query));
  const Ast *ast = source ? econ_parse_expression(e->cc, source) : NULL;
  Query q = {{0}, 0};
  if (!ast || model_query(e->model, ast, &q) || diag_errors(e->cc->diags) > before) return arena_failed(e->mem) ? ECON_UNSOLVED : ECON_WRONG;
  int unsolved = 0;
  for (uint32_t i = 0; i < q.items.n; i++) {
    EconExit asked = ask_item(e, &q.items.at[i], out);
    if (asked == ECON_WRONG) return ECON_WRONG;
    unsolved |= asked == ECON_UNSOLVED;
  }
  if (!unsolved && e->calibrated == 2) put_number(out, NULL, 0, (Number){NAN, 0, 0});
  if (unsolved || e->calibrated == 2) return ECON_UNSOLVED;
  if (out->n) return ECON_OK;
  if (e->results.why) diag_at(e->cc, SEV_ERROR, "query.missing", ast->span, "this has no value: %s", e->results.why);
  else diag_at(e->cc, SEV_ERROR, "query.missing", ast->span, "this has no value in that solution");
  return ECON_WRONG;
}

EconExit econ_get(Econ *e, const char *query, const char **numbers) {
  text_free(&e->numbers);
  Numbers n = {&e->numbers, NAN, 0};
  EconExit s = ask(e, query, &n);
  *numbers = text_of(&e->numbers);
  return s;
}

EconExit econ_number(Econ *e, const char *query, double *value) {
  Numbers n = {NULL, NAN, 0};
  EconExit s = ask(e, query, &n);
  *value = n.last;
  return s == ECON_OK && n.n != 1 ? ECON_USAGE : s;
}

/* ---- the economy in words ---- */

/* The question whose economy is meant: the named one, else the first that changes nothing, else the first, else plain equilibrium. */
static const Question *question_for(const Econ *e, const char *name, const Question *plain) {
  const Model *m = e->model;
  for (uint32_t i = 0; i < m->questions.n && name; i++)
    if (!strcmp(str_text(e->cc->strs, m->questions.at[i].name), name)) return &m->questions.at[i];
  if (name) return NULL;
  for (uint32_t i = 0; i < m->questions.n; i++) {
    const Question *q = &m->questions.at[i];
    if (!q->without.n && !q->has_of && !q->fix.n && !q->numeraire.n) return q;
  }
  return m->questions.n ? &m->questions.at[0] : plain;
}

EconExit econ_explain(Econ *e, int latex, const char *only, const char **text) {
  text_free(&e->explained);
  *text = "";
  if (!e->model) return pose_all(e);
  Question plain = {0};
  const Question *q = question_for(e, only, &plain);
  Str part = q || !only ? 0 : str_of(e->cc->strs, only);
  if (!q) q = question_for(e, NULL, &plain);
  Result r;
  pose(e, q, NULL, 1, &r);
  if (r.values) (latex ? explain_latex : explain_text)(r.economy, part, &e->explained);
  arena_free(r.mem);
  EconExit s = state(e);
  if (s == ECON_OK && part && !e->explained.n) {
    diag_add(e->cc, SEV_ERROR, "names.unknown", 0, "--of %s: no agent, market, constraint or solution has this name", only);
    s = ECON_WRONG;
  }
  *text = text_of(&e->explained);
  return s;
}

EconExit econ_explain_diff(Econ *e, const char *a, const char *b, const char **text) {
  const char *name[2] = {a, b}, *one;
  Text side[2] = {{0}, {0}};
  EconExit s = ECON_OK;
  *text = "";
  if (!e->model) return pose_all(e);
  for (int i = 0; i < 2 && s == ECON_OK; i++) {
    if (!question_for(e, name[i], NULL)) {
      diag_add(e->cc, SEV_ERROR, "names.unknown", 0, "--diff %s %s: no question is called `%s`", a, b, name[i]);
      s = ECON_WRONG;
    } else if ((s = econ_explain(e, 0, name[i], &one)) == ECON_OK) text_put(&side[i], one);
  }
  text_free(&e->explained);
  if (s == ECON_OK && text_differences(text_of(&side[0]), text_of(&side[1]), &e->explained) == SIZE_MAX) e->memory_failed = 1;
  text_free(&side[0]);
  text_free(&side[1]);
  *text = text_of(&e->explained);
  return s == ECON_OK ? state(e) : s;
}

static int is_pass(const char *name) {
  for (unsigned i = 0; i < econ_npasses; i++)
    if (!strcmp(econ_passes[i].name, name)) return 1;
  return !strcmp(name, "lower") || !strcmp(name, "elaborate");
}

static EconExit unknown_pass(Econ *e, const char *name) {
  Text t = {0};
  for (unsigned i = 0; i < econ_npasses; i++) text_printf(&t, "%s, ", econ_passes[i].name);
  diag_add(e->cc, SEV_ERROR, "pass.unknown", 0, "there is no pass `%s`; the passes are elaborate, %slower", name, text_of(&t));
  text_free(&t);
  return ECON_USAGE;
}

EconExit econ_ir(Econ *e, const char *after, const char **text) {
  text_free(&e->ir);
  *text = "";
  if (!e->model) return pose_all(e);
  if (after && !is_pass(after)) return unknown_pass(e, after);
  int lower = after && !strcmp(after, "lower"), none = after && !strcmp(after, "elaborate");
  Question plain = {0};
  const Question *q = question_for(e, NULL, &plain);
  Result r;
  pose(e, q, lower ? NULL : after, !none, &r);
  if (r.values && lower && (r.lowered = lower_economy(r.economy, q, r.values, r.mem))) lowered_print(r.lowered, &e->ir);
  else if (r.values && !lower) ir_write(r.economy, &e->ir);
  arena_free(r.mem);
  *text = text_of(&e->ir);
  return state(e);
}

EconExit econ_ir_file(Econ *e, const char *path, const char *after, const char **text) {
  const char *why = NULL;
  text_free(&e->ir);
  *text = "";
  if (start_over(e)) return ECON_UNSOLVED;
  if (after && !is_pass(after)) return unknown_pass(e, after);
  const Source *s = source_read(e->cc->sources, path, &why);
  if (!s) {
    diag_add(e->cc, SEV_ERROR, "file.unreadable", 0, "%s: %s", path, why ? why : "cannot be read");
    return ECON_WRONG;
  }
  Economy *economy = ir_read(e->cc, s, e->mem);
  Question plain = {0};
  int lower = after && !strcmp(after, "lower");
  Values *v = economy && after ? values_compute(e->cc, economy, NULL, 0, e->mem) : NULL;
  if (v && strcmp(after, "elaborate") && passes_run(economy, &plain, v, lower ? NULL : after)) v = NULL;
  if (v && lower) {
    Lowered *l = lower_economy(economy, &plain, v, e->mem);
    if (l) lowered_print(l, &e->ir);
  } else if (economy && (v || !after)) ir_write(economy, &e->ir);
  *text = text_of(&e->ir);
  return state(e);
}

static EconExit format_source(Econ *e, const Source *s, const char **out) {
  text_free(&e->formatted);
  *out = "";
  if (!s || econ_format(e->cc, s, &e->formatted)) {
    EconExit why = state(e);
    return why == ECON_OK ? ECON_WRONG : why;
  }
  *out = text_of(&e->formatted);
  return ECON_OK;
}

EconExit econ_format_text(Econ *e, const char *name, const char *text, size_t size, const char **out) {
  return format_source(e, source_text(e->cc->sources, name, text, size), out);
}

EconExit econ_format_file(Econ *e, const char *path, const char **out, size_t *size, int *changed) {
  const char *why = NULL;
  const Source *s = source_read(e->cc->sources, path, &why);
  *out = "";
  *size = 0;
  *changed = 0;
  if (!s) {
    diag_add(e->cc, SEV_ERROR, "file.unreadable", 0, "%s: %s", path, why ? why : "cannot be read");
    return ECON_WRONG;
  }
  EconExit done = format_source(e, s, out);
  if (done != ECON_OK) return done;
  *size = e->formatted.n;
  *changed = e->formatted.n != s->size || (s->size && memcmp(e->formatted.at, s->text, s->size) != 0);
  return ECON_OK;
}

static EconExit new_file(Econ *e, const char *name, void (*write)(const char *, Text *), const char **text) {
  text_free(&e->starter);
  *text = "";
  if (!starter_is_name(name)) return ECON_USAGE;
  write(name, &e->starter);
  return econ_format_text(e, "new model", text_of(&e->starter), e->starter.n, text) == ECON_OK ? ECON_OK : ECON_USAGE;
}

EconExit econ_new_model(Econ *e, const char *name, const char **text) { return new_file(e, name, starter_model, text); }
EconExit econ_new_institution(Econ *e, const char *name, const char **text) { return new_file(e, name, starter_institution, text); }
EconExit econ_new_institution_test(Econ *e, const char *name, const char **text) { return new_file(e, name, starter_institution_test, text); }

/* ---- certificates of any point ---- */

/* Of a sweep's solution, the point at hand (the first). */
static Result *find(Econ *e, const char *solution) {
  if (pose_all(e) != ECON_OK || !solution) return NULL;
  for (uint32_t i = 0; i < e->results.n; i++) {
    Result *r = results_of(&e->results, i);
    if (!strcmp(str_text(e->cc->strs, r->name), solution)) return r->nmember ? &r->member[0] : r;      /* of several, the first */
    for (uint32_t k = 0; k < r->nmember; k++)
      if (!strcmp(str_text(e->cc->strs, r->member[k].name), solution)) return &r->member[k];
  }
  return NULL;
}

const char *econ_solution_name(Econ *e, size_t i) {
  return e->model && i < e->model->questions.n ? str_text(e->cc->strs, e->model->questions.at[i].name) : NULL;
}

size_t econ_unknowns(Econ *e, const char *solution) {
  const Result *r = find(e, solution);
  return r ? lowered_problem(r->lowered)->nx : 0;
}

EconExit econ_unknown_name(Econ *e, const char *solution, size_t i, char *buf, size_t n) {
  const Result *r = find(e, solution);
  const Problem *p = r ? lowered_problem(r->lowered) : NULL;
  if (!p || i >= p->nx || !p->names.unknown) return ECON_USAGE;
  p->names.unknown(p->names.ctx, (uint32_t)i, buf, n);
  return ECON_OK;
}

EconExit econ_unknown(Econ *e, const char *solution, size_t i, EconUnknown *out) {
  static const EconRole global_role[] = {[GLOBAL_PRICE] = ECON_PRICE, [GLOBAL_VARIABLE] = ECON_VARIABLE, [GLOBAL_AGGREGATE] = ECON_AGGREGATE, [GLOBAL_SLACK] = ECON_SLACK};
  const Result *r = find(e, solution);
  const Problem *p = r ? lowered_problem(r->lowered) : NULL;
  if (!p || i >= p->nx) return ECON_USAGE;
  *out = (EconUnknown){ECON_VARIABLE, SIZE_MAX, SIZE_MAX, SIZE_MAX, r->solved && r->sol.loose && r->sol.loose[i]};
  if (i < p->nglobal) out->role = global_role[p->global[i].kind];
  for (uint32_t b = 0; b < p->nblock && i >= p->nglobal; b++) {
    const Block *k = &p->block[b];
    size_t own = (size_t)k->k->nown * k->lanes;
    if (i < k->base || i >= k->base + own) continue;
    out->block = b;
    out->slot = (i - k->base) / k->lanes;
    out->lane = (i - k->base) % k->lanes;
    out->role = k->k->role[out->slot] == ROLE_CHOICE || k->k->role[out->slot] == ROLE_AUX ? ECON_CHOICE : ECON_MULTIPLIER;
  }
  return ECON_OK;
}

EconExit econ_get_vector(Econ *e, const char *solution, double *x) {
  const Result *r = find(e, solution);
  if (!r) return ECON_USAGE;
  if (!r->solved) return ECON_UNSOLVED;
  memcpy(x, r->sol.x, lowered_problem(r->lowered)->nx * sizeof *x);
  return ECON_OK;
}

EconExit econ_certify(Econ *e, const char *solution, const double *x, int *accepted, const char **report) {
  const Result *r = find(e, solution);
  text_free(&e->certified);
  *accepted = 0;
  if (report) *report = "";
  if (!r) return ECON_USAGE;
  Arena *mem = arena_for(e);
  if (!mem) return ECON_UNSOLVED;
  Settings s = {0};
  s.seed = e->opt.seed;
  s.seconds = e->opt.seconds;
  s.bytes = e->opt.memory;
  Certificate c = {0};
  const Problem *p = result_problem(find(e, solution));
  EconStatus status = problem_certify(p, x, &s, mem, &c, NULL);
  *accepted = (status == ECON_SOLVED || status == ECON_INDETERMINATE) && c.accepted;
  verdict_certificate(p, &c, 0, &e->certified);
  if (report) *report = text_of(&e->certified);
  arena_free(mem);
  return ECON_OK;
}

int econ_by_ladder(Econ *e, const char *solution) {
  const Result *r = find(e, solution);
  return r && r->attempted && r->sol.by_ladder;
}
