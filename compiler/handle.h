/* handle.h: what is behind the handle of econ.h, shared by econ.c (loading, posing, solving), econ_show.c (results as texts and numbers)
 * and econ_words.c (the economy in words, certificates). Nothing else includes it. */
#ifndef ECON_HANDLE_H
#define ECON_HANDLE_H
#include "econ.h"
#include "expect.h"
#include "pose.h"

/* One -D as it was given. A parameter that sizes a set has sizes = 1, its name and the value. */
typedef struct Define { struct Define *next; char *text, *name; double value; Span at; int sizes; } Define;

struct Econ {
  EconOptions opt;
  char *library;
  Arena *mem;
  Compilation *cc;
  Model *model;                                         /* NULL until a file was loaded without errors */
  Define *define;                                       /* every -D, in order */
  VEC(Override) set;                                    /* their values in this model */
  VEC(Override) found; int calibrated;                  /* values of calibrated parameters: those they start from until calibrated; 2: not found */
  Results results;
  int posed, memory_failed;
  EconExit posed_as;                                    /* what posing the questions found; later mistakes are the queries' own */
  Expectations expected;
  Text diagnostics, tables, expectations, json, csv, numbers, explained, ir, formatted, certified, starter, failures, plot, plot_script, plot_name;
};

/* A new arena under the handle's memory limit; NULL when out of memory. */
Arena *handle_arena(const Econ *e);
/* Forgets everything but the options. Nonzero when out of memory. */
int handle_restart(Econ *e);
/* "" for an empty text. */
const char *handle_text(const Text *t);
/* Memory that failed is no mistake of the model: nothing was solved. */
EconExit handle_state(Econ *e);
/* A question's own economy, up to and with the pass `last` (NULL: all). */
void handle_pose(Econ *e, const Question *q, const char *last, int with_passes, Result *r);
/* Poses every question once; what it found is remembered. */
EconExit handle_pose_all(Econ *e);
#endif
