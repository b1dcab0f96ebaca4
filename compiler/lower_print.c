/* lower_print.c: kernels as text. Nothing of a single lane is printed, so that the listing has the same length for any number of types. */
#include "lower_internal.h"

static const char *const op_word[OP_N] = {
#define X(k, n, t) #k,
    ECON_OPS(X)
#undef X
};

static void print_instruction(const Ins *i, Text *out) {
  text_printf(out, "    R%u := ", i->d);
  switch ((Opcode)i->op) {
    case OP_NUM: text_number(out, i->k); break;
    case OP_IN: text_printf(out, "in[%u]", i->a); break;
    case OP_ADD: text_printf(out, "R%u + R%u", i->a, i->b); break;
    case OP_SUB: text_printf(out, "R%u - R%u", i->a, i->b); break;
    case OP_MUL: text_printf(out, "R%u * R%u", i->a, i->b); break;
    case OP_DIV: text_printf(out, "R%u / R%u", i->a, i->b); break;
    case OP_POW: text_printf(out, "R%u ^ R%u", i->a, i->b); break;
    case OP_NEG: text_printf(out, "-R%u", i->a); break;
    case OP_LESS: text_printf(out, "R%u < R%u", i->a, i->b); break;
    case OP_LESSEQ: text_printf(out, "R%u <= R%u", i->a, i->b); break;
    case OP_EQ: text_printf(out, "R%u = R%u", i->a, i->b); break;
    case OP_SEL: text_printf(out, "R%u ? R%u : R%u", i->a, i->b, i->c); break;
    case OP_MIN:
    case OP_MAX:
    case OP_WEIGH: text_printf(out, "%s(R%u, R%u)", op_word[i->op], i->a, i->b); break;
    default: text_printf(out, "%s(R%u)", op_word[i->op], i->a); break;
  }
  text_put(out, "\n");
}

static void print_program(const char *name, const Prog *p, Text *out) {
  if (!p->nout) return;
  text_printf(out, "  %s: %u instructions, %u registers\n", name, p->n, p->regs);
  for (uint32_t i = 0; i < p->n; i++) print_instruction(&p->ins[i], out);
  text_put(out, "    outputs");
  for (uint32_t i = 0; i < p->nout; i++) text_printf(out, " R%u", p->out[i]);
  text_put(out, "\n");
}

static void own_name(const Lowered *L, const Build *k, const Slot *s, SymId sym, Text *out) {
  Elem ix[LOWER_DIMS] = {0};
  for (uint32_t i = 0; i < s->nown; i++) ix[k->ndim + i] = s->own[i];
  lower_ref_text(L, sym, ix, k->ndim + s->nown, out);
}

static void name_text(const Lowered *L, size_t (*f)(void *, uint32_t, char *, size_t), uint32_t i, Text *out) {
  char buf[256];
  f(L->problem.names.ctx, i, buf, sizeof buf);
  text_put(out, buf);
}

static void print_datum(const char *kind, const Datum *d, Text *out) { text_printf(out, "%s %s", kind, d->key ? d->key : "bound"); }

static void print_index(const Lowered *L, const IndexDef *d, Text *out) {
  if (d->key) text_printf(out, "gathered %s", d->key);
  else if (d->list && d->list[0] != NO_INDEX && d->kind == INDEX_GLOBALS && L->global.at[d->list[0]].sym)
    text_printf(out, "gathered %s, one for each lane", str_text(L->cc->strs, lower_sym(L, L->global.at[d->list[0]].sym)->name));
  else text_put(out, "gathered, one for each lane");
}

static void print_input(const Lowered *L, const Build *k, const InRef *r, Text *out) {
  switch (r->kind) {
    case AT_OWN:
      text_put(out, "own ");
      own_name(L, k, &k->slot.at[r->a], k->slot.at[r->a].sym, out);
      break;
    case AT_PAR: print_datum("parameter", &L->par.at[r->a], out); break;
    case AT_COLUMN: print_datum("column", &k->column.at[r->a], out); break;
    case AT_GLOBAL:
      text_put(out, "global ");
      name_text(L, L->problem.names.unknown, r->a, out);
      break;
    case AT_OTHER:
      text_put(out, "unknown ");
      name_text(L, L->problem.names.unknown, problem_own(&L->problem.block[L->build.at[r->a]->block], r->b, r->c), out);
      break;
    case AT_GATHER: print_index(L, &k->index.at[r->a], out); break;
    case AT_MISSING: break;
  }
  if (r->given) text_put(out, " (given)");
}

static void print_rows(const Lowered *L, const Build *k, Text *out) {
  static const char *const role[] = {"choice", "budget", "equality", "inequality", "auxiliary"};
  for (uint32_t s = 0; s < k->slot.n; s++) {
    const Slot *slot = &k->slot.at[s];
    const Condition *c = slot->condition == UINT32_MAX ? NULL : &k->agent->conditions.at[slot->condition];
    text_printf(out, "  row %u: %s ", s, role[slot->role]);
    own_name(L, k, slot, slot->sym, out);
    if (c && c->constraint >= 0) {
      text_put(out, " with ");
      own_name(L, k, slot, k->agent->constraints.at[c->constraint].sym, out);
    }
    uint8_t flag = k->kernel.flag[s];
    text_printf(out, "%s%s%s\n", flag & OWN_LOG ? ", positive" : "", flag & OWN_CLAIM ? ", claim" : "", flag & OWN_EX_ANTE ? ", ex ante" : "");
  }
  for (uint32_t s = 0; s < k->share.n; s++) {
    const ShareDef *d = &k->share.at[s];
    text_printf(out, "  row %u: share in ", k->slot.n + s);
    if (d->kind == TO_GLOBAL) name_text(L, L->problem.names.condition, d->a, out);
    else if (d->kind == TO_CHECK) {
      text_put(out, "check of ");
      name_text(L, L->problem.names.condition, L->problem.nx + d->a, out);
    } else text_put(out, k->index.at[d->a].kind == INDEX_CHECKS ? "the check of each lane" : "the row of each lane");
    text_put(out, "\n");
  }
}

static void print_build(const Lowered *L, const Build *k, Text *out) {
  const Kernel *z = &k->kernel;
  text_printf(out, "\nkernel %s (%s)\n  lanes %u\n", k->name, k->agent ? "agents" : "conditions", k->lanes);
  for (uint32_t i = 0; i < k->in.n; i++) {
    if (k->in_to[i] == NO_INDEX) continue;
    text_printf(out, "  in[%u]: ", k->in_to[i]);
    print_input(L, k, &k->in.at[i], out);
    text_put(out, "\n");
  }
  print_rows(L, k, out);
  print_program("value", &z->value, out);
  print_program("terms", &z->terms, out);
  print_program("jacobian", &z->jac, out);
  if (z->nentry) text_put(out, "    of (row, in)");
  for (uint32_t e = 0; e < z->nentry; e++) text_printf(out, " (%u,%u)", z->entry[e].out, z->entry[e].in);
  if (z->nentry) text_put(out, "\n");
  print_program("objective and weights", &z->goal, out);
  print_program("gradient of the objective", &z->goal_grad, out);
  print_program("domain", &z->domain, out);
}

/* A symbol with the sets it ranges over. */
static void family_name(const Lowered *L, SymId sym, Text *out) {
  const Sym *s = lower_sym(L, sym);
  text_put(out, str_text(L->cc->strs, s->name));
  for (uint32_t i = 0; i < s->ndom; i++) text_printf(out, "%s%s", i ? "," : "[", str_text(L->cc->strs, lower_sym(L, s->dom[i])->name));
  if (s->ndom) text_put(out, "]");
}

static const char *row_name(const Lowered *L, const GlobalDef *d) {
  switch (d->row) {
    case ROW_MARKET: return str_text(L->cc->strs, lower_sym(L, L->eco->markets.at[d->owner].sym)->name);
    case ROW_EQUATION: return str_text(L->cc->strs, lower_sym(L, L->eco->equations.at[d->owner].sym)->name);
    case ROW_NORMALISATION: return "numeraire";
    case ROW_AGGREGATE:
    case ROW_NONE: break;
  }
  return "definition";
}

/* One line for each symbol and condition that goes with it, however many instances there are; totals each have their own. */
static void print_globals(const Lowered *L, Text *out) {
  static const char *const kind[] = {"price", "variable", "aggregate", "slack"};
  for (uint32_t g = 0; g < L->global.n; g++) {
    const GlobalDef *d = &L->global.at[g], *last = g ? d - 1 : NULL;
    if (last && d->sym && d->sym == last->sym && d->row == last->row && d->owner == last->owner) continue;
    text_printf(out, "  %s ", kind[d->kind]);
    if (d->sym) family_name(L, d->sym, out);
    else text_put(out, d->text);
    text_printf(out, ": %s\n", row_name(L, d));
  }
}

static void print_checks(const Lowered *L, Text *out) {
  for (uint32_t i = 0; i < L->check.n; i++) {
    const Market *m = &L->eco->markets.at[L->check.at[i].market];
    if (i && L->check.at[i].market == L->check.at[i - 1].market) continue;
    text_printf(out, "  check of %smarket %s\n", m->from == MARKET_IMPLIED ? "implied " : "", str_text(L->cc->strs, lower_sym(L, m->sym)->name));
  }
}

void lowered_print(const Lowered *L, Text *out) {
  text_printf(out, "problem %s\n", str_text(L->cc->strs, L->eco->name));
  print_globals(L, out);
  print_checks(L, out);
  for (uint32_t i = 0; i < L->build.n; i++)
    if (L->build.at[i]->block != NO_INDEX) print_build(L, L->build.at[i], out);
}
