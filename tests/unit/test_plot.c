/* Pictures of sweeps: well-formed, to scale, interrupted where there is no solution, the same numbers for gnuplot. The price is 1.25/(k - 2)^2. */
#include "../../compiler/econ.h"
#include "unit.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char model[] =
    "economy box \"Two types & <goods> \\ 100%\";\n"
    "set H = {a, b};\n"
    "good x numeraire, y;\n"
    "param alpha[H] = {0.3, 0.6}, k = 1;\n"
    "data e[H, good] {\n"
    "       x  y\n"
    "  a    1  2\n"
    "  b    2  1\n"
    "}\n"
    "agent h in H {\n"
    "  choose c[good] >= 0;\n"
    "  maximize alpha*log(c[x]) + (1 - alpha)*log(c[y]);\n"
    "  budget: c[x] + p*c[y] = e[x] + (k - 2)^2*p*e[y];\n"
    "}\n"
    "market y price p;\n"
    "sweep k = {1, 2, 3.5, 5, 4} { solve ex = equilibrium; }\n"      /* at k = 2 nobody owns y */
    "plot ex.p against k;\n"
    "plot ex.c[x], ex.p*(k - 2)^2;\n"
    "plot ex.p against ex.p;\n";

static Econ *drawn(void) {
  Econ *m = econ_open(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(m);
  CU_ASSERT_EQUAL_FATAL(econ_load_text(m, "box.econ", model, strlen(model)), ECON_OK);
  CU_ASSERT_EQUAL(econ_solve(m), ECON_UNSOLVED);
  CU_ASSERT_EQUAL_FATAL(econ_plots(m), 3);
  return m;
}

/* Elements are closed in order, attributes are quoted, text has no bare < or &. */
static int is_well_formed(const char *s) {
  const char *open[64];
  size_t length[64], depth = 0;
  while (*s) {
    if (*s == '&') {
      static const char *const entity[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
      int known = s[1] == '#';
      for (size_t i = 0; i < sizeof entity / sizeof *entity; i++) known |= !strncmp(s, entity[i], strlen(entity[i]));
      if (!known) return 0;
    }
    if (*s == '>') return 0;
    if (*s++ != '<') continue;
    if (*s == '?') {
      s = strstr(s, "?>");
      if (!s) return 0;
      s += 2;
      continue;
    }
    int closes = *s == '/';
    s += closes;
    size_t n = strcspn(s, " />");
    if (closes && (!depth-- || length[depth] != n || memcmp(open[depth], s, n))) return 0;
    const char *name = s;
    int alone = 0;
    for (s += n; *s != '>'; s++) {
      if (!*s || *s == '<') return 0;
      alone = *s == '/';
      if (*s == '"' && !(s = strchr(s + 1, '"'))) return 0;
    }
    s++;
    if (closes || alone) continue;
    if (depth == 64) return 0;
    open[depth] = name;
    length[depth++] = n;
  }
  return !depth;
}
static unsigned count(const char *s, const char *what) {
  unsigned n = 0;
  for (; (s = strstr(s, what)); s++) n++;
  return n;
}
static void test_form(void) {
  Econ *m = drawn();
  const char *name, *svg, *first = NULL;
  for (size_t i = 0; i < econ_plots(m); i++) {
    CU_ASSERT_EQUAL(econ_plot_svg(m, i, &name, &svg), ECON_OK);
    CU_ASSERT(is_well_formed(svg));
    CU_ASSERT(strstr(svg, "Two types &amp; &lt;goods&gt; \\ 100%") != NULL);
    CU_ASSERT_EQUAL(name[strlen(name) - 1], (char)('1' + i));
    CU_ASSERT(!strstr(svg, "nan") && !strstr(svg, "inf"));
  }
  CU_ASSERT_NOT_EQUAL(econ_plot_svg(m, 3, &name, &svg), ECON_OK);
  CU_ASSERT_EQUAL(econ_plot_svg(m, 0, &name, &svg), ECON_OK);
  first = strdup(svg);
  Econ *again = drawn();
  CU_ASSERT_EQUAL(econ_plot_svg(again, 0, &name, &svg), ECON_OK);
  CU_ASSERT_STRING_EQUAL(first, svg);                   /* the same sweep gives the same bytes */
  free((char *)(uintptr_t)first);
  econ_close(again);
  econ_close(m);
}
/* Dots stand where the prices say, by one scale each way; the line is interrupted at k = 0. */
static void test_scale(void) {
  static const double k[] = {1, 3.5, 4, 5};             /* from the left, whatever the order of the points */
  enum { DOTS = 4 };
  Econ *m = drawn();
  const char *name, *svg;
  CU_ASSERT_EQUAL_FATAL(econ_plot_svg(m, 0, &name, &svg), ECON_OK);
  double x[DOTS], y[DOTS];
  const char *s = svg;
  for (int i = 0; i < DOTS; i++) {
    s = strstr(s, "<circle");
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    x[i] = strtod(strstr(s, "cx=\"") + 4, NULL);
    y[i] = strtod(strstr(s, "cy=\"") + 4, NULL);
    s++;
  }
  CU_ASSERT_PTR_NULL(strstr(s, "<circle"));
  for (int i = 0; i < DOTS; i++) {
    CU_ASSERT(fabs((x[i] - x[0]) / (x[3] - x[0]) - (k[i] - 1) / 4) < 1e-3);
    CU_ASSERT(fabs((y[i] - y[0]) / (y[3] - y[0]) - (1 / pow(k[i] - 2, 2) - 1) / (1 / 9.0 - 1)) < 1e-3);
  }
  CU_ASSERT(x[3] > x[0] && y[3] > y[0]);                /* to the right, and down: prices fall */
  const char *line = strstr(svg, "stroke-linejoin");
  CU_ASSERT_PTR_NOT_NULL_FATAL(line);
  line = strstr(line, " d=\"") + 4;
  CU_ASSERT_EQUAL(count(svg, "stroke-linejoin"), 1);
  char path[256] = "";                                  /* the first point stands alone: no line leads over k = 2 */
  snprintf(path, sizeof path, "M%.2f %.2fM%.2f %.2fL%.2f %.2fL%.2f %.2f\"", x[0], y[0], x[1], y[1], x[2], y[2], x[3], y[3]);
  CU_ASSERT(!strncmp(line, path, strlen(path)));
  econ_close(m);
}
/* Several curves have a legend; the numbers for gnuplot are those of --get. */
static void test_numbers(void) {
  Econ *m = drawn();
  const char *name, *svg, *data, *script;
  CU_ASSERT_EQUAL_FATAL(econ_plot_svg(m, 1, &name, &svg), ECON_OK);
  CU_ASSERT(strstr(svg, ">ex.c[x,a]<") && strstr(svg, ">ex.c[x,b]<"));
  CU_ASSERT_EQUAL_FATAL(econ_plot_data(m, 0, "picture.dat", &name, &data, &script), ECON_OK);
  CU_ASSERT(strstr(script, "picture.dat") != NULL);
  CU_ASSERT(strstr(data, "\n2 NaN\n") != NULL);
  for (const char *line = strchr(data, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
    char *end;
    double at = strtod(line + 1, &end), value = strtod(end, NULL);
    CU_ASSERT(isnan(value) ? fabs(at - 2) < 1e-12 : fabs(value * pow(at - 2, 2) - 1.25) < 1e-9);
  }
  econ_close(m);
}

UNIT_MAIN("plot", {"pictures are well-formed", test_form}, {"dots are to scale, lines interrupted", test_scale}, {"legends and numbers", test_numbers})
