// Clocks and absolute sleep.
#pragma once

#include <stdint.h>

#include "attributes.h"

/// CLOCK_MONOTONIC in nanoseconds.
SHIM_REALTIME int64_t shim_clock_monotonic(void);

/// CLOCK_REALTIME in nanoseconds since 1970.
SHIM_REALTIME int64_t shim_clock_realtime(void);

/// Sleeps until an absolute CLOCK_MONOTONIC instant. 0, or -EINTR when a signal came first.
SHIM_REALTIME int shim_sleep_until(int64_t monotonic_nanoseconds);
