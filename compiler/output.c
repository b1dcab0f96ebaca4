/* output.c: results as JSON and CSV. See output.h. */
#include "family.h"
#include "output.h"
#include "secondbest.h"
#include "verdict.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- JSON ---- */

/* Bytes of the well-formed UTF-8 character at s (RFC 3629: shortest form, no surrogates), 0 if it is none. */
static size_t utf8_length(const unsigned char *s) {
  static const struct { unsigned char lo, hi, lo2, hi2; size_t n; } form[] = {
      {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
      {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
  for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
    if (s[0] < form[i].lo || s[0] > form[i].hi) continue;
    if (form[i].n > 1 && (s[1] < form[i].lo2 || s[1] > form[i].hi2)) return 0;
    for (size_t k = 2; k < form[i].n; k++)
      if (s[k] < 0x80 || s[k] > 0xbf) return 0;
    return form[i].n;
  }
  return 0;
}

/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
static void json_string(Text *out, const char *text) {
  const unsigned char *s = (const unsigned char *)text;
  text_put(out, "\"");
  while (*s) {
    size_t n = utf8_length(s);
    if (!n) { text_put(out, "\\ufffd"); s++; continue; }
    if (*s == '"' || *s == '\\') text_printf(out, "\\%c", *s);
    else if (*s == '\n') text_put(out, "\\n");
    else if (*s < 0x20 || *s == 0x7f) text_printf(out, "\\u%04x", *s);
    else text_add(out, (const char *)s, n);
    s += n;
  }
  text_put(out, "\"");
}

static void json_number(Text *out, double x) {
  if (isfinite(x)) text_number(out, x);
  else text_put(out, "null");
}

static void json_text_or_null(Text *out, const char *s) {
  if (s) json_string(out, s);
  else text_put(out, "null");
}

/* An object or array under construction: what separates its members. */
typedef struct { Text *out; const char *between; } Json;
static void json_next(Json *j) { text_put(j->out, j->between); j->between = ", "; }
static void json_member(Json *j, const char *name) { json_next(j); json_string(j->out, name); text_put(j->out, ": "); }
static void json_field(Json *j, const char *name, double x) { json_member(j, name); json_number(j->out, x); }

static void put_claim(Text *out, const Claim *c) {
  Json j = {out, "{"};
  json_member(&j, "status");
  json_string(out, claim_status_name(c->status));
  json_field(&j, "bound", c->bound);
  json_member(&j, "unit");
  json_text_or_null(out, c->unit);
  json_member(&j, "method");
  json_text_or_null(out, c->method);
  json_member(&j, "domain");
  json_text_or_null(out, c->domain);
  json_member(&j, "witness");
  json_text_or_null(out, c->witness);
  text_put(out, "}");
}

static void put_worst(Text *out, const Problem *p, const Certificate *c) {
  Json list = {out, ""};
  text_put(out, "[");
  for (uint32_t i = 0; i < c->nworst; i++) {
    char name[512] = "";
    if (p && p->names.condition) p->names.condition(p->names.ctx, c->worst[i].row, name, sizeof name);
    json_next(&list);
    Json j = {out, "{"};
    json_member(&j, "condition");
    json_string(out, name);
    json_field(&j, "residual", c->worst[i].residual);
    json_field(&j, "scale", c->worst[i].scale);
    text_put(out, "}");
  }
  text_put(out, "]");
}

static void put_certificate(Text *out, const Result *r) {
  const Certificate *c = &r->sol.cert;
  Json j = {out, "{"};
  for (int i = 0; i < CLAIM_N; i++) {
    json_member(&j, claim_name((ClaimId)i));
    put_claim(out, &c->claim[i]);
  }
  json_field(&j, "residual", c->residual);
  json_field(&j, "clearing_error", c->clearing);
  json_field(&j, "gain", c->gain);
  json_field(&j, "indeterminate", c->indeterminate);
  json_member(&j, "worst");
  put_worst(out, r->lowered ? lowered_problem(r->lowered) : NULL, c);
  text_put(out, "}");
}

static void put_tried(Text *out, const Solution *s) {
  Json list = {out, ""};
  text_put(out, "[");
  for (uint32_t i = 0; i < s->ntried; i++) {
    json_next(&list);
    Json j = {out, "{"};
    json_member(&j, "method");
    json_text_or_null(out, s->tried[i].method);
    json_member(&j, "result");
    json_string(out, econ_status_text(s->tried[i].why));
    json_field(&j, "iterations", s->tried[i].iterations);
    json_field(&j, "residual", s->tried[i].residual);
    text_put(out, "}");
  }
  text_put(out, "]");
}

/* All quantities of one name; several classes may own it. */
typedef struct { Result *r; Text *out; Json j; SymId sym; Str prefix; uint8_t keep[RESULT_DIMS]; int keyed; } NameValues;

static void put_value(void *ctx, const Elem *ix, uint32_t n, Number v) {
  NameValues *s = ctx;
  if (s->keyed) {
    Text key = {0};
    result_key(s->r->economy, s->prefix, ix, n, economy_at(s->r->economy, s->sym)->node_dim, s->keep, &key);
    json_member(&s->j, key.at ? key.at : "");
    text_free(&key);
  }
  json_number(s->out, v.value);
}

typedef struct { Result *r; Text *out; const char *between; SymId sym; Str prefix; uint8_t keep[RESULT_DIMS]; } Loose;

static void put_loose(void *ctx, const Elem *ix, uint32_t n, Number v) {
  Loose *l = ctx;
  if (!v.loose) return;
  const Sym *s = economy_at(l->r->economy, l->sym);
  Text name = {0}, key = {0};
  text_put(&name, str_text(l->r->economy->cc->strs, s->name));
  result_key(l->r->economy, l->prefix, ix, n, s->node_dim, l->keep, &key);
  if (key.n && *key.at == '@') text_put(&name, key.at);
  else if (key.n) text_printf(&name, "[%s]", key.at);
  text_put(l->out, l->between);
  json_string(l->out, name.at ? name.at : "");
  l->between = ", ";
  text_free(&key);
  text_free(&name);
}

/* The class that is part of how a symbol's values are named, or 0. */
static Str class_of(const Result *r, SymId sym) {
  return result_shared_name(r, sym) ? economy_at(r->economy, economy_at(r->economy, sym)->owner)->name : 0;
}

static int has_dims(const Result *r, SymId sym) { return economy_at(r->economy, sym)->ndom <= RESULT_DIMS; }

/* Is this the first reported symbol of its name? The others of the name are written with it. */
static int is_first_of_name(const Result *r, SymId sym) {
  const Sym *s = economy_at(r->economy, sym);
  for (SymId i = 1; i < sym; i++)
    if (economy_at(r->economy, i)->name == s->name && result_reports(r, i)) return 0;
  return 1;
}

static void put_name(Result *r, const Showing *shown, SymId first, Json *values) {
  const Economy *e = r->economy;
  Str name = economy_at(e, first)->name;
  NameValues s = {r, values->out, {values->out, ""}, 0, 0, {0}, 0};
  int any = 0;
  for (SymId i = first; i < e->syms.n && !any; i++)
    if (economy_at(e, i)->name == name && result_reports(r, i) && has_dims(r, i)) any = result_any(r, i);
  if (!any) return;
  json_member(values, str_text(e->cc->strs, name));
  int open = 0;
  for (SymId i = first; i < e->syms.n; i++) {
    if (economy_at(e, i)->name != name || !result_reports(r, i) || !has_dims(r, i)) continue;
    s.sym = i;
    s.prefix = class_of(r, i);
    result_varying(r, i, s.keep);
    s.keyed = s.prefix != 0 || open;
    for (uint32_t k = 0; k < economy_at(e, i)->ndom; k++) s.keyed |= s.keep[k];
    if (s.keyed && !open) { text_put(s.out, "{"); open = 1; }
    result_each_shown(r, shown, i, put_value, &s);
    if (!s.keyed) break;
  }
  if (open) text_put(s.out, "}");
}

static void put_values(Text *out, Result *r, const Showing *shown) {
  Json values = {out, ""};
  text_put(out, "{");
  for (SymId i = 1; i < r->economy->syms.n; i++)
    if (result_reports(r, i) && is_first_of_name(r, i)) put_name(r, shown, i, &values);
  text_put(out, "}");
}

static void put_indeterminate(Text *out, Result *r, const Showing *shown) {
  Loose l = {r, out, "", 0, 0, {0}};
  text_put(out, "[");
  for (SymId i = 1; i < r->economy->syms.n && r->sol.cert.indeterminate; i++) {
    SymKind k = economy_at(r->economy, i)->kind;
    if (k == SYM_LET || k == SYM_VALUE || !result_reports(r, i) || !has_dims(r, i)) continue;
    l.sym = i;
    l.prefix = class_of(r, i);
    result_varying(r, i, l.keep);
    result_each_shown(r, shown, i, put_loose, &l);
  }
  text_put(out, "]");
}

/* An equilibrium's certificate, index, what is not determined, values. */
static void put_member(Text *out, Result *r, const Showing *shown) {
  Json j = {out, "{"};
  json_member(&j, "index");
  if (r->index) json_number(out, r->index);
  else text_put(out, "null");
  json_member(&j, "certificate");
  put_certificate(out, r);
  json_member(&j, "tried");
  put_tried(out, &r->sol);
  json_member(&j, "indeterminate");
  put_indeterminate(out, r, shown);
  json_member(&j, "values");
  put_values(out, r, shown);
  text_put(out, "}");
}

static void put_family(Text *out, Result *r, const Showing *shown, int inside) {
  Json j = {out, inside ? "" : "{"};
  Text standing = {0};
  const Multiple *m = &r->many;
  family_standing(r, &standing);
  json_member(&j, "status");
  json_string(out, "solved");
  json_field(&j, "count", m->n);
  json_member(&j, "complete");
  json_string(out, standing.at ? standing.at : "");
  if (m->known == INDEX_MISSING) {
    json_member(&j, "warning");
    json_string(out, "equilibria are missing");
  }
  json_field(&j, "starts", m->starts);
  json_field(&j, "since_last_new", m->since);
  json_field(&j, "grid", m->grid);
  json_member(&j, "stopped");
  json_string(out, m->stop == ECON_SOLVED ? "by the rule" : econ_status_text(m->stop));
  json_member(&j, "equilibria");
  Json list = {out, ""};
  text_put(out, "[");
  for (uint32_t i = 0; i < r->nmember; i++) {
    json_next(&list);
    put_member(out, &r->member[i], shown);
  }
  text_put(out, "]}");
  text_free(&standing);
}

static void put_second_best(Text *out, const Result *r) {
  const SecondBest *b = r->second;
  Json j = {out, "{"}, chosen = {out, "{"};
  json_member(&j, "chosen");
  for (uint32_t i = 0; i < b->n; i++) json_field(&chosen, str_text(r->model->cc->strs, b->label[i]), b->at[i]);
  text_put(out, b->n ? "}" : "{}");
  json_field(&j, "value", b->value);
  json_field(&j, "slope", b->slope);
  json_field(&j, "curvature", b->curvature);
  json_field(&j, "at_bound", b->at_bound);
  json_field(&j, "looked", b->looked);
  json_field(&j, "lower", b->lower);
  json_field(&j, "without_equilibrium", b->none);
  json_member(&j, "domain");
  json_text_or_null(out, b->domain);
  text_put(out, "}");
}

/* inside: the object is open already. */
static void put_solution(Text *out, Result *r, const Showing *shown, int inside) {
  if (result_is_family(r) && r->solved) { put_family(out, r, shown, inside); return; }
  Json j = {out, inside ? "" : "{"};
  json_member(&j, "status");
  json_string(out, r->solved ? "solved" : "not solved");
  if (!r->solved) {
    json_member(&j, "reason");
    json_string(out, r->attempted ? econ_status_text(r->sol.status) : "not attempted");
    json_member(&j, "explanation");
    json_text_or_null(out, r->sol.explanation);
  }
  if (r->attempted) {
    json_member(&j, "certificate");
    put_certificate(out, r);
    json_member(&j, "tried");
    put_tried(out, &r->sol);
  }
  if (r->second) {
    json_member(&j, "second_best");
    put_second_best(out, r);
  }
  if (r->solved) {
    json_member(&j, "indeterminate");
    put_indeterminate(out, r, shown);
  }
  json_member(&j, "values");
  if (r->solved) put_values(out, r, shown);
  else text_put(out, "{}");
  text_put(out, "}");
}

/* What a sample leaves out: {"types": 5, "of": {"H": 1000000}}. */
static void put_sample(Text *out, const Economy *e, const Showing *shown) {
  Json j = {out, "{"}, of = {out, "{"};
  json_field(&j, "types", shown->sample);
  json_member(&j, "of");
  for (SymId s = 1; s < e->syms.n; s++) {
    if (economy_at(e, s)->kind != SYM_SET || !economy_at(e, s)->name || !shown_cuts(shown, e, s)) continue;
    json_field(&of, str_text(e->cc->strs, economy_at(e, s)->name), set_size(economy_set(e, s)));
  }
  text_put(out, *of.between == '{' ? "{}" : "}");
  text_put(out, "}");
}

/* "calibrated": {"alpha": 0.3, "share": {"a": 0.2, ...}}: where a file calibrates. */
static void put_calibrated(Results *all, Text *out) {
  const Economy *e = all->model->economy;
  Json names = {out, ""}, entries = {out, ""};
  SymId open = 0;
  text_put(out, ", \"calibrated\": {");
  for (uint32_t i = 0; i < all->nfound; i++) {
    const Override *o = &all->found[i];
    const Sym *s = economy_at(e, o->sym);
    uint8_t keep[RESULT_DIMS] = {0};
    uint32_t kept = 0;
    for (uint32_t k = 0; k < s->ndom && k < RESULT_DIMS; k++) kept += keep[k] = set_size(economy_set(e, s->dom[k])) > 1;
    if (open && open != o->sym) text_put(out, "}");
    if (open != o->sym) json_member(&names, str_text(e->cc->strs, s->name));
    if (kept && open != o->sym) {
      text_put(out, "{");
      entries.between = "";
    }
    open = kept ? o->sym : 0;
    if (kept) {
      Text key = {0};
      result_key(e, 0, o->ix, o->nix, s->node_dim, keep, &key);
      json_member(&entries, key.at ? key.at : "");
      text_free(&key);
    }
    json_number(out, o->value);
  }
  text_put(out, open ? "}}" : "}");
}

/* Axes with the values they run through (rows of a file: those of each row), then every point: where it stands, and its solution. */
static void put_sweep(Text *out, const Results *all, const Result *stand, const Showing *shown) {
  const Grid *g = &all->grid[stand->question->sweep - 1];
  const Strs *strs = all->model->cc->strs;
  Json axes = {out, ""}, points = {out, ""};
  uint32_t step = g->npoint;
  text_put(out, "{\"sweep\": {\"axes\": {");
  for (uint32_t a = 0; a < g->naxis; a++) {
    uint32_t n = g->length ? g->length[a] : g->npoint;
    step = g->length ? step / n : 1;
    json_member(&axes, str_text(strs, g->sweep->axes.at[a].label));
    Json list = {out, ""};
    text_put(out, "[");
    for (uint32_t k = 0; k < n; k++) {
      json_next(&list);
      json_number(out, g->value[(size_t)k * step * g->naxis + a]);
    }
    text_put(out, "]");
  }
  text_put(out, "}, \"points\": [");
  for (uint32_t k = 0; k < g->npoint; k++) {
    json_next(&points);
    Json at = {out, ""};
    text_put(out, "\n{\"at\": {");
    for (uint32_t a = 0; a < g->naxis; a++) json_field(&at, str_text(strs, g->sweep->axes.at[a].label), g->value[(size_t)k * g->naxis + a]);
    text_put(out, "}, ");
    put_solution(out, &stand->point[k], shown, 1);
  }
  text_put(out, "]}}");
}

void output_json(Results *all, const Showing *shown, Text *out) {
  const Strs *strs = all->model->cc->strs;
  const Showing *listed = shown->sample ? shown : NULL; /* without --sample everything is written */
  text_put(out, "{\"economy\": ");
  json_string(out, str_text(strs, all->model->economy->name));
  if (shown->sample && !shown->full) {
    text_put(out, ", \"sample\": ");
    put_sample(out, all->model->economy, shown);
  }
  if (all->model->calibrations.n) put_calibrated(all, out);
  text_put(out, ", \"solutions\": {");
  Json j = {out, ""};
  for (uint32_t i = 0; i < all->n; i++) {
    if (i) text_put(out, "\n");
    json_member(&j, str_text(strs, all->of[i].name));
    if (all->of[i].point) put_sweep(out, all, &all->of[i], listed);
    else put_solution(out, &all->of[i], listed, 0);
  }
  text_put(out, "}}\n");
}

/* ---- CSV ---- */

static void csv_field(Text *out, const char *s) {
  if (!strpbrk(s, ",\"\r\n")) { text_put(out, s); return; }
  text_put(out, "\"");
  for (; *s; s++) {
    if (*s == '"') text_put(out, "\"");
    text_add(out, s, 1);
  }
  text_put(out, "\"");
}

typedef struct { Result *r; Text *out; SymId sym; Str prefix; const char *point; } Rows;

static void put_row(void *ctx, const Elem *ix, uint32_t n, Number v) {
  Rows *rows = ctx;
  const Economy *e = rows->r->economy;
  const Sym *s = economy_at(e, rows->sym);
  char node[16];
  uint8_t keep[RESULT_DIMS];
  Text key = {0};
  for (uint32_t i = 0; i < n; i++) keep[i] = (int)i != s->node_dim;
  csv_field(rows->out, str_text(e->cc->strs, rows->r->name));
  text_printf(rows->out, ",%s", rows->point);
  csv_field(rows->out, str_text(e->cc->strs, s->name));
  text_put(rows->out, ",");
  result_key(e, rows->prefix, ix, n, s->node_dim, keep, &key);
  csv_field(rows->out, key.at ? key.at : "");
  text_put(rows->out, ",");
  if (s->node_dim >= 0 && e->time.declared) csv_field(rows->out, elem_text(e, ix[s->node_dim], node));
  text_put(rows->out, ",");
  if (isfinite(v.value)) text_number(rows->out, v.value);
  text_put(rows->out, "\r\n");
  text_free(&key);
}

static void put_rows(Result *r, const Showing *shown, const char *point, Text *out) {
  for (SymId k = 1; k < r->economy->syms.n; k++) {
    if (!result_reports(r, k) || !has_dims(r, k)) continue;
    Rows rows = {r, out, k, class_of(r, k), point};
    result_each_shown(r, shown->sample ? shown : NULL, k, put_row, &rows);
  }
}

/* The columns of axes, by label: of all sweeps together, in the order in which they are met. */
typedef struct { Str label[256]; uint32_t n; } Axes;

static Axes all_axes(const Results *all) {
  Axes x = {{0}, 0};
  for (uint32_t i = 0; i < all->ngrid; i++)
    for (uint32_t a = 0; a < all->grid[i].naxis; a++) {
      Str label = all->grid[i].sweep->axes.at[a].label;
      uint32_t k = 0;
      while (k < x.n && x.label[k] != label) k++;
      if (k == x.n && x.n < sizeof x.label / sizeof *x.label) x.label[x.n++] = label;
    }
  return x;
}

/* What stands in those columns at a point (g NULL: nothing), each with its comma. */
static void point_fields(const Axes *x, const Grid *g, uint32_t point, Text *out) {
  for (uint32_t k = 0; k < x->n; k++) {
    for (uint32_t a = 0; g && a < g->naxis; a++)
      if (g->sweep->axes.at[a].label == x->label[k]) text_number(out, g->value[(size_t)point * g->naxis + a]);
    text_put(out, ",");
  }
}

void output_csv(Results *all, const Showing *shown, Text *out) {
  Axes axes = all_axes(all);
  text_put(out, "solution,");
  for (uint32_t k = 0; k < axes.n; k++) {
    csv_field(out, str_text(all->model->cc->strs, axes.label[k]));
    text_put(out, ",");
  }
  text_put(out, "name,index,node,value\r\n");
  for (uint32_t i = 0; i < all->n; i++) {
    Result *r = &all->of[i];
    const Grid *g = r->point ? &all->grid[r->question->sweep - 1] : NULL;
    for (uint32_t k = 0; k < (g ? r->npoint : 1); k++) {
      Text point = {0};
      uint32_t parts;
      Result *at = result_parts(g ? &r->point[k] : r, &parts);
      point_fields(&axes, g, k, &point);
      for (uint32_t m = 0; m < parts; m++)
        if (at[m].solved) put_rows(&at[m], shown, point.at ? point.at : "", out);
      text_free(&point);
    }
  }
}
