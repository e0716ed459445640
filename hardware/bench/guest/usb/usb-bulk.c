// SPDX-License-Identifier: Apache-2.0
/*
 * usb-bulk --tty PATH [--serial TEXT] [--port N] [--fifo BYTES]: the USB2 receiver of a BioSemi
 * ActiveTwo, whose amplifier is a terminal. It stays plugged in until it is ended, or the kernel lets
 * go of it; then it prints how many bytes its buffer could not hold.
 *
 * The receiver sends full packets of 512 bytes only. They go to the host as they come, into the
 * requests that wait there; what nobody has asked for waits in the buffer, and what does not fit into
 * it is lost. A request whose length is no multiple of a packet overflows.
 * Endpoints: eegdev's act2 driver, App-BioSemi's biosemi_io.cpp.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "far-side.h"

enum { OUT_ENDPOINT = 1, IN_ENDPOINT = 2, PACKET = 512 };
#define RING (8u << 20) /* buffer and waiting requests together; a power of two */

struct receiver {
  struct usb_device usb;
  int tty;
  uint32_t fifo; /* bytes that nobody asked for and are kept */
  uint32_t first, count;
  uint64_t lost, carried;
};

static uint8_t ring[RING];

static bool control(struct usb_device *usb, const uint8_t setup[8], uint8_t *data,
                    uint32_t *bytes) {
  (void)usb, (void)setup, (void)data, (void)bytes;
  return false; /* it knows the standard's requests alone */
}

static bool take(struct usb_device *usb, unsigned int endpoint, const uint8_t *data,
                 uint32_t bytes) {
  struct receiver *r = (struct receiver *)usb;
  if (endpoint == OUT_ENDPOINT) far_side_write(r->tty, data, bytes);
  return true;
}

static bool read_far_side(struct receiver *r) {
  uint8_t bytes[16384];
  ssize_t got = far_side_read(r->tty, bytes, sizeof bytes);
  if (got < 0) return false;
  uint64_t holds = (uint64_t)r->fifo + usb_wanted_in_all(&r->usb, IN_ENDPOINT);
  if (holds > RING) holds = RING;
  uint32_t room = holds > r->count ? (uint32_t)holds - r->count : 0;
  uint32_t taken = (uint32_t)got < room ? (uint32_t)got : room;
  for (uint32_t n = 0, share; n < taken; n += share) {
    uint32_t place = (r->first + r->count) % RING;
    share = taken - n < RING - place ? taken - n : RING - place;
    memcpy(ring + place, bytes + n, share);
    r->count += share;
  }
  r->lost += (uint32_t)got - taken;
  return true;
}

/* One request, if there is enough for it. False: unplugged. */
static bool answer_host(struct receiver *r, bool *answered) {
  static uint8_t packets[USB_TRANSFER_MAX];
  uint32_t wanted = usb_wanted(&r->usb, IN_ENDPOINT);
  *answered = false;
  if (!wanted || (wanted % PACKET ? r->count < PACKET : r->count < wanted)) return true;
  *answered = true;
  if (wanted % PACKET) return usb_fail_in(&r->usb, IN_ENDPOINT, -EOVERFLOW);
  for (uint32_t n = 0, share; n < wanted; n += share) {
    share = wanted - n < RING - r->first ? wanted - n : RING - r->first;
    memcpy(packets + n, ring + r->first, share);
    r->first = (r->first + share) % RING;
  }
  r->count -= wanted;
  r->carried += wanted;
  return usb_complete_in(&r->usb, IN_ENDPOINT, packets, wanted);
}

static bool serve(struct receiver *r) {
  for (;;) {
    bool kernel, far_side, answered;
    do {
      if (!answer_host(r, &answered)) return true;
    } while (answered);
    if (!usb_wait(&r->usb, r->tty, NEVER, &kernel, &far_side)) return true;
    if (kernel && !usb_serve(&r->usb)) return true;
    if (far_side && !read_far_side(r)) return false;
  }
}

int main(int count, char **arguments) {
  static const struct option options[] = {USB_PLACE_OPTIONS,
                                          {"fifo", required_argument, 0, 'f'},
                                          {0}};
  static const uint8_t device[18] = {18, 1, 0x00, 0x02, 0xff, 0xff, 0xff, 64, /* 0547:1005 */
                                     0x47, 0x05, 0x05, 0x10, 0x00, 0x01, 1, 2, 3, 1};
  static const uint8_t configuration[] = {
      9, 2, 32, 0, 1, 1, 0, 0x80, 250,        /* bus-powered, 500 mA */
      9, 4, 0, 0, 2, 0xff, 0, 0, 0,           /* vendor-specific */
      7, 5, OUT_ENDPOINT, 2, PACKET & 255, PACKET >> 8, 0, /* bulk */
      7, 5, 0x80 | IN_ENDPOINT, 2, PACKET & 255, PACKET >> 8, 0};
  static struct receiver r = {.fifo = 65536,
                              .usb = {.device_descriptor = device,
                                      .configuration = configuration,
                                      .configuration_bytes = sizeof configuration,
                                      .strings = {"BioSemi", "ActiveTwo USB2 receiver"},
                                      .speed = USB_HIGH,
                                      .control = control,
                                      .out = take}};
  struct usb_place place = {.serial = "BENCH003"};
  bool right = true;
  for (int option; (option = getopt_long(count, arguments, "", options, 0)) >= 0;) {
    if (option == 'f') r.fifo = (uint32_t)strtoul(optarg, 0, 10);
    else right = right && usb_place_option(&place, option, optarg);
  }
  if (!right || !place.tty || r.fifo < PACKET || r.fifo > RING / 2) {
    fprintf(stderr, "usb-bulk --tty PATH [--serial TEXT] [--port N] [--fifo 512…4194304]\n");
    return 64;
  }
  int refused = usb_plug_in(&r.usb, &place, &r.tty);
  if (refused) return refused;
  bool pulled = serve(&r);
  printf("carried %llu\nlost %llu\n", (unsigned long long)r.carried, (unsigned long long)r.lost);
  return pulled ? 0 : 74;
}
