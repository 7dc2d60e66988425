/* sys.c: Linux, macOS and WASI behind sys.h, but for folders and links (sys_folder.c).
 *
 * What POSIX says is written once; where the systems differ there is one function for each of
 * them, in the second half. Everything that waits goes on after a signal.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifndef __wasi__
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#endif
#ifdef __linux__
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#endif
#ifdef __APPLE__
#include <crt_externs.h>
#include <xlocale.h>
#endif

enum { MAX_STEP = 1 << 30, COPY_STEP = 1 << 20 };

/* ---- what stands where ---- */

static PathKind
kind_of(const struct stat *st)
{
	return S_ISREG(st->st_mode)    ? PATH_FILE
	       : S_ISDIR(st->st_mode)  ? PATH_FOLDER
	       : S_ISFIFO(st->st_mode) ? PATH_PIPE
	                               : PATH_OTHER;
}

PathKind
sys_kind(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? kind_of(&st) : PATH_NONE;
}

bool
sys_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

bool
sys_machine_error(int error)
{
	switch (error) {
	case EAGAIN:
	case EDQUOT:
	case EFBIG:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case ENOSPC: return true;
	default: return false;
	}
}

/* ---- files ---- */

static void
close_held(void *fd)
{
	close((int)(intptr_t)fd);
}

static int
held(int fd)
{
	if (fd >= 0)
		guard_hold(close_held, (void *)(intptr_t)fd);
	return fd;
}

static int
open_with(const char *path, int flags, PathKind *kind, uint64_t *size)
{
	struct stat st;
	int fd = held(open(path, O_RDONLY | O_CLOEXEC | flags)), error;

	*kind = PATH_NONE;
	*size = 0;
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0) {
		error = errno;
		sys_close(fd);
		errno = error;
		return -1;
	}
	*kind = kind_of(&st);
	*size = (uint64_t)st.st_size;
	return fd;
}

int
sys_open(const char *path, bool wait, PathKind *kind, uint64_t *size)
{
	return open_with(path, wait ? 0 : O_NONBLOCK, kind, size);
}

int
sys_open_resolved(const char *path, PathKind *kind, uint64_t *size)
{
	return open_with(path, O_NONBLOCK | O_NOFOLLOW, kind, size);
}

int
sys_create(const char *path, bool old)
{
	return held(open(path, O_WRONLY | O_CLOEXEC | (old ? O_TRUNC : O_CREAT | O_EXCL), 0666));
}

bool
sys_close(int fd)
{
	guard_drop_last(close_held, (void *)(intptr_t)fd);
	return close(fd) == 0;
}

ptrdiff_t
sys_read(int fd, void *to, size_t n)
{
	ssize_t k;

	do
		k = read(fd, to, MIN(n, (size_t)MAX_STEP));
	while (k < 0 && errno == EINTR);
	return k;
}

bool
sys_read_at(int fd, void *to, size_t n, uint64_t at)
{
	for (size_t done = 0; done < n;) {
		ssize_t k = pread(fd, (char *)to + done, MIN(n - done, (size_t)MAX_STEP),
		                  (off_t)(at + done));

		if (k == 0)
			errno = 0;
		if (k == 0 || (k < 0 && errno != EINTR))
			return false;
		done += k > 0 ? (size_t)k : 0;
	}
	return true;
}

/* Where the descriptor stands, or with `at` there. */
static bool
write_all(int fd, const char *p, size_t n, const uint64_t *at)
{
	for (size_t done = 0; done < n;) {
		size_t step = MIN(n - done, (size_t)MAX_STEP);
		ssize_t k = at ? pwrite(fd, p + done, step, (off_t)(*at + done))
		               : write(fd, p + done, step);

		if (k < 0 && errno != EINTR)
			return false;
		done += k > 0 ? (size_t)k : 0;
	}
	return true;
}

bool
sys_write(int fd, const void *p, size_t n)
{
	return write_all(fd, p, n, 0);
}

bool
sys_write_at(int fd, const void *p, size_t n, uint64_t at)
{
	return write_all(fd, p, n, &at);
}

/* The data at or behind `at`, up to *end; where the system knows of no holes, all that is left. */
static uint64_t
next_data(int fd, uint64_t at, uint64_t size, uint64_t *end)
{
	*end = size;
#ifdef SEEK_DATA
	off_t from = lseek(fd, (off_t)at, SEEK_DATA), to;

	if (from < 0 && errno == ENXIO) /* a hole up to the end */
		return size;
	to = from < (off_t)at ? -1 : lseek(fd, from, SEEK_HOLE);
	if (to > from) {
		*end = MIN((uint64_t)to, size);
		return MIN((uint64_t)from, size);
	}
#else
	(void)fd;
#endif
	return at;
}

bool
sys_copy(int to, int from, uint64_t size)
{
	char *part = xmalloc((size_t)MIN(size + 1, (uint64_t)COPY_STEP));
	struct stat st;
	bool file = fstat(to, &st) == 0 && S_ISREG(st.st_mode), ok = true;

	for (uint64_t at = 0, end = size; ok && at < size; at = end) {
		at = file ? next_data(from, at, size, &end) : at;
		for (size_t n; ok && at < end; at += n) {
			n = (size_t)MIN(end - at, (uint64_t)COPY_STEP);
			ok = sys_read_at(from, part, n, at) &&
			     (file ? sys_write_at(to, part, n, at) : sys_write(to, part, n));
		}
	}
	xfree(part);
	if (!ok && !errno)
		errno = EIO; /* it became shorter */
	return ok && (!file || ftruncate(to, (off_t)size) == 0);
}

bool
sys_is_terminal(int fd)
{
	return isatty(fd);
}

unsigned
sys_columns(int fd)
{
#ifdef TIOCGWINSZ
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
#endif
	(void)fd;
	return 0;
}

/* ---- temporaries ---- */

/* Calls nothing that a signal handler may not. */
static void
remove_held(void *path)
{
	if (unlinkat(AT_FDCWD, path, 0) < 0)
		unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

Hold *
sys_temporary(char *path)
{
	return guard_hold(remove_held, path);
}

/* ---- the machine ---- */

bool
sys_each_variable(bool (*fn)(void *ctx, const char *variable), void *ctx)
{
#ifdef __APPLE__
	char **environ = *_NSGetEnviron(); /* a library has none of its own */
#endif

	for (char **v = environ; v && *v; v++)
		if (!fn(ctx, *v))
			return false;
	return true;
}

double
sys_clock(bool wall)
{
	struct timespec t;

	clock_gettime(wall ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#ifdef __wasi__

/* One thread, no mappings, no signals, no process ids. */

static bool
map_bytes(SysMap *m, int fd, uint64_t at, SysUse use)
{
	(void)use;
	m->at = m->base = xtry(m->n);
	errno = m->at ? errno : ENOMEM;
	if (m->at && fd < 0)
		memset(m->at, 0, m->n);
	return m->at && (fd < 0 || sys_read_at(fd, m->at, m->n, at));
}

static bool
scratch_bytes(SysMap *m)
{
	m->at = m->base = xtry(m->n);
	return m->at;
}

static void
unmap_bytes(SysMap *m)
{
	xfree(m->base);
}

bool
sys_swap(const char *a, const char *b)
{
	(void)a, (void)b;
	errno = ENOSYS;
	return false;
}

unsigned long
sys_process(void)
{
	return 1;
}

int
sys_command(const char *command)
{
	(void)command;
	errno = ENOSYS;
	return -1;
}

void *
sys_locale_plain(void)
{
	return 0;
}

void
sys_locale_back(void *before)
{
	(void)before;
}

const char *
sys_stack_end(void)
{
	return 0;
}

void
sys_expect(int fd, uint64_t n)
{
	(void)fd, (void)n;
}

void *
sys_alloc_huge(size_t n)
{
	return malloc(n);
}

void
sys_prefer_huge(void *p, size_t n)
{
	(void)p, (void)n;
}

void
sys_catch_signals(void)
{
}

#else

static bool
map_bytes(SysMap *m, int fd, uint64_t at, SysUse use)
{
	size_t skip = (size_t)(at % (uint64_t)sysconf(_SC_PAGESIZE));
	bool copy = use == SYS_COPY;
	void *p = mmap(0, m->n + skip, PROT_READ | (copy ? PROT_WRITE : 0),
	               MAP_PRIVATE | (copy || fd < 0 ? MAP_NORESERVE : 0) |
	                   (fd < 0 ? MAP_ANONYMOUS : 0),
	               fd, (off_t)(at - skip));

	if (p == MAP_FAILED)
		return false;
	m->base = p;
	m->at = (char *)p + skip;
	if (use == SYS_FORWARD)
		madvise(p, m->n + skip, MADV_SEQUENTIAL);
	return true;
}

static bool reserve_bytes(int fd, size_t n);

/* The room is taken now: a disk that is full later would end the process. */
static bool
scratch_bytes(SysMap *m)
{
	const char *folder = getenv("TMPDIR");
	char path[PATH_MAX];
	void *p = MAP_FAILED;
	int fd;

	snprintf(path, sizeof path, "%s/milc-XXXXXX", folder && *folder ? folder : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		return false;
	unlink(path);
	if (reserve_bytes(fd, m->n))
		p = mmap(0, m->n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		m->at = m->base = p;
	return p != MAP_FAILED;
}

static void
unmap_bytes(SysMap *m)
{
	if (m->base)
		munmap(m->base, m->n + (size_t)((char *)m->at - (char *)m->base));
}

unsigned long
sys_process(void)
{
	return (unsigned long)getpid();
}

int
sys_command(const char *command)
{
	char *argv[] = {(char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
	                (char *)(uintptr_t)command, NULL};
	posix_spawn_file_actions_t quiet;
	pid_t child = -1;
	int status = 0, error = posix_spawn_file_actions_init(&quiet);
#ifdef __APPLE__
	char **environ = *_NSGetEnviron();
#endif

	for (int fd = 0; fd < 3 && !error; fd++)
		error = posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null",
		                                         fd ? O_WRONLY : O_RDONLY, 0);
	if (!error)
		error = posix_spawn(&child, "/bin/sh", &quiet, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&quiet);
	while (!error && waitpid(child, &status, 0) < 0)
		error = errno == EINTR ? 0 : errno;
	errno = error;
	return error                 ? -1
	       : WIFEXITED(status)   ? WEXITSTATUS(status)
	       : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
	                             : 128;
}

void *
sys_locale_plain(void)
{
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	return plain ? uselocale(plain) : 0;
}

void
sys_locale_back(void *before)
{
	if (before)
		freelocale(uselocale(before));
}

static void
end_by_signal(int number)
{
	guard_signal(remove_held);
	signal(number, SIG_DFL);
	raise(number);
}

void
sys_catch_signals(void)
{
	static const int ending[] = {SIGHUP, SIGINT, SIGTERM};

	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < countof(ending); i++)
		if (signal(ending[i], SIG_IGN) != SIG_IGN) /* nohup stays in force */
			signal(ending[i], end_by_signal);
}

#ifdef __APPLE__

static bool
reserve_bytes(int fd, size_t n)
{
	fstore_t all = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, (off_t)n, 0};

	return fcntl(fd, F_PREALLOCATE, &all) != -1 && ftruncate(fd, (off_t)n) == 0;
}

bool
sys_swap(const char *a, const char *b)
{
	return renamex_np(a, b, RENAME_SWAP) == 0;
}

const char *
sys_stack_end(void)
{
	pthread_t self = pthread_self();

	return (const char *)pthread_get_stackaddr_np(self) - pthread_get_stacksize_np(self);
}

void
sys_expect(int fd, uint64_t n)
{
	(void)fd, (void)n;
}

void *
sys_alloc_huge(size_t n)
{
	return malloc(n);
}

void
sys_prefer_huge(void *p, size_t n)
{
	(void)p, (void)n;
}

#else

static bool
reserve_bytes(int fd, size_t n)
{
	errno = posix_fallocate(fd, 0, (off_t)n);
	return errno == 0;
}

bool
sys_swap(const char *a, const char *b)
{
	enum { EXCHANGE = 2 }; /* not every C library has a name or a function for it */

	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE) == 0;
}

const char *
sys_stack_end(void)
{
	uintptr_t top = getauxval(AT_EXECFN); /* the process's first stack ends with this text */
	struct rlimit most;
	pthread_attr_t attr;
	void *low = 0;
	size_t size;

	/* The library would read the list of all mappings, a tenth of a short run. */
	if (syscall(SYS_gettid) == getpid() && top && getrlimit(RLIMIT_STACK, &most) == 0 &&
	    most.rlim_cur < top)
		return (const char *)(top - most.rlim_cur);
	if (pthread_getattr_np(pthread_self(), &attr) == 0) {
		pthread_attr_getstack(&attr, &low, &size);
		pthread_attr_destroy(&attr);
	}
	return low;
}

/* Half of the time that writing to the cache of pages takes is to find room for each of them. */
void
sys_expect(int fd, uint64_t n)
{
	enum { LARGE = 1 << 20 };

	if (n >= LARGE && n <= INT64_MAX)
		fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)n);
}

void *
sys_alloc_huge(size_t n)
{
	void *p = 0;

	if (n <= SIZE_MAX - SYS_HUGE)
		p = aligned_alloc(SYS_HUGE, (n + SYS_HUGE - 1) / SYS_HUGE * SYS_HUGE);
	if (p)
		madvise(p, n, MADV_HUGEPAGE);
	return p;
}

void
sys_prefer_huge(void *p, size_t n)
{
	uintptr_t from = ((uintptr_t)p + SYS_HUGE - 1) / SYS_HUGE * SYS_HUGE;
	uintptr_t to = ((uintptr_t)p + n) / SYS_HUGE * SYS_HUGE;

	if (to > from)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
}

#endif
#endif

/* ---- mappings ---- */

static void
unmap_held(void *m)
{
	sys_unmap(m);
}

static SysMap *
new_map(size_t n)
{
	SysMap *m = xcalloc(1, sizeof *m);

	m->n = n;
	m->hold = guard_hold(unmap_held, m);
	return m;
}

SysMap *
sys_map(int fd, uint64_t at, size_t n, SysUse use)
{
	SysMap *m = new_map(n);

	if (map_bytes(m, fd, at, use))
		return m;
	sys_unmap(m);
	return 0;
}

SysMap *
sys_scratch(size_t n)
{
	SysMap *m = new_map(n);

	if (scratch_bytes(m))
		return m;
	sys_unmap(m);
	return 0;
}

void
sys_unmap(SysMap *m)
{
	int error = errno;

	unmap_bytes(m);
	guard_drop(m->hold);
	xfree(m);
	errno = error;
}
