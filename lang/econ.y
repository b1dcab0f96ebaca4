/* econ.y: tokens to the syntax tree of ast.h. Without conflicts: no two names ever stand side by side in an expression, so the
 * clause words of the rule `soft` stay usable as names. Recovery is at `;` and at the end of blocks (recover.c). */
%code requires { #include "lang/parser.h" }
%define api.pure full
%define api.prefix {econ_yy}
%define api.token.prefix {T_}
%define api.value.type {Value}
%define api.location.type {Loc}
%locations
%define parse.error custom
%define parse.lac full
%expect 0
%param { Parser *P }
%code {
#include "lang/grammar.h"
#define YYMAXDEPTH 20000                                /* states; reached only by nesting far past AST_DEPTH */
#define YYLLOC_DEFAULT(now, rhs, n) \
  do { \
    (now).begin = (n) ? YYRHSLOC(rhs, 1).begin : YYRHSLOC(rhs, 0).end; \
    (now).end = YYRHSLOC(rhs, n).end; \
  } while (0)
static int econ_yylex(Value *val, Loc *at, Parser *P);
static void econ_yyerror(const Loc *at, Parser *P, const char *message);
#define MAKE(kind, at, text, ...) ast_make(P, AST_##kind, at, text, __VA_ARGS__)
#define LEAF(kind, at, text) ast_leaf(P, AST_##kind, at, text)
#define NAMED(at, text) ast_leaf(P, AST_NAME, at, text)
#define MANY(kind, at, text, list) ast_many(P, AST_##kind, at, text, list, 0)
#define CLAUSE(at, word, list) ast_many(P, AST_CLAUSE, at, str_of(P->c->strs, word), list, 0)
#define CLAUSE1(at, word, kid) ast_make(P, AST_CLAUSE, at, str_of(P->c->strs, word), 1, kid)
#define HEAD_INDICES(h) ast_kid(h, 0)
#define HEAD_AT(h) ast_kid(h, 1)
}
%code provides { enum { GRAMMAR_TOKENS = 160 }; }

%token BEGIN_FILE "a file" BEGIN_EXPRESSION "an expression to read"
%token <text> ECONOMY "economy" USE "use" SET "set" PARAM "param" DATA "data" FN "fn" TREE "tree" HORIZON "horizon" GOOD "good"
  ASSET "asset" AGENT "agent" FIRM "firm" MARKET "market" LET "let" VARIABLE "variable" EQUATION "equation" CONSTRAINT "constraint"
  NUMERAIRE "numeraire" CALIBRATE "calibrate" START "start" INITIAL "initial" SHOCK "shock" PROCESS "process"
  INSTITUTION "institution" PASS "pass" EXTEND "extend" DROP "drop" REPLACE "replace" BUDGET "budget" FREE "free"
  SOLVE "solve" SWEEP "sweep" REPORT "report" PLOT "plot" EXPECT "expect" CHOOSE "choose" CHOOSING "choosing"
  MAXIMIZE "maximize" BELIEF "belief" ENDOW "endow" PRIVATE "private"
  IF "if" THEN "then" ELSE "else" AND "and" OR "or" NOT "not" IN "in"
  MASS "mass" COHORTS "cohorts" PRICE "price" PAYS "pays" SUPPLY "supply" DURABLE "durable" STORABLE "storable"
  PROBABILITY "probability" VARIANCE "variance" SD "sd" COVARIANCE "covariance" MULTIPLIER "multiplier"
  COMPLEMENTS "complements" SO "so" THAT "that" FROM "from" OF "of" WITH "with" WITHOUT "without" WHERE "where" FIX "fix"
  WEIGHTS "weights" IMPLIED "implied" BY "by" HOLDING "holding" ORDER "order" FOR "for" AGAINST "against" WITHIN "within"
  INFINITE "infinite" NAME "a name" STRING "a string"
%token NUMBER "a number" ARROW "->" DOTDOT ".." ELLIPSIS "..." GE ">=" LE "<=" NE "!=" TOPEN "{ (table)" BAD "what cannot be read"
%token <cell> CELL_OPEN "( (cell)"
%token CELL_END ") (cell)"                              /* given by recovery alone */

%left OR
%left AND
%precedence NOT
%left '+' '-'
%left '*' '/'
%precedence UMINUS
%right '^'

%type <text> name soft opt_name
%type <op> rel crel kindword gattr
%type <list> stmts setdefs pdefs fparams names branches gdefs declheads aclauses choices lets relations assigns items aclass
%type <list> exprs uses clauses clause_assigns holds picks beliefs shocks binders more nodelist bitems childlist iparams
%type <list> sweeps sbody args opt_args uargs more_binders
%type <ast> property stmt economy_title setdef brace bitem value pdef fparam table branch tnode children child gdef aclause opt_brace mhead mclauses
%type <ast> mbody opt_comp ahead item opt_mult letdef choice opt_node bound opt_initial belief sh relation assign opt_iparams iparam kind
%type <ast> one_use uarg clause hold pick range opt_by sweepdef for opt_against opt_probability domain_probability
%type <ast> binder domain opt_idx indices declhead opt_at nodes node expr cond arith postfix primary arg iargs
%%
input: BEGIN_FILE stmts               { P->result = MANY(FILE, @2, 0, $2); P->result->span.begin = 0; P->result->span.end = (uint32_t)P->src->size; }
     | BEGIN_EXPRESSION expr          { P->result = $2; }
     | BEGIN_EXPRESSION relation      { P->result = $2; }
     ;
stmts: %empty { $$ = list_new(P); }
     | stmts stmt { $$ = list_add(P, $1, $2); if ($2->kind != AST_ERROR) P->astray = 0; }
     ;

stmt:
    ECONOMY name economy_title ';'                { $$ = MAKE(ECONOMY, @$, $2, 1, $3); }
  | USE uses ';'                                  { $$ = MANY(USE, @$, 0, $2); }
  | WITH uses ';'                                 { $$ = MANY(WITH, @$, 0, $2); }
  | SET setdefs ';'                               { $$ = MANY(SET, @$, 0, $2); }
  | PARAM pdefs ';'                               { $$ = MANY(PARAM, @$, 0, $2); }
  | DATA name indices table opt_semi              { $$ = MAKE(DATA, @$, $2, 3, $3, $4, (Ast *)NULL); }
  | DATA name indices table property ';'          { $$ = MAKE(DATA, @$, $2, 3, $3, $4, $5); }
  | DATA name indices FROM STRING ';'             { $$ = MAKE(DATA, @$, $2, 3, $3, LEAF(STRING, @5, $5), (Ast *)NULL); }
  | DATA name indices FROM STRING property ';'    { $$ = MAKE(DATA, @$, $2, 3, $3, LEAF(STRING, @5, $5), $6); }
  | FN name '(' fparams ')' '=' expr ';'          { $$ = MANY(FN, @$, $2, list_add(P, $4, $7)); }
  | TREE branches                                 { $$ = MANY(TREE, @$, 0, $2); }
  | HORIZON INFINITE ';'                          { $$ = ast_flag(LEAF(HORIZON, @$, 0), 1); }
  | HORIZON expr ';'                              { $$ = MAKE(HORIZON, @$, 0, 1, $2); }
  | GOOD gdefs ';'                                { $$ = MANY(GOOD, @$, 0, $2); }
  | ASSET declheads aclauses ';'                  { for (uint32_t i = 0; i < $3->n; i++) list_add(P, $2, $3->at[i]);
                                                    $$ = MANY(ASSET, @$, 0, $2); }
  | AGENT ahead aclass '{' items '}'              { $$ = ast_agent(P, AST_AGENT, @$, $2, $3, $5); }
  | FIRM  ahead aclass '{' items '}'              { $$ = ast_agent(P, AST_FIRM, @$, $2, $3, $5); }
  | MARKET mhead mclauses mbody ';'               { uint32_t flag = ($3 ? $3->flag : 0) | $2->flag;
                                                    if ($3) $3->flag = 0;
                                                    $$ = ast_flag(MAKE(MARKET, @$, $2->text, 4, HEAD_INDICES($2), HEAD_AT($2), $3, $4), flag); }
  | LET lets ';'                                  { $$ = MANY(LET, @$, 0, $2); }
  | VARIABLE choices ';'                          { $$ = MANY(VARIABLE, @$, 0, $2); }
  | EQUATION declhead ':' relation opt_comp ';'   { $$ = MAKE(EQUATION, @$, $2->text, 4, HEAD_INDICES($2), HEAD_AT($2), $4, $5); }
  | NUMERAIRE relations ';'                       { $$ = MANY(NUMERAIRE, @$, 0, $2); }
  | CALIBRATE names SO THAT relations ';'         { $$ = ast_many(P, AST_CALIBRATE, @$, 0, $5, 1, MANY(NAMES, @2, 0, $2)); }
  | START assigns ';'                             { $$ = MANY(START, @$, 0, $2); }
  | INITIAL assigns ';'                           { $$ = ast_flag(MANY(START, @$, 0, $2), 1); }
  | SHOCK shocks ';'                              { $$ = MANY(SHOCK, @$, 0, $2); }
  | PROCESS relation ';'                          { $$ = MAKE(PROCESS, @$, 0, 1, $2); }
  | INSTITUTION name opt_iparams '{' stmts '}'    { $$ = ast_many(P, AST_INSTITUTION, @$, $2, $5, 1, $3); }
  | PASS name ';'                                 { $$ = LEAF(PASS, @$, $2); }
  | EXTEND AGENT name '{' items '}'               { $$ = ast_num(MANY(EXTEND, @$, $3, $5), 1); }
  | EXTEND FIRM name '{' items '}'                { $$ = ast_num(MANY(EXTEND, @$, $3, $5), 1); }
  | EXTEND MARKET declhead ':' relation ';'       { $$ = ast_num(MAKE(EXTEND, @$, $3->text, 3, HEAD_INDICES($3), HEAD_AT($3), $5), 2); }
  | EXTEND EQUATION declhead ':' relation ';'     { $$ = ast_num(MAKE(EXTEND, @$, $3->text, 3, HEAD_INDICES($3), HEAD_AT($3), $5), 3); }
  | DROP names ';'                                { $$ = MAKE(DROP, @$, 0, 1, MANY(NAMES, @2, 0, $2)); }
  | REPLACE declhead ':' relation ';'             { $$ = MAKE(REPLACE, @$, $2->text, 3, HEAD_INDICES($2), HEAD_AT($2), $4); }
  | SOLVE name '=' name clauses ';'               { $$ = ast_many(P, AST_SOLVE, @$, $2, $5, 1, NAMED(@4, $4)); }
  | SWEEP sweeps sbody                            { $$ = ast_sweep(P, @$, $2, $3); }
  | REPORT exprs for ';'                          { $$ = MAKE(REPORT, @$, 0, 2, MANY(EXPRS, @2, 0, $2), $3); }
  | PLOT exprs for opt_against ';'                { $$ = MAKE(PLOT, @$, 0, 3, MANY(EXPRS, @2, 0, $2), $3, $4); }
  | EXPECT relations ';'                          { $$ = ast_many(P, AST_EXPECT, @$, 0, $2, 1, (Ast *)NULL); }
  | EXPECT relations WITHIN expr ';'              { $$ = ast_many(P, AST_EXPECT, @$, 0, $2, 1, $4); }
  | EXPECT relations WITHIN expr '%' ';'          { $$ = ast_flag(ast_many(P, AST_EXPECT, @$, 0, $2, 1, $4), 1); }
  | EXPECT name ':' relations ';'                 { $$ = ast_many(P, AST_EXPECT, @$, $2, $4, 1, (Ast *)NULL); }
  | EXPECT name ':' relations WITHIN expr ';'     { $$ = ast_many(P, AST_EXPECT, @$, $2, $4, 1, $6); }
  | EXPECT name ':' relations WITHIN expr '%' ';' { $$ = ast_flag(ast_many(P, AST_EXPECT, @$, $2, $4, 1, $6), 1); }
  | error ';'                                     { $$ = LEAF(ERROR, @$, 0); yyerrok; }
  ;

/* ---- names ---- */
name: NAME | soft ;
soft: MASS | FREE | PRICE | SUPPLY | DURABLE | STORABLE | PROBABILITY | VARIANCE | SD | COVARIANCE | MULTIPLIER | SO | THAT
    | OF | WEIGHTS | IMPLIED | BY | HOLDING | ORDER | AGAINST | COHORTS | GOOD | ASSET | PAYS | CONSTRAINT | CHOOSING ;
names: name { $$ = list_one(P, NAMED(@1, $1)); } | names ',' name { $$ = list_add(P, $1, NAMED(@3, $3)); } ;
opt_name: %empty { $$ = 0; } | NAME ;
economy_title: %empty { $$ = NULL; } | STRING { $$ = LEAF(STRING, @1, $1); } ;
opt_semi: %empty | ';' ;
/* what must hold of a table: `balanced`, `balanced within 0.01` */
property: NAME { $$ = MAKE(CLAUSE, @$, $1, 1, (Ast *)NULL); } | NAME WITHIN expr { $$ = MAKE(CLAUSE, @$, $1, 1, $3); } ;

/* ---- index sets and binders ---- */
opt_idx: %empty { $$ = NULL; } | indices ;
indices: '[' binders ']'         { $$ = MANY(INDICES, @$, 0, $2); }
       | '[' binders IF cond ']' { $$ = ast_flag(MANY(INDICES, @$, 0, list_add(P, $2, $4)), 1); } ;
binders: binder { $$ = list_one(P, $1); } | binders ',' binder { $$ = list_add(P, $1, $3); } ;
binder: name           { $$ = MAKE(BINDER, @$, $1, 1, (Ast *)NULL); }
      | NUMBER         { $$ = MAKE(BINDER, @$, 0, 1, ast_number(P, @1)); }
      | brace          { $$ = MAKE(BINDER, @$, 0, 1, $1); }
      | name IN domain { $$ = MAKE(BINDER, @$, $1, 1, $3); } ;
domain: name { $$ = NAMED(@1, $1); } | brace | '[' expr ',' expr ']' { $$ = MAKE(INTERVAL, @$, 0, 2, $2, $4); } ;
declhead: name opt_idx opt_at { $$ = MAKE(HEAD, @$, $1, 2, $2, $3); } ;
declheads: declhead { $$ = list_one(P, $1); } | declheads ',' declhead { $$ = list_add(P, $1, $3); } ;
mhead: declhead
     | name IN domain opt_at { Loc at = {@1.begin, @3.end};
                               $$ = ast_flag(MAKE(HEAD, @$, $1, 2, MAKE(INDICES, at, 0, 1, MAKE(BINDER, at, $1, 1, $3)), $4), 2); } ;
opt_at: %empty { $$ = NULL; } | '@' nodes { $$ = MAKE(AT_LIST, @$, 0, 1, $2); } ;
nodes: node | name IN domain { $$ = MAKE(BINDER, @$, $1, 1, $3); } ;
node: name { $$ = NAMED(@1, $1); } | NUMBER { $$ = ast_number(P, @1); } | '{' nodelist '}' { $$ = MANY(BRACE, @$, 0, $2); } ;
nodelist: node { $$ = list_one(P, $1); } | nodelist ',' node { $$ = list_add(P, $1, $3); } ;

setdefs: setdef { $$ = list_one(P, $1); } | setdefs ',' setdef { $$ = list_add(P, $1, $3); } ;
setdef: name '=' brace { $$ = MAKE(SETDEF, @$, $1, 1, $3); }
      | name '=' expr ".." expr { Loc at = {@3.begin, @5.end}; $$ = MAKE(SETDEF, @$, $1, 1, MAKE(RANGE, at, 0, 2, $3, $5)); } ;
brace: '{' bitems '}' { $$ = MANY(BRACE, @$, 0, $2); } | '{' '}' { $$ = LEAF(BRACE, @$, 0); } ;
bitems: bitem { $$ = list_one(P, $1); } | bitems ',' bitem { $$ = list_add(P, $1, $3); } ;
bitem: expr | expr ':' expr { $$ = MAKE(PAIR, @$, 0, 2, $1, $3); } | expr ".." expr { $$ = MAKE(RANGE, @$, 0, 2, $1, $3); } ;
value: expr | brace ;

pdefs: pdef { $$ = list_one(P, $1); } | pdefs ',' pdef { $$ = list_add(P, $1, $3); } ;
pdef: name opt_idx opt_at           { $$ = MAKE(PDEF, @$, $1, 3, $2, $3, (Ast *)NULL); }
    | name opt_idx opt_at '=' value { $$ = MAKE(PDEF, @$, $1, 3, $2, $3, $5); } ;
fparams: fparam { $$ = list_one(P, $1); } | fparams ',' fparam { $$ = list_add(P, $1, $3); } ;
fparam: name { $$ = LEAF(FPARAM, @$, $1); } | name '[' names ']' { $$ = MANY(FPARAM, @$, $1, $3); } ;

/* Cells that are no expressions are read by table.c and wait in P->cell. */
table: TOPEN tparts '}' { $$ = ast_table(P, @$); } ;
tparts: %empty | tparts tpart ;
tpart: CELL_OPEN expr ')'  { if ($1 < P->cell.n) { P->cell.at[$1].expr = $2; P->cell.at[$1].end = @3.end; } }
     | CELL_OPEN error CELL_END { if ($1 < P->cell.n) P->cell.at[$1].expr = LEAF(ERROR, @$, 0); yyerrok; } ;

branches: branch ';' { $$ = list_one(P, $1); } | branches branch ';' { $$ = list_add(P, $1, $2); } ;
branch: tnode ARROW children  { $$ = MAKE(BRANCH, @$, 0, 3, $1, ast_kid($3, 0), ast_kid($3, 1)); }
      | branch ARROW children { $$ = MAKE(BRANCH, @$, 0, 3, $1, ast_kid($3, 0), ast_kid($3, 1)); }
      | tnode ".." tnode      { $$ = ast_flag(MAKE(BRANCH, @$, 0, 2, $1, $3), 1); } ;
tnode: NAME { $$ = NAMED(@1, $1); } | NUMBER { $$ = ast_number(P, @1); } ;   /* may stand after `;`, where a statement may begin: hard names */
children: childlist opt_probability { $$ = MAKE(PAIR, @$, 0, 2, MANY(CHILDREN, @1, 0, $1), $2); } ;
opt_probability: %empty { $$ = NULL; } | PROBABILITY value { $$ = $2; } ;
childlist: child { $$ = list_one(P, $1); } | childlist ',' child { $$ = list_add(P, $1, $3); } ;
child: name { $$ = NAMED(@1, $1); } | NUMBER { $$ = ast_number(P, @1); } | name IN domain { $$ = MAKE(BINDER, @$, $1, 1, $3); } ;

gdefs: gdef { $$ = list_one(P, $1); } | gdefs ',' gdef { $$ = list_add(P, $1, $3); } ;
gdef: name opt_idx         { $$ = MAKE(GOODDEF, @$, $1, 1, $2); }
    | gdef gattr           { $$ = ast_flag($1, (uint32_t)$2); $$->span.end = @2.end; } ;
gattr: NUMERAIRE { $$ = 1; } | DURABLE { $$ = 2; } | STORABLE { $$ = 4; } ;
aclauses: %empty { $$ = list_new(P); } | aclauses aclause { $$ = list_add(P, $1, $2); } ;
aclause: PRICE name          { $$ = MAKE(ASSETCLAUSE, @$, $1, 1, NAMED(@2, $2)); }
       | PAYS expr opt_brace { $$ = $3 ? MAKE(ASSETCLAUSE, @$, $1, 2, $2, $3) : MAKE(ASSETCLAUSE, @$, $1, 1, $2); }
       | PAYS brace          { $$ = MAKE(ASSETCLAUSE, @$, $1, 1, $2); }
       | SUPPLY expr         { $$ = MAKE(ASSETCLAUSE, @$, $1, 1, $2); }
       | DURABLE             { $$ = LEAF(ASSETCLAUSE, @$, $1); } ;
opt_brace: %empty { $$ = NULL; } | brace ;
mclauses: %empty { $$ = NULL; } | PRICE name { $$ = NAMED(@2, $2); } | PRICE name FREE { $$ = ast_flag(NAMED(@2, $2), 1); } ;
mbody: %empty { $$ = NULL; } | ':' relation { $$ = $2; } ;
opt_comp: %empty { $$ = NULL; } | COMPLEMENTS expr { $$ = $2; } ;

/* ---- agents and firms ---- */
ahead: name                     { $$ = ast_flag(LEAF(BINDERS, @$, $1), 1); }
     | more_binders             { $$ = MANY(BINDERS, @$, 0, $1); }
     | name NAME IN domain more { Loc at = {@2.begin, @4.end}, all = {@2.begin, @$.end};
                                  $$ = ast_flag(ast_many(P, AST_BINDERS, all, $1, $5, 1, MAKE(BINDER, at, $2, 1, $4)), 1); } ;
more_binders: name IN domain { $$ = list_one(P, MAKE(BINDER, @$, $1, 1, $3)); }
            | more_binders ',' name IN domain { Loc at = {@3.begin, @5.end}; $$ = list_add(P, $1, MAKE(BINDER, at, $3, 1, $5)); } ;
more: %empty { $$ = list_new(P); }
    | more ',' name IN domain { Loc at = {@3.begin, @5.end}; $$ = list_add(P, $1, MAKE(BINDER, at, $3, 1, $5)); } ;
aclass: %empty { $$ = list_add(P, list_one(P, NULL), NULL); }
      | aclass MASS expr { $$ = $1; if ($1->n) $1->at[0] = $3; }
      | aclass COHORTS expr { $$ = $1; if ($1->n > 1) $1->at[1] = $3; } ;
items: %empty { $$ = list_new(P); } | items item { $$ = list_add(P, $1, $2); } ;
item: CHOOSE choices ';'                   { $$ = MANY(CHOOSE, @$, 0, $2); }
    | MAXIMIZE expr ';'                    { $$ = MAKE(MAXIMIZE, @$, 0, 1, $2); }
    | MAXIMIZE name '=' expr ';'           { $$ = MAKE(MAXIMIZE, @$, $2, 1, $4); }
    | BELIEF beliefs ';'                   { $$ = MANY(BELIEF, @$, 0, $2); }
    | ENDOW assigns ';'                    { $$ = MANY(ENDOW, @$, 0, $2); }
    | PRIVATE name IN domain_probability ';' { $$ = MAKE(PRIVATE, @$, $2, 2, ast_kid($4, 0), ast_kid($4, 1)); }
    | FN name '(' fparams ')' '=' expr ';' { $$ = MANY(FN, @$, $2, list_add(P, $4, $7)); }
    | LET lets ';'                         { $$ = MANY(LET, @$, 0, $2); }
    | declhead opt_mult ':' relation ';'   { $$ = MAKE(CONSTRAINT, @$, $1->text, 4, HEAD_INDICES($1), HEAD_AT($1), $2, $4); }
    | BUDGET opt_name opt_idx opt_at opt_mult ':' relation ';'    { $$ = MAKE(BUDGET, @$, $2, 4, $3, $4, $5, $7); }
    | EXTEND declhead ':' relation ';'     { $$ = ast_num(MAKE(EXTEND, @$, $2->text, 3, HEAD_INDICES($2), HEAD_AT($2), $4), 4); }
    | EXTEND BUDGET opt_name opt_idx opt_at ':' relation ';'      { $$ = ast_num(MAKE(EXTEND, @$, $3, 3, $4, $5, $7), 5); }
    | DROP names ';'                       { $$ = MAKE(DROP, @$, 0, 1, MANY(NAMES, @2, 0, $2)); }
    | REPLACE declhead ':' relation ';'    { $$ = MAKE(REPLACE, @$, $2->text, 3, HEAD_INDICES($2), HEAD_AT($2), $4); }
    | error ';'                            { $$ = LEAF(ERROR, @$, 0); yyerrok; }
    ;
domain_probability: domain opt_probability { $$ = MAKE(PAIR, @$, 0, 2, $1, $2); } ;
opt_mult: %empty { $$ = NULL; } | MULTIPLIER name { $$ = NAMED(@2, $2); } ;
lets: letdef { $$ = list_one(P, $1); } | lets ',' letdef { $$ = list_add(P, $1, $3); } ;
letdef: name opt_idx opt_at '=' expr { $$ = MAKE(LETDEF, @$, $1, 3, $2, $3, $5); } ;
choices: choice { $$ = list_one(P, $1); } | choices ',' choice { $$ = list_add(P, $1, $3); } ;
/* no inline `@n in S` here: `in` begins a bound */
choice: name opt_idx opt_node bound opt_initial { $$ = MAKE(CHOICE, @$, $1, 5, $2, $3, ast_kid($4, 0), ast_kid($4, 1), $5); } ;
opt_node: %empty { $$ = NULL; } | '@' node { $$ = MAKE(AT_LIST, @$, 0, 1, $2); } ;
bound: %empty                    { $$ = MAKE(PAIR, @$, 0, 2, (Ast *)NULL, (Ast *)NULL); }
     | GE expr                   { $$ = MAKE(PAIR, @$, 0, 2, $2, (Ast *)NULL); }
     | LE expr                   { $$ = MAKE(PAIR, @$, 0, 2, (Ast *)NULL, $2); }
     | IN '[' expr ',' expr ']'  { $$ = MAKE(PAIR, @$, 0, 2, $3, $5); } ;
opt_initial: %empty { $$ = NULL; } | INITIAL expr { $$ = $2; } ;
beliefs: belief { $$ = list_one(P, $1); } | beliefs ',' belief { $$ = list_add(P, $1, $3); } ;
belief: node ':' expr { $$ = MAKE(BELIEFDEF, @$, 0, 2, $1, $3); } ;

shocks: sh { $$ = list_one(P, $1); } | shocks ',' sh { $$ = list_add(P, $1, $3); } ;
sh: name opt_idx                   { $$ = MAKE(SHOCKDEF, @$, $1, 2, $2, (Ast *)NULL); }
  | name opt_idx VARIANCE expr     { $$ = ast_num(MAKE(SHOCKDEF, @$, $1, 2, $2, $4), 1); }
  | name opt_idx SD expr           { $$ = ast_num(MAKE(SHOCKDEF, @$, $1, 2, $2, $4), 2); }
  | name opt_idx COVARIANCE value  { $$ = ast_num(MAKE(SHOCKDEF, @$, $1, 2, $2, $4), 3); } ;

/* ---- relations ---- */
relation: expr rel value { $$ = ast_relation(P, @$, $1, $2, $3, 0, NULL); }
        | expr rel expr rel expr { $$ = ast_relation(P, @$, $1, $2, $3, $4, $5); } ;
rel: '=' { $$ = '='; } | GE { $$ = 'G'; } | LE { $$ = 'L'; } | '<' { $$ = '<'; } | '>' { $$ = '>'; } ;
relations: relation { $$ = list_one(P, $1); } | relations ',' relation { $$ = list_add(P, $1, $3); } ;
assigns: assign { $$ = list_one(P, $1); } | assigns ',' assign { $$ = list_add(P, $1, $3); } ;
assign: postfix '=' value { $$ = MAKE(ASSIGN, @$, 0, 2, $1, $3); } ;

/* ---- institutions ---- */
opt_iparams: %empty { $$ = NULL; } | '(' ')' { $$ = LEAF(IPARAMS, @$, 0); } | '(' iparams ')' { $$ = MANY(IPARAMS, @$, 0, $2); } ;
iparams: iparam { $$ = list_one(P, $1); } | iparams ',' iparam { $$ = list_add(P, $1, $3); } ;
iparam: kind name { $$ = MAKE(IPARAM, @$, $2, 2, $1, (Ast *)NULL); } | kind name '=' expr { $$ = MAKE(IPARAM, @$, $2, 2, $1, $4); }
      | kind name '=' BUDGET { $$ = MAKE(IPARAM, @$, $2, 2, $1, NAMED(@4, $4)); } ;   /* the budget without a name */
kind: kindword { $$ = NAMED(@1, str_intern(P->c->strs, P->src->text + @1.begin, @1.end - @1.begin)); } ;
kindword: AGENT { $$ = 0; } | FIRM { $$ = 0; } | MARKET { $$ = 0; } | GOOD { $$ = 0; } | ASSET { $$ = 0; } | SET { $$ = 0; }
        | PARAM { $$ = 0; } | EQUATION { $$ = 0; } | VARIABLE { $$ = 0; } | CONSTRAINT { $$ = 0; } | BUDGET { $$ = 0; } ;
uses: one_use { $$ = list_one(P, $1); } | uses ',' one_use { $$ = list_add(P, $1, $3); } ;
one_use: name { $$ = LEAF(USEITEM, @$, $1); } | name '(' ')' { $$ = LEAF(USEITEM, @$, $1); } | name '(' uargs ')' { $$ = MANY(USEITEM, @$, $1, $3); } ;
uargs: uarg { $$ = list_one(P, $1); } | uargs ',' uarg { $$ = list_add(P, $1, $3); } ;
uarg: value | name '=' value { $$ = MAKE(ASSIGN, @$, 0, 2, NAMED(@1, $1), $3); }
    | BUDGET { $$ = NAMED(@1, $1); } | name '=' BUDGET { $$ = MAKE(ASSIGN, @$, 0, 2, NAMED(@1, $1), NAMED(@3, $3)); } ;

/* ---- questions ---- */
clauses: %empty { $$ = list_new(P); } | clauses clause { $$ = list_add(P, $1, $2); } ;
clause: OF brace                   { $$ = CLAUSE1(@$, "of", $2); }
      | WITH uses                  { $$ = CLAUSE(@$, "with", $2); }
      | WITHOUT names              { $$ = CLAUSE(@$, "without", $2); }
      | WHERE clause_assigns       { $$ = CLAUSE(@$, "where", $2); }
      | FIX clause_assigns         { $$ = CLAUSE(@$, "fix", $2); }
      | START clause_assigns       { $$ = CLAUSE(@$, "start", $2); }
      | NUMERAIRE '{' relations '}' { $$ = CLAUSE(@$, "numeraire", $3); }
      | WEIGHTS brace              { $$ = CLAUSE1(@$, "weights", $2); }
      | WEIGHTS IMPLIED BY name    { $$ = CLAUSE1(@$, "implied", NAMED(@4, $4)); }
      | MAXIMIZE arith             { $$ = CLAUSE1(@$, "maximize", $2); }
      | CHOOSING picks             { $$ = CLAUSE(@$, "choosing", $2); }
      | HOLDING holds              { $$ = CLAUSE(@$, "holding", $2); }
      | ORDER NUMBER               { $$ = CLAUSE1(@$, "order", ast_number(P, @2)); }
      | FROM name                  { $$ = CLAUSE1(@$, "from", NAMED(@2, $2)); }
      | NAME                       { $$ = CLAUSE1(@$, "flag", NAMED(@1, $1)); }
      | NUMBER                     { $$ = CLAUSE1(@$, "number", ast_number(P, @1)); } ;
clause_assigns: '{' assigns '}' { $$ = $2; } ;
picks: pick { $$ = list_one(P, $1); } | picks ',' pick { $$ = list_add(P, $1, $3); } ;
pick: postfix bound { $$ = MAKE(PICK, @$, 0, 3, $1, ast_kid($2, 0), ast_kid($2, 1)); } ;
holds: hold { $$ = list_one(P, $1); } | holds ',' hold { $$ = list_add(P, $1, $3); } ;
hold: expr GE expr { $$ = ast_relation(P, @$, $1, 'G', $3, 0, NULL); } ;
sweeps: sweepdef { $$ = list_one(P, $1); } | sweeps ',' sweepdef { $$ = list_add(P, $1, $3); }
      | FROM STRING { $$ = list_one(P, MAKE(SWEEP, @$, 0, 2, LEAF(STRING, @2, $2), (Ast *)NULL)); } ;
sweepdef: postfix '=' range opt_by {
            Loc at = {@1.begin, @3.end};
            $$ = $1->kind == AST_NAME ? MAKE(SWEEP, @$, $1->text, 2, $3, $4) : MAKE(SWEEP, @$, 0, 2, MAKE(ASSIGN, at, 0, 2, $1, $3), $4); } ;
sbody: ':' stmt { $$ = list_one(P, $2); } | '{' stmts '}' { $$ = $2; } ;
range: expr ".." expr { $$ = MAKE(RANGE, @$, 0, 2, $1, $3); } | brace ;
opt_by: %empty { $$ = NULL; } | BY expr { $$ = $2; } ;
exprs: expr { $$ = list_one(P, $1); } | exprs ',' expr { $$ = list_add(P, $1, $3); } ;
for: %empty { $$ = NULL; } | FOR names { $$ = MANY(NAMES, @2, 0, $2); } ;
opt_against: %empty { $$ = NULL; } | AGAINST expr { $$ = $2; } ;

/* ---- expressions ---- */
expr: arith | IF cond THEN expr ELSE expr { $$ = MAKE(IF, @$, 0, 3, $2, $4, $6); } ;
cond: expr crel expr  { $$ = ast_compare(P, @$, $1, $2, $3); }
    | expr IN expr    { $$ = ast_compare(P, @$, $1, 'i', $3); }
    | expr IN brace   { $$ = ast_compare(P, @$, $1, 'i', $3); }
    | '(' cond ')'    { $$ = MAKE(PAREN, @$, 0, 1, $2); }
    | NOT cond        { $$ = MAKE(NOT, @$, 0, 1, $2); }
    | cond AND cond   { $$ = MAKE(AND, @$, 0, 2, $1, $3); }
    | cond OR cond    { $$ = MAKE(OR, @$, 0, 2, $1, $3); } ;
crel: rel | NE { $$ = '!'; } ;
arith: arith '+' arith { $$ = ast_chain(P, @$, $1, '+', $3); }
     | arith '-' arith { $$ = ast_chain(P, @$, $1, '-', $3); }
     | arith '*' arith { $$ = ast_chain(P, @$, $1, '*', $3); }
     | arith '/' arith { $$ = ast_chain(P, @$, $1, '/', $3); }
     | '-' arith %prec UMINUS { $$ = MAKE(NEG, @$, 0, 1, $2); }
     | arith '^' arith { $$ = MAKE(POW, @$, 0, 2, $1, $3); }
     | postfix ;
postfix: primary
       | postfix '[' iargs ']'  { $$ = ast_flag(ast_many(P, AST_INDEX, @$, 0, &(List){$3->kid, $3->nkid, 0}, 1, $1), $3->flag); }
       | postfix '@' node       { $$ = MAKE(AT, @$, 0, 2, $1, $3); }
       | postfix '.' name       { $$ = MAKE(DOT, @$, $3, 1, $1); }
       | postfix '(' opt_args ')' { $$ = ast_many(P, AST_CALL, @$, 0, $3, 1, $1); }
       | postfix '(' CHOOSE choices ';' items ')' { Loc at = {@3.begin, @5.end};
                                                    $$ = ast_many(P, AST_BEST, @$, 0, $6, 2, $1, MANY(CHOOSE, at, 0, $4)); } ;
primary: name { $$ = NAMED(@1, $1); } | NUMBER { $$ = ast_number(P, @1); } | ELLIPSIS { $$ = LEAF(ELLIPSIS, @1, 0); }
       | '(' expr ')' { $$ = MAKE(PAREN, @$, 0, 1, $2); } ;
iargs: exprs { $$ = MANY(EXPRS, @$, 0, $1); } | exprs '|' expr { $$ = ast_flag(MANY(EXPRS, @$, 0, list_add(P, $1, $3)), 1); } ;
opt_args: %empty { $$ = list_new(P); } | args ;
args: arg { $$ = list_one(P, $1); } | args ',' arg { $$ = list_add(P, $1, $3); } ;
arg: expr | brace
   | name IN domain         { $$ = MAKE(BINDER, @$, $1, 1, $3); }
   | name IN domain IF cond { Loc at = {@1.begin, @3.end}; $$ = ast_flag(MAKE(INDICES, @$, 0, 2, MAKE(BINDER, at, $1, 1, $3), $5), 1); } ;
%%
static int econ_yylex(Value *val, Loc *at, Parser *P) {
  Token t = {0};
  int kind = recover_token(P, &t);
  *val = t.value;
  *at = t.at;
  return kind;
}

/* Bison calls this for an exhausted stack alone; syntax errors are said by grammar_error. */
static void econ_yyerror(const Loc *at, Parser *P, const char *message) {
  (void)message;
  lex_nesting(P, *at);
}

static int yyreport_syntax_error(const yypcontext_t *ctx, Parser *P) {
  yysymbol_kind_t wanted[YYNTOKENS];
  const char *name[GRAMMAR_TOKENS];
  int n = yypcontext_expected_tokens(ctx, wanted, YYNTOKENS), m = 0;
  for (int i = 0; i < n && m < GRAMMAR_TOKENS; i++)
    if (wanted[i] != YYSYMBOL_YYerror) name[m++] = yysymbol_name(wanted[i]);
  grammar_error(P, *yypcontext_location(ctx), yypcontext_token(ctx) == YYSYMBOL_YYEOF, name, (unsigned)m);
  return 0;
}
