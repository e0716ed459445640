// SPDX-License-Identifier: Apache-2.0
/*
 * A USB device in user space, behind the kernel's vhci_hcd: no network, no usbipd. One end of a pair
 * of sockets goes to the kernel, which speaks the USB/IP protocol on it (linux/usbip.h,
 * Documentation/usb/usbip_protocol.rst); a device answers on the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USB_TRANSFER_MAX (1 << 20) /* bytes of one request; longer ones are refused */
#define USB_STRINGS 3
#define USB_WAITING_MAX 512        /* requests of an endpoint that wait */

enum usb_speed { USB_LOW = 1, USB_FULL = 2, USB_HIGH = 3 };

struct usb_request {
  uint32_t sequence, length;
};

struct usb_queue {
  struct usb_request waiting[USB_WAITING_MAX];
  unsigned int count;
};

struct usb_device {
  const uint8_t *device_descriptor; /* 18 bytes */
  const uint8_t *configuration;     /* with interfaces and endpoints */
  uint16_t configuration_bytes;
  const char *strings[USB_STRINGS]; /* strings 1, 2 and 3: maker, product, serial number */
  enum usb_speed speed;

  /*
   * A class or vendor request. For IN the answer goes to `data`, at most `*bytes`, which becomes its
   * length; for OUT `*bytes` have come. False: stalls.
   */
  bool (*control)(struct usb_device *device, const uint8_t setup[8], uint8_t *data,
                  uint32_t *bytes);
  /* Bytes for an endpoint; true: taken, false: offered again by usb_resume_out(). */
  bool (*out)(struct usb_device *device, unsigned int endpoint, const uint8_t *data,
              uint32_t bytes);

  int socket;
  struct usb_queue in[16];
  /* OUT transfers that were not taken yet, in order. */
  struct usb_held {
    struct usb_request request;
    unsigned int endpoint;
    uint8_t *data;
  } held[USB_WAITING_MAX];
  unsigned int held_count;
};

/* Plugs it in at a port, 0 to 7. False, with errno: it cannot be. */
bool usb_plug(struct usb_device *device, unsigned int port);

/* Serves one request, after `socket` became readable. False: unplugged. */
bool usb_serve(struct usb_device *device);

/* The length of the IN request that waits longest; 0: none waits. */
uint32_t usb_wanted(const struct usb_device *device, unsigned int endpoint);

/* The length of all that wait together. */
uint32_t usb_wanted_in_all(const struct usb_device *device, unsigned int endpoint);

/* Ends the one that waits longest with an error of <errno.h>, negative. */
bool usb_fail_in(struct usb_device *device, unsigned int endpoint, int status);

/* Answers it. */
bool usb_complete_in(struct usb_device *device, unsigned int endpoint, const void *data,
                     uint32_t bytes);

/* Offers the OUT transfers that were not taken again. False: unplugged. */
bool usb_resume_out(struct usb_device *device);
