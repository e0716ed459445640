// Counts the heap calls of each thread, so that "no allocation on the real-time path" is a
// measured number in the shipped program and not a belief.
//
// malloc, calloc, realloc, aligned_alloc, posix_memalign and free of the whole process pass
// through here to glibc; the cost is one thread-local increment.
#pragma once

#include <stdint.h>

#define HEAP_COUNTER_REALTIME \
  __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))

/// Heap calls (allocations and frees) that the calling thread has made since it began.
HEAP_COUNTER_REALTIME uint64_t heap_counter_calls_of_this_thread(void);
