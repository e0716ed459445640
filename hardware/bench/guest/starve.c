// SPDX-License-Identifier: Apache-2.0
// starve SECONDS BEGIN: takes the processor from the thread whose name begins so, as a thread does that
// spins above it, for so long; and then ends its process before it runs again. SCHED_FIFO 79: below the
// acquisition thread, above the decoding thread.

#define _GNU_SOURCE
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  glob_t threads;
  if (count < 3 || glob("/proc/[0-9]*/task/[0-9]*/comm", 0, 0, &threads) != 0) return 2;
  for (size_t n = 0; n < threads.gl_pathc; n++) {
    char name[64] = "";
    FILE *file = fopen(threads.gl_pathv[n], "r");
    if (!file) continue;
    char *read = fgets(name, sizeof name, file);
    fclose(file);
    if (!read || strncmp(name, arguments[2], strlen(arguments[2])) != 0) continue;
    cpu_set_t cpus;
    int thread = atoi(strstr(threads.gl_pathv[n], "/task/") + 6);
    if (sched_getaffinity(thread, sizeof cpus, &cpus) != 0 ||
        sched_setaffinity(0, sizeof cpus, &cpus) != 0) return 2;
    struct sched_param highest = {.sched_priority = 79};
    if (sched_setscheduler(0, SCHED_FIFO, &highest) != 0) return 2;
    double end = now() + atof(arguments[1]);
    while (now() < end) {
    }
    return kill(atoi(threads.gl_pathv[n] + 6), SIGKILL) == 0 ? 0 : 2;
  }
  return 1;
}
