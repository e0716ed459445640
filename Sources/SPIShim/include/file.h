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

/// The names in `folder` that begin with `prefix`, one after the other, each ended by a zero byte.
/// How many, -ENOSPC when they do not fit, or another -errno.
int shim_device_names(const char *folder, const char *prefix, char *names, size_t byte_count);

/// Opens a regular file of a tree that somebody sent, for reading: `path` is taken below `root`,
/// and no link and no ".." on the way is followed, wherever it leads. The descriptor; -ELOOP or
/// -ENOTDIR for a link, -EXDEV for "..", -EINVAL for what is no regular file, or another -errno.
int shim_open_beneath(const char *root, const char *path);

/// As `shim_device_names`, of a folder of such a tree.
int shim_names_beneath(const char *root, const char *folder, const char *prefix, char *names,
                       size_t byte_count);

/// Reads at most `count` bytes; 0 at the end.
int64_t shim_read(int descriptor, void *bytes, size_t count);

/// Writes at most `count` bytes.
int64_t shim_write(int descriptor, const void *bytes, size_t count);

/// The same into a file of the kernel's tracer, which takes it at once.
SHIM_REALTIME int64_t shim_trace_write(int descriptor, const void *bytes, size_t count);
