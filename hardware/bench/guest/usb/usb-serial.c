// SPDX-License-Identifier: Apache-2.0
/*
 * usb-serial --chip ft232r|ft231x --serial TEXT --port N --tty PATH: a USB-serial adapter of FTDI
 * whose far side is a terminal, mostly the pseudo-terminal of an emulator. It stays plugged in until
 * it is ended, or the kernel lets go of it.
 *
 * What the chip does, and what software must cope with: bytes last as long as their bits at the
 * programmed rate; every packet of 64 bytes begins with two of status; bytes wait for a full packet,
 * the latency timer or the event character; when nothing came the timer brings the status alone; what
 * the host does not fetch is lost beyond the chip's buffer, and the next status says so.
 * Requests and divisors: FTDI application notes AN232B-05 and AN_184, drivers/usb/serial/ftdi_sio.h.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "far-side.h"

enum { RESET, MODEM_CONTROL, FLOW_CONTROL, BAUD, DATA, MODEM_STATUS, EVENT_CHARACTER,
       ERROR_CHARACTER, SET_LATENCY = 9, GET_LATENCY = 10, READ_EEPROM = 0x90 };
enum { IN_ENDPOINT = 1, OUT_ENDPOINT = 2, PACKET = 64, STATUS = 2, PAYLOAD = PACKET - STATUS };
enum { CTS_DSR_CARRIER = 0xb1, OVERRUN = 0x02, TRANSMITTER_EMPTY = 0x60 };
#define FIFO 4096 /* bytes on their way */
#define TRANSMIT_FIFO 256
#define RECEIVE_FIFO 512 /* of the FT231X; the FT232R has half of it */

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
  uint8_t received[RECEIVE_FIFO];
  unsigned int received_count;
  bool overrun;
  uint64_t lost;
};

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

/* What has come by then, into the chip. */
static void receive(struct adapter *a, int64_t time) {
  unsigned int count = done_count(&a->to_host, time);
  for (unsigned int n = 0; n < count; n++) {
    if (a->received_count < RECEIVE_FIFO) {
      a->received[a->received_count++] = at(&a->to_host, n);
    } else {
      a->overrun = true;
      a->lost++;
    }
  }
  drop(&a->to_host, count);
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
    if (value == 0) a->overrun = false;
    if (value != 2) a->received_count = 0; /* what is on the wire still comes */
    if (value != 1) drop(&a->to_tty, a->to_tty.count);
    break;
  case MODEM_CONTROL:
  case FLOW_CONTROL:
  case DATA:
  case ERROR_CHARACTER:
    break;
  case BAUD:
    if (a->byte_nanoseconds != nanoseconds_of_byte(value, index)) { /* what is on the wire is garbled */
      a->lost += a->to_host.count;
      drop(&a->to_host, a->to_host.count);
      a->to_host.busy_until = 0;
    }
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
  if (a->to_tty.count > TRANSMIT_FIFO || a->to_tty.count + bytes > FIFO) return false;
  int64_t time = now();
  for (uint32_t n = 0; n < bytes; n++) push(a, &a->to_tty, data[n], time);
  return true;
}

/* ---- towards the host ---- */

/* When the chip has something to say; NEVER: nobody asks. */
static int64_t answer_at(const struct adapter *a, int64_t time) {
  const struct line *line = &a->to_host;
  if (!usb_wanted(&a->usb, IN_ENDPOINT)) return NEVER;
  if (a->received_count >= PAYLOAD) return time;
  if (a->event_character >= 0 && memchr(a->received, a->event_character, a->received_count))
    return time;
  int64_t come = a->sent_at + a->latency;
  unsigned int missing = PAYLOAD - a->received_count;
  for (unsigned int n = 0; n < missing && n < line->count; n++)
    if (n + 1 == missing || at(line, n) == a->event_character) {
      int64_t done = line->done[(line->first + n) % FIFO];
      come = done < come ? done : come;
      break;
    }
  return come > time ? come : time;
}

/* Packets until one is not full. */
static bool answer_host(struct adapter *a, int64_t time) {
  static uint8_t packets[USB_TRANSFER_MAX];
  uint32_t wanted = usb_wanted(&a->usb, IN_ENDPOINT), length = 0;
  unsigned int taken = 0, share;
  do {
    share = a->received_count - taken < PAYLOAD ? a->received_count - taken : PAYLOAD;
    if (length + STATUS + share > wanted) break;
    packets[length++] = CTS_DSR_CARRIER;
    packets[length++] = (a->to_tty.count ? 0 : TRANSMITTER_EMPTY) | (a->overrun ? OVERRUN : 0);
    a->overrun = false;
    memcpy(packets + length, a->received + taken, share);
    length += share;
    taken += share;
  } while (share == PAYLOAD && length + PACKET <= wanted);
  a->received_count -= taken;
  memmove(a->received, a->received + taken, a->received_count);
  a->sent_at = time;
  return usb_complete_in(&a->usb, IN_ENDPOINT, packets, length);
}

/* ---- the far side ---- */

static bool write_far_side(struct adapter *a, int64_t time) {
  for (unsigned int ready = done_count(&a->to_tty, time), count; ready; ready -= count) {
    uint8_t bytes[PACKET];
    count = ready < sizeof bytes ? ready : sizeof bytes;
    for (unsigned int n = 0; n < count; n++) bytes[n] = at(&a->to_tty, n);
    if (!far_side_write(a->tty, bytes, count)) return false;
    drop(&a->to_tty, count);
  }
  return true;
}

static bool read_far_side(struct adapter *a) {
  uint8_t bytes[PACKET];
  ssize_t got = far_side_read(a->tty, bytes, sizeof bytes);
  int64_t time = now();
  for (ssize_t n = 0; n < got; n++) {
    if (a->to_host.count < FIFO)
      push(a, &a->to_host, bytes[n], time);
    else /* its line is faster than ours: nobody holds it up */
      a->lost++;
  }
  return got >= 0;
}

static bool serve(struct adapter *a) {
  for (;;) {
    int64_t time = now();
    receive(a, time);
    if (!write_far_side(a, time)) return false;
    if (!usb_resume_out(&a->usb)) return true;
    int64_t answer = answer_at(a, time);
    if (answer <= time) {
      if (!answer_host(a, time)) return true;
      continue;
    }
    int64_t next = a->to_tty.count ? a->to_tty.done[a->to_tty.first] : NEVER;
    next = answer < next ? answer : next;
    bool kernel, far_side;
    if (!usb_wait(&a->usb, a->tty, next, &kernel, &far_side)) return true;
    receive(a, now()); /* before a request may purge it */
    if (kernel && !usb_serve(&a->usb)) return true;
    if (far_side && !read_far_side(a)) return false;
  }
}

int main(int count, char **arguments) {
  static const struct option options[] = {{"chip", required_argument, 0, 'c'},
                                          USB_PLACE_OPTIONS,
                                          {0}};
  static uint8_t device[18] = {18, 1, 0x00, 0x02, 0, 0, 0, PACKET, 0x03, 0x04, 0x01, 0x60,
                               0x00, 0x06, 1, 2, 3, 1};
  static const uint8_t configuration[] = {
      9, 2, 32, 0, 1, 1, 0, 0xa0, 45,        /* bus-powered, 90 mA */
      9, 4, 0, 0, 2, 0xff, 0xff, 0xff, 2,    /* vendor-specific */
      7, 5, 0x80 | IN_ENDPOINT, 2, PACKET, 0, 0, /* bulk */
      7, 5, OUT_ENDPOINT, 2, PACKET, 0, 0};
  static struct adapter a = {.byte_nanoseconds = 1041666, .latency = 16000000,
                             .event_character = -1,
                             .usb = {.device_descriptor = device,
                                     .configuration = configuration,
                                     .configuration_bytes = sizeof configuration,
                                     .strings = {"FTDI", "FT232R USB UART"},
                                     .speed = USB_FULL,
                                     .control = control,
                                     .out = take}};
  struct usb_place place = {.serial = "BENCH001"};
  bool right = true;

  for (int option; (option = getopt_long(count, arguments, "", options, 0)) >= 0;) {
    if (option == 'c' && strcmp(optarg, "ft231x") == 0) {
      device[10] = 0x15; /* 0403:6015, release 10.00 */
      device[13] = 0x10;
      a.usb.strings[1] = "FT231X USB UART";
    } else if (option != 'c' || strcmp(optarg, "ft232r") != 0) {
      right = right && usb_place_option(&place, option, optarg);
    }
  }
  if (!right || !place.tty) {
    fprintf(stderr, "usb-serial --chip ft232r|ft231x --serial TEXT --port N --tty PATH\n");
    return 64;
  }
  a.sent_at = now();
  int refused = usb_plug_in(&a.usb, &place, &a.tty);
  if (refused) return refused;
  bool pulled = serve(&a);
  printf("lost %llu\n", (unsigned long long)a.lost);
  return pulled ? 0 : 74;
}
