/* parser.h: what the scanner, the grammar, the table reader and the formatter share. Private to lang/. */
#ifndef ECON_PARSER_H
#define ECON_PARSER_H
#include "ast.h"

typedef struct { uint32_t begin, end; } Loc;            /* bytes of the source */
typedef VEC(Ast *) List;
typedef union { Ast *ast; List *list; Str text; double num; int op; uint32_t cell; } Value;
typedef struct { int kind; Value value; Loc at; } Token;

/* An open bracket. A block is where recovery stops: statements or items end there with `;`. */
typedef enum { OPEN_PLAIN, OPEN_BLOCK, OPEN_BEST, OPEN_TABLE, OPEN_CELL } OpenKind;
typedef struct { uint32_t at; int first; char closer; uint8_t kind; } Open;   /* first: of the statement it stands in */
typedef struct { uint32_t nopen; int first, prev, armed; Loc prev_at; } Track;   /* where in the text we are: see lex_track */

typedef struct Parser {
  Compilation *c;
  const Source *src;
  Arena *mem;
  char *buf;                                            /* the scanner's own copy of the text */
  void *scanner;
  Track now, before;                                    /* before: as it was ahead of the last token */
  Open open[AST_DEPTH];
  VEC(Cell) cell;                                       /* of the table being read */
  int begin;                                            /* the token that selects what is parsed, 0 once given */
  int stop;                                             /* nothing more is read or said */
  int ended;                                            /* the end of the text was met */
  int closed;                                           /* OpenKind + 1 of the block the last token closed, else 0 */
  int quiet;                                            /* the formatter's second reading: errors are not said again */
  /* recovery */
  int recovering, repeat, astray;
  Token last, retry, queue[8];
  unsigned nqueue;
  uint32_t error_at;                                    /* place of the last syntax error */
  Ast *result;
  Ast dead;                                             /* stands for nodes that could not be allocated */
  List dead_list;
} Parser;

/* ---- scanner (econ.l, lex.c) ---- */
int lex_raw_open(Parser *P);                            /* 0 on success */
void lex_raw_close(Parser *P);
int lex_raw(Value *val, Loc *at, void *scanner);        /* the next token, 0 at the end */
void lex_raw_seek(Parser *P, uint32_t to);              /* goes on reading at this byte */
uint32_t lex_raw_at(const Parser *P);                   /* the byte that is read next */
Parser *lex_open(Compilation *c, const Source *s);      /* NULL when memory failed */
void lex_close(Parser *P);
int lex_token(Parser *P, Token *t);                     /* with brackets, tables and nesting looked after; its kind */
void lex_track(Parser *P, Token *t);                    /* what the token does to brackets and statements */
int lex_line_start(const Parser *P, uint32_t byte);     /* nothing but blanks before it on its line */
int lex_check_text(Parser *P);                          /* UTF-8 without NUL; else said, and 1 */
Diag *lex_error(Parser *P, Loc at, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void lex_nesting(Parser *P, Loc at);                    /* says once that the text is nested too deeply, and stops */
double lex_number(Parser *P, Loc at);                   /* the literal at this place; infinite ones are said */

/* ---- tables (table.c) ---- */
int table_scan(Parser *P, Token *t);                    /* cells up to `}`, `(` of an expression cell, or the end; that token */

/* ---- recovery (recover.c) ---- */
int recover_token(Parser *P, Token *t);                 /* the token the grammar sees next */
int recover_statement_word(int kind);                   /* it can only begin a statement or an item */
void recover_begin(Parser *P, Loc at, int ended);       /* the grammar met an error at the last token given */

/* ---- building the tree (build.c) ---- */
List *list_new(Parser *P);
List *list_add(Parser *P, List *l, Ast *a);
List *list_one(Parser *P, Ast *a);
Ast *ast_leaf(Parser *P, AstKind k, Loc at, Str text);
Ast *ast_make(Parser *P, AstKind k, Loc at, Str text, unsigned n, ...);                  /* n kids */
Ast *ast_many(Parser *P, AstKind k, Loc at, Str text, const List *l, unsigned n, ...);   /* n kids, then those of l (may be NULL) */
Ast *ast_flag(Ast *a, uint32_t flag);
Ast *ast_num(Ast *a, double num);
Ast *ast_kid(const Ast *a, unsigned i);
Ast *ast_number(Parser *P, Loc at);
Ast *ast_chain(Parser *P, Loc at, Ast *left, char op, Ast *right);
Ast *ast_relation(Parser *P, Loc at, Ast *a, int r, Ast *b, int q, Ast *c);              /* c NULL: two sides */
Ast *ast_compare(Parser *P, Loc at, Ast *a, int op, Ast *b);
Ast *ast_agent(Parser *P, AstKind k, Loc at, Ast *head, const List *clauses, const List *items);
Ast *ast_sweep(Parser *P, Loc at, const List *sweeps, const List *stmts);
Ast *ast_table(Parser *P, Loc at);
#endif
