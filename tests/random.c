/* random: economies drawn at random, solved through the public library, and judged by a route of their own.
 *
 *     random --kind exchange|collateral|equilibria|rights --seed S --count N [--verbose] [--write DIR]
 *
 * The generator never calls the solver and rejects nothing: every economy it draws has an equilibrium. Tastes are strictly monotone
 * and concave with infinite marginal utility at zero; in exchange economies everybody owns something and every good is owned by
 * somebody; under collateral everybody owns some of every good at every node, so that spot wealth is positive and short positions
 * are bounded by goods stored. The judge knows the drawn numbers and asks the library only for values: budgets, clearing, marginal
 * utilities against prices, collateral constraints and their complementarity, each to 1e-7 of its own terms. All problems are
 * concave, so that these conditions are sufficient; prices of constraints are derived here, never read. */
#include "random.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPES = 20, GOODS = 6, NODES = 9, STORED = 2 };

/* ---- what is drawn ---- */
typedef enum { CRRA, CES, COBB_DOUGLAS } Taste;
typedef enum { SPOT, ARROW, ROOT_BUDGET, BORROW, CONTINGENT } Form;
static const char *const form_name[] = {"static", "Arrow securities", "one budget", "one promise", "contingent promises"};
typedef struct {
  Form form;
  Taste taste[TYPES];                                    /* one class of agents for each taste that occurs */
  int types, goods, nodes, stored;                       /* node 0 is the root, the others its successors or theirs */
  int prev[NODES], date[NODES], first_good;              /* first_good: stored goods are first_good ... */
  double prob[NODES], beta;                              /* unconditional */
  int odds[NODES], of[NODES];                            /* conditional: odds of `of` */
  double m[TYPES], s[TYPES], w[TYPES][GOODS], e[TYPES][GOODS][NODES], R[STORED][NODES];
} Drawn;
typedef struct { double c[TYPES][GOODS][NODES], p[GOODS][NODES], k[TYPES][STORED], b[TYPES][NODES], Q[NODES]; } Found;

static const char *taste_class(Taste t) { return t == CRRA ? "HR" : t == CES ? "HS" : "HD"; }

static void draw_tree(Rng *r, Drawn *d, int states, int deep) {
  d->nodes = 1; d->prev[0] = -1; d->date[0] = 0; d->prob[0] = 1; d->odds[0] = d->of[0] = 1;
  for (int from = 0, end = 1; from < end && d->nodes + states <= NODES; from++) {
    int first = d->nodes, sum = 0;
    for (int i = 0; i < states; i++, d->nodes++) {
      d->prev[d->nodes] = from; d->date[d->nodes] = d->date[from] + 1;
      sum += d->odds[d->nodes] = rng_int(r, 1, 9);
    }
    for (int n = first; n < d->nodes; n++) { d->of[n] = sum; d->prob[n] = d->prob[from] * d->odds[n] / sum; }
    if (deep) end = 1 + states;
  }
}
static void draw(Rng *r, int collateral, Drawn *d) {
  memset(d, 0, sizeof *d);
  d->types = rng_int(r, 2, TYPES); d->goods = rng_int(r, 2, GOODS);
  d->form = collateral ? (rng_int(r, 0, 1) ? BORROW : CONTINGENT) : (Form)rng_int(r, SPOT, ROOT_BUDGET);
  int states = rng_int(r, 1, 4), deep = d->form == ROOT_BUDGET && states <= 2 && rng_int(r, 0, 1);
  draw_tree(r, d, d->form == SPOT ? NODES : states, deep);
  d->beta = rng_between(r, 0.8, 1);
  int mix = d->form == SPOT ? rng_int(r, 0, 3) : rng_int(r, 0, 1) * 2;      /* 3: every taste; over time CRRA or logarithms */
  for (int h = 0; h < d->types; h++) {
    d->taste[h] = (Taste)(mix == 3 ? rng_int(r, 0, 2) : mix);
    d->m[h] = rng_ratio(r, 0.1, 3);
    d->s[h] = d->taste[h] == CES ? rng_ratio(r, 0.3, 4) : d->taste[h] == COBB_DOUGLAS ? 1 : rng_int(r, 0, 4) ? rng_ratio(r, 0.5, 5) : 1;
    if (d->taste[h] == CES && fabs(d->s[h] - 1) < 0.02) d->s[h] = 1.05;
    for (int g = 0; g < d->goods; g++) d->w[h][g] = rng_ratio(r, 0.2, 2);
    for (int n = 0; n < d->nodes; n++)
      for (int g = 0; g < d->goods; g++) d->e[h][g][n] = collateral || rng_int(r, 0, 3) ? rng_ratio(r, 0.25, 4) : 0;
  }
  /* Everybody owns something, every good is owned: a diagonal of endowments never left out. */
  for (int n = 0; n < d->nodes; n++)
    for (int i = 0; i < d->types || i < d->goods; i++) {
      double *x = &d->e[i % d->types][i % d->goods][n];
      if (*x <= 0) *x = rng_ratio(r, 0.25, 4);
    }
  if (!collateral) return;
  d->first_good = rng_int(r, 0, d->goods - 1);
  d->stored = d->form == CONTINGENT && d->first_good + 1 < d->goods ? rng_int(r, 1, STORED) : 1;
  for (int j = 0; j < d->stored; j++)
    for (int n = 1; n < d->nodes; n++) d->R[j][n] = rng_between(r, 0.5, 1.2);
}

/* ---- the economy as text ---- */
static int in_class(const Drawn *d, int h, Taste t) { return d->taste[h] == t; }
static int class_size(const Drawn *d, Taste t) {
  int n = 0;
  for (int h = 0; h < d->types; h++) n += in_class(d, h, t);
  return n;
}
static void put_list(Buf *b, const Drawn *d, Taste t, const char *name, const double *x) {
  put(b, "%s[%s] = {", name, taste_class(t));
  for (int h = 0, i = 0; h < d->types; h++)
    if (in_class(d, h, t)) put(b, "%s%.4g", i++ ? ", " : "", x[h]);
  put(b, "}");
}
static void put_names(Buf *b, const Drawn *d) {
  for (Taste t = CRRA; t <= COBB_DOUGLAS; t++) {
    if (!class_size(d, t)) continue;
    put(b, "set %s = {", taste_class(t));
    for (int h = 0, i = 0; h < d->types; h++)
      if (in_class(d, h, t)) put(b, "%st%d", i++ ? ", " : "", h + 1);
    put(b, "};\n");
  }
  if (d->form == ROOT_BUDGET && d->nodes > 1 && d->date[d->nodes - 1] > 1) {
    put(b, "tree");
    for (int from = 0, n = 1; from < d->nodes && n < d->nodes; from++) {
      put(b, " n%d ->", from);
      int first = n;
      for (; n < d->nodes && d->prev[n] == from; n++) put(b, "%s n%d", n > first ? "," : "", n);
      put(b, " probability {");
      for (int i = first; i < n; i++) put(b, "%s%d/%d", i > first ? ", " : "", d->odds[i], d->of[i]);
      put(b, "};");
    }
    put(b, "\n");
  } else if (d->nodes > 1) {
    put(b, "tree n0 -> s in {");
    for (int n = 1; n < d->nodes; n++) put(b, "%sn%d", n > 1 ? ", " : "", n);
    put(b, "} probability {");
    for (int n = 1; n < d->nodes; n++) put(b, "%s%d/%d", n > 1 ? ", " : "", d->odds[n], d->of[n]);
    put(b, "};\n");
  }
  int spot = d->form == SPOT || d->form == ROOT_BUDGET;  /* relative prices of all goods, one normalised by hand */
  put(b, "good ");
  for (int g = 0; g < d->goods; g++) put(b, "%sg%d%s", g ? ", " : "", g + 1, g || spot ? "" : " numeraire");
  put(b, ";\n");
  if (!spot) {
    put(b, "set other = {");
    for (int g = 1; g < d->goods; g++) put(b, "%sg%d", g > 1 ? ", " : "", g + 1);
    put(b, "};\n");
  }
}
static void put_data(Buf *b, const Drawn *d) {
  if (d->nodes > 1) put(b, "param beta = %.4g;\n", d->beta);
  for (Taste t = CRRA; t <= COBB_DOUGLAS; t++) {
    if (!class_size(d, t)) continue;
    const char *suffix = taste_class(t) + 1;
    char name[8];
    snprintf(name, sizeof name, "m%s", suffix);
    put(b, "param "); put_list(b, d, t, name, d->m);
    if (t != COBB_DOUGLAS) { snprintf(name, sizeof name, "s%s", suffix); put(b, ", "); put_list(b, d, t, name, d->s); }
    put(b, ";\ndata w%s[%s, good] {\n    ", suffix, taste_class(t));
    for (int g = 0; g < d->goods; g++) put(b, " g%d", g + 1);
    put(b, "\n");
    for (int h = 0; h < d->types; h++) {
      if (!in_class(d, h, t)) continue;
      put(b, "  t%d", h + 1);
      for (int g = 0; g < d->goods; g++) put(b, " %.4g", d->w[h][g]);
      put(b, "\n");
    }
    put(b, "}\ndata e%s[%s, good%s] {\n    ", suffix, taste_class(t), d->nodes > 1 ? ", node" : "");
    for (int n = 0; n < d->nodes; n++)
      for (int g = 0; g < d->goods; g++) { put(b, " g%d", g + 1); if (d->nodes > 1) put(b, "@n%d", n); }
    put(b, "\n");
    for (int h = 0; h < d->types; h++) {
      if (!in_class(d, h, t)) continue;
      put(b, "  t%d", h + 1);
      for (int n = 0; n < d->nodes; n++)
        for (int g = 0; g < d->goods; g++) put(b, " %.4g", d->e[h][g][n]);
      put(b, "\n");
    }
    put(b, "}\n");
  }
  if (!d->stored) return;
  put(b, "set stored = {");
  for (int j = 0; j < d->stored; j++) put(b, "%sg%d", j ? ", " : "", d->first_good + j + 1);
  put(b, "};\ndata R[stored, s] {\n    ");
  for (int n = 1; n < d->nodes; n++) put(b, " n%d", n);
  put(b, "\n");
  for (int j = 0; j < d->stored; j++) {
    put(b, "  g%d", d->first_good + j + 1);
    for (int n = 1; n < d->nodes; n++) put(b, " %.4g", d->R[j][n]);
    put(b, "\n");
  }
  put(b, "}\n");
}
static void put_agent(Buf *b, const Drawn *d, Taste t) {
  const char *x = taste_class(t) + 1;
  put(b, "agent h in %s mass m%s {\n  choose c[good] >= 0", taste_class(t), x);
  if (d->stored) put(b, ", k[stored]@n0 >= 0");
  if (d->form == BORROW) put(b, ", b@n0");
  if (d->form == CONTINGENT || d->form == ARROW) put(b, ", b[s]@n0");
  put(b, ";\n  maximize ");
  if (d->nodes > 1) put(b, "E[sum(date, beta^date*");
  if (t == CRRA) put(b, "sum(g in good, w%s[g]*crra(c[g], s%s))", x, x);
  else if (t == CES) put(b, "ces(g in good, c[g], w%s[g], s%s)", x, x);
  else put(b, "log_cobb_douglas(g in good, c[g], w%s[g])", x);
  put(b, d->nodes > 1 ? ")];\n" : ";\n");
  switch (d->form) {
    case SPOT: put(b, "  budget: sum(g in good, p[g]*c[g]) = sum(g in good, p[g]*e%s[g]);\n", x); break;
    case ROOT_BUDGET:
      put(b, "  budget @n0: sum(n in node, sum(g in good, p[g]@n*c[g]@n)) = sum(n in node, sum(g in good, p[g]@n*e%s[g]@n));\n", x);
      break;
    default: {
      const char *spent = d->form == BORROW ? " + Q*b" : " + sum(s, Q[s]*b[s])";
      const char *paid = d->form == BORROW ? " + b@prev" : " + b[s]@prev";
      put(b, "  budget @n0: c[g1] + sum(g in other, p[g]*c[g])%s", spent);
      for (int j = 0; j < d->stored; j++) {
        int g = d->first_good + j + 1;
        if (g == 1) put(b, " + k[g1]"); else put(b, " + p[g%d]*k[g%d]", g, g);
      }
      put(b, " = e%s[g1] + sum(g in other, p[g]*e%s[g]);\n", x, x);
      put(b, "  budget @s: c[g1] + sum(g in other, p[g]*c[g]) = e%s[g1] + sum(g in other, p[g]*e%s[g])%s", x, x, paid);
      Buf back = {0};
      for (int j = 0; j < d->stored; j++) {
        int g = d->first_good + j + 1;
        if (g == 1) put(&back, " + R[g1,s]*k[g1]@prev"); else put(&back, " + p[g%d]*R[g%d,s]*k[g%d]@prev", g, g, g);
      }
      if (d->stored) put(b, "%s;\n  collateral @s: %s%s >= 0;\n", back.at, back.at + 3, paid);
      else put(b, ";\n");
      free(back.at);
    }
  }
  put(b, "}\n");
}
static void put_economy(Buf *b, const Drawn *d, const char *kind, uint64_t seed) {
  put(b, "# %s, %s, seed %llu: %d types, %d goods, %d nodes\neconomy random_%s;\nuse utilities;\n", kind, form_name[d->form], (unsigned long long)seed, d->types, d->goods, d->nodes, kind);
  put_names(b, d);
  put_data(b, d);
  for (Taste t = CRRA; t <= COBB_DOUGLAS; t++)
    if (class_size(d, t)) put_agent(b, d, t);
  if (d->form == SPOT || d->form == ROOT_BUDGET) {
    put(b, "market g in good price p;\n");
    put(b, d->nodes > 1 ? "numeraire p[g1]@n0 = 1;\n" : "numeraire p[g1] = 1;\n");
  } else {
    put(b, "market g in other price p;\n");
    put(b, d->form == BORROW ? "market promise price Q;\n" : "market promise[s] price Q;\n");
  }
  put(b, "solve ex = equilibrium;\n");
}

/* ---- reading the answer ---- */
static int read_found(Econ *m, const Drawn *d, Found *f) {
  int bad = 0, own_numeraire = d->form != SPOT && d->form != ROOT_BUDGET;
  memset(f, 0, sizeof *f);
  for (int n = 0; n < d->nodes && !bad; n++) {
    char at[16] = "";
    if (d->nodes > 1) snprintf(at, sizeof at, "@n%d", n);
    for (int g = 0; g < d->goods; g++) {
      if (g == 0 && own_numeraire) f->p[g][n] = 1;
      else bad |= ask(m, &f->p[g][n], "ex.p[g%d]%s", g + 1, at);
      for (int h = 0; h < d->types; h++) bad |= ask(m, &f->c[h][g][n], "ex.c[%s,t%d,g%d]%s", taste_class(d->taste[h]), h + 1, g + 1, at);
    }
    if (n == 0 && d->form == BORROW) bad |= ask(m, &f->Q[0], "ex.Q");
    if (n > 0 && (d->form == CONTINGENT || d->form == ARROW)) bad |= ask(m, &f->Q[n], "ex.Q[n%d]", n);
    for (int h = 0; h < d->types; h++) {
      const char *C = taste_class(d->taste[h]);
      if (n == 0 && d->form == BORROW) bad |= ask(m, &f->b[h][0], "ex.b[%s,t%d]", C, h + 1);
      if (n > 0 && (d->form == CONTINGENT || d->form == ARROW)) bad |= ask(m, &f->b[h][n], "ex.b[%s,t%d,n%d]", C, h + 1, n);
      for (int j = 0; n == 0 && j < d->stored; j++) bad |= ask(m, &f->k[h][j], "ex.k[%s,t%d,g%d]", C, h + 1, d->first_good + j + 1);
    }
  }
  return bad;
}

/* ---- the judge ---- */
/* Marginal utility of a good at a node, probability and discount included. */
static double marginal(const Drawn *d, const Found *f, int h, int g, int n) {
  double c = f->c[h][g][n], w = d->w[h][g], s = d->s[h], weight = d->prob[n] * pow(d->beta, d->date[n]);
  if (d->nodes == 1) weight = 1;
  switch (d->taste[h]) {
    case CRRA: return weight * w * pow(c, -s);
    case COBB_DOUGLAS: return weight * w / c;
    default: {
      double sum = 0;
      for (int j = 0; j < d->goods; j++) sum += pow(d->w[h][j], 1 / s) * pow(f->c[h][j][n], (s - 1) / s);
      return weight * pow(sum, 1 / (s - 1)) * pow(w / c, 1 / s);
    }
  }
}
static double promise_paid(const Drawn *d, const Found *f, int h, int n) { return d->form == BORROW ? f->b[h][0] : f->b[h][n]; }
static double kept(const Drawn *d, const Found *f, int h, int n) {   /* value at n of what was stored */
  double x = 0;
  for (int j = 0; j < d->stored; j++) x += f->p[d->first_good + j][n] * d->R[j][n] * f->k[h][j];
  return x;
}
static void judge_clearing(const Drawn *d, const Found *f, Verdict *v) {
  for (int n = 0; n < d->nodes; n++)
    for (int g = 0; g < d->goods; g++) {
      double used = 0, there = 0;
      for (int h = 0; h < d->types; h++) {
        used += d->m[h] * f->c[h][g][n];
        there += d->m[h] * d->e[h][g][n];
        int j = g - d->first_good;
        if (j < 0 || j >= d->stored) continue;
        if (n == 0) used += d->m[h] * f->k[h][j]; else there += d->m[h] * d->R[j][n] * f->k[h][j];
      }
      must(v, fabs(used - there), there, "clearing of g%d at n%d", g + 1, n);
      must(v, -f->p[g][n], 0, "sign of the price of g%d at n%d", g + 1, n);
    }
  for (int n = 0; n < d->nodes; n++) {
    double sum = 0, size = 1;
    for (int h = 0; h < d->types; h++) { sum += d->m[h] * f->b[h][n]; size += d->m[h] * fabs(f->b[h][n]); }
    must(v, fabs(sum), size, "clearing of promises for n%d", n);
  }
}
static void judge_budget(const Drawn *d, const Found *f, int h, Verdict *v) {
  double all = 0, size = 0;
  for (int n = 0; n < d->nodes; n++) {
    double net = 0, scale = 0;
    for (int g = 0; g < d->goods; g++) {
      net += f->p[g][n] * (f->c[h][g][n] - d->e[h][g][n]);
      scale += f->p[g][n] * (f->c[h][g][n] + d->e[h][g][n]);
    }
    all += net; size += scale;
    if (d->form == SPOT || d->form == ROOT_BUDGET) continue;
    if (n == 0) {
      for (int j = 0; j < d->stored; j++) net += f->p[d->first_good + j][0] * f->k[h][j];
      if (d->form == BORROW) net += f->Q[0] * f->b[h][0];
      else for (int i = 1; i < d->nodes; i++) net += f->Q[i] * f->b[h][i];
    } else net -= kept(d, f, h, n) + promise_paid(d, f, h, n);
    must(v, fabs(net), scale, "budget of t%d at n%d", h + 1, n);
  }
  must(v, d->form == SPOT || d->form == ROOT_BUDGET ? fabs(all) : 0, size, "budget of t%d", h + 1);
}
/* One riskless promise b and one stored good k under v_s*k + b >= 0 at each s: nonnegative prices mu_s of the constraints, zero where
 * slack, must exist with sum(mu) = A and sum(v*mu) = B where k > 0, <= B where k = 0. */
static void judge_borrower(const Drawn *d, const Found *f, int h, const double *lambda, Verdict *v) {
  int g = d->first_good;
  double A = f->Q[0] * lambda[0], B = f->p[g][0] * lambda[0], a = A, b = B, k = f->k[h][0], low = INFINITY, high = 0;
  for (int n = 1; n < d->nodes; n++) {
    double worth = f->p[g][n] * d->R[0][n], slack = worth * k + f->b[h][0], size = worth * k + fabs(f->b[h][0]) + 1;
    must(v, -slack, size, "collateral of t%d at n%d", h + 1, n);
    A -= lambda[n]; B -= worth * lambda[n];
    if (slack > TOL * size) continue;
    low = fmin(low, worth); high = fmax(high, worth);
  }
  must(v, -A, a, "gain of t%d from lending", h + 1);
  must(v, -B, b, "gain of t%d from storing", h + 1);
  if (high <= 0) must(v, fabs(A), a, "price of the promise to t%d", h + 1);
  if (high <= 0) { must(v, k > TOL ? fabs(B) : 0, b, "price of storage to t%d", h + 1); return; }
  must(v, A * low - B, b, "gain of t%d from storing to borrow", h + 1);
  if (k > TOL) must(v, B - A * high, b, "storage of t%d is worth less than it costs", h + 1);
}
static void judge_contingent(const Drawn *d, const Found *f, int h, const double *lambda, Verdict *v) {
  double mu[NODES] = {0};
  for (int n = 1; n < d->nodes; n++) {
    double price = f->Q[n] * lambda[0], slack = kept(d, f, h, n) + f->b[h][n], size = kept(d, f, h, n) + fabs(f->b[h][n]) + 1;
    mu[n] = price - lambda[n];
    if (!d->stored) { must(v, fabs(mu[n]), price, "price of the security for n%d to t%d", n, h + 1); continue; }
    must(v, -slack, size, "collateral of t%d at n%d", h + 1, n);
    must(v, -mu[n], price, "gain of t%d from lending for n%d", h + 1, n);
    must(v, fmin(fabs(mu[n]) / price, slack / size), 1, "complementarity of t%d at n%d", h + 1, n);
  }
  for (int j = 0; j < d->stored; j++) {
    int g = d->first_good + j;
    double cost = f->p[g][0] * lambda[0], gain = -cost;
    for (int n = 1; n < d->nodes; n++) gain += f->p[g][n] * d->R[j][n] * (lambda[n] + mu[n]);
    must(v, gain, cost, "gain of t%d from storing g%d", h + 1, g + 1);
    must(v, -f->k[h][j], 1, "storage of g%d by t%d", g + 1, h + 1);
    must(v, fmin(fabs(gain) / cost, f->k[h][j]), 1, "complementarity of the storage of g%d by t%d", g + 1, h + 1);
  }
}
static Verdict judge(const Drawn *d, const Found *f) {
  Verdict v = {0};
  judge_clearing(d, f, &v);
  for (int h = 0; h < d->types; h++) {
    double lambda[NODES];
    judge_budget(d, f, h, &v);
    for (int n = 0; n < d->nodes; n++) {
      lambda[n] = marginal(d, f, h, 0, n) / f->p[0][n];
      for (int g = 0; g < d->goods; g++) {
        must(&v, -f->c[h][g][n], 0, "consumption of g%d by t%d at n%d", g + 1, h + 1, n);
        must(&v, fabs(marginal(d, f, h, g, n) - lambda[n] * f->p[g][n]), lambda[n] * f->p[g][n], "marginal utility of g%d to t%d at n%d", g + 1, h + 1, n);
      }
      if (d->form == ROOT_BUDGET) must(&v, fabs(lambda[n] - lambda[0]), lambda[0], "marginal value of wealth of t%d at n%d", h + 1, n);
    }
    if (d->form == BORROW) judge_borrower(d, f, h, lambda, &v);
    if (d->form == CONTINGENT || d->form == ARROW) judge_contingent(d, f, h, lambda, &v);
  }
  return v;
}
/* The judge must see a consumption and a price that are off by one part in a hundred thousand. */
static int sees_plants(const Drawn *d, const Found *right, Rng *r) {
  Found f = *right;
  f.c[rng_int(r, 0, d->types - 1)][rng_int(r, 0, d->goods - 1)][rng_int(r, 0, d->nodes - 1)] *= 1 + 1e-5;
  if (!judge(d, &f).wrong) return 0;
  f = *right;
  f.p[rng_int(r, 1, d->goods - 1)][rng_int(r, 0, d->nodes - 1)] *= 1 + 1e-5;
  return judge(d, &f).wrong;
}

/* ---- all equilibria of two goods ----
 * Strong complements (CES with elasticities of 0.1 to 0.3) and endowments in corners, so that several equilibria are usual. The judge
 * follows excess demand, written in closed form, over the logarithm of the price on a fine grid: every change of sign must be an
 * equilibrium that was found, with the index of its slope, and everything found must be a zero. It looks at prices between exp(-12) and
 * exp(12): beyond, excess demand is so near to zero for whole decades of prices that a certificate could not tell them apart. Economies
 * whose equilibria are all out there are counted and nothing is asked of them. */
enum { SEVERAL = 4, ROOTS = 64 };
typedef struct { int types; double s[SEVERAL], w[SEVERAL][2], e[SEVERAL][2]; } Box;

static void draw_box(Rng *r, Box *d) {
  memset(d, 0, sizeof *d);
  d->types = rng_int(r, 2, SEVERAL);
  for (int h = 0; h < d->types; h++) {
    int own = h % 2;
    double lean = rng_ratio(r, 1.5, 3);                   /* everybody likes what he owns: the income effects that make several equilibria */
    d->s[h] = rng_between(r, 0.1, 0.3);
    d->w[h][own] = lean; d->w[h][1 - own] = four(1 / lean);
    d->e[h][own] = rng_ratio(r, 0.75, 1.3);
  }
}
static void put_box(Buf *b, const Box *d, uint64_t seed) {
  put(b, "# equilibria, seed %llu: %d types\neconomy random_equilibria;\nset H = 1..%d, G = 1..2;\nparam s[H] = {", (unsigned long long)seed, d->types, d->types);
  for (int h = 0; h < d->types; h++) put(b, "%s%.4g", h ? ", " : "", d->s[h]);
  put(b, "};\n");
  for (int what = 0; what < 2; what++) {
    put(b, "data %s[H, G] {\n     1  2\n", what ? "e" : "w");
    for (int h = 0; h < d->types; h++) put(b, "  %d  %.4g  %.4g\n", h + 1, what ? d->e[h][0] : d->w[h][0], what ? d->e[h][1] : d->w[h][1]);
    put(b, "}\n");
  }
  put(b, "agent h in H {\n  choose c[G] >= 0;\n  maximize -sum(g in G, w[h,g]^(1/s[h])*c[g]^(1 - 1/s[h]));\n"
         "  budget: sum(g in G, p[g]*c[g]) = sum(g in G, p[g]*e[h,g]);\n}\nmarket g in G price p;\nnumeraire p[2] = 1;\nsolve all = equilibria;\n");
}
/* Demand less supply of good 1 over supply, at the price exp(t). */
static double box_excess(const Box *d, double t) {
  double used = 0, there = 0;
  for (int h = 0; h < d->types; h++) {
    double share = 1 / (1 + d->w[h][1] / d->w[h][0] * exp((d->s[h] - 1) * t));
    used += share * (d->e[h][0] + exp(-t) * d->e[h][1]);
    there += d->e[h][0];
  }
  return used / there - 1;
}
static int box_roots(const Box *d, double *root, int *slope) {
  static const double STEP = 2e-4, END = 12;
  int n = 0;
  double before = box_excess(d, -END);
  for (double t = -END; t < END && n < ROOTS; t += STEP) {
    double after = box_excess(d, t + STEP), lo = t, hi = t + STEP;
    if ((before > 0) != (after > 0)) {
      for (int k = 0; k < 60; k++) { double mid = 0.5 * (lo + hi); if ((box_excess(d, mid) > 0) == (before > 0)) lo = mid; else hi = mid; }
      slope[n] = before > 0 ? 1 : -1;
      root[n++] = 0.5 * (lo + hi);
    }
    before = after;
  }
  return n;
}
static Verdict judge_box(Econ *m, const Box *d, int *several) {
  Verdict v = {0};
  double root[ROOTS], count = 0, p, index, found[ROOTS];
  int slope[ROOTS], n = box_roots(d, root, slope);
  *several = n > 1;
  if (econ_number(m, "all.count", &count) || count > ROOTS) return (Verdict){1, "their number is missing"};
  for (int k = 0; k < (int)count && !v.wrong; k++) {
    if (ask(m, &p, "all[%d].p[1]", k + 1)) return (Verdict){1, "a price is missing"};
    found[k] = log(p);
    must(&v, fabs(box_excess(d, found[k])), 1, "excess demand at %.6g", p);
  }
  for (int i = 0; i < n && !v.wrong; i++) {
    int at = 0;
    while (at < (int)count && fabs(found[at] - root[i]) > 1e-5) at++;
    if (at == (int)count) {
      v.wrong = 1;
      snprintf(v.why, sizeof v.why, "missed the equilibrium at p = %.10g; %d of %d found", exp(root[i]), (int)count, n);
    } else if (!ask(m, &index, "all[%d].index", at + 1) && (int)index != slope[i]) {
      v.wrong = 1;
      snprintf(v.why, sizeof v.why, "index %g at p = %.6g, where excess demand %s", index, exp(root[i]), slope[i] > 0 ? "falls" : "rises");
    }
  }
  return v;
}

/* ---- the command ---- */
typedef struct { uint64_t solved, ladder, failed, wrong, several, far; } Tally;

static void one(const Options *o, uint64_t seed, Tally *t) {
  const char *kind = o->collateral ? "collateral" : "exchange";
  Rng r = {seed * 2 + (uint64_t)o->collateral};
  static const EconOptions limits = {.seconds = 60};
  Drawn d;
  Found f;
  Buf text = {0};
  draw(&r, o->collateral, &d);
  put_economy(&text, &d, kind, seed);
  if (o->write && write_text(o->write, kind, seed, &text)) exit(2);
  Econ *m = econ_open(&limits);
  if (!m) exit(2);
  EconExit e = econ_load_text(m, "random.econ", text.at, text.n);
  if (!e) e = econ_solve(m);
  if (e) {
    t->failed++;
    printf("seed %llu failed (%s, %d types, %d goods, %d nodes)\n%s", (unsigned long long)seed, form_name[d.form], d.types, d.goods, d.nodes, econ_diagnostics(m));
  } else {
    Verdict v = {1, "values are missing"};
    if (!read_found(m, &d, &f)) v = judge(&d, &f);
    if (!v.wrong && !sees_plants(&d, &f, &r)) v = (Verdict){1, "the judge does not see a planted error"};
    if (v.wrong) {
      t->wrong++;
      printf("seed %llu wrong (%s): %s\n", (unsigned long long)seed, form_name[d.form], v.why);
    } else {
      int ladder = econ_by_ladder(m, "ex");
      t->solved++;
      t->ladder += ladder != 0;
      if (o->verbose) printf("seed %llu solved%s (%s, %d types, %d goods, %d nodes)\n", (unsigned long long)seed, ladder ? " by the ladder" : "", form_name[d.form], d.types, d.goods, d.nodes);
    }
  }
  econ_close(m);
  free(text.at);
  fflush(stdout);
}
static void one_box(const Options *o, uint64_t seed, Tally *t) {
  Rng r = {seed * 2 + 1000003u};
  static const EconOptions limits = {.seconds = 60};
  Box d;
  Buf text = {0};
  int several = 0;
  draw_box(&r, &d);
  put_box(&text, &d, seed);
  if (o->write && write_text(o->write, "equilibria", seed, &text)) exit(2);
  Econ *m = econ_open(&limits);
  if (!m) exit(2);
  EconExit e = econ_load_text(m, "random.econ", text.at, text.n);
  double root[ROOTS];
  int slope[ROOTS], far = !box_roots(&d, root, slope);
  if (!e) e = econ_solve(m);
  if (far) t->far++;
  else if (e) {
    t->failed++;
    printf("seed %llu failed (%d types)\n%s%s", (unsigned long long)seed, d.types, econ_diagnostics(m), econ_failures(m));
  } else {
    Verdict v = judge_box(m, &d, &several);
    t->several += several != 0;
    if (v.wrong) {
      t->wrong++;
      printf("seed %llu wrong: %s\n", (unsigned long long)seed, v.why);
    } else t->solved++;
    if (o->verbose && !v.wrong) printf("seed %llu solved (%d types%s)\n", (unsigned long long)seed, d.types, several ? ", several" : "");
  }
  econ_close(m);
  free(text.at);
  fflush(stdout);
}
static int usage(void) {
  fputs("usage: random --kind exchange|collateral|equilibria|rights --seed S --count N [--verbose] [--write DIR]\n", stderr);
  return 2;
}
int main(int argc, char **argv) {
  Options o = {.collateral = -1, .seed = 1, .count = 100};
  for (int i = 1; i < argc; i++) {
    const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
    if (!strcmp(a, "--verbose")) { o.verbose = 1; continue; }
    if (!value) return usage();
    i++;
    if (!strcmp(a, "--kind") && !strcmp(value, "exchange")) o.collateral = 0;
    else if (!strcmp(a, "--kind") && !strcmp(value, "collateral")) o.collateral = 1;
    else if (!strcmp(a, "--kind") && !strcmp(value, "equilibria")) o.collateral = 0, o.equilibria = 1;
    else if (!strcmp(a, "--kind") && !strcmp(value, "rights")) o.collateral = 0, o.rights = 1;
    else if (!strcmp(a, "--seed")) o.seed = strtoull(value, NULL, 10);
    else if (!strcmp(a, "--count")) o.count = strtoull(value, NULL, 10);
    else if (!strcmp(a, "--write")) o.write = value;
    else return usage();
  }
  if (o.collateral < 0) return usage();
  if (o.rights) return rights_run(&o);
  Tally t = {0};
  for (uint64_t i = 0; i < o.count; i++) {
    if (o.equilibria) one_box(&o, o.seed + i, &t);
    else one(&o, o.seed + i, &t);
  }
  if (o.equilibria) printf("%llu of %llu economies have several equilibria, %llu none at prices that are looked at\n", (unsigned long long)t.several, (unsigned long long)o.count, (unsigned long long)t.far);
  printf("%llu solved, %llu by the ladder, %llu failed, %llu wrong\n", (unsigned long long)t.solved, (unsigned long long)t.ladder, (unsigned long long)t.failed, (unsigned long long)t.wrong);
  enum { ENOUGH = 40 };                                 /* economies from which a share of one in ten means something */
  int much = (o.count >= ENOUGH && t.ladder * 10 > t.solved), bad = t.wrong || t.failed * 1000 > o.count || much;
  /* Of a thousand one may stay without an answer: it is skipped then. */
  printf("random %s: %llu passed, %llu failed, %llu skipped\n", o.equilibria ? "equilibria" : o.collateral ? "collateral" : "exchange", (unsigned long long)t.solved,
         (unsigned long long)(bad ? t.wrong + t.failed + (uint64_t)much : 0), (unsigned long long)(t.far + (bad ? 0 : t.failed)));
  return bad;
}
