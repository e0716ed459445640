// libusb: devices, control requests, and a stream of bulk transfers that are all handled on one
// thread. Every function returns a result of 0 or more, or -errno.
#pragma once

#include <stdint.h>

#define SHIM_REALTIME \
  __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))

struct shim_usb_device {
  uint16_t vendor, product;
  uint8_t bus, address;
  /// The hubs' ports on the way to it, `port_count` of them.
  uint8_t ports[7];
  uint8_t port_count;
};

/// What is plugged in; nothing is opened. How many fitted.
int shim_usb_devices(struct shim_usb_device *devices, int capacity);

/// Waits until some device of this vendor is plugged in, or until the deadline: 1 or 0. Where
/// libusb hears of no arrivals it is always the deadline.
int shim_usb_await_arrival(uint16_t vendor, int64_t deadline);

/// One opened device. Belongs to one thread at a time.
struct shim_usb;

int shim_usb_open(uint8_t bus, uint8_t address, struct shim_usb **opened);

/// Takes an interface from its kernel driver, which gets it back at the end.
int shim_usb_claim(struct shim_usb *usb, int interface);

/// A control request; for IN (bit 7 of `type`) `data` is filled. Bytes moved.
int shim_usb_control(struct shim_usb *usb, uint8_t type, uint8_t request, uint16_t value,
                     uint16_t index, uint8_t *data, uint16_t count);

/// The first bulk endpoints of the device in its present configuration, of either direction.
int shim_usb_bulk_endpoints(struct shim_usb *usb, uint8_t *in, uint8_t *out);

int shim_usb_clear_halt(struct shim_usb *usb, uint8_t endpoint);

/// Keeps `transfer_count` transfers of `byte_count` bytes under way from a bulk endpoint.
int shim_usb_listen(struct shim_usb *usb, uint8_t endpoint, int transfer_count, int byte_count);

/// Lets everything go: transfers, interfaces, the device.
void shim_usb_close(struct shim_usb *usb);

// The following are for the real-time path. libusb takes mutexes of the device's own context; so
// does its hot-plug thread, of normal priority, for a moment whenever anything is plugged in or
// pulled out on the host. And it allocates and frees one record for each transfer:
// `shim_usb_heap_calls` counts that.

/// Sleeps until a transfer is complete or the deadline: how many wait to be taken. -ENODEV: it was
/// unplugged; another errno: a transfer failed for good; and none waits any more.
SHIM_REALTIME int shim_usb_wait(struct shim_usb *usb, int64_t deadline);

/// The oldest complete transfer: 1, or 0 when there is none. `time` is when this thread learned of
/// it, CLOCK_MONOTONIC. The bytes stay until `shim_usb_give_back`.
SHIM_REALTIME int shim_usb_take(struct shim_usb *usb, const uint8_t **bytes, int *count,
                                int64_t *time);

/// Puts the transfer that was taken last under way again.
SHIM_REALTIME int shim_usb_give_back(struct shim_usb *usb);

/// Sends at most 512 bytes without waiting; -EAGAIN while the message before is on its way.
SHIM_REALTIME int shim_usb_send(struct shim_usb *usb, uint8_t endpoint, const uint8_t *bytes,
                                int count);

/// Allocations and frees inside libusb so far, one of each for a transfer.
SHIM_REALTIME uint64_t shim_usb_heap_calls(const struct shim_usb *usb);
