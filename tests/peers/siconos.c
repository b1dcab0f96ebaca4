/* siconos fb|min PROBLEM SIZE FILE: the Newton methods of Siconos for mixed complementarity (Fischer-Burmeister, minimum) with its
 * line search, on dense matrices. Unknowns without bounds come first, as it wants them; the others are bounded below by zero. Prints
 * the seconds; FILE receives what is returned. */
#include "peer.h"
#include <math.h>
#include <siconos/numerics/MCP_Solvers.h>
#include <siconos/numerics/MCP_cst.h>
#include <siconos/numerics/MixedComplementarityProblem.h>
#include <siconos/numerics/NonSmoothDrivers.h>
#include <siconos/numerics/NumericsMatrix.h>
#include <siconos/numerics/SolverOptions.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { Peer *e; uint32_t *of, *place; double *x, *F; } Order;

static void natural_order(Order *o, const double *z) {
  for (uint32_t i = 0; i < o->e->n; i++) o->x[o->of[i]] = z[i];
}

static void rows(void *env, int n, double *z, double *F) {
  Order *o = env;
  natural_order(o, z);
  peer_rows(o->e, o->x, o->F);
  for (int i = 0; i < n; i++) F[i] = o->F[o->of[i]];
}

static void jacobian(void *env, int n, double *z, NumericsMatrix *J) {
  Order *o = env;
  const Csc *c = &o->e->s->jac;
  natural_order(o, z);
  system_jacobian(o->e->s, o->x);
  memset(J->matrix0, 0, sizeof(double) * (size_t)n * (size_t)n);
  for (uint32_t j = 0; j < o->e->n; j++)
    for (int k = c->start[j]; k < c->start[j + 1]; k++)
      if (c->row[k] < n) J->matrix0[(size_t)o->place[j] * (size_t)n + o->place[c->row[k]]] = c->at[k];
}

int main(int argc, char **argv) {
  Peer e;
  if (argc < 5 || peer_open(&e, argv[2], atoi(argv[3]))) return 2;
  Order o = {&e, ARENA_ARRAY(e.mem, uint32_t, e.n), ARENA_ARRAY(e.mem, uint32_t, e.n), ARENA_ARRAY(e.mem, double, e.n), ARENA_ARRAY(e.mem, double, e.n)};
  double *z = ARENA_ARRAY(e.mem, double, e.n), *w = ARENA_ARRAY(e.mem, double, e.n);
  if (arena_failed(e.mem)) return 2;
  uint32_t at = 0, equalities = 0;
  for (int bounded = 0; bounded < 2; bounded++) {
    for (uint32_t i = 0; i < e.n; i++)
      if (isfinite(e.s->lower[i]) == bounded) {
        o.of[at] = i;
        o.place[i] = at++;
      }
    if (!bounded) equalities = at;
  }
  double begin = peer_clock();
  MixedComplementarityProblem *p = mixedComplementarityProblem_new();
  p->n1 = (int)equalities;
  p->n2 = (int)(e.n - equalities);
  p->compute_Fmcp = rows;
  p->compute_nabla_Fmcp = jacobian;
  p->nabla_Fmcp = NM_create(NM_DENSE, (int)e.n, (int)e.n);
  p->env = &o;
  for (uint32_t i = 0; i < e.n; i++) z[i] = e.x0[o.of[i]];
  SolverOptions *so = solver_options_create(strcmp(argv[1], "min") ? SICONOS_MCP_NEWTON_FB_FBLSA : SICONOS_MCP_NEWTON_MIN_FBLSA);
  so->iparam[SICONOS_IPARAM_MAX_ITER] = 500;
  so->dparam[SICONOS_DPARAM_TOL] = 1e-10;
  int info = mcp_driver(p, z, w, so);
  double seconds = peer_clock() - begin;
  natural_order(&o, z);
  FILE *f = fopen(argv[4], "w");
  for (uint32_t i = 0; f && i < e.n; i++) fprintf(f, "%.17g\n", o.x[i]);
  if (f) fclose(f);
  printf("%.6f %s (%d) after %d iterations\n", seconds, info ? "no convergence" : "converged", info, so->iparam[SICONOS_IPARAM_ITER_DONE]);
  peer_close(&e);
  return 0;
}
