/* institution.h: institutions as modules: from a file's syntax tree with definitions and applications to one in which every application
 * is written out. Elaboration then sees ordinary statements, each marked by the application it is a copy for (Ast.copy). */
#ifndef ECON_INSTITUTION_H
#define ECON_INSTITUTION_H
#include "elab.h"

/* Makes an institution known by its name. */
void institution_define(Elab *, const Ast *);

/* The file with every application of an institution written out: `with` statements and `with` clauses of questions (also within
 * sweeps). An application with the same arguments is written out once, whoever asks for it. Fills el->applied. Parameters are replaced by
 * arguments; names that the institution declares and the file has too get the institution's name in front. Diagnoses unknown institutions,
 * wrong numbers and kinds of arguments, institutions that apply themselves, questions inside, passes that are none or are called outside. */
const Ast *institutions_write_out(Elab *, const Ast *file);

/* The application that a `with` item stands for (an index into el->applied), UINT32_MAX when it is none. */
uint32_t institution_applied(const Elab *, const Ast *use);

/* Once all is declared: which symbols are copies of one declaration (Sym.twin). */
void institution_twins(Elab *);

/* From here on what is elaborated belongs to application `copy` of an Ast (0: the file): its symbols are marked, its messages say where
 * it was applied. */
void institution_enter(Elab *, uint32_t copy);

/* ---- chapter.c ---- */
void elab_read_chapters(Elab *, const Ast *file);                            /* `use`: reads the chapters and makes their institutions known */
int elab_read_prelude(Elab *);                                               /* what models know without `use`: the library's chapter `prelude`, when something is missing; 0: there is none */
void elab_declare_chapters(Elab *);                                          /* their functions and parameters */

/* ---- elab_weave.c: what an application changes in what stands ---- */
void elab_agent_change(Elab *, const Ast *item, uint32_t agent);              /* extend, replace, drop among the items of a class */
void elab_change(Elab *, const Ast *statement);                               /* of a market or an equation */
#endif
