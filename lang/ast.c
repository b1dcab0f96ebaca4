#include "ast.h"

const char *ast_kind_name(AstKind k) {
  static const char *const name[] = {
#define X(k) #k,
      AST_KINDS(X)
#undef X
  };
  return k < AST_N ? name[k] : "?";
}

static void indent(Text *out, unsigned level) {
  for (unsigned i = 0; i < level; i++) text_add(out, "  ", 2);
}

static void dump(const Ast *a, const Strs *s, Text *out, unsigned level);

static void dump_cells(const Ast *a, const Strs *s, Text *out, unsigned level) {
  for (uint32_t i = 0; i < a->ncell; i++) {
    const Cell *c = &a->cell[i];
    int first = !i || a->cell[i - 1].kind == CELL_NEWLINE || a->cell[i - 1].kind == CELL_EXPR;
    if (first) indent(out, level);
    else if (c->kind != CELL_NEWLINE) text_put(out, " ");
    switch ((CellKind)c->kind) {
      case CELL_NUMBER: text_number(out, c->num); break;
      case CELL_LABEL: text_put(out, str_text(s, c->text)); break;
      case CELL_DOT: text_put(out, "."); break;
      case CELL_NEWLINE: text_put(out, "\n"); break;
      case CELL_EXPR: text_put(out, "(\n"); dump(c->expr, s, out, level + 1); break;
    }
  }
  if (a->ncell && a->cell[a->ncell - 1].kind != CELL_EXPR) text_put(out, "\n");
}

static void dump(const Ast *a, const Strs *s, Text *out, unsigned level) {
  indent(out, level);
  if (!a) { text_put(out, "-\n"); return; }
  text_printf(out, "%s", ast_kind_name(a->kind));
  if (a->text) text_printf(out, " %s", str_text(s, a->text));
  if (a->kind == AST_NUM || a->num != 0) { text_put(out, " "); text_number(out, a->num); }
  if (a->flag) text_printf(out, " flag=%u", a->flag);
  if (a->ops && a->nkid) {
    text_put(out, " ");
    text_add(out, a->ops, a->nkid - 1);
  }
  text_put(out, "\n");
  for (uint32_t i = 0; i < a->nkid; i++) dump(a->kid[i], s, out, level + 1);
  if (a->kind == AST_TABLE) dump_cells(a, s, out, level + 1);
}

void ast_dump(const Ast *a, const Strs *s, Text *out) { dump(a, s, out, 0); }
