#define _GNU_SOURCE
#include <errno.h>
#include <libusb-1.0/libusb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "USBShim.h"

enum { CONTROL_TIMEOUT_MS = 1000, TRANSFERS_MAX = 256, MESSAGE_MAX = 512, INTERFACES_MAX = 4 };

struct shim_usb {
  libusb_context *context;
  libusb_device_handle *handle;
  int interfaces[INTERFACES_MAX], interface_count;
  struct libusb_transfer *transfers[TRANSFERS_MAX];
  int transfer_count, under_way;
  uint8_t *memory;
  // Complete transfers in the order of their completion.
  struct {
    struct libusb_transfer *transfer;
    int64_t time;
  } complete[TRANSFERS_MAX];
  unsigned int first, waiting;
  struct libusb_transfer *taken;
  struct libusb_transfer *message;
  uint8_t message_bytes[MESSAGE_MAX];
  bool is_sending, is_closing;
  int failure;
  uint64_t heap_calls;
};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static int negated_errno(int code) {
  switch (code) {
  case LIBUSB_ERROR_IO: return -EIO;
  case LIBUSB_ERROR_INVALID_PARAM: return -EINVAL;
  case LIBUSB_ERROR_ACCESS: return -EACCES;
  case LIBUSB_ERROR_NO_DEVICE: return -ENODEV;
  case LIBUSB_ERROR_NOT_FOUND: return -ENOENT;
  case LIBUSB_ERROR_BUSY: return -EBUSY;
  case LIBUSB_ERROR_TIMEOUT: return -ETIMEDOUT;
  case LIBUSB_ERROR_OVERFLOW: return -EOVERFLOW;
  case LIBUSB_ERROR_PIPE: return -EPIPE;
  case LIBUSB_ERROR_INTERRUPTED: return -EINTR;
  case LIBUSB_ERROR_NO_MEM: return -ENOMEM;
  case LIBUSB_ERROR_NOT_SUPPORTED: return -ENOTSUP;
  default: return code < 0 ? -EIO : code;
  }
}

static int status_errno(enum libusb_transfer_status status) {
  switch (status) {
  case LIBUSB_TRANSFER_COMPLETED: return 0;
  case LIBUSB_TRANSFER_NO_DEVICE: return -ENODEV;
  case LIBUSB_TRANSFER_STALL: return -EPIPE;
  case LIBUSB_TRANSFER_OVERFLOW: return -EOVERFLOW;
  case LIBUSB_TRANSFER_TIMED_OUT: return -ETIMEDOUT;
  case LIBUSB_TRANSFER_CANCELLED: return -ECANCELED;
  default: return -EIO;
  }
}

// ---- what is plugged in ----

int shim_usb_devices(struct shim_usb_device *devices, int capacity) {
  libusb_context *context;
  int result = libusb_init(&context);
  if (result < 0) return negated_errno(result);
  libusb_device **list;
  ssize_t count = libusb_get_device_list(context, &list);
  int found = count < 0 ? negated_errno((int)count) : 0;
  for (ssize_t n = 0; n < count && found < capacity; n++) {
    struct libusb_device_descriptor descriptor;
    if (libusb_get_device_descriptor(list[n], &descriptor) < 0) continue;
    struct shim_usb_device *device = &devices[found++];
    device->vendor = descriptor.idVendor;
    device->product = descriptor.idProduct;
    device->bus = libusb_get_bus_number(list[n]);
    device->address = libusb_get_device_address(list[n]);
    int ports = libusb_get_port_numbers(list[n], device->ports, sizeof device->ports);
    device->port_count = ports < 0 ? 0 : (uint8_t)ports;
  }
  if (count >= 0) libusb_free_device_list(list, 1);
  libusb_exit(context);
  return found;
}

static int LIBUSB_CALL arrive(libusb_context *context, libusb_device *device,
                              libusb_hotplug_event event, void *arrived) {
  (void)context, (void)device, (void)event;
  *(int *)arrived = 1;
  return 0;
}

static struct timeval until(int64_t deadline) {
  int64_t left = deadline - now();
  if (left < 0) left = 0;
  return (struct timeval){.tv_sec = left / 1000000000, .tv_usec = left % 1000000000 / 1000};
}

int shim_usb_await_arrival(uint16_t vendor, int64_t deadline) {
  libusb_context *context;
  int result = libusb_init(&context), arrived = 0;
  if (result < 0) return negated_errno(result);
  libusb_hotplug_callback_handle callback = 0;
  if (libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG))
    result = libusb_hotplug_register_callback(context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED, 0,
                                              vendor, LIBUSB_HOTPLUG_MATCH_ANY,
                                              LIBUSB_HOTPLUG_MATCH_ANY, arrive, &arrived,
                                              &callback);
  while (!arrived && now() < deadline) {
    struct timeval left = until(deadline);
    if (libusb_handle_events_timeout_completed(context, &left, &arrived) < 0) break;
  }
  libusb_exit(context);
  return arrived;
}

// ---- one device ----

int shim_usb_open(uint8_t bus, uint8_t address, struct shim_usb **opened) {
  struct shim_usb *usb = calloc(1, sizeof *usb);
  if (!usb) return -ENOMEM;
  int result = libusb_init(&usb->context);
  if (result < 0) {
    free(usb);
    return negated_errno(result);
  }
  libusb_device **list;
  ssize_t count = libusb_get_device_list(usb->context, &list);
  result = count < 0 ? (int)count : LIBUSB_ERROR_NO_DEVICE;
  for (ssize_t n = 0; n < count; n++)
    if (libusb_get_bus_number(list[n]) == bus && libusb_get_device_address(list[n]) == address)
      result = libusb_open(list[n], &usb->handle);
  if (count >= 0) libusb_free_device_list(list, 1);
  usb->message = result < 0 ? 0 : libusb_alloc_transfer(0);
  if (result >= 0 && !usb->message) result = LIBUSB_ERROR_NO_MEM;
  if (result < 0) {
    shim_usb_close(usb);
    return negated_errno(result);
  }
  libusb_set_auto_detach_kernel_driver(usb->handle, 1);
  *opened = usb;
  return 0;
}

int shim_usb_claim(struct shim_usb *usb, int interface) {
  if (usb->interface_count == INTERFACES_MAX) return -EINVAL;
  int result = libusb_claim_interface(usb->handle, interface);
  if (result == 0) usb->interfaces[usb->interface_count++] = interface;
  return negated_errno(result);
}

int shim_usb_control(struct shim_usb *usb, uint8_t type, uint8_t request, uint16_t value,
                     uint16_t index, uint8_t *data, uint16_t count) {
  return negated_errno(libusb_control_transfer(usb->handle, type, request, value, index, data,
                                               count, CONTROL_TIMEOUT_MS));
}

int shim_usb_bulk_endpoints(struct shim_usb *usb, uint8_t *in, uint8_t *out) {
  struct libusb_config_descriptor *configuration;
  int result =
      libusb_get_active_config_descriptor(libusb_get_device(usb->handle), &configuration);
  if (result < 0) return negated_errno(result);
  *in = *out = 0;
  for (int i = 0; i < configuration->bNumInterfaces; i++) {
    if (configuration->interface[i].num_altsetting < 1) continue;
    const struct libusb_interface_descriptor *setting = configuration->interface[i].altsetting;
    for (int e = 0; e < setting->bNumEndpoints; e++) {
      const struct libusb_endpoint_descriptor *endpoint = &setting->endpoint[e];
      if ((endpoint->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) != LIBUSB_TRANSFER_TYPE_BULK)
        continue;
      uint8_t *found = endpoint->bEndpointAddress & LIBUSB_ENDPOINT_IN ? in : out;
      if (*found == 0) *found = endpoint->bEndpointAddress;
    }
  }
  libusb_free_config_descriptor(configuration);
  return *in && *out ? 0 : -ENOENT;
}

int shim_usb_clear_halt(struct shim_usb *usb, uint8_t endpoint) {
  return negated_errno(libusb_clear_halt(usb->handle, endpoint));
}

static void LIBUSB_CALL receive(struct libusb_transfer *transfer) {
  struct shim_usb *usb = transfer->user_data;
  usb->under_way--;
  usb->heap_calls++;
  int failure = status_errno(transfer->status);
  if (failure < 0) {
    if (!usb->is_closing && !usb->failure) usb->failure = failure;
    return;
  }
  unsigned int place = (usb->first + usb->waiting++) % TRANSFERS_MAX;
  usb->complete[place].transfer = transfer;
  usb->complete[place].time = now();
}

static void LIBUSB_CALL sent(struct libusb_transfer *transfer) {
  struct shim_usb *usb = transfer->user_data;
  usb->is_sending = false;
  usb->heap_calls++;
}

static int submit(struct shim_usb *usb, struct libusb_transfer *transfer) {
  int result = libusb_submit_transfer(transfer);
  if (result == 0) {
    usb->under_way++;
    usb->heap_calls++;
  }
  return negated_errno(result);
}

int shim_usb_listen(struct shim_usb *usb, uint8_t endpoint, int transfer_count, int byte_count) {
  if (transfer_count < 1 || transfer_count > TRANSFERS_MAX || byte_count < 1 || usb->memory)
    return -EINVAL;
  usb->memory = calloc((size_t)transfer_count, (size_t)byte_count);
  if (!usb->memory) return -ENOMEM;
  for (int n = 0; n < transfer_count; n++) {
    struct libusb_transfer *transfer = libusb_alloc_transfer(0);
    if (!transfer) return -ENOMEM;
    usb->transfers[usb->transfer_count++] = transfer;
    libusb_fill_bulk_transfer(transfer, usb->handle, endpoint,
                              usb->memory + (size_t)n * (size_t)byte_count, byte_count, receive,
                              usb, 0);
    int result = submit(usb, transfer);
    if (result < 0) return result;
  }
  return 0;
}

void shim_usb_close(struct shim_usb *usb) {
  usb->is_closing = true;
  for (int n = 0; n < usb->transfer_count; n++) libusb_cancel_transfer(usb->transfers[n]);
  if (usb->is_sending) libusb_cancel_transfer(usb->message);
  int64_t deadline = now() + 1000000000;
  while ((usb->under_way > 0 || usb->is_sending) && now() < deadline) {
    struct timeval left = until(deadline);
    int result = libusb_handle_events_timeout_completed(usb->context, &left, 0);
    if (result < 0 && result != LIBUSB_ERROR_INTERRUPTED) break;
  }
  // What the kernel still has of a device that does not let go is not freed under its hands.
  bool is_idle = usb->under_way == 0 && !usb->is_sending;
  for (int n = 0; is_idle && n < usb->transfer_count; n++) libusb_free_transfer(usb->transfers[n]);
  if (is_idle) libusb_free_transfer(usb->message);
  while (usb->handle && usb->interface_count > 0)
    libusb_release_interface(usb->handle, usb->interfaces[--usb->interface_count]);
  if (usb->handle) libusb_close(usb->handle);
  if (!is_idle) return;
  libusb_exit(usb->context);
  free(usb->memory);
  free(usb);
}

// ---- the real-time path ----

int shim_usb_wait(struct shim_usb *usb, int64_t deadline) {
  for (bool is_late = false; usb->waiting == 0 && !usb->failure && !is_late;) {
    is_late = now() >= deadline;
    struct timeval left = until(deadline);
    int result = libusb_handle_events_timeout_completed(usb->context, &left, 0);
    if (result < 0 && result != LIBUSB_ERROR_INTERRUPTED) usb->failure = negated_errno(result);
  }
  return usb->waiting > 0 ? (int)usb->waiting : usb->failure;
}

int shim_usb_take(struct shim_usb *usb, const uint8_t **bytes, int *count, int64_t *time) {
  if (usb->waiting == 0) return 0;
  struct libusb_transfer *transfer = usb->complete[usb->first].transfer;
  *time = usb->complete[usb->first].time;
  *bytes = transfer->buffer;
  *count = transfer->actual_length;
  usb->first = (usb->first + 1) % TRANSFERS_MAX;
  usb->waiting--;
  usb->taken = transfer;
  return 1;
}

int shim_usb_give_back(struct shim_usb *usb) {
  struct libusb_transfer *transfer = usb->taken;
  usb->taken = 0;
  if (!transfer) return 0;
  int result = submit(usb, transfer);
  if (result < 0 && !usb->failure) usb->failure = result;
  return result;
}

int shim_usb_send(struct shim_usb *usb, uint8_t endpoint, const uint8_t *bytes, int count) {
  if (count < 0 || count > MESSAGE_MAX) return -EINVAL;
  if (usb->is_sending) return -EAGAIN;
  memcpy(usb->message_bytes, bytes, (size_t)count);
  libusb_fill_bulk_transfer(usb->message, usb->handle, endpoint, usb->message_bytes, count, sent,
                            usb, CONTROL_TIMEOUT_MS);
  int result = libusb_submit_transfer(usb->message);
  if (result == 0) {
    usb->is_sending = true;
    usb->heap_calls++;
  }
  return negated_errno(result);
}

uint64_t shim_usb_heap_calls(const struct shim_usb *usb) { return usb->heap_calls; }
