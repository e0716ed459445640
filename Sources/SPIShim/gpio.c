#define _GNU_SOURCE
#include "gpio.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <linux/gpio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct gpiochip_info) == 68, "GPIO uAPI: chip info");
_Static_assert(sizeof(struct gpio_v2_line_info) == 256, "GPIO uAPI v2: line info");
_Static_assert(sizeof(struct gpio_v2_line_request) == 592, "GPIO uAPI v2: line request");
_Static_assert(sizeof(struct gpio_v2_line_event) == 48, "GPIO uAPI v2: line event");

static int open_chip(const char *path) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int shim_gpio_chip(const char *path, struct shim_gpio_chip_info *chip) {
  int descriptor = open_chip(path);
  if (descriptor < 0) return descriptor;
  struct gpiochip_info info = {0};
  int result = ioctl(descriptor, GPIO_GET_CHIPINFO_IOCTL, &info) < 0 ? -errno : 0;
  close(descriptor);
  memcpy(chip->name, info.name, sizeof chip->name);
  memcpy(chip->label, info.label, sizeof chip->label);
  chip->name[sizeof chip->name - 1] = 0;
  chip->label[sizeof chip->label - 1] = 0;
  chip->line_count = info.lines;
  return result;
}

int shim_gpio_line_named(const char *path, const char *name) {
  struct shim_gpio_chip_info chip;
  int result = shim_gpio_chip(path, &chip);
  if (result < 0) return result;
  int descriptor = open_chip(path);
  if (descriptor < 0) return descriptor;
  result = -ENOENT;
  for (uint32_t offset = 0; offset < chip.line_count; offset++) {
    struct gpio_v2_line_info info = {.offset = offset};
    if (ioctl(descriptor, GPIO_V2_GET_LINEINFO_IOCTL, &info) < 0) {
      result = -errno;
      break;
    }
    if (strncmp(info.name, name, sizeof info.name) == 0) {
      result = (int)offset;
      break;
    }
  }
  close(descriptor);
  return result;
}

int shim_gpio_edges(const char *path, const uint32_t *offsets, uint32_t line_count,
                    const char *consumer, uint32_t flags, uint32_t event_buffer_size) {
  if (line_count == 0 || line_count > GPIO_V2_LINES_MAX) return -EINVAL;
  int descriptor = open_chip(path);
  if (descriptor < 0) return descriptor;
  struct gpio_v2_line_request request = {
      .config.flags = GPIO_V2_LINE_FLAG_INPUT |
                      (flags & SHIM_GPIO_FALLING ? GPIO_V2_LINE_FLAG_EDGE_FALLING : 0) |
                      (flags & SHIM_GPIO_RISING ? GPIO_V2_LINE_FLAG_EDGE_RISING : 0) |
                      (flags & SHIM_GPIO_PULL_UP ? GPIO_V2_LINE_FLAG_BIAS_PULL_UP : 0),
      .num_lines = line_count,
      .event_buffer_size = event_buffer_size,
  };
  memcpy(request.offsets, offsets, line_count * sizeof offsets[0]);
  snprintf(request.consumer, sizeof request.consumer, "%s", consumer);
  int result = ioctl(descriptor, GPIO_V2_GET_LINE_IOCTL, &request) < 0 ? -errno : request.fd;
  close(descriptor);
  if (result >= 0 && fcntl(result, F_SETFL, O_NONBLOCK) < 0) {
    int error = -errno;
    close(result);
    return error;
  }
  return result;
}

int shim_gpio_read_edges(int descriptor, struct shim_gpio_edge *edges) {
  struct gpio_v2_line_event events[SHIM_GPIO_EDGES_MAX];
  ssize_t size = read(descriptor, events, sizeof events);
  if (size < 0) return errno == EAGAIN ? 0 : -errno;
  int count = (int)(size / (ssize_t)sizeof events[0]);
  for (int i = 0; i < count; i++) {
    edges[i].nanoseconds = (int64_t)events[i].timestamp_ns;
    edges[i].line_sequence = events[i].line_seqno;
    edges[i].offset = events[i].offset;
    edges[i].is_rising = events[i].id == GPIO_V2_LINE_EVENT_RISING_EDGE;
  }
  return count;
}

int shim_gpio_level(int descriptor) {
  struct gpio_v2_line_values values = {.mask = 1};
  if (ioctl(descriptor, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) < 0) return -errno;
  return (int)(values.bits & 1);
}

int shim_gpio_wait(int descriptor, int64_t monotonic_nanoseconds) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t left = monotonic_nanoseconds - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
  if (left < 0) left = 0;
  struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
  struct pollfd waited = {.fd = descriptor, .events = POLLIN};
  int result = ppoll(&waited, 1, &timeout, 0);
  if (result < 0) return -errno;
  // A chip that is unbound under us: an error for good, not an edge.
  if (result > 0 && !(waited.revents & POLLIN)) return -ENODEV;
  return result;
}

struct shim_gpio_output {
  struct gpiod_chip *chip;
#if defined(GPIOD_LINE_BULK_MAX_LINES)
  struct gpiod_line *line;
#else
  struct gpiod_line_request *request;
  unsigned int offset;
#endif
};

// errno may be 0 when libgpiod itself ran out of memory.
static int failure(void) { return errno ? -errno : -ENOMEM; }

static int written(char *path, size_t byte_count, const char *text) {
  int size = snprintf(path, byte_count, "%s", text);
  return size < 0 || (size_t)size >= byte_count ? -ENAMETOOLONG : 0;
}

#if defined(GPIOD_LINE_BULK_MAX_LINES)  // libgpiod 1.x

const char *shim_gpiod_version(void) { return gpiod_version_string(); }

int shim_gpiod_chip_labelled(const char *label, char *path, size_t byte_count) {
  errno = 0;
  struct gpiod_chip *chip = gpiod_chip_open_by_label(label);
  if (!chip) return errno ? -errno : -ENOENT;
  char device[64];
  snprintf(device, sizeof device, "/dev/%s", gpiod_chip_name(chip));
  gpiod_chip_close(chip);
  return written(path, byte_count, device);
}

static int request_line(struct shim_gpio_output *output, uint32_t offset, const char *consumer,
                        int value) {
  output->line = gpiod_chip_get_line(output->chip, offset);
  if (!output->line) return failure();
  return gpiod_line_request_output(output->line, consumer, value) < 0 ? failure() : 0;
}

int shim_gpio_output_set(struct shim_gpio_output *output, int value) {
  return gpiod_line_set_value(output->line, value) < 0 ? -errno : 0;
}

// Closing the chip releases its lines.
void shim_gpio_output_close(struct shim_gpio_output *output) {
  gpiod_chip_close(output->chip);
  free(output);
}

#else  // libgpiod 2.x

const char *shim_gpiod_version(void) { return gpiod_api_version(); }

int shim_gpiod_chip_labelled(const char *label, char *path, size_t byte_count) {
  char names[4096];
  int count = shim_device_names("/dev", "gpiochip", names, sizeof names);
  if (count < 0) return count;
  const char *name = names;
  int result = -ENOENT;
  // A chip that may not be opened might be the one: then "not found" would mislead.
  int refusal = -ENOENT;
  for (int i = 0; i < count && result == -ENOENT; i++, name += strlen(name) + 1) {
    char device[300];
    snprintf(device, sizeof device, "/dev/%s", name);
    struct gpiod_chip *chip = gpiod_chip_open(device);
    if (!chip) {
      if (errno == EACCES) refusal = -EACCES;
      continue;
    }
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    if (info && strcmp(gpiod_chip_info_get_label(info), label) == 0)
      result = written(path, byte_count, device);
    if (info) gpiod_chip_info_free(info);
    gpiod_chip_close(chip);
  }
  return result == -ENOENT ? refusal : result;
}

static int request_line(struct shim_gpio_output *output, uint32_t offset, const char *consumer,
                        int value) {
  unsigned int offsets[1] = {offset};
  int result = -ENOMEM;
  struct gpiod_line_settings *settings = gpiod_line_settings_new();
  struct gpiod_line_config *lines = gpiod_line_config_new();
  struct gpiod_request_config *request = gpiod_request_config_new();
  if (settings && lines && request) {
    gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
    gpiod_line_settings_set_output_value(
        settings, value ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
    gpiod_request_config_set_consumer(request, consumer);
    errno = 0;
    if (gpiod_line_config_add_line_settings(lines, offsets, 1, settings) == 0)
      output->request = gpiod_chip_request_lines(output->chip, request, lines);
    output->offset = offset;
    result = output->request ? 0 : failure();
  }
  if (request) gpiod_request_config_free(request);
  if (lines) gpiod_line_config_free(lines);
  if (settings) gpiod_line_settings_free(settings);
  return result;
}

int shim_gpio_output_set(struct shim_gpio_output *output, int value) {
  enum gpiod_line_value level = value ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
  return gpiod_line_request_set_value(output->request, output->offset, level) < 0 ? -errno : 0;
}

void shim_gpio_output_close(struct shim_gpio_output *output) {
  if (output->request) gpiod_line_request_release(output->request);
  gpiod_chip_close(output->chip);
  free(output);
}

#endif

int shim_gpio_output_open(const char *chip_path, uint32_t offset, const char *consumer, int value,
                          struct shim_gpio_output **output) {
  struct shim_gpio_output *opened = calloc(1, sizeof *opened);
  if (!opened) return -ENOMEM;
  errno = 0;
  opened->chip = gpiod_chip_open(chip_path);
  if (!opened->chip) {
    int error = failure();
    free(opened);
    return error;
  }
  int result = request_line(opened, offset, consumer, value);
  if (result < 0) {
    shim_gpio_output_close(opened);
    return result;
  }
  *output = opened;
  return 0;
}
