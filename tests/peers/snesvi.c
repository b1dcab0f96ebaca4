/* snesvi rsls|ssls PROBLEM SIZE FILE: PETSc's Newton methods for variational inequalities (reduced space and semismooth) on sparse
 * matrices with a sparse LU, F and the exact Jacobian through callbacks. Prints the seconds; FILE receives what is returned. */
#include "peer.h"
#include <math.h>
#include <petscsnes.h>
#include <stdlib.h>
#include <string.h>

static PetscErrorCode rows(SNES snes, Vec X, Vec Y, void *ctx) {
  Peer *e = ctx;
  const PetscScalar *x;
  PetscScalar *y;
  PetscCall(VecGetArrayRead(X, &x));
  PetscCall(VecGetArray(Y, &y));
  int bad = peer_rows(e, x, y);
  PetscCall(VecRestoreArray(Y, &y));
  PetscCall(VecRestoreArrayRead(X, &x));
  if (bad) PetscCall(SNESSetFunctionDomainError(snes));
  return 0;
}

static PetscErrorCode jacobian(SNES snes, Vec X, Mat A, Mat B, void *ctx) {
  Peer *e = ctx;
  const PetscScalar *x;
  PetscCall(VecGetArrayRead(X, &x));
  if (system_jacobian(e->s, x)) PetscCall(SNESSetJacobianDomainError(snes));
  PetscCall(VecRestoreArrayRead(X, &x));
  for (PetscInt j = 0; j < (PetscInt)e->n; j++)
    for (int k = e->s->jac.start[j]; k < e->s->jac.start[j + 1]; k++) {
      PetscInt i = e->s->jac.row[k];
      if (i < (PetscInt)e->n) PetscCall(MatSetValue(B, i, j, e->s->jac.at[k], INSERT_VALUES));
    }
  PetscCall(MatAssemblyBegin(B, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(B, MAT_FINAL_ASSEMBLY));
  if (A != B) {
    PetscCall(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  }
  return 0;
}

static PetscErrorCode run(Peer *e, const char *type, const char *path) {
  Vec x, r, lo, up;
  Mat J;
  SNES snes;
  KSP ksp;
  PC pc;
  PetscInt n = (PetscInt)e->n, *nnz = calloc(e->n + 1u, sizeof *nnz);
  for (uint32_t j = 0; nnz && j < e->n; j++)
    for (int k = e->s->jac.start[j]; k < e->s->jac.start[j + 1]; k++)
      if (e->s->jac.row[k] < (int)e->n) nnz[e->s->jac.row[k]]++;
  double begin = peer_clock();
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, n, &x));
  PetscCall(VecDuplicate(x, &r));
  PetscCall(VecDuplicate(x, &lo));
  PetscCall(VecDuplicate(x, &up));
  for (PetscInt i = 0; i < n; i++) {
    double l = e->s->lower[i], u = e->s->upper[i];
    PetscCall(VecSetValue(x, i, e->x0[i], INSERT_VALUES));
    PetscCall(VecSetValue(lo, i, isinf(l) ? PETSC_NINFINITY : l, INSERT_VALUES));
    PetscCall(VecSetValue(up, i, isinf(u) ? PETSC_INFINITY : u, INSERT_VALUES));
  }
  PetscCall(MatCreateSeqAIJ(PETSC_COMM_SELF, n, n, 0, nnz, &J));
  PetscCall(SNESCreate(PETSC_COMM_SELF, &snes));
  PetscCall(SNESSetType(snes, strcmp(type, "ssls") ? SNESVINEWTONRSLS : SNESVINEWTONSSLS));
  PetscCall(SNESSetFunction(snes, r, rows, e));
  PetscCall(SNESSetJacobian(snes, J, J, jacobian, e));
  PetscCall(SNESVISetVariableBounds(snes, lo, up));
  PetscCall(SNESSetTolerances(snes, 1e-10, 1e-14, 1e-14, 500, 20000));
  PetscCall(SNESGetKSP(snes, &ksp));
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(PCFactorSetShiftType(pc, MAT_SHIFT_NONZERO));
  PetscCall(SNESSetFromOptions(snes));
  PetscCall(SNESSolve(snes, NULL, x));
  double seconds = peer_clock() - begin;
  const PetscScalar *at;
  PetscCall(VecGetArrayRead(x, &at));
  FILE *f = fopen(path, "w");
  for (PetscInt i = 0; f && i < n; i++) fprintf(f, "%.17g\n", at[i]);
  if (f) fclose(f);
  PetscCall(VecRestoreArrayRead(x, &at));
  SNESConvergedReason reason;
  PetscInt iterations;
  PetscCall(SNESGetConvergedReason(snes, &reason));
  PetscCall(SNESGetIterationNumber(snes, &iterations));
  printf("%.6f %s after %d iterations\n", seconds, SNESConvergedReasons[reason], (int)iterations);
  PetscCall(SNESDestroy(&snes));
  free(nnz);
  return 0;
}

int main(int argc, char **argv) {
  Peer e;
  if (argc < 5 || peer_open(&e, argv[2], atoi(argv[3]))) return 2;
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 2;
  int bad = run(&e, argv[1], argv[4]) != 0;
  PetscFinalize();
  peer_close(&e);
  return bad;
}
