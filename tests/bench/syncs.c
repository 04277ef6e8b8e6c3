/* Counts every call that makes a file durable, and can make each one slower: a disk in slow motion.
   Loaded before the C library (LD_PRELOAD), so nothing that a process does escapes it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static long calls;
static long pad_ns;

long bench_sync_calls(void) { return __atomic_load_n(&calls, __ATOMIC_SEQ_CST); }

void bench_sync_pad(long ns) { pad_ns = ns; }

static int counted(const char *name, int file)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct timespec pad = {0, pad_ns};
    int result = real(file);
    __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    if (pad_ns)
        nanosleep(&pad, 0);
    return result;
}

int fsync(int file) { return counted("fsync", file); }

int fdatasync(int file) { return counted("fdatasync", file); }
