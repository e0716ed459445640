// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "far-side.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t pulled;

static void pull(int signal) {
  (void)signal;
  pulled = 1;
}

bool usb_place_option(struct usb_place *place, int option, const char *value) {
  if (option == 't') place->tty = value;
  if (option == 's') place->serial = value;
  if (option == 'p') place->port = (unsigned int)atoi(value);
  return option == 't' || option == 's' || option == 'p';
}

int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int far_side_open(const char *path) {
  int tty = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  struct termios raw;
  if (tty < 0 || tcgetattr(tty, &raw) < 0) return -1;
  cfmakeraw(&raw);
  tcsetattr(tty, TCSANOW, &raw);
  return tty;
}

ssize_t far_side_read(int tty, void *bytes, size_t count) {
  ssize_t got = read(tty, bytes, count);
  if (got > 0) return got;
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

bool far_side_write(int tty, const void *bytes, size_t count) {
  const uint8_t *at = bytes;
  while (count) {
    ssize_t put = write(tty, at, count);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN;
    at += put;
    count -= (size_t)put;
  }
  return true;
}

int usb_plug_in(struct usb_device *usb, const struct usb_place *place, int *tty) {
  *tty = far_side_open(place->tty);
  if (*tty < 0) {
    perror(place->tty);
    return 66;
  }
  usb->strings[USB_STRINGS - 1] = place->serial;
  if (!usb_plug(usb, place->port)) {
    perror("vhci_hcd");
    return 69;
  }
  /* Heard while it waits, and only then: nothing is left half done. */
  struct sigaction action = {.sa_handler = pull};
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGTERM);
  sigaddset(&both, SIGINT);
  sigprocmask(SIG_BLOCK, &both, 0);
  sigaction(SIGTERM, &action, 0);
  sigaction(SIGINT, &action, 0);
  struct sched_param priority = {.sched_priority = 60};
  sched_setscheduler(0, SCHED_FIFO, &priority);
  return 0;
}

bool usb_wait(const struct usb_device *usb, int tty, int64_t until, bool *kernel,
              bool *far_side) {
  int64_t time = now(), left = until > time ? until - time : 0;
  struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
  struct pollfd waited[2] = {{.fd = usb->socket, .events = POLLIN},
                             {.fd = tty, .events = POLLIN}};
  sigset_t none;
  sigemptyset(&none);
  bool came = ppoll(waited, 2, until == NEVER ? 0 : &timeout, &none) > 0;
  *kernel = came && waited[0].revents;
  *far_side = came && waited[1].revents;
  return !pulled;
}
