/* econ_show.c: what was found, as the public library gives it: diagnostics, tables, JSON, CSV, pictures, single numbers. */
#include "handle.h"
#include "output.h"
#include "plot.h"
#include "report.h"
#include "verdict.h"
#include "../lang/parse.h"
#include <math.h>
#include <string.h>

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
  return handle_text(&e->diagnostics);
}

const char *econ_expectations(Econ *e) {
  text_free(&e->expectations);
  if (e->cc) print_some(e, 1, &e->expectations);
  return handle_text(&e->expectations);
}

static int is_posed(const Econ *e) { return e->model && e->posed && e->posed_as == ECON_OK && !e->memory_failed; }

static Showing showing(const Econ *e) { return (Showing){e->opt.sample, e->opt.full}; }

static const char *tables(Econ *e, int certificate) {
  Showing shown = showing(e);
  text_free(&e->tables);
  if (is_posed(e)) report_print(&e->results, &shown, certificate, &e->tables);
  return handle_text(&e->tables);
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
  return handle_text(&e->failures);
}

const char *econ_json(Econ *e) {
  Showing shown = showing(e);
  text_free(&e->json);
  if (is_posed(e)) output_json(&e->results, &shown, &e->json);
  return handle_text(&e->json);
}

const char *econ_csv(Econ *e) {
  Showing shown = showing(e);
  text_free(&e->csv);
  if (is_posed(e)) output_csv(&e->results, &shown, &e->csv);
  return handle_text(&e->csv);
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
  return handle_text(&e->plot_name);
}

EconExit econ_plot_svg(Econ *e, size_t i, const char **name, const char **svg) {
  text_free(&e->plot);
  *name = *svg = "";
  if (i >= econ_plots(e)) return ECON_USAGE;
  if (plot_svg(&e->results, (uint32_t)i, &e->plot)) return handle_state(e) == ECON_OK ? ECON_UNSOLVED : handle_state(e);
  *name = plot_name(e, i);
  *svg = handle_text(&e->plot);
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
  int bad = plot_gnuplot(&e->results, (uint32_t)i, data_file ? data_file : handle_text(&file), &e->plot, &e->plot_script);
  text_free(&file);
  if (bad) return handle_state(e) == ECON_OK ? ECON_UNSOLVED : handle_state(e);
  *data = handle_text(&e->plot);
  *script = handle_text(&e->plot_script);
  return ECON_OK;
}

/* ---- queries ---- */

typedef struct { Text *out; double last; uint32_t n, blank, undefined; /* numbers; of them, "nan" for want of a value, and for a value that is no finite number */ } Numbers;

static void put_number(void *ctx, const Elem *at, uint32_t n, Number v) {
  Numbers *s = ctx;
  (void)at, (void)n;
  s->last = v.value;
  s->n++;
  if (s->out) text_printf(s->out, "%.17g\n", v.value);
}

static void put_answer(void *ctx, const Elem *at, uint32_t n, Number v) {
  ((Numbers *)ctx)->undefined += !v.known;
  put_number(ctx, at, n, v);
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
  Result *here = g ? results_default_in(&e->results, (uint32_t)(g - e->results.grid) + 1) : results_default(&e->results);
  if (!g && here->question && here->question->sweep) here = &e->results.base;    /* parameters alone: those of the file, not of the point visited last */
  for (uint32_t k = 0; k < (g ? g->npoint : 1); k++) {
    uint32_t before = out->n;
    if (g) results_move(g, k);
    int ready = query_ready(e, item);
    if (!ready) return ECON_WRONG;
    if (ready > 0) query_each(&e->results, item, here, put_answer, out);
    else put_number(out, NULL, 0, (Number){NAN, 0, 0}), unsolved = 1;
    if (!g || out->n > before) continue;
    put_number(out, NULL, 0, (Number){NAN, 0, 0});      /* so that each point keeps its place: `all[2].p` where there is one equilibrium */
    out->blank++;
  }
  if (g) results_move(g, 0);
  return unsolved ? ECON_UNSOLVED : ECON_OK;
}

static EconExit ask(Econ *e, const char *query, Numbers *out) {
  EconExit s = handle_pose_all(e);
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
  if (out->undefined) {
    diag_at(e->cc, SEV_WARNING, "query.missing", ast->span, "%u of these values %s no finite number: a division by zero, or a function outside its domain", out->undefined, out->undefined == 1 ? "is" : "are");
    return ECON_UNSOLVED;
  }
  if (out->n > out->blank) return ECON_OK;
  if (e->results.why) diag_at(e->cc, SEV_ERROR, "query.missing", ast->span, "this has no value: %s", e->results.why);
  else diag_at(e->cc, SEV_ERROR, "query.missing", ast->span, "this has no value in that solution");
  return ECON_WRONG;
}

EconExit econ_get(Econ *e, const char *query, const char **numbers) {
  text_free(&e->numbers);
  Numbers n = {&e->numbers, NAN, 0, 0, 0};
  EconExit s = ask(e, query, &n);
  *numbers = handle_text(&e->numbers);
  return s;
}

EconExit econ_number(Econ *e, const char *query, double *value) {
  Numbers n = {NULL, NAN, 0, 0, 0};
  EconExit s = ask(e, query, &n);
  *value = n.last;
  return s == ECON_OK && n.n != 1 ? ECON_USAGE : s;
}
