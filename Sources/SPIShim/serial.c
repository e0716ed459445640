#define _GNU_SOURCE
#include "serial.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

int shim_serial_open(const char *path) {
  int descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  if (!isatty(descriptor)) {
    close(descriptor);
    return -ENOTTY;
  }
  return descriptor;
}

int shim_serial_configure(int descriptor, uint32_t baud, uint32_t *actual) {
  struct termios2 settings;
  if (ioctl(descriptor, TCGETS2, &settings) < 0) return -errno;
  settings.c_iflag = IGNBRK;
  settings.c_oflag = 0;
  settings.c_lflag = 0;
  settings.c_cflag = CS8 | CREAD | CLOCAL | BOTHER;
  settings.c_ispeed = baud;
  settings.c_ospeed = baud;
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  if (ioctl(descriptor, TCSETS2, &settings) < 0) return -errno;
  if (ioctl(descriptor, TCGETS2, &settings) < 0) return -errno;
  *actual = settings.c_ospeed;
  return ioctl(descriptor, TCFLSH, TCIOFLUSH) < 0 ? -errno : 0;
}

int shim_serial_lock(int descriptor) {
  // TIOCEXCL alone does not stop root.
  if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) return errno == EWOULDBLOCK ? -EBUSY : -errno;
  return ioctl(descriptor, TIOCEXCL) < 0 ? -errno : 0;
}

int shim_serial_low_latency(int descriptor) {
  struct serial_struct serial;
  if (ioctl(descriptor, TIOCGSERIAL, &serial) < 0) return -errno;
  serial.flags |= ASYNC_LOW_LATENCY;
  return ioctl(descriptor, TIOCSSERIAL, &serial) < 0 ? -errno : 0;
}

int shim_serial_queued(int descriptor) {
  int count = 0;
  return ioctl(descriptor, TIOCOUTQ, &count) < 0 ? -errno : count;
}

int64_t shim_serial_read(int descriptor, void *bytes, size_t count) {
  ssize_t result = read(descriptor, bytes, count);
  return result < 0 ? -errno : result;
}

int64_t shim_serial_write(int descriptor, const void *bytes, size_t count) {
  ssize_t result = write(descriptor, bytes, count);
  return result < 0 ? -errno : result;
}

int shim_serial_wait(int descriptor, int milliseconds) {
  struct pollfd entry = {.fd = descriptor, .events = POLLIN};
  int result = poll(&entry, 1, milliseconds);
  return result < 0 ? -errno : result;
}

int shim_pty_open(char *path, size_t capacity) {
  int descriptor = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  int result = 0;
  if (grantpt(descriptor) < 0 || unlockpt(descriptor) < 0) result = -errno;
  if (!result) result = -ptsname_r(descriptor, path, capacity);
  if (result) {
    close(descriptor);
    return result;
  }
  return descriptor;
}

int shim_symlink(const char *target, const char *link) {
  if (symlink(target, link) == 0) return 0;
  if (errno != EEXIST) return -errno;
  // Only ever replaces a link, never a file.
  char old[4096];
  if (readlink(link, old, sizeof old) < 0) return -EEXIST;
  if (unlink(link) < 0) return -errno;
  return symlink(target, link) < 0 ? -errno : 0;
}

int shim_unlink(const char *path) { return unlink(path) < 0 ? -errno : 0; }
