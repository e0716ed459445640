#define _GNU_SOURCE
#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int shim_create_exclusively(const char *path) {
  int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  return descriptor < 0 ? -errno : descriptor;
}

int shim_write_all_at(int descriptor, const void *bytes, size_t count, int64_t offset) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t written = pwrite(descriptor, next, count, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -errno;
    if (written == 0) return -ENOSPC;
    next += written;
    offset += written;
    count -= (size_t)written;
  }
  return 0;
}

int64_t shim_read_all_at(int descriptor, void *bytes, size_t count, int64_t offset) {
  char *next = bytes;
  size_t left = count;
  while (left > 0) {
    ssize_t got = pread(descriptor, next, left, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    if (got == 0) break;
    next += got;
    offset += got;
    left -= (size_t)got;
  }
  return (int64_t)(count - left);
}

int shim_data_sync(int descriptor) { return fdatasync(descriptor) < 0 ? -errno : 0; }

int shim_folder_sync(const char *folder) {
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  int result = fsync(descriptor) < 0 ? -errno : 0;
  close(descriptor);
  return result;
}

int shim_cut(int descriptor, int64_t byte_count) {
  return ftruncate(descriptor, byte_count) < 0 ? -errno : 0;
}

int64_t shim_file_size(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) < 0) return -errno;
  if (S_ISDIR(status.st_mode)) return -EISDIR;
  if (!S_ISREG(status.st_mode)) return -EINVAL;
  return status.st_size;
}

int64_t shim_free_space(const char *folder) {
  struct statvfs status;
  if (statvfs(folder, &status) < 0) return -errno;
  unsigned __int128 bytes = (unsigned __int128)status.f_bavail * status.f_frsize;
  return bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

int shim_make_folders(const char *path) {
  char part[PATH_MAX];
  size_t length = strlen(path);
  if (length == 0) return -ENOENT;
  if (length >= sizeof part) return -ENAMETOOLONG;
  for (size_t end = 1; end <= length; end++) {
    if (path[end] != '/' && path[end] != '\0') continue;
    memcpy(part, path, end);
    part[end] = '\0';
    // A folder above may exist and yet refuse mkdir, as on a read-only file system.
    if (mkdir(part, 0755) == 0) continue;
    int refusal = errno;
    struct stat status;
    if (stat(part, &status) < 0) return -refusal;
    if (!S_ISDIR(status.st_mode)) return -ENOTDIR;
  }
  return 0;
}

int shim_make_folder_exclusively(const char *path) { return mkdir(path, 0700) < 0 ? -errno : 0; }

int shim_remove(const char *path) { return unlink(path) < 0 ? -errno : 0; }

int shim_rename_exclusively(const char *from, const char *to) {
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  // Some file systems know no exclusive rename; a second name is exclusive everywhere else.
  if (errno != EINVAL && errno != ENOSYS) return -errno;
  if (link(from, to) < 0) return -errno;
  return unlink(from) < 0 ? -errno : 0;
}
