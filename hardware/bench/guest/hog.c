// SPDX-License-Identifier: Apache-2.0
// A program that never sleeps: long stretches of plain instructions, and between them what costs
// others latency: page faults, system calls, file names, caches.

#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEN(x) x x x x x x x x x x

int main(void) {
  for (;;) {
    // Cheap to emulate: the guest's time passes fast while the CPU is never idle.
    for (uint32_t round = 0; round < 20000; round++) __asm__ volatile(TEN(TEN(TEN("nop\n"))));
    for (int round = 0; round < 2; round++) {
      uint8_t *memory = mmap(0, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED) return 1;
      for (int page = 0; page < 1 << 16; page += 4096) memory[page] = 1;
      munmap(memory, 1 << 16);
      struct stat status;
      stat("/dev/null", &status);
    }
  }
}
