/* random_judge.c: does an answer with rights to trade hold? See random_rights.h.
 *
 * Judged from the data as drawn and the answer's numbers alone. Tastes are homothetic, so a type's spot choices at wealth y are phi(p) y and
 * its marginal value of money M(p) y^-gamma; what it still decides in an exchange is one number x, the claim or, under collateral, the net
 * position theta + p R k. With the value of ex-ante money lambda = u'(c1 now) given, its gain in an exchange at prices p with schedule (P, Q) is
 *     W(p; P, Q) = max over x of  sum_s beta prob_s u(c_s(x)) - lambda (Q x + sum_s P_s (c2_s(x) - e2_s))
 * concave between breakpoints of c_s (a limit that begins to bind, storage that stops): each piece is maximised by bisection of the
 * exact derivative. Stored goods k earn R (Q p + P) against their cost now, which bounds the schedule instead of the plan.
 * A club gains at p exactly where min over (P, Q) of max over types of (W - v)/lambda is positive: Kelley's cutting planes, whose linear
 * programmes bound it from below while the points that they propose bound it from above. */
#include "random_rights.h"
#include <glpk.h>
#include <stdio.h>
#include <math.h>
#include <string.h>

enum { CUTS = 60, PIECES = 8 };
static const double GAIN = 1e-6;        /* of the largest budget: what a club must gain to refute */
static const double FAR = 1e3;          /* plans are looked at up to so many times the type's own goods */

typedef struct { int n, node[LATER], claim; } Group;    /* node[]: where its prices are; claim: index into t and Q */

static double discount(const Rights *d, int h, int n) {
  return d->prob[n] * (d->family == F_CHAIN ? pow(d->beta[h], n) : n ? d->beta[h] : 1);
}
static double felicity(const Rights *d, int h, const double *c) {
  double g = d->gamma[h], s = d->sigma[h];
  if (d->ces) {
    double x = pow(d->w[h][0], 1 / s) * pow(c[0], 1 - 1 / s) + pow(d->w[h][1], 1 / s) * pow(c[1], 1 - 1 / s), total = pow(x, s / (s - 1));
    return g == 1 ? log(total) : pow(total, 1 - g) / (1 - g);
  }
  double u = 0;
  for (int i = 0; i < 2; i++) u += d->w[h][i] * (g == 1 ? log(c[i]) : pow(c[i], 1 - g) / (1 - g));
  return u;
}
static double marginal_of(const Rights *d, int h, int good, const double *c) {
  double g = d->gamma[h], s = d->sigma[h];
  if (!d->ces) return d->w[h][good] * pow(c[good], -g);
  double x = pow(d->w[h][0], 1 / s) * pow(c[0], 1 - 1 / s) + pow(d->w[h][1], 1 / s) * pow(c[1], 1 - 1 / s);
  return pow(x, (1 - s * g) / (s - 1)) * pow(d->w[h][good] / c[good], 1 / s);
}
/* Good 2 bought with a unit of wealth. */
static double phi_of(const Rights *d, int h, double p) {
  double ratio = d->ces ? d->w[h][1] / d->w[h][0] * pow(p, -d->sigma[h]) : pow(d->w[h][1] / (d->w[h][0] * p), 1 / d->gamma[h]);
  return ratio / (1 + p * ratio);
}
/* Marginal value of money at a node with a unit of wealth. */
static double worth_of(const Rights *d, int h, double p) {
  double c[2] = {0, phi_of(d, h, p)};
  c[0] = 1 - p * c[1];
  return marginal_of(d, h, 0, c);
}
static double lambda_of(const Rights *d, const Trades *f, int h) {
  double c[2] = {f->c[h][0][0], f->c[h][1][0]};
  return marginal_of(d, h, 0, c);
}

/* ---- groups ---- */
static int groups_of(const Rights *d, Group *g) {
  if (d->contingent) {
    for (int n = 1; n <= d->later; n++) g[n - 1] = (Group){1, {n}, n};
    return d->later;
  }
  g[0] = (Group){.n = d->later, .claim = 1};
  for (int n = 1; n <= d->later; n++) g[0].node[n - 1] = n;
  return 1;
}
static double pays(const Rights *d, int n) { return d->family == F_CHAIN ? n == 1 : d->contingent ? 1 : d->pays[n]; }
static double stored_of(const Rights *d, const Trades *f, int h, int n) { return d->family == F_COLLATERAL ? d->R[n] * f->k[h] : 0; }
/* The number x of the plan. */
static double plan_of(const Rights *d, const Trades *f, int h, const Group *g) {
  return f->t[h][g->claim] + (d->family == F_COLLATERAL ? f->p[g->claim] * stored_of(d, f, h, g->claim) : 0);
}

/* ---- a type's choices in an exchange ---- */
typedef struct { double c[2][AT], slope[AT]; double store; } Spot;      /* slope: of c2 in x */

static double income(const Rights *d, int h, int n, const double *p) { return d->e[h][0][n] + p[n] * d->e[h][1][n]; }

static void spot_at(const Rights *d, int h, const Group *g, const double *p, double x, Spot *s) {
  memset(s, 0, sizeof *s);
  double kappa = 0, both = 0;
  if (d->family == F_CHAIN) {
    kappa = pow(discount(d, h, 1) * worth_of(d, h, p[1]) / (discount(d, h, 2) * worth_of(d, h, p[2])), 1 / d->gamma[h]);
    both = income(d, h, 1, p) + x + income(d, h, 2, p);
    s->store = fmax(0, income(d, h, 1, p) + x - kappa / (1 + kappa) * both);
  }
  for (int i = 0; i < g->n; i++) {
    int n = g->node[i];
    double phi = phi_of(d, h, p[n]), y = income(d, h, n, p) + pays(d, n) * x, moves = pays(d, n);
    if (d->family == F_CHAIN) {
      y += n == 1 ? -s->store : s->store;
      if (s->store > 0) moves = n == 1 ? kappa / (1 + kappa) : 1 / (1 + kappa);
    }
    double most = d->family == F_LIMIT ? d->e[h][1][n] + d->limit[h] / p[n] : INFINITY;
    s->c[1][n] = fmin(phi * y, most);
    s->slope[n] = phi * y < most ? phi * moves : 0;
    s->c[0][n] = y - p[n] * s->c[1][n];
  }
}
static double value_at(const Rights *d, int h, const Group *g, const Spot *s) {
  double u = 0;
  for (int i = 0; i < g->n; i++) {
    int n = g->node[i];
    double c[2] = {s->c[0][n], s->c[1][n]};
    u += discount(d, h, n) * felicity(d, h, c);
  }
  return u;
}
/* The schedule of a group: P by node, Q. */
typedef struct { double P[AT], Q; } Schedule;

static double cost_at(const Rights *d, int h, const Group *g, const Spot *s, double x, const Schedule *z) {
  double cost = z->Q * x;
  for (int i = 0; i < g->n; i++) cost += z->P[g->node[i]] * (s->c[1][g->node[i]] - d->e[h][1][g->node[i]]);
  return cost;
}
static double rises(const Rights *d, int h, const Group *g, const double *p, double x, const Schedule *z, double lambda) {
  Spot s;
  double f = -lambda * z->Q;
  spot_at(d, h, g, p, x, &s);
  for (int i = 0; i < g->n; i++) {
    int n = g->node[i];
    double c[2] = {s.c[0][n], s.c[1][n]};
    f += discount(d, h, n) * marginal_of(d, h, 0, c) * pays(d, n) - lambda * z->P[n] * s.slope[n];
  }
  return f;
}
/* The ends of the pieces between which the type's problem is concave. */
static int pieces_of(const Rights *d, int h, const Group *g, const double *p, double *end) {
  double lo = -INFINITY, size = 1;
  int n = 1;
  for (int i = 0; i < g->n; i++) {
    int at = g->node[i];
    double y = income(d, h, at, p);
    size += y;
    if (pays(d, at) > 0) lo = fmax(lo, -(d->family == F_PLEDGE ? d->share[h] : 1 - 1e-9) * y / pays(d, at));
  }
  if (d->family == F_COLLATERAL) lo = 0;
  end[0] = lo;
  if (d->family == F_LIMIT)
    for (int i = 0; i < g->n; i++) {
      int at = g->node[i];
      double x = ((d->e[h][1][at] + d->limit[h] / p[at]) / phi_of(d, h, p[at]) - income(d, h, at, p)) / pays(d, at);
      if (x > lo) end[n++] = x;
    }
  if (d->family == F_CHAIN) {
    double kappa = pow(discount(d, h, 1) * worth_of(d, h, p[1]) / (discount(d, h, 2) * worth_of(d, h, p[2])), 1 / d->gamma[h]);
    double x = kappa * income(d, h, 2, p) - income(d, h, 1, p);
    if (x > lo) end[n++] = x;
  }
  for (int i = 1; i < n; i++)
    for (int j = i; j > 1 && end[j] < end[j - 1]; j--) { double t = end[j]; end[j] = end[j - 1]; end[j - 1] = t; }
  end[n++] = FAR * size;
  return n;
}
/* The best plan: its value net of its cost; *x and *s are the plan. */
static double best(const Rights *d, int h, const Group *g, const double *p, const Schedule *z, double lambda, double *x, Spot *s) {
  double end[PIECES], most = -INFINITY;
  int n = pieces_of(d, h, g, p, end);
  for (int i = 0; i + 1 < n; i++) {
    double lo = end[i], hi = end[i + 1], in = 1e-13 * (hi - lo), at;
    Spot here;
    if (!(hi > lo)) continue;
    if (rises(d, h, g, p, lo + in, z, lambda) <= 0) at = lo;
    else if (rises(d, h, g, p, hi - in, z, lambda) >= 0) at = hi;
    else {
      for (int k = 0; k < 80; k++) {
        double mid = 0.5 * (lo + hi);
        if (rises(d, h, g, p, mid, z, lambda) > 0) lo = mid; else hi = mid;
      }
      at = 0.5 * (lo + hi);
    }
    spot_at(d, h, g, p, at, &here);
    double v = value_at(d, h, g, &here) - lambda * cost_at(d, h, g, &here, at, z);
    if (!(v > most)) continue;
    most = v;
    *x = at;
    *s = here;
  }
  return most;
}

/* ---- conditions ---- */
static void judge_markets(const Rights *d, const Trades *f, Verdict *v) {
  for (int good = 0; good < 2; good++)
    for (int n = 0; n <= d->later; n++) {
      double net = 0, all = 0;
      for (int h = 0; h < d->types; h++) {
        double back = good ? n ? -stored_of(d, f, h, n) : d->family == F_COLLATERAL ? f->k[h] : 0 : d->family == F_CHAIN && n ? n == 1 ? f->store[h] : -f->store[h] : 0;
        net += d->m[h] * (f->c[h][good][n] - d->e[h][good][n] + back);
        all += d->m[h] * (f->c[h][good][n] + d->e[h][good][n]);
      }
      must(v, fabs(net), all, "market of good %d at node %d", good + 1, n);
    }
  Group g[LATER];
  for (int i = 0, ng = groups_of(d, g); i < ng; i++) {
    double net = 0, all = 0;
    for (int h = 0; h < d->types; h++) {
      net += d->m[h] * f->t[h][g[i].claim];
      all += d->m[h] * fabs(f->t[h][g[i].claim]);
    }
    must(v, fabs(net), all + 1, "market of claim %d", g[i].claim);
  }
}
static double spent(const Rights *d, const Trades *f, int h, double *size) {
  double net = f->c[h][0][0] - d->e[h][0][0] + f->p[0] * (f->c[h][1][0] - d->e[h][1][0] + (d->family == F_COLLATERAL ? f->k[h] : 0));
  Group g[LATER];
  *size = f->c[h][0][0] + d->e[h][0][0] + f->p[0] * (f->c[h][1][0] + d->e[h][1][0]);
  for (int i = 0, ng = groups_of(d, g); i < ng; i++) {
    net += f->Q[g[i].claim] * f->t[h][g[i].claim];
    for (int j = 0; j < g[i].n; j++) {
      int n = g[i].node[j];
      net += f->P[n] * (f->c[h][1][n] - d->e[h][1][n] - stored_of(d, f, h, n));
      *size += fabs(f->P[n]) * (f->c[h][1][n] + d->e[h][1][n]);
    }
  }
  return net;
}
/* What a unit of stored goods earns, at most its cost. */
static double storage_earns(const Rights *d, const Trades *f, int but) {
  double sum = 0;
  for (int n = 1; n <= d->later; n++)
    if (n != but) sum += d->R[n] * (f->Q[n] * f->p[n] + f->P[n]);
  return sum;
}
static Schedule schedule_of(const Rights *d, const Trades *f, const Group *g) {
  Schedule z = {.Q = f->Q[g->claim]};
  for (int n = 1; n <= d->later; n++) z.P[n] = f->P[n];
  return z;
}
/* Budgets, choices now and later, and that the plan is the best in the exchange it is in. v[group][h]: its net value there. */
static void judge_type(const Rights *d, const Trades *f, int h, double v[LATER][WHO], Verdict *out) {
  double size, lambda = lambda_of(d, f, h), now[2] = {f->c[h][0][0], f->c[h][1][0]}, u = felicity(d, h, now);
  Group g[LATER];
  double net = spent(d, f, h, &size);
  must(out, fabs(net), size, "ex-ante budget of t%d", h + 1);
  must(out, fabs(marginal_of(d, h, 1, now) - lambda * f->p[0]), lambda * f->p[0], "choice of good 2 now by t%d", h + 1);
  if (d->family == F_COLLATERAL) {
    double earns = storage_earns(d, f, 0);
    must(out, earns - f->p[0], f->p[0], "gain of t%d from storing", h + 1);
    must(out, -f->k[h], 1, "storage of t%d", h + 1);
    must(out, fmin(f->p[0] - earns, f->k[h]), 1, "storage of t%d is worth less than it costs", h + 1);
  }
  for (int i = 0, ng = groups_of(d, g); i < ng; i++) {
    Schedule z = schedule_of(d, f, &g[i]);
    Spot has, could;
    double x = plan_of(d, f, h, &g[i]), better, end[PIECES];
    spot_at(d, h, &g[i], f->p, x, &has);
    for (int j = 0; j < g[i].n; j++)
      for (int good = 0; good < 2; good++) {
        int n = g[i].node[j];
        must(out, fabs(has.c[good][n] - f->c[h][good][n]), f->c[h][good][n] + d->e[h][good][n], "choice of good %d by t%d at node %d", good + 1, h + 1, n);
      }
    pieces_of(d, h, &g[i], f->p, end);
    must(out, end[0] - x, 1 + fabs(x), "constraint on claim %d of t%d", g[i].claim, h + 1);
    u += value_at(d, h, &g[i], &has);
    v[i][h] = value_at(d, h, &g[i], &has) - lambda * cost_at(d, h, &g[i], &has, x, &z);
    double w = best(d, h, &g[i], f->p, &z, lambda, &better, &could);
    must(out, (w - v[i][h]) / lambda, size, "a better plan of t%d in the exchange it is in, claim %d at %.6g instead of %.6g", h + 1, g[i].claim, better, x);
  }
  must(out, fabs(u - f->U[h]), 1 + fabs(u), "welfare of t%d", h + 1);
}

/* ---- one exchange for all: the slope test ---- */
/* The gain of a type from another price at node n, per unit of ex-ante money, at its schedule: a central difference of fourth order, with
 * the claim kept as it is, or at its least where it stands there. By the envelope that is the slope of the best value too; the difference of
 * best values would see the change of plan that begins at this very price where a claim is just not worth trading. */
static double slope_of(const Rights *d, const Trades *f, int h, const Group *g, int n) {
  Schedule z = schedule_of(d, f, g);
  double lambda = lambda_of(d, f, h), step = 1e-4 * f->p[n], w[5], p[AT], end[PIECES], x = plan_of(d, f, h, g);
  Spot s;
  memcpy(p, f->p, sizeof p);
  pieces_of(d, h, g, p, end);
  int least = x - end[0] <= 1e-9 * (1 + fabs(x));
  for (int k = -2; k <= 2; k++) {
    if (!k) continue;
    p[n] = f->p[n] + k * step;
    if (least) { pieces_of(d, h, g, p, end); x = end[0]; }
    spot_at(d, h, g, p, x, &s);
    w[k + 2] = value_at(d, h, g, &s) - lambda * cost_at(d, h, g, &s, x, &z);
  }
  double along = (8 * (w[3] - w[1]) - (w[4] - w[0])) / (12 * step * lambda);
  return along + stored_of(d, f, h, n) * (d->family == F_COLLATERAL ? f->Q[g->claim] : 0);
}
static void take_out(double *v, const double *b, int n) {
  double bb = 0, vb = 0;
  for (int i = 0; i < n; i++) { bb += b[i] * b[i]; vb += v[i] * b[i]; }
  for (int i = 0; i < n && bb > 0; i++) v[i] -= vb / bb * b[i];
}
/* Is a type's plan where one way of trading later gives way to another? Its value has a corner in prices there, and no slope: the exchanges around are what judges. */
static int at_corner(const Rights *d, const Trades *f, const Group *g) {
  for (int h = 0; h < d->types; h++) {
    double end[PIECES], x = plan_of(d, f, h, g);
    int n = pieces_of(d, h, g, f->p, end);
    for (int i = 1; i + 1 < n; i++)
      if (fabs(x - end[i]) <= 1e-7 * (1 + fabs(x))) return 1;
  }
  return 0;
}
static void judge_slopes(const Rights *d, const Trades *f, const Group *g, Verdict *out) {
  double basis[LATER + 1][WHO], v[WHO];
  if (at_corner(d, f, g)) return;
  for (int i = 0; i <= g->n; i++) {
    double before = 0, after = 0;
    for (int h = 0; h < d->types; h++) {
      int n = i < g->n ? g->node[i] : 0;
      basis[i][h] = i < g->n ? f->c[h][1][n] - d->e[h][1][n] - stored_of(d, f, h, n) : f->t[h][g->claim];
      before = fmax(before, fabs(basis[i][h]));
    }
    for (int twice = 0; twice < 2; twice++)
      for (int k = 0; k < i; k++) take_out(basis[i], basis[k], d->types);
    for (int h = 0; h < d->types; h++) after = fmax(after, fabs(basis[i][h]));
    if (!(after > 1e-9 * before)) memset(basis[i], 0, sizeof basis[i]);
  }
  for (int j = 0; j < g->n; j++) {
    double most = 0, left = 0;
    for (int h = 0; h < d->types; h++) {
      v[h] = slope_of(d, f, h, g, g->node[j]);
      most = fmax(most, fabs(v[h]));
    }
    for (int k = 0; k <= g->n; k++) take_out(v, basis[k], d->types);
    for (int h = 0; h < d->types; h++) left = fmax(left, fabs(v[h]));
    must(out, left * 1e-2, most + 1e-3, "slope test at node %d", g->node[j]);
  }
}

/* ---- other exchanges ---- */
typedef struct {
  const Rights *d; const Trades *f; const Group *g;
  const double *v, *p;
  double cap;                                           /* collateral: what stored goods may earn in this exchange */
  glp_prob *lp;
} Rival;

static void add_cut(Rival *r, int h, double x, const Spot *s) {
  const Rights *d = r->d;
  double lambda = lambda_of(d, r->f, h), a[LATER + 3];
  int col[LATER + 3], n = r->g->n, row = glp_add_rows(r->lp, 1);
  for (int i = 0; i < n; i++) {
    int at = r->g->node[i];
    col[i + 1] = i + 1;
    a[i + 1] = s->c[1][at] - d->e[h][1][at];
  }
  col[n + 1] = n + 1; a[n + 1] = x;
  col[n + 2] = n + 2; a[n + 2] = 1;
  glp_set_mat_row(r->lp, row, n + 2, col, a);
  glp_set_row_bnds(r->lp, row, GLP_LO, (value_at(d, h, r->g, s) - r->v[h]) / lambda, 0);
}
/* The most that a type gains under the schedule; cuts of all of them are added. */
static double most_gain(Rival *r, const Schedule *z) {
  double most = -INFINITY;
  for (int h = 0; h < r->d->types; h++) {
    double lambda = lambda_of(r->d, r->f, h), x = 0;
    Spot s;
    most = fmax(most, (best(r->d, h, r->g, r->p, z, lambda, &x, &s) - r->v[h]) / lambda);
    add_cut(r, h, x, &s);
  }
  return most;
}
static void within(const Rival *r, Schedule *z) {
  if (r->d->family != F_COLLATERAL) return;
  int n = r->g->node[0];
  double over = r->d->R[n] * (z->Q * r->p[n] + z->P[n]) - r->cap;
  if (over > 0) z->P[n] -= over / r->d->R[n];
}
/* Sign of the gap at p: -1 no club gains, 1 one does, 0 unsettled. *gap: the bound that tells. */
static int rival(Rival *r, double enough, double *gap) {
  const Group *g = r->g;
  int n = g->n, sign = 0;
  Schedule z = schedule_of(r->d, r->f, g);
  double reach = 50 * (1 + fabs(z.Q));
  for (int i = 0; i < n; i++) reach = fmax(reach, 50 * fabs(z.P[g->node[i]]));
  r->lp = glp_create_prob();
  glp_add_cols(r->lp, n + 2);
  for (int i = 1; i <= n + 1; i++) glp_set_col_bnds(r->lp, i, GLP_DB, -reach, reach);
  glp_set_col_bnds(r->lp, n + 2, GLP_FR, 0, 0);
  glp_set_obj_coef(r->lp, n + 2, 1);
  if (r->d->family == F_COLLATERAL) {
    int col[3] = {0, 1, 2}, row = glp_add_rows(r->lp, 1);
    double a[3] = {0, r->d->R[g->node[0]], r->d->R[g->node[0]] * r->p[g->node[0]]};
    glp_set_mat_row(r->lp, row, 2, col, a);
    glp_set_row_bnds(r->lp, row, GLP_UP, 0, r->cap);
  }
  glp_smcp o;
  glp_init_smcp(&o);
  o.msg_lev = GLP_MSG_OFF;
  within(r, &z);
  double above = most_gain(r, &z);
  for (int k = 0; k < CUTS && !sign; k++) {
    if (above <= enough) { sign = -1; *gap = above; break; }
    if (glp_simplex(r->lp, &o) || glp_get_status(r->lp) != GLP_OPT) break;
    double below = glp_get_obj_val(r->lp);
    if (below > enough) { sign = 1; *gap = below; break; }
    Schedule to = z;                                    /* the programme's point, or half the way there */
    double part = k % 2 ? 1 : 0.5;
    for (int i = 0; i < n; i++) to.P[g->node[i]] += part * (glp_get_col_prim(r->lp, i + 1) - z.P[g->node[i]]);
    to.Q += part * (glp_get_col_prim(r->lp, n + 1) - z.Q);
    within(r, &to);
    double there = most_gain(r, &to);
    if (there < above) { above = there; z = to; }
  }
  glp_delete_prob(r->lp);
  return sign;
}
static double radical(int i, int base) {
  double f = 1, v = 0;
  for (; i; i /= base) v += (f /= base) * (i % base);
  return v;
}
static void judge_rivals(const Rights *d, const Trades *f, const Group *g, const double *v, int *unsettled, Verdict *out) {
  enum { SIDE = 20, CLOUD = 120 };
  static const int base[LATER] = {2, 3, 5};
  double p[AT], budget = 0, gap = 0, size;
  for (int h = 0; h < d->types; h++) { spent(d, f, h, &size); budget = fmax(budget, size); }
  int points = g->n == 1 ? 2 * SIDE : CLOUD;
  for (int k = 1; k <= points && !out->wrong; k++) {
    memcpy(p, f->p, sizeof p);
    for (int i = 0; i < g->n; i++) {
      double u = g->n == 1 ? (double)((k + 1) / 2) / SIDE * (k % 2 ? 1 : -1) : 2 * radical(k, base[i]) - 1;
      double far = g->n == 1 ? fabs(u) : (double)k / CLOUD;
      p[g->node[i]] *= exp(u * far * log(8.0));
    }
    Rival r = {.d = d, .f = f, .g = g, .v = v, .p = p};
    if (d->family == F_COLLATERAL) r.cap = f->p[0] - storage_earns(d, f, g->claim);
    int sign = rival(&r, GAIN * budget, &gap);
    *unsettled += !sign;
    if (sign <= 0) continue;
    out->wrong = 1;
    int n = snprintf(out->why, sizeof out->why, "a club gains %.3g by opening an exchange at", gap);
    for (int i = 0; i < g->n; i++) n += snprintf(out->why + n, sizeof out->why - (size_t)n, " p = %.6g (node %d)", p[g->node[i]], g->node[i]);
  }
}

Verdict rights_judge(const Rights *d, const Trades *f, int with, int *unsettled) {
  Verdict v = {0};
  double net[LATER][WHO];
  Group g[LATER];
  judge_markets(d, f, &v);
  for (int h = 0; h < d->types; h++) judge_type(d, f, h, net, &v);
  if (!with) return v;
  int n = groups_of(d, g);
  for (int i = 0; i < n && !v.wrong; i++) judge_slopes(d, f, &g[i], &v);
  for (int i = 0; i < n && !v.wrong; i++) judge_rivals(d, f, &g[i], net[i], unsettled, &v);
  return v;
}
double rights_moved(const Rights *d, const Trades *a, const double *Ub) {
  double sum = 0;
  for (int h = 0; h < d->types; h++) sum += d->m[h] * (Ub[h] - a->U[h]) / lambda_of(d, a, h);
  return sum;
}
