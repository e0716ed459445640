// eventfd: a counter in the kernel by which one thread wakes another.
#pragma once

#include "attributes.h"

/// A counter at 0, close-on-exec, whose reader sleeps. The descriptor, or -errno.
int shim_eventfd_open(void);

/// Adds 1, which wakes a reader. 0, or -errno.
SHIM_REALTIME int shim_eventfd_post(int descriptor);

/// Sleeps until the counter is not 0 and takes it to 0. 0, or -errno: -EINTR when a signal came.
SHIM_REALTIME int shim_eventfd_wait(int descriptor);
