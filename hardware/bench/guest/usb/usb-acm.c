// SPDX-License-Identifier: Apache-2.0
/*
 * usb-acm --tty PATH [--serial TEXT] [--port N] [--speed full|high] [--reset-on-dtr]: the USB port of
 * an STM32 as a modem (CDC-ACM), as FreeEEG32 has it, whose firmware is a terminal. It stays plugged
 * in until it is ended, or the kernel lets go of it.
 *
 * A bulk transfer ends with what the firmware has at that moment, after a short or an empty packet.
 * What the host does not fetch in time is lost beyond the firmware's buffer. --reset-on-dtr: as on
 * boards that wire DTR to the reset, the firmware stands still as long as DTR is raised.
 * Requests and descriptors: USB CDC 1.2, PSTN subclass 1.2, chapters 5.3 and 6.3.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "far-side.h"

enum { OUT_ENDPOINT = 1, IN_ENDPOINT = 1, NOTIFICATION = 2 };
enum { SET_LINE_CODING = 0x20, GET_LINE_CODING, SET_CONTROL_LINE_STATE, SEND_BREAK };
enum { CLASS_REQUEST = 0x20, REQUEST_KIND = 0x60, DTR = 1 };
#define FIRMWARE_BUFFER 4096

struct modem {
  struct usb_device usb;
  int tty;
  bool resets_on_dtr, stands_still;
  uint8_t coding[7]; /* baud, little-endian; stop bits; parity; bits */
  uint8_t buffer[FIRMWARE_BUFFER];
  uint32_t count;
  uint64_t lost;
};

static bool control(struct usb_device *usb, const uint8_t setup[8], uint8_t *data,
                    uint32_t *bytes) {
  struct modem *m = (struct modem *)usb;
  if ((setup[0] & REQUEST_KIND) != CLASS_REQUEST) return false;
  switch (setup[1]) {
  case SET_LINE_CODING:
    if (*bytes != sizeof m->coding) return false;
    memcpy(m->coding, data, sizeof m->coding);
    return true;
  case GET_LINE_CODING:
    if (*bytes > sizeof m->coding) *bytes = sizeof m->coding;
    memcpy(data, m->coding, *bytes);
    return true;
  case SET_CONTROL_LINE_STATE:
    m->stands_still = m->resets_on_dtr && (setup[2] & DTR);
    if (m->stands_still) m->count = 0;
    return true;
  case SEND_BREAK:
    return true;
  }
  return false;
}

static bool take(struct usb_device *usb, unsigned int endpoint, const uint8_t *data,
                 uint32_t bytes) {
  struct modem *m = (struct modem *)usb;
  if (endpoint == OUT_ENDPOINT && !m->stands_still) far_side_write(m->tty, data, bytes);
  return true;
}

static bool read_far_side(struct modem *m) {
  uint8_t bytes[FIRMWARE_BUFFER];
  ssize_t got = far_side_read(m->tty, bytes, sizeof bytes);
  if (got < 0) return false;
  if (m->stands_still) return true;
  uint32_t room = FIRMWARE_BUFFER - m->count, taken = (uint32_t)got < room ? (uint32_t)got : room;
  memcpy(m->buffer + m->count, bytes, taken);
  m->count += taken;
  m->lost += (uint32_t)got - taken;
  return true;
}

static bool answer_host(struct modem *m) {
  uint32_t wanted = usb_wanted(&m->usb, IN_ENDPOINT);
  uint32_t share = m->count < wanted ? m->count : wanted;
  if (!usb_complete_in(&m->usb, IN_ENDPOINT, m->buffer, share)) return false;
  m->count -= share;
  memmove(m->buffer, m->buffer + share, m->count);
  return true;
}

static bool serve(struct modem *m) {
  for (;;) {
    bool kernel, far_side;
    while (m->count && usb_wanted(&m->usb, IN_ENDPOINT))
      if (!answer_host(m)) return true;
    if (!usb_wait(&m->usb, m->tty, NEVER, &kernel, &far_side)) return true;
    if (kernel && !usb_serve(&m->usb)) return true;
    if (far_side && !read_far_side(m)) return false;
  }
}

/* ---- what it says of itself ---- */

enum { CONFIGURATION_BYTES = 67, NOTIFICATION_PACKET = 8, DATA_ENDPOINTS = 53 };

static uint8_t device[18] = {18, 1, 0x00, 0x02, 2, 2, 0, 64, 0x83, 0x04, 0x40, 0x57, /* 0483:5740 */
                             0x00, 0x02, 1, 2, 3, 1};
static uint8_t configuration[CONFIGURATION_BYTES] = {
    9, 2, CONFIGURATION_BYTES, 0, 2, 1, 0, 0xc0, 50, /* self-powered, 100 mA */
    9, 4, 0, 0, 1, 2, 2, 1, 0,                       /* communication, ACM, AT commands */
    5, 0x24, 0, 0x10, 1,                             /* header: CDC 1.10 */
    5, 0x24, 1, 0, 1,                                /* no call management */
    4, 0x24, 2, 2,                                   /* line coding and state */
    5, 0x24, 6, 0, 1,                                /* union of interfaces 0 and 1 */
    7, 5, 0x80 | NOTIFICATION, 3, NOTIFICATION_PACKET, 0, 16,
    9, 4, 1, 0, 2, 10, 0, 0, 0, /* data */
    7, 5, OUT_ENDPOINT, 2, 64, 0, 0,
    7, 5, 0x80 | IN_ENDPOINT, 2, 64, 0, 0};

static bool set_speed(struct modem *m, const char *word) {
  if (strcmp(word, "high") == 0) {
    m->usb.speed = USB_HIGH;
    for (unsigned int at = DATA_ENDPOINTS; at < CONFIGURATION_BYTES; at += 7) { /* 512 a packet */
      configuration[at + 4] = 0x00;
      configuration[at + 5] = 0x02;
    }
  }
  return strcmp(word, "high") == 0 || strcmp(word, "full") == 0;
}

int main(int count, char **arguments) {
  static const struct option options[] = {USB_PLACE_OPTIONS,
                                          {"speed", required_argument, 0, 'f'},
                                          {"reset-on-dtr", no_argument, 0, 'r'},
                                          {0}};
  static struct modem m = {.coding = {0x00, 0xc2, 0x01, 0, 0, 0, 8}, /* 115200 8N1 */
                           .usb = {.device_descriptor = device,
                                   .configuration = configuration,
                                   .configuration_bytes = sizeof configuration,
                                   .strings = {"STMicroelectronics", "STM32 Virtual ComPort"},
                                   .speed = USB_FULL,
                                   .control = control,
                                   .out = take}};
  struct usb_place place = {.serial = "BENCH002"};
  bool right = true;
  for (int option; (option = getopt_long(count, arguments, "", options, 0)) >= 0;) {
    if (option == 'r') m.resets_on_dtr = true;
    else if (option == 'f') right = right && set_speed(&m, optarg);
    else right = right && usb_place_option(&place, option, optarg);
  }
  if (!right || !place.tty) {
    fprintf(stderr, "usb-acm --tty PATH [--serial TEXT] [--port N] [--speed full|high] "
                    "[--reset-on-dtr]\n");
    return 64;
  }
  int refused = usb_plug_in(&m.usb, &place, &m.tty);
  if (refused) return refused;
  bool pulled = serve(&m);
  printf("lost %llu\n", (unsigned long long)m.lost);
  return pulled ? 0 : 74;
}
