// Memory that stays where it is.
#pragma once

#include <stdint.h>

#include "attributes.h"

/// mlockall(MCL_CURRENT | MCL_FUTURE).
int shim_lock_memory(void);

/// Tells malloc never to give memory back and never to use mmap: no page fault after a free.
void shim_keep_heap(void);
