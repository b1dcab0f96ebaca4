#include "alike.h"
#include <math.h>
#include <string.h>

enum { PROBES = 32 };                           /* lanes of the same place in the table that one is compared with */
static const double AGREE = 1e-10;              /* of the largest value that any lane has in the same unknown: solutions that agree */
static const double ROUNDING = 1e-14;           /* relative: data per head that are the same */
static const double NOISE = 1e-14;              /* of the largest of all own unknowns: what is zero */

static const uint8_t arity[] = {
#define X(k, n, t) [OP_##k] = n,
  ECON_OPS(X)
#undef X
};

/* ---- masses ---------------------------------------------------------------------------------------------------------------------- */

/* How a number depends on the marked columns: not at all, homogeneously of degree one, or in some other way. */
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

/* The one column of those allowed that a number is a multiple of, NO_INDEX where there is none or more than one. */
static uint32_t factor(const Ins *i, const uint32_t *of) {
  switch (i->op) {
    case OP_NEG: return of[i->a];
    case OP_MUL: return of[i->a] == NO_INDEX ? of[i->b] : of[i->b] == NO_INDEX ? of[i->a] : NO_INDEX;
    case OP_DIV: return of[i->b] == NO_INDEX ? of[i->a] : NO_INDEX;
    default: return NO_INDEX;
  }
}

/* Whether every share of a kernel is homogeneous of degree one in the marked columns. *add: one of those allowed that was added to such a number, or is a share, and is not
 * marked; NO_INDEX where there is none. of, from: room for the degrees and factors of registers. */
static int shares_scale(const Kernel *k, const uint8_t *marked, const uint8_t *allowed, Degree *of, uint32_t *from, uint32_t *add) {
  const Prog *p = &k->value;
  int all = 1;
  *add = NO_INDEX;
  for (uint32_t n = 0; n < p->n; n++) {
    const Ins *i = &p->ins[n];
    const Input *in = i->op == OP_IN ? &k->in[i->a] : NULL;
    int column = in && in->kind == IN_COLUMN;
    Degree d = in ? column && marked[in->ref] ? PROPORTIONAL : FREE : i->op == OP_NUM ? FREE : degree(i, of);
    if ((i->op == OP_ADD || i->op == OP_SUB) && of[i->a] + of[i->b] == PROPORTIONAL) {
      uint32_t other = of[i->a] == FREE ? from[i->a] : from[i->b];
      if (other != NO_INDEX) *add = other;
    }
    from[i->d] = in ? column && allowed[in->ref] && !marked[in->ref] ? in->ref : NO_INDEX : i->op == OP_NUM ? NO_INDEX : factor(i, from);
    of[i->d] = d;
  }
  for (uint32_t j = 0; j < k->nshare; j++) {
    uint32_t r = p->out[k->nown + j];
    all &= of[r] == PROPORTIONAL;
    if (of[r] == FREE && from[r] != NO_INDEX) *add = from[r];
  }
  return all;
}

/* Unmarks the columns that the first nout outputs of a program read, from the last instruction backwards. Returns 1 when memory failed. */
static int unmark(const Kernel *k, const Prog *p, uint32_t nout, uint8_t *marked, Arena *mem) {
  uint8_t *read = ARENA_ARRAY(mem, uint8_t, p->regs + 1);
  if (!read) return 1;
  for (uint32_t i = 0; i < nout; i++) read[p->out[i]] = 1;
  for (uint32_t n = p->n; n-- > 0;) {
    const Ins *i = &p->ins[n];
    if (!read[i->d]) continue;
    read[i->d] = 0;
    if (i->op == OP_IN && k->in[i->a].kind == IN_COLUMN) marked[k->in[i->a].ref] = 0;
    if (i->op == OP_IN || i->op == OP_NUM) continue;
    read[i->a] = 1;
    if (arity[i->op] > 1) read[i->b] = 1;
    if (arity[i->op] > 2) read[i->c] = 1;
  }
  return 0;
}

uint8_t *alike_scaled(const Block *b, Arena *mem) {
  const Kernel *k = b->k;
  uint8_t *allowed = ARENA_ARRAY(mem, uint8_t, b->ncolumn + 1), *marked = ARENA_ARRAY(mem, uint8_t, b->ncolumn + 1);
  Degree *of = ARENA_ARRAY(mem, Degree, k->value.regs + 1);
  uint32_t *from = ARENA_ARRAY(mem, uint32_t, k->value.regs + 1), add;
  if (arena_failed(mem)) return NULL;
  memset(allowed, 1, b->ncolumn);
  memset(marked, 0, b->ncolumn);
  for (uint32_t l = 0; l < b->lanes; l++)
    if (!b->mass || !(b->mass[l] > 0)) return marked;
  for (uint32_t slot = 0; slot < k->nown; slot++) {
    if (k->lower_col && k->lower_col[slot] != NO_INDEX) allowed[k->lower_col[slot]] = 0;
    if (k->upper_col && k->upper_col[slot] != NO_INDEX) allowed[k->upper_col[slot]] = 0;
  }
  if (unmark(k, &k->value, k->nown, allowed, mem) || unmark(k, &k->goal, k->goal.nout, allowed, mem) || unmark(k, &k->domain, k->domain.nout, allowed, mem)) return NULL;
  for (uint32_t i = 0; i < b->ncolumn; i++) marked[i] = allowed[i] && !memcmp(b->column[i], b->mass, sizeof(double) * b->lanes);
  while (!shares_scale(k, marked, allowed, of, from, &add)) {
    if (add == NO_INDEX) {
      memset(marked, 0, b->ncolumn);
      break;
    }
    marked[add] = 1;
  }
  return marked;
}

/* ---- lanes ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
  const Problem *p;
  const Block *b;
  const double *x;
  uint8_t *scaled;                    /* per column: compared per head */
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
    if (!a->scaled[i]) h = mix(h, &a->b->column[i][lane], sizeof(double));
  for (uint32_t i = 0; i < a->b->nindex; i++) h = mix(h, &a->b->index[i][lane], sizeof(uint32_t));
  return h ^ h >> 29;
}

static int per_head(const Block *b, const double *column, uint32_t l, uint32_t m) {
  double one = column[l] * b->mass[m], other = column[m] * b->mass[l];
  return fabs(one - other) <= ROUNDING * (fabs(one) + fabs(other));
}

static int same(const Alike *a, uint32_t l, uint32_t m) {
  const Block *b = a->b;
  for (uint32_t i = 0; i < b->ncolumn; i++)
    if (a->scaled[i] ? !per_head(b, b->column[i], l, m) : memcmp(&b->column[i][l], &b->column[i][m], sizeof(double)) != 0) return 0;
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
  a->scaled = alike_scaled(b, mem);
  a->tol = ARENA_ARRAY(mem, double, b->k->nown + 1);
  if (!a->scaled || !a->tol) return 1;
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
