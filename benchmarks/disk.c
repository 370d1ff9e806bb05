/* Writes down what a process does to the files under one folder, and ends it at a chosen moment.
 *
 * Loaded before the C library (LD_PRELOAD), it stands between SQLite or Python and the system. Each
 * change under the folder that disk_begin names is done and then noted in a log, in one order for
 * all threads; fsync and fdatasync are noted only, after the time that a disk would take. What
 * would be left after a power cut is worked out from the log: see disk.py, which reads it.
 *
 * A note is: what, bytes of data, inode, offset (or size, or notes that a sync covers), data.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define LONGEST 4096

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char folder[LONGEST];
static size_t folder_length;
static int log_file = -1;
static int64_t notes, cut_after;
static unsigned sync_microseconds;

/* From now on, note what happens under `path`; after `cut` notes the process is gone. */
void disk_begin(const char *path, int log, int64_t cut, unsigned sync_us)
{
    snprintf(folder, sizeof folder, "%s/", path);
    folder_length = strlen(folder);
    log_file = log;
    notes = 0;
    cut_after = cut;
    sync_microseconds = sync_us;
}

struct note {
    uint32_t what, length;
    uint64_t file, number;
};

static void note(char what, uint64_t file, uint64_t number, const void *data, size_t length)
{
    struct note head = {(uint32_t)what, (uint32_t)length, file, number};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)data, length}};
    if (syscall(SYS_writev, log_file, parts, 2) != (long)(sizeof head + length))
        abort();
    if (++notes == cut_after)
        for (;;)
            kill(getpid(), SIGKILL);
}

static int under(const char *path)
{
    return strncmp(path, folder, folder_length) == 0 ||
           (strncmp(path, folder, folder_length - 1) == 0 && path[folder_length - 1] == '\0');
}

static int of_descriptor(int descriptor, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, LONGEST - 1);
    path[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* Whether a descriptor is of a file or folder that is followed. */
static int followed(int descriptor, struct stat *file)
{
    char path[LONGEST];
    if (log_file < 0 || descriptor == log_file)
        return 0;
    int saved = errno;
    int yes = of_descriptor(descriptor, path) && under(path) && fstat(descriptor, file) == 0;
    errno = saved;
    return yes;
}

/* The whole path of what a call names; whether it is followed. */
static int named(int at, const char *path, char *whole)
{
    if (log_file < 0)
        return 0;
    whole[0] = '\0';
    if (path[0] != '/') {
        if (at == AT_FDCWD ? getcwd(whole, LONGEST - 2) == NULL : !of_descriptor(at, whole))
            return 0;
        strcat(whole, "/");
    }
    strncat(whole, path, LONGEST - 1 - strlen(whole));
    return under(whole);
}

static uint64_t inode_of(const char *path)
{
    struct stat found;
    int saved = errno;
    uint64_t inode = lstat(path, &found) == 0 ? found.st_ino : 0;
    errno = saved;
    return inode;
}

static int opened(int at, const char *path, int flags, mode_t mode)
{
    char whole[LONGEST];
    if (!(flags & (O_CREAT | O_TRUNC)) || !named(at, path, whole))
        return syscall(SYS_openat, at, path, flags, mode);
    pthread_mutex_lock(&turn);
    uint64_t before = inode_of(whole);
    int descriptor = syscall(SYS_openat, at, path, flags, mode);
    if (descriptor >= 0 && before == 0)
        note('c', inode_of(whole), 0, whole, strlen(whole));
    else if (descriptor >= 0 && flags & O_TRUNC)
        note('t', before, 0, "", 0);
    pthread_mutex_unlock(&turn);
    return descriptor;
}

#define MODE_OF(flags, mode)                  \
    mode_t mode = 0;                          \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {  \
        va_list rest;                         \
        va_start(rest, flags);                \
        mode = va_arg(rest, mode_t);          \
        va_end(rest);                         \
    }

int open64(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return opened(AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return opened(AT_FDCWD, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return opened(at, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return opened(at, path, flags, mode);
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t offset)
{
    struct stat file;
    if (!followed(descriptor, &file))
        return syscall(SYS_pwrite64, descriptor, data, length, offset);
    pthread_mutex_lock(&turn);
    ssize_t done = syscall(SYS_pwrite64, descriptor, data, length, offset);
    if (done > 0)
        note('w', file.st_ino, offset, data, done);
    pthread_mutex_unlock(&turn);
    return done;
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset)
{
    return pwrite64(descriptor, data, length, offset);
}

ssize_t write(int descriptor, const void *data, size_t length)
{
    struct stat file;
    if (!followed(descriptor, &file))
        return syscall(SYS_write, descriptor, data, length);
    pthread_mutex_lock(&turn);
    ssize_t done = syscall(SYS_write, descriptor, data, length);
    if (done > 0)
        note('w', file.st_ino, lseek(descriptor, 0, SEEK_CUR) - done, data, done);
    pthread_mutex_unlock(&turn);
    return done;
}

int ftruncate64(int descriptor, off64_t size)
{
    struct stat file;
    if (!followed(descriptor, &file))
        return syscall(SYS_ftruncate, descriptor, size);
    pthread_mutex_lock(&turn);
    int failed = syscall(SYS_ftruncate, descriptor, size);
    if (!failed)
        note('t', file.st_ino, size, "", 0);
    pthread_mutex_unlock(&turn);
    return failed;
}

int ftruncate(int descriptor, off_t size)
{
    return ftruncate64(descriptor, size);
}

/* It vouches for what was written before it began, not for what came while it waited. */
static int synced(int descriptor, int call)
{
    struct stat file;
    if (!followed(descriptor, &file))
        return syscall(call, descriptor);
    pthread_mutex_lock(&turn);
    int64_t covered = notes;
    pthread_mutex_unlock(&turn);
    usleep(sync_microseconds);
    pthread_mutex_lock(&turn);
    note('s', file.st_ino, covered, "", 0);
    pthread_mutex_unlock(&turn);
    return 0;
}

int fsync(int descriptor)
{
    return synced(descriptor, SYS_fsync);
}

int fdatasync(int descriptor)
{
    return synced(descriptor, SYS_fdatasync);
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
    char both[2 * LONGEST + 1], whole[LONGEST];
    if (!named(from_at, from, both) || !named(to_at, to, whole))
        return syscall(SYS_renameat2, from_at, from, to_at, to, 0);
    pthread_mutex_lock(&turn);
    int failed = syscall(SYS_renameat2, from_at, from, to_at, to, 0);
    if (!failed) {
        strcat(strcat(both, "\n"), whole);
        note('r', inode_of(whole), 0, both, strlen(both));
    }
    pthread_mutex_unlock(&turn);
    return failed;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
    char whole[LONGEST];
    if (!named(to_at, to, whole))
        return syscall(SYS_linkat, from_at, from, to_at, to, flags);
    pthread_mutex_lock(&turn);
    int failed = syscall(SYS_linkat, from_at, from, to_at, to, flags);
    if (!failed)
        note('l', inode_of(whole), 0, whole, strlen(whole));
    pthread_mutex_unlock(&turn);
    return failed;
}

int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int at, const char *path, int flags)
{
    char whole[LONGEST];
    if (!named(at, path, whole))
        return syscall(SYS_unlinkat, at, path, flags);
    pthread_mutex_lock(&turn);
    int failed = syscall(SYS_unlinkat, at, path, flags);
    if (!failed)
        note('u', 0, 0, whole, strlen(whole));
    pthread_mutex_unlock(&turn);
    return failed;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int at, const char *path, mode_t mode)
{
    char whole[LONGEST];
    if (!named(at, path, whole))
        return syscall(SYS_mkdirat, at, path, mode);
    pthread_mutex_lock(&turn);
    int failed = syscall(SYS_mkdirat, at, path, mode);
    if (!failed)
        note('m', inode_of(whole), 0, whole, strlen(whole));
    pthread_mutex_unlock(&turn);
    return failed;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

/* Copies inside the kernel would pass by: who asks for one is told to read and write instead. */
ssize_t sendfile64(int to, int from, off64_t *offset, size_t length)
{
    struct stat file;
    if (!followed(to, &file))
        return syscall(SYS_sendfile, to, from, offset, length);
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile(int to, int from, off_t *offset, size_t length)
{
    return sendfile64(to, from, offset, length);
}
