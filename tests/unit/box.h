/* box.h: what models of two types who trade two goods have in common, behind the line of their parameters. The price is 1.25 at alpha = {0.3, 0.6}. */
#ifndef TEST_BOX_H
#define TEST_BOX_H
#define BOX_SETS \
    "economy box \"Two types trade two goods\";\n" \
    "set H = {a, b};\n" \
    "good x numeraire, y;\n"
#define BOX_AGENTS \
    "data e[H, good] {\n" \
    "       x  y\n" \
    "  a    1  2\n" \
    "  b    2  1\n" \
    "}\n" \
    "agent h in H {\n" \
    "  choose c[good] >= 0;\n" \
    "  maximize alpha*log(c[x]) + (1 - alpha)*log(c[y]);\n" \
    "  budget: c[x] + p*c[y] = e[x] + p*e[y];\n" \
    "}\n" \
    "market y price p;\n" \
    "let excess = total(c[y]) - 3;\n"
#endif
