/* bench RUNS LABEL -- COMMAND... : medians of wall-clock time from start to end of processes, a bare start (this program called with no
 * argument, which does nothing) and the command by turns, so that both see the same machine; and the most memory the command held. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
/* Milliseconds, or negative when the command did not run well; *kb: the most resident memory in kilobytes. */
static double timed(char *const argv[], long *kb) {
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  struct timespec a, b;
  pid_t pid;
  struct rusage used = {0};
  int status = 0;
  clock_gettime(CLOCK_MONOTONIC, &a);
  int bad = posix_spawn(&pid, argv[0], &quiet, NULL, argv, environ);
  while (!bad && wait4(pid, &status, 0, &used) < 0 && errno == EINTR) {}
  clock_gettime(CLOCK_MONOTONIC, &b);
  posix_spawn_file_actions_destroy(&quiet);
  *kb = used.ru_maxrss;
  if (bad || !WIFEXITED(status) || WEXITSTATUS(status)) return -1;
  return (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
}
int main(int argc, char **argv) {
  if (argc == 1) return 0;
  int runs = atoi(argv[1]);
  if (argc < 5 || runs < 1 || strcmp(argv[3], "--")) { fputs("usage: bench RUNS LABEL -- COMMAND...\n", stderr); return 2; }
  char self[4096];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n < 0) return 2;
  self[n] = 0;
  char *bare_argv[] = {self, NULL};
  double *bare = malloc((size_t)runs * sizeof *bare), *full = malloc((size_t)runs * sizeof *full);
  if (!bare || !full) return 2;
  long kb = 0, most = 0;
  timed(bare_argv, &kb); timed(argv + 4, &kb);                     /* files into memory */
  for (int i = 0; i < runs; i++) {
    bare[i] = timed(bare_argv, &kb);
    full[i] = timed(argv + 4, &kb);
    if (kb > most) most = kb;
    if (bare[i] < 0 || full[i] < 0) { fputs("a run failed\n", stderr); return 1; }
  }
  qsort(bare, (size_t)runs, sizeof *bare, by_size);
  qsort(full, (size_t)runs, sizeof *full, by_size);
  double b = bare[runs / 2], f = full[runs / 2];
  printf("%-44s %10.3f ms, bare process start %6.3f ms, ratio %9.2f, %7.1f MB  (medians of %d)\n", argv[2], f, b, f / b, (double)most / 1024, runs);
  free(bare); free(full);
  return 0;
}
