/* recover.c: what the grammar is given after an error. It throws away what it has of the statement and waits for `;`; here the
 * rest of the statement is skipped with its brackets, and `;` is supplied where the writer forgot it: before a word that begins
 * a statement on a line of its own, and before the end of the enclosing block. So one mistake costs one statement. */
#include "parser.h"
#include "econ.tab.h"

enum { PATIENCE = 8 };                                  /* errors at one token after which it is dropped */

static uint32_t innermost_block(const Parser *P) {
  uint32_t i = P->now.nopen;
  while (i && P->open[i - 1].kind != OPEN_BLOCK && P->open[i - 1].kind != OPEN_BEST && P->open[i - 1].kind != OPEN_CELL) i--;
  return i;
}

/* Ahead of what waits already, which stands behind it in the text. */
static void put_back(Parser *P, Token t) {
  if (P->nqueue == sizeof P->queue / sizeof *P->queue) P->nqueue--;
  for (unsigned i = P->nqueue++; i > 0; i--) P->queue[i] = P->queue[i - 1];
  P->queue[0] = t;
}

static int next(Parser *P, Token *t) {
  if (!P->nqueue) return lex_token(P, t);
  *t = P->queue[0];
  P->nqueue--;
  for (unsigned i = 0; i < P->nqueue; i++) P->queue[i] = P->queue[i + 1];
  lex_track(P, t);
  return t->kind;
}

/* A token that is not in the text, just before `at`. */
static int supply(Parser *P, Token *t, int kind, Loc at) {
  *t = (Token){kind, {0}, {at.begin, at.begin}};
  P->recovering = 0;
  if (kind == ';') { P->now.first = 0; P->now.armed = 0; }
  return kind;
}

/* Gives the token back: it comes again after the one that is supplied. */
static void give_back(Parser *P, uint32_t nopen, Token t) {
  P->now = P->before;
  P->now.nopen = nopen;
  if (t.kind == T_TOPEN) t.kind = '{';
  put_back(P, t);
}

static int item_word(int kind) {
  return kind == T_CHOOSE || kind == T_BELIEF || kind == T_ENDOW || kind == T_BUDGET || kind == T_PRIVATE || kind == T_MAXIMIZE;
}

int recover_statement_word(int kind) {
  switch (kind) {
    case T_ECONOMY: case T_USE: case T_SET: case T_PARAM: case T_DATA: case T_FN: case T_TREE: case T_HORIZON: case T_AGENT:
    case T_FIRM: case T_MARKET: case T_LET: case T_VARIABLE: case T_EQUATION: case T_CALIBRATE: case T_SHOCK: case T_PROCESS:
    case T_INSTITUTION: case T_PASS: case T_EXTEND: case T_DROP: case T_REPLACE: case T_SOLVE: case T_SWEEP: case T_REPORT: case T_PLOT:
    case T_EXPECT: case T_GOOD: case T_ASSET: return 1;
    default: return item_word(kind);
  }
}

static int only_plain(const Parser *P, uint32_t base) {
  for (uint32_t i = base; i < P->now.nopen; i++)
    if (P->open[i].kind != OPEN_PLAIN) return 0;
  return 1;
}

static int begins_anew(const Parser *P, const Token *t, uint32_t base) {
  uint32_t nopen = P->before.nopen < P->now.nopen ? P->before.nopen : P->now.nopen;
  if (!recover_statement_word(t->kind) || !lex_line_start(P, t->at.begin) || P->repeat >= PATIENCE || nopen < base) return 0;
  if (!base && item_word(t->kind) && P->repeat > 1) return 0;
  return only_plain(P, base);
}

/* The token of the error, or the one after it when it was tried often enough: so every round takes something from the text. */
static void first_token(Parser *P, Token *t) {
  if (P->repeat >= PATIENCE) {
    P->nqueue = 0;
    next(P, t);
    return;
  }
  *t = P->retry;
  lex_track(P, t);
}

/* Inside an expression cell of a table: on to its `)`, or to the end of the table. */
static int skip_cell(Parser *P, Token *t, uint32_t base) {
  for (first_token(P, t); t->kind; next(P, t)) {
    if (P->now.nopen >= base) continue;
    Loc at = t->at;
    if (t->kind != ')') give_back(P, base - 1, *t);
    return supply(P, t, T_CELL_END, at);
  }
  P->recovering = 0;
  return 0;
}

static int skip_statement(Parser *P, Token *t, uint32_t base) {
  for (first_token(P, t); t->kind; next(P, t)) {
    Loc at = t->at;
    if (t->kind == ';' && P->now.nopen == base) { P->recovering = 0; return ';'; }
    if (P->now.nopen < base) {                          /* the end of the enclosing block */
      give_back(P, base, *t);
      return supply(P, t, ';', at);
    }
    if (P->now.nopen == base && P->closed) return supply(P, t, ';', (Loc){at.end, at.end});
    if (t->kind == '}' && !base && P->before.nopen == 0) return supply(P, t, ';', at);     /* it closes nothing */
    if (begins_anew(P, t, base)) {
      if (!base && item_word(t->kind)) P->astray = 1;
      give_back(P, base, *t);
      return supply(P, t, ';', at);
    }
  }
  P->recovering = 0;
  return 0;
}

static int skip(Parser *P, Token *t) {
  uint32_t base = innermost_block(P);
  const Open *o = base ? &P->open[base - 1] : NULL;
  if (o && o->kind == OPEN_CELL) return skip_cell(P, t, base);
  P->now.nopen = base;                                  /* what was open inside the statement is forgotten with it */
  if (o && P->repeat % 2 == 0 && P->repeat < PATIENCE) {          /* the token stands where the block must have ended */
    Token closer = {o->closer, {0}, {P->retry.at.begin, P->retry.at.begin}};
    Loc at = P->retry.at;
    put_back(P, P->retry);
    put_back(P, closer);
    return supply(P, t, ';', at);
  }
  return skip_statement(P, t, base);
}

int recover_token(Parser *P, Token *t) {
  if (P->begin) {
    *t = (Token){P->begin, {0}, {0, 0}};
    P->begin = 0;
  } else if (P->recovering) skip(P, t);
  else next(P, t);
  P->last = *t;
  return t->kind;
}

void recover_begin(Parser *P, Loc at, int ended) {
  P->repeat = P->repeat && P->error_at == at.begin ? P->repeat + 1 : 1;
  P->error_at = at.begin;
  if (ended) return;
  P->now = P->before;
  P->retry = P->last;
  if (P->retry.kind == T_TOPEN) P->retry.kind = '{';
  P->recovering = 1;
  uint32_t base = innermost_block(P);
  int in_cell = base && P->open[base - 1].kind == OPEN_CELL;
  if (P->last.kind != ';' || in_cell) return;
  P->recovering = 0;                                    /* the grammar takes this `;` itself */
  P->now.nopen = base;
  P->now.first = 0;
  P->now.armed = 0;
}
