/* pecuniary.h: what later prices do through constraints, at a solution (docs/methods.md, "Price-bearing constraints").
 *
 * With lambda_h the marginal value of ex-ante money of type h, mu its multipliers times their present-value weights, a unit more of the
 * later price p_i is worth to all together, plans and the right to trade at other prices aside,
 *     sum over types of mass/lambda * sum over its price-bearing constraints g of mu dg/dp_i        in ex-ante money per unit of price.
 * The part of budgets is DISTRIBUTIVE: it redistributes among agents whose marginal rates of substitution differ. That of all other
 * constraints is the COLLATERAL part. Where nobody's constraint binds beyond budgets and markets are complete, both are zero by clearing. */
#ifndef ECON_PECUNIARY_H
#define ECON_PECUNIARY_H
#include "bearing.h"
#include "result.h"

/* One later price that is not set by a normalisation. */
typedef struct { SymId price; const Elem *ix; uint32_t n, node, group; double budgets, limits; } PriceEffect;

typedef struct Pecuniary {
  Bearing *b;
  VEC(PriceEffect) at;
  const char *why;                                      /* why there are no effects, or NULL */
} Pecuniary;

/* Of a solved result; kept with it. NULL when memory failed. */
Pecuniary *pecuniary_of(Result *);

/* For whom each price-bearing constraint binds, what each later price does, who pays whom for rights: lines indented by `indent`. Nothing
 * where no later price stands in a constraint. */
void pecuniary_words(Result *, unsigned indent, Text *out);
#endif
