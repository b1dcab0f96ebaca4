#include "team.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

typedef struct { void (*work)(void *, uint32_t, uint32_t); void *ctx; uint32_t slices; _Atomic uint32_t next; } Task;
typedef struct { Task *task; uint32_t member; } Member;

static void *member_run(void *arg) {
  Member *m = arg;
  for (uint32_t i; (i = atomic_fetch_add(&m->task->next, 1)) < m->task->slices;) m->task->work(m->task->ctx, i, m->member);
  return NULL;
}

uint32_t team_size(void) {
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n < 1 ? 1 : n > TEAM_MOST ? TEAM_MOST : (uint32_t)n;
}

void team_run(uint32_t slices, void (*work)(void *ctx, uint32_t slice, uint32_t member), void *ctx) {
  if (slices < 2) {
    if (slices) work(ctx, 0, 0);
    return;
  }
  Task task = {.work = work, .ctx = ctx, .slices = slices};
  Member member[TEAM_MOST];
  pthread_t thread[TEAM_MOST];
  uint32_t wanted = team_size(), runs = 1;
  member[0] = (Member){&task, 0};
  for (; runs < wanted && runs < slices; runs++) {
    member[runs] = (Member){&task, runs};
    if (pthread_create(&thread[runs], NULL, member_run, &member[runs])) break;
  }
  member_run(&member[0]);
  for (uint32_t m = 1; m < runs; m++) pthread_join(thread[m], NULL);
}

void team_run_if(int many, uint32_t slices, void (*work)(void *ctx, uint32_t slice, uint32_t member), void *ctx) {
  if (many) team_run(slices, work, ctx);
  else
    for (uint32_t i = 0; i < slices; i++) work(ctx, i, 0);
}
