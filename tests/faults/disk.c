/* Stands between a process and its disk (LD_PRELOAD): writes down what is done to the files of one
   folder, byte for byte, so that every state a power cut could leave can be made again; and can let
   any one of these operations fail. Only what SQLite and Python use on Linux is caught. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE, SYNC, NAME, UNLINK, MARK, RENAME };
enum { FILES = 256, DESCRIPTORS = 4096 };

static char folder[PATH_MAX];
static size_t folder_length;
static int record = -1;
static char *names[FILES];
static int files;
static short of_descriptor[DESCRIPTORS]; /* 0 none, else file number + 1 */

static long operations, fail_at, fail_errno, fail_sticky;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void disk_watch(const char *path, const char *log)
{
    strncpy(folder, path, sizeof folder - 1);
    folder_length = strlen(folder);
    if (log)
        record = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void disk_fail(long at, long error, long sticky)
{
    operations = 0;
    fail_at = at;
    fail_errno = error;
    fail_sticky = sticky;
}

long disk_operations(void) { return operations; }

static void put(int operation, int file, uint64_t place, uint32_t length, const void *data)
{
    struct __attribute__((packed)) { uint8_t operation; uint32_t file; uint64_t place; uint32_t length; }
        head = {(uint8_t)operation, (uint32_t)file, place, length};
    if (record < 0)
        return;
    if (REAL(write)(record, &head, sizeof head) < 0)
        abort();
    if (data && length && REAL(write)(record, data, length) < 0)
        abort();
}

void disk_mark(long number) { put(MARK, 0, (uint64_t)number, 0, NULL); }

/* Says whether this operation has to fail, with errno set. */
static int fails(void)
{
    operations++;
    if (!fail_at || operations < fail_at || (operations > fail_at && !fail_sticky))
        return 0;
    errno = (int)fail_errno;
    return 1;
}

static int number_of(const char *path)
{
    char whole[PATH_MAX];
    if (!folder_length)
        return -1;
    if (path[0] != '/') {
        if (!getcwd(whole, sizeof whole - strlen(path) - 2))
            return -1;
        strcat(strcat(whole, "/"), path);
        path = whole;
    }
    if (strncmp(path, folder, folder_length) || strstr(path, "-shm"))
        return -1;
    for (int file = 0; file < files; file++)
        if (!strcmp(names[file], path))
            return file;
    if (files == FILES)
        abort();
    names[files] = strdup(path);
    put(NAME, files, 0, (uint32_t)strlen(path), path);
    return files++;
}

static int opened(const char *path, int descriptor, int flags)
{
    int file = descriptor < 0 || descriptor >= DESCRIPTORS ? -1 : number_of(path);
    if (descriptor >= 0 && descriptor < DESCRIPTORS)
        of_descriptor[descriptor] = (short)(file + 1);
    if (file >= 0 && flags & O_TRUNC)
        put(TRUNCATE, file, 0, 0, NULL);
    return descriptor;
}

static int file_of(int descriptor)
{
    return descriptor >= 0 && descriptor < DESCRIPTORS ? of_descriptor[descriptor] - 1 : -1;
}

#define OPEN(name)                                                                              \
    int name(const char *path, int flags, ...)                                                  \
    {                                                                                           \
        va_list rest;                                                                           \
        va_start(rest, flags);                                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                 \
        va_end(rest);                                                                           \
        if (flags & (O_WRONLY | O_RDWR | O_CREAT) && number_of(path) >= 0 && fails())           \
            return -1;                                                                          \
        return opened(path, REAL(name)(path, flags, mode), flags);                              \
    }
OPEN(open)
OPEN(open64)

int close(int descriptor)
{
    if (descriptor >= 0 && descriptor < DESCRIPTORS)
        of_descriptor[descriptor] = 0;
    return REAL(close)(descriptor);
}

static ssize_t wrote(int file, uint64_t place, const void *data, ssize_t count)
{
    if (count > 0)
        put(WRITE, file, place, (uint32_t)count, data);
    return count;
}

#define PWRITE(name, offset_type)                                                               \
    ssize_t name(int descriptor, const void *data, size_t count, offset_type place)             \
    {                                                                                           \
        int file = file_of(descriptor);                                                         \
        if (file < 0)                                                                           \
            return REAL(name)(descriptor, data, count, place);                                  \
        if (fails())                                                                            \
            return -1;                                                                          \
        return wrote(file, (uint64_t)place, data, REAL(name)(descriptor, data, count, place));  \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int descriptor, const void *data, size_t count)
{
    int file = file_of(descriptor);
    if (file < 0)
        return REAL(write)(descriptor, data, count);
    if (fails())
        return -1;
    off_t place = fcntl(descriptor, F_GETFL) & O_APPEND ? lseek(descriptor, 0, SEEK_END)
                                                        : lseek(descriptor, 0, SEEK_CUR);
    return wrote(file, (uint64_t)place, data, REAL(write)(descriptor, data, count));
}

#define FTRUNCATE(name, offset_type)                                                            \
    int name(int descriptor, offset_type length)                                                \
    {                                                                                           \
        int file = file_of(descriptor);                                                         \
        if (file >= 0 && fails())                                                               \
            return -1;                                                                          \
        int result = REAL(name)(descriptor, length);                                            \
        if (file >= 0 && !result)                                                               \
            put(TRUNCATE, file, (uint64_t)length, 0, NULL);                                     \
        return result;                                                                          \
    }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

static int synced(int descriptor, int (*real)(int))
{
    int file = file_of(descriptor);
    if (file >= 0 && fails())
        return -1;
    int result = real(descriptor);
    if (file >= 0 && !result)
        put(SYNC, file, 0, 0, NULL);
    return result;
}

int fsync(int descriptor) { return synced(descriptor, REAL(fsync)); }

int fdatasync(int descriptor) { return synced(descriptor, REAL(fdatasync)); }

int unlink(const char *path)
{
    int file = number_of(path);
    if (file >= 0 && fails())
        return -1;
    int result = REAL(unlink)(path);
    if (file >= 0 && !result)
        put(UNLINK, file, 0, 0, NULL);
    return result;
}

int rename(const char *from, const char *to)
{
    int file = number_of(from), target = number_of(to);
    if (file >= 0 && fails())
        return -1;
    int result = REAL(rename)(from, to);
    if (file >= 0 && target >= 0 && !result)
        put(RENAME, file, (uint64_t)target, 0, NULL);
    return result;
}
