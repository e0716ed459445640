// SPDX-License-Identifier: Apache-2.0
// urgent PRIORITY BEGIN [PART]: SCHED_FIFO for the threads, the kernel's too, whose names begin so and
// contain this part, or with priority 0 the ordinary policy again; 1 if there are none.

#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
  glob_t threads;
  if (count < 3 || glob("/proc/[0-9]*/task/[0-9]*/comm", 0, 0, &threads) != 0) return 2;
  int found = 0;
  for (size_t n = 0; n < threads.gl_pathc; n++) {
    char name[64] = "";
    FILE *file = fopen(threads.gl_pathv[n], "r");
    if (!file) continue;
    char *read = fgets(name, sizeof name, file);
    fclose(file);
    if (!read || strncmp(name, arguments[2], strlen(arguments[2])) != 0 ||
        (count > 3 && !strstr(name, arguments[3]))) continue;
    struct sched_param priority = {.sched_priority = atoi(arguments[1])};
    int policy = priority.sched_priority ? SCHED_FIFO : SCHED_OTHER;
    int thread = atoi(strstr(threads.gl_pathv[n], "/task/") + 6);
    if (sched_setscheduler(thread, policy, &priority) != 0) {
      perror(name);
      return 2;
    }
    found++;
  }
  return found ? 0 : 1;
}
