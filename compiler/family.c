#include "family.h"
#include <stdlib.h>
#include <string.h>

/* ---- solving ------------------------------------------------------------------------------------------------------------------- */

static void add_members(Result *r) {
  const Multiple *m = &r->many;
  Strs *strs = r->model->cc->strs;
  r->member = ARENA_ARRAY(r->mem, Result, m->n + 1);
  if (!r->member) return;
  for (; r->nmember < m->n; r->nmember++) {
    Result *x = &r->member[r->nmember];
    Text name = {0};
    text_printf(&name, "%s[%u]", str_text(strs, r->name), r->nmember + 1);
    *x = (Result){.name = name.at ? str_intern(strs, name.at, name.n) : 0, .question = r->question, .model = r->model, .economy = r->economy,
                  .values = r->values, .lowered = r->lowered, .sol = m->of[r->nmember], .attempted = 1, .solved = 1, .seconds = r->seconds,
                  .mem = r->mem, .family = r, .index = m->index[r->nmember]};
    text_free(&name);
  }
}

static void warn(const Result *r) {
  Compilation *cc = r->model->cc;
  Diag *d = diag_add(cc, SEV_WARNING, "equilibria.missing", r->question->at, "`%s`: equilibria are missing: the indices of the %u found add to %d, and those of all add to 1",
                     str_text(cc->strs, r->name), r->many.n, r->many.sum);
  diag_hint(cc, d, "search longer with more starts (`solve %s = equilibria %u;`) or with another --seed", str_text(cc->strs, r->name),
            r->question->starts ? 4 * r->question->starts : 200);
}

void family_settle(Result *r) {
  EconStatus status = r->many.status;
  r->attempted = 1;
  r->solved = r->many.n > 0 && (status == ECON_SOLVED || status == ECON_INDETERMINATE);
  r->sol = r->many.none;
  if (r->solved) {
    r->sol = (Solution){.status = status};
    add_members(r);
  } else r->sol.status = status;
}

void family_solve(Result *r, const Settings *s) {
  MultipleOptions o = {.starts = r->question->starts};
  multiple_solve(result_problem(r), s, &o, &r->many);
  family_settle(r);
  if (r->solved && r->many.known == INDEX_MISSING && !r->question->sweep) warn(r);
}

void family_fail(Result *r, EconStatus status, const char *why, Arena *mem) {
  r->many = (Multiple){.status = status, .none = {.status = status, .mem = mem}, .known = INDEX_NOT_APPLIED};
  if (mem && why) r->many.none.explanation = arena_text(mem, why, strlen(why));
  family_settle(r);
}

void family_release(Result *r) {
  multiple_free(&r->many);
  r->sol = (Solution){0};
  r->member = NULL;
  r->nmember = 0;
}

uint32_t family_missing(const Result *stand) {
  uint32_t n = 0;
  for (uint32_t k = 0; k < stand->npoint; k++) n += stand->point[k].solved && stand->point[k].many.known == INDEX_MISSING;
  return n;
}

void family_warn_points(Results *all, const Result *stand) {
  Compilation *cc = all->model->cc;
  uint32_t n = family_missing(stand), first = 0;
  if (!n) return;
  while (stand->point[first].many.known != INDEX_MISSING || !stand->point[first].solved) first++;
  Text t = {0};
  grid_point_text(all, &all->grid[stand->question->sweep - 1], first, &t);
  Diag *d = diag_add(cc, SEV_WARNING, "equilibria.missing", stand->question->at, "`%s`: equilibria are missing at %u of %u points, the first of them %s: their indices do not add to 1, as those of all do",
                     str_text(cc->strs, stand->name), n, stand->npoint, t.at ? t.at : "");
  text_free(&t);
  diag_hint(cc, d, "search longer with more starts (`solve %s = equilibria %u;`) or with another --seed", str_text(cc->strs, stand->name),
            stand->question->starts ? 4 * stand->question->starts : 200);
}

/* ---- names --------------------------------------------------------------------------------------------------------------------- */

int family_has(const Results *all, const Result *stand, Str name) {
  const Strs *strs = all->model->cc->strs;
  const char *text = str_text(strs, name), *open = strchr(text, '['), *of = str_text(strs, stand->name);
  return open && result_is_family(stand) && strlen(of) == (size_t)(open - text) && !strncmp(of, text, strlen(of));
}

/* The family of a name with a number behind it, or NULL. */
static Result *numbered(Results *all, Str name) {
  for (uint32_t i = 0; i < all->n; i++)
    if (family_has(all, &all->of[i], name)) return results_of(all, i);
  return NULL;
}

Result *family_find(Results *all, Str name, Result *here) {
  if (here && here->family && here->family->name == name) return here;
  for (uint32_t i = 0; i < all->n; i++)
    if (all->of[i].name == name) return results_of(all, i);
  Result *r = numbered(all, name);
  for (uint32_t i = 0; r && i < r->nmember; i++)
    if (r->member[i].name == name) return &r->member[i];
  return r && (!r->solved || r->question->sweep) ? r : NULL;
}

typedef struct { Results *all; Result *first, *second; int bare; } Families;

static void note_family(void *ctx, const Expr *x) {
  Families *f = ctx;
  if ((x->kind != E_REF && (x->kind != E_NAMED || !x->solution)) || (x->sym && x->sym == f->all->model->count)) return;
  const Economy *e = f->all->model->economy;
  if (!x->solution) {
    f->bare |= x->sym >= e->syms.n || economy_at(e, x->sym)->kind != SYM_PARAM;
    return;
  }
  Result *r = NULL;
  for (uint32_t i = 0; i < f->all->n; i++)
    if (f->all->of[i].name == x->solution && result_is_family(&f->all->of[i])) r = results_of(f->all, i);
  if (!r || r == f->first) return;
  if (!f->first) f->first = r;
  else f->second = r;
}

static Families families_in(Results *all, const Expr *x) {
  Families f = {all, NULL, NULL, 0};
  ex_walk(x, note_family, &f);
  return f;
}

Result *family_of(Results *all, const Expr *x, Result *here) {
  Families f = families_in(all, x);
  if (f.first) return here && here->family == f.first ? NULL : f.first;
  return f.bare && here && result_is_family(here) ? here : NULL;
}

typedef struct { Results *all; Str wrong; const Expr *at; Result *family; } Past;

/* The most equilibria that a question found at any point of its sweep; a lone question's number. */
static uint32_t most_members(const Results *all, const Result *family) {
  uint32_t most = family->nmember;
  if (!family->question->sweep) return most;
  for (uint32_t i = 0; i < all->n; i++)
    for (uint32_t k = 0; all->of[i].question == family->question && k < all->of[i].npoint; k++)
      if (all->of[i].point[k].nmember > most) most = all->of[i].point[k].nmember;
  return most;
}

static void note_past(void *ctx, const Expr *x) {
  Past *p = ctx;
  if ((x->kind != E_REF && x->kind != E_NAMED) || !x->solution || p->wrong) return;
  Result *found = family_find(p->all, x->solution, NULL), *of = numbered(p->all, x->solution);
  if (!of || (found && found != of)) return;            /* not of a family, or there */
  if (!of->solved && !of->question->sweep) return;
  const char *number = strchr(str_text(p->all->model->cc->strs, x->solution), '[');
  uint32_t most = most_members(p->all, of);
  if (!most || strtoul(number + 1, NULL, 10) <= most) return;
  p->family = of;
  p->wrong = x->solution;
  p->at = x;
}

int family_check(Results *all, const Expr *x) {
  Compilation *cc = all->model->cc;
  Past p = {all, 0, NULL, NULL};
  ex_walk(x, note_past, &p);
  if (p.wrong) {
    const char *name = str_text(cc->strs, p.family->name);
    uint32_t n = most_members(all, p.family);
    Diag *d = diag_add(cc, SEV_ERROR, "equilibria.past", p.at->at, "there is no `%s`: `%s` found %s%u equilibri%s", str_text(cc->strs, p.wrong), name,
                       p.family->question->sweep ? "at most " : "", n, n == 1 ? "um" : "a");
    diag_hint(cc, d, "`%s.count` is their number", name);
    return 1;
  }
  Families f = families_in(all, x);
  if (!f.second) return 0;
  Diag *d = diag_add(cc, SEV_ERROR, "equilibria.two", x->at, "`%s` and `%s` each stand for several equilibria here", str_text(cc->strs, f.first->name), str_text(cc->strs, f.second->name));
  diag_hint(cc, d, "say which of one of them is meant, as in `%s[1]`", str_text(cc->strs, f.second->name));
  return 1;
}

/* ---- words --------------------------------------------------------------------------------------------------------------------- */

void family_standing(const Result *r, Text *out) {
  const Multiple *m = &r->many;
  if (m->known == INDEX_COMPLETE) text_put(out, "index sum 1");
  else if (m->known == INDEX_MISSING) text_printf(out, "equilibria are missing (index sum %d)", m->sum);
  else text_printf(out, "index not applied, because %s", m->why ? m->why : "it could not be computed");
}

void family_line(const Result *r, Text *out) {
  const Multiple *m = &r->many;
  text_printf(out, "%u equilibri%s found; ", m->n, m->n == 1 ? "um" : "a");
  family_standing(r, out);
  text_printf(out, "; %u start%s, %u since the last new one", m->starts, m->starts == 1 ? "" : "s", m->since);
  if (m->grid) text_printf(out, ", %u points over the relative price", m->grid);
  if (m->stop != ECON_SOLVED) text_printf(out, "; the search was cut short (%s)", econ_status_text(m->stop));
}

void family_points(const Result *stand, Text *out) {
  uint32_t least = UINT32_MAX, most = 0, complete = 0, unknown = 0, missing = family_missing(stand);
  const char *why = NULL;
  for (uint32_t k = 0; k < stand->npoint; k++) {
    const Result *r = &stand->point[k];
    if (!r->solved) continue;
    least = r->nmember < least ? r->nmember : least;
    most = r->nmember > most ? r->nmember : most;
    complete += r->many.known == INDEX_COMPLETE;
    unknown += r->many.known == INDEX_NOT_APPLIED;
    if (!why && r->many.known == INDEX_NOT_APPLIED) why = r->many.why ? r->many.why : "it could not be computed";
  }
  if (least == most) text_printf(out, "; %u equilibri%s at each point", most, most == 1 ? "um" : "a");
  else text_printf(out, "; %u to %u equilibria at a point", least, most);
  if (!unknown && !missing) text_put(out, "; index sum 1 everywhere");
  else if (complete) text_printf(out, "; index sum 1 at %u points", complete);
  if (missing) text_printf(out, "; equilibria are missing at %u", missing);
  if (unknown) text_printf(out, "; index not applied%s, because %s", complete || missing ? " elsewhere" : "", why);
}
