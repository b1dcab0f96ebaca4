/* shown.c: see shown.h. */
#include "shown.h"

static int is_of_types(const Economy *e, SymId set) {
  for (uint32_t i = 0; i < e->agents.n; i++)
    for (uint32_t d = 0; d < e->agents.at[i].nidx; d++)
      if (e->agents.at[i].set[d] == set) return 1;
  return 0;
}

static uint32_t most(const Showing *s, const Economy *e, SymId set) { return s->sample && is_of_types(e, set) ? s->sample : SHOWN_MOST; }

int shown_cuts(const Showing *s, const Economy *e, SymId set) {
  const Set *of = economy_set(e, set);
  return s && !s->full && of && set_size(of) > most(s, e, set);
}

uint32_t shown_count(const Showing *s, const Economy *e, SymId set) {
  const Set *of = economy_set(e, set);
  if (!shown_cuts(s, e, set)) return of ? set_size(of) : 0;
  return s->sample ? s->sample : SHOWN_FIRST + 1;
}

uint32_t shown_position(const Showing *s, const Economy *e, SymId set, uint32_t i) {
  if (!shown_cuts(s, e, set)) return i;
  uint64_t last = set_size(economy_set(e, set)) - 1;
  if (!s->sample) return i < SHOWN_FIRST ? i : (uint32_t)last;
  return s->sample == 1 ? 0 : (uint32_t)((last * i + (s->sample - 1) / 2) / (s->sample - 1));
}
