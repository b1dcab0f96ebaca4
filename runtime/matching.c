#include "matching.h"
#include <string.h>

#define NONE UINT32_MAX

Matching *matching_new(const Pattern *p, Arena *mem) {
  Matching *m = ARENA_NEW(mem, Matching);
  if (!m) return NULL;
  m->row_of = ARENA_ARRAY(mem, uint32_t, p->n + 1);
  m->col_of = ARENA_ARRAY(mem, uint32_t, p->m + 1);
  m->over = ARENA_ARRAY(mem, uint8_t, p->m + 1);
  m->under = ARENA_ARRAY(mem, uint8_t, p->m + 1);
  m->over_col = ARENA_ARRAY(mem, uint8_t, p->n + 1);
  m->under_col = ARENA_ARRAY(mem, uint8_t, p->n + 1);
  if (arena_failed(mem)) return NULL;
  memset(m->row_of, 0xff, sizeof *m->row_of * ((size_t)p->n + 1));
  memset(m->col_of, 0xff, sizeof *m->col_of * ((size_t)p->m + 1));
  return m;
}

/* Work space of the augmenting phases, per column. */
typedef struct { uint32_t *depth, *queue, *next, *stack; } Space;

static void join(Matching *m, uint32_t row, uint32_t col) {
  m->row_of[col] = row;
  m->col_of[row] = col;
}

/* Every column without a row takes the first free one. */
static void greedy(const Pattern *p, Matching *m) {
  for (uint32_t j = 0; j < p->n; j++)
    for (uint32_t k = p->start[j]; m->row_of[j] == NONE && k < p->start[j + 1]; k++)
      if (m->col_of[p->row[k]] == NONE) join(m, p->row[k], j);
}

/* Distances of columns from those without a row, along alternating paths; 1 when some path ends at a free row. */
static int layers(const Pattern *p, const Matching *m, Space *s) {
  uint32_t head = 0, tail = 0;
  int found = 0;
  for (uint32_t j = 0; j < p->n; j++) {
    s->depth[j] = NONE;
    if (m->row_of[j] != NONE) continue;
    s->depth[j] = 0;
    s->queue[tail++] = j;
  }
  while (head < tail) {
    uint32_t j = s->queue[head++];
    for (uint32_t k = p->start[j]; k < p->start[j + 1]; k++) {
      uint32_t c = m->col_of[p->row[k]];
      if (c == NONE) found = 1;
      else if (s->depth[c] == NONE) {
        s->depth[c] = s->depth[j] + 1;
        s->queue[tail++] = c;
      }
    }
  }
  return found;
}

/* One path from column `from` down the layers to a free row, along which the matching is exchanged. */
static int augment(const Pattern *p, Matching *m, Space *s, uint32_t from) {
  uint32_t top = 0;
  s->stack[0] = from;
  for (;;) {
    uint32_t j = s->stack[top];
    if (s->next[j] == p->start[j + 1]) {
      s->depth[j] = NONE;
      if (top == 0) return 0;
      top--;
      continue;
    }
    uint32_t row = p->row[s->next[j]++], c = m->col_of[row];
    if (c != NONE) {
      if (s->depth[c] == s->depth[j] + 1 && s->depth[j] != NONE) s->stack[++top] = c;
      continue;
    }
    for (;; top--) {
      uint32_t was = m->row_of[s->stack[top]];
      join(m, row, s->stack[top]);
      row = was;
      if (top == 0) return 1;
    }
  }
}

/* Columns and rows reached from columns that have no row. */
static void mark_under(const Pattern *p, Matching *m, uint32_t *queue) {
  uint32_t head = 0, tail = 0;
  for (uint32_t j = 0; j < p->n; j++)
    if (m->row_of[j] == NONE) {
      m->under_col[j] = 1;
      queue[tail++] = j;
    }
  while (head < tail) {
    uint32_t j = queue[head++];
    for (uint32_t k = p->start[j]; k < p->start[j + 1]; k++) {
      uint32_t c = m->col_of[p->row[k]];
      m->under[p->row[k]] = 1;
      if (c == NONE || m->under_col[c]) continue;
      m->under_col[c] = 1;
      queue[tail++] = c;
    }
  }
}

/* Rows and columns reached from rows that have no column: the same in the transposed pattern. */
static int mark_over(const Pattern *p, Matching *m, uint32_t *queue, Arena *mem) {
  uint32_t nnz = p->start[p->n], head = 0, tail = 0;
  uint32_t *start = ARENA_ARRAY(mem, uint32_t, (size_t)p->m + 2), *col = ARENA_ARRAY(mem, uint32_t, (size_t)nnz + 1);
  if (!start || !col) return 1;
  for (uint32_t k = 0; k < nnz; k++) start[p->row[k] + 2]++;
  for (uint32_t i = 0; i < p->m; i++) start[i + 2] += start[i + 1];
  for (uint32_t j = 0; j < p->n; j++)
    for (uint32_t k = p->start[j]; k < p->start[j + 1]; k++) col[start[p->row[k] + 1]++] = j;
  for (uint32_t i = 0; i < p->m; i++)
    if (m->col_of[i] == NONE) {
      m->over[i] = 1;
      queue[tail++] = i;
    }
  while (head < tail) {
    uint32_t i = queue[head++];
    for (uint32_t k = start[i]; k < start[i + 1]; k++) {
      uint32_t r = m->row_of[col[k]];
      m->over_col[col[k]] = 1;
      if (r == NONE || m->over[r]) continue;
      m->over[r] = 1;
      queue[tail++] = r;
    }
  }
  return 0;
}

int matching_find(const Pattern *p, Matching *m, Arena *mem) {
  Space s = {ARENA_ARRAY(mem, uint32_t, p->n + 1), ARENA_ARRAY(mem, uint32_t, (size_t)p->n + p->m + 1), ARENA_ARRAY(mem, uint32_t, p->n + 1), ARENA_ARRAY(mem, uint32_t, p->n + 1)};
  if (arena_failed(mem)) return 1;
  greedy(p, m);
  for (int more = 1; more && layers(p, m, &s);) {
    more = 0;
    memcpy(s.next, p->start, sizeof *s.next * p->n);
    for (uint32_t j = 0; j < p->n; j++)
      if (m->row_of[j] == NONE) more |= augment(p, m, &s, j);
  }
  m->size = 0;
  for (uint32_t j = 0; j < p->n; j++) m->size += m->row_of[j] != NONE;
  if (m->size < p->n) mark_under(p, m, s.queue);
  return m->size < p->m ? mark_over(p, m, s.queue, mem) : 0;
}
