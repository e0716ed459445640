#define _GNU_SOURCE
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int shim_open(const char *path, int access) {
  int descriptor = open(path, access | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int shim_may_use(const char *path) { return access(path, R_OK | W_OK) < 0 ? -errno : 0; }

int shim_real_path(const char *path, char *real, size_t byte_count) {
  char *found = realpath(path, 0);
  if (!found) return -errno;
  size_t length = strlen(found) + 1;
  if (length <= byte_count) memcpy(real, found, length);
  free(found);
  return length <= byte_count ? 0 : -ERANGE;
}

static int names_in(DIR *directory, const char *prefix, char *names, size_t byte_count) {
  if (!directory) return -errno;
  int count = 0;
  size_t used = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) continue;
    size_t size = strlen(entry->d_name) + 1;
    if (used + size > byte_count) {
      closedir(directory);
      return -ENOSPC;
    }
    memcpy(names + used, entry->d_name, size);
    used += size;
    count++;
  }
  closedir(directory);
  return count;
}

int shim_device_names(const char *folder, const char *prefix, char *names, size_t byte_count) {
  return names_in(opendir(folder), prefix, names, byte_count);
}

// One component after the other, so that each is looked at: this holds on every kernel, where
// openat2 is of 5.6 and often forbidden in containers. The folder that holds the last component,
// which is copied to `last`; or -errno.
static int descend(const char *root, const char *path, char last[NAME_MAX + 1]) {
  int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -errno;
  last[0] = '\0';
  for (;;) {
    path += strspn(path, "/");
    size_t length = strcspn(path, "/");
    if (length == 0) return folder;
    int result = 0;
    if (last[0]) {
      int next = openat(folder, last, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      result = next < 0 ? -errno : 0;
      close(folder);
      folder = next;
    }
    if (result == 0 && length > NAME_MAX) result = -ENAMETOOLONG;
    if (result == 0) {
      memcpy(last, path, length);
      last[length] = '\0';
      path += length;
      if (strcmp(last, "..") == 0) result = -EXDEV;
    }
    if (result < 0) {
      if (folder >= 0) close(folder);
      return result;
    }
  }
}

// The flags say how; O_NOFOLLOW and O_CLOEXEC are added.
static int open_last(const char *root, const char *path, int flags, mode_t kind) {
  char last[NAME_MAX + 1];
  int folder = descend(root, path, last);
  if (folder < 0) return folder;
  struct stat status;
  int result = -EINVAL;
  const char *name = last[0] ? last : ".";
  // Before it is opened: opening some devices does something.
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
    result = -errno;
  } else if (S_ISLNK(status.st_mode)) {
    result = -ELOOP;
  } else if ((status.st_mode & S_IFMT) == kind) {
    result = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC);
    if (result < 0) result = -errno;
  }
  close(folder);
  // What it is now: it may have been exchanged meanwhile.
  if (result >= 0 && (fstat(result, &status) < 0 || (status.st_mode & S_IFMT) != kind)) {
    close(result);
    result = -EINVAL;
  }
  return result;
}

int shim_open_beneath(const char *root, const char *path) {
  return open_last(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, S_IFREG);
}

int shim_names_beneath(const char *root, const char *folder, const char *prefix, char *names,
                       size_t byte_count) {
  int descriptor = open_last(root, folder, O_RDONLY | O_DIRECTORY, S_IFDIR);
  if (descriptor < 0) return descriptor;
  DIR *directory = fdopendir(descriptor);
  if (!directory) close(descriptor);
  return names_in(directory, prefix, names, byte_count);
}

void shim_close(int descriptor) { close(descriptor); }

int64_t shim_read(int descriptor, void *bytes, size_t count) {
  ssize_t result = read(descriptor, bytes, count);
  return result < 0 ? -errno : result;
}

int64_t shim_write(int descriptor, const void *bytes, size_t count) {
  ssize_t result = write(descriptor, bytes, count);
  return result < 0 ? -errno : result;
}

int64_t shim_trace_write(int descriptor, const void *bytes, size_t count) {
  return shim_write(descriptor, bytes, count);
}
