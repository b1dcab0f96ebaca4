/* econ.c: the public library: a file's way from text to answers. See econ.h. */
#include "handle.h"
#include "answer.h"
#include "calibrate.h"
#include "family.h"
#include "secondbest.h"
#include "size.h"
#include "sweep.h"
#include "sweep_journal.h"
#include "../lang/parse.h"
#include <stdlib.h>
#include <string.h>

/* ---- the handle ---- */

static void *limited_get(void *ctx, size_t size) { (void)ctx; return malloc(size); }
static void limited_put(void *ctx, void *chunk, size_t size) { (void)ctx; (void)size; free(chunk); }

Arena *handle_arena(const Econ *e) {
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
  e->mem = handle_arena(e);
  if (e->mem) e->cc = compilation_new(e->mem);
  if (e->cc) e->cc->libpath = e->library;
  return !e->cc;
}

/* Forgets everything but the options. Nonzero when out of memory. */
int handle_restart(Econ *e) {
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
  if (handle_restart(e)) { econ_close(e); return NULL; }
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

const char *handle_text(const Text *t) { return t->at ? t->at : ""; }

static int wrong(const Econ *e) { return diag_errors(e->cc->diags) > 0; }

/* Memory that failed is no mistake of the model: nothing was solved. */
EconExit handle_state(Econ *e) {
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
  EconExit s = handle_state(e);
  if (s == ECON_OK && !e->model) { e->memory_failed = 1; s = ECON_UNSOLVED; }
  if (s != ECON_OK) e->model = NULL;
  else e->results.model = e->model;
  return s;
}

EconExit econ_load_file(Econ *e, const char *path) {
  const char *why = NULL;
  if (handle_restart(e)) return ECON_UNSOLVED;
  const Source *source = source_read(e->cc->sources, path, &why);
  if (!source) {
    diag_add(e->cc, SEV_ERROR, "file.unreadable", 0, "%s: %s", path, why ? why : "cannot be read");
    return ECON_WRONG;
  }
  return load(e, source, NULL, 0);
}

EconExit econ_load_text(Econ *e, const char *name, const char *text, size_t size) {
  if (handle_restart(e)) return ECON_UNSOLVED;
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
  EconExit s = handle_state(e);
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
    s = v ? load(e, source, v, n) : handle_state(e);
  } else e->memory_failed = 1;
  arena_free(before);
  for (Define *d = e->define; d && s == ECON_OK; d = d->next) {
    Override o;
    if ((s = resolve(e, d, &o)) == ECON_OK) VEC_PUSH(e->mem, e->set, o);
  }
  return s == ECON_OK ? handle_state(e) : s;
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
  return handle_state(e);
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
void handle_pose(Econ *e, const Question *q, const char *last, int with_passes, Result *r) {
  Posing p = posing(e);
  *r = (Result){.mem = pose_arena(&p)};
  pose_economy(&p, q, r->mem ? pose_values(&p, q, NULL, 0, r->mem) : NULL, last, with_passes, r);
  e->memory_failed |= p.memory_failed;
}

EconExit handle_pose_all(Econ *e) {
  if (!e->model) return wrong(e) ? ECON_WRONG : e->memory_failed ? ECON_UNSOLVED : ECON_USAGE;
  if (e->posed) return e->memory_failed ? ECON_UNSOLVED : e->posed_as;
  Model *m = e->model;
  Results *all = &e->results;
  all->model = m;
  all->base = (Result){0};
  all->base.model = m;
  all->base.economy = m->economy;
  all->base.mem = handle_arena(e);
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
      handle_pose(e, q, NULL, 1, r);
      pose_lower(&p, r);
      if (second_best_check(&p, r)) r->values = NULL;
    } else if (m->sweeps.at[q->sweep - 1].questions.at[0] == all->n) sweep_pose(&p, all, q->sweep - 1);
    e->memory_failed |= p.memory_failed;
  }
  e->posed = 1;
  e->posed_as = handle_state(e);
  if (!all->base.values && e->posed_as == ECON_OK) e->memory_failed = 1;
  for (uint32_t i = 0; i < all->n && e->posed_as == ECON_OK; i++)
    if (!all->of[i].values) e->memory_failed = 1;
  return e->memory_failed ? ECON_UNSOLVED : e->posed_as;
}

EconExit econ_check(Econ *e) {
  EconExit s = handle_pose_all(e);
  for (uint32_t i = 0; s == ECON_OK && !e->calibrated && i < e->model->calibrations.n; i++) {
    Posing p = posing(e);
    calibrate_check(&p, &e->model->calibrations.at[i]);
    e->memory_failed |= p.memory_failed;
    s = e->posed_as = handle_state(e);
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
  if (r->question->concept == Q_SECOND_BEST) {
    Posing here = posing(e);
    second_best_solve(&here, &e->results, r, &s);
    e->memory_failed |= here.memory_failed;
    return;
  }
  Posing p = posing(e);
  answer_solve(&p, &e->results, r, &s, NULL);
  e->memory_failed |= p.memory_failed;
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
      s = handle_state(e);
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
    s = handle_pose_all(e);
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
  EconExit posed = handle_pose_all(e);
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
  EconExit s = handle_pose_all(e);
  if (s != ECON_OK) return s;
  e->expected = expect_check(&e->results);
  return e->expected.wrong ? ECON_WRONG : e->expected.failed ? ECON_UNEXPECTED : ECON_OK;
}

unsigned econ_expected(Econ *e, unsigned *held, unsigned *failed) {
  if (held) *held = e->expected.held;
  if (failed) *failed = e->expected.failed + e->expected.wrong;
  return e->model ? expect_count(e->model) : 0;
}
