/* elab_agent.c: classes of agents and firms: choices, objective, budgets and constraints, beliefs. */
#include "institution.h"

static int structure_free(Elab *el, Str name, Span at, const char *what) {
  const Named *old = scope_owned(el->scope, NS_STRUCTURE, name, 0);
  if (!old) return 1;
  Diag *d = diag_at(el->cc, SEV_ERROR, "names.duplicate", at, "%s `%s` is declared twice", what, elab_text(el, name));
  if (old->at.file) diag_note(el->cc, d, origin_new(el->cc->diags, old->at, BY_SOURCE, 0), "it was declared here");
  return 0;
}

/* ---- declared before any body is read ---- */
static int class_head(Elab *el, const Ast *a, Agent *g) {
  const Ast *b = a->kid[0];
  Head h[MAX_INDICES];
  uint32_t n;
  if (!b) return 0;
  Ast heads = *b;
  heads.kind = AST_INDICES;
  heads.flag = 0;
  if (elab_heads(el, &heads, NULL, h, &n, NULL)) return 1;
  g->idx = ARENA_ARRAY(el->mem, IdxId, n ? n : 1);
  g->set = ARENA_ARRAY(el->mem, SymId, n ? n : 1);
  if (!g->idx || !g->set) return 1;
  for (uint32_t i = 0; i < n; i++) {
    g->set[i] = h[i].set;
    g->idx[i] = economy_idx(el->eco, h[i].name, h[i].set);
  }
  g->nidx = n;
  return 0;
}

static Span choice_span(const Elab *el, const Ast *c) {
  uint32_t n = (uint32_t)str_length(el->cc->strs, c->text);
  return (Span){c->span.file, c->span.begin, c->span.begin + (n ? n : 1)};
}

/* Choices of a class, and `variable`s (agent < 0), which have the same form. */
void elab_choice_names(Elab *el, const Ast *choose, SymKind kind, int agent) {
  SymId owner = agent >= 0 ? el->eco->agents.at[agent].sym : 0;
  for (uint32_t i = 0; i < choose->nkid; i++) {
    const Ast *c = choose->kid[i], *cond = NULL;
    Head h[MAX_INDICES];
    SymId sets[MAX_INDICES], nodes;
    Str node_name;
    uint32_t n;
    if (c->kind != AST_CHOICE) continue;
    int wrong = elab_heads(el, c->kid[0], c, h, &n, &cond) | elab_nodes(el, c->kid[1], &nodes, &node_name);
    if (elab_declare(el, c->text, owner, choice_span(el, c))) continue;
    Named *name = scope_add(el->scope, NS_VALUE, c->text, wrong ? NAMED_REFUSED : NAMED_SYMBOL, 0, owner, choice_span(el, c));
    if (wrong || !name) continue;
    for (uint32_t k = 0; k < n; k++) sets[k] = h[k].set;
    SymId s = elab_value_symbol(el, c->text, kind, owner, sets, n, nodes, choice_span(el, c));
    Sym *sym = economy_at(el->eco, s);
    uint32_t types = sym->ndom - n - 1;
    for (uint32_t k = 0; k < n; k++)
      if (h[k].name) el->eco->idxs.at[sym->idx[types + k]].name = h[k].name;
    if (node_name) el->eco->idxs.at[sym->idx[sym->ndom - 1]].name = node_name;
    for (uint32_t k = 0; k < types; k++) el->eco->idxs.at[sym->idx[k]].name = el->eco->idxs.at[el->eco->agents.at[agent].idx[k]].name;
    name->sym = s;
    if (agent >= 0) VEC_PUSH(el->mem, el->eco->agents.at[agent].choices, s);
    VEC_PUSH(el->mem, el->bounds, (BoundWork){c, s, agent});
  }
}

static void value_name(Elab *el, const Ast *a, const Ast *max, uint32_t agent) {
  Agent *g = &el->eco->agents.at[agent];
  Str name = max->text ? max->text : el->w[g->is_firm ? W_profit : W_welfare];
  SymId owner = g->sym;
  if (g->value) {
    diag_at(el->cc, SEV_ERROR, "agent.objective", max->span, "`%s` maximizes twice", elab_text(el, a->text));
    return;
  }
  if (elab_declare(el, name, owner, max->span)) return;
  if (elab_profit_by_node(el, a, max)) {
    elab_profit_names(el, name, a, max, agent);
    return;
  }
  SymId s = elab_value_symbol(el, name, SYM_VALUE, owner, NULL, 0, 0, max->span);
  el->eco->agents.at[agent].value = s;
  g = &el->eco->agents.at[agent];
  if (g->nidx) memcpy(economy_at(el->eco, s)->idx, g->idx, g->nidx * sizeof *g->idx);
  scope_add(el->scope, NS_VALUE, name, NAMED_SYMBOL, s, owner, max->span);
}

static void item_names(Elab *el, const Ast *a, uint32_t agent) {
  SymId owner = el->eco->agents.at[agent].sym;
  for (uint32_t i = 3; i < a->nkid; i++) {
    const Ast *k = a->kid[i];
    institution_enter(el, k->copy);
    switch (k->kind) {
    case AST_CHOOSE: elab_choice_names(el, k, SYM_CHOICE, (int)agent); break;
    case AST_MAXIMIZE: value_name(el, a, k, agent); break;
    case AST_FN: elab_fn_name(el, k, owner); break;
    case AST_LET: elab_let_names(el, k, owner); break;
    case AST_PRIVATE: elab_later(el, k->span, "later.private", "a private state", 0); break;
    default: break;
    }
  }
  institution_enter(el, a->copy);
}

void elab_agent_names(Elab *el, const Ast *a) {
  Agent g = {.is_firm = a->kind == AST_FIRM};
  if (a->nkid < 3) return;
  if (a->kid[2]) elab_later(el, a->kid[2]->span, "later.cohorts", "a class of overlapping cohorts", 0);
  int wrong = class_head(el, a, &g);
  if (!structure_free(el, a->text, a->span.end > a->span.begin ? (Span){a->span.file, a->span.begin, a->span.begin + 5} : a->span, g.is_firm ? "the firm" : "the class")) return;
  g.at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0);
  g.sym = economy_sym(el->eco, a->text, SYM_AGENT, g.at);
  g.prob = el->eco->prob;
  g.prob1 = el->eco->prob1;
  scope_add(el->scope, NS_STRUCTURE, a->text, wrong ? NAMED_REFUSED : NAMED_SYMBOL, g.sym, 0, a->span);
  el->incomplete |= wrong;
  if (wrong) {                                          /* its names are known, so that they are not reported where they are used */
    for (uint32_t i = 3; i < a->nkid; i++)
      for (uint32_t k = 0; a->kid[i]->kind == AST_CHOOSE && k < a->kid[i]->nkid; k++)
        scope_add(el->scope, NS_VALUE, a->kid[i]->kid[k]->text, NAMED_REFUSED, 0, 0, a->span);
    return;
  }
  uint32_t at = el->eco->agents.n;
  Sym *s = economy_at(el->eco, g.sym);
  s->dom = g.set;
  s->ndom = g.nidx;
  s->idx = g.idx;
  VEC_PUSH(el->mem, el->eco->agents, g);
  if (el->eco->agents.n == at) return;
  VEC_PUSH(el->mem, el->agents, (BodyWork){a, at});
  item_names(el, a, at);
  elab_derived_names(el, a, at);
}

/* ---- bodies ---- */
Cx elab_agent_cx(Elab *el, uint32_t agent) {
  const Agent *g = &el->eco->agents.at[agent];
  Cx cx = elab_file_cx(el);
  Ix *type = ARENA_ARRAY(el->mem, Ix, g->nidx ? g->nidx : 1);
  cx.agent = (int)agent;
  cx.type = type;
  for (uint32_t i = 0; type && i < g->nidx; i++) {
    type[i] = ix_bound(g->idx[i]);
    Env *e = elab_bind(&cx, el->eco->idxs.at[g->idx[i]].name, g->set[i], NULL);
    if (e) e->ix = type[i];
  }
  cx.level = 1;
  return cx;
}

static void set_here(Cx *cx, Ix here, SymId set) {
  cx->has_here = 1;
  cx->here = here;
  cx->here_set = set;
}

static void static_here(Cx *cx) {
  const Economy *e = cx->el->eco;
  if (e->time.n == 1) set_here(cx, ix_elem(e->time.node[0].elem), e->node_set);
}

static void mass(Elab *el, const Ast *a, uint32_t agent) {
  Cx cx = elab_agent_cx(el, agent);
  const Expr *m = a->kid[1] ? elab_number(&cx, a->kid[1]) : ex_num(el->mem, el->eco->agents.at[agent].at, 1);
  el->eco->agents.at[agent].mass = m ? m : ex_num(el->mem, 0, 1);
}

static void objective(Elab *el, const Ast *max, uint32_t agent) {
  Cx cx = elab_agent_cx(el, agent);
  SymId v = el->eco->agents.at[agent].value;
  cx.objective = 1;
  static_here(&cx);
  const Expr *e = elab_number(&cx, max->kid[0]);
  if (v) economy_at(el->eco, v)->def = e ? e : ex_num(el->mem, 0, 0);
}

static int mentions(const Ast *a, Str name) {
  if (a->kind == AST_NAME && a->text == name) return 1;
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i] && mentions(a->kid[i], name)) return 1;
  return 0;
}

/* A later `V@next` in the objective V is a recursive one. */
static int is_recursive(const Ast *max) { return max->text && max->nkid && mentions(max->kid[0], max->text); }

/* ---- constraints ---- */
static Str multiplier_name(Elab *el, const Ast *a, Str base, SymId nodes, SymId owner) {
  const Ast *given = a->kid[2];
  if (given) return given->text;
  char buf[200];
  snprintf(buf, sizeof buf, "mu_%s", elab_text(el, base));
  Str name = elab_word(el, buf);
  if (!scope_owned(el->scope, NS_VALUE, name, owner) && !scope_owned(el->scope, NS_VALUE, name, 0)) return name;
  const char *where = elab_text(el, economy_at(el->eco, nodes)->name);
  for (unsigned k = 0; k < 1000; k++) {
    if (k) snprintf(buf, sizeof buf, "mu_%s_%u", elab_text(el, base), k + 1);
    else {
      int n = snprintf(buf, sizeof buf, "mu_%s_%s", elab_text(el, base), where);
      for (int i = 0; i < n && buf[i] && i < (int)sizeof buf - 1; i++)
        if (buf[i] == '{' || buf[i] == '}' || buf[i] == ',') buf[i] = '_';
    }
    name = elab_word(el, buf);
    if (!scope_owned(el->scope, NS_VALUE, name, owner) && !scope_owned(el->scope, NS_VALUE, name, 0)) return name;
  }
  return name;
}

typedef AgentFamily Family;

/* `cap[ann]: ...` in a class that has the type ann is a condition of that type alone: its head is no index but says for whom. NULL: for all. */
static const Expr *own_type(Elab *el, uint32_t agent, Family *f) {
  const Agent *g = &el->eco->agents.at[agent];
  const Expr *only = NULL;
  uint32_t n = 0;
  for (uint32_t i = 0; i < f->n; i++) {
    const Set *s = f->h[i].name ? NULL : economy_set(el->eco, f->h[i].set);
    uint32_t k = 0;
    while (s && k < g->nidx && set_pos(economy_set(el->eco, g->set[k]), set_elem(s, 0)) == UINT32_MAX) k++;
    if (!s || k == g->nidx) {
      f->h[n++] = f->h[i];
      continue;
    }
    const Origin at = origin_new(el->cc->diags, f->h[i].at, BY_SOURCE, 0);
    const Expr *same = ex_eq_ix(el->mem, at, ix_bound(g->idx[k]), ix_elem(set_elem(s, 0)));
    only = only ? ex_node(el->mem, at, E_AND, (const Expr *const[]){only, same}, 2) : same;
  }
  f->n = n;
  return only;
}

int elab_family_head(Elab *el, const Ast *a, uint32_t agent, Family *f) {
  Str node_name;
  const Ast *cond;
  *f = (Family){.cx = elab_agent_cx(el, agent)};
  if (elab_heads(el, a->kid[0], a, f->h, &f->n, &cond) | elab_nodes(el, a->kid[1], &f->nodes, &node_name)) return 1;
  const Expr *only = own_type(el, agent, f);
  f->binds = ARENA_ARRAY(el->mem, IdxId, f->n + 1);
  if (!f->binds) return 1;
  f->cx.level = 2;
  for (uint32_t i = 0; i < f->n; i++)
    if (!(f->env[i] = elab_bind(&f->cx, f->h[i].name, f->h[i].set, &f->binds[i]))) return 1;
  Env *env = f->cx.env;
  f->cx.level = 2;
  if (!elab_bind(&f->cx, node_name, f->nodes, &f->node)) return 1;
  if (!node_name) f->cx.env = env;
  set_here(&f->cx, ix_bound(f->node), f->nodes);
  if (cond && !(f->cond = elab_condition(&f->cx, cond))) return 1;
  if (only) f->cond = f->cond ? ex_node(el->mem, f->cond->at, E_AND, (const Expr *const[]){only, f->cond}, 2) : only;
  return 0;
}

static int has_root(const Economy *e, SymId nodes) { return set_pos(economy_set(e, nodes), e->time.node[0].elem) != UINT32_MAX; }

/* One relation of a family, with its symbol and multiplier. */
static void add_constraint(Elab *el, const Ast *a, const Ast *rel, Family *f, uint32_t agent, Str name, char op, const Expr *lhs, const Expr *rhs, int first) {
  SymId owner = el->eco->agents.at[agent].sym;
  int budget = a->kind == AST_BUDGET;
  int dated = budget || a->kid[1] || elab_uses(lhs, f->node) || elab_uses(rhs, f->node) || elab_uses(f->cond, f->node);
  SymId sets[MAX_INDICES];
  for (uint32_t i = 0; i < f->n; i++) sets[i] = f->h[i].set;
  SymId s = elab_value_symbol(el, name, SYM_CONSTRAINT, owner, sets, f->n, dated ? f->nodes : 0, a->span);
  Str mult = multiplier_name(el, a, name, f->nodes, owner);
  if (a->kid[2] && !first) mult = multiplier_name(el, &(Ast){.kid = (Ast *[]){NULL, NULL, NULL}}, name, f->nodes, owner);
  if (elab_declare(el, mult, owner, a->kid[2] ? a->kid[2]->span : a->span)) return;
  SymId m = elab_value_symbol(el, mult, SYM_MULT, owner, sets, f->n, dated ? f->nodes : 0, a->span);
  scope_add(el->scope, NS_VALUE, mult, NAMED_SYMBOL, m, owner, a->kid[2] ? a->kid[2]->span : a->span);
  scope_add(el->scope, NS_STRUCTURE, name, NAMED_SYMBOL, s, owner, a->span);
  Constraint c = {.sym = s, .mult = m, .binds = f->binds, .nbinds = f->n + (dated ? 1 : 0), .node = dated ? f->node : 0, .cond = f->cond, .is_budget = budget};
  f->binds[f->n] = f->node;
  c.sense = op == '=' ? C_EQ : op == 'G' || op == '>' ? C_GE : C_LE;
  c.lhs = lhs;
  c.rhs = rhs;
  c.ex_ante = budget && has_root(el->eco, f->nodes);
  c.at = origin_new(el->cc->diags, rel->span, el->cc->within ? BY_USE : BY_SOURCE, el->cc->within);
  VEC_PUSH(el->mem, el->eco->agents.at[agent].constraints, c);
}

static void unused_heads(Elab *el, const Family *f) {
  for (uint32_t i = 0; i < f->n; i++)
    if (f->h[i].name && !f->env[i]->used) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "names.unused", f->h[i].at, "the index `%s` is not used", elab_text(el, f->h[i].name));
      diag_hint(el->cc, d, "without it the condition is the same");
    }
}

static void constraint(Elab *el, const Ast *a, uint32_t agent) {
  const Ast *rel = a->kid[3];
  Family f;
  const Expr *x[3] = {0};
  Str name = a->text ? a->text : el->w[W_budget];
  SymId owner = el->eco->agents.at[agent].sym;
  if (a->text) {
    const Named *old = scope_owned(el->scope, NS_STRUCTURE, a->text, owner);
    if (old) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "names.duplicate", a->span, "the constraint `%s` is declared twice", elab_text(el, name));
      diag_note(el->cc, d, origin_new(el->cc->diags, old->at, BY_SOURCE, 0), "it was declared here");
      return;
    }
  }
  if (!rel || rel->kind != AST_RELATION || elab_family_head(el, a, agent, &f)) return;
  if (rel->nkid > 3) return;
  int wrong = 0;
  for (uint32_t i = 0; i < rel->nkid; i++) {
    x[i] = elab_number(&f.cx, rel->kid[i]);
    wrong |= !x[i];
  }
  if (wrong) {
    scope_add(el->scope, NS_STRUCTURE, name, NAMED_REFUSED, 0, owner, a->span);
    if (a->kid[2] && !scope_owned(el->scope, NS_VALUE, a->kid[2]->text, owner)) scope_add(el->scope, NS_VALUE, a->kid[2]->text, NAMED_REFUSED, 0, owner, a->span);
    return;
  }
  unused_heads(el, &f);
  add_constraint(el, a, rel, &f, agent, name, rel->ops[0], x[0], x[1], 1);
  if (rel->nkid < 3) return;
  char buf[160];
  snprintf(buf, sizeof buf, "%s_upper", elab_text(el, name));
  Family g = f;
  g.binds = ARENA_ARRAY(el->mem, IdxId, f.n + 1);
  if (!g.binds) return;
  memcpy(g.binds, f.binds, f.n * sizeof *g.binds);
  add_constraint(el, a, rel, &g, agent, elab_word(el, buf), rel->ops[1], x[1], x[2], 0);
}

/* The budget that defines a firm's profit at each node, and its objective, their sum. */
static void profit_by_node(Elab *el, const Ast *firm, const Ast *max, uint32_t agent) {
  SymId nodes;
  Ast *none[4] = {NULL, (Ast *)(uintptr_t)elab_profit_nodes(el, firm, &nodes), NULL, NULL}, rel = {.kind = AST_RELATION, .span = max->span}, budget = {.kind = AST_BUDGET, .span = max->span, .kid = none, .nkid = 4};
  AgentFamily f;
  if (elab_family_head(el, &budget, agent, &f)) return;
  const Expr *x = elab_number(&f.cx, max->kid[0]);
  Origin at = origin_new(el->cc->diags, max->kid[0]->span, BY_SOURCE, 0);
  economy_at(el->eco, el->eco->agents.at[agent].value)->def = elab_profit_sum(el, agent, at);
  if (x) add_constraint(el, &budget, &rel, &f, agent, el->w[W_budget], '=', elab_profit_here(el, agent, ix_bound(f.node), at), x, 1);
}

/* ---- beliefs ---- */
static int belief_node(Elab *el, const Ast *a, uint32_t *node) {
  Elem x;
  if (elab_element(el, a, &x)) return 1;
  *node = economy_node(el->eco, x);
  if (*node != UINT32_MAX) return 0;
  char b[16];
  Diag *d = diag_at(el->cc, SEV_ERROR, "names.node", a->span, "`%s` is not a node", elem_text(el->eco, x, b));
  diag_hint(el->cc, d, "the nodes are %s", elab_set_text(el, el->eco->node_set));
  return 1;
}

/* The class's own prob1: what it states, else the tree's, else one where there is a single successor. */
static void beliefs(Elab *el, const Ast *a, uint32_t agent) {
  Economy *e = el->eco;
  SymId owner = e->agents.at[agent].sym;
  SymId p1 = elab_value_symbol(el, elab_word(el, "belief"), SYM_PARAM, owner, NULL, 0, e->node_set, a->span);
  SymId p = elab_value_symbol(el, elab_word(el, "belief_path"), SYM_PARAM, owner, NULL, 0, e->node_set, a->span);
  const Sym *s = economy_at(e, p1);
  uint32_t types = e->agents.at[agent].nidx;
  Cx cx = elab_agent_cx(el, agent);
  IdxId node = s->idx[types];
  if (types) memcpy(s->idx, e->agents.at[agent].idx, types * sizeof *s->idx);
  Ix here = ix_bound(node);
  const Expr *def = ex_ref(el->mem, s->at, e->prob1, &here, 1);
  uint8_t *seen = ARENA_ARRAY(el->mem, uint8_t, e->time.n);
  for (uint32_t i = 0; seen && i < a->nkid; i++) {
    const Ast *b = a->kid[i];
    uint32_t n;
    if (b->kind != AST_BELIEFDEF) continue;
    const Expr *v = elab_number(&cx, b->kid[1]);
    for (uint32_t k = 0; k < (b->kid[0]->kind == AST_BRACE ? b->kid[0]->nkid : 1); k++) {
      if (belief_node(el, b->kid[0]->kind == AST_BRACE ? b->kid[0]->kid[k] : b->kid[0], &n) || !v) continue;
      if (seen[n]++) diag_at(el->cc, SEV_ERROR, "names.duplicate", b->span, "the belief about this node is stated twice");
      const Expr *kid[3] = {ex_eq_ix(el->mem, v->at, here, ix_elem(e->time.node[n].elem)), v, def};
      def = ex_node(el->mem, v->at, E_IF, kid, 3);
    }
  }
  for (uint32_t i = 0; seen && i < e->time.n; i++) {    /* beliefs about the other successors must be known too */
    if (!seen[i] || e->time.node[i].prev == UINT32_MAX) continue;
    for (uint32_t j = 0; j < e->time.n; j++)
      if (e->time.node[j].prev == e->time.node[i].prev && !seen[j] && !e->time.node[j].prob) {
        char b[16];
        diag_at(el->cc, SEV_ERROR, "time.probability", a->span, "no belief is stated about the node `%s`", elem_text(e, e->time.node[j].elem, b));
        seen[j] = 1;
      }
  }
  economy_at(e, p1)->def = def;
  economy_at(e, p1)->builtin = economy_at(e, p)->builtin = 1;
  e->agents.at[agent].prob = p;
  e->agents.at[agent].prob1 = p1;
}

static int has_item(const Ast *a, AstKind kind) {
  for (uint32_t i = 3; i < a->nkid; i++)
    if (a->kid[i]->kind == kind) return 1;
  return 0;
}

/* ---- the order: beliefs first, for expectations need them ---- */
static void body(Elab *el, const Ast *a, uint32_t agent) {
  const Ast *endow = NULL;
  int budgets = 0;
  for (uint32_t i = 3; i < a->nkid; i++)
    if (a->kid[i]->kind == AST_BELIEF) beliefs(el, a->kid[i], agent);
  mass(el, a, agent);
  for (uint32_t i = 3; i < a->nkid; i++) {
    const Ast *k = a->kid[i];
    institution_enter(el, k->copy);
    if (k->kind == AST_MAXIMIZE && is_recursive(k)) {
      elab_later(el, k->span, "later.recursive", "a recursive objective", 0);
      el->incomplete = 1;
    } else if (k->kind == AST_MAXIMIZE && el->eco->agents.at[agent].paid) profit_by_node(el, a, k, agent);
    else if (k->kind == AST_MAXIMIZE) objective(el, k, agent);
    else if (k->kind == AST_BUDGET || k->kind == AST_CONSTRAINT) {
      constraint(el, k, agent);
      budgets += k->kind == AST_BUDGET;
    } else if (k->kind == AST_ENDOW) endow = k;
  }
  for (uint32_t i = 3; i < a->nkid; i++) {
    const Ast *k = a->kid[i];
    institution_enter(el, k->copy);
    if (k->kind == AST_EXTEND || k->kind == AST_REPLACE || k->kind == AST_DROP) elab_agent_change(el, k, agent);
  }
  institution_enter(el, a->copy);
  if (endow && (budgets || has_item(a, AST_CHOOSE))) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "agent.endow", endow->span, "`endow` goes with a derived budget, and this class writes its own");
    diag_hint(el->cc, d, "put the endowment into the budget as a parameter");
  }
}

void elab_agent_bodies(Elab *el) {
  for (uint32_t i = 0; i < el->agents.n; i++) {
    institution_enter(el, el->agents.at[i].ast->copy);
    body(el, el->agents.at[i].ast, el->agents.at[i].at);
    elab_derived_budget(el, el->agents.at[i].ast, el->agents.at[i].at);
    elab_profit_check(el, el->agents.at[i].at);
  }
  institution_enter(el, 0);
}

static int is_unknown(void *ctx, const Expr *ref) { return economy_at((const Economy *)ctx, ref->sym)->kind != SYM_PARAM; }

/* A bound or initial value; infinite bounds are none. */
static const Expr *bound(Elab *el, Cx *cx, const Ast *a) {
  const Expr *e = elab_number(cx, a);
  if (!e || (e->kind == E_NUM && (e->num >= 1e300 || e->num <= -1e300))) return NULL;
  if (!ex_depends(e, is_unknown, el->eco)) return e;
  Diag *d = diag_at(el->cc, SEV_ERROR, "agent.bound", a->span, "a bound is made of parameters, and this is something to be found");
  diag_hint(el->cc, d, "write a named constraint instead");
  return NULL;
}

/* Bounds and initial values of choices and variables: expressions over parameters in the symbol's own indices. */
void elab_bounds(Elab *el) {
  for (uint32_t i = 0; i < el->bounds.n; i++) {
    const Ast *c = el->bounds.at[i].ast;
    institution_enter(el, c->copy);
    Sym *s = economy_at(el->eco, el->bounds.at[i].sym);
    int agent = el->bounds.at[i].agent;
    Cx cx = elab_file_cx(el);
    Ix *type = ARENA_ARRAY(el->mem, Ix, s->ndom ? s->ndom : 1);
    if (!type) return;
    for (uint32_t d = 0; d < s->ndom; d++) {
      type[d] = ix_bound(s->idx[d]);
      Env *e = elab_bind(&cx, el->eco->idxs.at[s->idx[d]].name, s->dom[d], NULL);
      if (e) e->ix = type[d];
      if ((int)d == s->node_dim) set_here(&cx, type[d], s->dom[d]);
    }
    if (agent >= 0) {
      cx.agent = agent;
      cx.type = type;
    }
    const Expr *v[3] = {0};
    for (uint32_t k = 0; k < 3; k++)
      if (c->kid[2 + k]) v[k] = bound(el, &cx, c->kid[2 + k]);
    const Ast *heads = c->kid[0];
    const Expr *exists = heads && heads->flag & 1 ? elab_condition(&cx, heads->kid[heads->nkid - 1]) : NULL;
    s = economy_at(el->eco, el->bounds.at[i].sym);
    s->exists = exists;
    s->lower = v[0];
    s->upper = v[1];
    s->initial = v[2];
  }
  institution_enter(el, 0);
}
