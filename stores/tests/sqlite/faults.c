/* Makes writes and syncs fail: preloaded into a process whose environment names the orders in FAULTS.
 *
 * While the file $FAULTS/sync exists, a sync of any file whose path ends with its content fails with EIO; while
 * $FAULTS/full exists, a write to such a file fails with ENOSPC. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int ordered(const char *order, int fd) {
    const char *directory = getenv("FAULTS");
    char path[4096], suffix[256] = "", link[64], target[4096];
    if (directory == NULL) return 0;
    snprintf(path, sizeof path, "%s/%s", directory, order);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    size_t wanted = fread(suffix, 1, sizeof suffix - 1, file);
    fclose(file);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target);
    return length >= (ssize_t)wanted && memcmp(target + length - wanted, suffix, wanted) == 0;
}

#define SYNC(name)                                             \
    int name(int fd) {                                         \
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, #name); \
        if (ordered("sync", fd)) { errno = EIO; return -1; }   \
        return real(fd);                                       \
    }
SYNC(fsync)
SYNC(fdatasync)

#define WRITE(name, offset_t)                                                                     \
    ssize_t name(int fd, const void *bytes, size_t count, offset_t offset) {                      \
        ssize_t (*real)(int, const void *, size_t, offset_t) =                                    \
            (ssize_t (*)(int, const void *, size_t, offset_t))dlsym(RTLD_NEXT, #name);            \
        if (ordered("full", fd)) { errno = ENOSPC; return -1; }                                   \
        return real(fd, bytes, count, offset);                                                    \
    }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)
