#define _GNU_SOURCE
#include "serial.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

// The kernel's struct, as TCGETS2 fills it: four flag words, the line, 19 characters, two rates.
_Static_assert(sizeof(struct termios2) == 44, "termios2 is 44 bytes");

int shim_serial_open(const char *path) {
  int descriptor = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int shim_serial_lock(int descriptor) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) return -errno;
  return ioctl(descriptor, TIOCEXCL) < 0 ? -errno : 0;
}

int shim_serial_configure(int descriptor, uint32_t baud) {
  struct termios2 line;
  if (ioctl(descriptor, TCGETS2, &line) < 0) return -errno;
  line.c_iflag = 0;
  line.c_oflag = 0;
  line.c_lflag = 0;
  line.c_cflag = CS8 | CREAD | CLOCAL | BOTHER | (BOTHER << IBSHIFT);
  line.c_ispeed = baud;
  line.c_ospeed = baud;
  line.c_cc[VMIN] = 1;
  line.c_cc[VTIME] = 0;
  return ioctl(descriptor, TCSETS2, &line) < 0 ? -errno : 0;
}

int shim_serial_baud(int descriptor, uint32_t *input_baud, uint32_t *output_baud) {
  struct termios2 line;
  if (ioctl(descriptor, TCGETS2, &line) < 0) return -errno;
  *input_baud = line.c_ispeed;
  *output_baud = line.c_ospeed;
  return 0;
}

int shim_serial_set_low_latency(int descriptor) {
  struct serial_struct settings;
  if (ioctl(descriptor, TIOCGSERIAL, &settings) < 0) return -errno;
  settings.flags |= ASYNC_LOW_LATENCY;
  return ioctl(descriptor, TIOCSSERIAL, &settings) < 0 ? -errno : 0;
}

int shim_serial_discard(int descriptor) {
  return ioctl(descriptor, TCFLSH, TCIOFLUSH) < 0 ? -errno : 0;
}

int shim_serial_close(int descriptor) {
  // TIOCEXCL belongs to the line, not to the descriptor: left set, it would lock out the next one
  // for as long as anybody else keeps the line open.
  ioctl(descriptor, TIOCNXCL);
  return close(descriptor) < 0 ? -errno : 0;
}

int shim_serial_write(int descriptor, const void *bytes, int byte_count) {
  ssize_t result = write(descriptor, bytes, (size_t)byte_count);
  return result < 0 ? -errno : (int)result;
}

int shim_serial_read(int descriptor, void *bytes, int byte_count) {
  ssize_t result = read(descriptor, bytes, (size_t)byte_count);
  return result < 0 ? -errno : (int)result;
}

int shim_serial_wait(int descriptor, int64_t deadline) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t left = deadline - (now.tv_sec * 1000000000ll + now.tv_nsec);
  if (left < 0) left = 0;
  struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
  struct pollfd waited = {.fd = descriptor, .events = POLLIN};
  int result = ppoll(&waited, 1, &timeout, 0);
  return result < 0 ? -errno : result;
}

int shim_serial_output_queue(int descriptor) {
  int byte_count = 0;
  return ioctl(descriptor, TIOCOUTQ, &byte_count) < 0 ? -errno : byte_count;
}

int shim_pty_open(char *path, int path_byte_count) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0) return -errno;
  int result = 0;
  if (grantpt(master) < 0 || unlockpt(master) < 0) result = -errno;
  if (result == 0) result = -ptsname_r(master, path, (size_t)path_byte_count);
  if (result < 0) {
    close(master);
    return result;
  }
  return master;
}

int shim_pty_discard(const char *path) {
  int other_end = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (other_end < 0) return -errno;
  int result = ioctl(other_end, TCFLSH, TCIOFLUSH) < 0 ? -errno : 0;
  close(other_end);
  return result;
}

int shim_pty_wait(int master, int64_t span_nanoseconds) {
  struct pollfd entry = {.fd = master, .events = POLLIN};
  struct timespec span = {.tv_sec = span_nanoseconds / 1000000000,
                          .tv_nsec = span_nanoseconds % 1000000000};
  int ready = ppoll(&entry, 1, &span, NULL);
  if (ready < 0) return -errno;
  return (entry.revents & POLLIN ? SHIM_PTY_INPUT : 0) |
         (entry.revents & POLLHUP ? SHIM_PTY_ALONE : 0);
}

static int points_to(const char *link, const char *start, char *target, size_t byte_count) {
  ssize_t length = readlink(link, target, byte_count - 1);
  if (length < 0) return 0;
  target[length] = 0;
  return strncmp(target, start, strlen(start)) == 0;
}

int shim_pty_link(const char *target, const char *link) {
  if (symlink(target, link) == 0) return 0;
  if (errno != EEXIST) return -errno;
  char old[128];
  if (!points_to(link, "/dev/pts/", old, sizeof old)) return -EEXIST;
  if (unlink(link) < 0) return -errno;
  return symlink(target, link) < 0 ? -errno : 0;
}

int shim_pty_unlink(const char *target, const char *link) {
  char now[128];
  if (!points_to(link, target, now, sizeof now) || strcmp(now, target) != 0) return 0;
  return unlink(link) < 0 ? -errno : 0;
}
