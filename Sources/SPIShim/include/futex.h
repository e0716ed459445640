// Process-private futex.
#pragma once

#include <stdint.h>

#include "attributes.h"

/// Sleeps while `*word == expected`, at the latest until an absolute CLOCK_MONOTONIC instant.
/// 0 when woken, -EAGAIN when the word differs, -ETIMEDOUT, or -EINTR.
SHIM_REALTIME int shim_futex_wait(const void *word, uint32_t expected,
                                  int64_t monotonic_nanoseconds);

/// Wakes at most `count` sleepers; returns how many.
SHIM_REALTIME int shim_futex_wake(const void *word, int count);
