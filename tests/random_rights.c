/* random_rights.c: random economies with price-bearing constraints, drawn, written, solved through the library and judged (random_judge.c).
 *
 * Three questions: the equilibrium, the equilibrium with rights to trade, and the planner's problem at the weights that the latter
 * implies. Everybody owns some of both goods at every node and has infinite marginal utility at zero; nothing is rejected. Not every
 * such economy has an equilibrium in one exchange for all: where more types are constrained than one exchange can hold, or where a club
 * would open another, the answer has to be refused, and the share that is certified is counted among the others. */
#include "random_rights.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const family_name[FAMILIES] = {"collateral", "pledged income", "one bond", "spot limits", "three dates"};

/* ---- what is drawn ---- */
static void draw(Rng *r, Rights *d) {
  memset(d, 0, sizeof *d);
  int form = rng_int(r, 0, 3), kind = rng_int(r, 0, 9);
  d->later = form < 2 ? 1 : form;
  if (d->later == 1) d->family = kind < 6 ? F_COLLATERAL : kind < 8 ? F_PLEDGE : F_LIMIT;
  else d->family = kind < 4 ? F_COLLATERAL : kind < 6 ? F_BOND : kind < 7 ? F_PLEDGE : kind < 8 ? F_LIMIT : d->later == 2 ? F_CHAIN : F_BOND;
  d->contingent = d->family == F_COLLATERAL || (d->family != F_CHAIN && (d->later == 1 || (d->family != F_BOND && rng_int(r, 0, 1))));
  /* One exchange holds 1 + prices + claims types in general (claims that goods stored do the work of left out): half of the economies have no more. */
  int room = d->family == F_COLLATERAL ? 2 : d->contingent ? 3 : 2 + d->later;
  d->types = rng_int(r, 2, rng_int(r, 0, 1) ? WHO : room);
  int taste = rng_int(r, 0, 2), sum = 0, odds[AT] = {0};
  d->ces = taste == 2;
  d->prob[0] = 1;
  for (int n = 1; n <= d->later; n++) sum += odds[n] = rng_int(r, 1, 5);
  for (int n = 1; n <= d->later; n++) {
    d->prob[n] = d->family == F_CHAIN ? 1 : (double)odds[n] / sum;
    d->R[n] = rng_between(r, 0.6, 1.1);
    d->pays[n] = d->contingent ? 1 : rng_between(r, 0.4, 1.4);
  }
  double beta = rng_between(r, 0.8, 1), gamma = rng_ratio(r, 0.8, 4);
  /* The same tastes for all or each its own; in three of four economies one type in each state would borrow from all others. */
  int alike = rng_int(r, 0, 1), poor = rng_int(r, 0, 3) > 0;
  for (int h = 0; h < d->types; h++) {
    d->m[h] = rng_ratio(r, 0.7, 1.4);
    d->beta[h] = beta;
    d->gamma[h] = taste == 1 ? 1 : alike ? gamma : rng_ratio(r, 0.8, 4);
    int like = alike && h > 0;
    d->sigma[h] = rng_ratio(r, 0.4, 3);
    if (fabs(d->sigma[h] - 1) < 0.05) d->sigma[h] = 1.2;
    if (like) d->sigma[h] = d->sigma[0];
    for (int i = 0; i < 2; i++) {
      d->w[h][i] = like ? d->w[0][i] : rng_ratio(r, 0.5, 2);
      for (int n = 0; n <= d->later; n++) {
        double tilt = !poor ? 1 : n ? (h == (n - 1) % d->types ? 2 : 0.6) : h == 0 && d->later == 1 ? 0.5 : 1.5;
        d->e[h][i][n] = four(tilt * (poor ? rng_ratio(r, 0.7, 1.4) : rng_ratio(r, 0.4, 3)));
      }
    }
    d->share[h] = rng_between(r, 0.1, 0.6);
    d->limit[h] = rng_ratio(r, 0.1, 2);
  }
}

/* ---- the economy as text ---- */
static void put_row(Buf *b, const Rights *d, const char *name, const double *x) {
  put(b, "%s[H] = {", name);
  for (int h = 0; h < d->types; h++) put(b, "%s%.4g", h ? ", " : "", x[h]);
  put(b, "}");
}
static void put_states(Buf *b, const Rights *d, const char *name, const double *x) {
  put(b, ", %s[s] = {", name);
  for (int n = 1; n <= d->later; n++) put(b, "%s%.4g", n > 1 ? ", " : "", x[n]);
  put(b, "}");
}
static void put_tree(Buf *b, const Rights *d) {
  put(b, "tree now ->");
  if (d->family == F_CHAIN) { put(b, " s1 -> s2;\n"); return; }
  put(b, " s in {");
  for (int n = 1; n <= d->later; n++) put(b, "%ss%d", n > 1 ? ", " : "", n);
  put(b, "} probability {");
  for (int n = 1; n <= d->later; n++) put(b, "%s%.17g", n > 1 ? ", " : "", d->prob[n]);
  put(b, "};\n");
}
static void put_agent(Buf *b, const Rights *d) {
  const char *at = d->contingent ? "theta[s]" : "theta";
  put(b, "agent h in H mass m {\n  choose c[good] >= 0, ");
  if (d->family == F_COLLATERAL) put(b, "k@now >= 0, ");
  put(b, "%s@now%s;\n  maximize E[sum(date, beta^date*", at, d->family == F_CHAIN ? ", store@s1 >= 0" : "");
  put(b, d->ces ? "crra(ces(g in good, c[g], w[g], sigma), gamma))];\n" : "sum(g in good, w[g]*crra(c[g], gamma)))];\n");
  put(b, "  budget @now: c[c1] + p*%s + %s = e[c1] + p*e[c2];\n", d->family == F_COLLATERAL ? "(c[c2] + k)" : "c[c2]", d->contingent ? "sum(s, Q[s]*theta[s])" : "Q*theta");
  if (d->family == F_CHAIN) {
    put(b, "  budget @s1: c[c1] + p*c[c2] + store = e[c1] + p*e[c2] + theta@prev;\n  budget @s2: c[c1] + p*c[c2] = e[c1] + p*e[c2] + store@prev;\n}\n");
    return;
  }
  Buf paid = {0};
  put(&paid, "%s%s@prev", d->contingent ? "" : "pays[s]*", at);
  put(b, "  budget @s: c[c1] + p*c[c2] = e[c1] + %s + p*%s;\n", paid.at, d->family == F_COLLATERAL ? "(e[c2] + R[s]*k@prev)" : "e[c2]");
  if (d->family == F_COLLATERAL) put(b, "  collateral @s: p*R[s]*k@prev + %s >= 0;\n", paid.at);
  if (d->family == F_PLEDGE) put(b, "  pledge @s: %s + share*(e[c1] + p*e[c2]) >= 0;\n", paid.at);
  if (d->family == F_LIMIT) put(b, "  limit @s: p*(c[c2] - e[c2]) <= most;\n");
  put(b, "}\n");
  free(paid.at);
}
static void put_economy(Buf *b, const Rights *d, uint64_t seed) {
  put(b, "# rights, %s, seed %llu: %d types, %d later nodes\neconomy random_rights;\nuse utilities;\nset H = {", family_name[d->family], (unsigned long long)seed, d->types, d->later);
  for (int h = 0; h < d->types; h++) put(b, "%st%d", h ? ", " : "", h + 1);
  put(b, "};\n");
  put_tree(b, d);
  put(b, "good c1 numeraire, c2;\nparam ");
  put_row(b, d, "m", d->m);
  put(b, ", "); put_row(b, d, "gamma", d->gamma);
  put(b, ", "); put_row(b, d, "beta", d->beta);
  if (d->ces) { put(b, ", "); put_row(b, d, "sigma", d->sigma); }
  if (d->family == F_COLLATERAL) put_states(b, d, "R", d->R);
  if (!d->contingent && d->family != F_CHAIN) put_states(b, d, "pays", d->pays);
  if (d->family == F_PLEDGE) { put(b, ", "); put_row(b, d, "share", d->share); }
  if (d->family == F_LIMIT) { put(b, ", "); put_row(b, d, "most", d->limit); }
  put(b, ";\ndata w[H, good] {\n     c1 c2\n");
  for (int h = 0; h < d->types; h++) put(b, "  t%d %.4g %.4g\n", h + 1, d->w[h][0], d->w[h][1]);
  put(b, "}\ndata e[H, good, node] {\n     c1@now c2@now");
  for (int n = 1; n <= d->later; n++) put(b, "  c1@s%d c2@s%d", n, n);
  put(b, "\n");
  for (int h = 0; h < d->types; h++) {
    put(b, "  t%d", h + 1);
    for (int n = 0; n <= d->later; n++) put(b, "  %.4g %.4g", d->e[h][0][n], d->e[h][1][n]);
    put(b, "\n");
  }
  put(b, "}\n");
  put_agent(b, d);
  put(b, "market c2 price p;\nmarket promise%s price Q%s;\n", d->contingent ? "[s]" : "", d->contingent ? "" : ": total(theta) = 0");
  put(b, "solve ex = equilibrium;\nsolve op = equilibrium with rights_to_trade;\nsolve so = optimum weights implied by op;\n");
}

/* ---- reading the answer ---- */
static int read_trades(Econ *m, const Rights *d, const char *of, int with, Trades *f) {
  int bad = 0;
  memset(f, 0, sizeof *f);
  for (int n = 0; n <= d->later && !bad; n++) {
    char at[16] = "now";
    if (n) snprintf(at, sizeof at, "s%d", n);
    bad |= ask(m, &f->p[n], "%s.p@%s", of, at);
    if (n && with) bad |= ask(m, &f->P[n], "%s.rights_price[c2]@%s", of, at);
    if (n && d->contingent) bad |= ask(m, &f->Q[n], "%s.Q[%s]", of, at);
    else if (n == 1) bad |= ask(m, &f->Q[1], "%s.Q", of);
    for (int h = 0; h < d->types; h++) {
      for (int i = 0; i < 2; i++) bad |= ask(m, &f->c[h][i][n], "%s.c[t%d,c%d]@%s", of, h + 1, i + 1, at);
      if (n && d->contingent) bad |= ask(m, &f->t[h][n], "%s.theta[t%d,%s]", of, h + 1, at);
      else if (n == 1) bad |= ask(m, &f->t[h][1], "%s.theta[t%d]", of, h + 1);
      if (n == 1 && d->family == F_CHAIN) bad |= ask(m, &f->store[h], "%s.store[t%d]", of, h + 1);
      if (n) continue;
      if (d->family == F_COLLATERAL) bad |= ask(m, &f->k[h], "%s.k[t%d]", of, h + 1);
      bad |= ask(m, &f->U[h], "%s.welfare[t%d]", of, h + 1);
    }
  }
  return bad;
}
/* The judge must see a price of rights, a later price, a claim and a choice that are off by a little. */
static int sees_plants(const Rights *d, const Trades *right, Rng *r) {
  int n = rng_int(r, 1, d->later), h = rng_int(r, 0, d->types - 1), aside = 0;
  Trades f = *right;
  f.P[n] += 1e-3 * (1 + fabs(f.P[n]));
  if (!rights_judge(d, &f, 1, &aside).wrong) return 0;
  f = *right;
  f.p[n] *= 1 + 1e-5;
  if (!rights_judge(d, &f, 1, &aside).wrong) return 0;
  f = *right;
  f.t[h][d->contingent ? n : 1] += 1e-4;
  if (!rights_judge(d, &f, 1, &aside).wrong) return 0;
  f = *right;
  f.c[h][rng_int(r, 0, 1)][rng_int(r, 0, d->later)] *= 1 + 1e-5;
  return rights_judge(d, &f, 1, &aside).wrong;
}

/* ---- what became of them ---- */
typedef enum { RIGHT, EVIDENT, OPEN, SLOPE, CLUB, CORNER, NO_EX, NO_OP, NO_TIME, BAD, FATES } Fate;
static const char *const fate_name[FATES] = {"certified", "certified on evidence", "other exchanges not settled", "one exchange cannot hold the types", "a club would open another exchange", "a corner of a later limit is left", "equilibrium not solved",
                                             "not solved", "out of time", "WRONG"};
typedef struct { int fate[FATES], planner, planner_open, unsettled; } Tally;

/* The part of a text about one solution, from its name at the start of a line to the next name, looked through for `what`. */
static int says(const char *text, const char *of, const char *what) {
  size_t n = strlen(of);
  for (const char *at = text; at && *at; at = strchr(at, '\n'), at += at != NULL) {
    if (strncmp(at, of, n) || at[n] != ':') continue;
    const char *end = at;
    do { end = strchr(end, '\n'); end += end != NULL; } while (end && *end == ' ');
    const char *hit = strstr(at, what);
    if (hit && (!end || hit < end)) return 1;
  }
  return 0;
}
/* How sure the library is that no club opens another exchange. */
static Fate support(Econ *m) {
  Fate f = OPEN;
  for (const char *at = econ_tables_full(m); at && f == OPEN && (at = strstr(at, "\nop:")); at++) {
    const char *end = strstr(at + 1, "\nso:"), *hit = strstr(at, "\n    support ");
    if (!hit || (end && hit > end)) continue;
    hit += strlen("\n    support ");
    hit += strspn(hit, " ");
    f = !strncmp(hit, "evidence", 8) ? EVIDENT : !strncmp(hit, "checked", 7) || !strncmp(hit, "proved", 6) ? RIGHT : OPEN;
  }
  return f;
}
/* Words wrap: looked for in the text with blanks run together. */
static char *unwrapped(const char *s) {
  char *to = malloc(strlen(s) + 1), *at = to;
  if (!to) abort();
  for (; *s; s++) {
    if (*s == '\n' && s[1] == ' ') { *at++ = ' '; while (s[1] == ' ') s++; }
    else *at++ = *s;
  }
  *at = 0;
  return to;
}
static Fate refused(Econ *m) {
  char *t = unwrapped(econ_failures(m));
  Fate f = strstr(t, "ex: not solved") ? NO_EX : says(t, "op", "one exchange cannot support this") ? SLOPE : says(t, "op", "a club gains") ? CLUB : says(t, "op", "one side of it is better") ? CORNER : says(t, "op", "time limit") ? NO_TIME : NO_OP;
  free(t);
  return f;
}
static Verdict judge(Econ *m, const Rights *d, Rng *r, Fate *fate, Tally *t) {
  Trades ex, op;
  Verdict v = {1, "values are missing"};
  double is, U[WHO];
  int aside = 0;
  if (read_trades(m, d, "ex", 0, &ex)) return v;
  v = rights_judge(d, &ex, 0, &aside);
  if (v.wrong || econ_number(m, "op.p@now", &is) || !isfinite(is)) {
    *fate = refused(m);
    return v;
  }
  if (read_trades(m, d, "op", 1, &op)) return (Verdict){1, "values of op are missing"};
  *fate = support(m);
  v = rights_judge(d, &op, *fate != OPEN, &aside);      /* what the library leaves open is not held against it */
  t->unsettled += aside;
  if (!v.wrong && *fate != OPEN && !sees_plants(d, &op, r)) v = (Verdict){1, "the judge does not see a planted error"};
  if (v.wrong) return v;
  if (econ_number(m, "so.welfare[t1]", &is) || !isfinite(is)) { t->planner_open++; return v; }
  for (int h = 0; h < d->types; h++)
    if (ask(m, &U[h], "so.welfare[t%d]", h + 1)) return (Verdict){1, "values of so are missing"};
  double moved = rights_moved(d, &op, U);
  must(&v, fabs(moved), 1, "the optimum at the weights implied by op, which is %s than op,", moved > 0 ? "better" : "worse");
  for (int h = 0; h < d->types; h++) must(&v, fabs(U[h] - op.U[h]) * 1e-2, 1, "welfare of t%d in the optimum", h + 1);
  t->planner++;
  return v;
}
static void one(const Options *o, uint64_t seed, Tally *t) {
  Rng r = {seed * 2 + 7000003u};
  static const EconOptions limits = {.seconds = 60};
  Rights d;
  Buf text = {0};
  draw(&r, &d);
  put_economy(&text, &d, seed);
  Tally *mine = &t[d.later - 1];
  if (o->write && write_text(o->write, "rights", seed, &text)) exit(2);
  Econ *m = econ_open(&limits);
  if (!m) exit(2);
  Fate fate = NO_EX;
  Verdict v = {0};
  double is;
  if (econ_load_text(m, "random.econ", text.at, text.n)) v = (Verdict){1, "the text is refused"};
  else {
    econ_solve(m);
    if (!econ_number(m, "ex.p@now", &is) && isfinite(is)) v = judge(m, &d, &r, &fate, mine);
    else fate = refused(m);
  }
  if (v.wrong) fate = BAD;
  mine->fate[fate]++;
  if (v.wrong || o->verbose) printf("seed %llu: %s (%s, %d types, %d later nodes)%s%s\n", (unsigned long long)seed, fate_name[fate], family_name[d.family], d.types, d.later, v.wrong ? ": " : "", v.why);
  if (v.wrong) fputs(econ_diagnostics(m), stdout);
  econ_close(m);
  free(text.at);
  fflush(stdout);
}

static void print_fates(const char *name, const Tally *t, int total, int asked) {
  printf("%s: %d economies", name, total);
  for (int f = 0; f < FATES; f++)
    if (t->fate[f]) printf(", %d %s", t->fate[f], fate_name[f]);
  if (asked) printf("; %d of %d that pass the slope test certified (%.1f%%)", t->fate[RIGHT] + t->fate[EVIDENT], asked, 100.0 * (t->fate[RIGHT] + t->fate[EVIDENT]) / asked);
  printf("; the planner at the implied weights agrees in %d, was not solved in %d", t->planner, t->planner_open);
  if (t->unsettled) printf("; at %d vectors of prices the judge could not tell", t->unsettled);
  printf("\n");
}
int rights_run(const Options *o) {
  static const char *const stratum[LATER] = {"one state", "two states or dates", "three states"};
  Tally t[LATER] = {0}, more = {0};
  int passed = 0, bad = 0, skipped = 0, total[LATER], asked[LATER];
  for (uint64_t i = 0; i < o->count; i++) one(o, o->seed + i, t);
  for (int k = 0; k < LATER; k++) {
    total[k] = 0;
    for (int f = 0; f < FATES; f++) total[k] += t[k].fate[f];
    asked[k] = total[k] - t[k].fate[SLOPE];
    print_fates(stratum[k], &t[k], total[k], asked[k]);
    int found = t[k].fate[RIGHT] + t[k].fate[EVIDENT];
    passed += found;
    bad += t[k].fate[BAD];
    skipped += total[k] - found - t[k].fate[BAD];
    if (k) more.fate[RIGHT] += found;
  }
  /* Aimed at: 95 of a hundred with one state and 80 with more. What is far below is a failure. */
  enum { ENOUGH = 40, AIM = 95, AIM_MORE = 80, LEAST = 88, LEAST_MORE = 65 };         /* ENOUGH: economies from which a share means something */
  int sure = 100 * (t[0].fate[RIGHT] + t[0].fate[EVIDENT]), sure_more = 100 * more.fate[RIGHT], low = 0;
  if (asked[0] >= ENOUGH) {
    if (sure < AIM * asked[0]) printf("fewer than %d%% are certified with one state\n", AIM);
    low += sure < LEAST * asked[0];
  }
  if (asked[1] + asked[2] >= ENOUGH) {
    if (sure_more < AIM_MORE * (asked[1] + asked[2])) printf("fewer than %d%% are certified with two or three\n", AIM_MORE);
    low += sure_more < LEAST_MORE * (asked[1] + asked[2]);
  }
  printf("random rights: %d passed, %d failed, %d skipped\n", passed, bad + low, skipped);
  return bad || low;
}
