/* elab_sweep.c: sweeps and plots. Axes are bound to parameters or entries; what they run through stays an expression over parameters, or
 * is read from a file once. How many points that makes is known when the parameters are: compiler/sweep.h. */
#include "csv.h"
#include "elab.h"
#include "../lang/parse.h"
#include <math.h>

enum { MORE_THAN_ENOUGH = 5, MOST_AXES = 16 };

/* ---- axes ---- */

static int same_entry(const SweepAxis *a, SymId sym, const Elem *ix, uint32_t nix) {
  if (a->sym != sym) return 0;
  return !a->nix || !nix || !memcmp(a->ix, ix, nix * sizeof *ix);
}

/* The parameter or entry that a left side names, not yet swept. 0, or 1 after a diagnostic at `at`. */
static int axis_target(Elab *el, const Sweep *w, const Ast *left, Span at, SweepAxis *out) {
  FreeIdx free;
  const Expr *l = elab_target(el, left, &free);
  if (!l || elab_entry(el, l, left, "sweep.parameter", "a sweep moves parameters; what they do to unknowns is what it shows", &out->ix, &out->nix)) return 1;
  out->sym = l->sym;
  out->label = elab_written(el, left);
  out->at = origin_new(el->cc->diags, at, BY_SOURCE, 0);
  for (uint32_t i = 0; i < w->axes.n; i++)
    if (same_entry(&w->axes.at[i], out->sym, out->ix, out->nix)) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "sweep.twice", at, "`%s` is swept twice", elab_text(el, out->label));
      diag_note(el->cc, d, w->axes.at[i].at, "`%s` already moves here", elab_text(el, w->axes.at[i].label));
      return 1;
    }
  return 0;
}

static int axis_values(Elab *el, const Ast *over, const Ast *by, SweepAxis *x) {
  int wrong = 0;
  if (over->kind == AST_RANGE) {
    wrong |= !(x->lo = elab_over_parameters(el, over->kid[0]));
    wrong |= !(x->hi = elab_over_parameters(el, over->kid[1]));
    wrong |= by && !(x->by = elab_over_parameters(el, by));
    return wrong;
  }
  if (by) {
    diag_at(el->cc, SEV_ERROR, "sweep.step", by->span, "a list of values has no step");
    wrong = 1;
  }
  for (uint32_t i = 0; i < over->nkid; i++) {
    const Ast *v = over->kid[i];
    if (v->kind == AST_PAIR || v->kind == AST_RANGE || v->kind == AST_BRACE) {
      diag_at(el->cc, SEV_ERROR, "sweep.values", v->span, "a sweep runs through numbers: a list such as {1, 2, 4}, or a range without braces");
      wrong = 1;
      continue;
    }
    const Expr *e = elab_over_parameters(el, v);
    if (e) VEC_PUSH(el->mem, x->list, e);
    wrong |= !e;
  }
  if (over->nkid) return wrong;
  diag_at(el->cc, SEV_ERROR, "sweep.values", over->span, "there is nothing in this list, so the sweep has no point");
  return 1;
}

static void add_axis(Elab *el, Sweep *w, const Ast *a) {
  const Ast *over = a->kid[0], *by = a->kid[1];
  const Ast *left = NULL;
  Ast name = {.kind = AST_NAME, .text = a->text};
  if (over->kind == AST_ASSIGN) {
    left = over->kid[0];
    over = over->kid[1];
  } else {
    const Source *src = source_get(el->cc->sources, a->span.file);   /* the name stands behind `sweep` or a comma, before its `=` */
    size_t size = strlen(elab_text(el, a->text));
    uint32_t end = over->span.begin;
    while (src && end > a->span.begin && src->text[end - 1] != '=') end--;
    while (src && end > a->span.begin && strchr("= \t\r\n", src->text[end - 1])) end--;
    name.span = (Span){a->span.file, end - a->span.begin >= size ? end - (uint32_t)size : a->span.begin, end};
    left = &name;
  }
  SweepAxis x = {0};
  if (axis_target(el, w, left, left->span, &x) | axis_values(el, over, by, &x)) return;
  VEC_PUSH(el->mem, w->axes, x);
}

/* ---- rows of a file ---- */

typedef struct { Elab *el; Sweep *w; const CsvCells *cells; uint32_t file, said; } Rows;

static Span cell_span(const Rows *r, const Cell *c) { return (Span){r->file, c->begin, c->end > c->begin ? c->end : c->begin + 1}; }

/* The text of a header cell as a source of its own in which it stands where it does in the file, everything before it blank: so that
 * messages about it show the file's line and column. */
static const Source *header_source(const Rows *r, const Cell *c, const char *text) {
  const Source *csv = source_get(r->el->cc->sources, r->file);
  Text t = {0};
  uint32_t begin = c->begin + (csv->text[c->begin] == '"');
  for (uint32_t i = 0; i < begin; i++)
    if (csv->text[i] == '\n') text_put(&t, "\n");
    else if (((unsigned char)csv->text[i] & 0xC0) != 0x80) text_put(&t, " ");
  text_put(&t, text);
  const Source *s = t.failed ? NULL : source_text(r->el->cc->sources, csv->path, t.at, t.n);
  text_free(&t);
  return s;
}

/* A header: the name of a parameter or entry, read as it would be in the model. */
static void column(Rows *r, const Cell *c) {
  Elab *el = r->el;
  const char *text = c->kind == CELL_LABEL ? elab_text(el, c->text) : "";
  if (!*text) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "sweep.column", cell_span(r, c), "the first line of the file names what its columns are, and this is no name");
    diag_hint(el->cc, d, "head each column by a parameter, or an entry in quotes such as \"e[lender,c1@now]\"");
    return;
  }
  const Source *src = header_source(r, c, text);
  const Ast *left = src ? econ_parse_expression(el->cc, src) : NULL;
  SweepAxis x = {0};
  if (!left || axis_target(el, r->w, left, cell_span(r, c), &x)) return;
  VEC_PUSH(el->mem, r->w->axes, x);
}

static void row(Rows *r, uint32_t first, uint32_t n) {
  const Cell *c = r->cells->at + first;
  if (n != r->cells->columns) {
    if (r->said++ < MORE_THAN_ENOUGH)
      diag_at(r->el->cc, SEV_ERROR, "sweep.row", (Span){r->file, c[0].begin, n ? c[n - 1].end : c[0].begin + 1}, "this line has %u field%s, and there %s %u column%s", n, n == 1 ? "" : "s", r->cells->columns == 1 ? "is" : "are", r->cells->columns, r->cells->columns == 1 ? "" : "s");
    return;
  }
  for (uint32_t i = 0; i < n; i++) {
    if ((c[i].kind != CELL_NUMBER || !isfinite(c[i].num)) && r->said++ < MORE_THAN_ENOUGH) {
      if (c[i].kind == CELL_LABEL && !*elab_text(r->el, c[i].text)) diag_at(r->el->cc, SEV_ERROR, "sweep.cell", cell_span(r, &c[i]), "a number is missing here");
      else diag_at(r->el->cc, SEV_ERROR, "sweep.cell", cell_span(r, &c[i]), "this is not a number");
    }
    VEC_PUSH(r->el->mem, r->w->row, c[i].num);
  }
  r->w->nrows++;
}

static void rows_of_file(Elab *el, Sweep *w, const Ast *path) {
  const Source *csv = elab_csv_source(el, path);
  CsvCells cells;
  w->by_rows = 1;
  if (!csv || csv_cells(el->cc, csv, el->mem, &cells)) return;
  Rows r = {el, w, &cells, csv->id, 0};
  uint32_t i = 0;
  if (!cells.n) {
    diag_at(el->cc, SEV_ERROR, "sweep.column", path->span, "the file is empty; its first line names the parameters that its columns are");
    return;
  }
  for (; i < cells.n && cells.at[i].kind != CELL_NEWLINE; i++) column(&r, &cells.at[i]);
  for (i++; i < cells.n; i++) {
    uint32_t first = i;
    while (i < cells.n && cells.at[i].kind != CELL_NEWLINE) i++;
    row(&r, first, i - first);
  }
  if (r.said > MORE_THAN_ENOUGH) diag_at(el->cc, SEV_ERROR, "sweep.row", path->span, "there are %u more mistakes in this file", r.said - MORE_THAN_ENOUGH);
  if (!w->nrows && !r.said) diag_at(el->cc, SEV_ERROR, "sweep.row", path->span, "the file has no line of numbers, so the sweep has no point");
}

/* ---- the body ---- */

/* The statements of a sweep; those of a product stand in its innermost. */
static const Ast *innermost(const Ast *a) {
  while (a->nkid == 3 && a->kid[2] && a->kid[2]->kind == AST_SWEEP) a = a->kid[2];
  return a;
}

/* `where` of a question inside must leave alone what the sweep moves. */
static void clashes(Elab *el, const Sweep *w, const Question *q) {
  uint32_t n = q->where.n + q->where_expr.n;
  for (uint32_t i = 0; i < q->choosing.n; i++)
    for (uint32_t x = 0; x < w->axes.n; x++) {
      const Instrument *c = &q->choosing.at[i];
      if (!same_entry(&w->axes.at[x], c->sym, c->ix, c->nix)) continue;
      Diag *d = diag_add(el->cc, SEV_ERROR, "ask.instrument", c->at, "the sweep moves `%s`, and this question chooses it", elab_text(el, w->axes.at[x].label));
      diag_note(el->cc, d, w->axes.at[x].at, "it is swept here");
    }
  for (uint32_t i = 0; i < n; i++) {
    int number = i < q->where.n;
    uint32_t k = number ? i : i - q->where.n;
    SymId sym = number ? q->where.at[k].sym : q->where_expr.at[k].sym;
    const Elem *ix = number ? q->where.at[k].ix : q->where_expr.at[k].ix;
    uint32_t nix = number ? q->where.at[k].nix : q->where_expr.at[k].nix;
    for (uint32_t x = 0; x < w->axes.n; x++) {
      if (!same_entry(&w->axes.at[x], sym, ix, nix)) continue;
      Diag *d = diag_add(el->cc, SEV_ERROR, "sweep.where", number ? q->where.at[k].at : q->where_expr.at[k].at, "the sweep moves `%s`, and this would set it to one value", elab_text(el, w->axes.at[x].label));
      diag_note(el->cc, d, w->axes.at[x].at, "it is swept here");
    }
  }
}

void elab_sweep(Elab *el, const Ast *a) {
  Model *m = el->model;
  uint32_t before = m->questions.n, index = m->sweeps.n;
  const Ast *inner = innermost(a);
  uint32_t depth = 0;
  Sweep w = {.at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0)};
  for (const Ast *s = a;; s = s->kid[2]) {
    if (s->kid[0] && s->kid[0]->kind == AST_STRING) rows_of_file(el, &w, s->kid[0]);
    else if (s->kid[0] && ++depth <= MOST_AXES) add_axis(el, &w, s);
    else diag_at(el->cc, SEV_ERROR, "sweep.values", s->span, "a sweep has at most %d axes", MOST_AXES);
    if (s == inner) break;
  }
  if (w.by_rows && depth) diag_at(el->cc, SEV_ERROR, "sweep.nested", a->span, "the rows of a file cannot be combined with another axis; write the combinations into the file");
  VEC_PUSH(el->mem, m->sweeps, w);
  if (m->sweeps.n == index) return;
  el->sweep = index + 1;
  for (uint32_t i = 2; i < inner->nkid; i++) {
    const Ast *s = inner->kid[i];
    if (!s || s->kind == AST_ERROR || s->kind == AST_REPORT || s->kind == AST_EXPECT || s->kind == AST_PLOT) continue;
    if (s->kind == AST_SOLVE) elab_solve(el, s);
    else if (s->kind == AST_SWEEP) {
      Diag *d = diag_at(el->cc, SEV_ERROR, "sweep.nested", s->span, "a sweep cannot stand inside another beside other statements");
      diag_hint(el->cc, d, "write `sweep a = ..., b = ... { ... }` for the product of two axes");
    } else diag_at(el->cc, SEV_ERROR, "sweep.body", s->span, "a sweep holds questions: solve, report, plot, expect");
  }
  el->sweep = 0;
  for (uint32_t i = before; i < m->questions.n; i++) {
    VEC_PUSH(el->mem, m->sweeps.at[index].questions, i);
    clashes(el, &m->sweeps.at[index], &m->questions.at[i]);
  }
  for (uint32_t i = 2; i < inner->nkid; i++)
    if (!inner->kid[i] || inner->kid[i]->kind == AST_SOLVE || inner->kid[i]->kind == AST_SWEEP || inner->kid[i]->kind == AST_ERROR) return;
  diag_at(el->cc, SEV_ERROR, "sweep.body", (Span){a->span.file, a->span.begin, a->span.begin + 5}, "there is no `solve` in this sweep");
}

int elab_asked_elsewhere(Elab *el, const Named *n, uint32_t here, Span at) {
  uint32_t there = n && n->kind == NAMED_SOLUTION ? el->model->questions.at[n->question].sweep : 0;
  if (!there || there == here) return 0;
  Diag *d = diag_at(el->cc, SEV_ERROR, "sweep.elsewhere", at, "`%s` is solved at many points, and this question is not asked at the same ones", elab_text(el, n->name));
  diag_hint(el->cc, d, "put this question into that sweep, or take from a solution of no sweep");
  return 1;
}

void elab_sweep_shows(Elab *el, const Ast *a) {
  const Ast *inner = innermost(a);
  uint32_t index = 0;
  while (index < el->model->sweeps.n && origin_span(el->cc->diags, el->model->sweeps.at[index].at).begin != a->span.begin) index++;
  el->sweep = index < el->model->sweeps.n ? index + 1 : 0;
  for (uint32_t i = 2; i < inner->nkid && el->sweep; i++) {
    const Ast *s = inner->kid[i];
    if (s && (s->kind == AST_REPORT || s->kind == AST_EXPECT || s->kind == AST_PLOT)) elab_show(el, s);
  }
  el->sweep = 0;
}

/* A calibration needs one solution; a sweep's question has many. Such groups are said to be wrong and left out. */
void elab_sweep_calibrations(Elab *el) {
  Model *m = el->model;
  for (uint32_t i = 0; i < m->calibrations.n; i++) {
    const Calibration *c = &m->calibrations.at[i];
    const Question *q = &m->questions.at[c->question];
    if (!q->sweep) continue;
    Diag *d = diag_add(el->cc, SEV_ERROR, "sweep.calibrate", c->at, "`%s` is solved at many points, and parameters are calibrated to one solution", elab_text(el, q->name));
    diag_hint(el->cc, d, "ask the question outside of the sweep as well, and calibrate to that solution");
  }
}

/* ---- plots ---- */

typedef struct { Elab *el; uint32_t sweep; int two; } Over;

/* The sweep of a solution's question joins those that a plot runs over. */
static void note_solution(Over *o, Str name) {
  const Named *n = name ? elab_answer(o->el, name) : NULL;
  uint32_t s = n && n->kind == NAMED_SOLUTION ? o->el->model->questions.at[n->question].sweep : 0;
  if (!s) return;
  if (o->sweep && o->sweep != s) o->two = 1;
  o->sweep = s;
}

static void note_reference(void *ctx, const Expr *x) {
  if (x->kind == E_REF || x->kind == E_NAMED) note_solution(ctx, x->solution);
}

/* Can an item stand for one number? Sets of one element leave no choice, and at how many nodes a quantity exists is known with its values. */
static int one_value(const Elab *el, const QueryItem *item) {
  for (uint32_t i = 0; i < item->free_idx.n; i++) {
    SymId set = el->eco->idxs.at[item->free_idx.at[i]].set;
    if (set != el->eco->node_set && set_size(economy_set(el->eco, set)) > 1) return 0;
  }
  return 1;
}

void elab_plot(Elab *el, const Ast *a) {
  Model *m = el->model;
  const Ast *names = a->nkid > 1 ? a->kid[1] : NULL, *against = a->nkid > 2 ? a->kid[2] : NULL;
  Ask ask = {.kind = ASK_PLOT, .at = origin_new(el->cc->diags, a->span, BY_SOURCE, 0)};
  if (elab_shown(el, a->kid[0], names, &ask)) return;
  Over over = {el, 0, 0};
  for (uint32_t i = 0; i < ask.of.n; i++) note_solution(&over, ask.of.at[i]);
  for (uint32_t i = 0; i < ask.shown.n; i++) {
    Query q;
    if (model_query(m, ask.shown.at[i].ast, &q)) return;
    for (uint32_t k = 0; k < q.items.n; k++) ex_walk(q.items.at[k].e, note_reference, &over);
  }
  if (!over.sweep) over.sweep = el->sweep;
  if (!over.sweep && !ask.of.n && m->sweeps.n == 1) over.sweep = 1;
  if (over.two) {
    diag_at(el->cc, SEV_ERROR, "plot.sweep", a->span, "these solutions belong to different sweeps, which have no points in common");
    return;
  }
  if (!over.sweep) {
    Diag *d = diag_at(el->cc, SEV_ERROR, "plot.sweep", a->span, "nothing here moves: a plot shows the solutions of a sweep");
    diag_hint(el->cc, d, m->sweeps.n ? "name a solution of a sweep, as in `plot %s.x against ...`" : "write `sweep PARAMETER = 1 .. 2 by 0.1 { solve %s = equilibrium; }`",
              m->sweeps.n && m->sweeps.at[0].questions.n ? elab_text(el, m->questions.at[m->sweeps.at[0].questions.at[0]].name) : "g");
    return;
  }
  ask.sweep = over.sweep;
  if (against) {
    Query q;
    if (elab_solutions_in(el, against) || model_query(m, against, &q)) return;
    if (q.items.n != 1 || !one_value(el, &q.items.at[0])) {
      diag_at(el->cc, SEV_ERROR, "plot.against", against->span, "the horizontal axis is one number at each point of the sweep");
      return;
    }
    ask.against = (Shown){.ast = against, .at = origin_new(el->cc->diags, against->span, BY_SOURCE, 0), .label = elab_written(el, against)};
  }
  VEC_PUSH(el->mem, m->asks, ask);
}
