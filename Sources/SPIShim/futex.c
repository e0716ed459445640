#define _GNU_SOURCE
#include "futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, FUTEX_WAIT a relative one.
int shim_futex_wait(const void *word, uint32_t expected, int64_t monotonic_nanoseconds) {
  struct timespec until = {
      .tv_sec = monotonic_nanoseconds / 1000000000,
      .tv_nsec = monotonic_nanoseconds % 1000000000,
  };
  long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, &until, 0,
                        FUTEX_BITSET_MATCH_ANY);
  return result < 0 ? -errno : 0;
}

int shim_futex_wake(const void *word, int count) {
  long result = syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, 0, 0, 0);
  return result < 0 ? -errno : (int)result;
}
