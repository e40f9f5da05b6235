/*
 * Preloaded into every program of a run: counts the calls that change the file system, over all processes, and lets one of them go wrong.
 *
 *   FAULT_COUNTER   a file of 8192 bytes, shared by all: the calls counted, whether the fault has fired, whether the run may go on, whose call it was, and which
 *   FAULT_AT        the number of the call; 0 counts only
 *   FAULT_ERROR     the errno that the call then gives; 0: it stops before the call until it is killed or released
 *   FAULT_STICKY    1: every later call on a file gives it, too, as on a disk that is full; a file that could not be read stays so
 *   FAULT_BELOW     only calls on paths below this directory count, or on files that were opened there
 *   FAULT_COUNTS    what counts: `changes` of the file system, `reads` (a file that is opened to be read), `programs` (each that is started).
 *                   A program ends with 1, or is killed where FAULT_ERROR is 9
 *   FAULT_JOURNAL   a file to which is written what a power cut would take: `dirty INODE SIZE` when a file is opened to be written, which
 *                   has that size until then, `clean INODE 0` when it is synced, `clean 0 0` when everything is
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct shared {
  uint32_t count, fired, released, process;
  char call[48];
  char path[PATH_MAX];
};

static struct shared *shared;
static uint32_t at;
static int failure, sticky;
static enum { CHANGES, READS, PROGRAMS } counted;
static int journal = -1;
static char below[PATH_MAX];
static size_t below_length;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("FAULT_COUNTER");
  if (!file) return;
  int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) return;
  const char *text = getenv("FAULT_AT");
  at = text ? (uint32_t)strtoul(text, NULL, 10) : 0;
  text = getenv("FAULT_ERROR");
  failure = text ? atoi(text) : 0;
  sticky = getenv("FAULT_STICKY") != NULL;
  text = getenv("FAULT_BELOW");
  if (text) {
    strncpy(below, text, sizeof below - 1);
    below_length = strlen(below);
  }
  text = getenv("FAULT_COUNTS");
  counted = !text || text[0] == 'c' ? CHANGES : text[0] == 'r' ? READS : PROGRAMS;
  text = getenv("FAULT_JOURNAL");
  if (text) journal = open(text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  shared = memory;
}

/* Does a path lie where faults are wanted? */
static int is_below(int directory, const char *path) {
  char full[PATH_MAX], link[64];
  if (!path) return 0;
  if (path[0] != '/') {
    ssize_t length;
    if (directory == AT_FDCWD) {
      if (!getcwd(full, sizeof full)) return 0;
    } else {
      snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
      length = readlink(link, full, sizeof full - 1);
      if (length < 0) return 0;
      full[length] = 0;
    }
    return strncmp(full, below, below_length) == 0;
  }
  return strncmp(path, below, below_length) == 0;
}

static int is_file_below(int fd) {
  char link[64], full[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, full, sizeof full - 1);
  if (length < 0) return 0;
  full[length] = 0;
  struct stat status;
  return strncmp(full, below, below_length) == 0 && fstat(fd, &status) == 0 && !S_ISFIFO(status.st_mode);
}

/* Until then nothing of the run goes on that changes the file system: whoever looks has all the time there is. */
static void wait_until_released(void) {
  while (!__atomic_load_n(&shared->released, __ATOMIC_SEQ_CST)) usleep(1000);
}

/* Count a call. What it is to fail with, or 0. */
static int fault(const char *call) {
  if (!shared) return 0;
  uint32_t number = __atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST);
  if (at == 0) return 0;
  if (number == at) {
    strncpy(shared->call, call, sizeof shared->call - 1);
    shared->process = (uint32_t)getpid();
    __atomic_store_n(&shared->fired, 1, __ATOMIC_SEQ_CST);
    if (!failure) wait_until_released();
    return failure;
  }
  if (number > at && !failure) wait_until_released();
  return number > at && sticky ? failure : 0;
}

/* A file that could not be read once cannot be read later, either. */
static int fault_of_file(const char *path) {
  int error = fault("read");
  if (error && path[0] == '/') strncpy(shared->path, path, sizeof shared->path - 1);
  return error ? error : shared->path[0] && strcmp(shared->path, path) == 0 ? failure : 0;
}

/* A power cut would take what is in a file that was written to, until it is synced. */
static void note(const char *what, int fd) {
  struct stat status = {0};
  char line[64];
  static ssize_t (*real_write)(int, const void *, size_t);
  if (journal < 0 || (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)))) return;
  if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
  int length = snprintf(line, sizeof line, "%s %llu %llu\n", what, (unsigned long long)status.st_ino, (unsigned long long)status.st_size);
  if (real_write(journal, line, (size_t)length) != length) abort();
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = dlsym(RTLD_NEXT, #name)
#define FAIL_IF(wanted, call) \
  if (shared && counted == CHANGES && (wanted)) { \
    int error = fault(call); \
    if (error) { errno = error; return -1; } \
  }

static int changes(int flags) { return (flags & (O_CREAT | O_TRUNC)) || (flags & O_ACCMODE) != O_RDONLY; }

#define FAIL_READ_IF(wanted) \
  if (shared && counted == READS && (wanted)) { \
    int error = fault_of_file(path); \
    if (error) { errno = error; return -1; } \
  }

/* What is read, if it is a file of the run's. */
static int is_read(int directory, const char *path, int flags) {
  struct stat status;
  return !changes(flags) && !(flags & (O_DIRECTORY | O_PATH)) && is_below(directory, path) && fstatat(directory, path, &status, 0) == 0 && S_ISREG(status.st_mode);
}

static int noted(int fd, int flags) {
  if (shared && fd >= 0 && changes(flags) && is_file_below(fd)) note("dirty", fd);
  return fd;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
    FAIL_IF(changes(flags) && is_below(AT_FDCWD, path), "open") \
    FAIL_READ_IF(is_read(AT_FDCWD, path, flags)) \
    return noted(real(path, flags, mode), flags); \
  }
OPEN(open)
OPEN(open64)
#define OPENAT(name) \
  int name(int directory, const char *path, int flags, ...) { \
    REAL(int, name, int, const char *, int, ...); \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
    FAIL_IF(changes(flags) && is_below(directory, path), "openat") \
    FAIL_READ_IF(is_read(directory, path, flags)) \
    return noted(real(directory, path, flags, mode), flags); \
  }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, write, int, const void *, size_t);
  FAIL_IF(is_file_below(fd), "write")
  return real(fd, data, size);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  FAIL_IF(is_file_below(fd), "pwrite")
  return real(fd, data, size, offset);
}

#define ON_FD(name, call, parameters, ...) \
  int name parameters { \
    static int (*real) parameters; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    FAIL_IF(is_file_below(fd), call) \
    return real(__VA_ARGS__); \
  }
#define SYNCS(name, everything) \
  int name(int fd) { \
    REAL(int, name, int); \
    FAIL_IF(is_file_below(fd), #name) \
    int status = real(fd); \
    if (shared && status == 0) note("clean", everything ? -1 : fd); \
    return status; \
  }
SYNCS(fsync, 0)
SYNCS(fdatasync, 0)
SYNCS(syncfs, 1)

void sync(void) {
  static void (*real)(void);
  if (!real) real = dlsym(RTLD_NEXT, "sync");
  real();
  if (shared) note("clean", -1);
}

/* A program that cannot do its work, or is killed at once. */
int execve(const char *path, char *const arguments[], char *const environment[]) {
  REAL(int, execve, const char *, char *const[], char *const[]);
  if (shared && counted == PROGRAMS) {
    const char *name = strrchr(path, '/');
    int error = fault(name ? name + 1 : path);
    if (error == 9) kill(getpid(), SIGKILL);
    if (error) _exit(1);
  }
  return real(path, arguments, environment);
}

ON_FD(ftruncate, "ftruncate", (int fd, off_t size), fd, size)
ON_FD(ftruncate64, "ftruncate", (int fd, off64_t size), fd, size)
ON_FD(fchmod, "fchmod", (int fd, mode_t mode), fd, mode)
ON_FD(fchown, "fchown", (int fd, uid_t user, gid_t group), fd, user, group)
ON_FD(futimens, "futimens", (int fd, const struct timespec times[2]), fd, times)

#define ON_PATH(name, parameters, ...) \
  int name parameters { \
    static int (*real) parameters; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    FAIL_IF(is_below(AT_FDCWD, path), #name) \
    return real(__VA_ARGS__); \
  }
ON_PATH(rename, (const char *from, const char *path), from, path)
ON_PATH(unlink, (const char *path), path)
ON_PATH(rmdir, (const char *path), path)
ON_PATH(mkdir, (const char *path, mode_t mode), path, mode)
ON_PATH(mkfifo, (const char *path, mode_t mode), path, mode)
ON_PATH(link, (const char *from, const char *path), from, path)
ON_PATH(symlink, (const char *from, const char *path), from, path)
ON_PATH(chmod, (const char *path, mode_t mode), path, mode)
ON_PATH(chown, (const char *path, uid_t user, gid_t group), path, user, group)
ON_PATH(lchown, (const char *path, uid_t user, gid_t group), path, user, group)
ON_PATH(truncate, (const char *path, off_t size), path, size)

#define ON_PATH_AT(name, parameters, ...) \
  int name parameters { \
    static int (*real) parameters; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    FAIL_IF(is_below(directory, path), #name) \
    return real(__VA_ARGS__); \
  }
ON_PATH_AT(renameat, (int other, const char *from, int directory, const char *path), other, from, directory, path)
ON_PATH_AT(renameat2, (int other, const char *from, int directory, const char *path, unsigned flags), other, from, directory, path, flags)
ON_PATH_AT(unlinkat, (int directory, const char *path, int flags), directory, path, flags)
ON_PATH_AT(mkdirat, (int directory, const char *path, mode_t mode), directory, path, mode)
ON_PATH_AT(linkat, (int other, const char *from, int directory, const char *path, int flags), other, from, directory, path, flags)
ON_PATH_AT(symlinkat, (const char *from, int directory, const char *path), from, directory, path)
ON_PATH_AT(fchmodat, (int directory, const char *path, mode_t mode, int flags), directory, path, mode, flags)
ON_PATH_AT(fchownat, (int directory, const char *path, uid_t user, gid_t group, int flags), directory, path, user, group, flags)
ON_PATH_AT(utimensat, (int directory, const char *path, const struct timespec times[2], int flags), directory, path, times, flags)
ON_PATH_AT(mknodat, (int directory, const char *path, mode_t mode, dev_t device), directory, path, mode, device)
