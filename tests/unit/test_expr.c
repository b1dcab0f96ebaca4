/* Expressions: exact simplification, printing, substitution, derivatives by hand and against finite differences. */
#include "../../compiler/pass.h"
#include "unit.h"
#include <math.h>
#include <string.h>

typedef struct {
  Arena *mem;
  Compilation *cc;
  Economy *e;
  SymId nodes, goods, x /* choice over goods and nodes */, y /* choice without indices */, gamma, beta, price;
  IdxId g, n, j, m;
} World;

static Str name(World *w, const char *s) { return str_of(w->cc->strs, s); }

static SymId symbol(World *w, const char *s, SymKind kind, SymId d0, SymId d1, int node_dim) {
  SymId id = economy_sym(w->e, name(w, s), kind, 0);
  Sym *sym = economy_at(w->e, id);
  sym->ndom = (d0 ? 1u : 0u) + (d1 ? 1u : 0u);
  sym->dom = ARENA_ARRAY(w->mem, SymId, 2);
  sym->dom[0] = d0 ? d0 : d1;
  sym->dom[1] = d1;
  sym->node_dim = node_dim;
  return id;
}

/* A tree now -> wet, dry. */
static World world(void) {
  World w = {.mem = arena_new(NULL)};
  w.cc = compilation_new(w.mem);
  w.e = economy_new(w.cc, w.mem);
  Elem node[3] = {name(&w, "now"), name(&w, "wet"), name(&w, "dry")}, good[2] = {name(&w, "c1"), name(&w, "c2")};
  w.e->time.node = ARENA_ARRAY(w.mem, Node, 3);
  w.e->time.n = 3;
  w.e->time.declared = 1;
  for (uint32_t i = 0; i < 3; i++) w.e->time.node[i] = (Node){.elem = node[i], .prev = i ? 0 : UINT32_MAX, .date = i > 0, .terminal = i > 0};
  w.nodes = w.e->node_set = economy_add_set(w.e, name(&w, "node"), node, 3, 0);
  w.goods = w.e->good_set = economy_add_set(w.e, name(&w, "good"), good, 2, 0);
  w.x = symbol(&w, "x", SYM_VAR, w.goods, w.nodes, 1);
  w.y = symbol(&w, "y", SYM_VAR, 0, 0, -1);
  w.gamma = symbol(&w, "gamma", SYM_PARAM, 0, 0, -1);
  w.beta = symbol(&w, "beta", SYM_PARAM, 0, 0, -1);
  w.price = symbol(&w, "p", SYM_PRICE, w.nodes, 0, 0);
  w.g = economy_idx(w.e, name(&w, "g"), w.goods);
  w.n = economy_idx(w.e, name(&w, "n"), w.nodes);
  w.j = economy_idx(w.e, name(&w, "j"), w.goods);
  w.m = economy_idx(w.e, name(&w, "m"), w.nodes);
  return w;
}

static const Expr *ref0(World *w, SymId s) { return ex_ref(w->mem, 0, s, NULL, 0); }
static const Expr *num(World *w, double v) { return ex_num(w->mem, 0, v); }
static const Expr *x_at(World *w, Ix g, Ix n) { return ex_ref(w->mem, 0, w->x, (Ix[]){g, n}, 2); }

static int prints(World *w, const Expr *f, const char *want) {
  Text t = {0};
  expr_print(w->e, f, &t);
  int same = !strcmp(t.at ? t.at : "", want);
  if (!same) printf("\n    printed  %s\n    expected %s\n", t.at, want);
  text_free(&t);
  return same;
}

static void simplifies(void) {
  World w = world();
  Arena *a = w.mem;
  const Expr *c = ref0(&w, w.y), *gamma = ref0(&w, w.gamma), *one = num(&w, 1), *two = num(&w, 2);
  CU_ASSERT(prints(&w, ex_sub(a, 0, ex_sub(a, 0, one, gamma), one), "-gamma"));
  CU_ASSERT(prints(&w, ex_add2(a, 0, ex_mul2(a, 0, two, c), ex_neg(a, 0, c)), "y"));
  CU_ASSERT(prints(&w, ex_add2(a, 0, ex_mul2(a, 0, c, gamma), ex_mul2(a, 0, gamma, c)), "2*y*gamma"));
  CU_ASSERT(ex_is_num(ex_sub(a, 0, c, c), 0));
  CU_ASSERT(ex_is_num(ex_mul2(a, 0, c, num(&w, 0)), 0));
  CU_ASSERT(ex_is_num(ex_div(a, 0, ex_mul2(a, 0, c, gamma), ex_mul2(a, 0, gamma, c)), 1));
  CU_ASSERT(prints(&w, ex_div(a, 0, ex_mul2(a, 0, two, ex_mul2(a, 0, c, gamma)), c), "2*gamma"));
  CU_ASSERT(prints(&w, ex_neg(a, 0, ex_sub(a, 0, c, gamma)), "-y + gamma"));
  CU_ASSERT(prints(&w, ex_neg(a, 0, ex_neg(a, 0, c)), "y"));
  CU_ASSERT(prints(&w, ex_pow(a, 0, c, one), "y"));
  CU_ASSERT(prints(&w, ex_mul2(a, 0, c, c), "y^2"));
  CU_ASSERT(prints(&w, ex_div(a, 0, c, ex_mul2(a, 0, c, c)), "1/y"));
  CU_ASSERT(prints(&w, ex_div(a, 0, ex_pow(a, 0, c, ex_sub(a, 0, one, gamma)), c), "y^(-gamma)"));
  CU_ASSERT(prints(&w, ex_div(a, 0, one, ex_div(a, 0, one, c)), "y"));
  CU_ASSERT(prints(&w, ex_mul2(a, 0, num(&w, -2), c), "-2*y"));
  CU_ASSERT(prints(&w, ex_div(a, 0, c, two), "y/2"));
  CU_ASSERT(prints(&w, ex_pow(a, 0, ex_add2(a, 0, c, one), two), "(y + 1)^2"));
  CU_ASSERT(prints(&w, ex_sub(a, 0, c, ex_sub(a, 0, one, gamma)), "y - 1 + gamma"));
  CU_ASSERT(ex_equal(ex_mul2(a, 0, two, c), ex_add2(a, 0, c, c)));
  CU_ASSERT(prints(&w, ex_mul2(a, 0, gamma, ex_div(a, 0, one, num(&w, 0))), "gamma*(1/0)"));   /* a division by zero keeps its place */
  arena_free(w.mem);
}

static void long_sums_are_linear(void) {
  World w = world();
  enum { N = 20000 };
  const Expr **term = ARENA_ARRAY(w.mem, const Expr *, N);
  for (uint32_t i = 0; i < N; i++) term[i] = ex_mul2(w.mem, 0, ref0(&w, w.beta), ex_pow(w.mem, 0, ref0(&w, w.y), num(&w, (double)(i % 5000) + 2)));
  const Expr *s = ex_add(w.mem, 0, term, N);
  CU_ASSERT_EQUAL(s->nkid, 5000);
  CU_ASSERT(arena_used(w.mem) < 200u << 20);
  arena_free(w.mem);
}

static void crra_branchwise(void) {
  World w = world();
  Arena *a = w.mem;
  const Expr *c = ref0(&w, w.y), *gamma = ref0(&w, w.gamma), *one = num(&w, 1), *less = ex_sub(a, 0, one, gamma);
  const Expr *kid[] = {ex_node(a, 0, E_EQ, (const Expr *const[]){gamma, one}, 2), ex_call(a, 0, FN_LOG, &c, 1), ex_div(a, 0, ex_pow(a, 0, c, less), less)};
  const Expr *u = ex_node(a, 0, E_IF, kid, 3), *d = expr_diff(w.e, u, w.y, NULL, 0);
  CU_ASSERT(prints(&w, d, "if gamma = 1 then 1/y else y^(-gamma)"));
  CU_ASSERT(prints(&w, expr_diff(w.e, d, w.y, NULL, 0), "if gamma = 1 then -1/y^2 else -gamma*y^(-gamma - 1)"));
  arena_free(w.mem);
}

/* d/dx[g]@n of sums over goods, nodes, predecessors and successors */
static void sums_and_deltas(void) {
  World w = world();
  Arena *a = w.mem;
  Ix at[2] = {ix_bound(w.g), ix_bound(w.n)};
  const Expr *xj = x_at(&w, ix_bound(w.j), ix_bound(w.m));
  const Expr *f = ex_sum(a, 0, w.m, (Domain){.set = w.nodes}, ex_sum(a, 0, w.j, (Domain){.set = w.goods}, ex_call(a, 0, FN_LOG, &xj, 1), NULL), NULL);
  CU_ASSERT(prints(&w, expr_diff(w.e, f, w.x, at, 2), "1/x[g]@n"));

  const Expr *p = ex_ref(a, 0, w.price, (Ix[]){ix_bound(w.m)}, 1);
  const Expr *lag = ex_mul2(a, 0, p, x_at(&w, ix_elem(name(&w, "c2")), ix_prev(w.m)));
  f = ex_sum(a, 0, w.m, (Domain){.set = w.nodes}, lag, NULL);
  CU_ASSERT(prints(&w, expr_diff(w.e, f, w.x, at, 2), "if g = c2 then sum(m in next(n), p@m) else 0"));

  Domain next = {.set = w.nodes, .succ = 1, .prev = ix_elem(name(&w, "now"))};
  f = ex_sum(a, 0, w.m, next, ex_mul2(a, 0, p, x_at(&w, ix_elem(name(&w, "c1")), ix_bound(w.m))), NULL);
  CU_ASSERT(prints(&w, expr_diff(w.e, f, w.x, at, 2), "if g = c1 and now = prev then p@n else 0"));

  f = ex_mul2(a, 0, x_at(&w, ix_elem(name(&w, "c1")), ix_elem(name(&w, "now"))), x_at(&w, ix_elem(name(&w, "c2")), ix_elem(name(&w, "wet"))));
  const Ix here[2] = {ix_elem(name(&w, "c1")), ix_elem(name(&w, "now"))};
  CU_ASSERT(prints(&w, expr_diff(w.e, f, w.x, here, 2), "x[c2]@wet"));
  arena_free(w.mem);
}

static void substitution(void) {
  World w = world();
  Arena *a = w.mem;
  const Expr *f = x_at(&w, ix_bound(w.g), ix_prev(w.n));
  Ix to[2] = {ix_elem(name(&w, "c1")), ix_bound(w.m)};
  const IdxId var[2] = {w.g, w.n};
  CU_ASSERT(prints(&w, ex_subst(a, f, var, to, 2), "x[c1]@prev"));
  to[1] = ix_prev(w.m);
  const Expr *twice = ex_subst(a, f, var, to, 2);
  CU_ASSERT(ex_mentions(twice, w.m));
  CU_ASSERT(!ex_mentions(twice, w.n));
  const Expr *eq = ex_eq_ix(a, 0, ix_bound(w.g), ix_elem(name(&w, "c1")));
  CU_ASSERT(ex_is_num(ex_subst(a, eq, var, to, 1), 1));
  arena_free(w.mem);
}

static double gradient_point;
static double look_y(void *ctx, const Expr *ref, const Elem *ix, uint32_t n) {
  (void)ix;
  (void)n;
  return ref->sym == ((World *)ctx)->y ? gradient_point : NAN;
}

static double at_y(World *w, const Expr *f, double y) {
  Values v = {.economy = w->e, .of = ARENA_ARRAY(w->mem, double *, w->e->syms.n), .mem = w->mem};
  double gamma = 2.5, beta = 0.9;
  v.of[w->gamma] = &gamma;
  v.of[w->beta] = &beta;
  Eval ev = eval_new(&v, w->mem);
  ev.look = look_y;
  ev.ctx = w;
  gradient_point = y;
  return eval_expr(&ev, f);
}

/* A few composite functions of y, differentiated exactly and by central differences with Richardson extrapolation. */
static void against_differences(void) {
  World w = world();
  Arena *a = w.mem;
  const Expr *y = ref0(&w, w.y), *gamma = ref0(&w, w.gamma), *beta = ref0(&w, w.beta), *one = num(&w, 1), *two = num(&w, 2), *log_y = ex_call(a, 0, FN_LOG, &y, 1);
  const Expr *ye = ex_add2(a, 0, y, ex_mul2(a, 0, beta, y));
  const Expr *f[] = {
      ex_div(a, 0, ex_pow(a, 0, y, ex_sub(a, 0, one, gamma)), ex_sub(a, 0, one, gamma)),
      ex_pow(a, 0, ex_add2(a, 0, ex_mul2(a, 0, beta, ex_pow(a, 0, y, gamma)), one), ex_div(a, 0, one, gamma)),
      ex_mul2(a, 0, log_y, ex_call(a, 0, FN_EXP, &ye, 1)),
      ex_div(a, 0, ex_call(a, 0, FN_SQRT, &ye, 1), ex_add2(a, 0, ex_mul2(a, 0, y, y), two)),
      ex_pow(a, 0, beta, ex_mul2(a, 0, y, log_y)),
      ex_node(a, 0, E_MIN, (const Expr *const[]){ex_mul2(a, 0, y, y), ex_mul2(a, 0, num(&w, 5), log_y)}, 2),
      ex_node(a, 0, E_MAX, (const Expr *const[]){y, ex_mul2(a, 0, num(&w, 3), log_y), two}, 3),
      ex_neg(a, 0, ex_div(a, 0, beta, ex_sub(a, 0, ex_pow(a, 0, y, two), num(&w, 7)))),
  };
  for (size_t i = 0; i < sizeof f / sizeof *f; i++)
    for (double at = 0.7; at < 2.4; at += 0.55) {
      double h = 1e-3, d1 = (at_y(&w, f[i], at + h) - at_y(&w, f[i], at - h)) / (2 * h), d2 = (at_y(&w, f[i], at + h / 2) - at_y(&w, f[i], at - h / 2)) / h;
      double want = (4 * d2 - d1) / 3, got = at_y(&w, expr_diff(w.e, f[i], w.y, NULL, 0), at);
      CU_ASSERT(fabs(got - want) <= 1e-8 * (1 + fabs(want)));
    }
  arena_free(w.mem);
}

UNIT_MAIN("expr", {"simplification is exact", simplifies}, {"long sums in linear time", long_sums_are_linear}, {"constant relative risk aversion, branch by branch", crra_branchwise},
          {"deltas are eliminated against sums", sums_and_deltas}, {"substitution", substitution}, {"derivatives against differences", against_differences})
