/* From text to economy: what names mean, what is said of mistakes, what the numbers are. */
#include "compiler/pass.h"
#include "lang/parse.h"
#include "unit.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct { Arena *a; Compilation *c; Model *m; Values *v; } File;

static File load_as(const char *path, const char *text) {
  File f = {.a = arena_new(NULL)};
  f.c = compilation_new(f.a);
  f.c->libpath = "stdlib";
  const Source *s = source_text(f.c->sources, path, text, strlen(text));
  Ast *ast = econ_parse(f.c, s);
  f.m = ast ? model_elaborate(f.c, s, ast) : NULL;
  if (f.m && !diag_errors(f.c->diags)) f.v = values_compute(f.c, f.m->economy, NULL, 0, f.a);
  if (f.v) economy_verify(f.m->economy);
  return f;
}
static File load(const char *text) { return load_as("test.econ", text); }
static void done(File *f) { arena_free(f->a); }

static const char EXCHANGE[] =
  "economy t;\n"
  "set H = {lender, borrower};\n"
  "tree now -> later;\n"
  "good c1 numeraire, c2;\n"
  "param gamma = 2, m[H] = 1/2;\n"
  "data e[H, good, node] {\n"
  "           c1@now c2@now c1@later c2@later\n"
  "  lender     3      3       1        1\n"
  "  borrower   1      1       3        3\n"
  "}\n"
  "agent h in H mass m {\n"
  "  choose c[good] >= 0, k@now >= 0, theta@now;\n"
  "  maximize E[sum(date, sum(g in good, log(c[g])))];\n"
  "  budget: c[c1] + p*(c[c2] + k) + Q*theta = e[c1] + theta@prev + p*(e[c2] + k@prev);\n"
  "  collateral @later: p*k@prev + theta@prev >= 0;\n"
  "}\n"
  "market c2 price p;\n"
  "market promise price Q;\n"
  "solve ex = equilibrium;\n"
  "report k, c, p, welfare for ex;\n"
  "expect ex: p@now = 2.29 within 1e-1;\n";

/* The text with its first `a` replaced by `b`. */
static const char *with(Arena *mem, const char *text, const char *a, const char *b) {
  const char *at = strstr(text, a);
  Text t = {0};
  CU_ASSERT_PTR_NOT_NULL_FATAL(at);
  text_add(&t, text, (size_t)(at - text));
  text_put(&t, b);
  text_put(&t, at + strlen(a));
  const char *out = arena_text(mem, t.at, t.n);
  text_free(&t);
  return out;
}

static double number(File *f, const char *query) {
  Query q;
  double x = NAN;
  const Source *s = source_text(f->c->sources, "query", query, strlen(query));
  Ast *a = econ_parse_expression(f->c, s);
  if (a && !model_query(f->m, a, &q) && q.items.n == 1 && !q.items.at[0].free_idx.n) {
    Eval ev = eval_new(f->v, f->a);
    x = eval_expr(&ev, q.items.at[0].e);
  }
  return x;
}
#define IS(query, value) CU_ASSERT_DOUBLE_EQUAL(number(&f, query), value, 1e-14)

/* ---- what must work ---- */
static void test_full_spelling(void) {
  File f = load(EXCHANGE);
  CU_ASSERT_EQUAL(diag_count(f.c->diags), 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  Economy *e = f.m->economy;
  CU_ASSERT_EQUAL(e->agents.n, 1);
  CU_ASSERT_EQUAL(e->markets.n, 2);
  const Agent *h = &e->agents.at[0];
  CU_ASSERT_EQUAL(h->choices.n, 3);
  CU_ASSERT_EQUAL(h->constraints.n, 2);
  const Sym *c = economy_at(e, h->choices.at[0]), *k = economy_at(e, h->choices.at[1]);
  CU_ASSERT_EQUAL(c->ndom, 3);
  CU_ASSERT_EQUAL(c->node_dim, 2);
  CU_ASSERT_EQUAL(k->ndom, 2);
  CU_ASSERT_EQUAL(set_size(economy_set(e, k->dom[1])), 1);
  CU_ASSERT_TRUE(h->constraints.at[0].ex_ante);
  CU_ASSERT_FALSE(h->constraints.at[1].ex_ante);
  CU_ASSERT_EQUAL(f.m->questions.n, 1);
  CU_ASSERT_EQUAL(f.m->asks.n, 3);
  IS("e[lender,c1]@now", 3);
  IS("e[lender,c1@later]", 1);
  IS("e[borrower,c2@later] + m[lender]", 3.5);
  IS("sum(h in H, g in good, m[h]*e[h,g]@later)", 4);
  done(&f);
}

static void test_two_forms_agree(void) {
  Arena *a = arena_new(NULL);
  File f = load(with(a, EXCHANGE, "c[c1] + p*(c[c2] + k)", "c[c1@later]*0 + c[c1]@later*0 + c[h,c1] + p*(c[h,c2] + k)"));
  CU_ASSERT_EQUAL(diag_count(f.c->diags), 0);
  done(&f);
  arena_free(a);
}

static void test_parameters(void) {
  File f = load("economy t; set H = {a, b}, G = 1..3;\n"
                "param f[H] = {1, 2}, s = sum(h in H, f[h]), t[g in G] = mod(g, 2) + frac(g/4) + halton(g, 2), big[h in H] = if h = a then f[h] else 7;\n"
                "param u[H] = {b: s, a: 3*s};\n"
                "data tr[H, G] {   a b\n 1  1 2\n 2  3 4\n 3  5 (f[b]+6) }\n"
                "data v[H] { a 1/3\n b . }\n"
                "data w[G] { 1 2 3\n 5 6 7 }\n"
                "fn ces(j, x[j], w[j], r) = sum(j, w[j]*x[j]^r)^(1/r);\n"
                "param z = ces(h in H, f[h], u[h], 2), y = ces(i in G, t[i], 1, 1);\n");
  CU_ASSERT_EQUAL(diag_count(f.c->diags), 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  IS("s", 3);
  IS("t[1]", 1 + 0.25 + 0.5);
  IS("t[2]", 0.5 + 0.25);
  IS("big[b]", 7);
  IS("u[a]", 9);
  IS("tr[b,3]", 8);
  IS("tr[a,2]", 3);
  IS("v[a]", 1.0 / 3);
  IS("v[b]", 0);
  IS("w[3]", 7);
  IS("z", sqrt(9 * 1 + 3 * 4));
  IS("y", 1.75 + 0.75 + 2.5);
  done(&f);
}

/* A missing index is the head's, then the type's; a sum's index only where nothing else fits. */
static void test_elision(void) {
  File f = load("economy t; set N = {a, b}, M = {u, v}; param part[N] = {1, 2}, w[M] = {3, 4}, twice = sum(m in M, w);\n"
                "agent n in N { choose x[N] >= 0, y >= 0; maximize sum(j in N, part*log(x[j])) + log(y); budget: sum(j in N, x[j]) + y = part; cap[j in N]: x <= part; }\n"
                "solve ex = equilibrium;\n");
  CU_ASSERT_EQUAL(diag_count(f.c->diags), 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  const Economy *e = f.m->economy;
  const Agent *n = &e->agents.at[0];
  const Expr *cap = n->constraints.at[1].rhs;
  CU_ASSERT_EQUAL(cap->kind, E_REF);
  CU_ASSERT_EQUAL(cap->ix[0].v, n->constraints.at[1].binds[0]);
  CU_ASSERT_FALSE(ex_mentions(economy_at(e, n->value)->def, n->constraints.at[1].binds[0]));
  IS("twice", 7);
  /* the objective's weights are the type's own: part[n] for each j */
  const Expr *def = economy_at(e, n->value)->def;
  const Expr *sum = def->kid[0]->kind == E_SUM ? def->kid[0] : def->kid[1];
  CU_ASSERT_EQUAL(sum->kind, E_SUM);
  const Expr *body = sum->kid[0];
  CU_ASSERT_EQUAL(body->kind, E_MUL);
  for (uint32_t i = 0; i < body->nkid; i++)
    if (body->kid[i]->kind == E_REF) CU_ASSERT_EQUAL(body->kid[i]->ix[0].v, n->idx[0]);
  done(&f);
}

static void test_overrides(void) {
  File f = load("economy t; set H = {a, b}; param g = 2, m[H] = {1, 2}, d = g*m[b];\n");
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  IS("d", 4);
  Override o[2];
  CU_ASSERT_EQUAL(model_override(f.m, source_text(f.c->sources, "-D", "g=3", 3), &o[0]), 0);
  CU_ASSERT_EQUAL(model_override(f.m, source_text(f.c->sources, "-D", "m[b]=5", 6), &o[1]), 0);
  f.v = values_compute(f.c, f.m->economy, o, 2, f.a);
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  IS("d", 15);
  IS("m[a]", 1);
  CU_ASSERT_EQUAL(model_override(f.m, source_text(f.c->sources, "-D", "h=3", 3), &o[0]), 1);
  CU_ASSERT_EQUAL(model_override(f.m, source_text(f.c->sources, "-D", "g", 1), &o[0]), 1);
  CU_ASSERT_EQUAL(model_override(f.m, source_text(f.c->sources, "-D", "m[x]=1", 6), &o[0]), 1);
  done(&f);
}

static void test_tree(void) {
  File f = load("economy t; param q = 0.3;\n"
                "tree 0 -> s in {U, D} probability {U: q, D: 1 - q}; U -> UU, UD probability 1/2; D -> DU;\n"
                "set late = {UU, UD, DU};\n"
                "agent x { choose c >= 0, k@s >= 0; maximize E[sum(date, log(c))] + E[log(c@late)] - E[k@s] + E[c@terminal]; budget @0: c = 1; budget @s: c + k = 1; budget @late: c = k@prev; }\n"
                "solve ex = equilibrium;\n");
  CU_ASSERT_EQUAL(diag_count(f.c->diags), 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  const Economy *e = f.m->economy;
  CU_ASSERT_DOUBLE_EQUAL(f.v->of[e->prob][0], 1, 0);
  CU_ASSERT_DOUBLE_EQUAL(f.v->of[e->prob1][1], 0.3, 1e-15);
  CU_ASSERT_DOUBLE_EQUAL(f.v->of[e->prob][3], 0.15, 1e-15);
  CU_ASSERT_DOUBLE_EQUAL(f.v->of[e->prob][5], 0.7, 1e-15);
  IS("E[date@terminal]", 2);
  done(&f);
}

static void test_classes(void) {
  File f = load("economy t; set N = {home, away};\n"
           "good wheat numeraire;\n"
           "firm j in N { choose y >= 0, l >= 0; maximize y - w[j]*l; tech: y <= sqrt(l); }\n"
           "agent worker n in N mass 2 { choose c >= 0, l >= 0; maximize log(c) - l; budget: c = w[n]*l + sum(j in N, 0.5*profit[j]); }\n"
           "market wheat price p: total(c) = total(y);\n"
           "market labour[n in N] price w: l[N,n] = 2*l[worker,n];\n"
           "let gap = c[home] - c[away];\n"
           "solve ex = equilibrium;\nreport c, gap, l, welfare, profit, mu_budget for ex;\nexpect ex: total(c) = total(y) within 1e-9;\n");
  CU_ASSERT_EQUAL(diag_count(f.c->diags), 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  CU_ASSERT_EQUAL(f.m->economy->normalisations.n, 1);
  Query q;
  const Source *s = source_text(f.c->sources, "query", "l", 1);
  CU_ASSERT_EQUAL(model_query(f.m, econ_parse_expression(f.c, s), &q), 0);
  CU_ASSERT_EQUAL(q.items.n, 2);                        /* one for each class that has it */
  CU_ASSERT_EQUAL(q.items.at[0].free_idx.n, 1);
  s = source_text(f.c->sources, "query", "ex.l[worker,home]", 17);
  CU_ASSERT_EQUAL(model_query(f.m, econ_parse_expression(f.c, s), &q), 0);
  CU_ASSERT_EQUAL(q.items.n, 1);
  CU_ASSERT_EQUAL(q.items.at[0].free_idx.n, 0);
  CU_ASSERT_STRING_EQUAL(str_text(f.c->strs, q.items.at[0].e->solution), "ex");
  done(&f);
}

static void test_beliefs(void) {
  File f = load("economy t; set H = {low, high}; tree 0 -> U, D; param q[H] = {0.2, 0.9};\n"
                "agent h in H { choose c >= 0; belief U: q, D: 1 - q; maximize E[sum(date, log(c))]; budget: p*c = 1; }\n"
                "market c price p: total(c) = 2; numeraire p@0 = 1;\nsolve ex = equilibrium;\n");
  CU_ASSERT_EQUAL(diag_count(f.c->diags), 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  const Agent *h = &f.m->economy->agents.at[0];
  CU_ASSERT_DOUBLE_EQUAL(f.v->of[h->prob][4], 0.9, 1e-15);
  CU_ASSERT_DOUBLE_EQUAL(f.v->of[h->prob][2], 0.8, 1e-15);
  CU_ASSERT_EQUAL(f.m->economy->normalisations.at[0].nbinds, 0);
  done(&f);
}

static void test_derived_agent(void) {
  File f = load("economy t; set H = {a, b}; good x numeraire, y; param e[H] = {1, 2};\n"
                "agent h in H { endow x = e, y = 3 - e; maximize log(x) + log(y); }\n"
                "market y;\nsolve ex = equilibrium;\nreport x, p, mu_budget for ex;\n");
  CU_ASSERT_EQUAL(diag_count(f.c->diags), 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  CU_ASSERT_EQUAL(f.m->economy->agents.at[0].choices.n, 2);
  CU_ASSERT_EQUAL(f.m->economy->agents.at[0].constraints.n, 1);
  done(&f);
}

static void test_csv(void) {
  char dir[] = "/tmp/econc_csv_XXXXXX", path[200];
  CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
  snprintf(path, sizeof path, "%s/long.csv", dir);
  FILE *o = fopen(path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(o);
  fputs("\xef\xbb\xbf\"H\",G,value\r\na,1,1\r\na,2,2\r\n\"b\",1,4\r\nb,2,\"5\"\r\n", o);
  fclose(o);
  char path2[200], model[220];
  snprintf(path2, sizeof path2, "%s/wide.csv", dir);
  o = fopen(path2, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(o);
  fputs("who,1,2\na,1,2\nb,4,6\n", o);
  fclose(o);
  snprintf(model, sizeof model, "%s/m.econ", dir);
  File f = load_as(model, "economy t; set H = {a, b}, G = 1..2; data l[H, G] from \"long.csv\"; data w[H, G] from \"wide.csv\";");
  CU_ASSERT_EQUAL(diag_count(f.c->diags), 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(f.v);
  IS("l[b,2]", 5);
  IS("w[b,2]", 6);
  done(&f);
  remove(path);
  remove(path2);
  rmdir(dir);
}

/* ---- what is said of mistakes: a change to the economy above, and the one message it gives ---- */
typedef struct { const char *a, *b, *id; } Mistake;
static const Mistake mistakes[] = {
  {"borrower};", "borrower, lender};", "names.duplicate"},
  {"set H = {lender, borrower};", "set H = 3..1;", "sets.empty"},
  {"set H = {lender, borrower};", "set H = {};", "sets.empty"},
  {"numeraire, c2;", "numeraire, c2, c1;", "names.duplicate"},
  {"numeraire, c2;", "numeraire, c2 numeraire;", "market.numeraire"},
  {"gamma = 2", "gamma = 2, gamma = 3", "names.duplicate"},
  {"gamma = 2", "sum = 2", "names.reserved"},
  {"m[H] = 1/2", "m[HH] = 1/2", "names.unknown"},
  {"m[H] = 1/2", "m[H] = {lender: 0.5}", "data.missing"},
  {"m[H] = 1/2", "m[H] = {0.5, 0.5, 0.5}", "data.braces"},
  {"m[H] = 1/2", "m[H] = {lender: 0.5, borower: 0.5}", "names.element"},
  {"m[H] = 1/2", "m[H] = {0.5, -0.5}", "agent.mass"},
  {"m[H] = 1/2", "m[H] = gamma/(gamma-2)", "data.not-finite"},
  {"m[H] = 1/2", "m[H] = z, z = w, w = z", "data.cycle"},
  {"m[H] = 1/2", "m[H]", "data.missing"},
  {"m[H] = 1/2", "m[H] = p@now", "data.unknown"},
  {"lender     3      3       1        1", "lender     3      3       1", "data.ragged"},
  {"lender     3      3       1        1", "lnder     3      3       1     1", "data.label"},
  {"lender     3      3", "lender     3      nan", "data.not-finite"},
  {"lender     3      3", "lender     3      x", "data.number"},
  {"  lender     3      3       1        1\n", "", "data.missing"},
  {"c2@later\n", "c2@latr\n", "data.label"},
  {"c2@later\n", "c1@later\n", "data.duplicate"},
  {"log(c[g])", "log(c[g,g])", "names.index-set"},
  {"log(c[g])", "log(c[x])", "names.element"},
  {"log(c[g])", "log(cc[g])", "names.unknown"},
  {"log(c[g])", "lg(c[g])", "names.unknown"},
  {"log(c[g])", "log(c[g], 2)", "fn.arity"},
  {"log(c[g])", "log(h)", "sense.element"},
  {"log(c[g])", "if c[g] > 1 then 1 else 2", "sense.smooth"},
  {"log(c[g])", "log(c[g]@steady)", "later.steady"},
  {"E[sum(date, sum(g in good, log(c[g])))]", "sum(g in good, log(c[g]))", "names.missing-node"},
  {"E[sum(date, sum(g in good, log(c[g])))]", "E[sum(g in good, log(c[g]@node))]", "time.cut"},
  {"maximize E", "maximize V = V@next + E", "later.recursive"},
  {"sum(g in good,", "sum(g in god,", "names.unknown"},
  {"k@now >= 0", "k@noww >= 0", "names.node"},
  {"k@now >= 0", "k >= 0", "time.initial"},
  {"k@now >= 0", "k@now in [2, 1]", "agent.bounds"},
  {"k@now >= 0", "k@now >= p", "agent.bound"},
  {"k@now >= 0", "k@now >= 0, k@now", "names.duplicate"},
  {"collateral @later", "collateral @latr", "names.node"},
  {"collateral @later", "collateral[j in H] @later", "names.unused"},
  {"p*k@prev + theta", "p*k@{now,later} + theta", "names.node"},
  {"Q*theta", "Q*theta[lender,c1]", "names.index-count"},
  {"market promise price Q;", "market c2 price Q;", "names.duplicate"},
  {"equilibrium;", "equilibrum;", "ask.concept"},
  {"equilibrium;", "equilibrium without colateral;", "names.unknown"},
  {"equilibrium;", "equilibrium of {lendr};", "names.unknown"},
  {"equilibrium;", "equilibrium where {gama = 3};", "names.unknown"},
  {"equilibrium;", "equilibrium where {p = 3};", "ask.where"},
  {"equilibrium;", "equilibrium fix {gamma = 3};", "ask.unknown"},
  {"equilibrium;", "optimum;", "ask.weights"},
  {"report k,", "report kk,", "names.unknown"},
  {"for ex", "for exx", "names.unknown"},
  {"expect ex: p@now", "expect ex: p@nw", "names.node"},
  {"expect ex:", "expect ez:", "names.unknown"},
  {"agent h in H mass m {", "agent h in K mass m {", "names.unknown"},
  {"agent h in H mass m {", "agent h in [0,1] mass m {", "later.continuum"},
  {"agent h in H mass m {", "agent h in H mass m { private eta in H;", "later.private"},
  {"solve ex", "fn f(x) = g(x); fn g(x) = f(x); param q = f(2);\nsolve ex", "fn.recursion"},
  {"solve ex", "fn f(x) = x; param q = f(2,3);\nsolve ex", "fn.arity"},
  {"solve ex", "use utilites;\nsolve ex", "use.unknown"},
  {"solve ex", "sweep p = 1 .. 2 by 0.5 { solve g = equilibrium; }\nsolve ex", "sweep.parameter"},
  {"solve ex", "plot p against gamma;\nsolve ex", "plot.sweep"},
  {"solve ex", "asset Y pays c1;\nsolve ex", "later.asset"},
  {"solve ex", "with nothing;\nsolve ex", "institution.unknown"},
  {"solve ex", "equation foo: total(k) = 3 + zz;\nsolve ex", "names.unknown"},
  {"solve ex", "variable y; equation foo: y >= total(k);\nsolve ex", "equation.complements"},
  {"solve ex", "let z = z2; let z2 = z;\nsolve ex", "names.cycle"},
  {"solve ex", "let z = total(gamma*p*nobody);\nsolve ex", "names.unknown"},
  {"solve ex", "data w[H] from \"/etc/passwd\";\nsolve ex", "csv.path"},
  {"solve ex", "data w[H] from \"../x.csv\";\nsolve ex", "csv.path"},
  {"solve ex", "data w[H] from \"not_there.csv\";\nsolve ex", "csv.read"},
  {"tree now -> later;", "tree now -> later probability 0.7;", "time.probability"},
  {"tree now -> later;", "tree now -> later; foo -> bar;", "time.root"},
  {"tree now -> later;", "tree now -> later -> now;", "names.duplicate"},
};

static void test_mistakes(void) {
  Arena *a = arena_new(NULL);
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    const Mistake *m = &mistakes[i];
    File f = load(with(a, EXCHANGE, m->a, m->b));
    int one = diag_errors(f.c->diags) == 1 && !strcmp(diag_get(f.c->diags, 0)->id, m->id);
    CU_ASSERT_TRUE(one);
    CU_ASSERT_PTR_NULL(f.v);
    if (!one) {
      Text t = {0};
      diag_print_all(f.c, &t);
      fprintf(stderr, "\n-- %s: one %s wanted, and this was said:\n%s", m->b, m->id, t.at ? t.at : "(nothing)\n");
      text_free(&t);
    }
    done(&f);
  }
  arena_free(a);
}

static void test_five_at_once(void) {
  Arena *a = arena_new(NULL);
  const char *t = with(a, EXCHANGE, "gamma = 2", "gamma = 2, gamma = 3");
  t = with(a, t, "lender     3      3", "lender     3      x");
  t = with(a, t, "log(c[g])", "log(cc[g])");
  t = with(a, t, "collateral @later", "collateral @latr");
  t = with(a, t, "equilibrium;", "equilibrum;");
  File f = load(t);
  CU_ASSERT_EQUAL(diag_errors(f.c->diags), 5);
  done(&f);
  arena_free(a);
}

/* Every allocation may fail: nothing may crash. */
static void *counted(void *ctx, size_t size) { return (*(long *)ctx)-- > 0 ? malloc(size) : NULL; }
static void release(void *ctx, void *chunk, size_t size) {
  (void)ctx;
  (void)size;
  free(chunk);
}

static void test_memory(void) {
  for (long n = 0; n < 60; n++) {
    long left = n;
    Alloc alloc = {.get = counted, .put = release, .ctx = &left};
    Arena *a = arena_new(&alloc);
    Compilation *c = a ? compilation_new(a) : NULL;
    const Source *s = c ? source_text(c->sources, "t", EXCHANGE, strlen(EXCHANGE)) : NULL;
    Ast *ast = s ? econ_parse(c, s) : NULL;
    Model *m = ast ? model_elaborate(c, s, ast) : NULL;
    if (m && !diag_errors(c->diags)) values_compute(c, m->economy, NULL, 0, a);
    if (a) arena_free(a);
  }
}

UNIT_MAIN("elaborate", {"references are spelt in full", test_full_spelling}, {"two spellings of one thing", test_two_forms_agree},
          {"parameters, tables, functions", test_parameters}, {"missing indices", test_elision}, {"overrides", test_overrides}, {"trees and expectations", test_tree},
          {"classes, firms, totals, queries", test_classes}, {"beliefs", test_beliefs}, {"an agent that writes no choices", test_derived_agent},
          {"CSV", test_csv}, {"one message for one mistake", test_mistakes}, {"five mistakes, five messages", test_five_at_once}, {"failing memory", test_memory})
