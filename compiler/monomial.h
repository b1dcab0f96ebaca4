/* monomial.h: an expression at given indices as a sum of monomials in the unknowns, with exact coefficients.
 *
 * A monomial is a name: the sum, in a field, of random names of its factors times their exponents, one name for choices (own) and one
 * for what is given to whoever chooses (prices, variables). Multiplying monomials adds names; equal names are equal monomials up to
 * the chance of a collision of 61-bit names. What is no polynomial (log(x), x^a, 1/(x + y)) is one factor, named by its instantiated
 * arguments. Beside its coefficient a term carries its own value at one random point of the field, and at one positive real
 * point, so that a sum of terms is tested for zero even where the monomials do not show it: 1/(x + y)*(x + y) - 1. */
#ifndef ECON_MONOMIAL_H
#define ECON_MONOMIAL_H
#include "field.h"
#include "markets.h"

enum {
  T_PRICE = 1, T_CHOICE = 2, T_VAR = 4, T_VALUE = 8,    /* what occurs among the factors */
  T_MANY = 16,                                          /* more than one factor that is chosen, or one that is no polynomial */
  T_NUMERAIRE = 32,                                     /* a quantity or datum of the numeraire good occurs */
  T_OTHER_GOOD = 64,                                    /* one of another good */
  T_DATA = 128                                          /* a parameter occurs */
};
typedef struct {
  uint64_t own, given;                                  /* names of the monomial's two parts; 0: 1 */
  uint64_t coef, at;                                    /* in the field: coefficient; value at the random point */
  double number, real;                                  /* the same in doubles, at a positive point */
  uint32_t flags;
  uint32_t atom;                                        /* the only chosen factor, where there is just one, of exponent one */
  uint32_t given_atom;                                  /* the only given factor, likewise */
} Term;
typedef VEC(Term) Terms;

typedef struct { SymId sym; Elem *ix; uint32_t nix; uint64_t name, at; double real; SymKind kind; Elem good /* that it is an amount of, or ELEM_NONE */; uint32_t stamp, paid_in, got_in /* sources + 1, by pass walras */; } Atom;
typedef struct { uint64_t key, element; double number; uint32_t flags; } Datum;
typedef struct { uint64_t key; Term sum; } Remembered;

typedef struct {
  Economy *e; Arena *mem; Values values; Eval eval;
  uint64_t seed;
  int generic;                                          /* parameters are symbols, except where they are 0, 1 or -1 */
  uint32_t sample;                                      /* classes with more types are looked at through this many; 0: all */
  VEC(Atom) atoms; uint32_t *slot; uint32_t nslot;      /* [0] unused; open hash */
  VEC(Datum) data; uint32_t *dslot; uint32_t ndslot;
  VEC(Remembered) totals; int many;                     /* many: totals are one factor each, remembered: for classes of many types */
  VEC(uint32_t) prices; uint32_t stamp;                 /* prices met since the stamp was last raised */
  uint32_t nparams;                                     /* symbols that Values knows */
  int depth;
} Monomials;

int monomials_open(Monomials *, Economy *, const Values *, Arena *, int generic, uint32_t sample);
/* Adds the terms of scale*x under the index values in eval.env. */
void monomials_of(Monomials *, const Expr *x, Terms *out);
/* A number that stands for a sum of constants; 0 with *constant = 0 when there are unknowns in it. */
Term monomials_constant(Monomials *, const Expr *x, int *constant);
Term term_number(double);
Term term_times(Term, Term);
Term term_negative(Term);
/* The factor sym[ix...] as a term; a number 0 outside its domain. */
Term monomials_atom(Monomials *, SymId, const Elem *ix, uint32_t n);
/* Number of types of a class looked at, and the k-th of them put into env. */
uint32_t monomials_types(const Monomials *, const Agent *);
void monomials_type(Monomials *, const Agent *, const IdxId *into, uint32_t k);
/* Its terms taken apart without instantiating: products distributed over sums, sums over their bodies, so that each is what one
 * would read off the page: p*(c + k) is p*c and p*k. */
void monomials_flat(Economy *, Arena *, const Expr *, SignedTerms *out);
/* 1: the element is a good and a numeraire; -1: another good; 0: no good, or no good is a numeraire. */
int good_kind(const Economy *, Elem);
/* What one of a family's goods is called where goods are compared and in words, "q[wheat]"; ix: an element for each of its sets. */
Elem good_in_family(const Economy *, const Good *, const Elem *ix);
#endif
