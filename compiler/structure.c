/* structure.c: counting by names. The pattern of the problem's Jacobian says which unknown stands in which condition. A square system
 * whose pattern has no perfect matching is singular whatever its numbers are: some conditions contain too few unknowns (over-
 * determined), and some unknowns stand in too few conditions (under-determined).
 *
 * Complementarity and agents. A condition of an unknown with a bound may be met by the bound, so that pair counts as matched with each
 * other whenever the bound can be reached. An agent's own pairs count as well: an arbitrarily small cost on choices or slack in
 * constraints makes every concave problem's conditions regular in its own unknowns, and that an agent is indifferent (redundant assets,
 * linear utility) is no mistake of the model. What remains to be matched are markets, equations, normalisations, policy agents and
 * totals: for them, no prices, tastes or bounds can repair a pattern without a matching. */
#include "few.h"
#include "structure.h"
#include "../runtime/matching.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */
enum { WORD = 200, FAMILIES = 16, NODES = 8 };   /* entries of a list; entries up to which nodes are told apart */
typedef struct { char first[WORD]; size_t stem; uint32_t n; } Group;

static size_t stem_of(const char *s) { return strcspn(s, "[@"); }

/* x36, x37, x38: names that count on. The end of the run that begins at g. */
static uint32_t run_of(const Group *group, uint32_t g, uint32_t groups) {
  uint32_t end = g;
  size_t digits = strlen(group[g].first);
  while (digits && group[g].first[digits - 1] >= '0' && group[g].first[digits - 1] <= '9') digits--;
  if (!digits || !group[g].first[digits] || group[g].n > 1) return g;
  unsigned long number = strtoul(group[g].first + digits, NULL, 10);
  for (uint32_t k = g + 1; k < groups && group[k].n == 1; k++) {
    char *rest;
    if (strncmp(group[k].first, group[g].first, digits) != 0 || strtoul(group[k].first + digits, &rest, 10) != number + (k - g) || *rest) break;
    end = k;
  }
  return end;
}

/* What two names of one entry have in common: all before the indices, and the node where nodes are told apart. */
static int is_alike(const Group *g, const char *word, size_t stem, int nodes) {
  const char *a = strrchr(g->first, '@'), *b = strrchr(word, '@');
  if (g->stem != stem || strncmp(g->first, word, stem) != 0) return 0;
  return !nodes || (!a && !b) || (a && b && !strcmp(a, b));
}

/* Fills group[0 .. *groups); returns how many names found no place among `room` groups. */
static uint32_t gather(const Names *names, NameOf name, const uint32_t *at, uint32_t n, int nodes, uint32_t room, Group *group, uint32_t *groups) {
  uint32_t others = 0;
  *groups = 0;
  for (uint32_t i = 0; i < n; i++) {
    char word[WORD];
    name(names->ctx, at[i], word, sizeof word);
    size_t stem = stem_of(word);
    uint32_t g = 0;
    while (g < *groups && !is_alike(&group[g], word, stem, nodes)) g++;
    if (g < *groups) group[g].n++;
    else if (*groups == room) others++;
    else {
      memcpy(group[*groups].first, word, sizeof word);
      group[*groups].stem = stem;
      group[(*groups)++].n = 1;
    }
  }
  return others;
}

void structure_list(const Names *names, NameOf name, const uint32_t *at, uint32_t n, Text *out) {
  Group group[FAMILIES];
  uint32_t groups = 0, others = 0;
  int nodes = !gather(names, name, at, n, 1, NODES, group, &groups);
  if (!nodes) others = gather(names, name, at, n, 0, FAMILIES, group, &groups);
  for (uint32_t g = 0; g < groups; g++) {
    uint32_t end = run_of(group, g, groups);
    const char *node = nodes ? strrchr(group[g].first, '@') : NULL;
    text_put(out, g ? ", " : "");
    if (group[g].n > 1) text_printf(out, "%.*s[..]%s", (int)group[g].stem, group[g].first, node ? node : "");
    else text_put(out, group[g].first);
    if (end < g + 2) continue;
    text_printf(out, " .. %s", group[end].first);
    g = end;
  }
  if (others) text_printf(out, " and %u more", others);
}

static int is_equation(const Names *names, const uint32_t *at, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    char word[WORD];
    names->condition(names->ctx, at[i], word, sizeof word);
    if (strncmp(word, "equation ", 9) != 0) return 0;
  }
  return n > 0;
}

static size_t bare_equation(void *ctx, uint32_t i, char *buf, size_t n) {
  const Names *names = ctx;
  char word[WORD];
  size_t want = names->condition(names->ctx, i, word, sizeof word);
  const char *at = strncmp(word, "equation ", 9) ? word : word + 9;
  size_t take = strlen(at) < n ? strlen(at) : n - 1;
  memcpy(buf, at, take);
  buf[take] = 0;
  return want - (size_t)(at - word);
}

/* "8 conditions (x36, x37, market goods[..])"; equations are called so. */
static void put_conditions(const Names *names, const uint32_t *at, uint32_t n, Text *out) {
  int equations = is_equation(names, at, n);
  Names bare = {(void *)(uintptr_t)names, NULL, bare_equation, NULL, NULL};
  text_printf(out, "%u %s%s (", n, equations ? "equation" : "condition", n == 1 ? "" : "s");
  structure_list(equations ? &bare : names, equations ? bare_equation : names->condition, at, n, out);
  text_put(out, ")");
}

static void put_unknowns(const Names *names, const uint32_t *at, uint32_t n, Text *out) {
  text_printf(out, "%u unknown%s (", n, n == 1 ? "" : "s");
  structure_list(names, names->unknown, at, n, out);
  text_put(out, ")");
}

/* ---- the pattern ---- */
typedef struct { System *s; Pattern pattern; uint32_t *start, *row; } Structure;

/* Can the pair be met without its condition (a bound), or be made regular by itself (an agent's own)? */
static int is_own_pair(const System *s, uint32_t i, int occurs) {
  const Problem *p = s->p;
  if (s->flag[i] & OWN_EXACT) return 0;
  if (i >= p->nglobal) return 1;
  const Global *g = &p->global[i];
  if ((g->flag & GLOBAL_EXACT) || (s->flag[i] & OWN_LOG)) return 0;
  if (g->kind == GLOBAL_PRICE && !occurs) return 0;     /* a price that nobody faces is determined by nothing */
  return isfinite(s->lower[i]) || isfinite(s->upper[i]);
}

/* Entries of the Jacobian that kernels fill, without checks' rows and what is fixed; own pairs as the diagonal. */
static int build(Structure *t, Arena *mem) {
  const System *s = t->s;
  const Problem *p = s->p;
  size_t nnz = (size_t)s->jac.start[p->nx];
  uint8_t *real = ARENA_ARRAY(mem, uint8_t, nnz + 1);
  t->start = ARENA_ARRAY(mem, uint32_t, (size_t)p->nx + 1);
  t->row = ARENA_ARRAY(mem, uint32_t, nnz + 1);
  if (arena_failed(mem)) return 1;
  for (uint32_t b = 0; b < p->nblock; b++) {
    size_t n = (size_t)p->block[b].k->nentry * p->block[b].lanes;
    for (size_t e = 0; e < n; e++)
      if (s->map[b][e] != NO_INDEX) real[s->map[b][e]] = 1;
  }
  uint32_t at = 0;
  for (uint32_t j = 0; j < p->nx; j++) {
    int occurs = 0;
    for (int k = s->jac.start[j]; k < s->jac.start[j + 1]; k++) occurs |= real[k] && (uint32_t)s->jac.row[k] != j && (uint32_t)s->jac.row[k] < p->nx;
    for (int k = s->jac.start[j]; k < s->jac.start[j + 1] && !s->fixed[j]; k++) {
      uint32_t r = (uint32_t)s->jac.row[k];
      if (r >= p->nx || s->fixed[r]) continue;
      if (real[k] || (r == j && is_own_pair(s, j, occurs))) t->row[at++] = r;
    }
    t->start[j + 1] = at;
  }
  t->pattern = (Pattern){p->nx, p->nx, t->start, t->row};
  return 0;
}

/* Own pairs of agents first: what is left to match is of the size of the globals. Fixed unknowns and their rows are set aside. */
static void start_matching(const Structure *t, Matching *m) {
  const System *s = t->s;
  for (uint32_t i = 0; i < s->p->nx; i++) {
    if (s->fixed[i]) {
      m->row_of[i] = m->col_of[i] = i;
      continue;
    }
    if (i < s->p->nglobal) continue;
    for (uint32_t k = t->start[i]; k < t->start[i + 1]; k++)
      if (t->row[k] == i) m->row_of[i] = m->col_of[i] = i;
  }
}

/* ---- what is said ---- */
typedef struct { uint32_t *at, n; } List;

static List marked(const uint8_t *mark, uint32_t n, Arena *mem) {
  List l = {ARENA_ARRAY(mem, uint32_t, n + 1), 0};
  for (uint32_t i = 0; l.at && i < n; i++)
    if (mark[i]) l.at[l.n++] = i;
  return l;
}

/* The first that was written: unknowns of markets and equations come before agents'. */
static Origin first_at(const Lowered *L, const uint32_t *row, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    Origin o = lowered_condition_at(L, row[i]);
    if (o) return o;
  }
  return 0;
}

static void say_surplus(const Lowered *L, Compilation *cc, Diag *d, const Surplus *z) {
  const Names *names = &lowered_problem(L)->names;
  Text t = {0};
  if (z->nsettled) {
    structure_list(names, names->unknown, z->joint, z->njoint, &t);
    text_printf(&t, " enter only in %u combination%s, which ", z->ncombined, z->ncombined == 1 ? "" : "s");
    put_conditions(names, z->settled, z->nsettled, &t);
    text_put(&t, z->nsettled == 1 ? " determines: " : " determine: ");
  }
  put_conditions(names, z->left, z->nleft, &t);
  text_put(&t, !z->nsettled ? " contain no more than " : z->nleft == 1 ? " is left for " : " are left for ");
  if (z->nrest) put_unknowns(names, z->rest, z->nrest, &t);
  else text_put(&t, "nothing");
  diag_note(cc, d, first_at(L, z->left, z->nleft), "%s", t.at ? t.at : "");
  text_free(&t);
}

static int is_exact(const Problem *p, uint32_t i) { return i < p->nglobal && (p->global[i].flag & GLOBAL_EXACT); }

/* Of an over-determined part, what agents and markets determine among themselves: conditions that are no equations, matched with
 * unknowns of their own and containing no others. settled[row], settled_col[column]: 1 for these. */
static int settled_part(const Structure *t, const Matching *m, uint8_t *settled, uint8_t *settled_col, Arena *mem) {
  const Problem *p = t->s->p;
  uint32_t *start = ARENA_ARRAY(mem, uint32_t, (size_t)p->nx + 1), *row = ARENA_ARRAY(mem, uint32_t, (size_t)t->start[p->nx] + 1), at = 0;
  if (arena_failed(mem)) return 1;
  for (uint32_t j = 0; j < p->nx; j++) {
    for (uint32_t k = t->start[j]; k < t->start[j + 1] && m->over_col[j]; k++)
      if (m->over[t->row[k]] && !is_exact(p, t->row[k])) row[at++] = t->row[k];
    start[j + 1] = at;
  }
  Pattern part = {p->nx, p->nx, start, row};
  Matching *own = matching_new(&part, mem);
  if (!own || matching_find(&part, own, mem)) return 1;
  for (uint32_t i = 0; i < p->nx; i++) settled[i] = own->col_of[i] != UINT32_MAX;
  for (int changed = 1; changed;) {
    changed = 0;
    for (uint32_t j = 0; j < p->nx; j++) {
      settled_col[j] = own->row_of[j] != UINT32_MAX && settled[own->row_of[j]];
      for (uint32_t k = start[j]; k < start[j + 1] && !settled_col[j]; k++) {
        changed |= settled[row[k]];
        settled[row[k]] = 0;
      }
    }
  }
  return 0;
}

static List without(List l, const uint8_t *mark, Arena *mem) {
  List rest = {ARENA_ARRAY(mem, uint32_t, l.n + 1), 0};
  for (uint32_t i = 0; rest.at && i < l.n; i++)
    if (!mark[l.at[i]]) rest.at[rest.n++] = l.at[i];
  return rest;
}

static void say_over(const Lowered *L, Compilation *cc, const Structure *s, const Matching *m, Arena *mem) {
  const Problem *p = s->s->p;
  const Names *names = &p->names;
  uint8_t *settled = ARENA_ARRAY(mem, uint8_t, p->nx + 1), *settled_col = ARENA_ARRAY(mem, uint8_t, p->nx + 1);
  List all = marked(m->over, p->nx, mem), all_col = marked(m->over_col, p->nx, mem);
  if (!all.n || !all_col.at || arena_failed(mem) || settled_part(s, m, settled, settled_col, mem)) return;
  List row = without(all, settled, mem), col = without(all_col, settled_col, mem);
  Text t = {0};
  Surplus z = {0};
  if (!row.n || !col.at) return;
  put_conditions(names, row.at, row.n, &t);
  if (!all_col.n) text_put(&t, row.n == 1 ? " contains no unknown" : " contain no unknown");
  else {
    text_put(&t, " for ");
    if (col.n) put_unknowns(names, col.at, col.n, &t);
    else text_put(&t, "no unknown");
    if (row.n < all.n) text_put(&t, ", all others being determined without them");
  }
  int reduced = !structure_surplus(s->s, row.at, row.n, col.at, col.n, &z, mem) && (z.nsettled || z.nleft < row.n);
  Diag *d = diag_add(cc, SEV_ERROR, "structure.over", first_at(L, reduced ? z.left : row.at, reduced ? z.nleft : row.n), "over-determined: %s", t.at ? t.at : "");
  if (reduced) say_surplus(L, cc, d, &z);
  diag_hint(cc, d, "a condition that repeats others, or one price that two different things share, makes too many conditions; drop one, or let what it determines differ");
  text_free(&t);
}

static void say_under(const Lowered *L, Compilation *cc, const System *s, const Matching *m, Arena *mem) {
  const Problem *p = s->p;
  const Names *names = &p->names;
  List row = marked(m->under, p->nx, mem), col = marked(m->under_col, p->nx, mem);
  Text t = {0};
  if (!col.n || !row.at) return;
  if (row.n) {
    put_unknowns(names, col.at, col.n, &t);
    text_put(&t, col.n == 1 ? " stands only in " : " stand only in ");
    put_conditions(names, row.at, row.n, &t);
  } else {
    structure_list(names, names->unknown, col.at, col.n, &t);
    text_put(&t, col.n == 1 ? " stands in no condition" : " stand in no condition");
  }
  Diag *d = diag_add(cc, SEV_ERROR, "structure.under", lowered_unknown_at(L, col.at[0]), "not determined: %s", t.at ? t.at : "");
  diag_hint(cc, d, row.n ? "a condition that contains one of them is missing, or one of them should be a parameter" : "use it where it belongs, or remove it");
  text_free(&t);
}

/* Equations that follow from others and from the markets, or contradict them: the one written last, or UINT32_MAX; all that hang
 * together in out. */
static uint32_t repeated_row(const Lowered *L, System *s, uint32_t *out, uint32_t *count, Arena *mem) {
  const Problem *p = s->p;
  uint32_t *row = ARENA_ARRAY(mem, uint32_t, p->nglobal + 1), n = 0, exact = 0, last = UINT32_MAX;
  for (uint32_t i = 0; row && i < p->nglobal; i++) {
    if (s->fixed[i] || !(is_exact(p, i) || (p->global[i].flag & GLOBAL_CLEARING))) continue;
    if (is_exact(p, i)) exact++;
    row[n++] = i;
  }
  if (!exact || n > SURPLUS_ROWS || structure_redundant(s, row, n, out, count, mem)) return UINT32_MAX;
  for (uint32_t i = 0; i < *count; i++)
    if (is_exact(p, out[i]) && (last == UINT32_MAX || lowered_condition_at(L, out[i]) > lowered_condition_at(L, last))) last = out[i];
  return last;
}

static int repeated(const Lowered *L, Compilation *cc, System *s, Arena *mem) {
  const Problem *p = s->p;
  uint32_t *out = ARENA_ARRAY(mem, uint32_t, p->nglobal + 1), count = 0, last = out ? repeated_row(L, s, out, &count, mem) : UINT32_MAX;
  if (last == UINT32_MAX) return 0;
  Text t = {0};
  put_conditions(&p->names, out, count, &t);
  Diag *d = diag_add(cc, SEV_ERROR, "structure.redundant", lowered_condition_at(L, last), count == 1 ? "%s does not depend on any unknown" : "%s say the same thing more than once: one of them follows from the others or contradicts them", t.at ? t.at : "");
  for (uint32_t i = 0; i < count && i < 8; i++)
    if (out[i] != last) diag_note(cc, d, lowered_condition_at(L, out[i]), "one of them");
  diag_hint(cc, d, "replace it by a condition that determines what the others leave open");
  text_free(&t);
  return 1;
}

/* Of p: 1 when there is a matching, 0 when there is none, -1 when memory failed. */
static int match(const Problem *p, Structure *t, Matching **m, Arena *mem) {
  if (!(t->s = system_new(p, mem)) || build(t, mem) || !(*m = matching_new(&t->pattern, mem))) return -1;
  start_matching(t, *m);
  return matching_find(&t->pattern, *m, mem) ? -1 : (*m)->size == t->pattern.n;
}

/* Is a few types' problem sound, and with it the whole? Every type that is left out brings unknowns and conditions of its own, matched
 * with each other; but not where an equation decides a type's choice. Rows that are independent for a few types are so for all. */
static int is_sound_for_few(const Lowered *L, Arena *mem) {
  const Problem *p = lowered_problem(L), *few = few_types(p, 1, mem);
  Structure t = {0};
  Matching *m;
  if (!few || few->nx == p->nx) return 0;
  for (uint32_t b = 0; b < p->nblock; b++)
    for (uint32_t s = 0; s < p->block[b].k->nown && few->block[b].lanes < p->block[b].lanes; s++)
      if (p->block[b].k->flag[s] & OWN_EXACT) return 0;
  uint32_t *out = ARENA_ARRAY(mem, uint32_t, p->nglobal + 1), count = 0;
  return out && match(few, &t, &m, mem) == 1 && repeated_row(L, t.s, out, &count, mem) == UINT32_MAX;
}

int structure_check(const Lowered *L, Compilation *cc) {
  Arena *mem = arena_new(NULL);
  Structure t = {0};
  Matching *m = NULL;
  int bad = 0;
  if (mem && !is_sound_for_few(L, mem)) {
    int matched = match(lowered_problem(L), &t, &m, mem);
    bad = !matched;
    if (bad) {
      say_over(L, cc, &t, m, mem);
      say_under(L, cc, t.s, m, mem);
    } else if (matched > 0) bad = repeated(L, cc, t.s, mem);
  }
  arena_free(mem);
  return bad;
}
