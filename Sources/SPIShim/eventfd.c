#include "eventfd.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int shim_eventfd_open(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int shim_eventfd_post(int descriptor) {
  uint64_t one = 1;
  return write(descriptor, &one, sizeof one) < 0 ? -errno : 0;
}

int shim_eventfd_wait(int descriptor) {
  uint64_t count;
  return read(descriptor, &count, sizeof count) < 0 ? -errno : 0;
}
