/* explain.c: the economy in readable mathematics, as text and as a LaTeX document: every agent's problem with its multipliers, the
 * conditions that follow from it, markets, normalisations and equations. First-order conditions are shown at current value: divided by
 * the present-value weight of the choice's node, which changes neither their sign nor where they hold. */
#include "bearing.h"
#include "pass.h"
#include "print.h"
#include "readable.h"
#include <string.h>

typedef struct { Printer p; Economy e; Arena *mem; Str only; } Explain;

static const char *text_of(const Explain *x, Str s) { return str_text(x->e.cc->strs, s); }
static const Sym *sym_of(const Explain *x, SymId s) { return economy_at(&x->e, s); }
static void put(Explain *x, const char *text, const char *latex) { text_put(x->p.out, x->p.latex ? latex : text); }

/* Words in running text. */
static void words(Explain *x, const char *s) {
  if (!x->p.latex) {
    text_put(x->p.out, s);
    return;
  }
  for (; *s; s++) {
    if (*s == '\\') text_put(x->p.out, "\\textbackslash{}");
    else if (*s == '~' || *s == '^') text_printf(x->p.out, "\\%c{}", *s);
    else {
      if (strchr("_&%$#{}", *s)) text_put(x->p.out, "\\");
      text_add(x->p.out, s, 1);
    }
  }
}

/* ---- lines ---- */
static void formula_open(Explain *x) { put(x, "    ", "\\[ "); }
static void formula_shut(Explain *x) { put(x, "\n", " \\]\n"); }
static void gap(Explain *x) { put(x, "   ", " \\qquad "); }
static void math_words(Explain *x, const char *s) {
  if (x->p.latex) text_put(x->p.out, "\\text{");
  words(x, s);
  if (x->p.latex) text_put(x->p.out, "}");
}

static void heading(Explain *x, const char *level, const char *what, const char *name) {
  if (x->p.latex) text_printf(x->p.out, "\n\\%s*{", level);
  words(x, what);
  if (*name) {
    text_put(x->p.out, " ");
    words(x, name);
  }
  put(x, "\n", "}\n");
}
static void label(Explain *x, const char *s) {
  put(x, "  ", "\n\\noindent ");
  words(x, s);
  put(x, "\n", "\n");
}

static void print_set(Explain *x, SymId s) {
  const Set *set = economy_set(&x->e, s);
  char buf[16];
  if (!set || set->kind != S_LIST || set->n > 6 || !set->n) {
    print_name(&x->p, sym_of(x, s)->name);
    return;
  }
  put(x, "{", "\\{");
  for (uint32_t i = 0; i < set->n; i++) {
    if (i) text_put(x->p.out, ", ");
    print_name(&x->p, str_of(x->e.cc->strs, elem_text(&x->e, set->at[i], buf)));
  }
  put(x, "}", "\\}");
}

/* "for g in good, n in {now}, where ..." */
static void for_all(Explain *x, const IdxId *binds, uint32_t n, const Expr *cond) {
  int said = 0;
  for (uint32_t i = 0; i < n; i++) {
    const Set *set = economy_set(&x->e, x->e.idxs.at[binds[i]].set);
    if (set && set->is_nodes && !x->e.time.declared) continue;
    if (!said++) {
      gap(x);
      math_words(x, "for ");
    } else text_put(x->p.out, ", ");
    print_ix(&x->p, ix_bound(binds[i]));
    put(x, " in ", " \\in ");
    print_set(x, x->e.idxs.at[binds[i]].set);
  }
  if (!cond) return;
  put(x, " where ", "\\text{ where }");
  print_cond(&x->p, cond);
}

static void bind_all(Explain *x, const IdxId *v, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) printer_bind(&x->p, v[i]);
}

/* ---- current value ---- */
static const Expr *current_value(Explain *x, const Agent *a, const Condition *c) {
  const Expr *row = expr_unguarded(x->mem, c->row);
  const Sym *s = sym_of(x, c->sym);
  if (s->node_dim < (int)a->nidx) return row;
  for (uint32_t i = 0; i < a->constraints.n; i++) {
    const Constraint *k = &a->constraints.at[i];
    Ix to = ix_bound(c->binds[(uint32_t)s->node_dim - a->nidx]);
    if (k->node && k->weight && !k->dropped) return expr_divided(x->mem, row, ex_subst(x->mem, expr_unguarded(x->mem, k->weight), &k->node, &to, 1));
  }
  return row;
}

/* ---- agents ---- */
static int chosen(const Explain *x, SymId s) { return !x->only || sym_of(x, s)->name == x->only; }

static const Expr *bound(Explain *x, const Sym *s, const Expr *b, const Ix *ix, uint32_t n) {
  return b && s->idx && n == s->ndom ? ex_subst(x->mem, b, s->idx, ix, n) : b;
}

static uint32_t full_indices(const Agent *a, const IdxId *binds, uint32_t n, Ix *ix, uint32_t max) {
  uint32_t m = 0;
  for (uint32_t i = 0; i < a->nidx && m < max; i++) ix[m++] = ix_bound(a->idx[i]);
  for (uint32_t i = 0; i < n && m < max; i++) ix[m++] = ix_bound(binds[i]);
  return m;
}

static void complements(Explain *x) { put(x, "  complements  ", " \\quad\\perp\\quad "); }

/* A relation with free indices; some of them are replaced by elements before it is printed. */
typedef struct { Ix *ix; uint32_t n /* of the unknown it is about */; IdxId bind[32]; uint32_t nbind; const Expr *f[3] /* rows or sides, condition; may be NULL */; } Line;

static void line_set(Explain *x, Line *l, uint32_t i, Elem v) {
  Ix to = ix_elem(v), from = ix_bound(l->bind[i]);
  for (uint32_t d = 0; d < l->n; d++)
    if (ix_equal(l->ix[d], from)) l->ix[d] = to;
  for (int k = 0; k < 3; k++)
    if (l->f[k]) l->f[k] = ex_subst(x->mem, l->f[k], &l->bind[i], &to, 1);
  for (l->nbind--; i < l->nbind; i++) l->bind[i] = l->bind[i + 1];
}

/* One line, or one for each element of an index that the formula tells apart by name; indices with one value take it. */
static void lines(Explain *x, const Line *l, void (*print)(Explain *, const Line *, void *), void *ctx) {
  for (uint32_t i = 0; i < l->nbind; i++) {
    const Set *set = economy_set(&x->e, x->e.idxs.at[l->bind[i]].set);
    int apart = set && set->n == 1;
    for (int k = 0; k < 3 && !apart; k++) apart = l->f[k] && expr_distinguishes(l->f[k], l->bind[i]);
    if (!apart || set->kind != S_LIST || set->n > 12) continue;
    for (uint32_t j = 0; j < set->n; j++) {
      Line one = *l;
      one.ix = ARENA_ARRAY(x->mem, Ix, l->n + 1);
      if (!one.ix) return;
      for (uint32_t d = 0; d < l->n; d++) one.ix[d] = l->ix[d];
      line_set(x, &one, i, set->at[j]);
      lines(x, &one, print, ctx);
    }
    return;
  }
  const Expr *cond = l->f[2] ? expr_readable(&x->e, x->mem, l->f[2]) : NULL;
  if (cond && ex_is_num(cond, 0)) return;
  Line done = *l;
  for (int k = 0; k < 2; k++) done.f[k] = l->f[k] ? expr_readable(&x->e, x->mem, l->f[k]) : NULL;
  done.f[2] = cond && cond->kind == E_NUM ? NULL : cond;
  print(x, &done, ctx);
}

static void lines_of(Explain *x, Ix *ix, uint32_t n, const IdxId *binds, uint32_t nbinds, const Expr *f, const Expr *g, const Expr *cond, void (*print)(Explain *, const Line *, void *), void *ctx) {
  Line l = {.ix = ix, .n = n, .f = {f, g, cond}};
  for (; l.nbind < nbinds && l.nbind < 32; l.nbind++) l.bind[l.nbind] = binds[l.nbind];
  lines(x, &l, print, ctx);
}

typedef struct { const Agent *a; const void *of; } Subject;

/* lower <= x <= upper complements row */
static void choice_line(Explain *x, const Line *l, void *ctx) {
  const Subject *subject = ctx;
  const Agent *a = subject->a;
  const Condition *c = subject->of;
  const Sym *s = sym_of(x, c->sym);
  const Expr *lo = bound(x, s, s->lower, l->ix, l->n), *up = bound(x, s, s->upper, l->ix, l->n);
  formula_open(x);
  if (lo) {
    print_expr(&x->p, lo);
    put(x, " <= ", " \\le ");
  }
  print_ref(&x->p, c->sym, l->ix, l->n);
  if (up) {
    put(x, " <= ", " \\le ");
    print_expr(&x->p, up);
  }
  if (!lo && !up) put(x, " free", "\\text{ free}");
  complements(x);
  print_expr(&x->p, l->f[0]);
  if (!a->value || (!lo && !up)) text_put(x->p.out, " = 0");
  else if (lo && !up) put(x, " >= 0", " \\ge 0");
  else if (up && !lo) put(x, " <= 0", " \\le 0");
  else math_words(x, " (>= 0 at the lower bound, <= 0 at the upper)");
  for_all(x, l->bind, l->nbind, l->f[2]);
  formula_shut(x);
}

static void multiplier_line(Explain *x, const Line *l, void *ctx) {
  const Subject *subject = ctx;
  const Condition *c = subject->of;
  const Constraint *k = &subject->a->constraints.at[c->constraint];
  formula_open(x);
  if (k->sense != C_EQ) put(x, "0 <= ", "0 \\le ");
  print_ref(&x->p, c->sym, l->ix, l->n);
  if (k->sense == C_EQ) put(x, " free", "\\text{ free}");
  complements(x);
  print_expr(&x->p, l->f[0]);
  if (k->sense == C_EQ) text_put(x->p.out, " = 0");
  else put(x, " >= 0", " \\ge 0");
  for_all(x, l->bind, l->nbind, l->f[2]);
  formula_shut(x);
}
static void own_condition(Explain *x, const Agent *a, const Condition *c, int of_choice) {
  Ix ix[32];
  uint32_t n = full_indices(a, c->binds, c->nbinds, ix, 32), scope = x->p.n;
  Subject subject = {a, c};
  bind_all(x, c->binds, c->nbinds);
  const Expr *row = of_choice && a->value ? current_value(x, a, c) : c->row;
  lines_of(x, ix, n, c->binds, c->nbinds, row, NULL, c->cond, of_choice ? choice_line : multiplier_line, &subject);
  printer_drop(&x->p, scope);
}

static void relation(Explain *x, Sense s) {
  if (s == C_EQ) text_put(x->p.out, " = ");
  else if (s == C_GE) put(x, " >= ", " \\ge ");
  else put(x, " <= ", " \\le ");
}

static void constraint_line(Explain *x, const Line *l, void *ctx) {
  const Constraint *k = ctx;
  formula_open(x);
  math_words(x, text_of(x, sym_of(x, k->sym)->name));
  put(x, ":  ", ":\\quad ");
  print_expr(&x->p, l->f[0]);
  relation(x, k->sense);
  print_expr(&x->p, l->f[1]);
  for_all(x, l->bind, l->nbind, l->f[2]);
  if (k->mult) {
    gap(x);
    math_words(x, "multiplier ");
    print_name(&x->p, sym_of(x, k->mult)->name);
  }
  formula_shut(x);
}
static void constraint(Explain *x, const Constraint *k) {
  uint32_t scope = x->p.n;
  Constraint copy = *k;
  bind_all(x, k->binds, k->nbinds);
  lines_of(x, NULL, 0, k->binds, k->nbinds, k->lhs, k->rhs, k->cond, constraint_line, &copy);
  printer_drop(&x->p, scope);
}

static int any_chosen(const Explain *x, const Agent *a) {
  int any = chosen(x, a->sym);
  for (uint32_t i = 0; i < a->choices.n; i++) any |= chosen(x, a->choices.at[i]);
  for (uint32_t i = 0; i < a->constraints.n; i++) any |= chosen(x, a->constraints.at[i].sym) || (a->constraints.at[i].mult && chosen(x, a->constraints.at[i].mult));
  return any;
}

static void head(Explain *x, const Agent *a) {
  const char *what = a->is_firm ? "firm" : "agent";
  heading(x, "section", what, text_of(x, sym_of(x, a->sym)->name));
  if (!a->nidx && !a->mass) return;
  formula_open(x);
  for (uint32_t i = 0; i < a->nidx; i++) {
    if (i) text_put(x->p.out, ", ");
    print_ix(&x->p, ix_bound(a->idx[i]));
    put(x, " in ", " \\in ");
    print_set(x, a->set[i]);
  }
  if (a->mass) {
    if (a->nidx) gap(x);
    math_words(x, "mass ");
    print_expr(&x->p, a->mass);
  }
  formula_shut(x);
}

static void choices(Explain *x, const Agent *a) {
  label(x, "chooses");
  formula_open(x);
  for (uint32_t i = 0; i < a->choices.n; i++) {
    if (i) text_put(x->p.out, ", ");
    print_name(&x->p, sym_of(x, a->choices.at[i])->name);
  }
  formula_shut(x);
}

static void agent(Explain *x, const Agent *a) {
  const Sym *value = a->value ? sym_of(x, a->value) : NULL;
  int whole = chosen(x, a->sym);
  x->p.n = 0;
  x->p.owner = a->sym;
  bind_all(x, a->idx, a->nidx);
  head(x, a);
  if (whole && a->choices.n) choices(x, a);
  if (whole && value && value->def) {
    Ix to[32];
    uint32_t n = full_indices(a, NULL, 0, to, 32);
    label(x, "maximizes");
    formula_open(x);
    print_expr(&x->p, value->idx ? ex_subst(x->mem, value->def, value->idx, to, n) : value->def);
    formula_shut(x);
  }
  int said = 0;
  for (uint32_t i = 0; i < a->constraints.n; i++) {
    const Constraint *k = &a->constraints.at[i];
    if (k->dropped || !(whole || chosen(x, k->sym) || (k->mult && chosen(x, k->mult)))) continue;
    if (!said++) label(x, value ? "subject to" : "follows");
    constraint(x, k);
  }
  said = 0;
  for (uint32_t i = 0; i < a->conditions.n; i++) {
    const Condition *c = &a->conditions.at[i];
    int is_mult = c->constraint >= 0 && sym_of(x, c->sym)->kind == SYM_MULT;
    if (!(whole || chosen(x, c->sym) || (is_mult && chosen(x, a->constraints.at[c->constraint].sym)))) continue;
    if (!said++) label(x, value ? "first-order conditions and complementarity" : "decided by");
    own_condition(x, a, c, !is_mult);
  }
}

/* ---- markets and the rest ---- */
static void market_line(Explain *x, const Line *l, void *ctx) {
  const Market *m = ctx;
  formula_open(x);
  if (!l->f[0] || !l->f[1]) math_words(x, "what the budgets trade at its price");
  else {
    print_expr(&x->p, l->f[0]);
    if (m->equality) text_put(x->p.out, " = ");
    else put(x, " <= ", " \\le ");
    print_expr(&x->p, l->f[1]);
  }
  if (!m->price) {
    gap(x);
    math_words(x, "price 1");
  } else if (m->equality) {
    gap(x);
    math_words(x, "price ");
    print_ref(&x->p, m->price, l->ix, l->n);
    math_words(x, " of any sign");
  } else {
    complements(x);
    print_ref(&x->p, m->price, l->ix, l->n);
    put(x, " >= 0", " \\ge 0");
  }
  for_all(x, l->bind, l->nbind, l->f[2]);
  formula_shut(x);
}

static void market(Explain *x, const Market *m) {
  static const char *const from[] = {"", "(derived from the budgets)", "(implied by the budgets)"};
  Ix ix[32];
  Market copy = *m;
  uint32_t n = 0;
  x->p.n = 0;
  bind_all(x, m->binds, m->nbinds);
  for (; n < m->nbinds && n < 32; n++) ix[n] = ix_bound(m->binds[n]);
  heading(x, "subsection", "market", text_of(x, sym_of(x, m->sym)->name));
  if (m->from != MARKET_WRITTEN) label(x, from[m->from]);
  lines_of(x, ix, n, m->binds, m->nbinds, m->demand, m->supply, m->cond, market_line, &copy);
}

static void relation_line(Explain *x, const char *name, const IdxId *binds, uint32_t n, const Expr *lhs, Sense s, const Expr *rhs, const Equation *q) {
  x->p.n = 0;
  bind_all(x, binds, n);
  formula_open(x);
  if (*name) {
    math_words(x, name);
    put(x, ":  ", ":\\quad ");
  }
  print_expr(&x->p, lhs);
  relation(x, s);
  print_expr(&x->p, rhs);
  if (q && q->perp) {
    complements(x);
    print_ref(&x->p, q->perp, q->perp_ix, q->nperp_ix);
  }
  for_all(x, binds, n, q ? q->cond : NULL);
  formula_shut(x);
}

/* Constraints in which prices occur, and what belongs together because of them; a line of words each. */
static void prices_in_constraints(Explain *x) {
  Economy e = x->e;
  Text t = {0};
  e.mem = x->mem;
  const Bearing *b = bearing_of(&e);
  if (!b) return;
  bearing_words(&x->e, b, &t);
  heading(x, "subsection", "constraints in which prices occur, beyond the ex-ante budget", "");
  for (const char *line = t.at; line && *line;) {
    const char *end = strchr(line, '\n');
    const char *one = arena_text(x->mem, line, end ? (size_t)(end - line) : strlen(line));
    if (one) label(x, one);
    line = end ? end + 1 : NULL;
  }
  text_free(&t);
}

static void body(Explain *x) {
  const Economy *e = &x->e;
  int said = 0;
  for (uint32_t i = 0; i < e->agents.n; i++)
    if (!e->agents.at[i].gone && any_chosen(x, &e->agents.at[i])) agent(x, &e->agents.at[i]);
  x->p.owner = 0;
  for (uint32_t i = 0; i < e->markets.n; i++) {
    const Market *m = &e->markets.at[i];
    if (!m->dropped && (chosen(x, m->sym) || (m->price && chosen(x, m->price)))) market(x, m);
  }
  for (uint32_t i = 0; i < e->normalisations.n && !x->only; i++) {
    const Normalisation *z = &e->normalisations.at[i];
    if (z->dropped) continue;
    if (!said++) heading(x, "subsection", "numeraire", "");
    relation_line(x, z->derived ? "chosen" : "", z->binds, z->nbinds, z->lhs, C_EQ, z->rhs, NULL);
  }
  said = 0;
  for (uint32_t i = 0; i < e->equations.n; i++) {
    const Equation *q = &e->equations.at[i];
    if (q->dropped || !(chosen(x, q->sym) || (q->perp && chosen(x, q->perp)))) continue;
    if (!said++) heading(x, "subsection", "equations", "");
    relation_line(x, text_of(x, sym_of(x, q->sym)->name), q->binds, q->nbinds, q->lhs, q->sense, q->rhs, q);
  }
  if (!x->only) prices_in_constraints(x);
  for (uint32_t i = 0; i < e->exchanges.n && !x->only; i++) {
    if (!i) heading(x, "subsection", "segregated exchanges (Kilenthong and Townsend, Definition 3)", "");
    label(x, text_of(x, e->exchanges.at[i]));
  }
  for (uint32_t i = 0; i < e->remarks.n && !x->only; i++) {
    if (!i) heading(x, "subsection", "what budgets add up to", "");
    label(x, text_of(x, e->remarks.at[i]));
  }
}

static Explain explain_new(const Economy *e, Str only, Text *out, int latex) {
  Explain x = {.e = *e, .mem = arena_new(NULL), .only = only};
  x.p = printer_new(e, out, latex);
  return x;
}

void explain_text(const Economy *e, Str only, Text *out) {
  Explain x = explain_new(e, only, out, 0);
  if (!x.mem) {
    out->failed = 1;
    return;
  }
  text_printf(out, "economy %s", text_of(&x, e->name));
  if (e->title) text_printf(out, " \"%s\"", text_of(&x, e->title));
  text_put(out, "\n");
  size_t opening = out->n;
  body(&x);
  if (only && out->n == opening) text_free(out);
  printer_free(&x.p);
  arena_free(x.mem);
}

void explain_latex(const Economy *e, Str only, Text *out) {
  Explain x = explain_new(e, only, out, 1);
  if (!x.mem) {
    out->failed = 1;
    return;
  }
  text_put(out, "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{amsmath}\n\\setlength{\\textwidth}{18cm}\\setlength{\\oddsidemargin}{-1cm}\n\\allowdisplaybreaks\n\\begin{document}\n\\small\n\\title{");
  words(&x, text_of(&x, e->title ? e->title : e->name));
  text_put(out, "}\\author{}\\date{}\\maketitle\n");
  size_t opening = out->n;
  body(&x);
  text_put(out, "\\end{document}\n");
  if (only && out->n == opening + strlen("\\end{document}\n")) text_free(out);
  printer_free(&x.p);
  arena_free(x.mem);
}
