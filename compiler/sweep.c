/* sweep.c: solving the points of a sweep. See sweep.h. */
#include "sweep.h"
#include "answer.h"
#include "family.h"
#include "planner_search.h"
#include "secondbest.h"
#include "sweep_jobs.h"
#include "sweep_journal.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_CHUNK = 8, SHORTEST_CHUNK = 2, CHUNKS_WANTED = 16 };

typedef struct { const SweepOptions *o; Results *all; Grid *g; uint32_t sweep, done; const char *name; int interrupted; } Run;

/* ---- chunks ---- */

/* Points along the last axis (all rows of a file count as one line). */
static uint32_t line_length(const Grid *g) { return g->length && g->naxis ? g->length[g->naxis - 1] : g->npoint; }

/* Parts into which every line is divided evenly: long enough that a solution passed on is worth it, short enough that several processes
 * find work. */
static uint32_t parts_of_line(const Grid *g, uint32_t line) {
  uint32_t length = (g->npoint + CHUNKS_WANTED - 1) / CHUNKS_WANTED;
  length = length > LONGEST_CHUNK ? LONGEST_CHUNK : length < SHORTEST_CHUNK ? SHORTEST_CHUNK : length;
  return (line + length - 1) / length;
}

static uint32_t part_begin(uint32_t line, uint32_t parts, uint32_t part) { return (uint32_t)((uint64_t)part * line / parts); }

int sweep_chunk(const Grid *g, uint32_t k, Chunk *out) {
  uint32_t line = line_length(g), parts = line ? parts_of_line(g, line) : 0;
  if (!parts || k / parts >= g->npoint / line) return 0;
  out->from = k / parts * line + part_begin(line, parts, k % parts);
  out->to = k / parts * line + part_begin(line, parts, k % parts + 1);
  return 1;
}

/* Is a point the first of its chunk? */
static int begins_chunk(const Grid *g, uint32_t point) {
  uint32_t line = line_length(g), parts = parts_of_line(g, line), at = point % line;
  return part_begin(line, parts, (uint32_t)(((uint64_t)at * parts + line - 1) / line)) == at;
}

/* ---- one point ---- */

static Result *answer(const Run *run, uint32_t i, uint32_t point) { return &run->all->of[run->g->sweep->questions.at[i]].point[point]; }

static int is_done(void *ctx, uint32_t point) {
  const Run *run = ctx;
  for (uint32_t i = 0; i < run->g->sweep->questions.n; i++)
    if (!answer(run, i, point)->attempted) return 0;
  return 1;
}

static int is_wanted(void *ctx, uint32_t point) { return !is_done(ctx, point); }

static int report_progress(Run *run, double residual, const char *what) {
  char text[160];
  if (!run->o->tick) return 0;
  snprintf(text, sizeof text, "%u of %u points%s%s", run->done, run->g->npoint, what ? ", " : "", what ? what : "");
  return run->o->tick(run->o->ctx, run->name, residual, text);
}

static int on_solver_tick(void *ctx, double residual, const char *what) {
  Run *run = ctx;
  if (report_progress(run, residual, what)) run->interrupted = 1;
  return run->interrupted;
}

static void settle(Result *r) {
  EconStatus s = r->sol.status;
  if (result_is_family(r)) return;                      /* family_settle did */
  r->attempted = 1;
  r->solved = (s == ECON_SOLVED || s == ECON_INDETERMINATE) && r->sol.cert.accepted;
}

/* The solution before this one, where they are neighbours in one chunk and unknowns mean the same. */
static const double *neighbour(const Run *run, uint32_t i, uint32_t point) {
  if (run->o->cold || !point || begins_chunk(run->g, point)) return NULL;
  const Result *before = answer(run, i, point - 1);
  return before->solved && before->lowered == answer(run, i, point)->lowered ? before->sol.x : NULL;
}

/* What the question takes from another one is not there at this point. */
static void waits(const Run *run, Result *r) {
  Posing limit = {.memory = run->o->memory};
  Text t = {0};
  if (r->waits) text_printf(&t, "`%s` was not solved here, and this question takes weights or levels from it", str_text(r->model->cc->strs, r->waits));
  r->waits = 0;
  if (r->attempted) solution_free(&r->sol);             /* a second best may have begun */
  r->sol = (Solution){.status = ECON_WAITS, .mem = pose_arena(&limit)};
  if (r->sol.mem && t.n) r->sol.explanation = arena_text(r->sol.mem, t.at, t.n);
  text_free(&t);
}

/* Instruments at their best values, at this point. */
static void choose(Run *run, Result *r, uint32_t point, const Settings *s) {
  Posing p;
  Arena *mem = arena_new(NULL);
  if (mem) sweep_posing(run->all, run->sweep, point, run->o->memory, mem, &p);
  if (mem && p.set) second_best_solve(&p, run->all, r, s);
  if (!r->attempted || r->waits) waits(run, r);
  settle(r);
  arena_free(mem);
}

static void solve_one(Run *run, Result *r, uint32_t point, const double *before, const Settings *s) {
  Posing p = {.cc = r->model->cc, .model = r->model, .memory = run->o->memory};
  if (result_is_family(r)) { family_solve(r, s); return; }
  if (r->question->concept == Q_SECOND_BEST) { choose(run, r, point, s); return; }
  if (answer_solve(&p, run->all, r, s, before)) {
    waits(run, r);
    settle(r);
    return;
  }
  planner_recall(run->all, r);                          /* as a process that is told the solution has it */
}

static void solve_point(Run *run, uint32_t point, int (*tick)(void *, double, const char *)) {
  results_move(run->g, point);
  for (uint32_t i = 0; i < run->g->sweep->questions.n && !run->interrupted; i++) {
    Result *r = answer(run, i, point);
    if (r->attempted) continue;
    Settings s = {.seed = run->o->seed, .seconds = run->o->seconds, .bytes = run->o->memory, .tick = tick, .ctx = run};
    solve_one(run, r, point, neighbour(run, i, point), &s);
  }
}

/* ---- journal and pipes: all answers of a point in one piece ---- */

static void pack_point(void *ctx, uint32_t point, Text *out) {
  const Run *run = ctx;
  for (uint32_t i = 0; i < run->g->sweep->questions.n; i++) {
    const Result *r = answer(run, i, point);
    Text t = {0};
    sweep_pack_answer(r, &t);
    uint32_t n = (uint32_t)t.n;
    text_add(out, (const char *)&n, sizeof n);
    text_add(out, t.at, t.n);
    out->failed |= t.failed;
    text_free(&t);
  }
}

static int unpack_answers(Run *run, Posing *p, uint32_t point, const char *bytes, size_t n) {
  results_move(run->g, point);
  for (uint32_t i = 0; i < run->g->sweep->questions.n; i++) {
    Result *r = answer(run, i, point);
    uint32_t size = 0;
    if (n < sizeof size) return 1;
    memcpy(&size, bytes, sizeof size);
    bytes += sizeof size;
    n -= sizeof size;
    if (size > n || sweep_unpack_answer(p, run->all, r, bytes, size)) return 1;
    settle(r);
    if (!result_is_family(r) && planner_recall(run->all, r)) r->waits = 0;      /* the reason stands in the solution */
    bytes += size;
    n -= size;
  }
  return n != 0;
}

static int unpack_point(Run *run, uint32_t point, const char *bytes, size_t n) {
  Posing p;
  Arena *mem = arena_new(NULL);
  if (mem) sweep_posing(run->all, run->sweep, point, run->o->memory, mem, &p);
  int wrong = !mem || !p.set || unpack_answers(run, &p, point, bytes, n);
  arena_free(mem);
  return wrong;
}

/* Whether to keep a point for another run: not where time, memory or a person ended it, since then more could be had. */
static int is_final(const Run *run, uint32_t point) {
  for (uint32_t i = 0; i < run->g->sweep->questions.n; i++) {
    const Result *r = answer(run, i, point);
    EconStatus s = result_is_family(r) && r->solved ? r->many.stop : r->sol.status;
    if (s == ECON_TIME || s == ECON_MEMORY || s == ECON_CANCELLED || s == ECON_LIBRARY) return 0;
  }
  return 1;
}

static void finished(Run *run, uint32_t point) {
  run->done++;
  if (!run->o->journal || !is_final(run, point)) return;
  Text t = {0};
  pack_point(run, point, &t);
  if (!t.failed) journal_add(run->o->journal, run->sweep, point, t.at, t.n);
  text_free(&t);
}

/* Takes back what an interrupted solve left, so that the point counts as not attempted. */
static void forget(Run *run, uint32_t point) {
  for (uint32_t i = 0; i < run->g->sweep->questions.n; i++) {
    Result *r = answer(run, i, point);
    if (r->attempted) result_forget(r);
  }
}

static void resume(Run *run) {
  for (uint32_t p = 0; p < run->g->npoint; p++) {
    size_t n;
    const char *bytes = run->o->journal ? journal_find(run->o->journal, run->sweep, p, &n) : NULL;
    if (bytes && !is_done(run, p) && unpack_point(run, p, bytes, n)) forget(run, p);
    run->done += (uint32_t)is_done(run, p);
  }
}

/* ---- by several processes ---- */

static void solve_in_worker(void *ctx, uint32_t point) { solve_point(ctx, point, NULL); }

static int take(void *ctx, uint32_t point, const char *bytes, size_t n) {
  Run *run = ctx;
  if (unpack_point(run, point, bytes, n)) {
    forget(run, point);
    return 1;
  }
  finished(run, point);
  return 0;
}

static void lost(void *ctx, uint32_t point, const char *why) {
  Run *run = ctx;
  for (uint32_t i = 0; i < run->g->sweep->questions.n; i++) {
    Result *r = answer(run, i, point);
    Posing limit = {.memory = run->o->memory};
    Arena *mem = pose_arena(&limit);
    if (result_is_family(r)) { family_fail(r, ECON_LIBRARY, why, mem); continue; }
    r->sol = (Solution){.status = ECON_LIBRARY, .mem = mem};
    if (r->sol.mem) r->sol.explanation = arena_text(r->sol.mem, why, strlen(why));
    settle(r);
  }
  run->done++;
}

static int watch(void *ctx) {
  Run *run = ctx;
  if (report_progress(run, NAN, NULL)) run->interrupted = 1;
  return run->interrupted;
}

static int by_processes(Run *run) {
  uint32_t n = 0;
  Chunk c;
  while (sweep_chunk(run->g, n, &c)) n++;
  Chunk *chunk = ARENA_ARRAY(run->g->mem, Chunk, n + 1);
  if (!chunk) return -1;
  for (uint32_t k = 0; k < n; k++) sweep_chunk(run->g, k, &chunk[k]);
  Jobs j = {run->o->jobs, chunk, n, run->o->journal ? journal_file(run->o->journal) : -1, run, is_wanted, solve_in_worker, pack_point, take, lost, watch};
  return jobs_run(&j);
}

/* ---- the whole ---- */

int sweep_solve(const SweepOptions *o, Results *all, uint32_t sweep) {
  Grid *g = &all->grid[sweep];
  if (!g->npoint || !g->sweep->questions.n) return 0;
  Run run = {.o = o, .all = all, .g = g, .sweep = sweep, .name = str_text(all->model->cc->strs, all->of[g->sweep->questions.at[0]].name)};
  resume(&run);
  int left = o->jobs > 1 && run.done < g->npoint ? by_processes(&run) : -1;
  for (uint32_t p = 0; p < g->npoint && left < 0 && !run.interrupted; p++) {
    if (is_done(&run, p)) continue;
    if (report_progress(&run, NAN, NULL)) { run.interrupted = 1; break; }
    solve_point(&run, p, o->tick ? on_solver_tick : NULL);
    if (run.interrupted) forget(&run, p);
    else finished(&run, p);
  }
  for (uint32_t i = 0; i < g->sweep->questions.n; i++) {
    const Result *stand = &all->of[g->sweep->questions.at[i]];
    if (result_is_family(stand)) family_warn_points(all, stand);
  }
  return run.interrupted;
}
