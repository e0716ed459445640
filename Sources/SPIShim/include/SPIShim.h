// The only door to the kernel: one call in, a value >= 0 or -errno out, no policy.
//
// errno is read inside each function, before any Swift code can disturb it.
// Functions that a real-time loop calls are marked SHIM_REALTIME, which lets the Swift
// compiler accept them under `@_noLocks @_noAllocation`.
#pragma once

#include "attributes.h"
#include "clock.h"
#include "eventfd.h"
#include "file.h"
#include "futex.h"
#include "gpio.h"
#include "memory.h"
#include "scheduling.h"
#include "serial.h"
#include "spi.h"
#include "storage.h"
