/* Institutions: writing applications out, names inside and outside, copies of one declaration, what a question applies and leaves out, weaving
 * into constraints, passes that are called, chapters on a path of folders, parts that are no numbers. */
#include "../../compiler/pass.h"
#include "../../lang/parse.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct { Arena *mem; Compilation *cc; Model *model; Economy *e; } Case;

static const char box[] =
    "economy box \"Two people, two goods\";\n"
    "set H = {ann, bob}; good bread numeraire, wine; param one = 1, revenue = 7, none = 0;\n"
    "agent h in H { choose x >= 0, y >= 0; maximize log(x) + log(y); budget: x + p*y = 2 + p*2; ration: y <= 3; }\n"
    "market wine price p;\n"
    "institution levy(agent payer, param base, param rate = 0.1) {\n"
    "  param share = 1;\n"
    "  let revenue = total(due), heads = total(head);\n"
    "  extend agent payer { let due = share*rate*(base), head = 1; extend budget: ... + due = ... + revenue/heads; }\n"
    "}\n"
    "institution twice(agent who) { with levy(who, x), levy(who, p*y); }\n"
    "institution tighter() { extend agent H { extend ration: ... <= ... - one; } }\n"
    "institution other() { extend agent H { replace ration: y <= 1; } }\n";

/* The box with more text behind it; the first question's own economy after pass weave, NULL after an error. */
static Case open_case(const char *more, const char *library) {
  Case c = {.mem = arena_new(NULL)};
  Text t = {0};
  text_printf(&t, "%s%s\n", box, more);
  c.cc = compilation_new(c.mem);
  c.cc->libpath = library;
  const Source *s = source_text(c.cc->sources, "case.econ", t.at, t.n);
  text_free(&t);
  const Ast *ast = econ_parse(c.cc, s);
  if (!ast || diag_errors(c.cc->diags)) return c;
  c.model = model_elaborate(c.cc, s, ast);
  if (!c.model || diag_errors(c.cc->diags)) return c;
  const Values *v = values_compute(c.cc, c.model->economy, NULL, 0, c.mem);
  c.e = economy_clone(c.model->economy, c.mem);
  if (c.e && passes_run(c.e, c.model->questions.n ? &c.model->questions.at[0] : NULL, v, "weave")) c.e = NULL;
  return c;
}

static int says(const Case *c, const char *id) {
  for (unsigned i = 0; i < diag_count(c->cc->diags); i++)
    if (!strcmp(diag_get(c->cc->diags, i)->id, id)) return 1;
  return 0;
}

static SymId named(const Economy *e, const char *name, SymKind kind) {
  for (SymId s = 1; s < e->syms.n; s++)
    if (economy_at(e, s)->kind == kind && economy_at(e, s)->name && !strcmp(str_text(e->cc->strs, economy_at(e, s)->name), name)) return s;
  return 0;
}

static int prints(const Case *c, const Expr *f, const char *want) {
  Text t = {0};
  if (f) expr_print(c->e, f, &t);
  const int same = t.at && !strcmp(t.at, want);
  if (!same) printf("\n  %s\n", t.at ? t.at : "(nothing)");
  text_free(&t);
  return same;
}

static const Constraint *of_class(const Case *c, const char *name) {
  const Agent *a = &c->e->agents.at[0];
  for (uint32_t i = 0; i < a->constraints.n; i++)
    if (!a->constraints.at[i].dropped && !strcmp(str_text(c->cc->strs, economy_at(c->e, a->constraints.at[i].sym)->name), name)) return &a->constraints.at[i];
  return NULL;
}

/* Terms go to their sides; a name that the file has too is the institution's in front, and the file's is left alone. */
static void woven(void) {
  Case c = open_case("solve q = equilibrium with levy(H, x);", NULL);
  CU_ASSERT_FATAL(c.e != NULL);
  CU_ASSERT(named(c.e, "levy_revenue", SYM_LET) != 0 && named(c.e, "revenue", SYM_PARAM) != 0);
  CU_ASSERT(named(c.e, "heads", SYM_LET) != 0 && named(c.e, "levy_heads", SYM_LET) == 0);
  CU_ASSERT_EQUAL(c.model->questions.at[0].with.n, 1);
  CU_ASSERT_EQUAL(c.e->weavings.n, 0);
  CU_ASSERT(of_class(&c, "budget") != NULL);
  arena_free(c.mem);
  c = open_case("solve q = equilibrium with tighter;", NULL);
  CU_ASSERT_FATAL(c.e != NULL && of_class(&c, "ration") != NULL);
  CU_ASSERT(prints(&c, of_class(&c, "ration")->rhs, "3 - one"));
  arena_free(c.mem);
}

/* Applications with the same arguments are one; others are copies, and a name means the one that the question applies. */
static void copies(void) {
  Case c = open_case("solve a = equilibrium with levy(H, x, 0.2); solve b = equilibrium with levy(H, x, 0.3); solve d = equilibrium with levy(H, x, 0.2); solve f = equilibrium with twice(H);", NULL);
  CU_ASSERT_FATAL(c.e != NULL);
  const Economy *e = c.model->economy;
  const SymId first = named(e, "share", SYM_PARAM), second = named(e, "levy_share", SYM_PARAM);
  CU_ASSERT_FATAL(first && second);
  CU_ASSERT_EQUAL(economy_at(e, second)->twin, first);
  CU_ASSERT_EQUAL(weave_means(e, &c.model->questions.at[0], first), first);
  CU_ASSERT_EQUAL(weave_means(e, &c.model->questions.at[1], first), second);
  CU_ASSERT_EQUAL(c.model->questions.at[2].with.at[0], c.model->questions.at[0].with.at[0]);
  /* twice applies two copies: neither alone is meant, and what the name says is the first's */
  CU_ASSERT(weave_means(e, &c.model->questions.at[3], first) != second);
  arena_free(c.mem);
}

/* What the whole economy applies stands in every question but those that leave it out; a pass that it calls likewise. */
static void left_out(void) {
  Case c = open_case("institution rights() { pass rights_to_trade; } with levy(H, x), rights(); solve b = equilibrium without levy, rights; solve a = equilibrium;\n"
                     "solve o = optimum weights {ann: 1, bob: 1};", NULL);
  CU_ASSERT_FATAL(c.e != NULL);
  const Model *m = c.model;
  CU_ASSERT_EQUAL(m->questions.at[0].with.n, 0);
  CU_ASSERT_EQUAL(m->questions.at[0].calls, 0);
  CU_ASSERT_EQUAL(m->questions.at[1].with.n, 2);
  CU_ASSERT_EQUAL(m->questions.at[1].calls, PASS_RIGHTS);
  CU_ASSERT_EQUAL(m->questions.at[2].calls, 0);         /* a planner needs no rights */
  CU_ASSERT(economy_at(c.e, named(c.e, "levy_revenue", SYM_LET))->dropped);
  CU_ASSERT(prints(&c, of_class(&c, "budget")->lhs, "x[h] + p*y[h]"));
  arena_free(c.mem);
}

/* Additions go together in any order; anything else by two institutions depends on it. */
static void order(void) {
  Case c = open_case("solve q = equilibrium with tighter, other;", NULL);
  CU_ASSERT(!c.e && says(&c, "institution.order"));
  arena_free(c.mem);
  c = open_case("institution more() { extend agent H { extend ration: ... <= ... + 1; } } solve q = equilibrium with tighter, more;", NULL);
  CU_ASSERT_FATAL(c.e != NULL && of_class(&c, "ration") != NULL);
  CU_ASSERT(prints(&c, of_class(&c, "ration")->rhs, "4 - one"));
  arena_free(c.mem);
}

static void mistakes(void) {
  static const struct { const char *text, *id; } bad[] = {
      {"solve q = equilibrium with levy(H);", "institution.arguments"},
      {"solve q = equilibrium with levy(wine, x);", "institution.argument"},
      {"solve q = equilibrium with levy(H, x, rat = 1);", "institution.arguments"},
      {"solve q = equilibrium with levvy(H, x);", "institution.unknown"},
      {"institution me() { with me(); } solve q = equilibrium with me();", "institution.recursion"},
      {"institution l() { pass kkt; } solve q = equilibrium with l;", "institution.pass"},
      {"pass rights_to_trade; solve q = equilibrium;", "institution.outside"},
      {"institution l() { extend agent H { budget: x <= 9; } } institution k() { extend agent H { extend cap: ... <= ...; } } solve q = equilibrium with k;", "institution.target"},
      {"agent g { choose z >= 0; maximize z; budget: z = 1; budget: 2*z = 2; } institution k() { extend agent g { extend budget: ... = ...; } } solve q = equilibrium with k;", "institution.ambiguous"},
      {"with levy(H, x); solve q = equilibrium with levy(H, x), levy(H, x);", "institution.twice"},
      {"institution g() { good beer; } with g(); solve q = equilibrium without g;", "institution.good"},
      {"solve q = equilibrium with levy(H, x, 0/0);", "data.not-finite"},
      {"solve q = equilibrium with levy(H, x, 1/none);", "data.not-finite"},
      {"solve q = equilibrium with levy(H, x, log(none));", "data.not-finite"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    Case c = open_case(bad[i].text, NULL);
    const int said = says(&c, bad[i].id);
    if (!said) printf("\n  %s: nothing says %s\n", bad[i].text, bad[i].id);
    CU_ASSERT(said && !c.e);
    arena_free(c.mem);
  }
}

/* Weights of zero, branches that are not taken, and empty sums ask nothing of what stands in them. */
static void absent(void) {
  Case c = open_case("institution l() { extend agent H { extend ration: ... <= ... + none*(1/none)*p + (if one = 1 then 0 else p/none); } } solve q = equilibrium with l;", NULL);
  CU_ASSERT(c.e != NULL);
  arena_free(c.mem);
}

static void write_file(const char *folder, const char *name, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen(path, "w");
  if (!f) return;
  fputs(text, f);
  fclose(f);
}

/* Folders are searched in order; the prelude is read where something is missing, and makes known what it uses. */
static void folders(void) {
  char a[] = "/tmp/econ_library_XXXXXX", b[] = "/tmp/econ_library_XXXXXX", path[128];
  if (!mkdtemp(a) || !mkdtemp(b)) { CU_FAIL("no folder"); return; }
  write_file(a, "caps.econ", "institution cap(param most) { extend agent H { cap: y <= most; } }\n");
  write_file(b, "caps.econ", "institution cap(param most) { extend agent H { cap: x <= most; } }\n");
  write_file(b, "prelude.econ", "use caps;\n");
  snprintf(path, sizeof path, "%s::%s", a, b);
  Case c = open_case("use caps; solve q = equilibrium with cap(1);", path);
  CU_ASSERT_FATAL(c.e != NULL && of_class(&c, "cap") != NULL);
  CU_ASSERT(prints(&c, of_class(&c, "cap")->lhs, "y[h]"));
  arena_free(c.mem);
  c = open_case("solve q = equilibrium with cap(1);", b);
  CU_ASSERT_FATAL(c.e != NULL && of_class(&c, "cap") != NULL);
  CU_ASSERT(prints(&c, of_class(&c, "cap")->lhs, "x[h]"));
  arena_free(c.mem);
  c = open_case("solve q = equilibrium with cap(1);", a);
  CU_ASSERT(!c.e && says(&c, "institution.unknown"));
  arena_free(c.mem);
  static const char *const file[] = {"caps.econ", "prelude.econ"};
  for (int i = 0; i < 4; i++) {
    snprintf(path, sizeof path, "%s/%s", i & 1 ? a : b, file[i >> 1]);
    unlink(path);
  }
  rmdir(a);
  rmdir(b);
}

UNIT_MAIN("institution", {"terms go to their sides, names keep apart", woven}, {"copies of one declaration", copies}, {"what a question leaves out", left_out},
          {"order", order}, {"mistakes", mistakes}, {"what is absent asks nothing", absent}, {"folders of the library and the prelude", folders})
