/* scope.h: the names of a file. Elements, values and structures (classes, markets, constraints, equations, solutions) are separate
 * name spaces, so that a good and a choice, or a set and a class, may share a name; sets are kept apart for heads such as [s]. */
#ifndef ECON_SCOPE_H
#define ECON_SCOPE_H
#include "economy.h"

typedef enum { NS_SET, NS_ELEMENT, NS_VALUE, NS_STRUCTURE, NS_N } NameSpace;
typedef enum { NAMED_SYMBOL, NAMED_FN, NAMED_LET, NAMED_SOLUTION, NAMED_REFUSED /* known, but not solved by this version */ } NamedKind;

/* One meaning of a name. A name of several classes (a choice `c` of two of them) has several, in the order of the file. */
typedef struct Named {
  Str name; NameSpace space; NamedKind kind;
  SymId sym;                                            /* of a symbol; of an element: a set that has it */
  SymId owner;                                          /* the class it belongs to, 0 = the file */
  void *def;                                            /* FN, LET: what elaboration keeps about it */
  uint32_t question;                                    /* SOLUTION */
  Span at;
  struct Named *next;                                   /* the next meaning of the same name in the same space */
} Named;
typedef struct Scope Scope;

Scope *scope_new(Arena *);                              /* lives in the arena */
/* Adds a meaning; NULL when memory failed. */
Named *scope_add(Scope *, NameSpace, Str name, NamedKind, SymId sym, SymId owner, Span at);
Named *scope_find(const Scope *, NameSpace, Str name);  /* the first meaning or NULL */
Named *scope_owned(const Scope *, NameSpace, Str name, SymId owner);         /* the meaning within one class (0 = the file) */
/* The nearest name among some name spaces (bits 1 << NS_...), or 0. */
Str scope_nearest(const Scope *, const Strs *, unsigned spaces, Str name);
#endif
