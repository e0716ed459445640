#include "HeapCounter.h"

#include <errno.h>
#include <stddef.h>

static __thread uint64_t calls;

uint64_t heap_counter_calls_of_this_thread(void) { return calls; }

// The sanitizers bring their own interceptors and must keep them.
#if !defined(__has_feature) || \
    !(__has_feature(thread_sanitizer) || __has_feature(address_sanitizer))

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size) {
  calls++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  calls++;
  return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  calls++;
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  calls++;
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  calls++;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  calls++;
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *block = memory;
  return 0;
}

void free(void *block) {
  if (!block) return;
  calls++;
  __libc_free(block);
}

#endif
