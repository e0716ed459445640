// Files and descriptors.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "attributes.h"

/// Opens for reading (0), writing (1) or both (2), close-on-exec, with O_NONBLOCK (04000) added or
/// not. The descriptor, or -errno.
int shim_open(const char *path, int access);

void shim_close(int descriptor);

/// Whether a path may be read and written: 0, or -errno. Nothing is opened.
int shim_may_use(const char *path);

/// The path without links, ended by a zero. 0, or -errno; -ERANGE when it does not fit.
int shim_real_path(const char *path, char *real, size_t byte_count);

/// Reads at most `count` bytes; 0 at the end.
int64_t shim_read(int descriptor, void *bytes, size_t count);

/// Writes at most `count` bytes.
int64_t shim_write(int descriptor, const void *bytes, size_t count);

/// The same into a file of the kernel's tracer, which takes it at once.
SHIM_REALTIME int64_t shim_trace_write(int descriptor, const void *bytes, size_t count);
