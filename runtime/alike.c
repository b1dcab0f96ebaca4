#include "alike.h"
#include <math.h>
#include <string.h>

enum { PROBES = 32 };                           /* lanes of the same place in the table that one is compared with */
static const double AGREE = 1e-10;              /* of the largest value that any lane has in the same unknown: solutions that agree */
static const double NOISE = 1e-14;              /* of the largest of all own unknowns: what is zero */

/* ---- masses ---------------------------------------------------------------------------------------------------------------------- */

/* How a number depends on a column: not at all, in proportion, or in some other way. */
typedef enum { FREE, PROPORTIONAL, OTHER } Degree;

static Degree degree(const Ins *i, const Degree *of) {
  Degree a = of[i->a], b = of[i->b];
  switch (i->op) {
    case OP_ADD:
    case OP_SUB: return a == b ? a : OTHER;
    case OP_MUL: return a == FREE ? b : b == FREE ? a : OTHER;
    case OP_WEIGH: return a == FREE ? b : b == FREE ? a : OTHER;        /* masses are positive, so a weight is zero where the rest of it is */
    case OP_DIV: return b == FREE ? a : a == PROPORTIONAL && b == PROPORTIONAL ? FREE : OTHER;
    case OP_NEG: return a;
    case OP_EXP:
    case OP_LOG:
    case OP_SQRT: return a == FREE ? FREE : OTHER;
    case OP_ABS: return a;                      /* of a positive number times another */
    case OP_SEL: return a == FREE && b == of[i->c] ? b : OTHER;
    default: return a == FREE && b == FREE ? FREE : OTHER;
  }
}

/* The degrees of a program's registers; NULL when memory failed. */
static Degree *degrees(const Kernel *k, const Prog *p, uint32_t column, Arena *mem) {
  Degree *of = ARENA_ARRAY(mem, Degree, p->regs + 1);
  for (uint32_t n = 0; of && n < p->n; n++) {
    const Ins *i = &p->ins[n];
    if (i->op == OP_NUM) of[i->d] = FREE;
    else if (i->op == OP_IN) of[i->d] = k->in[i->a].kind == IN_COLUMN && k->in[i->a].ref == column ? PROPORTIONAL : FREE;
    else of[i->d] = degree(i, of);
  }
  return of;
}

static int all_free(const Kernel *k, const Prog *p, uint32_t nout, uint32_t column, Arena *mem) {
  Degree *of = degrees(k, p, column, mem);
  for (uint32_t i = 0; of && i < nout; i++)
    if (of[p->out[i]] != FREE) return 0;
  return of != NULL;
}

int alike_scales(const Kernel *k, uint32_t column, Arena *mem) {
  if (!all_free(k, &k->value, k->nown, column, mem) || !all_free(k, &k->goal, k->goal.nout, column, mem)) return 0;
  if (!all_free(k, &k->domain, k->domain.nout, column, mem)) return 0;
  for (uint32_t slot = 0; slot < k->nown; slot++)
    if ((k->lower_col && k->lower_col[slot] == column) || (k->upper_col && k->upper_col[slot] == column)) return 0;
  Degree *of = degrees(k, &k->value, column, mem);
  for (uint32_t j = 0; of && j < k->nshare; j++)
    if (of[k->value.out[k->nown + j]] != PROPORTIONAL) return 0;
  return of != NULL;
}

/* ---- lanes ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
  const Problem *p;
  const Block *b;
  const double *x;
  uint8_t *ignored;                   /* per column: it only says how many they are */
  double *tol;                        /* per own slot */
} Alike;

static uint64_t mix(uint64_t h, const void *at, size_t n) {     /* FNV-1a */
  const unsigned char *c = at;
  for (size_t i = 0; i < n; i++) h = (h ^ c[i]) * 1099511628211u;
  return h;
}

static uint64_t data_hash(const Alike *a, uint32_t lane) {
  uint64_t h = 14695981039346656037u;
  for (uint32_t i = 0; i < a->b->ncolumn; i++)
    if (!a->ignored[i]) h = mix(h, &a->b->column[i][lane], sizeof(double));
  for (uint32_t i = 0; i < a->b->nindex; i++) h = mix(h, &a->b->index[i][lane], sizeof(uint32_t));
  return h ^ h >> 29;
}

static int same(const Alike *a, uint32_t l, uint32_t m) {
  const Block *b = a->b;
  for (uint32_t i = 0; i < b->ncolumn; i++)
    if (!a->ignored[i] && memcmp(&b->column[i][l], &b->column[i][m], sizeof(double))) return 0;
  for (uint32_t i = 0; i < b->nindex; i++)
    if (b->index[i][l] != b->index[i][m]) return 0;
  for (uint32_t slot = 0; slot < b->k->nown; slot++) {
    uint32_t at = problem_own(b, slot, l), other = problem_own(b, slot, m);
    if (!(fabs(a->x[at] - a->x[other]) <= a->tol[slot])) return 0;
    if (a->p->fixed && memcmp(&a->p->fixed[at], &a->p->fixed[other], sizeof(double))) return 0;
  }
  return 1;
}

static int begin(Alike *a, Arena *mem) {
  const Block *b = a->b;
  double most = 0;
  a->ignored = ARENA_ARRAY(mem, uint8_t, b->ncolumn + 1);
  a->tol = ARENA_ARRAY(mem, double, b->k->nown + 1);
  if (!a->ignored || !a->tol) return 1;
  for (uint32_t i = 0; i < b->ncolumn; i++)
    a->ignored[i] = b->mass && !memcmp(b->column[i], b->mass, sizeof(double) * b->lanes) && alike_scales(b->k, i, mem);
  for (uint32_t slot = 0; slot < b->k->nown; slot++) {
    double largest = 0;
    for (uint32_t l = 0; l < b->lanes; l++) largest = fmax(largest, fabs(a->x[problem_own(b, slot, l)]));
    a->tol[slot] = AGREE * largest;
    most = fmax(most, largest);
  }
  for (uint32_t slot = 0; slot < b->k->nown; slot++) a->tol[slot] += NOISE * most;
  return 0;
}

uint32_t *alike_lanes(const Problem *p, uint32_t block, const double *x, Arena *mem) {
  Alike a = {.p = p, .b = &p->block[block], .x = x};
  uint32_t size = 16;
  while (size < 2 * a.b->lanes && size < 1u << 31) size *= 2;
  uint32_t *first = ARENA_ARRAY(mem, uint32_t, a.b->lanes + 1), *table = ARENA_ARRAY(mem, uint32_t, size);
  if (!first || !table || begin(&a, mem)) return NULL;
  memset(table, 0xff, sizeof *table * size);    /* NO_INDEX everywhere */
  for (uint32_t l = 0; l < a.b->lanes; l++) {
    uint32_t at = (uint32_t)data_hash(&a, l) & (size - 1), probes = 0;
    first[l] = l;
    while (probes++ < PROBES && table[at] != NO_INDEX && !same(&a, table[at], l)) at = (at + 1) & (size - 1);
    if (table[at] == NO_INDEX) table[at] = l;
    else if (same(&a, table[at], l)) first[l] = table[at];
  }
  return first;
}
