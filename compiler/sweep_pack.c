/* sweep_pack.c: an answer as bytes, for pipes between processes of one program and for its journal. Numbers are copied bit by bit, in
 * this machine's order of bytes: neither leaves the machine. Everything that a Solution has is here (runtime/problem.h), what a
 * question for all equilibria found (runtime/multiple.h), and what was chosen by a second best (secondbest.h). */
#include "family.h"
#include "secondbest.h"
#include "sweep.h"
#include <string.h>

static void put(Text *t, const void *at, size_t n) { text_add(t, at, n); }
static void put_u32(Text *t, uint32_t x) { put(t, &x, sizeof x); }
static void put_double(Text *t, double x) { put(t, &x, sizeof x); }

static void put_string(Text *t, const char *s) {
  uint32_t n = s ? (uint32_t)strlen(s) + 1 : 0;
  put_u32(t, n);
  if (n) put(t, s, n);
}

void sweep_pack(const Solution *s, uint32_t nx, Text *out) {
  const Certificate *c = &s->cert;
  put_u32(out, (uint32_t)s->status);
  put_u32(out, s->x ? nx : 0);
  put_u32(out, s->loose ? nx : 0);
  if (s->x) put(out, s->x, nx * sizeof *s->x);
  if (s->loose) put(out, s->loose, nx);
  for (int i = 0; i < CLAIM_N; i++) {
    put_u32(out, (uint32_t)c->claim[i].status);
    put_double(out, c->claim[i].bound);
    put_string(out, c->claim[i].unit);
    put_string(out, c->claim[i].method);
    put_string(out, c->claim[i].domain);
    put_string(out, c->claim[i].witness);
  }
  put_u32(out, c->nworst);
  for (uint32_t i = 0; i < c->nworst; i++) {
    put_u32(out, c->worst[i].row);
    put_double(out, c->worst[i].residual);
    put_double(out, c->worst[i].scale);
  }
  put_double(out, c->residual);
  put_double(out, c->clearing);
  put_double(out, c->gain);
  put_u32(out, c->indeterminate);
  put_u32(out, (uint32_t)c->arbitrary);
  put_u32(out, (uint32_t)c->accepted);
  put_u32(out, s->ntried);
  for (uint32_t i = 0; i < s->ntried; i++) {
    put_string(out, s->tried[i].method);
    put_u32(out, (uint32_t)s->tried[i].why);
    put_u32(out, s->tried[i].iterations);
    put_double(out, s->tried[i].residual);
  }
  put_u32(out, (uint32_t)s->by_ladder);
  put_u32(out, s->iterations);
  put_string(out, s->explanation);
}

/* ---- back ---- */

typedef struct { const char *at, *end; Arena *mem; int wrong; } Bytes;

static void get(Bytes *b, void *to, size_t n) {
  if (b->wrong || (size_t)(b->end - b->at) < n) {
    b->wrong = 1;
    memset(to, 0, n);
    return;
  }
  if (n) memcpy(to, b->at, n);
  b->at += n;
}

static uint32_t get_u32(Bytes *b) {
  uint32_t x;
  get(b, &x, sizeof x);
  return x;
}

static double get_double(Bytes *b) {
  double x;
  get(b, &x, sizeof x);
  return x;
}

static char *get_string(Bytes *b) {
  uint32_t n = get_u32(b);
  if (!n || b->wrong) return NULL;
  if ((size_t)(b->end - b->at) < n || b->at[n - 1]) { b->wrong = 1; return NULL; }
  char *s = arena_text(b->mem, b->at, n - 1);
  b->at += n;
  return s;
}

static uint32_t get_below(Bytes *b, uint32_t limit) {
  uint32_t x = get_u32(b);
  if (x < limit) return x;
  b->wrong = 1;
  return 0;
}

static void get_certificate(Bytes *b, Certificate *c) {
  for (int i = 0; i < CLAIM_N; i++) {
    c->claim[i].status = (ClaimStatus)get_below(b, REFUTED + 1);
    c->claim[i].bound = get_double(b);
    c->claim[i].unit = get_string(b);
    c->claim[i].method = get_string(b);
    c->claim[i].domain = get_string(b);
    c->claim[i].witness = get_string(b);
  }
  c->nworst = get_below(b, sizeof c->worst / sizeof *c->worst + 1);
  for (uint32_t i = 0; i < c->nworst; i++) {
    c->worst[i].row = get_u32(b);
    c->worst[i].residual = get_double(b);
    c->worst[i].scale = get_double(b);
  }
  c->residual = get_double(b);
  c->clearing = get_double(b);
  c->gain = get_double(b);
  c->indeterminate = get_u32(b);
  c->arbitrary = (int)get_u32(b);
  c->accepted = (int)get_u32(b);
}

int sweep_unpack(const char *bytes, size_t n, uint32_t nx, size_t memory, Solution *s) {
  Posing limit = {.memory = memory};
  *s = (Solution){.mem = pose_arena(&limit)};
  if (!s->mem) return 1;
  Bytes b = {bytes, bytes + n, s->mem, 0};
  s->status = (EconStatus)get_below(&b, ECON_STATUS_N);
  uint32_t has_x = get_u32(&b), has_loose = get_u32(&b);
  if ((has_x && has_x != nx) || (has_loose && has_loose != nx)) b.wrong = 1;
  if (has_x && !b.wrong && (s->x = ARENA_ARRAY(s->mem, double, nx + 1))) get(&b, s->x, nx * sizeof *s->x);
  if (has_loose && !b.wrong && (s->loose = ARENA_ARRAY(s->mem, uint8_t, nx + 1))) get(&b, s->loose, nx);
  get_certificate(&b, &s->cert);
  s->ntried = get_below(&b, sizeof s->tried / sizeof *s->tried + 1);
  for (uint32_t i = 0; i < s->ntried; i++) {
    s->tried[i].method = get_string(&b);
    s->tried[i].why = (EconStatus)get_below(&b, ECON_STATUS_N);
    s->tried[i].iterations = get_u32(&b);
    s->tried[i].residual = get_double(&b);
  }
  s->by_ladder = (int)get_u32(&b);
  s->iterations = get_u32(&b);
  s->explanation = get_string(&b);
  if (!b.wrong && b.at == b.end && !arena_failed(s->mem)) return 0;
  solution_free(s);
  return 1;
}

/* ---- several equilibria: each with its index, what is said of all, and the best point where there is none ---- */

static void pack_inner(const Solution *s, uint32_t nx, Text *out) {
  Text t = {0};
  sweep_pack(s, nx, &t);
  put_u32(out, (uint32_t)t.n);
  put(out, t.at, t.n);
  out->failed |= t.failed;
  text_free(&t);
}

static void pack_family(const Multiple *m, uint32_t nx, Text *out) {
  put_u32(out, (uint32_t)m->status);
  put_u32(out, (uint32_t)m->known);
  put_u32(out, (uint32_t)m->sum);
  put_string(out, m->why);
  put_u32(out, m->starts);
  put_u32(out, m->since);
  put_u32(out, m->grid);
  put_u32(out, (uint32_t)m->stop);
  put_u32(out, m->n);
  for (uint32_t i = 0; i < m->n; i++) {
    put_u32(out, (uint32_t)m->index[i]);
    pack_inner(&m->of[i], nx, out);
  }
  if (!m->n) pack_inner(&m->none, nx, out);
}

static void get_inner(Bytes *b, uint32_t nx, size_t memory, Solution *s) {
  uint32_t n = get_u32(b);
  *s = (Solution){0};
  if (b->wrong || (size_t)(b->end - b->at) < n || sweep_unpack(b->at, n, nx, memory, s)) b->wrong = 1;
  else b->at += n;
}

static int unpack_family(const char *bytes, size_t n, uint32_t nx, size_t memory, Multiple *m) {
  enum { MOST = 1000000 };
  Posing limit = {.memory = memory};
  *m = (Multiple){.mem = pose_arena(&limit)};
  if (!m->mem) return 1;
  Bytes b = {bytes, bytes + n, m->mem, 0};
  m->status = (EconStatus)get_below(&b, ECON_STATUS_N);
  m->known = (IndexKnown)get_below(&b, INDEX_MISSING + 1);
  m->sum = (int)get_u32(&b);
  m->why = get_string(&b);
  m->starts = get_u32(&b);
  m->since = get_u32(&b);
  m->grid = get_u32(&b);
  m->stop = (EconStatus)get_below(&b, ECON_STATUS_N);
  uint32_t count = get_below(&b, MOST);
  if (b.wrong || !(m->of = ARENA_ARRAY(m->mem, Solution, count + 1)) || !(m->index = ARENA_ARRAY(m->mem, int, count + 1))) b.wrong = 1;
  for (; m->n < count && !b.wrong; m->n++) {
    m->index[m->n] = (int)get_u32(&b);
    get_inner(&b, nx, memory, &m->of[m->n]);
  }
  if (!count && !b.wrong) get_inner(&b, nx, memory, &m->none);
  if (!b.wrong && b.at == b.end && !arena_failed(m->mem)) return 0;
  multiple_free(m);
  return 1;
}

/* ---- an answer ---- */

void sweep_pack_answer(const Result *r, Text *out) {
  uint32_t nx = lowered_problem(r->lowered)->nx;
  if (result_is_family(r)) { pack_family(&r->many, nx, out); return; }
  if (r->question->concept == Q_SECOND_BEST) {
    Text t = {0};
    if (r->second) second_best_pack(r->second, &t);
    put_u32(out, (uint32_t)t.n);
    put(out, t.at, t.n);
    out->failed |= t.failed;
    text_free(&t);
  }
  sweep_pack(&r->sol, nx, out);
}

int sweep_unpack_answer(Posing *p, Results *all, Result *r, const char *bytes, size_t n) {
  if (result_is_family(r)) {
    if (unpack_family(bytes, n, lowered_problem(r->lowered)->nx, p->memory, &r->many)) return 1;
    family_settle(r);
    return 0;
  }
  if (r->question->concept == Q_SECOND_BEST) {
    Bytes b = {bytes, bytes + n, r->mem, 0};
    uint32_t size = get_u32(&b);
    if (b.wrong || (size_t)(b.end - b.at) < size || (size && second_best_unpack(p, all, r, b.at, size))) return 1;
    n = (size_t)(b.end - b.at) - size;
    bytes = b.at + size;
  }
  return sweep_unpack(bytes, n, lowered_problem(r->lowered)->nx, p->memory, &r->sol);
}
