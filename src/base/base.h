/* base.h: memory, strings and small containers. Knows nothing about compilers.
 *
 * Ownership. Nearly everything lives in an Arena and dies with it; there is no xfree() of single
 * objects. A Buf owns xmalloc'ed bytes and is freed by buf_free(). Out of memory never returns: it
 * goes to milc_nomem(), and from there to where the Guard was entered.
 * The only variable that is not on a stack or in an object is the thread's current guard.
 */
#ifndef MILC_BASE_H
#define MILC_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#define UNUSED            __attribute__((unused))
#else
#define PRINTF(fmt, args)
#define NORETURN
#define UNUSED
#endif

#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
/* Does `call` while ap stands for the arguments behind fmt. */
#define WITH_ARGS(fmt, ap, call)                                                                   \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		call;                                                                              \
		va_end(ap);                                                                        \
	} while (0)

/* A broken invariant of milc itself (never the user's fault), with file:line. */
#define die(...) die_at(__FILE__, __LINE__, __VA_ARGS__)
NORETURN void die_at(const char *file, int line, const char *fmt, ...) PRINTF(3, 4);
NORETURN void milc_nomem(void);

/* malloc family that cannot fail; the sizes are multiplied with an overflow check. xtry is for
 * what the user sized: cleared, or 0. Their blocks are freed by xfree() only. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
void *xtry(size_t n);
void *xhuge(size_t n); /* not cleared; on huge pages where the system has them */
void xfree(void *p);
/* Blocks for arrays: xtry() and xfree() of n bytes, but that the guard keeps some large ones that
 * are freed for those that are asked for next, since pages of the system are dear. Not cleared
 * unless that is said. */
void *xtry_array(size_t n, bool clear);
void xfree_array(void *p, size_t n);
void guard_trim(void); /* frees what the current guard keeps so */

/* ---- Guard: the owner of all that a call of the library holds ----
 *
 * Inside guard_run() every block of the malloc family, every arena, and all that is held (files,
 * mappings, temporaries, objects of other libraries) belongs to the thread's current guard.
 * Without memory, and where an invariant is broken, the guard releases all of it, the newest
 * first, and guard_run() returns. Outside of any guard both end the process: with status 3, or
 * with a signal. A guard outlives a call when what was made in it is to be used in the next; a
 * block may be freed in another guard than its own. WASI cannot jump: there the instance ends with
 * status 3.
 */
typedef enum GuardEnd {
	GUARD_DONE,
	GUARD_NOMEM,
	GUARD_BROKEN,
	GUARD_STOPPED,
	GUARD_LIMIT,
} GuardEnd;
typedef struct Hold Hold;
typedef struct MemLink { /* what stands before the bytes that xmalloc() gives */
	struct MemLink *prev, *next;
} MemLink;
typedef struct Guard {
	MemLink ring;          /* of its blocks */
	Hold *holds;         /* newest first */
	struct Guard *outer; /* the one that is current again afterwards */
	void *entry;         /* where guard_run() waits; 0: not entered */
	GuardEnd end;
	struct GuardSpare { /* blocks that xfree_array() kept, the oldest first */
		void *p;
		size_t n;
	} spare[4];
	uint64_t countdown; /* to the allocation that fails, for tests; 0: none does */
	char why[256];      /* of GUARD_BROKEN: file:line: message */
} Guard; /* {0} is a new one; it must not move */

/* Calls fn, in which the guard is the current one. A guard cannot be entered twice at a time. */
GuardEnd guard_run(Guard *g, void (*fn)(void *), void *ctx);
/* Ends all that it holds and frees all its blocks. */
void guard_release(Guard *g);
/* Leaves the current guard as if memory had run out: somebody wants the work to end. */
NORETURN void guard_stop(void);
NORETURN void guard_limit(void); /* a limit was reached, and that was reported */
/* The nth allocation from here on fails; for tests. */
void guard_fail_after(Guard *g, uint64_t n);

/* Has release(what) called should the current guard fail or be released; guard_drop() forgets
 * that, by the result (0 outside of any guard) or by release and what. */
Hold *guard_hold(void (*release)(void *), void *what);
void guard_drop(Hold *h);
void guard_drop_last(void (*release)(void *), const void *what);
/* Calls release for those held with it, newest first, and nothing else: may be called by a signal
 * handler of the guard's thread. */
void guard_signal(void (*release)(void *));

/* a*b and a+b for sizes read from files and scripts: false on overflow. */
bool mul_size(size_t a, size_t b, size_t *out);
bool add_size(size_t a, size_t b, size_t *out);

/* ---- Arena: bump allocation, freed as a whole ---- */
typedef struct ArenaChunk ArenaChunk;
typedef struct Arena {
	ArenaChunk *chunk; /* the newest */
	ArenaChunk *spare; /* a bump chunk that was released, or 0 */
	char *next, *end, *clear; /* of the bump chunk; what lies before clear is zero or in use */
	size_t total; /* bytes handed out */
	size_t limit; /* for those who make large things: 0: none. arena_has() asks */
} Arena;
typedef struct ArenaMark {
	ArenaChunk *chunk;
	char *next;
} ArenaMark;

bool arena_has(const Arena *a, size_t n); /* n more bytes stay within its limit */
void *arena_alloc(Arena *a, size_t n); /* zeroed, aligned to 16 */
void *arena_array(Arena *a, size_t n, size_t size);
void *arena_dup(Arena *a, const void *p, size_t n);
char *arena_strdup(Arena *a, const char *s);
char *arena_printf(Arena *a, const char *fmt, ...) PRINTF(2, 3);
ArenaMark arena_mark(Arena *a);
void arena_release(Arena *a, ArenaMark m); /* drops all that came after the mark */
void arena_free(Arena *a);
#define new(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define newn(a, T, n) ((T *)arena_array((a), (n), sizeof(T)))

/* ---- Str: interned strings; equal text means equal pointer (within one Interner) ---- */
typedef struct Str {
	uint32_t len;
	uint32_t id; /* dense in the Interner, in the order in which they came */
	char s[]; /* len bytes and a NUL; may hold NUL bytes itself */
} Str;
typedef struct Interner {
	Arena *arena;
	/* Open addressing; power of two. Probing and growing touch no string. */
	struct InternSlot {
		uint32_t hash; /* 0: empty */
		uint32_t id;
	} *slot;
	const Str **str; /* by id */
	uint32_t nslot, n, cap;
} Interner;

void intern_init(Interner *t, Arena *a);
const Str *intern(Interner *t, const char *s, size_t len);
const Str *intern_cstr(Interner *t, const char *s);
const Str *intern_printf(Interner *t, const char *fmt, ...) PRINTF(2, 3);
void intern_free(Interner *t);
static inline bool
str_is(const Str *s, const char *z)
{
	size_t n = strlen(z);
	return s && s->len == n && memcmp(s->s, z, n) == 0;
}

/* ---- Buf: growable bytes, always NUL-terminated after the last one ----
 * With a drain it does not grow: where there is no room for more, all that is in it leaves, and n
 * counts only what came since. */
typedef struct Drain Drain;
struct Drain {
	void (*take)(Drain *d, const char *p, size_t n);
};
typedef struct Buf {
	char *at;
	size_t n, cap;
	Drain *drain; /* or 0 */
} Buf;

void buf_grow(Buf *b, size_t more);
static inline void
buf_reserve(Buf *b, size_t more)
{
	if (more >= b->cap - b->n) /* one is for the NUL */
		buf_grow(b, more);
}
void buf_put_slowly(Buf *b, const void *p, size_t n); /* what may not find room */
static inline void
buf_put(Buf *b, const void *p, size_t n)
{
	if (n >= b->cap - b->n) {
		buf_put_slowly(b, p, n);
		return;
	}
	if (n)
		memcpy(b->at + b->n, p, n);
	b->n += n;
	b->at[b->n] = 0;
}
static inline void
buf_byte(Buf *b, int c)
{
	buf_reserve(b, 1);
	b->at[b->n++] = (char)c;
	b->at[b->n] = 0;
}
void buf_puts(Buf *b, const char *s);
void buf_printf(Buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(Buf *b, const char *fmt, va_list ap);
void buf_clear(Buf *b); /* keeps the memory */
void buf_drain(Buf *b); /* what is in it leaves now */
/* Puts all of `more` behind b, moving as few bytes as it can, and frees it. */
void buf_take(Buf *b, Buf *more);
void buf_free(Buf *b);
char *buf_keep(Buf *b, Arena *a); /* its text in the arena; frees b */

/* ---- Vec: typed growable array in an arena. `VEC(T) v = {0}; vec_push(arena, &v, x);` ----
 * Growth leaves the old array in the arena (at most as much again). */
#define VEC(T)                                                                                     \
	struct {                                                                                   \
		T *at;                                                                             \
		uint32_t n, cap;                                                                   \
	}
#define vec_push(a, v, ...)                                                                        \
	((v)->n == (v)->cap                                                                        \
	     ? (void)((v)->at = vec_grow((a), (v)->at, (v)->n, &(v)->cap, sizeof *(v)->at))        \
	     : (void)0,                                                                            \
	 (v)->at[(v)->n++] = (__VA_ARGS__))
void *vec_grow(Arena *a, void *at, uint32_t n, uint32_t *cap, size_t size);

/* ---- Map: pointer or 64-bit key -> pointer, insertion-ordered iteration is not offered ---- */
typedef struct Map {
	Arena *arena;
	uint64_t *key;
	void **val;
	uint32_t nslot, n;
} Map;
void map_init(Map *m, Arena *a);
void *map_get(const Map *m, uint64_t key); /* 0 if absent */
void map_put(Map *m, uint64_t key, void *val); /* val not 0; replaces */
#define KEY(p) ((uint64_t)(uintptr_t)(p))

/* Numbers as files have them, the lowest byte first. */
uint64_t get_le(const void *p, int bytes);
void set_le(void *p, uint64_t v, int bytes);

/* XXH3-64 of bytes; the one hash of the project. */
uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);

/* Whether the n bytes end so, with something in front of it. */
bool ends_with(const char *s, size_t n, const char *ending);
/* Whether the word is one of `words`, which blanks part. */
bool has_word(const char *words, const char *word);
size_t path_length(const char *path);                /* without slashes at its end */
const char *path_base(const char *path);             /* what follows the last slash */
const char *path_folder(Arena *a, const char *path); /* where it lies: "." without a slash */

/* splitmix64: the same numbers on every machine. All bits, and a number in [0, 1). */
uint64_t splitmix_bits(uint64_t *state);
double splitmix_unit(uint64_t *state);

/* What long work says while it goes on. Each may be 0. */
typedef struct Talk {
	void (*print)(void *ctx, const char *text, size_t n);
	void (*progress)(void *ctx, const char *what); /* may leave with guard_stop() */
	void *ctx;
	void (*complain)(void *ctx, const char *text, size_t n); /* a script to its sys.stderr */
} Talk;
void talk_print(const Talk *t, const char *text, size_t n);
void talk_progress(const Talk *t, const char *what);

double now_ms(void); /* of a clock that only goes forward */

/* Decodes the code point at s (of n >= 1 bytes) and returns its length in bytes; where the text is
 * not UTF-8, *cp is UTF8_BAD and the length 1. */
enum { UTF8_BAD = 0x110000 };
size_t utf8_next(const char *s, size_t n, uint32_t *cp);
void utf8_put(Buf *b, uint32_t cp);
uint32_t utf8_count(const char *s, size_t n); /* code points */
static inline bool
utf8_continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The nearest of the n names to `word` (edit distance at most a third of its length), else, or if
 * whole words of it stand there, the first that begins with it, or 0: for "did you mean". */
const char *nearest(const char *word, const char *const *names, size_t n);

#endif
