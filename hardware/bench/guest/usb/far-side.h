// SPDX-License-Identifier: Apache-2.0
/*
 * What is behind a USB device: a terminal, mostly the pseudo-terminal of an emulator. And what all
 * devices of the bench share: their place in the guest, and how they wait.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "usbip.h"

#define NEVER INT64_MAX

struct usb_place {
  const char *tty, *serial; /* --tty, --serial */
  unsigned int port;        /* --port */
};

/* Of a table for getopt_long(), and what is done with them; false: it is none of them. */
#define USB_PLACE_OPTIONS \
  {"tty", required_argument, 0, 't'}, {"serial", required_argument, 0, 's'}, \
  {"port", required_argument, 0, 'p'}
bool usb_place_option(struct usb_place *place, int option, const char *value);

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t now(void);

/* Raw, never waits. -1, with errno: it cannot be opened. */
int far_side_open(const char *path);

/* Bytes read, 0: none are there now, -1: the other end is gone. */
ssize_t far_side_read(int tty, void *bytes, size_t count);

/* What nobody takes is lost, as on a wire. False: the other end is gone. */
bool far_side_write(int tty, const void *bytes, size_t count);

/*
 * Plugs the device in under the place's serial number, and from then on comes before programs that are judged by their timing:
 * hardware waits for none. Otherwise an exit status, after a line that says why.
 */
int usb_plug_in(struct usb_device *usb, const struct usb_place *place, int *tty);

/*
 * Until the kernel or the far side has something, or it is `until`. False: a signal pulls the plug.
 */
bool usb_wait(const struct usb_device *usb, int tty, int64_t until, bool *kernel, bool *far_side);
