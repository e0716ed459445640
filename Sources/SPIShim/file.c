#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int shim_open(const char *path, int access) {
  int descriptor = open(path, access | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

void shim_close(int descriptor) { close(descriptor); }

int64_t shim_read(int descriptor, void *bytes, size_t count) {
  ssize_t result = read(descriptor, bytes, count);
  return result < 0 ? -errno : result;
}

int64_t shim_write(int descriptor, const void *bytes, size_t count) {
  ssize_t result = write(descriptor, bytes, count);
  return result < 0 ? -errno : result;
}
