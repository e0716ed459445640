import Glibc
import HeapCounter

/// Lets the other thread run; on a machine with one free CPU a spinning test would take for ever.
func sched_yield_once() { sched_yield() }

/// Under ThreadSanitizer the sanitizer's own allocator stands in the counter's place.
func heapCounterIsOff() -> Bool {
  let before = heap_counter_calls_of_this_thread()
  unsafe free(malloc(100))
  return heap_counter_calls_of_this_thread() == before
}
