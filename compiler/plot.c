/* plot.c: see plot.h. */
#include "plot.h"
#include "curves.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is drawn ---- */

typedef struct { double x, y; int known; } Dot;
typedef struct { const char *label; Dot *dot; uint32_t n, style; int again; /* another part of the line before it: same style, no entry in the legend */ } Line;
typedef struct {
  Results *all;
  const Ask *ask;
  Grid *grid;
  const char *title, *across, *up;                      /* up: the label of the vertical axis, "" where curves have different ones */
  VEC(Line) line;
  uint32_t nstyle;
  double lo_x, hi_x, lo_y, hi_y;
  Arena *mem;
} Picture;

static const Ask *plot_ask(const Model *m, uint32_t i) {
  for (uint32_t k = 0; k < m->asks.n; k++)
    if (m->asks.at[k].kind == ASK_PLOT && !i--) return &m->asks.at[k];
  return NULL;
}

uint32_t plot_count(const Model *m) {
  uint32_t n = 0;
  while (plot_ask(m, n)) n++;
  return n;
}

static const char *kept(Arena *mem, Text *t) {
  const char *s = arena_text(mem, t->at ? t->at : "", t->n);
  text_free(t);
  return s ? s : "";
}

/* Which axis of the sweep `against` is: a bare parameter or entry that one of them moves. naxis: none. */
static uint32_t axis_of(const Picture *p, const QueryItem *x) {
  for (uint32_t a = 0; a < p->grid->naxis; a++) {
    const SweepAxis *axis = &p->grid->sweep->axes.at[a];
    if (x->e->kind != E_REF || x->e->solution || x->e->sym != axis->sym || (axis->nix && axis->nix != x->e->nix)) continue;
    int same = 1;
    for (uint32_t i = 0; i < axis->nix; i++) same &= x->e->ix[i].kind == IX_ELEM && x->e->ix[i].v == axis->ix[i];
    if (same) return a;
  }
  return p->grid->naxis;
}

/* The vertical curves of everything shown. */
static int collect(Picture *p, Curves *c) {
  Results *all = p->all;
  Model *m = all->model;
  const Sweep *w = p->grid->sweep;
  for (uint32_t i = 0; i < p->ask->shown.n; i++) {
    Query q;
    if (model_query(m, p->ask->shown.at[i].ast, &q)) return 1;
    for (uint32_t k = 0; k < q.items.n; k++) {
      const QueryItem *item = &q.items.at[k];
      const char *title = str_text(m->cc->strs, p->ask->shown.at[i].label);
      Str only;
      int bare, named = query_needs(all, item->e, &only, &bare);
      if (named < 0) return 1;
      if (!bare) { curves_add(c, all, item, CURVES_NAMED, title, 0); continue; }
      uint32_t of = 0;
      for (uint32_t s = 0; s < w->questions.n; s++) {
        int wanted = !p->ask->of.n;
        for (uint32_t o = 0; o < p->ask->of.n; o++) wanted |= all->of[w->questions.at[s]].name == p->ask->of.at[o];
        of += (uint32_t)wanted;
      }
      for (uint32_t s = 0; s < w->questions.n; s++) {
        int wanted = !p->ask->of.n;
        for (uint32_t o = 0; o < p->ask->of.n; o++) wanted |= all->of[w->questions.at[s]].name == p->ask->of.at[o];
        if (wanted) curves_add(c, all, item, w->questions.at[s], title, of > 1);
      }
    }
  }
  return 0;
}

typedef struct { Number x; uint32_t point; } Spot;

static int by_x(const void *a, const void *b) {
  const Spot *x = a, *y = b;
  if (x->x.value < y->x.value || x->x.value > y->x.value) return x->x.value > y->x.value ? 1 : -1;
  return (x->point > y->point) - (x->point < y->point);
}

/* The values of the axes other than x at a point, as part of a label. */
static void others_text(const Picture *p, uint32_t x, uint32_t point, Text *out) {
  const Grid *g = p->grid;
  const char *between = "";
  for (uint32_t a = 0; a < g->naxis; a++) {
    if (a == x) continue;
    text_printf(out, "%s%s = ", between, str_text(p->all->model->cc->strs, g->sweep->axes.at[a].label));
    text_digits(out, g->value[(size_t)point * g->naxis + a], 6);
    between = ", ";
  }
}

static int same_others(const Grid *g, uint32_t x, uint32_t p, uint32_t q) {
  for (uint32_t a = 0; a < g->naxis; a++) {
    double u = g->value[(size_t)p * g->naxis + a], v = g->value[(size_t)q * g->naxis + a];
    if (a != x && (u < v || u > v)) return 0;
  }
  return 1;
}

/* The place of the i-th number of a point on the horizontal axis. */
static Number along(const Picture *p, const Curve *across, uint32_t x, uint32_t point, uint32_t i) {
  if (!across) return (Number){p->grid->value[(size_t)point * p->grid->naxis + x], 1, 0};
  uint32_t at = across->first[point] + (across->family ? i : 0);
  return at < across->first[point + 1] ? across->at[at] : (Number){NAN, 0, 0};
}

/* The parts of a line over several equilibria: each of their branches. Where the last point of one and the first of the next have no
 * neighbour on the branch, nothing joins them. */
static void add_branches(Picture *p, const Curve *c, const Curve *across, uint32_t x, const Spot *spot, uint32_t n, Line l) {
  uint32_t *point = ARENA_ARRAY(p->mem, uint32_t, n + 1), parts = 0;
  for (uint32_t k = 0; point && k < n; k++) point[k] = spot[k].point;
  uint32_t *branch = point ? curves_branches(c, point, n, p->mem) : NULL;
  if (!branch) return;
  for (uint32_t k = 0; k < n; k++)
    for (uint32_t e = c->first[point[k]]; e < c->first[point[k] + 1]; e++) parts = branch[e] >= parts ? branch[e] + 1 : parts;
  for (uint32_t b = 0; b < parts; b++) {
    l.n = 0;
    if (!(l.dot = ARENA_ARRAY(p->mem, Dot, n + 1))) return;
    for (uint32_t k = 0; k < n; k++)
      for (uint32_t e = c->first[point[k]]; e < c->first[point[k] + 1]; e++) {
        if (branch[e] != b) continue;
        Number u = along(p, across, x, point[k], e - c->first[point[k]]);
        l.dot[l.n++] = (Dot){u.value, c->at[e].value, u.known && c->at[e].known};
      }
    VEC_PUSH(p->mem, p->line, l);
    l.again = 1;
  }
}

/* One line of a curve: the points that agree with `first` in all axes but x, in the order of x, or of the sweep where `across` stands for
 * it. taken: points that already belong to a line. single: the only curve, so that its lines are told apart by the other axes alone. */
static void add_line(Picture *p, const Curve *c, const Curve *across, uint32_t x, uint32_t first, uint8_t *taken, int single) {
  const Grid *g = p->grid;
  Line l = {"", ARENA_ARRAY(p->mem, Dot, g->npoint), 0, p->nstyle++, 0};
  Spot *spot = ARENA_ARRAY(p->mem, Spot, g->npoint + 1);
  if (!l.dot || !spot) return;
  for (uint32_t k = first; k < g->npoint; k++) {
    if (taken[k] || (g->length && !same_others(g, x, first, k))) continue;
    taken[k] = 1;
    spot[l.n++] = (Spot){along(p, across, x, k, 0), k};
  }
  if (!across) qsort(spot, l.n, sizeof *spot, by_x);
  for (uint32_t k = 0; k < l.n && !c->family; k++) {
    Number v = c->at[c->first[spot[k].point]];
    l.dot[k] = (Dot){spot[k].x.value, v.value, spot[k].x.known && v.known};
  }
  Text label = {0}, others = {0};
  if (g->length) others_text(p, x, first, &others);
  const char *of = single && others.n ? "" : c->label;
  text_printf(&label, "%s%s%s", of, *of && others.n ? ", " : "", others.at ? others.at : "");
  text_free(&others);
  l.label = kept(p->mem, &label);
  if (c->family) add_branches(p, c, across, x, spot, l.n, l);
  else VEC_PUSH(p->mem, p->line, l);
}

static void measure(Picture *p) {
  p->lo_x = p->lo_y = INFINITY;
  p->hi_x = p->hi_y = -INFINITY;
  for (uint32_t i = 0; i < p->line.n; i++)
    for (uint32_t k = 0; k < p->line.at[i].n; k++) {
      const Dot *d = &p->line.at[i].dot[k];
      if (isfinite(d->x)) p->lo_x = fmin(p->lo_x, d->x), p->hi_x = fmax(p->hi_x, d->x);
      if (!d->known) continue;
      p->lo_y = fmin(p->lo_y, d->y), p->hi_y = fmax(p->hi_y, d->y);
    }
  if (p->lo_x > p->hi_x) p->lo_x = 0, p->hi_x = 1;
  if (p->lo_y > p->hi_y) p->lo_y = 0, p->hi_y = 1;
}

/* Reads the i-th plot. 0, or 1 when there is nothing to draw. */
static int compose(Picture *p, Results *all, uint32_t i) {
  const Strs *strs = all->model->cc->strs;
  const Showing few = {0, 0};
  *p = (Picture){.all = all, .ask = plot_ask(all->model, i), .mem = arena_new(NULL)};
  if (!p->mem || !p->ask || !p->ask->sweep) return 1;
  p->grid = &all->grid[p->ask->sweep - 1];
  if (!p->grid->npoint) return 1;
  Curves c = {.grid = p->grid, .mem = p->mem, .shown = &few}, x = {.grid = p->grid, .mem = p->mem};
  Query q = {{0}, 0};
  uint32_t axis = p->grid->naxis - 1;
  p->title = str_text(strs, all->model->economy->title ? all->model->economy->title : all->model->economy->name);
  p->across = str_text(strs, p->grid->sweep->axes.at[axis].label);
  if (p->ask->against.ast) {
    if (model_query(all->model, p->ask->against.ast, &q) || q.items.n != 1) return 1;
    p->across = str_text(strs, p->ask->against.label);
    axis = axis_of(p, &q.items.at[0]);
    if (axis == p->grid->naxis) curves_add(&x, all, &q.items.at[0], CURVES_NAMED, p->across, 0);
    if (axis == p->grid->naxis && x.of.n != 1) {
      diag_add(all->model->cc, SEV_ERROR, "plot.against", p->ask->against.at, x.of.n ? "the horizontal axis has several values at a point of the sweep" : "the horizontal axis has no value at any point of the sweep");
      return 1;
    }
  }
  if (collect(p, &c)) return 1;
  const Curve *across = x.of.n ? &x.of.at[0] : NULL;    /* numbers that are not known are NaN */
  uint32_t run = axis < p->grid->naxis ? axis : p->grid->naxis - 1;       /* the axis along which a line goes */
  p->up = c.of.n == 1 ? c.of.at[0].label : "";
  for (uint32_t k = 0; k < c.of.n; k++) {
    uint8_t *taken = ARENA_ARRAY(p->mem, uint8_t, p->grid->npoint + 1);
    for (uint32_t first = 0; taken && first < p->grid->npoint; first++)
      if (!taken[first]) add_line(p, &c.of.at[k], across, run, first, taken, c.of.n == 1);
  }
  measure(p);
  return arena_failed(p->mem);
}

/* ---- axes ---- */

double plot_ticks(double lo, double hi, int most, double *from, double *to) {
  double size = fmax(fabs(lo), fabs(hi)), span = hi - lo;
  if (!(span > 1e-12 * size)) {                         /* one value: some room around it */
    double room = size > 0 ? 0.05 * size : 1;
    lo -= room, hi += room, span = hi - lo;
  }
  double raw = span / (most > 1 ? most - 1 : 1), power = pow(10, floor(log10(raw))), part = raw / power;
  double step = (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power;
  *from = floor(lo / step + 1e-9) * step;
  *to = ceil(hi / step - 1e-9) * step;
  return step;
}

/* The text of a tick: as many decimals as the step needs. */
static void tick_text(double v, double step, Text *out) {
  double size = fmax(fabs(v), step);
  int decimals = (int)ceil(-log10(step) - 1e-9);
  if (fabs(v) < 1e-9 * step) v = 0;
  if (size >= 1e6 || step < 1e-5) text_digits(out, v, 6);
  else text_printf(out, "%.*f", decimals > 0 ? decimals : 0, v);
}

/* ---- SVG ---- */

enum { WIDTH = 760, HEIGHT = 460, TOP = 44, BOTTOM = 60, RIGHT = 24, EACH = 18, MOST_LEGEND = 20, FEW_POINTS = 60 };
/* Colours that stay apart for most kinds of colour blindness (Okabe and Ito 2008); dashes tell the next eight apart. */
static const char *const colour[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d31"};
static const char *const dash[] = {"", "6 3", "2 3", "8 3 2 3"};
enum { COLOURS = sizeof colour / sizeof *colour, DASHES = sizeof dash / sizeof *dash };

/* Text of XML 1.0: markup escaped; control characters, which it does not allow, as U+FFFD. Bytes are UTF-8 since the model file is. */
static void escape(Text *out, const char *s) {
  for (; *s; s++) {
    unsigned char c = (unsigned char)*s;
    if (c == '&') text_put(out, "&amp;");
    else if (c == '<') text_put(out, "&lt;");
    else if (c == '>') text_put(out, "&gt;");
    else if (c == '"') text_put(out, "&quot;");
    else if (c == '\'') text_put(out, "&#39;");
    else if (c == '\t' || c == '\n') text_put(out, " ");
    else if (c < 0x20 || c == 0x7f) text_put(out, "\xef\xbf\xbd");
    else text_add(out, s, 1);
  }
}

static unsigned characters(const char *s) {
  unsigned n = 0;
  for (; *s; s++) n += ((unsigned char)*s & 0xc0) != 0x80;
  return n;
}

typedef struct { double left, right, top, bottom, from_x, to_x, from_y, to_y; } Frame;

/* 0 and not -0, so that no sign stands before zero. */
static double place(double v) { return v < 0.005 && v > -0.005 ? 0 : v; }
static double at_x(const Frame *f, double x) { return place(f->left + (x - f->from_x) / (f->to_x - f->from_x) * (f->right - f->left)); }
static double at_y(const Frame *f, double y) { return place(f->bottom - (y - f->from_y) / (f->to_y - f->from_y) * (f->bottom - f->top)); }

static void put_text(Text *out, double x, double y, const char *anchor, const char *more, const char *s) {
  text_printf(out, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\"%s>", x, y, anchor, more);
  escape(out, s);
  text_put(out, "</text>\n");
}

static void put_ticks(const Frame *f, double step_x, double step_y, Text *out) {
  text_put(out, "<g stroke=\"#dddddd\" fill=\"none\">\n");
  int nx = (int)lround((f->to_x - f->from_x) / step_x), ny = (int)lround((f->to_y - f->from_y) / step_y);
  for (int i = 0; i <= nx; i++) {
    double x = at_x(f, f->from_x + i * step_x);
    text_printf(out, "<path d=\"M%.2f %.2fV%.2f\"/>\n", x, f->top, f->bottom);
  }
  for (int i = 0; i <= ny; i++) {
    double y = at_y(f, f->from_y + i * step_y);
    text_printf(out, "<path d=\"M%.2f %.2fH%.2f\"/>\n", f->left, y, f->right);
  }
  text_printf(out, "<path stroke=\"#333333\" d=\"M%.2f %.2fV%.2fH%.2f\"/>\n</g>\n<g fill=\"#333333\">\n", f->left, f->top, f->bottom, f->right);
  for (int i = 0; i <= nx; i++) {
    Text t = {0};
    tick_text(f->from_x + i * step_x, step_x, &t);
    put_text(out, at_x(f, f->from_x + i * step_x), f->bottom + 18, "middle", "", t.at ? t.at : "");
    text_free(&t);
  }
  for (int i = 0; i <= ny; i++) {
    Text t = {0};
    tick_text(f->from_y + i * step_y, step_y, &t);
    put_text(out, f->left - 8, at_y(f, f->from_y + i * step_y) + 4, "end", "", t.at ? t.at : "");
    text_free(&t);
  }
  text_put(out, "</g>\n");
}

static void put_style(uint32_t i, Text *out) {
  text_printf(out, "stroke=\"%s\"", colour[i % COLOURS]);
  if (*dash[i / COLOURS % DASHES]) text_printf(out, " stroke-dasharray=\"%s\"", dash[i / COLOURS % DASHES]);
}

/* The line through neighbouring points that are known; points are drawn where they are few, and always where one stands alone. */
static void put_line(const Frame *f, const Line *l, Text *out) {
  uint32_t i = l->style;
  text_put(out, "<path fill=\"none\" stroke-width=\"1.8\" stroke-linejoin=\"round\" ");
  put_style(i, out);
  text_put(out, " d=\"");
  int pen = 0, any = 0;
  for (uint32_t k = 0; k < l->n; k++) {
    if (l->dot[k].known) {
      text_printf(out, "%s%.2f %.2f", pen ? "L" : "M", at_x(f, l->dot[k].x), at_y(f, l->dot[k].y));
      any = 1;
    }
    pen = l->dot[k].known;
  }
  text_put(out, any ? "\"/>\n" : "M0 0\"/>\n");
  for (uint32_t k = 0; k < l->n; k++) {
    int alone = (!k || !l->dot[k - 1].known) && (k + 1 == l->n || !l->dot[k + 1].known);
    if (l->dot[k].known && (alone || l->n <= FEW_POINTS))
      text_printf(out, "<circle fill=\"%s\" cx=\"%.2f\" cy=\"%.2f\" r=\"2.6\"/>\n", colour[i % COLOURS], at_x(f, l->dot[k].x), at_y(f, l->dot[k].y));
  }
}

static void put_legend(const Picture *p, double left, Text *out) {
  for (uint32_t i = 0; i < p->line.n && p->line.at[i].style < MOST_LEGEND; i++) {
    const Line *l = &p->line.at[i];
    double y = TOP + 8 + EACH * (double)l->style;
    if (l->again) continue;
    text_printf(out, "<path fill=\"none\" stroke-width=\"1.8\" ");
    put_style(l->style, out);
    text_printf(out, " d=\"M%.2f %.2fH%.2f\"/>\n", left, y, left + 24);
    put_text(out, left + 30, y + 4, "start", " fill=\"#333333\"", l->label);
  }
  if (p->nstyle <= MOST_LEGEND) return;
  char more[40];
  snprintf(more, sizeof more, "and %u more", p->nstyle - MOST_LEGEND);
  put_text(out, left + 30, TOP + 12 + EACH * (double)MOST_LEGEND, "start", " fill=\"#333333\"", more);
}

static unsigned widest_tick(double from, double to, double step) {
  unsigned most = 0;
  int n = (int)lround((to - from) / step);
  for (int i = 0; i <= n; i++) {
    Text t = {0};
    tick_text(from + i * step, step, &t);
    unsigned w = characters(t.at ? t.at : "");
    if (w > most) most = w;
    text_free(&t);
  }
  return most;
}

int plot_svg(Results *all, uint32_t index, Text *out) {
  Picture p;
  if (compose(&p, all, index)) {
    arena_free(p.mem);
    return 1;
  }
  Frame f = {.top = TOP, .bottom = HEIGHT - BOTTOM};
  double step_x = plot_ticks(p.lo_x, p.hi_x, 9, &f.from_x, &f.to_x), step_y = plot_ticks(p.lo_y, p.hi_y, 8, &f.from_y, &f.to_y);
  unsigned legend = 0;
  for (uint32_t i = 0; i < p.line.n && p.line.at[i].style < MOST_LEGEND && p.nstyle > 1; i++) {
    unsigned w = characters(p.line.at[i].label);
    if (w > legend) legend = w;
  }
  double key = p.nstyle > 1 ? 46 + 7.0 * (legend < 40 ? legend : 40) : 0;
  f.left = 34 + 7.2 * widest_tick(f.from_y, f.to_y, step_y);
  f.right = WIDTH - RIGHT;
  double width = WIDTH + key;
  text_put(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  text_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%d\" viewBox=\"0 0 %.0f %d\" font-family=\"sans-serif\" font-size=\"12\">\n", width, HEIGHT, width, HEIGHT);
  text_printf(out, "<rect width=\"%.0f\" height=\"%d\" fill=\"#ffffff\"/>\n", width, HEIGHT);
  put_text(out, (f.left + f.right) / 2, 24, "middle", " font-size=\"15\" fill=\"#111111\"", p.title);
  put_ticks(&f, step_x, step_y, out);
  put_text(out, (f.left + f.right) / 2, HEIGHT - 16, "middle", " fill=\"#111111\"", p.across);
  if (*p.up) {
    char turn[96];
    snprintf(turn, sizeof turn, " fill=\"#111111\" transform=\"rotate(-90 16 %.2f)\"", (f.top + f.bottom) / 2);
    put_text(out, 16, (f.top + f.bottom) / 2, "middle", turn, p.up);
  }
  for (uint32_t i = 0; i < p.line.n; i++) put_line(&f, &p.line.at[i], out);
  if (p.nstyle > 1) put_legend(&p, f.right + 16, out);
  text_put(out, "</svg>\n");
  arena_free(p.mem);
  return 0;
}

/* ---- gnuplot ---- */

/* In single quotes, where gnuplot reads nothing but a doubled quote. */
static void quote(Text *out, const char *s) {
  text_put(out, "'");
  for (; *s; s++) {
    if (*s == '\'') text_put(out, "'");
    if ((unsigned char)*s >= 0x20) text_add(out, s, 1);
  }
  text_put(out, "'");
}

int plot_gnuplot(Results *all, uint32_t index, const char *data_file, Text *data, Text *script) {
  Picture p;
  if (compose(&p, all, index)) {
    arena_free(p.mem);
    return 1;
  }
  for (uint32_t i = 0; i < p.line.n; i++) {
    const Line *l = &p.line.at[i];
    text_printf(data, "%s# %s\n", i ? "\n\n" : "", l->label);
    for (uint32_t k = 0; k < l->n; k++) {
      text_number(data, l->dot[k].x);
      text_put(data, " ");
      if (l->dot[k].known) text_number(data, l->dot[k].y);
      else text_put(data, "NaN");
      text_put(data, "\n");
    }
  }
  text_put(script, "# gnuplot THIS_FILE writes an SVG picture to standard output\nset terminal svg size 760,460 noenhanced\nset grid\nset key outside right\nset title ");
  quote(script, p.title);
  text_put(script, "\nset xlabel ");
  quote(script, p.across);
  text_put(script, "\nset ylabel ");
  quote(script, p.up);
  text_put(script, "\n");
  for (uint32_t i = 0; i < p.line.n; i++) {
    text_put(script, i ? ", \\\n     " : "plot ");
    quote(script, data_file);
    text_printf(script, " index %u using 1:2 with linespoints ", i);
    if (p.nstyle < p.line.n) text_printf(script, "linetype %u ", p.line.at[i].style + 1);       /* parts of one line look alike */
    text_put(script, "pointtype 7 pointsize 0.4 ");
    text_put(script, p.line.at[i].again ? "no" : "");
    text_put(script, "title ");
    quote(script, p.line.at[i].again ? "" : p.line.at[i].label);
  }
  text_put(script, "\n");
  arena_free(p.mem);
  return 0;
}
