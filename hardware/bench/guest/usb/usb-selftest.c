// SPDX-License-Identifier: Apache-2.0
/*
 * usb-selftest: the devices of the bench, proven with what others have made: ftdi_sio, cdc_acm and
 * usbfs of the kernel. What goes in at one end comes out at the other, byte for byte, or is counted as
 * lost; a plug that is pulled is a device that is gone. Prints a line for each, exits with 0 or 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "far-side.h"

enum { FLIGHT = 8, FLIGHT_BYTES = 16384, SLICE_MS = 1 };
static int failures;

static void check(bool right, const char *format, ...) {
  va_list words;
  va_start(words, format);
  printf("%s", right ? "right: " : "WRONG: ");
  vprintf(format, words);
  printf("\n");
  fflush(stdout);
  va_end(words);
  failures += !right;
}

static uint8_t pattern(uint64_t n) { return (uint8_t)((n + 1) * 0x9e3779b97f4a7c15ull >> 56); }

static void sleep_until(int64_t time) {
  struct timespec until = {.tv_sec = time / 1000000000, .tv_nsec = time % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0) == EINTR) {}
}

/* ---- the far end: a terminal with somebody behind it ---- */

static int master, bystander;

static void make_terminal(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0) exit(71);
  bystander = far_side_open(ptsname(master)); /* raw from the beginning, never closed */
  unlink("/tmp/far-end");
  if (symlink(ptsname(master), "/tmp/far-end") < 0) exit(71);
}

/* `count` bytes of the pattern at `rate` a second, in a process of its own; what the terminal does not
 * take at once would make all that follows wrong. */
static pid_t send_pattern(uint64_t count, uint64_t rate) {
  pid_t child = fork();
  if (child) return child;
  int64_t begin = now();
  for (uint64_t n = 0, slice = 1; n < count; slice++) {
    static uint8_t bytes[65536];
    uint64_t end = slice * SLICE_MS * rate / 1000 < count ? slice * SLICE_MS * rate / 1000 : count;
    size_t share = end - n < sizeof bytes ? end - n : sizeof bytes;
    for (size_t at = 0; at < share; at++) bytes[at] = pattern(n + at);
    if (share && write(master, bytes, share) != (ssize_t)share) _exit(1);
    n += share;
    sleep_until(begin + (int64_t)slice * SLICE_MS * 1000000);
  }
  _exit(0);
}

static bool ended_well(pid_t child) {
  int status;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- plugs ---- */

static pid_t plug(char *const arguments[]) {
  pid_t child = fork();
  if (child) return child;
  int out = open("/tmp/plugged", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(out, 1);
  execvp(arguments[0], arguments);
  _exit(127);
}

/* The line `name NUMBER` that it prints when it is pulled. */
static long long pull(pid_t device, const char *name) {
  char line[80];
  long long number = -1;
  kill(device, SIGTERM);
  waitpid(device, 0, 0);
  FILE *file = fopen("/tmp/plugged", "r");
  while (file && fgets(line, sizeof line, file)) {
    size_t length = strlen(name);
    if (strncmp(line, name, length) == 0 && line[length] == ' ') number = atoll(line + length);
  }
  if (file) fclose(file);
  return number;
}

static bool becomes(const char *path, bool there) {
  for (int tries = 0; tries < 500; tries++) {
    if ((access(path, F_OK) == 0) == there) return true;
    usleep(10000);
  }
  return false;
}

/* ---- through a terminal of the kernel's driver ---- */

/* Reads until nothing has come for 300 ms; how many of `count` equal the pattern. */
static uint64_t read_pattern(int tty, uint64_t count) {
  uint64_t right = 0, n = 0;
  struct pollfd waited = {.fd = tty, .events = POLLIN};
  while (n < count && poll(&waited, 1, 300) > 0) {
    uint8_t bytes[4096];
    ssize_t got = read(tty, bytes, sizeof bytes);
    if (got <= 0) break;
    for (ssize_t at = 0; at < got; at++, n++) right += n < count && bytes[at] == pattern(n);
  }
  return right;
}

static int open_port(const char *path, speed_t speed) {
  int tty = far_side_open(path);
  struct termios line;
  if (tty < 0 || tcgetattr(tty, &line) < 0) return -1;
  cfsetspeed(&line, speed);
  tcsetattr(tty, TCSANOW, &line);
  usleep(50000); /* the port is set up by control transfers */
  return tty;
}

static void there_and_back(const char *name, int tty, uint64_t count, uint64_t rate) {
  pid_t sender = send_pattern(count, rate);
  uint64_t right = read_pattern(tty, count);
  bool whole = ended_well(sender);
  check(whole && right == count, "%s: %llu of %llu bytes at %llu/s come to the host", name,
        (unsigned long long)right, (unsigned long long)count, (unsigned long long)rate);
  uint8_t bytes[1000];
  for (unsigned int n = 0; n < sizeof bytes; n++) bytes[n] = pattern(n);
  bool written = write(tty, bytes, sizeof bytes) == sizeof bytes;
  right = read_pattern(master, sizeof bytes);
  check(written && right == sizeof bytes, "%s: %llu of 1000 bytes come to the far side", name,
        (unsigned long long)right);
}

static void serial(void) {
  char *const line[] = {"usb-serial", "--chip", "ft231x", "--tty", "/tmp/far-end", 0};
  pid_t device = plug(line);
  check(becomes("/dev/ttyUSB0", true), "ftdi_sio has made /dev/ttyUSB0");
  ended_well(send_pattern(700, 900)); /* before the host has set 115200 baud, it is at 9600 */
  usleep(100000);
  int tty = open_port("/dev/ttyUSB0", B115200);
  there_and_back("ftdi_sio", tty, 4125, 8250);
  close(tty);
  long long lost = pull(device, "lost");
  check(lost == 700 - 512, "usb-serial: %lld of 700 bytes that nobody fetched are lost", lost);
  check(becomes("/dev/ttyUSB0", false), "/dev/ttyUSB0 is gone");
}

static void modem(char *speed) {
  char *const line[] = {"usb-acm", "--tty", "/tmp/far-end", "--speed", speed, 0};
  pid_t device = plug(line);
  check(becomes("/dev/ttyACM0", true), "cdc_acm has made /dev/ttyACM0 at %s speed", speed);
  int tty = open_port("/dev/ttyACM0", B921600);
  there_and_back("cdc_acm", tty, 20000, 100000);
  close(tty);
  check(pull(device, "lost") == 0, "usb-acm: nothing is lost");
  check(becomes("/dev/ttyACM0", false), "/dev/ttyACM0 is gone");
}

static void reset_on_dtr(void) {
  char *const line[] = {"usb-acm", "--tty", "/tmp/far-end", "--reset-on-dtr", 0};
  pid_t device = plug(line);
  becomes("/dev/ttyACM0", true);
  int tty = open_port("/dev/ttyACM0", B921600), dtr = TIOCM_DTR;
  ended_well(send_pattern(1000, 10000));
  uint64_t right = read_pattern(tty, 1000);
  check(right == 0, "usb-acm: %llu of 1000 bytes come while DTR is raised",
        (unsigned long long)right);
  ioctl(tty, TIOCMBIC, &dtr);
  usleep(50000);
  there_and_back("cdc_acm without DTR", tty, 1000, 10000);
  close(tty);
  pull(device, "lost");
  becomes("/dev/ttyACM0", false);
}

/* ---- bulk endpoints, by usbfs ---- */

/* The node of the device of this identity, by its own descriptor. */
static int open_node(unsigned int vendor, unsigned int product) {
  for (int tries = 0; tries < 500; tries++) {
    for (int number = 1; number < 128; number++) {
      char path[40];
      snprintf(path, sizeof path, "/dev/bus/usb/001/%03d", number);
      uint8_t descriptor[18];
      int node = open(path, O_RDWR | O_CLOEXEC);
      if (node < 0) continue;
      if (read(node, descriptor, sizeof descriptor) == sizeof descriptor &&
          (descriptor[8] | descriptor[9] << 8) == (int)vendor &&
          (descriptor[10] | descriptor[11] << 8) == (int)product)
        return node;
      close(node);
    }
    usleep(10000);
  }
  return -1;
}

static struct usbdevfs_urb urbs[FLIGHT];
static uint8_t flight[FLIGHT][FLIGHT_BYTES];

static void submit(int node, int which) {
  urbs[which] = (struct usbdevfs_urb){.type = USBDEVFS_URB_TYPE_BULK, .endpoint = 0x82,
                                      .buffer = flight[which], .buffer_length = FLIGHT_BYTES,
                                      .usercontext = (void *)(intptr_t)which};
  if (ioctl(node, USBDEVFS_SUBMITURB, &urbs[which]) < 0) check(false, "a request is refused");
}

/* Fetches `count` bytes, a multiple of a request; how many equal the pattern from `from` on. */
static uint64_t fetch(int node, uint64_t from, uint64_t count) {
  uint64_t right = 0;
  for (uint64_t n = 0; n < count;) {
    struct usbdevfs_urb *urb = 0;
    struct pollfd waited = {.fd = node, .events = POLLOUT};
    if (poll(&waited, 1, 2000) <= 0 || ioctl(node, USBDEVFS_REAPURBNDELAY, &urb) < 0) break;
    const uint8_t *bytes = urb->buffer;
    for (int at = 0; at < urb->actual_length; at++, n++) right += bytes[at] == pattern(from + n);
    submit(node, (int)(intptr_t)urb->usercontext);
  }
  return right;
}

static void bulk(void) {
  enum { RATE = 3800000, SPAN = RATE / 4 / FLIGHT_BYTES * FLIGHT_BYTES };
  char *const line[] = {"usb-bulk", "--tty", "/tmp/far-end", "--fifo", "65536", 0};
  pid_t device = plug(line);
  int node = open_node(0x0547, 0x1005);
  unsigned int interface = 0;
  check(node >= 0 && ioctl(node, USBDEVFS_CLAIMINTERFACE, &interface) == 0,
        "usbfs has claimed the interface of 0547:1005");
  uint8_t block[64] = {0xff};
  struct usbdevfs_bulktransfer out = {.ep = 0x01, .len = 64, .timeout = 1000, .data = block};
  uint8_t came[64] = {0};
  bool sent = ioctl(node, USBDEVFS_BULK, &out) == 64;
  usleep(10000);
  check(sent && read(master, came, 64) == 64 && came[0] == 0xff,
        "usb-bulk: a block of 64 bytes comes to the far side");

  for (int which = 0; which < FLIGHT; which++) submit(node, which);
  pid_t sender = send_pattern(SPAN, RATE);
  uint64_t right = fetch(node, 0, SPAN);
  bool whole = ended_well(sender);
  check(whole && right == SPAN, "usb-bulk: %llu of %d bytes at 3.8 MB/s come to the host",
        (unsigned long long)right, SPAN);

  /* Nobody fetches what comes: the requests take their bytes, the buffer its own, the rest is lost. */
  enum { HELD = FLIGHT * FLIGHT_BYTES + 65536, ALL = 2 * HELD };
  whole = ended_well(send_pattern(ALL, RATE));
  right = fetch(node, 0, HELD);
  check(whole && right == HELD, "usb-bulk: %llu of %d bytes that are held come to the host",
        (unsigned long long)right, HELD);
  long long lost = pull(device, "lost");
  check(lost == ALL - HELD, "usb-bulk: %lld bytes are lost, of %d too many", lost, ALL - HELD);
  struct usbdevfs_urb *urb;
  int reaped;
  for (int tries = 0; tries < 200; tries++) {
    while ((reaped = ioctl(node, USBDEVFS_REAPURBNDELAY, &urb)) == 0) {}
    if (errno == ENODEV) break;
    usleep(10000);
  }
  check(reaped < 0 && errno == ENODEV, "usbfs says that the device is gone");
  close(node);
}

int main(void) {
  make_terminal();
  serial();
  modem("full");
  modem("high");
  reset_on_dtr();
  bulk();
  return failures ? 1 : 0;
}
