/* Lowering of Environment 1 (fire sales): layout, names, and the conditions at the equilibrium computed independently of econc. */
#include "../../compiler/lower.h"
#include "../../lang/parse.h"
#include "runtime/prog.h"
#include "unit.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char head[] = "economy fire_sale \"Fire sales\";\n";
static const char body[] =
    "tree now -> later;\n"
    "good c1 numeraire, c2;\n"
    "fn u(x, a) = if a = 1 then log(x) else x^(1 - a)/(1 - a);\n"
    "param gamma = 2, beta = 1, R = 1;\n"
    "agent h in H mass m {\n"
    "  choose c[good] >= 0, k@now >= 0, theta@now;\n"
    "  maximize E[sum(date, beta^date*sum(g in good, u(c[g], gamma)))];\n"
    "  budget: c[c1] + p*(c[c2] + k) + Q*theta = e[c1] + theta@prev + p*(e[c2] + R*k@prev);\n"
    "  collateral @later: p*R*k@prev + theta@prev >= 0;\n"
    "}\n"
    "market c2 price p;\n"
    "market promise price Q;\n"
    "solve ex = equilibrium;\n";
static const char data[] =
    "set H = {lender, borrower};\n"
    "param m[H] = 1/2;\n"
    "data e[H, good, node] {\n"
    "             c1@now  c2@now  c1@later  c2@later\n"
    "  lender       3       3        1         1\n"
    "  borrower     1       1        3         3\n"
    "}\n";

typedef struct { Arena *mem; Compilation *cc; Model *model; Economy *economy; Values *values; Lowered *lowered; } Fixture;

static void lower_text(Fixture *f, const char *facts) {
  Text t = {0};
  text_printf(&t, "%s%s%s", head, facts, body);
  f->mem = arena_new(NULL);
  f->cc = compilation_new(f->mem);
  const Source *s = source_text(f->cc->sources, "economy.econ", t.at, t.n);
  text_free(&t);
  Ast *ast = econ_parse(f->cc, s);
  f->model = ast && !diag_errors(f->cc->diags) ? model_elaborate(f->cc, s, ast) : NULL;
  if (f->model && !diag_errors(f->cc->diags)) {
    const Question *q = &f->model->questions.at[0];
    f->values = values_compute(f->cc, f->model->economy, NULL, 0, f->mem);
    f->economy = economy_clone(f->model->economy, f->mem);
    if (f->values && f->economy && !passes_run(f->economy, q, f->values, NULL)) f->lowered = lower_economy(f->economy, q, f->values, f->mem);
  }
  if (f->lowered) return;
  Text why = {0};
  diag_print_all(f->cc, &why);
  fprintf(stderr, "%s", why.at ? why.at : "no lowered problem");
  text_free(&why);
}

/* ---- a problem evaluated lane by lane, apart from the runtime ---- */
static double input_value(const Problem *p, const Block *b, const Input *in, uint32_t lane, const double *x) {
  switch (in->kind) {
    case IN_OWN:
    case IN_GIVEN: return x[problem_own(b, in->ref, lane)];
    case IN_PAR: return p->par[in->ref];
    case IN_COLUMN: return b->column[in->ref][lane];
    case IN_X: return x[in->ref];
    case IN_GATHER: return b->index[in->ref][lane] == NO_INDEX ? 0.0 : x[b->index[in->ref][lane]];
  }
  return NAN;
}

static void run(const Problem *p, const Prog *g, const Block *b, uint32_t lane, const double *x, double *out) {
  double *r = calloc(g->regs + 1u, sizeof *r), *in = calloc(b->k->nin + 1u, sizeof *in);
  if (r && in) {
    for (uint32_t i = 0; i < b->k->nin; i++) in[i] = input_value(p, b, &b->k->in[i], lane, x);
    prog_run(g, in, r);
    for (uint32_t i = 0; i < g->nout; i++) out[i] = r[g->out[i]];
  }
  free(r);
  free(in);
}

static uint32_t row_of(const Problem *p, const Block *b, uint32_t out, uint32_t lane) {
  if (out < b->k->nown) return problem_own(b, out, lane);
  const Share *s = &b->k->share[out - b->k->nown];
  uint32_t t = s->by_lane ? b->index[s->target][lane] : s->target;
  return t == NO_INDEX || t < p->nglobal ? t : p->nx + (t - p->nglobal);
}

/* Rows (terms: their sizes) and checks: nx + ncheck numbers. */
static void rows(const Problem *p, const double *x, int terms, double *F) {
  memset(F, 0, (p->nx + p->ncheck) * sizeof *F);
  for (uint32_t bi = 0; bi < p->nblock; bi++) {
    const Block *b = &p->block[bi];
    const Prog *g = terms ? &b->k->terms : &b->k->value;
    double *out = calloc(g->nout + 1u, sizeof *out);
    for (uint32_t l = 0; out && l < b->lanes; l++) {
      run(p, g, b, l, x, out);
      for (uint32_t o = 0; o < g->nout; o++) {
        uint32_t to = row_of(p, b, o, l);
        if (to != NO_INDEX) F[to] += out[o];
      }
    }
    free(out);
  }
}

/* ---- lookups by name ---- */
static SymId symbol(const Economy *e, const char *name, SymKind kind) {
  for (SymId s = 1; s < e->syms.n; s++)
    if (e->syms.at[s].kind == kind && !e->syms.at[s].dropped && !strcmp(str_text(e->cc->strs, e->syms.at[s].name), name)) return s;
  return 0;
}

static uint32_t by_name(const Problem *p, const char *name) {
  char buf[128];
  for (uint32_t i = 0; i < p->nx; i++) {
    p->names.unknown(p->names.ctx, i, buf, sizeof buf);
    if (!strcmp(buf, name)) return i;
  }
  return NO_INDEX;
}

static void set(const Problem *p, double *x, const char *name, double v) {
  uint32_t i = by_name(p, name);
  CU_ASSERT_FATAL(i != NO_INDEX);
  x[i] = v;
}

/* The published equilibrium from reference/rights-to-trade.json (12 digits), multipliers from the agents' conditions. */
static void at_reference(const Problem *p, double *x) {
  static const double c1now[2] = {2.68986099025, 1.31013900975}, c2now[2] = {1.77563941144, 0.86485304207};
  static const double c1later[2] = {1.32522579437, 2.67477420563}, c2later[2] = {1.77563941144, 3.58386813506};
  static const char *const who[2] = {"lender", "borrower"};
  const double p0 = 2.29482790065, p1 = 0.557019256313, Q = 4.11983584883, K = 0.679753773246;
  set(p, x, "p@now", p0);
  set(p, x, "p@later", p1);
  set(p, x, "Q", Q);
  for (int h = 0; h < 2; h++) {
    const struct { const char *before, *after; double v; } at[] = {
        {"c[", ",c1]@now", c1now[h]}, {"c[", ",c2]@now", c2now[h]}, {"c[", ",c1]@later", c1later[h]}, {"c[", ",c2]@later", c2later[h]},
        {"k[", "]", h == 0 ? 2 * K : 0}, {"theta[", "]", 0}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
      char name[64];
      snprintf(name, sizeof name, "%s%s%s", at[i].before, who[h], at[i].after);
      set(p, x, name, at[i].v);
    }
  }
}

/* Multipliers are where the conditions are linear in them: lambda(node) = u'(c1), collateral's excess over lambda at later. */
static void multipliers(const Fixture *f, double *x) {
  const Economy *e = f->economy;
  const Problem *p = lowered_problem(f->lowered);
  const Agent *a = &e->agents.at[0];
  const double Q = x[by_name(p, "Q")];
  for (uint32_t c = 0; c < a->constraints.n; c++) {
    const Constraint *g = &a->constraints.at[c];
    for (int h = 0; h < 2; h++)
      for (uint32_t n = 0; n < e->time.n; n++) {
        Elem type = set_elem(economy_set(e, a->set[0]), (uint32_t)h), ix[2] = {type, e->time.node[n].elem};
        uint32_t at = lowered_index(f->lowered, g->mult, ix, 2);
        if (at == NO_INDEX) continue;
        double lambda[2];
        for (int t = 0; t < 2; t++) {
          char name[64];
          snprintf(name, sizeof name, "c[%s,c1]@%s", h ? "borrower" : "lender", t ? "later" : "now");
          lambda[t] = pow(x[by_name(p, name)], -2.0);
        }
        x[at] = g->is_budget ? lambda[n] : Q * lambda[0] - lambda[1];
      }
  }
}

static void reference(void) {
  Fixture f = {0};
  lower_text(&f, data);
  CU_ASSERT_FATAL(f.lowered != NULL);
  const Problem *p = lowered_problem(f.lowered);
  CU_ASSERT(p->nglobal == 3 && p->nblock >= 1 && p->block[0].lanes == 2);
  CU_ASSERT(p->block[0].k->nown == 9);
  CU_ASSERT(p->nx == 21);
  double *x = calloc(p->nx, sizeof *x), *F = calloc(p->nx + p->ncheck, sizeof *F), *T = calloc(p->nx + p->ncheck, sizeof *T);
  CU_ASSERT_FATAL(x && F && T);
  at_reference(p, x);
  multipliers(&f, x);
  rows(p, x, 0, F);
  rows(p, x, 1, T);
  for (uint32_t i = 0; i < p->nx + p->ncheck; i++) {
    char name[128];
    p->names.condition(p->names.ctx, i, name, sizeof name);
    int slack = !strcmp(name, "first-order condition of k[borrower]") || !strcmp(name, "collateral[lender]");
    if (slack) CU_ASSERT(F[i] > -1e-10);
    if (!slack && !(fabs(F[i]) <= 1e-10 * T[i] + 1e-10)) {
      printf("%s: %g of %g\n", name, F[i], T[i]);
      CU_ASSERT(0);
    }
    CU_ASSERT(T[i] >= fabs(F[i]) * (1 - 1e-12));
  }
  free(x);
  free(F);
  free(T);
  arena_free(f.mem);
}

/* The Jacobian against central differences of the rows, at a point of no significance. */
static void jacobian(void) {
  Fixture f = {0};
  lower_text(&f, data);
  CU_ASSERT_FATAL(f.lowered != NULL);
  const Problem *p = lowered_problem(f.lowered);
  uint32_t n = p->nx, m = p->nx + p->ncheck;
  double *x = calloc(n, sizeof *x), *up = calloc(m, sizeof *up), *down = calloc(m, sizeof *down), *J = calloc((size_t)n * m, sizeof *J), *out = calloc(4096, sizeof *out);
  CU_ASSERT_FATAL(x && up && down && J && out);
  for (uint32_t i = 0; i < n; i++) x[i] = 0.5 + 0.37 * (double)(i * 7 % 11) / 3;
  for (uint32_t bi = 0; bi < p->nblock; bi++) {
    const Block *b = &p->block[bi];
    CU_ASSERT_FATAL(b->k->nentry <= 4096);
    for (uint32_t l = 0; l < b->lanes; l++) {
      run(p, &b->k->jac, b, l, x, out);
      for (uint32_t e = 0; e < b->k->nentry; e++) {
        const Input *in = &b->k->in[b->k->entry[e].in];
        CU_ASSERT(in->kind != IN_PAR && in->kind != IN_COLUMN);
        uint32_t col = in->kind == IN_OWN || in->kind == IN_GIVEN ? problem_own(b, in->ref, l) : in->kind == IN_X ? in->ref : b->index[in->ref][l];
        uint32_t row = row_of(p, b, b->k->entry[e].out, l);
        if (row != NO_INDEX && col != NO_INDEX) J[(size_t)row * n + col] += out[e];
      }
    }
  }
  for (uint32_t c = 0; c < n; c++) {
    double keep = x[c], h = 1e-6;
    x[c] = keep + h;
    rows(p, x, 0, up);
    x[c] = keep - h;
    rows(p, x, 0, down);
    x[c] = keep;
    for (uint32_t r = 0; r < m; r++) CU_ASSERT(fabs((up[r] - down[r]) / (2 * h) - J[(size_t)r * n + c]) <= 1e-6 * (1 + fabs(J[(size_t)r * n + c])));
  }
  free(x);
  free(up);
  free(down);
  free(J);
  free(out);
  arena_free(f.mem);
}

static void names_and_marks(void) {
  Fixture f = {0};
  lower_text(&f, data);
  CU_ASSERT_FATAL(f.lowered != NULL);
  const Problem *p = lowered_problem(f.lowered);
  char buf[128];
  CU_ASSERT(p->names.lane(p->names.ctx, 0, 1, buf, sizeof buf) == strlen("borrower") && !strcmp(buf, "borrower"));
  uint32_t c = by_name(p, "c[lender,c1]@now"), price = by_name(p, "p@later");
  CU_ASSERT_FATAL(c != NO_INDEX && price != NO_INDEX);
  p->names.condition(p->names.ctx, c, buf, sizeof buf);
  CU_ASSERT_STRING_EQUAL(buf, "first-order condition of c[lender,c1]@now");
  p->names.condition(p->names.ctx, price, buf, sizeof buf);
  CU_ASSERT_STRING_EQUAL(buf, "market c2@later");
  CU_ASSERT(p->names.unknown(p->names.ctx, c, buf, 4) == strlen("c[lender,c1]@now") && strlen(buf) == 3);
  const Kernel *k = p->block[0].k;
  unsigned logs = 0, claims = 0, ex_ante = 0;
  for (uint32_t s = 0; s < k->nown; s++) {
    logs += (k->flag[s] & OWN_LOG) != 0;
    claims += (k->flag[s] & OWN_CLAIM) != 0;
    ex_ante += (k->flag[s] & OWN_EX_ANTE) != 0;
  }
  CU_ASSERT(logs == 4 && claims == 1 && ex_ante == 1);
  CU_ASSERT(p->ncheck == 5);                            /* c2 at two nodes, the promise, the numeraire at two nodes */
  CU_ASSERT(p->block[0].mass[0] == 0.5);
  SymId theta = symbol(f.economy, "theta", SYM_CHOICE);
  Elem ix[2] = {set_elem(economy_set(f.economy, f.economy->agents.at[0].set[0]), 0), f.economy->time.node[1].elem};
  CU_ASSERT(lowered_index(f.lowered, theta, ix, 2) == NO_INDEX);
  ix[1] = f.economy->time.node[0].elem;
  CU_ASSERT(lowered_index(f.lowered, theta, ix, 2) == by_name(p, "theta[lender]"));
  arena_free(f.mem);
}

/* Many types: the same code, and other numbers without lowering again. */
static void many_types(void) {
  size_t length[2] = {0, 0};
  const unsigned types[2] = {10, 20000};
  for (int i = 0; i < 2; i++) {
    char facts[512];
    snprintf(facts, sizeof facts, "set H = 1..%u;\nparam m[H] = 1/%u, e[h in H, g in good, n in node] = 1 + frac(h*0.618);\n", types[i], types[i]);
    Fixture f = {0};
    lower_text(&f, facts);
    CU_ASSERT_FATAL(f.lowered != NULL);
    Text t = {0};
    lowered_print(f.lowered, &t);
    char *lanes = t.at ? strstr(t.at, "  lanes ") : NULL;
    CU_ASSERT(lanes != NULL);
    length[i] = t.n - (lanes ? strcspn(lanes, "\n") : 0);
    const Problem *p = lowered_problem(f.lowered);
    CU_ASSERT(p->block[0].lanes == types[i]);
    CU_ASSERT(lowered_fill(f.lowered, f.values, &f.model->questions.at[0]) == 0);
    CU_ASSERT(fabs(p->block[0].mass[types[i] - 1] - 1.0 / types[i]) < 1e-15);
    text_free(&t);
    arena_free(f.mem);
  }
  CU_ASSERT(length[0] == length[1]);
}

UNIT_MAIN("lower", {"Environment 1 at its published equilibrium", reference}, {"Jacobian", jacobian}, {"names and marks", names_and_marks}, {"many types", many_types})
