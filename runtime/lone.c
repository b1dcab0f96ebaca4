#include "lone.h"
#include <math.h>
#include <string.h>

struct Lone {
  Problem p;                          /* globals: what the kernel reads; one block of one lane */
  Kernel kernel;
  Block block;
  System *s;
  Mcp *mcp;
  uint32_t *index, nread;             /* global g stands for unknown index[g] of the whole problem */
  double *x, *before, *F;
  int fresh;                          /* F and the Jacobian are those of x */
};

/* Outputs that are the agent's own rows, and what they read: shares into markets are left out. */
static int own_rows(Lone *l, const Kernel *k, Arena *mem) {
  Kernel *own = &l->kernel;
  own->nshare = 0;
  own->share = NULL;
  own->nentry = 0;
  own->entry = ARENA_ARRAY(mem, Entry, k->nentry + 1);
  own->jac.out = ARENA_ARRAY(mem, uint32_t, k->nentry + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t e = 0; e < k->nentry; e++) {
    if (k->entry[e].out >= k->nown) continue;
    own->jac.out[own->nentry] = k->jac.out[e];
    own->entry[own->nentry++] = k->entry[e];
  }
  own->jac.nout = own->nentry;
  own->value.nout = own->terms.nout = k->nown;
  return 0;
}

/* Every unknown from outside becomes a global of its own. */
static int outside(Lone *l, const Problem *p, const Block *b, uint32_t lane, Arena *mem) {
  const Kernel *k = b->k;
  l->kernel.in = ARENA_ARRAY(mem, Input, k->nin + 1);
  l->index = ARENA_ARRAY(mem, uint32_t, k->nin + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t i = 0; i < k->nin; i++) {
    Input in = k->in[i];
    uint32_t at = in.kind == IN_X ? in.ref : in.kind == IN_GATHER ? b->index[in.ref][lane] : NO_INDEX;
    if (at != NO_INDEX) {
      uint32_t g = 0;
      while (g < l->nread && l->index[g] != at) g++;
      if (g == l->nread) l->index[l->nread++] = at;
      in = (Input){IN_X, g};
    }
    l->kernel.in[i] = in;
  }
  l->p.nglobal = l->nread;
  l->p.global = ARENA_ARRAY(mem, Global, l->nread + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t g = 0; g < l->nread; g++) l->p.global[g] = (Global){l->index[g] < p->nglobal ? p->global[l->index[g]].kind : GLOBAL_VARIABLE, -INFINITY, INFINITY, 0};
  return 0;
}

static int lane_block(Lone *l, const Block *b, uint32_t lane, Arena *mem) {
  l->block = (Block){.k = &l->kernel, .lanes = 1, .base = l->nread, .ncolumn = b->ncolumn, .nindex = b->nindex};
  l->block.column = ARENA_ARRAY(mem, double *, b->ncolumn + 1);
  l->block.index = ARENA_ARRAY(mem, uint32_t *, b->nindex + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t c = 0; c < b->ncolumn; c++) l->block.column[c] = b->column[c] + lane;
  for (uint32_t c = 0; c < b->nindex; c++) l->block.index[c] = b->index[c] + lane;
  return 0;
}

Lone *lone_new(const Problem *p, uint32_t block, uint32_t lane, const double *x, const uint8_t *hold, Arena *mem) {
  const Block *b = &p->block[block];
  Lone *l = ARENA_NEW(mem, Lone);
  if (!l) return NULL;
  l->kernel = *b->k;
  l->p = (Problem){.kind = P_MCP, .block = &l->block, .nblock = 1, .par = p->par, .npar = p->npar, .mem = mem};
  if (own_rows(l, b->k, mem) || outside(l, p, b, lane, mem) || lane_block(l, b, lane, mem)) return NULL;
  uint32_t nown = b->k->nown, n = l->p.nx = l->nread + nown;
  l->x = ARENA_ARRAY(mem, double, n + 1);
  l->before = ARENA_ARRAY(mem, double, n + 1);
  l->F = ARENA_ARRAY(mem, double, n + 1);
  l->p.fixed = ARENA_ARRAY(mem, double, n + 1);
  if (arena_failed(mem)) return NULL;
  for (uint32_t g = 0; g < l->nread; g++) l->x[g] = l->p.fixed[g] = x[l->index[g]];
  for (uint32_t i = 0; i < nown; i++) {
    uint32_t from = problem_own(b, i, lane);
    int given = (hold && hold[i]) || (p->fixed && !isnan(p->fixed[from]));
    l->x[l->nread + i] = x[from];
    l->p.fixed[l->nread + i] = given ? x[from] : NAN;
  }
  l->s = system_new(&l->p, mem);
  l->mcp = l->s ? mcp_new(l->s, mem) : NULL;
  return l->mcp ? l : NULL;
}

void lone_free(Lone *l) {
  if (l) mcp_free(l->mcp);
}

static uint32_t place(const Lone *l, uint32_t index) {
  for (uint32_t g = 0; g < l->nread; g++)
    if (l->index[g] == index) return g;
  return NO_INDEX;
}

void lone_give(Lone *l, uint32_t index, double value) {
  uint32_t g = place(l, index);
  if (g == NO_INDEX || l->x[g] == value) return;
  l->x[g] = l->p.fixed[g] = l->s->lower[g] = l->s->upper[g] = l->s->least[g] = l->s->most[g] = value;
  l->fresh = 0;
}

double lone_given(const Lone *l, uint32_t index) {
  uint32_t g = place(l, index);
  return g == NO_INDEX ? NAN : l->x[g];
}

const double *lone_own(const Lone *l) { return l->x + l->nread; }

double lone_solve(Lone *l, const double *own, double enough, Effort *e) {
  size_t size = sizeof *l->x * l->kernel.nown;
  double *at = l->x + l->nread;
  memcpy(l->before, at, size);
  l->fresh = 0;
  for (uint32_t i = 0; own && i < l->kernel.nown; i++)
    if (isnan(l->p.fixed[l->nread + i])) at[i] = own[i];
  McpOptions o = {.tol = 1e-13, .enough = enough, .iterations = 60, .what = "one agent"};
  McpInfo info = mcp_solve(l->mcp, l->x, &o, e);
  double residual = info.residual <= 1e-12 ? info.residual : mcp_polish(l->mcp, l->x, NULL, NULL);
  if (!(residual <= enough)) memcpy(at, l->before, size);
  return residual;
}

static int refresh(Lone *l) {
  if (!l->fresh) l->fresh = !system_rows(l->s, l->x, l->F, NULL) && !system_jacobian(l->s, l->x);
  return l->fresh;
}

double lone_goal(Lone *l) { return system_goal(l->s, 0, 0, l->x, NULL); }

double lone_row(Lone *l, uint32_t slot) { return refresh(l) ? l->F[l->nread + slot] : NAN; }

double lone_slope(Lone *l, uint32_t slot, uint32_t index) {
  uint32_t g = place(l, index);
  const Csc *J = &l->s->jac;
  if (g == NO_INDEX) return 0;
  if (!refresh(l)) return NAN;
  for (int e = J->start[g]; e < J->start[g + 1]; e++)
    if ((uint32_t)J->row[e] == l->nread + slot) return J->at[e];
  return 0;
}
