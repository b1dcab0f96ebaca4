/* few.c: see few.h. */
#include "few.h"

enum { TYPES = 4 };

/* Is some unknown of the block read from elsewhere, or does the block give each type's share to a row of its own? */
static int is_referred(const Problem *p, uint32_t b) {
  const Block *own = &p->block[b];
  uint32_t end = own->base + own->k->nown * own->lanes;
  for (uint32_t j = 0; j < own->k->nshare; j++)
    if (own->k->share[j].by_lane) return 1;
  for (uint32_t c = 0; c < p->nblock; c++) {
    const Block *o = &p->block[c];
    for (uint32_t i = 0; i < o->k->nin; i++) {
      const Input *in = &o->k->in[i];
      if (in->kind == IN_X && in->ref >= own->base && in->ref < end) return 1;
      for (uint32_t l = 0; in->kind == IN_GATHER && l < o->lanes; l++)
        if (o->index[in->ref][l] >= own->base && o->index[in->ref][l] < end) return 1;
    }
  }
  return 0;
}

/* What a question fixes, at the places of the smaller problem. */
static double *fixed_of(const Problem *p, const Problem *q, Arena *mem) {
  double *to = p->fixed ? ARENA_ARRAY(mem, double, q->nx + 1) : NULL;
  if (!to) return NULL;
  for (uint32_t i = 0; i < p->nglobal; i++) to[i] = p->fixed[i];
  for (uint32_t b = 0; b < q->nblock; b++)
    for (uint32_t s = 0; s < q->block[b].k->nown; s++)
      for (uint32_t l = 0; l < q->block[b].lanes; l++) to[problem_own(&q->block[b], s, l)] = p->fixed[problem_own(&p->block[b], s, l)];
  return to;
}

const Problem *few_types(const Problem *p, int keep_fixed, Arena *mem) {
  Problem *q = ARENA_NEW(mem, Problem);
  Block *block = ARENA_ARRAY(mem, Block, p->nblock + 1);
  if (!q || !block) return NULL;
  *q = *p;
  q->block = block;
  q->fixed = NULL;
  q->nx = p->nglobal;
  int moved = 0;
  for (uint32_t b = 0; b < p->nblock; b++) {
    block[b] = p->block[b];
    if (!block[b].k->nown) continue;
    if (block[b].lanes > TYPES && !is_referred(p, b)) block[b].lanes = TYPES;
    moved |= block[b].base != q->nx && is_referred(p, b);
    block[b].base = q->nx;
    q->nx += block[b].k->nown * block[b].lanes;
  }
  if (moved) {                                          /* what others refer to must stay in its place */
    q->nx = p->nx;
    q->block = p->block;
  }
  if (keep_fixed) q->fixed = fixed_of(p, q, mem);
  return q;
}
