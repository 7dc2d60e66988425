/* sys.h: all that differs between systems: Linux, macOS and WASI. Nothing else includes their
 * headers (make style looks), and nothing else asks which system it is.
 *
 * Failures are told by errno. What is open is held by the guard (base.h): files close and mappings
 * go when it fails. WASI has no mappings, so files are read there, and no process ids.
 */
#ifndef MILC_SYS_H
#define MILC_SYS_H

#include "base.h"

typedef enum PathKind { PATH_NONE, PATH_FILE, PATH_FOLDER, PATH_PIPE, PATH_OTHER } PathKind;

/* What stands at the path, or where its link leads; PATH_NONE: errno. */
PathKind sys_kind(const char *path);
bool sys_same(const char *a, const char *b); /* both are there, and one file or folder */
/* Whether an error is the machine's: no memory, no descriptors, no space, a bad disk. */
bool sys_machine_error(int error);

/* ---- files ---- */
enum { SYS_STDIN = 0, SYS_STDOUT = 1, SYS_STDERR = 2 };

/* Opens for reading: a descriptor or -1. Only where it may wait is a pipe waited for. */
int sys_open(const char *path, bool wait, PathKind *kind, uint64_t *size);
/* The same where the path has been resolved: a link at its end is an error. */
int sys_open_resolved(const char *path, PathKind *kind, uint64_t *size);
/* A new file, or with `old` what is there, cut to nothing where it is a file. */
int sys_create(const char *path, bool old);
bool sys_close(int fd);
ptrdiff_t sys_read(int fd, void *to, size_t n); /* at most n bytes; 0 at the end, -1: errno */
bool sys_read_at(int fd, void *to, size_t n, uint64_t at); /* all; errno 0: the file ends */
bool sys_write(int fd, const void *p, size_t n);           /* all */
bool sys_write_at(int fd, const void *p, size_t n, uint64_t at);
/* A file will have so many bytes: the system may look for room now, all at once. */
void sys_expect(int fd, uint64_t n);
/* The first `size` bytes of a file to a new one, holes as holes. */
bool sys_copy(int to, int from, uint64_t size);
bool sys_is_terminal(int fd);
unsigned sys_columns(int fd); /* width of a terminal, 0: not known */

/* ---- mappings: whoever shortens a mapped file ends the process ---- */
typedef struct SysMap {
	void *at; /* the n bytes asked for */
	size_t n;
	void *base; /* what is mapped for them, from a page's border on */
	Hold *hold;
} SysMap;
typedef enum SysUse { SYS_FORWARD, SYS_ANYHOW, SYS_COPY } SysUse; /* the last: writable copy */

/* n > 0; 0: errno. With fd -1 all of it is zero, and takes no memory where there are mappings. */
SysMap *sys_map(int fd, uint64_t at, size_t n, SysUse use);
void sys_unmap(SysMap *m);
/* n > 0 zero bytes that need no memory, in a file without a name; 0: there is no room for one. Ends
 * with the guard, or by sys_unmap(). */
SysMap *sys_scratch(size_t n);

/* ---- folders ---- */
bool sys_make_folder(const char *path);
bool sys_is_empty_folder(const char *path);
/* Calls fn with the name of each entry until it says no; false then, or with errno. */
bool sys_each(const char *folder, bool (*fn)(void *ctx, const char *name), void *ctx);
bool sys_remove_tree(const char *path);
bool sys_swap(const char *a, const char *b); /* in one step, where the system can */
/* Where a link leads, if there is nothing yet, too; 0 if it is none, or goes in circles. */
char *sys_follow(Arena *a, const char *path);
char *sys_link(Arena *a, const char *path); /* what a link says; 0: it is none, or errno */
typedef struct SysFacts {
	PathKind kind;
	uint64_t size;
	double changed; /* seconds since 1970 */
} SysFacts;
bool sys_facts(const char *path, SysFacts *out); /* where its link leads; false: errno */
char *sys_working(Arena *a);                     /* the process's folder; 0: errno */
bool sys_make_private(const char *path);         /* a folder for this user alone */
/* Calls fn with each NAME=VALUE of the environment until it says no; false then. */
bool sys_each_variable(bool (*fn)(void *ctx, const char *variable), void *ctx);
unsigned long sys_process(void);    /* its number, for names of temporaries */
/* Has the shell run a command that the user gave, without input and with its output thrown away,
 * and waits for it: its exit status, 128 and more when a signal ended it; -1: errno. */
int sys_command(const char *command);

/* ---- the machine ---- */
double sys_clock(bool wall);     /* seconds: since 1970, or of a clock that only goes forward */
/* From here on this thread writes and reads numbers as C does, whatever its program has set; what
 * was set before, for sys_locale_back(). */
void *sys_locale_plain(void);
void sys_locale_back(void *before);
const char *sys_stack_end(void); /* how far this thread's stack may grow; 0: unknown */
enum { SYS_HUGE = 2 << 20 };    /* bytes of a huge page */
/* Memory that is there and not touched yet: huge pages for what of it can have them. */
void sys_prefer_huge(void *p, size_t n);
void *sys_alloc_huge(size_t n); /* by malloc; on huge pages where the system has them */

/* ---- threads ---- */

unsigned sys_cores(void); /* that this process may use; at least 1 */
/* Threads that share out work: the caller of sys_pool_run() and n - 1 more, which begin with the
 * first run. They live until sys_pool_free(), which the guard calls, should it fail. 0 where the
 * system has no threads. What they run must neither allocate nor fail. */
typedef struct SysPool SysPool;
SysPool *sys_pool_new(unsigned n);
unsigned sys_pool_size(const SysPool *p); /* at least 1 */
bool sys_pool_awake(const SysPool *p);    /* none of its threads would have to be made or woken */
/* fn(ctx, i, thread) for each i in [0, n), each once, in any order; thread < sys_pool_size(). All
 * have returned when it does. One run at a time. */
void sys_pool_run(SysPool *p, int64_t n, void (*fn)(void *ctx, int64_t i, unsigned thread),
                  void *ctx);
void sys_pool_free(SysPool *p); /* may be 0 */
/* Between two looks at what another thread is about to do; `looks` were in vain so far. After many
 * it gives way: the other thread may need this processor. */
void sys_wait_a_little(unsigned looks);

/* ---- temporaries ---- */

/* The file or folder at the path is removed, once empty, should the guard fail or a signal end the
 * process; the newest first. The path must stay. */
Hold *sys_temporary(char *path);
/* Signals that end the process remove temporaries first, and a file that grows beyond a limit is
 * an error of writing. For the command: a library leaves signals alone. */
void sys_catch_signals(void);

#endif
