// SPDX-License-Identifier: Apache-2.0
/*
 * usb-serial --chip ft232r|ft231x --serial TEXT --port N --tty PATH: a USB-serial adapter of FTDI
 * whose far side is a terminal, mostly the pseudo-terminal of an emulator. It stays plugged in until
 * it is ended, or the kernel lets go of it.
 *
 * What the chip does, and what software must cope with: bytes last as long as their bits at the
 * programmed rate; every packet of 64 bytes begins with two of status; bytes wait for a full packet,
 * the latency timer or the event character; when nothing came the timer brings the status alone.
 * Requests and divisors: FTDI application notes AN232B-05 and AN_184, drivers/usb/serial/ftdi_sio.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "usbip.h"

enum { RESET, MODEM_CONTROL, FLOW_CONTROL, BAUD, DATA, MODEM_STATUS, EVENT_CHARACTER,
       ERROR_CHARACTER, SET_LATENCY = 9, GET_LATENCY = 10, READ_EEPROM = 0x90 };
enum { IN_ENDPOINT = 1, OUT_ENDPOINT = 2, PACKET = 64, STATUS = 2, PAYLOAD = PACKET - STATUS };
enum { CTS_DSR_CARRIER = 0xb1, TRANSMITTER_EMPTY = 0x60 };
#define NEVER INT64_MAX
#define FIFO 4096  /* the far side's bytes that wait; the chip's own is smaller, and flow-controlled */
#define CHIP_FIFO 256

/* Bytes on their way, each with the time at which its last bit is on the wire. */
struct line {
  uint8_t byte[FIFO];
  int64_t done[FIFO];
  unsigned int first, count;
  int64_t busy_until;
};

struct adapter {
  struct usb_device usb;
  int tty;
  int64_t byte_nanoseconds, latency, sent_at;
  int event_character; /* -1: off */
  struct line to_tty, to_host;
};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void push(struct adapter *a, struct line *line, uint8_t byte, int64_t at) {
  unsigned int place = (line->first + line->count++) % FIFO;
  line->busy_until = (at > line->busy_until ? at : line->busy_until) + a->byte_nanoseconds;
  line->byte[place] = byte;
  line->done[place] = line->busy_until;
}

static unsigned int done_count(const struct line *line, int64_t at) {
  unsigned int count = 0;
  while (count < line->count && line->done[(line->first + count) % FIFO] <= at) count++;
  return count;
}

static void drop(struct line *line, unsigned int count) {
  line->first = (line->first + count) % FIFO;
  line->count -= count;
}

static uint8_t at(const struct line *line, unsigned int n) {
  return line->byte[(line->first + n) % FIFO];
}

/* ---- the chip's requests ---- */

/* 3 MHz over a divisor with eighths; 0 and 1 stand for 3 and 2 megabaud. */
static int64_t nanoseconds_of_byte(unsigned int value, unsigned int index) {
  static const unsigned int eighths[8] = {0, 4, 2, 1, 3, 5, 6, 7};
  unsigned int whole = value & 0x3fff;
  unsigned int divisor = whole * 8 + eighths[value >> 14 | (index & 1) << 2];
  if (whole == 0) divisor = 8;
  if (value == 1) divisor = 12;
  return 10 * 1000ll * divisor / 24; /* ten bits */
}

static bool control(struct usb_device *usb, const uint8_t setup[8], uint8_t *data,
                    uint32_t *bytes) {
  struct adapter *a = (struct adapter *)usb;
  unsigned int value = setup[2] | setup[3] << 8, index = setup[4] | setup[5] << 8;
  uint8_t reply[2] = {0xff, 0xff};
  uint32_t length = 0;

  if ((setup[0] & 0x60) != 0x40) return false;
  switch (setup[1]) {
  case RESET:
    if (value != 2) drop(&a->to_host, a->to_host.count);
    if (value != 1) drop(&a->to_tty, a->to_tty.count);
    break;
  case MODEM_CONTROL:
  case FLOW_CONTROL:
  case DATA:
  case ERROR_CHARACTER:
    break;
  case BAUD:
    a->byte_nanoseconds = nanoseconds_of_byte(value, index);
    break;
  case MODEM_STATUS:
    reply[0] = CTS_DSR_CARRIER;
    reply[1] = TRANSMITTER_EMPTY;
    length = 2;
    break;
  case EVENT_CHARACTER:
    a->event_character = value & 0x100 ? (int)(value & 0xff) : -1;
    break;
  case SET_LATENCY:
    if (value < 1 || value > 255) return false;
    a->latency = value * 1000000ll;
    break;
  case GET_LATENCY:
    reply[0] = (uint8_t)(a->latency / 1000000);
    length = 1;
    break;
  case READ_EEPROM: /* empty */
    length = 2;
    break;
  default:
    return false;
  }
  *bytes = length < *bytes ? length : *bytes;
  memcpy(data, reply, *bytes);
  return true;
}

static bool take(struct usb_device *usb, unsigned int endpoint, const uint8_t *data,
                 uint32_t bytes) {
  struct adapter *a = (struct adapter *)usb;
  if (endpoint != OUT_ENDPOINT) return true;
  if (a->to_tty.count > CHIP_FIFO || a->to_tty.count + bytes > FIFO) return false;
  int64_t time = now();
  for (uint32_t n = 0; n < bytes; n++) push(a, &a->to_tty, data[n], time);
  return true;
}

/* ---- towards the host ---- */

/* When the chip has something to say; NEVER: nobody asks. */
static int64_t answer_at(const struct adapter *a, int64_t time) {
  if (!usb_wanted(&a->usb, IN_ENDPOINT)) return NEVER;
  int64_t timer = a->sent_at + a->latency;
  unsigned int full = PAYLOAD - 1;
  if (a->to_host.count > full) {
    int64_t filled = a->to_host.done[(a->to_host.first + full) % FIFO];
    timer = filled < timer ? filled : timer;
  }
  for (unsigned int n = 0; a->event_character >= 0 && n < a->to_host.count; n++)
    if (at(&a->to_host, n) == a->event_character) {
      int64_t come = a->to_host.done[(a->to_host.first + n) % FIFO];
      return come < timer ? come : timer;
    }
  return timer > time ? timer : time;
}

/* Packets until one is not full. */
static bool answer_host(struct adapter *a, int64_t time) {
  static uint8_t packets[USB_TRANSFER_MAX];
  uint32_t wanted = usb_wanted(&a->usb, IN_ENDPOINT), length = 0;
  unsigned int ready = done_count(&a->to_host, time), taken = 0, share;
  if (wanted > sizeof packets) wanted = sizeof packets;
  do {
    share = ready - taken < PAYLOAD ? ready - taken : PAYLOAD;
    if (length + STATUS + share > wanted) break;
    packets[length++] = CTS_DSR_CARRIER;
    packets[length++] = a->to_tty.count ? 0 : TRANSMITTER_EMPTY;
    for (unsigned int n = 0; n < share; n++) packets[length++] = at(&a->to_host, taken + n);
    taken += share;
  } while (share == PAYLOAD && length + PACKET <= wanted);
  drop(&a->to_host, taken);
  a->sent_at = time;
  return usb_complete_in(&a->usb, IN_ENDPOINT, packets, length);
}

/* ---- the far side ---- */

static bool write_far_side(struct adapter *a, int64_t time) {
  unsigned int ready = done_count(&a->to_tty, time);
  while (ready) {
    uint8_t bytes[PACKET];
    unsigned int count = ready < sizeof bytes ? ready : sizeof bytes;
    for (unsigned int n = 0; n < count; n++) bytes[n] = at(&a->to_tty, n);
    ssize_t put = write(a->tty, bytes, count);
    if (put < 0 && errno == EAGAIN) put = count; /* nobody listens: lost, as on a wire */
    if (put < 0) return false;
    drop(&a->to_tty, (unsigned int)put);
    ready -= (unsigned int)put;
  }
  return true;
}

static bool read_far_side(struct adapter *a) {
  uint8_t bytes[PACKET];
  ssize_t got = read(a->tty, bytes, sizeof bytes);
  if (got < 0) return errno == EAGAIN;
  int64_t time = now();
  for (ssize_t n = 0; n < got; n++) push(a, &a->to_host, bytes[n], time);
  return got > 0;
}

static bool serve(struct adapter *a) {
  for (;;) {
    int64_t time = now();
    if (!write_far_side(a, time)) return false;
    if (!usb_resume_out(&a->usb)) return true;
    int64_t answer = answer_at(a, time);
    if (answer <= time) {
      if (!answer_host(a, time)) return true;
      continue;
    }
    int64_t next = a->to_tty.count ? a->to_tty.done[a->to_tty.first] : NEVER;
    next = answer < next ? answer : next;
    int64_t left = next > time ? next - time : 0;
    struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    struct pollfd waited[2] = {{.fd = a->usb.socket, .events = POLLIN},
                               {.fd = a->to_host.count + PACKET <= FIFO ? a->tty : -1,
                                .events = POLLIN}};
    if (ppoll(waited, 2, next == NEVER ? 0 : &timeout, 0) < 0 && errno != EINTR) return false;
    if (waited[0].revents && !usb_serve(&a->usb)) return true;
    if (waited[1].revents && !read_far_side(a)) return false;
  }
}

int main(int count, char **arguments) {
  static const struct option options[] = {{"chip", required_argument, 0, 'c'},
                                          {"serial", required_argument, 0, 's'},
                                          {"port", required_argument, 0, 'p'},
                                          {"tty", required_argument, 0, 't'},
                                          {0}};
  static uint8_t device[18] = {18, 1, 0x00, 0x02, 0, 0, 0, PACKET, 0x03, 0x04, 0x01, 0x60,
                               0x00, 0x06, 1, 2, 3, 1};
  static const uint8_t configuration[] = {
      9, 2, 32, 0, 1, 1, 0, 0xa0, 45,        /* bus-powered, 90 mA */
      9, 4, 0, 0, 2, 0xff, 0xff, 0xff, 2,    /* vendor-specific */
      7, 5, 0x80 | IN_ENDPOINT, 2, PACKET, 0, 0, /* bulk */
      7, 5, OUT_ENDPOINT, 2, PACKET, 0, 0};
  static const char *strings[3] = {"FTDI", "FT232R USB UART", "BENCH001"};
  static struct adapter a = {.byte_nanoseconds = 1041666, .latency = 16000000,
                             .event_character = -1};
  const char *tty = 0;
  unsigned int port = 0;

  for (int option; (option = getopt_long(count, arguments, "", options, 0)) >= 0;) {
    if (option == 's') strings[2] = optarg;
    if (option == 't') tty = optarg;
    if (option == 'p') port = (unsigned int)atoi(optarg);
    if (option == 'c' && strcmp(optarg, "ft231x") == 0) {
      device[10] = 0x15; /* 0403:6015, release 10.00 */
      device[13] = 0x10;
      strings[1] = "FT231X USB UART";
    } else if (option == 'c' && strcmp(optarg, "ft232r") != 0) {
      tty = 0;
      break;
    }
    if (option == '?') return 64;
  }
  if (!tty) {
    fprintf(stderr, "usb-serial --chip ft232r|ft231x --serial TEXT --port N --tty PATH\n");
    return 64;
  }
  a.tty = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  struct termios raw;
  if (a.tty < 0 || tcgetattr(a.tty, &raw) < 0) {
    perror(tty);
    return 66;
  }
  cfmakeraw(&raw);
  tcsetattr(a.tty, TCSANOW, &raw);
  a.usb.device_descriptor = device;
  a.usb.configuration = configuration;
  a.usb.configuration_bytes = sizeof configuration;
  a.usb.strings = strings;
  a.usb.string_count = 3;
  a.usb.speed = USB_FULL;
  a.usb.control = control;
  a.usb.out = take;
  if (!usb_plug(&a.usb, port)) {
    perror("vhci_hcd");
    return 69;
  }
  /* Hardware does not wait for programs; below those that are judged by their timing. */
  struct sched_param priority = {.sched_priority = 60};
  sched_setscheduler(0, SCHED_FIFO, &priority);
  a.sent_at = now();
  return serve(&a) ? 0 : 74;
}
