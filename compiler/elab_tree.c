/* elab_tree.c: the event tree. A file without one has a single node `now`, so that a static economy is nothing special. */
#include "elab.h"

static int root_of(const Ast *b, const Ast **root) {
  while (b->kind == AST_BRANCH) b = b->kid[0];
  *root = b;
  return b->kind == AST_ERROR;
}

static uint32_t node_index(const Elab *el, Elem x) {
  for (uint32_t i = 0; i < el->eco->time.n; i++)
    if (el->eco->time.node[i].elem == x) return i;
  return UINT32_MAX;
}

typedef VEC(Node) Nodes;

static uint32_t add_node(Elab *el, Nodes *v, Elem x, uint32_t prev, Span at) {
  if (node_index(el, x) != UINT32_MAX) {
    char b[16];
    diag_at(el->cc, SEV_ERROR, "names.duplicate", at, "the node `%s` stands twice in the tree", elem_text(el->eco, x, b));
    return UINT32_MAX;
  }
  Node n = {.elem = x, .prev = prev, .terminal = 1, .at = origin_new(el->cc->diags, at, BY_SOURCE, 0)};
  if (prev != UINT32_MAX) {
    n.date = v->at[prev].date + 1;
    v->at[prev].terminal = 0;
  }
  VEC_PUSH(el->mem, *v, n);
  el->eco->time.node = v->at;
  el->eco->time.n = v->n;
  return v->n - 1;
}

typedef struct { Str name; const Ast *brace; } Pending;
typedef VEC(Pending) PendingSets;

static void probability(Elab *el, const Ast *p, uint32_t node, uint32_t k, uint32_t of, Str name, uint32_t set_at) {
  if (!p || node == UINT32_MAX) return;
  const Ast *value = p;
  if (p->kind == AST_BRACE) {
    char b[16];
    Elem x = el->eco->time.node[node].elem;
    value = NULL;
    for (uint32_t i = 0; i < p->nkid; i++) {
      const Ast *q = p->kid[i];
      Elem key;
      if (q->kind == AST_PAIR && !elab_element(el, q->kid[0], &key) && key == x) value = q->kid[1];
      else if (q->kind != AST_PAIR && i == k) value = q;
    }
    if (!value || (p->nkid != of)) {
      diag_at(el->cc, SEV_ERROR, "time.probability", p->span, "there are %u successors and %u probabilities; `%s` %s", of, p->nkid, elem_text(el->eco, x, b), value ? "has one" : "has none");
      return;
    }
  }
  VEC_PUSH(el->mem, el->probs, (ProbWork){p, value, node, name, set_at});
}

static uint32_t child_count(const Ast *children) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < children->nkid; i++) n += children->kid[i]->kind == AST_BINDER && children->kid[i]->nkid ? children->kid[i]->kid[0]->nkid : 1;
  return n;
}

static void children(Elab *el, Nodes *v, PendingSets *sets, const Ast *b, uint32_t parent, uint32_t *last) {
  const Ast *list = b->kid[1], *p = b->nkid > 2 ? b->kid[2] : NULL;
  uint32_t of = child_count(list), k = 0;
  for (uint32_t i = 0; i < list->nkid; i++) {
    const Ast *c = list->kid[i];
    Elem x;
    if (c->kind == AST_BINDER && c->nkid && c->kid[0] && c->kid[0]->kind == AST_BRACE) {
      VEC_PUSH(el->mem, *sets, (Pending){c->text, c->kid[0]});
      for (uint32_t j = 0; j < c->kid[0]->nkid; j++, k++) {
        if (elab_element(el, c->kid[0]->kid[j], &x)) continue;
        *last = add_node(el, v, x, parent, c->kid[0]->kid[j]->span);
        probability(el, p, *last, k, of, c->text, sets->n);
      }
      continue;
    }
    if (elab_element(el, c, &x)) continue;
    *last = add_node(el, v, x, parent, c->span);
    probability(el, p, *last, k++, of, 0, 0);
  }
}

static void chain_range(Elab *el, Nodes *v, const Ast *b) {
  Elem lo, hi;
  if (elab_element(el, b->kid[0], &lo) | elab_element(el, b->kid[1], &hi)) return;
  if (!elem_is_number(lo) || !elem_is_number(hi) || elem_value(hi) <= elem_value(lo) || elem_value(hi) - elem_value(lo) > 100000) {
    diag_at(el->cc, SEV_ERROR, "time.range", b->span, "a range of dates goes from one whole number to a larger one, at most 100000 later");
    return;
  }
  uint32_t at = node_index(el, lo);
  if (at == UINT32_MAX && v->n) {
    diag_at(el->cc, SEV_ERROR, "time.root", b->kid[0]->span, "this node is not in the tree yet: a tree has one root");
    return;
  }
  if (at == UINT32_MAX) at = add_node(el, v, lo, UINT32_MAX, b->kid[0]->span);
  for (uint32_t k = elem_value(lo) + 1; k <= elem_value(hi) && at != UINT32_MAX; k++) at = add_node(el, v, ELEM_NUMBER | k, at, b->span);
}

/* Returns the index of the last child, which a chain a -> b -> c goes on from; UINT32_MAX when there is none. */
static uint32_t branch(Elab *el, Nodes *v, PendingSets *sets, const Ast *b) {
  const Ast *root;
  Elem x;
  uint32_t parent, last = UINT32_MAX;
  if (b->kind == AST_ERROR || root_of(b, &root)) return last;
  if (b->flag & 1) {
    chain_range(el, v, b);
    return last;
  }
  if (b->kid[0]->kind == AST_BRANCH) {
    const Ast *inner = b->kid[0];
    parent = branch(el, v, sets, inner);
    if (inner->kid[1]->kind == AST_CHILDREN && child_count(inner->kid[1]) != 1) {
      diag_at(el->cc, SEV_ERROR, "time.chain", inner->kid[1]->span, "a chain goes on from one node, and these are several");
      return last;
    }
    if (parent == UINT32_MAX) return last;
  } else {
    if (elab_element(el, b->kid[0], &x)) return last;
    parent = node_index(el, x);
    if (parent == UINT32_MAX && v->n) {
      char t[16];
      Diag *d = diag_at(el->cc, SEV_ERROR, "time.root", b->kid[0]->span, "`%s` is not in the tree yet: a tree grows from one root", elem_text(el->eco, x, t));
      diag_hint(el->cc, d, "the root is `%s`", elem_text(el->eco, v->at[0].elem, t));
      return last;
    }
    if (parent == UINT32_MAX) parent = add_node(el, v, x, UINT32_MAX, b->kid[0]->span);
    if (parent == UINT32_MAX) return last;
  }
  children(el, v, sets, b, parent, &last);
  return last;
}

/* Topological order is that of the text; sets named in the tree are sets of nodes. */
static void named_sets(Elab *el, const PendingSets *sets, SymId *out) {
  for (uint32_t i = 0; i < sets->n; i++) {
    const Ast *brace = sets->at[i].brace;
    Elem *x = ARENA_ARRAY(el->mem, Elem, brace->nkid ? brace->nkid : 1);
    int wrong = !x;
    for (uint32_t j = 0; x && j < brace->nkid; j++) wrong |= elab_element(el, brace->kid[j], &x[j]);
    if (wrong) continue;
    if (scope_find(el->scope, NS_SET, sets->at[i].name)) {
      diag_at(el->cc, SEV_ERROR, "names.duplicate", brace->span, "the set `%s` is declared twice", elab_text(el, sets->at[i].name));
      continue;
    }
    out[i] = economy_add_set(el->eco, sets->at[i].name, x, brace->nkid, origin_new(el->cc->diags, brace->span, BY_SOURCE, 0));
    scope_add(el->scope, NS_SET, sets->at[i].name, NAMED_SYMBOL, out[i], 0, brace->span);
  }
}

static SymId builtin_param(Elab *el, Str name, SymId nodes) {
  SymId s = elab_value_symbol(el, name, SYM_PARAM, 0, NULL, 0, nodes, (Span){0});
  economy_at(el->eco, s)->builtin = 1;
  return s;
}

static void builtin_sets(Elab *el) {
  Economy *e = el->eco;
  uint32_t n = e->time.n, last = 0;
  Elem *x = ARENA_ARRAY(el->mem, Elem, n), *t = ARENA_ARRAY(el->mem, Elem, n);
  if (!x || !t) return;
  for (uint32_t i = 0; i < n; i++) {
    x[i] = e->time.node[i].elem;
    if (e->time.node[i].terminal) t[last++] = x[i];
    if (e->time.declared && !elem_is_number(x[i])) scope_add(el->scope, NS_ELEMENT, x[i], NAMED_SYMBOL, 0, 0, origin_span(el->cc->diags, e->time.node[i].at));
  }
  e->node_set = economy_add_set(e, el->w[W_node], x, n, 0);
  e->terminal_set = economy_add_set(e, el->w[W_terminal], t, last, 0);
  scope_add(el->scope, NS_SET, el->w[W_node], NAMED_SYMBOL, e->node_set, 0, (Span){0});
  scope_add(el->scope, NS_SET, el->w[W_terminal], NAMED_SYMBOL, e->terminal_set, 0, (Span){0});
  e->date = builtin_param(el, el->w[W_date], e->node_set);
  e->prob = builtin_param(el, elab_word(el, "probability"), e->node_set);
  e->prob1 = builtin_param(el, elab_word(el, "conditional_probability"), e->node_set);
  scope_add(el->scope, NS_VALUE, el->w[W_date], NAMED_SYMBOL, e->date, 0, (Span){0});
}

void elab_tree(Elab *el, const Ast *file) {
  Nodes v = {0};
  PendingSets sets = {0};
  unsigned before = diag_errors(el->cc->diags);
  for (uint32_t i = 0; i < file->nkid; i++)
    for (uint32_t j = 0; file->kid[i]->kind == AST_TREE && j < file->kid[i]->nkid; j++) {
      branch(el, &v, &sets, file->kid[i]->kid[j]);
      el->eco->time.declared = 1;
    }
  el->timeless = diag_errors(el->cc->diags) > before;
  for (uint32_t i = 0; i < file->nkid; i++) el->timeless |= file->kid[i]->kind == AST_HORIZON;
  if (!v.n) add_node(el, &v, el->w[W_now], UINT32_MAX, (Span){0});
  builtin_sets(el);
  SymId *set = ARENA_ARRAY(el->mem, SymId, sets.n + 1);
  if (!set) return;
  named_sets(el, &sets, set);
  for (uint32_t i = 0; i < el->probs.n; i++) el->probs.at[i].set = el->probs.at[i].set ? set[el->probs.at[i].set - 1] : 0;
}

/* The probabilities written in the tree: expressions over parameters, with the set's name standing for the node itself. */
void elab_probabilities(Elab *el) {
  for (uint32_t i = 0; i < el->probs.n; i++) {
    Cx cx = elab_file_cx(el);
    Node *n = &el->eco->time.node[el->probs.at[i].node];
    if (el->probs.at[i].name && el->probs.at[i].set) {
      cx.level = 1;
      Env *e = elab_bind(&cx, el->probs.at[i].name, el->probs.at[i].set, NULL);
      if (e) e->ix = ix_elem(n->elem);
    }
    cx.has_here = 1;
    cx.here = ix_elem(n->elem);
    cx.here_set = elab_list_set(el, &n->elem, 1, n->at);
    n = &el->eco->time.node[el->probs.at[i].node];
    n->prob = elab_number(&cx, el->probs.at[i].value);
    if (n->prob) continue;
    n->prob = ex_num(el->mem, 0, 1);
  }
}
