// Process-private futex.
#pragma once

#include <stdint.h>

#include "attributes.h"

/// Sleeps while `*word == expected`, at the latest until an absolute CLOCK_MONOTONIC instant.
/// 0 when woken, -EAGAIN when the word differs, -ETIMEDOUT, or -EINTR.
SHIM_REALTIME int shim_futex_wait(const void *word, uint32_t expected,
                                  int64_t monotonic_nanoseconds);

/// Between two looks of a thread that waits awake: lets the core's other half go first.
SHIM_REALTIME static inline void shim_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Wakes at most `count` sleepers; returns how many.
SHIM_REALTIME int shim_futex_wake(const void *word, int count);
