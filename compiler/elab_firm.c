/* elab_firm.c: firms in dated economies whose objective is the profit of a node: `maximize y - w*l` with choices that have a value at each
 * node. Input: the firm as written. Output: a choice `profit` at every node with the budget that defines it, and the sum of profits as
 * objective, so that profit is booked and paid out where it is made, and owners' dated budgets receive `profit[j]` of their own node.
 *
 *     maximize X;    becomes    choose profit;   budget: profit = X;   maximize sum(node, profit@node)
 *
 * at the nodes where the firm's choices are (at every node where these differ).
 *
 * The sum is no valuation: it is right because nothing links one node's profit to another's, so that each is largest by itself, at any
 * positive prices of the nodes' money. A firm that does link nodes (storage, capital) is refused: what its owners' money at each node
 * is worth to it must be said, by budgets of its own and an objective over its dividends. */
#include "elab.h"

static int is_name(const Ast *a, Str name) { return a && a->kind == AST_NAME && a->text == name; }

/* Whether an own choice stands in the expression without a node, outside E[...] and sums, which bring their own. */
static int undated(const Elab *el, const Ast *firm, const Ast *x) {
  if (!x || x->kind == AST_AT) return 0;
  if ((x->kind == AST_CALL || x->kind == AST_INDEX) && x->nkid && is_name(x->kid[0], el->w[W_E])) return 0;
  if (x->kind == AST_CALL && x->nkid > 1 && (is_name(x->kid[1], el->w[W_date]) || is_name(x->kid[1], el->w[W_node]))) return 0;
  if (x->kind == AST_NAME)
    for (uint32_t i = 3; i < firm->nkid; i++)
      for (uint32_t k = 0; firm->kid[i]->kind == AST_CHOOSE && k < firm->kid[i]->nkid; k++)
        if (firm->kid[i]->kid[k]->text == x->text) return 1;
  for (uint32_t i = 0; i < x->nkid; i++)
    if (undated(el, firm, x->kid[i])) return 1;
  return 0;
}

int elab_profit_by_node(const Elab *el, const Ast *firm, const Ast *max) {
  if (firm->kind != AST_FIRM || el->eco->time.n < 2 || !max->nkid) return 0;
  for (uint32_t i = 3; i < firm->nkid; i++)
    if (firm->kid[i]->kind == AST_BUDGET) return 0;
  return undated(el, firm, max->kid[0]);
}

static void with_types(Elab *el, uint32_t agent, SymId s) {
  const Agent *g = &el->eco->agents.at[agent];
  if (g->nidx) memcpy(economy_at(el->eco, s)->idx, g->idx, g->nidx * sizeof *g->idx);
}

/* profit[types]@node */
static const Expr *profit_at(Elab *el, uint32_t agent, Ix node, Origin at) {
  const Agent *g = &el->eco->agents.at[agent];
  Ix ix[MAX_INDICES + 1];
  for (uint32_t k = 0; k < g->nidx; k++) ix[k] = ix_bound(g->idx[k]);
  ix[g->nidx] = node;
  return ex_ref(el->mem, at, g->paid, ix, g->nidx + 1);
}

const Ast *elab_profit_nodes(Elab *el, const Ast *firm, SymId *nodes) {
  const Ast *first = NULL, *at = NULL;
  Str name;
  for (uint32_t i = 3; i < firm->nkid; i++)
    for (uint32_t k = 0; firm->kid[i]->kind == AST_CHOOSE && k < firm->kid[i]->nkid; k++) {
      const Ast *c = firm->kid[i]->kid[k];
      SymId here;
      if (c->kind != AST_CHOICE || elab_nodes(el, c->kid[1], &here, &name)) continue;
      if (first && here != *nodes) {
        *nodes = el->eco->node_set;
        return NULL;
      }
      first = c;
      at = c->kid[1];
      *nodes = here;
    }
  if (!first) *nodes = el->eco->node_set;
  return at;
}

void elab_profit_names(Elab *el, Str name, const Ast *firm, const Ast *max, uint32_t agent) {
  SymId owner = el->eco->agents.at[agent].sym, nodes;
  elab_profit_nodes(el, firm, &nodes);
  SymId paid = elab_value_symbol(el, name, SYM_CHOICE, owner, NULL, 0, nodes, max->span);
  with_types(el, agent, paid);
  SymId sum = elab_value_symbol(el, elab_word(el, "sum_of_profits"), SYM_VALUE, owner, NULL, 0, 0, max->span);
  with_types(el, agent, sum);
  economy_at(el->eco, sum)->builtin = 1;
  Agent *g = &el->eco->agents.at[agent];
  g->paid = paid;
  g->value = sum;
  VEC_PUSH(el->mem, g->choices, paid);
  scope_add(el->scope, NS_VALUE, name, NAMED_SYMBOL, paid, owner, max->span);
}

const Expr *elab_profit_sum(Elab *el, uint32_t agent, Origin at) {
  const Sym *s = economy_at(el->eco, el->eco->agents.at[agent].paid);
  SymId nodes = s->dom[s->ndom - 1];
  IdxId n = economy_idx(el->eco, el->w[W_node], nodes);
  return ex_sum(el->mem, at, n, (Domain){.set = nodes}, profit_at(el, agent, ix_bound(n), at), NULL);
}

const Expr *elab_profit_here(Elab *el, uint32_t agent, Ix node, Origin at) { return profit_at(el, agent, node, at); }

/* ---- nothing may link the nodes ---- */
typedef struct { const Economy *e; SymId owner; IdxId node; const Expr *found; } Link;

static void other_node(void *ctx, const Expr *x) {
  Link *l = ctx;
  if (x->kind != E_REF || l->found) return;
  const Sym *s = economy_at(l->e, x->sym);
  if (s->kind != SYM_CHOICE || s->owner != l->owner || s->node_dim < 0 || (uint32_t)s->node_dim >= x->nix) return;
  if (!l->node || !ix_equal(x->ix[s->node_dim], ix_bound(l->node))) l->found = x;
}

void elab_profit_check(Elab *el, uint32_t agent) {
  const Agent *g = &el->eco->agents.at[agent];
  for (uint32_t i = 0; g->paid && i < g->constraints.n; i++) {
    const Constraint *c = &g->constraints.at[i];
    Link l = {el->eco, g->sym, c->node, NULL};
    ex_walk(c->lhs, other_node, &l);
    ex_walk(c->rhs, other_node, &l);
    if (!l.found) continue;
    Diag *d = diag_add(el->cc, SEV_ERROR, "time.firm", l.found->at ? l.found->at : c->at, "this firm maximizes the profit of each node by itself, and here its choices at two nodes meet");
    diag_hint(el->cc, d, "let it choose its dividend and say what dividends are worth to it: budget: dividend = ...; maximize E[sum(date, price*dividend)];");
    return;
  }
}
