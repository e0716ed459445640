// Serial lines and pseudo-terminals: termios2, so that any baud rate can be asked for.
#pragma once

#include <stdint.h>

#include "attributes.h"

/// Opens a serial device without waiting for a carrier and without becoming its session's
/// terminal; reads and writes never block. A descriptor.
int shim_serial_open(const char *path);

/// Takes the device for this process alone: flock, which counts for root too, then TIOCEXCL.
/// -EWOULDBLOCK when another process holds it; -ENOTTY when it is no terminal.
int shim_serial_lock(int descriptor);

/// 8N1, raw both ways, no flow control, modem lines ignored and left alone on close, at any baud
/// rate (BOTHER). A read without bytes gives -EAGAIN, so that 0 means a line that was hung up.
int shim_serial_configure(int descriptor, uint32_t baud);

/// The rates that the driver really set, one for each direction.
int shim_serial_baud(int descriptor, uint32_t *input_baud, uint32_t *output_baud);

/// ASYNC_LOW_LATENCY: the driver hands bytes over at once. -ENOTTY where it has no such flag.
int shim_serial_set_low_latency(int descriptor);

/// Throws away what was received and what was not sent yet.
int shim_serial_discard(int descriptor);

/// Lets the lock go and closes.
int shim_serial_close(int descriptor);

/// Bytes taken by the driver, of at most `byte_count`; -EAGAIN when its buffer is full.
SHIM_REALTIME int shim_serial_write(int descriptor, const void *bytes, int byte_count);

/// Bytes received, at most `byte_count`; -EAGAIN when there are none; 0 when the line hung up.
SHIM_REALTIME int shim_serial_read(int descriptor, void *bytes, int byte_count);

/// Sleeps until there is something to read or an absolute CLOCK_MONOTONIC instant: 1, 0, or -errno.
SHIM_REALTIME int shim_serial_wait(int descriptor, int64_t deadline);

/// Bytes that the driver holds and has not sent yet (TIOCOUTQ).
SHIM_REALTIME int shim_serial_output_queue(int descriptor);

/// A new pseudo-terminal: the master's descriptor, never blocking; the other end's path, ended by
/// a zero, in `path`.
int shim_pty_open(char *path, int path_byte_count);

/// Throws away what lies at the other end and nobody has read, by opening and closing it. After
/// this the master knows whether anybody has the other end open.
int shim_pty_discard(const char *path);

#define SHIM_PTY_INPUT 1
#define SHIM_PTY_ALONE 2

/// Waits for bytes at the master: SHIM_PTY_INPUT; SHIM_PTY_ALONE, at once, while nobody has the
/// other end open; 0 when the time is over; or -errno.
int shim_pty_wait(int master, int64_t span_nanoseconds);

/// A symbolic link at `link` to `target`. An older link to a pseudo-terminal is replaced; anything
/// else that stands there is left alone: -EEXIST.
int shim_pty_link(const char *target, const char *link);

/// Removes the link if it still points to `target`. 0 when it does not.
int shim_pty_unlink(const char *target, const char *link);
