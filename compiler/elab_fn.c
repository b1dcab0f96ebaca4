/* elab_fn.c: calls: builtin functions, the user's functions written out at each call, sums, totals. */
#include "elab.h"

static Env *env_find(const Cx *cx, Str name) {
  Env *e = cx->env;
  while (e && e->name != name) e = e->up;
  return e;
}

static Env *env_push(Cx *cx, Env v) {
  Env *e = ARENA_NEW(cx->el->mem, Env);
  if (!e) return NULL;
  v.level = cx->level;
  v.up = cx->env;
  *e = v;
  cx->env = e;
  return e;
}

/* ---- what a sum runs over ---- */
typedef struct { Str name; SymId set; const Ast *cond; const Env *domain; Span at; } Range;

/* One argument that names a range: `j in N`, `[j in N if ...]`, a set's name, a function's index argument. 1: it is none; 2: wrong. */
static int range_of(Cx *cx, const Ast *a, Range *r) {
  Elab *el = cx->el;
  *r = (Range){.at = a->span};
  if (a->kind == AST_NAME) {
    Env *e = env_find(cx, a->text);
    r->name = a->text;
    if (e && e->kind == BIND_DOMAIN) {
      e->used = 1;
      r->domain = e;
      r->set = e->set;
      return 0;
    }
    return (r->set = elab_set_named(el, a->text, a->span, 1)) == 0;
  }
  if (a->kind == AST_BINDER) {
    Head h;
    uint32_t n;
    Ast one = {.kind = AST_INDICES, .span = a->span, .kid = (Ast *[]){(Ast *)(uintptr_t)a}, .nkid = 1};
    const Ast *dom = a->nkid ? a->kid[0] : NULL;
    Env *e = dom && dom->kind == AST_NAME ? env_find(cx, dom->text) : NULL;
    if (e && e->kind == BIND_DOMAIN) {                  /* g in j, where j is a function's index argument */
      e->used = 1;
      *r = (Range){.name = a->text, .set = e->set, .domain = e, .at = a->span};
      return 0;
    }
    if (elab_heads(el, &one, NULL, &h, &n, NULL)) return 2;
    r->name = h.name;
    r->set = h.set;
    return 0;
  }
  if (a->kind == AST_INDICES) {
    Head h[MAX_INDICES];
    uint32_t n;
    if (elab_heads(el, a, NULL, h, &n, &r->cond)) return 2;
    if (n != 1) return 1;
    r->name = h[0].name;
    r->set = h[0].set;
    return 0;
  }
  return a->kind == AST_ERROR ? 2 : 1;
}

/* Binds the range; *cond its condition or NULL. 0, or 1 after a diagnostic. */
static int bind_range(Cx *cx, const Range *r, IdxId *v, const Expr **cond) {
  *cond = NULL;
  Env *e = elab_bind(cx, r->name, r->set, v);
  if (!e) return 1;
  e->of_sum = 1;
  if (r->domain && r->domain->value) {
    Ix to = ix_bound(*v);
    *cond = ex_subst(cx->el->mem, r->domain->value, r->domain->formal, &to, 1);
  }
  if (!r->cond) return 0;
  *cond = elab_condition(cx, r->cond);
  return *cond == NULL;
}

static const Expr *date_sum(Cx *cx, const Ast *call) {
  Cx in = *cx;
  IdxId v;
  SymId nodes = cx->el->eco->node_set;
  in.level++;
  if (!elab_bind(&in, 0, nodes, &v)) return NULL;
  in.env = cx->env;
  in.has_here = 1;
  in.here = ix_bound(v);
  in.here_set = nodes;
  in.objective = 0;
  in.has_next = 0;
  const Expr *x = elab_number(&in, call->kid[2]);
  return x ? ex_sum(cx->el->mem, elab_at(cx, call), v, (Domain){.set = nodes}, x, NULL) : NULL;
}

static const Expr *elab_sum(Cx *cx, const Ast *call) {
  Elab *el = cx->el;
  uint32_t n = call->nkid - 1;
  IdxId v[MAX_INDICES];
  const Expr *cond[MAX_INDICES];
  Range r[MAX_INDICES];
  if (n == 2 && call->kid[1]->kind == AST_NAME && call->kid[1]->text == el->w[W_date] && !env_find(cx, call->kid[1]->text)) return date_sum(cx, call);
  if (n < 2 || n > MAX_INDICES) {
    diag_add(el->cc, SEV_ERROR, "fn.sum", elab_at(cx, call), "a sum says over what and of what: sum(j in SET, ...)");
    return NULL;
  }
  Cx in = *cx;
  in.level++;
  for (uint32_t i = 0; i + 1 < n; i++) {
    int none = range_of(cx, call->kid[i + 1], &r[i]);
    if (none == 2) return NULL;
    if (none && call->kid[i + 1]->kind == AST_NAME) elab_unknown(el, cx, call->kid[i + 1], call->kid[i + 1]->text, 1u << NS_SET, "a set, and a sum runs over one");
    else if (none) diag_add(el->cc, SEV_ERROR, "fn.sum", elab_at(cx, call->kid[i + 1]), "a sum runs over a set: sum(j in SET, ...)");
    if (none || bind_range(&in, &r[i], &v[i], &cond[i])) return NULL;
  }
  const Expr *e = elab_number(&in, call->kid[n]);
  for (uint32_t i = n - 1; e && i-- > 0;) e = ex_sum(el->mem, elab_at(cx, call), v[i], (Domain){.set = r[i].set}, e, cond[i]);
  return e;
}

/* ---- totals ---- */
typedef struct { SymId class[64]; uint32_t n; int any; } Owners;       /* any: no owned name was met */

static void keep_common(Owners *o, const Named *first, SymId only) {
  uint32_t m = 0;
  for (uint32_t i = 0; i < o->n; i++) {
    int has = 0;
    for (const Named *k = first; k; k = k->next) has |= k->owner == o->class[i];
    if (has && (!only || only == o->class[i])) o->class[m++] = o->class[i];
  }
  o->n = m;
  o->any = 0;
}

static SymId class_prefix(const Cx *cx, const Ast *index) {
  if (index->nkid < 2 || index->kid[1]->kind != AST_NAME) return 0;
  const Named *c = scope_find(cx->el->scope, NS_STRUCTURE, index->kid[1]->text);
  return c && economy_agent(cx->el->eco, c->sym) ? c->sym : 0;
}

static void owners_in(const Cx *cx, const Ast *a, Owners *o) {
  if (!a) return;
  const Ast *base = a->kind == AST_INDEX ? a->kid[0] : a;
  while (base->kind == AST_AT || base->kind == AST_INDEX) base = base->kid[0];
  if (base->kind == AST_NAME && (a->kind == AST_INDEX || a->kind == AST_NAME || a->kind == AST_AT)) {
    const Named *n = env_find(cx, base->text) ? NULL : scope_find(cx->el->scope, NS_VALUE, base->text);
    int filewide = n && scope_owned(cx->el->scope, NS_VALUE, base->text, 0);
    if (n && !filewide) {
      const Ast *index = a;
      while (index->kind == AST_AT) index = index->kid[0];
      SymId p = index->kind == AST_INDEX ? class_prefix(cx, index) : 0;
      int has = 0;
      for (const Named *k = n; k; k = k->next) has |= k->owner == p;
      keep_common(o, n, has ? p : 0);
    }
    if (!(base->text == cx->el->w[W_E] && a->kind == AST_INDEX)) return;
  }
  for (uint32_t i = a->kind == AST_CALL ? 1 : 0; i < a->nkid; i++)
    if (!(a->kind == AST_AT && i == 1)) owners_in(cx, a->kid[i], o);
}

/* Does a parameter in the term, one of those given without all of their indices, range over one of the class's type sets? */
static int has_types(const Cx *cx, const Ast *a, const Agent *g) {
  if (!a) return 0;
  const Ast *base = a->kind == AST_INDEX ? a->kid[0] : a;
  if (base->kind == AST_NAME && (a->kind == AST_INDEX || a->kind == AST_NAME)) {
    const Named *n = env_find(cx, base->text) ? NULL : scope_owned(cx->el->scope, NS_VALUE, base->text, 0);
    const Sym *s = n && n->kind == NAMED_SYMBOL && n->sym ? economy_at(cx->el->eco, n->sym) : NULL;
    uint32_t given = a->kind == AST_INDEX ? a->nkid - 1 : 0;
    for (uint32_t d = 0; s && s->kind == SYM_PARAM && given < s->ndom && d < s->ndom; d++)
      for (uint32_t k = 0; k < g->nidx; k++)
        if (s->dom[d] == g->set[k]) return 1;
  }
  for (uint32_t i = a->kind == AST_CALL ? 1 : 0; i < a->nkid; i++)
    if (!(a->kind == AST_AT && i == 1) && has_types(cx, a->kid[i], g)) return 1;
  return 0;
}

static const Expr *total_of(Cx *cx, const Ast *call, const Ast *term, SymId class) {
  Elab *el = cx->el;
  Cx in = *cx;
  IdxId v[MAX_INDICES];
  Ix *type = ARENA_ARRAY(el->mem, Ix, MAX_INDICES);
  uint32_t n = economy_agent(el->eco, class)->nidx;
  if (!type || n > MAX_INDICES) return NULL;
  in.level++;
  for (uint32_t i = 0; i < n; i++) {
    const Agent *a = economy_agent(el->eco, class);
    Str name = el->eco->idxs.at[a->idx[i]].name;
    if (!elab_bind(&in, env_find(cx, name) || cx->agent >= 0 ? 0 : name, a->set[i], &v[i])) return NULL;
    type[i] = ix_bound(v[i]);
  }
  in.agent = (int)(economy_agent(el->eco, class) - el->eco->agents.at);
  in.type = type;
  const Expr *e = elab_number(&in, term);
  return e ? ex_total(el->mem, elab_at(cx, call), class, v, n, e) : NULL;
}

static const Expr *total_term(Cx *cx, const Ast *call, const Ast *a) {
  Elab *el = cx->el;
  Arena *m = el->mem;
  while (a->kind == AST_PAREN) a = a->kid[0];
  if (a->kind == AST_CHAIN && strchr("+-", a->ops[0])) {
    const Expr **kid = ARENA_ARRAY(m, const Expr *, a->nkid);
    int wrong = !kid;
    for (uint32_t i = 0; kid && i < a->nkid; i++) {
      kid[i] = total_term(cx, call, a->kid[i]);
      wrong |= !kid[i];
      if (kid[i] && i && a->ops[i - 1] == '-') kid[i] = ex_neg(m, elab_at(cx, a->kid[i]), kid[i]);
    }
    return wrong ? NULL : ex_add(m, elab_at(cx, a), kid, a->nkid);
  }
  if (a->kind == AST_NEG) {
    const Expr *e = total_term(cx, call, a->kid[0]);
    return e ? ex_neg(m, elab_at(cx, a), e) : NULL;
  }
  Owners o = {.any = 1};
  for (uint32_t i = 0; i < el->eco->agents.n && o.n < 64; i++) o.class[o.n++] = el->eco->agents.at[i].sym;
  owners_in(cx, a, &o);
  if (o.any && o.n > 1) {                               /* a parameter of one class's types, such as total(e[c1]) */
    Owners fit = {0}, typed = {0};
    for (uint32_t k = 0; k < o.n; k++) {
      const Agent *g = economy_agent(el->eco, o.class[k]);
      if (!g->nidx) continue;
      typed.class[typed.n++] = o.class[k];
      if (has_types(cx, a, g)) fit.class[fit.n++] = o.class[k];
    }
    if (fit.n) o = fit;
    else if (typed.n == 1 && diag_errors(el->cc->diags) == 0) o = typed;
  }
  if (!o.n) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "sense.total", elab_at(cx, a), "no class of agents has all the names of this term, so there is nothing to add up");
    diag_hint(el->cc, d, "total(...) adds over the types of the classes that own every name of a term");
    return NULL;
  }
  const Expr *kid[64];
  uint32_t n = 0;
  for (uint32_t i = 0; i < o.n; i++) {
    const Expr *e = total_of(cx, call, a, o.class[i]);
    if (!e) return NULL;
    kid[n++] = e;
  }
  return n == 1 ? kid[0] : ex_add(m, elab_at(cx, call), kid, n);
}

static const Expr *elab_total(Cx *cx, const Ast *call) {
  if (call->nkid != 2) {
    diag_add(cx->el->cc, SEV_ERROR, "fn.arity", elab_at(cx, call), "total(...) takes one expression");
    return NULL;
  }
  return total_term(cx, call, call->kid[1]);
}

/* ---- the user's functions ---- */
static const Ast *fparam(const FnDef *f, uint32_t i) { return f->ast->kid[i]; }
static uint32_t fparams(const FnDef *f) { return f->ast->nkid - 1; }
static int is_index_param(const FnDef *f, Str name) {
  for (uint32_t i = 0; i < fparams(f); i++)
    for (uint32_t k = 0; k < fparam(f, i)->nkid; k++)
      if (fparam(f, i)->kid[k]->text == name) return 1;
  return 0;
}

typedef struct { Cx *outer; Cx args, body; const FnDef *f; const Ast *call; IdxId var[MAX_INDICES]; SymId set[MAX_INDICES]; } Inline;

/* `g in Out`: the argument binds g for the other arguments, the parameter is what sums in the body run over. */
static int bind_domain(Inline *in, uint32_t i) {
  Cx *cx = in->outer;
  Elab *el = cx->el;
  Range r;
  const Expr *cond;
  const Ast *arg = in->call->kid[i + 1];
  int none = range_of(cx, arg, &r);
  if (none) {
    if (none == 1) diag_add(el->cc, SEV_ERROR, "fn.argument", elab_at(cx, arg), "this argument of `%s` is an index: write it as j in SET", elab_text(el, in->f->name));
    return 1;
  }
  if (bind_range(&in->args, &r, &in->var[i], &cond)) return 1;
  in->set[i] = r.set;
  IdxId *formal = ARENA_ARRAY(el->mem, IdxId, 1);
  if (!formal) return 1;
  *formal = in->var[i];
  return !env_push(&in->body, (Env){.name = fparam(in->f, i)->text, .kind = BIND_DOMAIN, .set = r.set, .value = cond, .formal = formal, .nformal = 1});
}

/* x[j]: the argument may vary with j. Its formal variables: those of the index parameters named, or fresh ones over sets named. */
static int bind_template(Inline *in, uint32_t i) {
  Cx *cx = in->outer, arg = in->args;
  Elab *el = cx->el;
  const Ast *p = fparam(in->f, i);
  IdxId *formal = ARENA_ARRAY(el->mem, IdxId, p->nkid);
  SymId *sets = ARENA_ARRAY(el->mem, SymId, p->nkid);
  if (!formal || !sets) return 1;
  for (uint32_t k = 0; k < p->nkid; k++) {
    Str name = p->kid[k]->text;
    uint32_t j = 0;
    while (j < fparams(in->f) && (fparam(in->f, j)->text != name || !in->var[j])) j++;
    if (j < fparams(in->f)) {
      formal[k] = in->var[j];
      sets[k] = in->set[j];
      continue;
    }
    sets[k] = elab_set_named(el, name, p->kid[k]->span, 0);
    if (!sets[k]) return 1;
    arg.level++;
    if (!elab_bind(&arg, name, sets[k], &formal[k])) return 1;
  }
  const Expr *e = elab_number(&arg, in->call->kid[i + 1]);
  env_push(&in->body, (Env){.name = p->text, .kind = BIND_TEMPLATE, .value = e, .formal = formal, .sets = sets, .nformal = p->nkid});
  return e == NULL;
}

static int bind_arguments(Inline *in) {
  int wrong = 0;
  for (uint32_t i = 0; i < fparams(in->f) && !wrong; i++)
    if (!fparam(in->f, i)->nkid && is_index_param(in->f, fparam(in->f, i)->text)) wrong |= bind_domain(in, i);
  for (uint32_t i = 0; i < fparams(in->f) && !wrong; i++) {
    if (in->var[i]) continue;
    if (fparam(in->f, i)->nkid) {
      wrong |= bind_template(in, i);
      continue;
    }
    const Expr *e = elab_expr(in->outer, in->call->kid[i + 1]);   /* without the index of the other arguments */
    env_push(&in->body, (Env){.name = fparam(in->f, i)->text, .kind = BIND_VALUE, .value = e});
    wrong |= !e;
  }
  return wrong;
}

static const Expr *inline_call(Cx *cx, const Ast *call, FnDef *f) {
  Elab *el = cx->el;
  Origin at = elab_at(cx, call);
  if (el->written_out >= MAX_WRITTEN_OUT) return NULL;
  if (f->active || cx->depth >= MAX_FN_DEPTH) {
    diag_add(el->cc, SEV_ERROR, "fn.recursion", at, "`%s` calls itself: functions are written out, so this has no end", elab_text(el, f->name));
    return NULL;
  }
  if (call->nkid - 1 != fparams(f) || fparams(f) > MAX_INDICES) {
    Diag *d = diag_add(el->cc, SEV_ERROR, "fn.arity", at, "`%s` takes %u argument%s, and %u stand%s here", elab_text(el, f->name), fparams(f), fparams(f) == 1 ? "" : "s",
                       call->nkid - 1, call->nkid == 2 ? "s" : "");
    diag_note(el->cc, d, origin_new(el->cc->diags, f->ast->span, BY_SOURCE, 0), "it is defined here");
    return NULL;
  }
  Inline in = {.outer = cx, .args = *cx, .body = *cx, .f = f, .call = call};
  in.args.level++;
  in.body.env = NULL;
  in.body.depth++;
  in.body.level++;
  in.body.parent = at;
  in.body.by = BY_CALL;
  if (!f->owner && !cx->free) {                         /* a function of the file knows its arguments and the parameters, no more */
    in.body.agent = -1;
    in.body.has_here = in.body.has_next = 0;
  }
  if (bind_arguments(&in)) return NULL;
  f->active = 1;
  const Expr *e = elab_expr(&in.body, f->ast->kid[fparams(f)]);
  f->active = 0;
  return elab_written_out(cx, call, e);
}

/* ---- builtin functions ---- */
typedef struct { Word word; BuiltinFn fn; uint32_t n; int data; } Builtin;
static const Builtin builtin[] = {{W_log, FN_LOG, 1, 0}, {W_exp, FN_EXP, 1, 0}, {W_sqrt, FN_SQRT, 1, 0}, {W_abs, FN_ABS, 1, 0}, {W_mod, FN_MOD, 2, 1},
                                  {W_frac, FN_FRAC, 1, 1}, {W_halton, FN_HALTON, 2, 1}, {W_floor, FN_FLOOR, 1, 1}};

static int is_unknown(void *ctx, const Expr *ref) { return economy_at((const Economy *)ctx, ref->sym)->kind != SYM_PARAM; }

static const Expr *call_builtin(Cx *cx, const Ast *call, const Builtin *b) {
  Elab *el = cx->el;
  const Expr *kid[2];
  const char *name = elab_text(el, el->w[b->word]);
  if (call->nkid - 1 != b->n) {
    diag_add(el->cc, SEV_ERROR, "fn.arity", elab_at(cx, call), "`%s` takes %u argument%s, and %u stand%s here", name, b->n, b->n == 1 ? "" : "s", call->nkid - 1, call->nkid == 2 ? "s" : "");
    return NULL;
  }
  for (uint32_t i = 0; i < b->n; i++) {
    kid[i] = elab_number(cx, call->kid[i + 1]);
    if (!kid[i]) return NULL;
    if (b->data && !cx->free && ex_depends(kid[i], is_unknown, el->eco)) {
      diag_add(el->cc, SEV_ERROR, "sense.smooth", elab_at(cx, call->kid[i + 1]), "`%s` is not smooth: it is a function of parameters and indices only", name);
      return NULL;
    }
  }
  return ex_call(el->mem, elab_at(cx, call), b->fn, kid, b->n);
}

static const Expr *call_extremum(Cx *cx, const Ast *call, ExprKind kind) {
  const Expr *kid[64];
  uint32_t n = call->nkid - 1;
  if (n < 2 || n > 64) {
    diag_add(cx->el->cc, SEV_ERROR, "fn.arity", elab_at(cx, call), "min and max compare at least two numbers");
    return NULL;
  }
  for (uint32_t i = 0; i < n; i++)
    if (!(kid[i] = elab_number(cx, call->kid[i + 1]))) return NULL;
  return ex_node(cx->el->mem, elab_at(cx, call), kind, kid, n);
}

static const Expr *call_given(Cx *cx, const Ast *call) {
  if (call->nkid != 2) {
    diag_add(cx->el->cc, SEV_ERROR, "fn.arity", elab_at(cx, call), "given(...) takes one expression");
    return NULL;
  }
  const Expr *e = elab_number(cx, call->kid[1]);
  return e ? ex_node(cx->el->mem, elab_at(cx, call), E_GIVEN, &e, 1) : NULL;
}

static FnDef *find_fn(const Cx *cx, Str name) {
  SymId own = cx->agent >= 0 ? cx->el->eco->agents.at[cx->agent].sym : 0;
  const Named *mine = own ? scope_owned(cx->el->scope, NS_VALUE, name, own) : NULL;
  if (!mine) mine = scope_owned(cx->el->scope, NS_VALUE, name, 0);
  return mine && mine->kind == NAMED_FN ? mine->def : NULL;
}

/* ex.total(k), ex.k(...): the call with every name in it read from that solution. */
static const Expr *call_of_solution(Cx *cx, const Ast *call) {
  const Ast *dot = call->kid[0];
  Str of = elab_solution(cx, dot);
  if (!of) return NULL;
  Cx in = *cx;
  Ast plain = *call, name = {.kind = AST_NAME, .span = dot->span, .text = dot->text, .depth = 1};
  Ast **kid = ARENA_ARRAY(cx->el->mem, Ast *, call->nkid);
  if (!kid) return NULL;
  memcpy(kid, call->kid, call->nkid * sizeof *kid);
  kid[0] = &name;
  plain.kid = kid;
  in.solution = of;
  return elab_call(&in, &plain);
}

const Expr *elab_call(Cx *cx, const Ast *call) {
  Elab *el = cx->el;
  const Ast *base = call->kid[0];
  while (base->kind == AST_PAREN) base = base->kid[0];
  if (base->kind == AST_DOT) return call_of_solution(cx, call);
  if (base->kind != AST_NAME) {
    if (base->kind != AST_ERROR) diag_add(el->cc, SEV_ERROR, "fn.call", elab_at(cx, call), "only a function can be called");
    return NULL;
  }
  Str name = base->text;
  if (name == el->w[W_sum]) return elab_sum(cx, call);
  if (name == el->w[W_total]) return elab_total(cx, call);
  if (name == el->w[W_given]) return call_given(cx, call);
  if (name == el->w[W_min] || name == el->w[W_max]) return call_extremum(cx, call, name == el->w[W_min] ? E_MIN : E_MAX);
  if (name == el->w[W_E]) {
    diag_add(el->cc, SEV_ERROR, "time.expectation", elab_at(cx, call), "an expectation is written with brackets: E[...]");
    return NULL;
  }
  for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
    if (name == el->w[builtin[i].word]) return call_builtin(cx, call, &builtin[i]);
  FnDef *f = find_fn(cx, name);
  if (f) return inline_call(cx, call, f);
  uint32_t statistic = elab_statistic_of(cx, call);
  if (statistic != UINT32_MAX) return elab_statistic(cx, call, statistic);
  if (scope_find(el->scope, NS_VALUE, name)) diag_add(el->cc, SEV_ERROR, "fn.call", elab_at(cx, call), "`%s` is not a function", elab_text(el, name));
  else if (!el->incomplete) elab_unknown_call(cx, base);
  return NULL;
}
