/* ast.h: what was written, in order. One node type; the shape of every kind is stated here and nowhere else. No economics.
 *
 * kid[] entries marked ? may be NULL. "..." = any number. Every node's span covers exactly what was written. Names are in `text`.
 * depth is 1 + the largest depth of a kid, at most AST_DEPTH (the parser refuses deeper text), so recursion over the tree is safe.
 * Chains of + and - (and of * and /) are ONE node however long: long sums are not deep. */
#ifndef ECON_AST_H
#define ECON_AST_H
#include "diag.h"
enum { AST_DEPTH = 1000 };

#define AST_KINDS(X) \
  /* ---- file ---- */ \
  X(FILE)         /* statements... */ \
  X(ECONOMY)      /* text; kid: STRING? */ \
  X(USE)          /* USEITEM... */ \
  X(USEITEM)      /* text; kid: argument expressions or BRACE... */ \
  X(SET)          /* SETDEF... */ \
  X(SETDEF)       /* text; kid0: BRACE or RANGE */ \
  X(PARAM)        /* PDEF... */ \
  X(PDEF)         /* text; kid: INDICES?, node AT-list? (see AT_LIST), value? (expression or BRACE) */ \
  X(DATA)         /* text; kid: INDICES, TABLE or STRING (a CSV file), CLAUSE? (text as written: what must hold of it; kid0: within expression?) */ \
  X(TABLE)        /* cells in `cell`, see below */ \
  X(FN)           /* text; kid: FPARAM..., last: body expression */ \
  X(FPARAM)       /* text; kid: NAME... (its index sets, for fn over sets) */ \
  X(TREE)         /* BRANCH... */ \
  X(BRANCH)       /* kid0: NAME or NUM or BRANCH (chained 0 -> 1 -> 2); kid1: CHILDREN; kid2: probability? (expression or BRACE). `a .. b`: flag 1, kid0, kid1 both NAME or NUM */ \
  X(CHILDREN)     /* NAME, NUM or BINDER (s in {wet, dry})... */ \
  X(HORIZON)      /* flag 1: infinite; else kid0 expression */ \
  X(GOOD)         /* GOODDEF... */ \
  X(GOODDEF)      /* text; kid0: INDICES?; flag bits 1 numeraire, 2 durable, 4 storable */ \
  X(ASSET)        /* HEAD..., then ASSETCLAUSE... */ \
  X(HEAD)         /* text; kid: INDICES?, AT_LIST? */ \
  X(ASSETCLAUSE)  /* text = "price" | "pays" | "supply" | "durable"; kids as written */ \
  X(AGENT)        /* text = class name (0: written in binders alone, none of them over a named set); flag 1: a class name stands before the binders or alone; kid0: BINDERS?; kid1: mass?; kid2: cohorts?; then items (DROP and REPLACE may be among them)... */ \
  X(FIRM)         /* as AGENT */ \
  X(MARKET)       /* text = name; kid: INDICES?, AT_LIST?, NAME (price)?, relation?; flag bits 1 `price ... free`, 2 head was `market g in good` (then INDICES holds that one BINDER and text is its variable) */ \
  X(LET)          /* LETDEF... */ \
  X(LETDEF)       /* text; kid: INDICES?, AT_LIST?, expression */ \
  X(VARIABLE)     /* CHOICE... */ \
  X(EQUATION)     /* text; kid: INDICES?, AT_LIST?, relation, complements expression? */ \
  X(NUMERAIRE)    /* relations... */ \
  X(CALIBRATE)    /* NAMES, then relations... */ \
  X(START)        /* ASSIGN...; flag 1: written `initial` */ \
  X(SHOCK)        /* SHOCKDEF... */ \
  X(SHOCKDEF)     /* text; kid: INDICES?, value?; num: 0 none, 1 variance, 2 sd, 3 covariance */ \
  X(PROCESS)      /* relation */ \
  X(INSTITUTION)  /* text; kid0: IPARAMS?; then statements... */ \
  X(PASS)         /* text = name of the pass that an institution calls */ \
  X(IPARAMS)      /* IPARAM... */ \
  X(IPARAM)       /* text = name; kid0: NAME (the kind word); kid1: default expression? */ \
  X(WITH)         /* USEITEM... (statement `with NAME(...);`) */ \
  X(EXTEND)       /* text = class/market/equation name; num: 1 agent, 2 market, 3 equation, 4 constraint (in an agent), 5 budget (in an agent); kids: for 1 items...; else INDICES?, AT_LIST?, relation */ \
  X(DROP)         /* NAMES */ \
  X(REPLACE)      /* text; kid: INDICES?, AT_LIST?, relation */ \
  X(SOLVE)        /* text = solution name; kid0: NAME (concept: equilibrium, optimum, ...); then clauses... */ \
  X(CLAUSE)       /* text = "of" | "with" | "without" | "where" | "fix" | "start" | "numeraire" | "weights" | "implied" | "maximize" | "holding" | "order" | "from" | "flag" | "choosing" | "number"; kids as written */ \
  X(SWEEP)        /* text; kid: RANGE or BRACE or STRING, by?, then statements... Several sweeps are nested, the first outermost. A swept \
                     entry `e[a,b] = ...` has text 0 and kid0 an ASSIGN of the entry to the RANGE or BRACE; STRING (a file) has text 0 */ \
  X(REPORT)       /* EXPRS, NAMES? (for) */ \
  X(PLOT)         /* EXPRS, NAMES? (for), against expression? */ \
  X(EXPECT)       /* text = solution name or 0; kid0: within expression?; then relations...; flag 1: within is in percent */ \
  /* ---- items of agents and firms ---- */ \
  X(CHOOSE)       /* CHOICE... */ \
  X(CHOICE)       /* text; kid: INDICES?, AT_LIST?, lower?, upper?, initial? */ \
  X(MAXIMIZE)     /* text = value name or 0; kid0: expression */ \
  X(BUDGET)       /* text = name or 0; kid: INDICES?, AT_LIST?, multiplier NAME?, relation */ \
  X(CONSTRAINT)   /* text = name; kids as BUDGET */ \
  X(BELIEF)       /* BELIEFDEF... */ \
  X(BELIEFDEF)    /* kid: node (NAME, NUM or BRACE), expression */ \
  X(ENDOW)        /* ASSIGN... */ \
  X(PRIVATE)      /* text; kid: domain NAME, BRACE or INTERVAL, probability expression? */ \
  /* ---- pieces ---- */ \
  X(INDICES)      /* BINDER..., condition? is `kid` last with flag 1 set */ \
  X(BINDERS)      /* BINDER... (agent heads) */ \
  X(BINDER)       /* text = name (or 0); kid0: domain? (NAME set, BRACE elements, INTERVAL). NUM or BRACE alone: text 0, kid0 */ \
  X(INTERVAL)     /* lo, hi expressions */ \
  X(AT_LIST)      /* nodes after @: NAME, NUM or BRACE, or one BINDER (@s in S) */ \
  X(NAMES)        /* NAME... */ \
  X(EXPRS)        /* expression... */ \
  X(ASSIGN)       /* left expression, value (expression or BRACE) */ \
  X(RELATION)     /* chain: kid0 rel kid1 [rel kid2]; the relations in ops[0..nkid-2] as '=', 'G' (>=), 'L' (<=), '<', '>' */ \
  X(BRACE)        /* expression, PAIR or RANGE... */ \
  X(PAIR)         /* key expression, value expression */ \
  X(PICK)         /* of `choosing`: the instrument, lower?, upper? */ \
  X(RANGE)        /* lo, hi expressions */ \
  /* ---- expressions ---- */ \
  X(NUM)          /* num */ \
  X(STRING)       /* text without its quotes */ \
  X(NAME)         /* text */ \
  X(PAREN)        /* expression (kept for fmt and for spans) */ \
  X(NEG)          /* expression */ \
  X(CHAIN)        /* kid0 op kid1 op kid2 ...: ops[i] in "+-" or in "*" "/" stands before kid[i+1] */ \
  X(POW)          /* base, exponent */ \
  X(INDEX)        /* base, index expressions...; flag 1: the last stands after a bar (f[o | a]) */ \
  X(AT)           /* base, node (NAME, NUM, BRACE or BINDER) */ \
  X(DOT)          /* text = field; kid0: base */ \
  X(CALL)         /* base, arguments (expression, BRACE or BINDER `g in good`, which may be followed by a condition: INDICES with one BINDER and flag 1)... */ \
  X(BEST)         /* base, CHOOSE, items... */ \
  X(IF)           /* condition, then, else */ \
  X(COMPARE)      /* left, right; ops[0] in "=!GL<>" or 'i' (in) */ \
  X(NOT)          /* condition */ \
  X(AND)          /* condition, condition */ \
  X(OR)           /* condition, condition */ \
  X(ELLIPSIS)     /* "..." in an extension */ \
  X(ERROR)        /* what could not be parsed; already reported */
/* Optional kids keep their place: `kid: INDICES?, AT_LIST?, value?` always has nkid 3, NULL where nothing was written. */
typedef enum {
#define X(k) AST_##k,
  AST_KINDS(X)
#undef X
  AST_N
} AstKind;

typedef enum { CELL_NUMBER, CELL_LABEL, CELL_DOT, CELL_NEWLINE, CELL_EXPR } CellKind;
typedef struct { double num; struct Ast *expr; uint32_t begin, end; Str text; uint8_t kind; } Cell;   /* of a table; spans in the node's file */

typedef struct Ast {
  AstKind kind;
  Span span;
  uint32_t depth, flag;
  uint32_t copy;                       /* 0: as written; else which application of an institution this is a copy for */
  Str text;
  double num;
  char *ops;
  struct Ast **kid;
  uint32_t nkid;
  Cell *cell;                          /* TABLE: numbers as written, fractions evaluated; `.` and `-` are CELL_DOT (zero); a new line between two rows is one
                                        * cell (none before the first row, none after the last, none for empty lines) */
  uint32_t ncell;
} Ast;

const char *ast_kind_name(AstKind k);
void ast_dump(const Ast *a, const Strs *s, Text *out);   /* one line a node, indented: tests and debugging */
#endif
