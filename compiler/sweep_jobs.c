/* sweep_jobs.c: see sweep_jobs.h. */
#include "sweep_jobs.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_JOBS = 256, CHUNK_DONE = -1 };
typedef struct { uint32_t point, size; } Head;          /* before the bytes of a point; point = CHUNK_DONE: the chunk is finished */

typedef struct { pid_t pid; int socket; Chunk at; int busy; char *in; size_t n, cap; } Worker;
typedef struct { const Jobs *j; Worker w[MOST_JOBS]; unsigned n; Chunk *queue; uint32_t nqueue; uint32_t next; } Crew;

static int send_all(int s, const void *bytes, size_t n) {
  for (const char *at = bytes; n;) {
    ssize_t k = send(s, at, n, MSG_NOSIGNAL);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) return 1;
    at += k;
    n -= (size_t)k;
  }
  return 0;
}

/* ---- the worker's side ---- */

static int receive_chunk(int s, Chunk *c) {
  for (size_t n = 0; n < sizeof *c;) {
    ssize_t k = recv(s, (char *)c + n, sizeof *c - n, 0);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) return 1;
    n += (size_t)k;
  }
  return 0;
}

static void work(const Jobs *j, int s) {
  Chunk c;
  while (!receive_chunk(s, &c)) {
    for (uint32_t p = c.from; p < c.to; p++) {
      if (!j->wanted(j->ctx, p)) continue;
      Text t = {0};
      j->solve(j->ctx, p);
      j->pack(j->ctx, p, &t);
      Head h = {p, (uint32_t)t.n};
      if (t.failed || send_all(s, &h, sizeof h) || send_all(s, t.at, t.n)) return;
      text_free(&t);
    }
    Head done = {(uint32_t)CHUNK_DONE, 0};
    if (send_all(s, &done, sizeof done)) return;
  }
}

/* ---- the parent's side ---- */

static int start(Crew *c, Worker *w) {
  int pair[2];
  pid_t parent = getpid();
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return 1;
  pid_t pid = fork();
  if (pid < 0) {
    close(pair[0]);
    close(pair[1]);
    return 1;
  }
  if (!pid) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);                   /* nobody would listen any more */
    signal(SIGINT, SIG_IGN);                            /* the parent decides when to stop */
    if (getppid() != parent) _exit(1);
    close(pair[0]);
    for (unsigned i = 0; i < c->n; i++)
      if (c->w[i].socket >= 0) close(c->w[i].socket);
    if (c->j->close >= 0) close(c->j->close);
    work(c->j, pair[1]);
    _exit(0);
  }
  close(pair[1]);
  *w = (Worker){.pid = pid, .socket = pair[0]};
  return 0;
}

/* The next chunk in which anything is wanted. */
static int next_chunk(Crew *c, Chunk *out) {
  while (c->nqueue || c->next < c->j->nchunk) {
    *out = c->nqueue ? c->queue[--c->nqueue] : c->j->chunk[c->next++];
    while (out->from < out->to && !c->j->wanted(c->j->ctx, out->from)) out->from++;
    if (out->from < out->to) return 1;
  }
  return 0;
}

static void end(Worker *w) {
  int status;
  if (w->socket >= 0) close(w->socket);
  while (w->pid > 0 && waitpid(w->pid, &status, 0) < 0 && errno == EINTR) {}
  free(w->in);
  *w = (Worker){.socket = -1};
}

/* Gives a worker something to do, or ends it when nothing is left. */
static void hand_out(Crew *c, Worker *w) {
  Chunk k;
  w->busy = 0;
  if (!next_chunk(c, &k)) { end(w); return; }
  w->at = k;
  w->busy = 1;
  send_all(w->socket, &k, sizeof k);                    /* to a dead one: its socket says so next */
}

static void death_text(int status, char *buf, size_t n) {
  if (WIFSIGNALED(status)) snprintf(buf, n, "the process that was solving it was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
  else snprintf(buf, n, "the process that was solving it ended with status %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* The worker is gone: the first point of its chunk that did not arrive is lost, the others are handed out again. */
static void bury(Crew *c, Worker *w) {
  int status = 0, busy = w->busy;
  Chunk left = w->at;
  char why[160];
  while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR) {}
  w->pid = 0;
  end(w);
  while (left.from < left.to && !c->j->wanted(c->j->ctx, left.from)) left.from++;
  if (busy && left.from < left.to) {
    death_text(status, why, sizeof why);
    c->j->lost(c->j->ctx, left.from, why);
    left.from++;
    if (left.from < left.to) c->queue[c->nqueue++] = left;      /* each chunk at hand was taken from the queue or the list */
  }
  if ((c->nqueue || c->next < c->j->nchunk) && !start(c, w)) hand_out(c, w);
}

/* Whole messages in a worker's buffer. Returns 1 where one is not understood. */
static int digest(Crew *c, Worker *w) {
  size_t at = 0;
  Head h;
  int bad = 0, done = 0;
  while (!bad && !done && w->n - at >= sizeof h) {
    memcpy(&h, w->in + at, sizeof h);
    if (h.point == (uint32_t)CHUNK_DONE) { at += sizeof h; done = 1; continue; }
    if (w->n - at - sizeof h < h.size) break;
    bad = h.point < w->at.from || h.point >= w->at.to || c->j->take(c->j->ctx, h.point, w->in + at + sizeof h, h.size);
    at += sizeof h + h.size;
  }
  if (at) memmove(w->in, w->in + at, w->n - at);
  w->n -= at;
  if (done) hand_out(c, w);
  return bad;
}

/* Returns 1 when the worker is gone or cannot be understood. */
static int listen_to(Crew *c, Worker *w) {
  if (w->cap - w->n < 65536) {
    char *more = realloc(w->in, w->cap * 2 + 65536);
    if (!more) return 1;
    w->in = more;
    w->cap = w->cap * 2 + 65536;
  }
  ssize_t k = recv(w->socket, w->in + w->n, w->cap - w->n, 0);
  if (k < 0 && errno == EINTR) return 0;
  if (k <= 0) return 1;
  w->n += (size_t)k;
  return digest(c, w);
}

static unsigned living(const Crew *c) {
  unsigned n = 0;
  for (unsigned i = 0; i < c->n; i++) n += c->w[i].socket >= 0;
  return n;
}

/* Waits at most a tenth of a second for any worker to say something. */
static void attend(Crew *c) {
  struct pollfd fd[MOST_JOBS];
  for (unsigned i = 0; i < c->n; i++) fd[i] = (struct pollfd){c->w[i].socket, POLLIN, 0};
  if (poll(fd, c->n, 100) <= 0) return;
  for (unsigned i = 0; i < c->n; i++)
    if (c->w[i].socket >= 0 && c->w[i].socket == fd[i].fd && fd[i].revents && listen_to(c, &c->w[i])) {
      if (c->w[i].pid > 0) kill(c->w[i].pid, SIGKILL);
      bury(c, &c->w[i]);
    }
}

static void stop(Crew *c) {
  for (unsigned i = 0; i < c->n; i++) {
    if (c->w[i].pid > 0) kill(c->w[i].pid, SIGKILL);
    if (c->w[i].socket >= 0) end(&c->w[i]);
  }
}

int jobs_run(const Jobs *j) {
  Crew *c = calloc(1, sizeof *c);
  unsigned want = j->jobs < MOST_JOBS ? j->jobs : MOST_JOBS;
  int stopped = 0;
  if (!c || !(c->queue = calloc((size_t)want + 1, sizeof *c->queue))) { free(c); return -1; }
  c->j = j;
  for (uint32_t k = 0; k < want && k < j->nchunk; k++) {
    if (start(c, &c->w[c->n])) break;
    c->n++;
  }
  for (unsigned i = 0; i < c->n; i++) hand_out(c, &c->w[i]);
  while (living(c) && !stopped) {
    attend(c);
    if (j->tick && j->tick(j->ctx)) stopped = 1;
  }
  int left = c->nqueue || c->next < j->nchunk;
  stop(c);
  free(c->queue);
  free(c);
  return stopped ? 1 : left ? -1 : 0;
}
