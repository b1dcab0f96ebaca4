/* print.c: expressions in the language's own notation and as LaTeX. */
#include "print.h"
#include "statistic.h"
#include "pass.h"
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { LEVEL_OPEN, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_POWER, LEVEL_ATOM };

/* ---- names of index variables ---- */
Printer printer_new(const Economy *e, Text *out, int latex) { return (Printer){.e = e, .out = out, .latex = latex}; }
void printer_free(Printer *p) {
  free(p->at);
  p->at = NULL;
  p->n = p->cap = 0;
}
void printer_drop(Printer *p, uint32_t n) {
  if (p->n > n) p->n = n;
}

static const char *name_of(const Printer *p, IdxId v) {
  for (uint32_t i = p->n; i-- > 0;)
    if (p->at[i].v == v) return p->at[i].name;
  return NULL;
}

const char *printer_bind(Printer *p, IdxId v) {
  const char *known = name_of(p, v), *base = v < p->e->idxs.n ? str_text(p->e->cc->strs, p->e->idxs.at[v].name) : "";
  if (p->e->node_set && v < p->e->idxs.n && p->e->idxs.at[v].name == economy_at(p->e, p->e->node_set)->name) base = "n";
  if (*base >= '0' && *base <= '9') base = "n";         /* a family at one node, known by the node's number */
  if (p->n == p->cap) {
    uint32_t cap = p->cap ? 2 * p->cap : 16;
    ShownName *at = realloc(p->at, cap * sizeof *at);
    if (!at) {
      p->out->failed = 1;
      return "i";
    }
    p->at = at;
    p->cap = cap;
  }
  ShownName *s = &p->at[p->n];
  const Set *set = v < p->e->idxs.n ? economy_set(p->e, p->e->idxs.at[v].set) : NULL;
  *s = (ShownName){.v = v, .node = set && set->is_nodes};
  snprintf(s->name, sizeof s->name, "%.30s", known ? known : *base ? base : s->node ? "n" : "i");
  for (unsigned k = 2; !known; k++) {
    uint32_t i = 0;
    while (i < p->n && strcmp(p->at[i].name, s->name)) i++;
    if (i == p->n) break;
    snprintf(s->name, sizeof s->name, "%.25s%u", *base ? base : s->node ? "n" : "i", k);
  }
  p->n++;
  return s->name;
}

static void free_ix(Printer *p, Ix x, const IdxId *bound, uint32_t n);
static void free_names(Printer *p, const Expr *e, IdxId *bound, uint32_t n) {
  uint32_t m = n;
  if (n + e->nbinds + 1 >= 64) return;
  if (e->kind == E_IDX && !e->nix) free_ix(p, ix_bound(e->v), bound, n);
  if (e->kind == E_SUM) {
    if (e->dom.succ) free_ix(p, e->dom.prev, bound, n);
    bound[m++] = e->bind;
  }
  for (uint32_t i = 0; i < e->nbinds; i++) bound[m++] = e->binds[i];
  for (uint32_t i = 0; i < e->nix; i++) free_ix(p, e->ix[i], bound, n);
  for (uint32_t i = 0; i < e->nkid; i++) free_names(p, e->kid[i], bound, m);
}
static void free_ix(Printer *p, Ix x, const IdxId *bound, uint32_t n) {
  IdxId inner[64];
  if (x.e) {
    memcpy(inner, bound, n * sizeof *inner);
    free_names(p, x.e, inner, n);
  }
  if ((x.kind != IX_BOUND && x.kind != IX_PREV) || !x.v || name_of(p, x.v)) return;
  for (uint32_t i = 0; i < n; i++)
    if (bound[i] == x.v) return;
  printer_bind(p, x.v);
}
/* Enters the variables that are free in an expression. */
static void printer_free_names(Printer *p, const Expr *e) {
  IdxId bound[64];
  free_names(p, e, bound, 0);
}

/* ---- words ---- */
static const char *const greek[] = {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho",
                                    "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega"};

static void latex_word(Text *t, const char *s) {
  for (size_t i = 0; i < sizeof greek / sizeof *greek; i++)
    if (!strcmp(s, greek[i])) {
      text_printf(t, "\\%s{}", s);
      return;
    }
  if (s[0] && !s[1]) {
    text_put(t, s);
    return;
  }
  text_put(t, "\\mathit{");
  for (; *s; s++) {
    if (strchr("_&%$#{}", *s)) text_put(t, "\\");
    if (*s == '\\' || *s == '^' || *s == '~') continue;
    text_add(t, s, 1);
  }
  text_put(t, "}");
}
static void word(Printer *p, const char *s) {
  if (p->latex) latex_word(p->out, s);
  else text_put(p->out, s);
}
void print_name(Printer *p, Str s) { word(p, str_text(p->e->cc->strs, s)); }

static void number(Printer *p, double v) {
  Text t = {0};
  text_number(&t, v);
  const char *exponent = t.at ? strchr(t.at, 'e') : NULL;
  if (!p->latex || !exponent) text_put(p->out, t.at ? t.at : "");
  else text_printf(p->out, "%.*s \\cdot 10^{%d}", (int)(exponent - t.at), t.at, atoi(exponent + 1));
  text_free(&t);
}

/* ---- indices and references ---- */
static void print_at(Printer *p, const Expr *e, int level);

static uint32_t nodes_in_scope(const Printer *p) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < p->n; i++) n += p->at[i].node != 0;
  return n;
}

void print_ix(Printer *p, Ix x) {
  char buf[16];
  const char *name;
  switch (x.kind) {
  case IX_ELEM: word(p, elem_text(p->e, x.v, buf)); return;
  case IX_EXPR: print_at(p, x.e, LEVEL_OPEN); return;
  case IX_BOUND:
    name = name_of(p, x.v);
    word(p, name ? name : str_text(p->e->cc->strs, x.v < p->e->idxs.n ? p->e->idxs.at[x.v].name : 0));
    return;
  case IX_PREV: break;
  }
  text_put(p->out, p->latex ? "\\mathrm{prev}" : "prev");
  if (!x.e && !p->latex && nodes_in_scope(p) == 1) return;
  text_put(p->out, "(");
  if (x.e) print_at(p, x.e, LEVEL_OPEN);
  else print_ix(p, ix_bound(x.v));
  text_put(p->out, ")");
}

/* A name that another class has as well is said with its class. */
static int needs_class(const Printer *p, SymId sym) {
  const Sym *s = economy_at(p->e, sym);
  if ((s->kind != SYM_CHOICE && s->kind != SYM_MULT && s->kind != SYM_VALUE) || !s->owner || s->owner == p->owner) return 0;
  for (SymId i = 1; i < p->e->syms.n; i++)
    if (i != sym && p->e->syms.at[i].name == s->name && p->e->syms.at[i].kind == s->kind) return 1;
  return 0;
}

void print_ref(Printer *p, SymId sym, const Ix *ix, uint32_t n) {
  const Sym *s = economy_at(p->e, sym);
  int node = s->node_dim >= 0 && (uint32_t)s->node_dim < n ? s->node_dim : -1, open = 0;
  if (s->kind == SYM_PARAM && s->builtin && p->latex && !strcmp(str_text(p->e->cc->strs, s->name), "prob")) text_put(p->out, "\\Pr");
  else print_name(p, s->name);
  if (needs_class(p, sym)) {
    text_put(p->out, p->latex ? "_{" : "[");
    print_name(p, economy_at(p->e, s->owner)->name);
    open = 1;
  }
  for (uint32_t i = 0; i < n; i++) {
    if ((int)i == node && (!p->latex || !p->e->time.declared)) continue;
    text_put(p->out, open ? "," : p->latex ? "_{" : "[");
    open = 1;
    print_ix(p, ix[i]);
  }
  if (open) text_put(p->out, p->latex ? "}" : "]");
  if (node >= 0 && !p->latex && p->e->time.declared) {
    text_put(p->out, "@");
    print_ix(p, ix[node]);
  }
}

/* ---- conditions ---- */
static void two(Printer *p, const Expr *e, const char *op) {
  if (e->nix == 2) {
    print_ix(p, e->ix[0]);
    text_put(p->out, op);
    print_ix(p, e->ix[1]);
    return;
  }
  print_at(p, e->kid[0], LEVEL_SUM);
  text_put(p->out, op);
  print_at(p, e->kid[1], LEVEL_SUM);
}
static void listed(Printer *p, const Expr *e, const char *op) {
  for (uint32_t i = 0; i < e->nkid; i++) {
    int inner = e->kid[i]->kind == E_AND || e->kid[i]->kind == E_OR;
    if (i) text_put(p->out, op);
    if (inner) text_put(p->out, "(");
    print_cond(p, e->kid[i]);
    if (inner) text_put(p->out, ")");
  }
}
/* Few elements are listed, one is an equality. */
static void print_in(Printer *p, const Expr *c) {
  const Set *s = economy_set(p->e, c->sym);
  char buf[16];
  print_ix(p, c->ix[0]);
  if (s && s->kind == S_LIST && s->n == 1) {
    text_put(p->out, " = ");
    word(p, elem_text(p->e, s->at[0], buf));
    return;
  }
  text_put(p->out, p->latex ? " \\in " : " in ");
  if (!s || s->kind != S_LIST || !s->n || s->n > 4) {
    print_name(p, economy_at(p->e, c->sym)->name);
    return;
  }
  for (uint32_t i = 0; i < s->n; i++) {
    text_put(p->out, i ? ", " : p->latex ? "\\{" : "{");
    word(p, elem_text(p->e, s->at[i], buf));
  }
  text_put(p->out, p->latex ? "\\}" : "}");
}

void print_cond(Printer *p, const Expr *c) {
  switch (c->kind) {
  case E_LT: two(p, c, " < "); return;
  case E_LE: two(p, c, p->latex ? " \\le " : " <= "); return;
  case E_EQ: case E_DELTA: two(p, c, " = "); return;
  case E_NE: two(p, c, p->latex ? " \\ne " : " != "); return;
  case E_AND: listed(p, c, p->latex ? "\\text{ and }" : " and "); return;
  case E_OR: listed(p, c, p->latex ? "\\text{ or }" : " or "); return;
  case E_NOT:
    text_put(p->out, p->latex ? "\\text{not }(" : "not (");
    print_cond(p, c->kid[0]);
    text_put(p->out, ")");
    return;
  case E_IN: print_in(p, c); return;
  default: print_at(p, c, LEVEL_SUM);
  }
}

/* ---- the rest ---- */
static void open(Printer *p, int yes) {
  if (yes) text_put(p->out, p->latex ? "\\left(" : "(");
}
static void shut(Printer *p, int yes) {
  if (yes) text_put(p->out, p->latex ? "\\right)" : ")");
}

static void print_add(Printer *p, const Expr *e) {
  for (uint32_t i = 0; i < e->nkid; i++) {
    const Expr *k = e->kid[i];
    int minus = k->kind == E_NEG || (k->kind == E_NUM && k->num < 0);
    if (i) text_put(p->out, minus ? " - " : " + ");
    else if (minus) text_put(p->out, "-");
    if (k->kind == E_NEG) print_at(p, k->kid[0], LEVEL_PRODUCT);
    else if (minus) number(p, -k->num);
    else print_at(p, k, i ? LEVEL_PRODUCT : LEVEL_SUM);
  }
}

static void print_mul(Printer *p, const Expr *e) {
  for (uint32_t i = 0; i < e->nkid; i++) {
    if (i) text_put(p->out, p->latex ? " \\, " : "*");
    print_at(p, e->kid[i], i ? LEVEL_POWER : LEVEL_PRODUCT);
  }
}

/* The one node of an economy without a tree goes without saying. */
static int is_unsaid(const Printer *p, const Expr *e) { return !p->e->time.declared && e->kind == E_SUM && !e->dom.succ && e->dom.set == p->e->node_set && e->nkid == 1; }

static void print_sum(Printer *p, const Expr *e) {
  uint32_t scope = p->n;
  char name[40];
  const Sym *set = economy_at(p->e, e->dom.set);
  int all = e->dom.set == p->e->node_set;
  snprintf(name, sizeof name, "%s", printer_bind(p, e->bind));
  text_put(p->out, p->latex ? "\\sum_{" : "sum(");
  word(p, name);
  text_put(p->out, p->latex ? " \\in " : " in ");
  if (e->dom.succ) {
    text_put(p->out, p->latex ? "\\mathrm{next}(" : "next(");
    print_ix(p, e->dom.prev);
    text_put(p->out, ")");
  } else print_name(p, set->name);
  const char *sep = p->latex ? ",\\ " : " if ";
  if (e->dom.succ && !all) {
    text_put(p->out, sep);
    word(p, name);
    text_put(p->out, p->latex ? " \\in " : " in ");
    print_name(p, set->name);
    sep = p->latex ? ",\\ " : " and ";
  }
  if (e->nkid > 1) {
    int inner = e->kid[1]->kind == E_OR && e->dom.succ && !all;
    text_put(p->out, sep);
    if (inner) text_put(p->out, "(");
    print_cond(p, e->kid[1]);
    if (inner) text_put(p->out, ")");
  }
  text_put(p->out, p->latex ? "} " : ", ");
  print_at(p, e->kid[0], p->latex ? LEVEL_PRODUCT : LEVEL_OPEN);
  if (!p->latex) text_put(p->out, ")");
  printer_drop(p, scope);
}

static void print_call(Printer *p, const char *name, const Expr *e) {
  if (p->latex) text_printf(p->out, "\\operatorname{%s}\\left(", name);
  else text_printf(p->out, "%s(", name);
  for (uint32_t i = 0; i < e->nkid; i++) {
    if (i) text_put(p->out, ", ");
    print_at(p, e->kid[i], LEVEL_OPEN);
  }
  text_put(p->out, p->latex ? "\\right)" : ")");
}

static void print_statistic(Printer *p, const Expr *e) {
  const Statistic *s = &econ_statistics[e->v];
  print_call(p, s->name, e);
  if (!(e->num > 0) || p->latex || p->out->failed) return;
  p->out->n--;                                          /* the word is its last argument */
  text_printf(p->out, ", %s)", s->word[(int)e->num - 1]);
}

static void print_total(Printer *p, const Expr *e) {
  uint32_t scope = p->n;
  for (uint32_t i = 0; i < e->nbinds; i++) printer_bind(p, e->binds[i]);
  print_call(p, "total", e);
  printer_drop(p, scope);
}

static void print_if(Printer *p, const Expr *e) {
  int nothing = ex_is_num(e->kid[2], 0);
  text_put(p->out, p->latex ? "\\begin{cases} " : "if ");
  if (p->latex) {
    print_at(p, e->kid[1], LEVEL_OPEN);
    text_put(p->out, " & \\text{if } ");
    print_cond(p, e->kid[0]);
    text_put(p->out, " \\\\ ");
    print_at(p, e->kid[2], LEVEL_OPEN);
    text_put(p->out, nothing ? " & \\text{elsewhere} \\end{cases}" : " & \\text{otherwise} \\end{cases}");
    return;
  }
  print_cond(p, e->kid[0]);
  text_put(p->out, " then ");
  print_at(p, e->kid[1], LEVEL_SUM);
  text_put(p->out, " else ");
  print_at(p, e->kid[2], LEVEL_OPEN);
}

static void print_div(Printer *p, const Expr *e) {
  text_put(p->out, p->latex ? "\\frac{" : "");
  print_at(p, e->kid[0], p->latex ? LEVEL_OPEN : LEVEL_PRODUCT);
  text_put(p->out, p->latex ? "}{" : "/");
  print_at(p, e->kid[1], p->latex ? LEVEL_OPEN : LEVEL_POWER);
  text_put(p->out, p->latex ? "}" : "");
}

static void print_pow(Printer *p, const Expr *e) {
  int ref = p->latex && e->kid[0]->kind == E_REF;
  if (ref) text_put(p->out, "{");
  print_at(p, e->kid[0], LEVEL_ATOM);
  text_put(p->out, ref ? "}^{" : p->latex ? "^{" : "^");
  print_at(p, e->kid[1], p->latex ? LEVEL_OPEN : LEVEL_ATOM);
  if (p->latex) text_put(p->out, "}");
}

static int level_of(const Printer *p, const Expr *e) {
  switch (e->kind) {
  case E_ADD: return LEVEL_SUM;
  case E_NEG: return LEVEL_SUM;
  case E_NUM: return e->num < 0 ? LEVEL_SUM : LEVEL_ATOM;
  case E_MUL: return LEVEL_PRODUCT;
  case E_DIV: return p->latex ? LEVEL_POWER : LEVEL_PRODUCT;
  case E_POW: return LEVEL_POWER;
  case E_IF: return p->latex ? LEVEL_ATOM : LEVEL_OPEN;
  case E_SUM: return p->latex ? LEVEL_PRODUCT : LEVEL_ATOM;
  case E_LT: case E_LE: case E_EQ: case E_NE: case E_IN: case E_AND: case E_OR: case E_NOT: case E_DELTA: return LEVEL_OPEN;
  default: return LEVEL_ATOM;
  }
}

static void print_node(Printer *p, const Expr *e) {
  static const char *const fn[] = {"log", "exp", "sqrt", "abs", "mod", "frac", "halton", "floor"};
  char buf[16];
  switch (e->kind) {
  case E_NUM: number(p, e->num); return;
  case E_REF:
    if (e->solution) {
      print_name(p, e->solution);
      text_put(p->out, ".");
    }
    print_ref(p, e->sym, e->ix, e->nix);
    return;
  case E_ADD: print_add(p, e); return;
  case E_MUL: print_mul(p, e); return;
  case E_NEG:
    text_put(p->out, "-");
    print_at(p, e->kid[0], LEVEL_PRODUCT);
    return;
  case E_DIV: print_div(p, e); return;
  case E_POW: print_pow(p, e); return;
  case E_CALL: print_call(p, fn[e->fn], e); return;
  case E_MIN: print_call(p, "min", e); return;
  case E_MAX: print_call(p, "max", e); return;
  case E_GIVEN: print_call(p, "given", e); return;
  case E_IF: print_if(p, e); return;
  case E_SUM: print_sum(p, e); return;
  case E_TOTAL: print_total(p, e); return;
  case E_STAT: print_statistic(p, e); return;
  case E_NAMED: print_name(p, e->solution ? e->solution : economy_at(p->e, e->sym)->name); return;
  case E_ELEM: word(p, elem_text(p->e, e->v, buf)); return;
  case E_IDX: print_ix(p, e->nix ? e->ix[0] : ix_bound(e->v)); return;
  case E_LT: case E_LE: case E_EQ: case E_NE: case E_IN: case E_AND: case E_OR: case E_NOT: case E_DELTA: print_cond(p, e); return;
  }
}

static void print_at(Printer *p, const Expr *e, int level) {
  while (is_unsaid(p, e)) e = e->kid[0];
  int paren = level_of(p, e) < level;
  open(p, paren);
  print_node(p, e);
  shut(p, paren);
}

void print_expr(Printer *p, const Expr *e) { print_at(p, e, LEVEL_OPEN); }

void expr_print(const Economy *e, const Expr *x, Text *out) {
  Printer p = printer_new(e, out, 0);
  printer_free_names(&p, x);
  print_expr(&p, x);
  printer_free(&p);
}
