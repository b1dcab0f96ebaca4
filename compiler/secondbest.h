/* secondbest.h: the best values of instruments (`optimum choosing tau weights ...`; Lipsey and Lancaster 1956).
 *
 *     max over tau of  W(tau) = sum over types of weight * mass * welfare   at an equilibrium given tau,   lower <= tau <= upper
 *
 * The instruments are parameters, so that an equilibrium at other values is the same problem with other data: nothing is compiled again while no
 * parameter changes its sign, and each solution starts from the one before. dW/dtau is exact (sensing.h); runtime/ascend.h climbs. What is
 * reported is the equilibrium at the best values found, with its own certificate, and of the search: the slope, the curvature (differences of
 * exact slopes), and at how many other values, where, W was lower. That is evidence and no proof: an equilibrium further away, or another
 * one at the same tau, could be better. */
#ifndef ECON_SECONDBEST_H
#define ECON_SECONDBEST_H
#include "pose.h"

typedef struct SecondBest {
  uint32_t n; const Str *label; double *at;             /* the instruments and their values */
  double *held;                                         /* those that the result's problem holds: the same but where the search was ended */
  double value;                                         /* W */
  double slope, size;                                   /* the largest slope of an instrument that may move, for a step of its scale; the size of W's terms */
  double curvature;                                     /* largest second derivative over the instruments inside their bounds, per step of the scale; NaN: none is, or not known */
  int kink, flat; uint32_t at_bound;                    /* flat: W does not change with them here */
  uint32_t looked, lower, none, solved;                 /* other values looked at: all, those with lower W, those without an equilibrium; equilibria solved in all */
  char *domain;                                         /* where they were, in words */
  Economy *economy; Lowered *lowered; Values *values;   /* of the result, as posed: it has those of the values chosen */
} SecondBest;

/* Solves a question of concept Q_SECOND_BEST that was posed and lowered. Fills r->sol, r->solved, r->second; not attempted where its weights
 * could not be had (r->waits). */
void second_best_solve(Posing *, Results *, Result *r, const Settings *);
/* Errors at posing: an instrument that changes nothing in the question's economy. 1 after a diagnostic. */
int second_best_check(Posing *, Result *r);
/* Frees what was made for the values chosen; the result is as posed. */
void second_best_release(Result *);
/* A search's result as bytes (this machine's), and back: r, as posed, gets the values, the economy and the problem of the instruments' values; its
 * solution is not among them. Nonzero where the bytes are not those of r's instruments, or for want of memory. */
void second_best_pack(const SecondBest *, Text *out);
int second_best_unpack(Posing *, Results *, Result *r, const char *bytes, size_t n);
/* "; chosen tau = 0.3: slope 3e-12, ..." after a solution's line. */
void second_best_line(const Result *, Text *out);
/* Of all points of a sweep, behind its line: "; best tau = 0.1 to 0.3 (evidence)". */
void second_best_points(const Result *stand, Text *out);
/* Lines of the whole certificate. */
void second_best_certificate(const Result *, unsigned indent, Text *out);
#endif
