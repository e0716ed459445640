// Serial ports and pseudo terminals.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "attributes.h"

/// Opens a serial device without waiting for a carrier, close-on-exec, non-blocking. The
/// descriptor, or -errno; -ENOTTY when it is no terminal.
int shim_serial_open(const char *path);

/// Raw 8N1 at any rate (termios2 with BOTHER), modem lines ignored, no hang-up on close.
/// On success `*actual` is the rate that the driver reports back.
int shim_serial_configure(int descriptor, uint32_t baud, uint32_t *actual);

/// Takes the device for this process alone: flock and TIOCEXCL. -EBUSY when another has it.
int shim_serial_lock(int descriptor);

/// Asks the driver to hand on bytes at once; -ENOTTY where it has no such setting.
int shim_serial_low_latency(int descriptor);

/// Bytes written but not sent yet.
SHIM_REALTIME int shim_serial_queued(int descriptor);

SHIM_REALTIME int64_t shim_serial_read(int descriptor, void *bytes, size_t count);
SHIM_REALTIME int64_t shim_serial_write(int descriptor, const void *bytes, size_t count);

/// Waits at most so long for bytes to read: 1 when there are, 0 when not, or -errno.
int shim_serial_wait(int descriptor, int milliseconds);

/// Makes a pseudo terminal: the descriptor of its far end, and the path of the near one.
int shim_pty_open(char *path, size_t capacity);

/// Makes or replaces a symbolic link.
int shim_symlink(const char *target, const char *link);
int shim_unlink(const char *path);
