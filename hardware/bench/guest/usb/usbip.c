// SPDX-License-Identifier: Apache-2.0
#include "usbip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SUBMIT = 1, UNLINK = 2, RETURN_SUBMIT = 3, RETURN_UNLINK = 4 };
enum { SETUP_IN = 0x80, SETUP_KIND = 0x60, SETUP_STANDARD = 0x00 };
enum { GET_STATUS = 0, GET_DESCRIPTOR = 6, GET_CONFIGURATION = 8, GET_INTERFACE = 10 };
enum { DEVICE = 1, CONFIGURATION = 2, STRING = 3 };

/* Both directions; all fields but the last are big-endian. */
struct header {
  uint32_t command, sequence, device, direction, endpoint;
  union {
    struct {
      uint32_t flags, length, start_frame, packets, interval;
      uint8_t setup[8];
    } submit;
    struct {
      uint32_t status, length, start_frame, packets, errors;
      uint8_t padding[8];
    } answer;
    uint32_t unlinked;
  };
};
_Static_assert(sizeof(struct header) == 48, "a USB/IP header");

static bool read_all(int descriptor, void *to, size_t bytes) {
  for (uint8_t *at = to; bytes;) {
    ssize_t got = read(descriptor, at, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    bytes -= (size_t)got;
  }
  return true;
}

static bool write_all(int descriptor, const void *from, size_t bytes) {
  for (const uint8_t *at = from; bytes;) {
    ssize_t put = send(descriptor, at, bytes, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    bytes -= (size_t)put;
  }
  return true;
}

/* `sent` bytes follow; `actual` is what the request moved. */
static bool answer(struct usb_device *device, uint32_t sequence, int status, const void *data,
                   uint32_t sent, uint32_t actual) {
  struct header header = {.command = htonl(RETURN_SUBMIT), .sequence = htonl(sequence)};
  header.answer.status = htonl((uint32_t)status);
  header.answer.length = htonl(actual);
  return write_all(device->socket, &header, sizeof header) &&
         write_all(device->socket, data, sent);
}

bool usb_plug(struct usb_device *device, unsigned int port) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return false;
  int attach = open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY | O_CLOEXEC);
  char line[64];
  int length = snprintf(line, sizeof line, "%u %d %u %u", port, pair[1], 0x10000 | (port + 1),
                        device->speed);
  bool plugged = attach >= 0 && write(attach, line, (size_t)length) == length;
  int error = errno;
  if (attach >= 0) close(attach);
  close(pair[1]); /* the kernel has its own reference */
  if (!plugged) close(pair[0]);
  device->socket = plugged ? pair[0] : -1;
  errno = error;
  return plugged;
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

static bool string_descriptor(const struct usb_device *device, unsigned int number, uint8_t *data,
                              uint32_t *bytes) {
  uint8_t text[255] = {4, STRING, 0x09, 0x04}; /* string 0: English */
  uint32_t length = 4;
  if (number > USB_STRINGS) return false;
  if (number > 0) {
    length = 2;
    for (const char *at = device->strings[number - 1]; *at && length + 2 <= 254; at++) {
      text[length++] = (uint8_t)*at;
      text[length++] = 0;
    }
    text[0] = (uint8_t)length;
  }
  *bytes = smaller(length, *bytes);
  memcpy(data, text, *bytes);
  return true;
}

static bool standard(struct usb_device *device, const uint8_t setup[8], uint8_t *data,
                     uint32_t *bytes) {
  const uint8_t *from = 0;
  uint32_t length = 0;
  static const uint8_t zeros[2], one[1] = {1};

  if (!(setup[0] & SETUP_IN)) {
    *bytes = 0; /* configuration, interface, features: taken as they are */
    return true;
  }
  switch (setup[1]) {
  case GET_STATUS:
    from = zeros;
    length = 2;
    break;
  case GET_CONFIGURATION:
    from = one;
    length = 1;
    break;
  case GET_INTERFACE:
    from = zeros;
    length = 1;
    break;
  case GET_DESCRIPTOR:
    if (setup[3] == STRING) return string_descriptor(device, setup[2], data, bytes);
    if (setup[3] == DEVICE) {
      from = device->device_descriptor;
      length = 18;
    } else if (setup[3] == CONFIGURATION) {
      from = device->configuration;
      length = device->configuration_bytes;
    }
    break;
  }
  if (!from) return false;
  *bytes = smaller(length, *bytes);
  memcpy(data, from, *bytes);
  return true;
}

static bool control(struct usb_device *device, const struct header *header, uint8_t *data,
                    uint32_t length) {
  const uint8_t *setup = header->submit.setup;
  bool is_in = setup[0] & SETUP_IN;
  uint32_t bytes = length;
  bool taken = (setup[0] & SETUP_KIND) == SETUP_STANDARD
                   ? standard(device, setup, data, &bytes)
                   : device->control(device, setup, data, &bytes);
  uint32_t sequence = ntohl(header->sequence);
  if (!taken) return answer(device, sequence, -EPIPE, 0, 0, 0);
  return answer(device, sequence, 0, data, is_in ? bytes : 0, is_in ? bytes : length);
}

static void release_held(struct usb_device *device, unsigned int n) {
  free(device->held[n].data);
  memmove(device->held + n, device->held + n + 1,
          (--device->held_count - n) * sizeof device->held[0]);
}

/* Later ones wait behind earlier ones. */
static bool take_out(struct usb_device *device, struct usb_request request, unsigned int endpoint,
                     const uint8_t *data) {
  if (!device->held_count && device->out(device, endpoint, data, request.length))
    return answer(device, request.sequence, 0, 0, 0, request.length);
  uint8_t *copy = device->held_count < USB_WAITING_MAX ? malloc(request.length + 1) : 0;
  if (!copy) return answer(device, request.sequence, -ENOMEM, 0, 0, 0);
  memcpy(copy, data, request.length);
  device->held[device->held_count++] = (struct usb_held){request, endpoint, copy};
  return true;
}

bool usb_resume_out(struct usb_device *device) {
  while (device->held_count) {
    struct usb_held *held = &device->held[0];
    struct usb_request request = held->request;
    if (!device->out(device, held->endpoint, held->data, request.length)) return true;
    release_held(device, 0);
    if (!answer(device, request.sequence, 0, 0, 0, request.length)) return false;
  }
  return true;
}

static bool unlink_request(struct usb_device *device, const struct header *header) {
  uint32_t wanted = ntohl(header->unlinked);
  struct header reply = {.command = htonl(RETURN_UNLINK), .sequence = header->sequence};
  for (unsigned int endpoint = 0; endpoint < 16; endpoint++) {
    struct usb_queue *queue = &device->in[endpoint];
    for (unsigned int n = 0; n < queue->count; n++) {
      if (queue->waiting[n].sequence != wanted) continue;
      memmove(queue->waiting + n, queue->waiting + n + 1,
              (--queue->count - n) * sizeof queue->waiting[0]);
      reply.answer.status = htonl((uint32_t)-ECONNRESET);
    }
  }
  for (unsigned int n = 0; n < device->held_count; n++) {
    if (device->held[n].request.sequence != wanted) continue;
    release_held(device, n);
    reply.answer.status = htonl((uint32_t)-ECONNRESET);
  }
  return write_all(device->socket, &reply, sizeof reply);
}

bool usb_serve(struct usb_device *device) {
  static uint8_t data[USB_TRANSFER_MAX];
  struct header header;
  if (!read_all(device->socket, &header, sizeof header)) return false;
  if (ntohl(header.command) == UNLINK) return unlink_request(device, &header);
  if (ntohl(header.command) != SUBMIT) return false;

  unsigned int endpoint = ntohl(header.endpoint) & 15;
  uint32_t sequence = ntohl(header.sequence), length = ntohl(header.submit.length);
  bool is_in = ntohl(header.direction) != 0;
  if (length > sizeof data) return false; /* nobody asks for so much */
  if (!is_in && !read_all(device->socket, data, length)) return false;
  if (endpoint == 0) return control(device, &header, data, length);
  if (is_in) {
    struct usb_queue *queue = &device->in[endpoint];
    if (queue->count == USB_WAITING_MAX) return answer(device, sequence, -ENOMEM, 0, 0, 0);
    queue->waiting[queue->count++] = (struct usb_request){sequence, length};
    return true;
  }
  return take_out(device, (struct usb_request){sequence, length}, endpoint, data);
}

uint32_t usb_wanted(const struct usb_device *device, unsigned int endpoint) {
  const struct usb_queue *queue = &device->in[endpoint & 15];
  return queue->count ? queue->waiting[0].length : 0;
}

uint32_t usb_wanted_in_all(const struct usb_device *device, unsigned int endpoint) {
  const struct usb_queue *queue = &device->in[endpoint & 15];
  uint32_t sum = 0;
  for (unsigned int n = 0; n < queue->count; n++) sum += queue->waiting[n].length;
  return sum;
}

static struct usb_request first_of(struct usb_queue *queue) {
  struct usb_request request = queue->waiting[0];
  memmove(queue->waiting, queue->waiting + 1, --queue->count * sizeof queue->waiting[0]);
  return request;
}

bool usb_fail_in(struct usb_device *device, unsigned int endpoint, int status) {
  struct usb_queue *queue = &device->in[endpoint & 15];
  return !queue->count || answer(device, first_of(queue).sequence, status, 0, 0, 0);
}

bool usb_complete_in(struct usb_device *device, unsigned int endpoint, const void *data,
                     uint32_t bytes) {
  struct usb_queue *queue = &device->in[endpoint & 15];
  if (!queue->count) return true;
  struct usb_request request = first_of(queue);
  bytes = smaller(bytes, request.length);
  return answer(device, request.sequence, 0, data, bytes, bytes);
}
