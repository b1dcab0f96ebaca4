/* team.h: the same work on many slices, by as many threads as there are processors. Which slices there are depends on the problem
 * alone, and whoever asks adds up the slices' results in their order: so the bytes do not depend on the number of threads. */
#ifndef ECON_TEAM_H
#define ECON_TEAM_H
#include <stdint.h>

enum { TEAM_MOST = 8 };
/* Threads that team_run may use: processors online, at most TEAM_MOST. */
uint32_t team_size(void);
/* Calls work(ctx, slice, member) once for every slice < slices; member < team_size() tells concurrent calls apart (scratch memory is
 * one a member). Slices must not write to the same places. Where a thread cannot be had the others do its share. */
void team_run(uint32_t slices, void (*work)(void *ctx, uint32_t slice, uint32_t member), void *ctx);

/* The same by the caller alone where there is too little to share out. */
void team_run_if(int many, uint32_t slices, void (*work)(void *ctx, uint32_t slice, uint32_t member), void *ctx);

/* Slices of n items: SLICE items each and the rest, at most SLICES of them. */
enum { TEAM_SLICE = 8192, TEAM_SLICES = 64 };
static inline uint32_t team_slice(uint32_t n) { return n / TEAM_SLICES >= TEAM_SLICE ? (n / TEAM_SLICES + 32) / 32 * 32 : TEAM_SLICE; }
static inline uint32_t team_slices(uint32_t n) { return (n + team_slice(n) - 1) / team_slice(n); }
#endif
