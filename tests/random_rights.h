/* random_rights.h: an economy with rights to trade as drawn, an answer to it as read, and the judge of the answer (random_judge.c). */
#ifndef ECON_TESTS_RANDOM_RIGHTS_H
#define ECON_TESTS_RANDOM_RIGHTS_H
#include "random.h"

enum { WHO = 6, LATER = 3, AT = LATER + 1 };
/* What makes later prices matter: goods stored as collateral for promises; promises limited to a share of later income; one bond for several
 * states; limits to spending in later spot markets; storage that ties two later dates. */
typedef enum { F_COLLATERAL, F_PLEDGE, F_BOND, F_LIMIT, F_CHAIN, FAMILIES } FamilyOf;
extern const char *const family_name[FAMILIES];

/* Two goods, the first the numeraire at each node. Node 0 is now, 1..later are the states, or the dates of a chain. */
typedef struct {
  FamilyOf family;
  int types, later, contingent;                         /* contingent: a promise for each state; otherwise one for all */
  int ces;                                              /* tastes: ces inside crra; else crra good by good */
  double m[WHO], gamma[WHO], sigma[WHO], beta[WHO], w[WHO][2], e[WHO][2][AT];
  double prob[AT], R[AT], pays[AT], share[WHO], limit[WHO];
} Rights;

typedef struct {
  double c[WHO][2][AT], k[WHO], t[WHO][AT], store[WHO], U[WHO];         /* t[h][n]: of the promise for node n, or t[h][1] of the one promise */
  double p[AT], Q[AT], P[AT];                                          /* of good 2, of promises, of rights */
} Trades;

/* Wrong where a condition of equilibrium fails, somebody has a better plan, one exchange cannot hold the types, or a club of them
 * gains by opening another. with: rights to trade, else prices of rights are zero and the exchanges are not looked into. *unsettled:
 * vectors of prices at which the judge itself could not tell. */
Verdict rights_judge(const Rights *, const Trades *, int with, int *unsettled);
/* The most weight a planner at the weights that `a` implies gives to moving from a to b: sum of mass * (U_b - U_a) / lambda_a. */
double rights_moved(const Rights *, const Trades *a, const double *Ub);
#endif
