#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int shim_open(const char *path, int access) {
  int descriptor = open(path, access | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int shim_may_use(const char *path) { return access(path, R_OK | W_OK) < 0 ? -errno : 0; }

int shim_real_path(const char *path, char *real, size_t byte_count) {
  char *found = realpath(path, 0);
  if (!found) return -errno;
  size_t length = strlen(found) + 1;
  if (length <= byte_count) memcpy(real, found, length);
  free(found);
  return length <= byte_count ? 0 : -ERANGE;
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

int64_t shim_trace_write(int descriptor, const void *bytes, size_t count) {
  return shim_write(descriptor, bytes, count);
}
