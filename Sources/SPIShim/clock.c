#define _GNU_SOURCE
#include "clock.h"

#include <time.h>

static int64_t nanoseconds_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t shim_clock_monotonic(void) { return nanoseconds_of(CLOCK_MONOTONIC); }

int64_t shim_clock_realtime(void) { return nanoseconds_of(CLOCK_REALTIME); }

int shim_sleep_until(int64_t monotonic_nanoseconds) {
  struct timespec until = {
      .tv_sec = monotonic_nanoseconds / 1000000000,
      .tv_nsec = monotonic_nanoseconds % 1000000000,
  };
  return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0);
}
