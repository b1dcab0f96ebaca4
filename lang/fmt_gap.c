/* fmt_gap.c: which tokens stand apart. */
#include "fmt.h"
#include "econ.tab.h"

static int is_soft(int kind) {
  switch (kind) {
    case T_MASS: case T_FREE: case T_PRICE: case T_SUPPLY: case T_DURABLE: case T_STORABLE: case T_PROBABILITY: case T_VARIANCE:
    case T_SD: case T_COVARIANCE: case T_MULTIPLIER: case T_SO: case T_THAT: case T_OF: case T_WEIGHTS: case T_IMPLIED: case T_BY:
    case T_HOLDING: case T_ORDER: case T_AGAINST: case T_COHORTS: case T_GOOD: case T_ASSET: case T_PAYS: case T_CONSTRAINT:
    case T_CHOOSING: return 1;
    default: return 0;
  }
}

/* Clause words after which an expression begins: as names they are rare, so a minus behind them is a sign. */
static int wants_expression(int kind) {
  return kind == T_BY || kind == T_MASS || kind == T_COHORTS || kind == T_SUPPLY || kind == T_PAYS || kind == T_VARIANCE || kind == T_SD ||
         kind == T_COVARIANCE || kind == T_PROBABILITY || kind == T_AGAINST || kind == T_OF || kind == T_CHOOSING || kind == T_HOLDING;
}

int fmt_is_operand(int kind) {
  return kind == T_NAME || kind == T_NUMBER || kind == T_STRING || kind == T_ELLIPSIS || kind == ')' || kind == ']' || kind == '}' || kind == '%' ||
         (is_soft(kind) && !wants_expression(kind));
}

static int is_called(int kind) { return kind == T_NAME || kind == ')' || kind == ']' || (is_soft(kind) && !wants_expression(kind)); }

/* Written without a blank they would be read as other tokens. */
static int would_join(int p, int k) {
  int dot = k == '.' || k == T_DOTDOT || k == T_ELLIPSIS || k == T_NUMBER;
  if ((p == '.' || p == T_DOTDOT || p == T_ELLIPSIS) && dot) return 1;
  if (p == T_NUMBER && (k == '.' || k == T_NUMBER || k == T_NAME)) return 1;
  return (p == '-' && (k == '>' || k == T_GE)) || (p == '*' && k == '*');
}

static int tight_range(const FmtToken *a, const FmtToken *b) { return a && b && a->whole && b->whole; }

static unsigned wanted(const FmtToken *before, const FmtToken *prev, const FmtToken *token, const FmtToken *after) {
  int p = prev->kind, k = token->kind;
  if (k == ';' || k == ',' || k == ')' || k == ']' || k == ':' || k == '%') return 0;
  if (p == '(' || p == '[' || p == T_CELL_OPEN || p == '@' || p == '.' || p == '^' || p == '*' || p == '/') return 0;
  if (p == '-' && prev->unary) return 0;
  if (k == '^' || k == '*' || k == '/') return 0;
  if (p == ',') return prev->index ? token->apart : 1;
  if (p == '{' || p == T_TOPEN) return prev->block;
  if (k == '}') return token->block;
  if (k == '@') return token->head;
  if (k == '.') return 0;
  if (k == T_DOTDOT) return !tight_range(prev, after);
  if (p == T_DOTDOT) return !tight_range(before, token);
  if (k == '(') return !is_called(p);
  if (k == '[') return !is_called(p) && !is_soft(p) && p != T_BUDGET;      /* no expression begins with it: the word is a name */
  return 1;
}

unsigned fmt_gap(const FmtToken *before, const FmtToken *prev, const FmtToken *token, const FmtToken *after) {
  unsigned gap = wanted(before, prev, token, after);
  return !gap && would_join(prev->kind, token->kind) && !(token->kind == T_DOTDOT && tight_range(prev, after)) && !(prev->kind == T_DOTDOT && tight_range(before, token)) ? 1 : gap;
}
