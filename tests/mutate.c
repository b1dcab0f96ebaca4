/* mutate: what the checks of economics catch. Every example is spoiled in one place at a time, in every place and by every operator that
 * applies, and `check` is asked for its opinion of each.
 *
 *     mutate [--verbose] [--every N] [--least PERCENT] FILE...       --every: only each N-th mutant
 *
 * The edit is made in the text, at the spans of the syntax tree; the tool shares nothing with the checks. What ought to be caught is
 * decided here by a criterion of its own: the edit is in a budget, a firm's profit, a written market, or removes a market, so that the
 * mass-weighted sum of spending less income no longer is the value of the excess demands that the file had, and it is not of a kind
 * that makes a consistent economy of another sort (see `kinds`). The criterion asks for a little too much: of what it expects about one in
 * thirty is a consistent economy all the same, and gets away. A price left out where others still buy and sell at it makes the quantity an
 * amount of the numeraire; an index shifted to another element keeps every balance where the market left behind keeps a buyer and a seller, or
 * where what is indexed is a parameter; a factor that is an unknown (a tax rate to be found, the employed part) on a choice that is no quantity of a
 * good reads as a number of efficiency units in a derived market; a variable of any sign may be dropped from a sum. Mutants that are no longer sentences of the language, or say
 * what was said before, are not counted; caught is what gives an error or a warning (the examples give none). Last line: mutate: N passed, N failed. */
#include "../compiler/econ.h"
#include "../lang/parse.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is done, where, and what must come of it ---- */
typedef enum { DROP_TERM, FLIP_SIGN, DROP_PRICE, SWAP_GOOD, SHIFT_INDEX, SHIFT_NODE, TWICE_BUDGET, TWICE_INCOME, DROP_MARKET, DROP_FACTOR, OPERATORS } Operator;
static const char *const operator_name[OPERATORS] = {"drop a term", "flip a sign", "drop a price", "swap a good", "shift an index", "shift a node", "write a budget twice", "count income twice", "remove a market", "drop a factor of an objective"};
typedef enum { IN_BUDGET, IN_PROFIT, IN_MARKET, IN_EQUATION, IN_CONSTRAINT, IN_OBJECTIVE } Where;
typedef enum { DETECTABLE, OF_OBJECTIVE, OF_CONSTRAINT, OF_EQUATION, OF_DATA, OF_TECHNOLOGY, OF_SETTLEMENT, KINDS } Kind;
static const struct { const char *name, *reason; } kinds[KINDS] = {
    {"changes the value identity or the count", ""},
    {"objective", "budgets and markets do not know what is maximised: a dropped discount factor or taste keeps every identity"},
    {"constraint", "a limit on choices is no payment: any limit is consistent with the budgets"},
    {"equation", "an equation of the model's own has no other statement that it could contradict"},
    {"endowment", "a market that follows from the budgets, as the numeraire's does, follows them here too: another endowment is another consistent economy"},
    {"technology", "what is put aside and taken up later may yield anything, nothing included"},
    {"settlement", "money changes hands in conditions that are not called budgets, so that the file states no balance that could fail"},
};

typedef struct { size_t begin, end; char *text; } Edit;
typedef struct { unsigned made, nonsense, same, caught, there /* a message of them stands in the statement that was spoiled */; } Count;
enum { NAMES = 256, CODES = 64, LETTERS = 48 };
typedef struct { char at[NAMES][LETTERS]; unsigned n; } Names;
typedef struct { char set[LETTERS]; Names element; } SetOf;
typedef struct { char code[LETTERS]; unsigned n; } Code;
typedef struct {
  const char *file, *text;
  size_t size;
  Strs *strs;
  Names price, good, node, choice;
  SetOf set[32]; unsigned nset;
  int derived, numeraire, settled;                                 /* some market has no body; some named constraint is an equation with a price in it */
  unsigned every, seen, verbose;
  Count count[OPERATORS][KINDS];
  Code code[OPERATORS][CODES];
} Mutator;

static void add_name(Names *n, const char *s) {
  if (!s || !*s || n->n == NAMES || strlen(s) >= LETTERS) return;
  for (unsigned i = 0; i < n->n; i++)
    if (!strcmp(n->at[i], s)) return;
  strcpy(n->at[n->n++], s);
}
static int has_name(const Names *n, const char *s) {
  for (unsigned i = 0; i < n->n; i++)
    if (!strcmp(n->at[i], s)) return 1;
  return 0;
}
static const char *word(const Mutator *m, const Ast *a) { return a && a->text ? str_text(m->strs, a->text) : ""; }

/* ---- asking ---- */
static char *applied(const Mutator *m, const Edit *e) {
  size_t n = strlen(e->text), rest = m->size - e->end;
  char *t = malloc(m->size - (e->end - e->begin) + n + 1);
  if (!t) abort();
  memcpy(t, m->text, e->begin);
  memcpy(t + e->begin, e->text, n);
  memcpy(t + e->begin + n, m->text + e->end, rest + 1);
  return t;
}
/* The code of the first error (or warning), as printed: "... error: sentence [code]". */
static void first_code(const char *said, const char *severity, char *code) {
  code[0] = 0;
  for (const char *p = said; (p = strstr(p, severity)); p++) {
    const char *end = strchr(p, '\n'), *open = end;
    while (open && open > p && *open != '[') open--;
    if (!open || open == p) continue;
    size_t n = strcspn(open + 1, "]");
    if (n < LETTERS) { memcpy(code, open + 1, n); code[n] = 0; }
    return;
  }
}
/* Codes of what is no sentence of the language, or no name of the file: nothing economic was said. */
static int is_nonsense(const char *code) {
  static const char *const family[] = {"syntax.", "table.", "file.", "names.", "fn.", "time.", "data.", "values.", "set.", "index.", "csv.", "expect.", "query.", "later."};
  for (size_t i = 0; i < sizeof family / sizeof *family; i++)
    if (!strncmp(code, family[i], strlen(family[i]))) return 1;
  return 0;
}
static void note_code(Code *c, const char *code) {
  for (unsigned i = 0; i < CODES; i++) {
    if (c[i].n && strcmp(c[i].code, code)) continue;
    strcpy(c[i].code, code);
    c[i].n++;
    return;
  }
}
static unsigned line_of(const Mutator *m, size_t at) {
  unsigned line = 1;
  for (size_t i = 0; i < at; i++) line += m->text[i] == '\n';
  return line;
}
/* Whether some message stands at a line of the statement around the edit: from the line behind the last `;`, `{` or `}` to the next `;`. */
static int said_there(const Mutator *m, const Edit *e, const char *said) {
  size_t from = e->begin, to = e->begin, n = strlen(m->file);
  while (from > 0 && !strchr(";{}", m->text[from - 1])) from--;
  while (m->text[to] && m->text[to] != ';') to++;
  unsigned first = line_of(m, from), last = line_of(m, to);
  for (const char *p = said; (p = strstr(p, m->file)); p += n) {
    unsigned line = p[n] == ':' ? (unsigned)strtoul(p + n + 1, NULL, 10) : 0;
    if (line >= first && line <= last) return 1;
  }
  return 0;
}
static void try_edit(Mutator *m, Operator op, Kind kind, Edit e) {
  if (m->every < 2 || m->seen++ % m->every == 0) {
    char *text = applied(m, &e), code[LETTERS] = "";
    Count *c = &m->count[op][kind];
    Econ *econ = econ_open(NULL);
    c->made++;
    if (!econ) abort();
    if (!strcmp(text, m->text)) c->same++;
    else {
      EconExit got = econ_load_text(econ, m->file, text, strlen(text));
      if (got == ECON_OK) got = econ_check(econ);
      first_code(econ_diagnostics(econ), got != ECON_OK ? ": error: " : ": warning: ", code);
      unsigned before = c->caught;
      if (got == ECON_OK && code[0]) { c->caught++; note_code(m->code[op], code); }
      else if (got != ECON_OK && op != DROP_MARKET && is_nonsense(code)) c->nonsense++;
      else if (got != ECON_OK) { c->caught++; note_code(m->code[op], code); }
      if (c->caught > before) c->there += (unsigned)said_there(m, &e, econ_diagnostics(econ));
      if (m->verbose && !code[0] == (kind == DETECTABLE))
        printf("%s:%u: %s (%s): `%.*s` -> `%s`: %s\n", m->file, line_of(m, e.begin), operator_name[op], kinds[kind].name, (int)(e.end - e.begin), m->text + e.begin, e.text, code[0] ? code : "passes");
    }
    econ_close(econ);
    free(text);
  }
  free(e.text);
}
static Edit edit(size_t begin, size_t end, const char *text) {
  Edit e = {begin, end, strdup(text)};
  if (!e.text) abort();
  return e;
}
static Edit wrap(const Mutator *m, const Ast *a, const char *before, const char *after) {
  size_t n = a->span.end - a->span.begin, b = strlen(before);
  Edit e = {a->span.begin, a->span.end, malloc(n + b + strlen(after) + 1)};
  if (!e.text) abort();
  memcpy(e.text, before, b);
  memcpy(e.text + b, m->text + a->span.begin, n);
  strcpy(e.text + b + n, after);
  return e;
}

/* ---- reading the file: which names are what ---- */
static void each(const Ast *a, void (*f)(Mutator *, const Ast *), Mutator *m) {
  if (!a) return;
  f(m, a);
  for (uint32_t i = 0; i < a->nkid; i++) each(a->kid[i], f, m);
}
static int mentions_price(const Mutator *m, const Ast *a) {
  if (!a) return 0;
  if (a->kind == AST_NAME && has_name(&m->price, word(m, a))) return 1;
  for (uint32_t i = 0; i < a->nkid; i++)
    if (mentions_price(m, a->kid[i])) return 1;
  return 0;
}
/* After all prices are known. */
static void find_settlement(Mutator *m, const Ast *a) {
  for (uint32_t i = 0; a->kind == AST_CONSTRAINT && i < a->nkid; i++)
    if (a->kid[i] && a->kid[i]->kind == AST_RELATION && a->kid[i]->ops[0] == '=' && mentions_price(m, a->kid[i])) m->settled = 1;
}
static void number_or_name(const Mutator *m, const Ast *a, char *to) {
  if (a && a->kind == AST_NUM) snprintf(to, LETTERS, "%g", a->num);
  else snprintf(to, LETTERS, "%.40s", a && (a->kind == AST_NAME || a->kind == AST_BINDER) ? word(m, a) : "");
}
static void elements(Mutator *m, const Ast *brace, SetOf *s) {
  for (uint32_t i = 0; brace && brace->kind == AST_BRACE && i < brace->nkid; i++) {
    char name[LETTERS];
    number_or_name(m, brace->kid[i], name);
    add_name(&s->element, name);
  }
}
static void add_set(Mutator *m, const char *name, const Ast *brace) {
  if (m->nset == sizeof m->set / sizeof *m->set) return;
  snprintf(m->set[m->nset].set, LETTERS, "%.40s", name);
  elements(m, brace, &m->set[m->nset++]);
}
static void learn(Mutator *m, const Ast *a) {
  char name[LETTERS];
  switch (a->kind) {
  case AST_SETDEF: add_set(m, word(m, a), a->kid[0]); break;
  case AST_GOODDEF:
    add_name(&m->good, word(m, a));
    m->numeraire |= (a->flag & 1) != 0;
    break;
  case AST_CHOICE: add_name(&m->choice, word(m, a)); break;
  case AST_BRANCH:
    for (uint32_t i = 0; i < 2 && i < a->nkid; i++) {
      number_or_name(m, a->kid[i], name);
      add_name(&m->node, name);
    }
    break;
  case AST_CHILDREN:
    for (uint32_t i = 0; i < a->nkid; i++) {
      if (a->kid[i]->kind == AST_BINDER && a->kid[i]->nkid && a->kid[i]->kid[0]) {
        SetOf s = {"", {.n = 0}};
        elements(m, a->kid[i]->kid[0], &s);
        for (unsigned j = 0; j < s.element.n; j++) add_name(&m->node, s.element.at[j]);
        continue;
      }
      number_or_name(m, a->kid[i], name);
      add_name(&m->node, name);
    }
    break;
  case AST_MARKET:
    add_name(&m->price, a->kid[2] ? word(m, a->kid[2]) : "p");
    if (!a->kid[3]) m->derived = 1;
    break;
  default: break;
  }
}

/* ---- what an expression mentions ---- */
typedef struct { const Mutator *m; int choice, prev; } Mentions;
static void mention(Mentions *x, const Ast *a) {
  if (!a) return;
  if (a->kind == AST_NAME && has_name(&x->m->choice, word(x->m, a))) x->choice = 1;
  if (a->kind == AST_AT && !strcmp(word(x->m, a->kid[1]), "prev")) x->prev = 1;
  for (uint32_t i = 0; i < a->nkid; i++) mention(x, a->kid[i]);
}
/* What must come of an edit that takes away, or turns, a term here. */
static Kind kind_of(const Mutator *m, Where where, const Ast *term, int keeps_price) {
  Mentions x = {m, 0, 0};
  if (where == IN_OBJECTIVE) return OF_OBJECTIVE;
  if (where == IN_CONSTRAINT) return OF_CONSTRAINT;
  if (where == IN_EQUATION) return OF_EQUATION;
  if (m->settled) return OF_SETTLEMENT;
  mention(&x, term);
  /* The numeraire's market is implied by the budgets: it follows them as a derived one does. */
  if (where != IN_MARKET && (m->derived || (m->numeraire && !mentions_price(m, term))) && !x.choice && keeps_price) return OF_DATA;
  if (where != IN_MARKET && x.prev && keeps_price) return OF_TECHNOLOGY;
  return DETECTABLE;
}

/* ---- operators ---- */
static const char *base_name(const Mutator *m, const Ast *a) {
  while (a && (a->kind == AST_INDEX || a->kind == AST_AT || a->kind == AST_PAREN)) a = a->kid[0];
  return a && a->kind == AST_NAME ? word(m, a) : "";
}
static const char *next_of(const Names *n, const char *s) {
  for (unsigned i = 0; i < n->n; i++)
    if (!strcmp(n->at[i], s)) return n->n > 1 ? n->at[(i + 1) % n->n] : NULL;
  return NULL;
}
static void spoil_sum(Mutator *m, Where where, const Ast *a) {
  for (uint32_t i = 0; i < a->nkid; i++) {
    const Ast *k = a->kid[i];
    Kind kind = kind_of(m, where, k, 1);
    if (i == 0) {
      try_edit(m, DROP_TERM, kind, edit(k->span.begin, k->span.end, "0"));
      try_edit(m, FLIP_SIGN, kind, wrap(m, k, "(-1)*(", ")"));
      continue;
    }
    size_t op = a->kid[i - 1]->span.end;
    while (op < k->span.begin && m->text[op] != a->ops[i - 1]) op++;
    try_edit(m, DROP_TERM, kind, edit(a->kid[i - 1]->span.end, k->span.end, ""));
    try_edit(m, FLIP_SIGN, kind, edit(op, op + 1, a->ops[i - 1] == '+' ? "-" : "+"));
  }
}
static void spoil_index(Mutator *m, Where where, const Ast *a, Kind kind) {
  for (uint32_t i = 1; i < a->nkid; i++) {
    const Ast *k = a->kid[i];
    if (k->kind != AST_NAME) continue;
    const char *to = next_of(&m->good, word(m, k));
    if (to) try_edit(m, SWAP_GOOD, kind, edit(k->span.begin, k->span.end, to));
    for (unsigned s = 0; s < m->nset && !to; s++)
      if ((to = next_of(&m->set[s].element, word(m, k)))) try_edit(m, SHIFT_INDEX, kind, edit(k->span.begin, k->span.end, to));
    /* A bound variable gives way to the first element of its set, which often bears its name with a capital. */
    if (to || where == IN_OBJECTIVE) continue;
    if (m->good.n > 1 && word(m, k)[0] == 'g' && !word(m, k)[1]) try_edit(m, SWAP_GOOD, kind, edit(k->span.begin, k->span.end, m->good.at[0]));
    for (unsigned s = 0; s < m->nset; s++)
      if (word(m, k)[0] && !word(m, k)[1] && tolower((unsigned char)m->set[s].set[0]) == word(m, k)[0] && m->set[s].element.n > 1)
        try_edit(m, SHIFT_INDEX, kind, edit(k->span.begin, k->span.end, m->set[s].element.at[0]));
  }
}
static void spoil(Mutator *m, Where where, const Ast *a, const Ast *term) {
  if (!a) return;
  if (a->kind == AST_CHAIN && (a->ops[0] == '+' || a->ops[0] == '-')) spoil_sum(m, where, a);
  if (a->kind == AST_CHAIN && a->ops[0] != '+' && a->ops[0] != '-' && where == IN_OBJECTIVE)
    for (uint32_t i = 0; i < a->nkid; i++) try_edit(m, DROP_FACTOR, OF_OBJECTIVE, edit(a->kid[i]->span.begin, a->kid[i]->span.end, "1"));
  if ((a->kind == AST_NAME || a->kind == AST_INDEX || a->kind == AST_AT) && has_name(&m->price, base_name(m, a))) {
    try_edit(m, DROP_PRICE, kind_of(m, where, term, 0), edit(a->span.begin, a->span.end, "1"));
    if (a->kind != AST_INDEX) return;
  }
  if (a->kind == AST_INDEX) spoil_index(m, where, a, kind_of(m, where, term, !has_name(&m->price, base_name(m, a))));
  if (a->kind == AST_AT) {
    const char *node = word(m, a->kid[1]);
    const char *to = next_of(&m->node, node);
    if (to) try_edit(m, SHIFT_NODE, kind_of(m, where, term, 1), edit(a->kid[1]->span.begin, a->kid[1]->span.end, to));
    else if (!strcmp(node, "prev")) try_edit(m, SHIFT_NODE, kind_of(m, where, term, 1), edit(a->kid[0]->span.end, a->span.end, ""));
    spoil(m, where, a->kid[0], term);
    return;
  }
  int sum = a->kind == AST_CHAIN && (a->ops[0] == '+' || a->ops[0] == '-');
  for (uint32_t i = a->kind == AST_INDEX || a->kind == AST_CALL; i < a->nkid; i++) spoil(m, where, a->kid[i], sum ? a->kid[i] : term);
}
static void spoil_relation(Mutator *m, Where where, const Ast *r) {
  for (uint32_t i = 0; r && i < r->nkid; i++) {
    const Ast *side = r->kid[i];
    int sum = side->kind == AST_CHAIN && (side->ops[0] == '+' || side->ops[0] == '-');
    if (!sum && !(side->kind == AST_NUM && side->num == 0)) try_edit(m, DROP_TERM, kind_of(m, where, side, 1), edit(side->span.begin, side->span.end, "0"));
    spoil(m, where, side, side);
  }
}
static const Ast *relation_of(const Ast *a) {
  for (uint32_t i = 0; i < a->nkid; i++)
    if (a->kid[i] && a->kid[i]->kind == AST_RELATION) return a->kid[i];
  return NULL;
}
static void spoil_budget(Mutator *m, const Ast *a) {
  const Ast *r = relation_of(a);
  if (!r || r->nkid != 2) return;
  const Ast *rhs = r->kid[1];
  size_t n = a->span.end - a->span.begin;
  char *twice = malloc(n + 64), *more = malloc(rhs->span.end - rhs->span.begin + 64);
  if (!twice || !more) abort();
  size_t skip = strlen("budget");
  while (a->text && isspace((unsigned char)m->text[a->span.begin + skip])) skip++;
  if (a->text) skip += strlen(word(m, a));
  sprintf(twice, "budget again%.*s\n  ", (int)(n - skip), m->text + a->span.begin + skip);
  sprintf(more, " + (%.*s)", (int)(rhs->span.end - rhs->span.begin), m->text + rhs->span.begin);
  try_edit(m, TWICE_BUDGET, m->settled ? OF_SETTLEMENT : DETECTABLE, edit(a->span.begin, a->span.begin, twice));
  try_edit(m, TWICE_INCOME, kind_of(m, IN_BUDGET, rhs, 1), edit(rhs->span.end, rhs->span.end, more));
  free(twice);
  free(more);
}
static void statement(Mutator *m, const Ast *a) {
  unsigned budgets = 0;
  switch (a->kind) {
  case AST_AGENT:
  case AST_FIRM:
    /* A firm whose money is in budgets of its own values them by its objective, which pays nothing. */
    for (uint32_t i = 3; i < a->nkid; i++) budgets += a->kid[i] && a->kid[i]->kind == AST_BUDGET;
    for (uint32_t i = 3; i < a->nkid; i++) {
      const Ast *x = a->kid[i];
      if (!x) continue;
      if (x->kind == AST_BUDGET) {
        spoil_relation(m, IN_BUDGET, relation_of(x));
        spoil_budget(m, x);
      }
      if (x->kind == AST_CONSTRAINT) spoil_relation(m, IN_CONSTRAINT, relation_of(x));
      if (x->kind == AST_MAXIMIZE) spoil(m, a->kind == AST_FIRM && !budgets ? IN_PROFIT : IN_OBJECTIVE, x->kid[0], x->kid[0]);
    }
    break;
  case AST_MARKET:
    spoil_relation(m, IN_MARKET, a->kid[3]);
    try_edit(m, DROP_MARKET, DETECTABLE, edit(a->span.begin, a->span.end, ""));
    break;
  case AST_EQUATION: spoil_relation(m, IN_EQUATION, relation_of(a)); break;
  default: break;
  }
}

/* ---- a file, and the sum ---- */

/* The file as it is must pass without a word, or nothing could be learnt from its mutants. */
static int is_clean(const Mutator *m) {
  char code[LETTERS] = "", warning[LETTERS] = "";
  Econ *econ = econ_open(NULL);
  if (!econ) abort();
  EconExit got = econ_load_text(econ, m->file, m->text, m->size);
  if (got == ECON_OK) got = econ_check(econ);
  first_code(econ_diagnostics(econ), ": error: ", code);
  first_code(econ_diagnostics(econ), ": warning: ", warning);
  if (got != ECON_OK || code[0] || warning[0]) printf("%s: false alarm: %s%s\n", m->file, code, code[0] ? "" : warning);
  econ_close(econ);
  return got == ECON_OK && !code[0] && !warning[0];
}
static int file(Mutator *m, const char *path) {
  const char *why = NULL;
  Arena *mem = arena_new(NULL);
  Compilation *cc = mem ? compilation_new(mem) : NULL;
  const Source *s = cc ? source_read(cc->sources, path, &why) : NULL;
  const Ast *ast = s ? econ_parse(cc, s) : NULL;
  int fine = ast && !diag_errors(cc->diags);
  if (fine && strncmp(s->text, "# expected to be refused:", 25)) {
    m->price.n = m->good.n = m->node.n = m->choice.n = m->nset = 0;
    m->derived = m->numeraire = m->settled = 0;
    memset(m->set, 0, sizeof m->set);
    m->file = path;
    m->text = s->text;
    m->size = s->size;
    m->strs = cc->strs;
    each(ast, learn, m);
    each(ast, find_settlement, m);
    fine = is_clean(m);
    for (uint32_t i = 0; fine && i < ast->nkid; i++)
      if (ast->kid[i]) statement(m, ast->kid[i]);
  }
  arena_free(mem);
  return !fine;
}
static void print_kind(const Mutator *m, Kind k, unsigned *made, unsigned *caught) {
  for (int op = 0; op < OPERATORS; op++) {
    const Count *c = &m->count[op][k];
    unsigned n = c->made - c->nonsense - c->same;
    if (!c->made) continue;
    printf("  %-30s %5u mutants, %4u not applicable, %5u caught of %5u", operator_name[op], c->made, c->nonsense + c->same, c->caught, n);
    if (n) printf(" (%.0f%%)", 100.0 * c->caught / n);
    if (c->caught) printf(", %u with a message in the statement", c->there);
    printf("\n");
    *made += n;
    *caught += c->caught;
  }
}
int main(int argc, char **argv) {
  static Mutator m;
  double least = 90;
  unsigned bad = 0, made = 0, caught = 0;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--verbose")) m.verbose = 1;
    else if (!strcmp(argv[i], "--every") && i + 1 < argc) m.every = (unsigned)strtoul(argv[++i], NULL, 10);
    else if (!strcmp(argv[i], "--least") && i + 1 < argc) least = strtod(argv[++i], NULL);
    else if (file(&m, argv[i])) { bad++; printf("mutate: %s is no clean example\n", argv[i]); }
  }
  printf("%s:\n", kinds[DETECTABLE].name);
  print_kind(&m, DETECTABLE, &made, &caught);
  printf("  caught by:\n");
  for (int op = 0; op < OPERATORS; op++) {
    if (!m.code[op][0].n) continue;
    printf("    %s:", operator_name[op]);
    for (int c = 0; c < CODES && m.code[op][c].n; c++) printf(" %s %u%s", m.code[op][c].code, m.code[op][c].n, c + 1 < CODES && m.code[op][c + 1].n ? "," : "\n");
  }
  for (int k = 1; k < KINDS; k++) {
    unsigned n = 0, c = 0;
    printf("not to be caught, %s: %s\n", kinds[k].name, kinds[k].reason);
    print_kind(&m, (Kind)k, &n, &c);
  }
  double share = made ? 100.0 * caught / made : 100;
  printf("%u of %u caught of those that change the value identity or the count: %.1f%%, at least %g%% asked for\n", caught, made, share, least);
  bad += share < least;
  printf("mutate: %d passed, %u failed\n", share >= least, bad);
  return bad != 0;
}
