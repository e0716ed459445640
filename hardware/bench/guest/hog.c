// SPDX-License-Identifier: Apache-2.0
// hog MILLISECONDS: bursts of work with so much sleep between them; 0: none. Who sleeps gets credit
// from the ordinary scheduler, as a video player or a browser does, and then runs before others
// that woke up too. Each burst ends with what costs others latency: page faults, system calls.

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEN(x) x x x x x x x x x x

int main(int count, char **arguments) {
  int milliseconds = count > 1 ? atoi(arguments[1]) : 0;
  for (;;) {
    // 4 ms. Cheap to emulate, so that the guest's time passes fast.
    for (int round = 0; round < 4000; round++) __asm__ volatile(TEN(TEN(TEN("nop\n"))));
    struct stat status;
    stat("/dev/null", &status);
    uint8_t *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return 1;
    *page = 1;
    munmap(page, 4096);
    if (milliseconds) usleep(1000 * milliseconds);
  }
}
