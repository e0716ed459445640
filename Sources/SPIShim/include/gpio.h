// GPIO: edge events through the kernel's v2 interface, control lines through libgpiod 1 or 2.
//
// Edges do not go through libgpiod: its version 1 hides `line_seqno`, by which lost edges are
// counted.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "attributes.h"

/// What a gpiochip says of itself.
struct shim_gpio_chip_info {
  char name[32];
  char label[32];
  uint32_t line_count;
};

/// Asks a gpiochip node for its name, label and size. 0, or -errno.
int shim_gpio_chip(const char *path, struct shim_gpio_chip_info *chip);

/// The offset of the line with this name on the chip, -ENOENT, or another -errno.
int shim_gpio_line_named(const char *path, const char *name);

enum { SHIM_GPIO_FALLING = 1, SHIM_GPIO_RISING = 2, SHIM_GPIO_PULL_UP = 4 };

/// Claims lines as inputs and asks for their edges, stamped by CLOCK_MONOTONIC; `flags` of the
/// above. A non-blocking descriptor, or -errno: -EBUSY when somebody else holds a line.
int shim_gpio_edges(const char *path, const uint32_t *offsets, uint32_t line_count,
                    const char *consumer, uint32_t flags, uint32_t event_buffer_size);

/// One edge.
struct shim_gpio_edge {
  /// By the interrupt handler, CLOCK_MONOTONIC.
  int64_t nanoseconds;
  /// Counts every edge of the line, those included that the kernel's buffer had to drop.
  uint32_t line_sequence;
  /// Of the line on its chip.
  uint32_t offset;
  uint32_t is_rising;
};

enum { SHIM_GPIO_EDGES_MAX = 16 };

/// Takes the edges that wait, the oldest first, at most SHIM_GPIO_EDGES_MAX.
/// How many, 0 when none waits, or -errno.
SHIM_REALTIME int shim_gpio_read_edges(int descriptor, struct shim_gpio_edge *edges);

/// The level of the request's first line now: 0 low, 1 high, or -errno.
SHIM_REALTIME int shim_gpio_level(int descriptor);

/// Sleeps until an edge waits: 1; until the absolute CLOCK_MONOTONIC instant: 0; or -errno.
SHIM_REALTIME int shim_gpio_wait(int descriptor, int64_t monotonic_nanoseconds);

/// "1.6.3" or "2.2": the libgpiod that is linked.
const char *shim_gpiod_version(void);

/// Finds a chip by its label through libgpiod. Writes its path; 0, -ENOENT, or another -errno.
int shim_gpiod_chip_labelled(const char *label, char *path, size_t byte_count);

/// A line that we drive.
struct shim_gpio_output;

/// Claims a line as output at `value` (0 or 1). 0, or -errno.
int shim_gpio_output_open(const char *chip_path, uint32_t offset, const char *consumer, int value,
                          struct shim_gpio_output **output);

/// Drives the line. 0, or -errno.
SHIM_REALTIME int shim_gpio_output_set(struct shim_gpio_output *output, int value);

/// Lets the line go.
void shim_gpio_output_close(struct shim_gpio_output *output);
