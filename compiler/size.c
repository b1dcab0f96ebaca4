/* size.c: the smallest reckoning of what an economy needs. A parameter is 8 bytes an entry. An unknown is at least its value, bounds,
 * condition and the sizes of these, and four places in the matrix. What is refused here could not be solved by waiting longer. */
#include "size.h"
#include <unistd.h>

static const double UNKNOWN_BYTES = 100, MOST_UNKNOWNS = 4e9;

static double volume(const Economy *e, const SymId *set, uint32_t n) {
  double v = 1;
  for (uint32_t i = 0; i < n; i++) {
    const Set *s = economy_set(e, set[i]);
    v *= s ? set_size(s) : 1;
  }
  return v;
}

static double machine(void) {
  long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGE_SIZE);
  return pages > 0 && size > 0 ? (double)pages * (double)size : 0;
}

static void put_bytes(Text *t, double bytes) {
  static const char *const unit[] = {"bytes", "KB", "MB", "GB", "TB", "PB", "EB"};
  unsigned u = 0;
  for (; bytes >= 1000 && u + 1 < sizeof unit / sizeof *unit; u++) bytes /= 1000;
  text_digits(t, bytes, 3);
  text_printf(t, " %s", unit[u]);
}

static void say(Compilation *cc, Origin at, const char *what, double bytes, size_t limit, double room) {
  Text need = {0}, there = {0};
  put_bytes(&need, bytes);
  put_bytes(&there, room);
  Diag *d = limit ? diag_add(cc, SEV_ERROR, "size.memory", at, "%s at least %s, and --memory allows %s", what, need.at ? need.at : "", there.at ? there.at : "")
                  : diag_add(cc, SEV_ERROR, "size.memory", at, "%s at least %s, and this machine has %s", what, need.at ? need.at : "", there.at ? there.at : "");
  diag_hint(cc, d, limit ? "take fewer elements, or allow more memory" : "take fewer elements");
  text_free(&need);
  text_free(&there);
}

static int class_check(Compilation *cc, const Economy *e, const Agent *a, size_t limit, double room) {
  double types = a->only ? a->nonly : volume(e, a->set, a->nidx), own = 0;
  for (uint32_t i = 0; i < a->choices.n; i++) {
    const Sym *s = economy_at(e, a->choices.at[i]);
    own += volume(e, s->dom + a->nidx, s->ndom > a->nidx ? s->ndom - a->nidx : 0);
  }
  own += a->constraints.n;
  if (a->gone || types * own < 1e5) return 0;
  const char *name = str_text(cc->strs, economy_at(e, a->sym)->name);
  Text what = {0};
  int bad = 0;
  if (types * own > MOST_UNKNOWNS) {
    diag_add(cc, SEV_ERROR, "size.unknowns", a->at, "the %.0f types of `%s` with their %.0f choices and constraints are more unknowns than can be counted (4 billion)", types, name, own);
    bad = 1;
  } else if (types * own * UNKNOWN_BYTES > room) {
    text_printf(&what, "the %.0f types of `%s` with their %.0f choices and constraints need", types, name, own);
    say(cc, a->at, what.at ? what.at : "", types * own * UNKNOWN_BYTES, limit, room);
    bad = 1;
  }
  text_free(&what);
  return bad;
}

int size_check(Compilation *cc, const Economy *e, size_t limit) {
  double room = limit ? (double)limit : machine();
  int bad = 0;
  if (!(room > 0)) return 0;
  for (uint32_t i = 0; i < e->agents.n; i++) bad += class_check(cc, e, &e->agents.at[i], limit, room);
  for (SymId s = 1; s < e->syms.n && !bad; s++) {
    const Sym *p = economy_at(e, s);
    double bytes = p->kind == SYM_PARAM ? 8 * volume(e, p->dom, p->ndom) : 0;
    if (bytes < 1e6 || bytes <= room) continue;
    Text what = {0};
    text_printf(&what, "the %.0f entries of `%s` need", bytes / 8, str_text(cc->strs, p->name));
    say(cc, p->at, what.at ? what.at : "", bytes, limit, room);
    text_free(&what);
    bad++;
  }
  return bad;
}
