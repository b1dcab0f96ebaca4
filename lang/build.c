#include "parser.h"
#include <string.h>

static Span span(const Parser *P, Loc at) { return (Span){P->src->id, at.begin, at.end}; }

static Ast *fresh(Parser *P, AstKind k, Loc at, Str text) {
  Ast *a = ARENA_NEW(P->mem, Ast);
  if (!a) {
    P->dead = (Ast){.kind = AST_ERROR, .span = span(P, at), .depth = 1};
    return &P->dead;
  }
  a->kind = k;
  a->span = span(P, at);
  a->depth = 1;
  a->text = text;
  return a;
}

/* Depth is known when the kids are: past the limit the node becomes an ERROR leaf, so that nothing deeper ever exists. */
static Ast *settle(Parser *P, Ast *a) {
  uint32_t deepest = 0;
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i] && a->kid[i]->depth > deepest) deepest = a->kid[i]->depth;
  a->depth = deepest + 1;
  if (a->depth <= AST_DEPTH) return a;
  Loc at = {a->span.begin, a->span.end}, start = {a->span.begin, a->span.begin + 1};
  lex_nesting(P, start);
  return fresh(P, AST_ERROR, at, 0);
}

List *list_new(Parser *P) {
  List *l = ARENA_NEW(P->mem, List);
  if (l) return l;
  P->dead_list.n = 0;
  return &P->dead_list;
}

List *list_add(Parser *P, List *l, Ast *a) {
  VEC_PUSH(P->mem, *l, a);
  return l;
}

List *list_one(Parser *P, Ast *a) { return list_add(P, list_new(P), a); }

Ast *ast_leaf(Parser *P, AstKind k, Loc at, Str text) { return fresh(P, k, at, text); }

static Ast *with_kids(Parser *P, Ast *a, const List *l, unsigned n, va_list ap) {
  uint32_t total = n + (l ? l->n : 0);
  a->kid = total ? ARENA_ARRAY(P->mem, Ast *, total) : NULL;
  if (!a->kid) return a;
  for (unsigned i = 0; i < n; i++) a->kid[i] = va_arg(ap, Ast *);
  if (l && l->n) memcpy(a->kid + n, l->at, l->n * sizeof *l->at);
  a->nkid = total;
  return settle(P, a);
}

Ast *ast_make(Parser *P, AstKind k, Loc at, Str text, unsigned n, ...) {
  va_list ap;
  va_start(ap, n);
  Ast *a = with_kids(P, fresh(P, k, at, text), NULL, n, ap);
  va_end(ap);
  return a;
}

Ast *ast_many(Parser *P, AstKind k, Loc at, Str text, const List *l, unsigned n, ...) {
  va_list ap;
  va_start(ap, n);
  Ast *a = with_kids(P, fresh(P, k, at, text), l, n, ap);
  va_end(ap);
  return a;
}

Ast *ast_flag(Ast *a, uint32_t flag) { a->flag |= flag; return a; }
Ast *ast_num(Ast *a, double num) { a->num = num; return a; }
Ast *ast_kid(const Ast *a, unsigned i) { return i < a->nkid ? a->kid[i] : NULL; }

Ast *ast_number(Parser *P, Loc at) { return ast_num(fresh(P, AST_NUM, at, 0), lex_number(P, at)); }

/* ---- chains: one node however long, its arrays doubling at powers of two ---- */
enum { CHAIN_FIRST = 4 };

static int additive(char op) { return op == '+' || op == '-'; }

static void chain_append(Parser *P, Ast *a, char op, Ast *right) {
  uint32_t n = a->nkid;
  if (n >= CHAIN_FIRST && !(n & (n - 1))) {
    Ast **kid = ARENA_ARRAY(P->mem, Ast *, (size_t)n * 2);
    char *ops = ARENA_ARRAY(P->mem, char, (size_t)n * 2);
    if (!kid || !ops) return;
    memcpy(kid, a->kid, n * sizeof *kid);
    memcpy(ops, a->ops, n - 1);
    a->kid = kid;
    a->ops = ops;
  }
  a->ops[n - 1] = op;
  a->kid[n] = right;
  a->nkid++;
}

Ast *ast_chain(Parser *P, Loc at, Ast *left, char op, Ast *right) {
  if (left->kind == AST_CHAIN && additive(left->ops[0]) == additive(op)) {
    chain_append(P, left, op, right);
    left->span = span(P, at);
    if (right->depth < left->depth) return left;
    return settle(P, left);
  }
  Ast *a = fresh(P, AST_CHAIN, at, 0);
  a->kid = ARENA_ARRAY(P->mem, Ast *, CHAIN_FIRST);
  a->ops = ARENA_ARRAY(P->mem, char, CHAIN_FIRST);
  if (!a->kid || !a->ops) { a->kind = AST_ERROR; return a; }
  a->kid[0] = left;
  a->kid[1] = right;
  a->ops[0] = op;
  a->nkid = 2;
  return settle(P, a);
}

static Ast *with_ops(Parser *P, Ast *a, int r, int q) {
  if (a->kind == AST_ERROR) return a;
  a->ops = ARENA_ARRAY(P->mem, char, 3);
  if (!a->ops) { a->kind = AST_ERROR; return a; }
  a->ops[0] = (char)r;
  a->ops[1] = (char)q;
  return a;
}

Ast *ast_relation(Parser *P, Loc at, Ast *a, int r, Ast *b, int q, Ast *c) {
  return with_ops(P, c ? ast_make(P, AST_RELATION, at, 0, 3, a, b, c) : ast_make(P, AST_RELATION, at, 0, 2, a, b), r, q);
}

Ast *ast_compare(Parser *P, Loc at, Ast *a, int op, Ast *b) {
  return with_ops(P, ast_make(P, AST_COMPARE, at, 0, 2, a, b), op, 0);
}

/* The head is BINDERS with the class name as text and flag 1 where one is written. Without one the class bears the name of the
 * first set its types are taken from. clauses: mass, cohorts. */
Ast *ast_agent(Parser *P, AstKind k, Loc at, Ast *head, const List *clauses, const List *items) {
  Str name = head->text;
  for (uint32_t i = 0; !name && i < head->nkid; i++) {
    const Ast *domain = ast_kid(head->kid[i], 0);
    if (domain && domain->kind == AST_NAME) name = domain->text;
  }
  Ast *mass = clauses->n > 0 ? clauses->at[0] : NULL, *cohorts = clauses->n > 1 ? clauses->at[1] : NULL;
  uint32_t named = head->flag;
  head->text = 0;
  head->flag = 0;
  return ast_flag(ast_many(P, k, at, name, items, 3, head->nkid ? head : NULL, mass, cohorts), named);
}

/* Each of `sweeps` is a SWEEP with its two kids; the statements belong to the last, which is innermost. */
Ast *ast_sweep(Parser *P, Loc at, const List *sweeps, const List *stmts) {
  Ast *inner = NULL;
  for (uint32_t i = sweeps->n; i-- > 0;) {
    Ast *s = sweeps->at[i];
    Loc from = {i ? s->span.begin : at.begin, at.end};
    Ast *range = ast_kid(s, 0), *by = ast_kid(s, 1);
    inner = inner ? ast_make(P, AST_SWEEP, from, s->text, 3, range, by, inner) : ast_many(P, AST_SWEEP, from, s->text, stmts, 2, range, by);
  }
  return inner ? inner : fresh(P, AST_ERROR, at, 0);
}

Ast *ast_table(Parser *P, Loc at) {
  Ast *a = fresh(P, AST_TABLE, at, 0);
  uint32_t n = P->cell.n;
  while (n && P->cell.at[n - 1].kind == CELL_NEWLINE) n--;
  a->cell = P->cell.at;
  a->ncell = n;
  for (uint32_t i = 0; i < n; i++)
    if (a->cell[i].expr && a->cell[i].expr->depth >= a->depth) a->depth = a->cell[i].expr->depth + 1;
  P->cell.at = NULL;
  P->cell.n = P->cell.cap = 0;
  if (!n) lex_error(P, at, "table.empty", "the table has no cells");
  if (a->depth <= AST_DEPTH) return a;
  lex_nesting(P, at);
  return fresh(P, AST_ERROR, at, 0);
}
