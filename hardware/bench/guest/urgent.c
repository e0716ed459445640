// SPDX-License-Identifier: Apache-2.0
// urgent PRIORITY BEGIN [PART]: SCHED_FIFO for the processes and kernel threads whose names begin so
// and contain this part; 1 if there are none.

#include <ctype.h>
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
  DIR *processes = opendir("/proc");
  if (count < 3 || !processes) return 2;
  int found = 0;
  for (struct dirent *entry; (entry = readdir(processes));) {
    char path[300], name[64] = "";
    snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
    FILE *file = isdigit((unsigned char)entry->d_name[0]) ? fopen(path, "r") : 0;
    if (!file) continue;
    char *read = fgets(name, sizeof name, file);
    fclose(file);
    if (!read || strncmp(name, arguments[2], strlen(arguments[2])) != 0 ||
        (count > 3 && !strstr(name, arguments[3]))) continue;
    struct sched_param priority = {.sched_priority = atoi(arguments[1])};
    if (sched_setscheduler(atoi(entry->d_name), SCHED_FIFO, &priority) != 0) {
      perror(name);
      return 2;
    }
    found++;
  }
  closedir(processes);
  return found ? 0 : 1;
}
