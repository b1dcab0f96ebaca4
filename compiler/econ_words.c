/* econ_words.c: the economy as the compiler sees it, and certificates of any point, for the public library. */
#include "handle.h"
#include "starter.h"
#include "textdiff.h"
#include "verdict.h"
#include "../lang/parse.h"
#include <string.h>

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
  if (!e->model) return handle_pose_all(e);
  Question plain = {0};
  const Question *q = question_for(e, only, &plain);
  Str part = q || !only ? 0 : str_of(e->cc->strs, only);
  if (!q) q = question_for(e, NULL, &plain);
  Result r;
  handle_pose(e, q, NULL, 1, &r);
  if (r.values) (latex ? explain_latex : explain_text)(r.economy, part, &e->explained);
  arena_free(r.mem);
  EconExit s = handle_state(e);
  if (s == ECON_OK && part && !e->explained.n) {
    diag_add(e->cc, SEV_ERROR, "names.unknown", 0, "--of %s: no agent, market, constraint or solution has this name", only);
    s = ECON_WRONG;
  }
  *text = handle_text(&e->explained);
  return s;
}

EconExit econ_explain_diff(Econ *e, const char *a, const char *b, const char **text) {
  const char *name[2] = {a, b}, *one;
  Text side[2] = {{0}, {0}};
  EconExit s = ECON_OK;
  *text = "";
  if (!e->model) return handle_pose_all(e);
  for (int i = 0; i < 2 && s == ECON_OK; i++) {
    if (!question_for(e, name[i], NULL)) {
      diag_add(e->cc, SEV_ERROR, "names.unknown", 0, "--diff %s %s: no question is called `%s`", a, b, name[i]);
      s = ECON_WRONG;
    } else if ((s = econ_explain(e, 0, name[i], &one)) == ECON_OK) text_put(&side[i], one);
  }
  text_free(&e->explained);
  if (s == ECON_OK && text_differences(handle_text(&side[0]), handle_text(&side[1]), &e->explained) == SIZE_MAX) e->memory_failed = 1;
  text_free(&side[0]);
  text_free(&side[1]);
  *text = handle_text(&e->explained);
  return s == ECON_OK ? handle_state(e) : s;
}

EconExit econ_explain_files(Econ *before, Econ *after, const char **text) {
  const char *a, *b;
  Text then = {0};
  *text = "";
  EconExit s = econ_explain(before, 0, NULL, &a);
  if (s != ECON_OK) {
    diag_add(after->cc, SEV_ERROR, "file.unreadable", 0, "the first model has mistakes:\n%s", econ_diagnostics(before));
    return s;
  }
  if ((s = econ_explain(after, 0, NULL, &b)) != ECON_OK) return s;
  text_put(&then, b);
  text_free(&after->explained);
  if (text_differences(a, handle_text(&then), &after->explained) == SIZE_MAX) after->memory_failed = 1;
  text_free(&then);
  *text = handle_text(&after->explained);
  return handle_state(after);
}

static int is_pass(const char *name) {
  for (unsigned i = 0; i < econ_npasses; i++)
    if (!strcmp(econ_passes[i].name, name)) return 1;
  return !strcmp(name, "lower") || !strcmp(name, "elaborate");
}

static EconExit unknown_pass(Econ *e, const char *name) {
  Text t = {0};
  for (unsigned i = 0; i < econ_npasses; i++) text_printf(&t, "%s, ", econ_passes[i].name);
  diag_add(e->cc, SEV_ERROR, "pass.unknown", 0, "there is no pass `%s`; the passes are elaborate, %slower", name, handle_text(&t));
  text_free(&t);
  return ECON_USAGE;
}

EconExit econ_ir(Econ *e, const char *after, const char **text) {
  text_free(&e->ir);
  *text = "";
  if (!e->model) return handle_pose_all(e);
  if (after && !is_pass(after)) return unknown_pass(e, after);
  int lower = after && !strcmp(after, "lower"), none = after && !strcmp(after, "elaborate");
  Question plain = {0};
  const Question *q = question_for(e, NULL, &plain);
  Result r;
  handle_pose(e, q, lower ? NULL : after, !none, &r);
  if (r.values && lower && (r.lowered = lower_economy(r.economy, q, r.values, r.mem))) lowered_print(r.lowered, &e->ir);
  else if (r.values && !lower) ir_write(r.economy, &e->ir);
  arena_free(r.mem);
  *text = handle_text(&e->ir);
  return handle_state(e);
}

EconExit econ_ir_file(Econ *e, const char *path, const char *after, const char **text) {
  const char *why = NULL;
  text_free(&e->ir);
  *text = "";
  if (handle_restart(e)) return ECON_UNSOLVED;
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
  *text = handle_text(&e->ir);
  return handle_state(e);
}

static EconExit format_source(Econ *e, const Source *s, const char **out) {
  text_free(&e->formatted);
  *out = "";
  if (!s || econ_format(e->cc, s, &e->formatted)) {
    EconExit why = handle_state(e);
    return why == ECON_OK ? ECON_WRONG : why;
  }
  *out = handle_text(&e->formatted);
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
  return econ_format_text(e, "new model", handle_text(&e->starter), e->starter.n, text) == ECON_OK ? ECON_OK : ECON_USAGE;
}

EconExit econ_new_model(Econ *e, const char *name, const char **text) { return new_file(e, name, starter_model, text); }
EconExit econ_new_institution(Econ *e, const char *name, const char **text) { return new_file(e, name, starter_institution, text); }
EconExit econ_new_institution_test(Econ *e, const char *name, const char **text) { return new_file(e, name, starter_institution_test, text); }

/* ---- certificates of any point ---- */

/* Of a sweep's solution, the point at hand (the first). */
static Result *find(Econ *e, const char *solution) {
  if (handle_pose_all(e) != ECON_OK || !solution) return NULL;
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
  Arena *mem = handle_arena(e);
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
  if (report) *report = handle_text(&e->certified);
  arena_free(mem);
  return ECON_OK;
}

int econ_by_ladder(Econ *e, const char *solution) {
  const Result *r = find(e, solution);
  return r && r->attempted && r->sol.by_ladder;
}
