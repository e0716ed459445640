// Files that must survive: created once, written at known places, made durable on demand.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "attributes.h"

/// Creates a file that must not exist yet, for reading and writing. The descriptor, or -errno.
int shim_create_exclusively(const char *path);

/// Writes all of it at `offset`, however many calls that takes. 0, or -errno.
int shim_write_all_at(int descriptor, const void *bytes, size_t count, int64_t offset);

/// Reads until `count` bytes are there or the file ends. Bytes read, or -errno.
int64_t shim_read_all_at(int descriptor, void *bytes, size_t count, int64_t offset);

/// Waits until the file's data are on the medium. 0, or -errno.
int shim_data_sync(int descriptor);

/// Makes the name of a new file in `folder` durable. 0, or -errno.
int shim_folder_sync(const char *folder);

/// Cuts a file. 0, or -errno.
int shim_cut(int descriptor, int64_t byte_count);

/// Bytes in a regular file; -EISDIR for a folder, -EINVAL for anything else that is not one.
int64_t shim_file_size(int descriptor);

/// Bytes that this process may still write where `folder` lies, or -errno.
int64_t shim_free_space(const char *folder);

/// Makes a folder and those above it; an existing one will do. 0, or -errno.
int shim_make_folders(const char *path);

/// Makes a folder that must not exist yet, for this user alone. 0, -EEXIST, or another -errno.
int shim_make_folder_exclusively(const char *path);

/// Removes a file's name. 0, or -errno.
int shim_remove(const char *path);

/// Gives a file its final name unless that is taken. 0, -EEXIST, or another -errno.
int shim_rename_exclusively(const char *from, const char *to);
