/* lanes: expressions of parameters and indices over blocks of lanes, against the tree walk one lane at a time, to the last bit. */
#include "../../compiler/lanes.h"
#include "unit.h"
#include <math.h>
#include <string.h>

typedef struct { Arena *mem; Compilation *cc; Economy *e; SymId h, g, w, one; IdxId i, k; Values v; Eval ev; Lanes lanes; Elem *tuple; } World;

static World world(uint32_t n) {
  World w = {.mem = arena_new(NULL)};
  w.cc = compilation_new(w.mem);
  w.e = economy_new(w.cc, w.mem);
  w.h = economy_add_range(w.e, str_of(w.cc->strs, "H"), 1, n, 0);
  w.g = economy_add_range(w.e, str_of(w.cc->strs, "G"), 1, 3, 0);
  w.i = economy_idx(w.e, str_of(w.cc->strs, "h"), w.h);
  w.k = economy_idx(w.e, str_of(w.cc->strs, "g"), w.g);
  w.w = economy_sym(w.e, str_of(w.cc->strs, "w"), SYM_PARAM, 0);
  w.one = economy_sym(w.e, str_of(w.cc->strs, "one"), SYM_PARAM, 0);
  SymId *dom = ARENA_ARRAY(w.mem, SymId, 2);
  dom[0] = w.h;
  dom[1] = w.g;
  economy_at(w.e, w.w)->dom = dom;
  economy_at(w.e, w.w)->ndom = 2;
  economy_at(w.e, w.w)->node_dim = economy_at(w.e, w.one)->node_dim = -1;
  w.v = (Values){.economy = w.e, .of = ARENA_ARRAY(w.mem, double *, w.e->syms.n), .mem = w.mem};
  w.v.of[w.w] = ARENA_ARRAY(w.mem, double, (size_t)n * 3);
  w.v.of[w.one] = ARENA_ARRAY(w.mem, double, 1);
  w.v.of[w.one][0] = 0.7;
  for (uint32_t j = 0; j < 3 * n; j++) w.v.of[w.w][j] = j % 5 ? sin(j) : 0;
  w.tuple = ARENA_ARRAY(w.mem, Elem, n);
  for (uint32_t j = 0; j < n; j++) w.tuple[j] = ELEM_NUMBER | (j + 1);
  return w;
}

static const Expr *ref_w(World *w, Ix g) {
  Ix ix[2] = {ix_bound(w->i), g};
  return ex_ref(w->mem, 0, w->w, ix, 2);
}

/* Every form that data take, mixed: h, w[h,g], sums with conditions, selections, functions. */
static const Expr *form(World *w, unsigned which) {
  Arena *a = w->mem;
  const Expr *h = ex_idx(a, 0, w->i), *one = ex_ref(a, 0, w->one, NULL, 0), *w2 = ref_w(w, ix_elem(ELEM_NUMBER | 2)), *wg = ref_w(w, ix_bound(w->k));
  const Expr *g = ex_idx(a, 0, w->k), *half = ex_num(a, 0, 0.5), *two = ex_num(a, 0, 2), *mod[2] = {h, ex_num(a, 0, 7)}, *hal[2] = {h, two};
  const Expr *odd = ex_node(a, 0, E_LT, (const Expr *const[]){ex_call(a, 0, FN_MOD, mod, 2), ex_num(a, 0, 3)}, 2);
  const Expr *even = ex_node(a, 0, E_NE, (const Expr *const[]){ex_call(a, 0, FN_MOD, hal, 2), ex_num(a, 0, 0)}, 2);
  Domain over = {w->g, 0, {0}};
  switch (which) {
  case 0: return h;
  case 1: return ex_mul2(a, 0, w2, ex_pow(a, 0, h, ex_neg(a, 0, one)));
  case 2: return ex_sum(a, 0, w->k, over, ex_mul2(a, 0, wg, g), NULL);
  case 3: return ex_sum(a, 0, w->k, over, ex_div(a, 0, wg, ex_add2(a, 0, h, g)), odd);
  case 4: return ex_sum(a, 0, w->k, over, ex_mul2(a, 0, g, one), ex_node(a, 0, E_LT, (const Expr *const[]){wg, half}, 2));
  case 5: return ex_node(a, 0, E_IF, (const Expr *const[]){odd, ex_call(a, 0, FN_LOG, &h, 1), w2}, 3);
  case 6: return ex_call(a, 0, FN_HALTON, hal, 2);
  case 7: return ex_node(a, 0, E_MIN, (const Expr *const[]){w2, half, ex_call(a, 0, FN_FRAC, (const Expr *const[]){ex_mul2(a, 0, h, one)}, 1)}, 3);
  case 8: return ex_node(a, 0, E_MAX, (const Expr *const[]){half, ex_call(a, 0, FN_SQRT, &w2, 1)}, 2);   /* undefined in some lanes */
  case 9: return ex_node(a, 0, E_AND, (const Expr *const[]){odd, ex_node(a, 0, E_NOT, &even, 1)}, 2);
  case 10: return ex_node(a, 0, E_OR, (const Expr *const[]){even, odd}, 2);
  case 11: return ex_eq_ix(a, 0, ix_bound(w->i), ix_elem(ELEM_NUMBER | 5));
  case 12: return ex_in(a, 0, ix_bound(w->i), w->g);
  case 13: return ref_w(w, (Ix){IX_EXPR, 0, ex_node(a, 0, E_IF, (const Expr *const[]){odd, ex_elem(a, 0, ELEM_NUMBER | 1), ex_elem(a, 0, ELEM_NUMBER | 3)}, 3)});
  case 14: return ex_mul2(a, 0, one, two);
  default: return NULL;
  }
}

static void test_like_the_tree(void) {
  const uint32_t n = 300;
  World w = world(n);
  w.ev = eval_new(&w.v, w.mem);
  unsigned forms = 0;
  for (; form(&w, forms); forms++) {
    const Expr *e = form(&w, forms);
    w.lanes = lanes_new(&w.ev, w.mem);
    w.lanes.var[0] = w.i;
    w.lanes.nvar = w.lanes.stride = 1;
    for (uint32_t first = 0; first < n; first += LANES) {
      double out[LANES];
      w.lanes.n = n - first < LANES ? n - first : LANES;
      w.lanes.tuple = w.tuple + first;
      w.ev.env[w.i] = ELEM_NONE;
      lanes_fill(&w.lanes, e, out);
      for (uint32_t l = 0; l < w.lanes.n; l++) {
        w.ev.env[w.i] = w.tuple[first + l];
        double x = eval_expr(&w.ev, e);
        CU_ASSERT((isnan(x) && isnan(out[l])) || !memcmp(&x, &out[l], sizeof x));
      }
    }
  }
  CU_ASSERT_EQUAL(forms, 15);
  CU_ASSERT(!arena_failed(w.mem));
  arena_free(w.mem);
}

/* What is the same for all lanes is computed once, and says so. */
static void test_same_for_all(void) {
  World w = world(10);
  double out[LANES];
  w.ev = eval_new(&w.v, w.mem);
  w.lanes = lanes_new(&w.ev, w.mem);
  w.lanes.var[0] = w.i;
  w.lanes.nvar = w.lanes.stride = 1;
  w.lanes.n = 10;
  w.lanes.tuple = w.tuple;
  CU_ASSERT_EQUAL(lanes_eval(&w.lanes, form(&w, 14), out), 1);
  CU_ASSERT_DOUBLE_EQUAL(out[0], 1.4, 1e-15);
  CU_ASSERT_EQUAL(lanes_eval(&w.lanes, form(&w, 0), out), 0);
  CU_ASSERT_EQUAL(lanes_cond(&w.lanes, NULL, out), 1);
  CU_ASSERT_DOUBLE_EQUAL(out[0], 1, 0);
  arena_free(w.mem);
}

UNIT_MAIN("lanes", {"as the tree walk", test_like_the_tree}, {"the same for all", test_same_for_all})
