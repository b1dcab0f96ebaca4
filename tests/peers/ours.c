/* ours solve|dump|judge PROBLEM SIZE [FILE]: this library's solver; the problem's data, start, F and Jacobian there as text for others;
 * the natural residual of a point that another one returned. Prints "unknowns seconds residual", or the residual. */
#include "peer.h"
#include "runtime/mcp.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int solve(Peer *e) {
  static const Settings none = {0};
  double *x = ARENA_ARRAY(e->mem, double, e->n);
  if (!x) return 1;
  memcpy(x, e->x0, e->n * sizeof *x);
  double begin = peer_clock();
  Effort effort = effort_begin(&none);
  Mcp *m = mcp_new(e->s, e->mem);
  if (!m) return 1;
  McpOptions o = {.tol = 1e-11, .enough = 1e-10, .iterations = 500, .what = "bench"};
  McpInfo info = mcp_solve(m, x, &o, &effort);
  mcp_polish(m, x, NULL, NULL);
  double seconds = peer_clock() - begin;
  mcp_free(m);
  printf("%u %.6f %.3g %s after %d iterations\n", e->n, seconds, peer_natural(e, x), econ_status_text(info.status), info.iterations);
  return 0;
}

static void vector(FILE *f, const char *name, const double *v, uint32_t n) {
  fprintf(f, "# name: %s\n# type: matrix\n# rows: %u\n# columns: 1\n", name, n);
  for (uint32_t i = 0; i < n; i++) fprintf(f, isinf(v[i]) ? (v[i] > 0 ? "Inf\n" : "-Inf\n") : "%.17g\n", v[i]);
}

/* In Octave's text format. Columns of the blocks as data_B_C, index columns (from 1) as index_B_C. */
static int dump(Peer *e, const char *path) {
  FILE *f = fopen(path, "w");
  double *F = ARENA_ARRAY(e->mem, double, e->n);
  char name[64];
  if (!f || !F) return 1;
  vector(f, "x0", e->x0, e->n);
  vector(f, "lower", e->s->lower, e->n);
  vector(f, "upper", e->s->upper, e->n);
  peer_rows(e, e->x0, F);
  vector(f, "F0", F, e->n);
  for (uint32_t b = 0; b < e->p->nblock; b++) {
    const Block *k = &e->p->block[b];
    for (uint32_t c = 0; c < k->ncolumn; c++) {
      snprintf(name, sizeof name, "data_%u_%u", b + 1, c + 1);
      vector(f, name, k->column[c], k->lanes);
    }
    for (uint32_t c = 0; c < k->nindex; c++) {
      double *v = ARENA_ARRAY(e->mem, double, k->lanes);
      for (uint32_t l = 0; v && l < k->lanes; l++) v[l] = k->index[c][l] + 1.0;
      snprintf(name, sizeof name, "index_%u_%u", b + 1, c + 1);
      if (v) vector(f, name, v, k->lanes);
    }
  }
  system_jacobian(e->s, e->x0);
  uint32_t nnz = 0;
  for (uint32_t j = 0; j < e->n; j++)
    for (int k = e->s->jac.start[j]; k < e->s->jac.start[j + 1]; k++) nnz += e->s->jac.row[k] < (int)e->n;
  fprintf(f, "# name: J0\n# type: matrix\n# rows: %u\n# columns: 3\n", nnz);
  for (uint32_t j = 0; j < e->n; j++)
    for (int k = e->s->jac.start[j]; k < e->s->jac.start[j + 1]; k++)
      if (e->s->jac.row[k] < (int)e->n) fprintf(f, "%d %u %.17g\n", e->s->jac.row[k] + 1, j + 1, e->s->jac.at[k]);
  return fclose(f) != 0;
}

static int judge(Peer *e, const char *path) {
  FILE *f = fopen(path, "r");
  double *x = ARENA_ARRAY(e->mem, double, e->n);
  if (!f || !x) return 1;
  for (uint32_t i = 0; i < e->n; i++)
    if (fscanf(f, "%lf", &x[i]) != 1) { fclose(f); return 1; }
  fclose(f);
  printf("%.3g\n", peer_natural(e, x));
  return 0;
}

int main(int argc, char **argv) {
  Peer e;
  if (argc < 4 || peer_open(&e, argv[2], atoi(argv[3]))) {
    fputs("usage: ours solve|dump|judge exchange|collateral|spatial SIZE [FILE]\n", stderr);
    return 2;
  }
  int bad = 2;
  if (!strcmp(argv[1], "solve")) bad = solve(&e);
  else if (argc > 4 && !strcmp(argv[1], "dump")) bad = dump(&e, argv[4]);
  else if (argc > 4 && !strcmp(argv[1], "judge")) bad = judge(&e, argv[4]);
  peer_close(&e);
  return bad;
}
