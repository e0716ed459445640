#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>

int shim_lock_memory(void) { return mlockall(MCL_CURRENT | MCL_FUTURE) < 0 ? -errno : 0; }

void shim_keep_heap(void) {
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_MMAP_MAX, 0);
  // One arena: each further one reserves 64 MB of addresses, and locks what it touches.
  mallopt(M_ARENA_MAX, 1);
}
