/* base.c: arenas, interned strings, vectors, a small hash map, edit distance.
 *
 * An arena is a list of chunks, newest first. Small objects are bumped from the newest ordinary
 * chunk; an object too large for that gets a chunk of its own, straight from calloc (so that the
 * pages of a large zeroed array cost nothing until touched), and the bump chunk stays in use. A
 * mark remembers the newest chunk and the bump position; releasing frees the chunks after it but
 * the largest, which is the next bump chunk that is needed: work that goes on from mark to mark
 * touches the same pages again.
 * Memory of a bump chunk is cleared a little ahead of its use.
 * Everything here counts sizes with overflow checks, for many of them come from files.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>


#include "sys.h"

enum {
	ALIGN = 16,
	CHUNK_MIN = 16 << 10,
	CHUNK_MAX = 16 << 20,
	CHUNK_HUGE = 512 << 10, /* from this size on chunks are whole huge pages */
	BEFORE = 64,            /* what stands before a chunk's data, the guard's part as well */
	AHEAD = 1024,           /* bytes cleared before they are asked for */
};

struct ArenaChunk {
	ArenaChunk *prev;
	size_t size; /* of data */
	size_t used; /* bytes in use, written when the chunk stops being the bump chunk */
	bool own;    /* holds one large object only */
	_Alignas(ALIGN) char data[];
};

bool
mul_size(size_t a, size_t b, size_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

bool
add_size(size_t a, size_t b, size_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

/* ---- Arena ---- */

/* The size of a chunk for at least so much. Large ones lie on huge pages where the kernel has them:
 * to get one costs as much as ninety small pages, and programs of many instructions are walked
 * dozens of times. */
static size_t
chunk_size(size_t size)
{
	const size_t whole = SYS_HUGE;

	return size < CHUNK_HUGE || size > SIZE_MAX - 2 * whole
	           ? size
	           : (size + BEFORE + whole - 1) / whole * whole - BEFORE;
}

/* A table that is read at random, cleared. */
static void *
table_alloc(size_t total)
{
	return total < 2 * (size_t)SYS_HUGE ? xcalloc(1, total) : memset(xhuge(total), 0, total);
}

/* A large object, cleared. The system's zeros are not written again. */
static void *
object_alloc(size_t total)
{
	void *p = xcalloc(1, total);

	if (total >= 2 * (size_t)SYS_HUGE)
		sys_prefer_huge(p, total);
	return p;
}

static ArenaChunk *
chunk_push(Arena *a, size_t size, bool own)
{
	ArenaChunk *c;
	size_t total;

	if (!add_size(size, sizeof *c, &total))
		milc_nomem();
	c = own ? object_alloc(total) : size < CHUNK_HUGE ? xmalloc(total) : xhuge(total);
	c->prev = a->chunk;
	c->size = size;
	c->used = own ? size : 0;
	c->own = own;
	a->chunk = c;
	return c;
}

/* Defined for sanitizers: a block for each object, which ends where the object does. */
#ifdef ARENA_SEPARATE
enum { SEPARATE = 1 };
#else
enum { SEPARATE = 0 };
#endif

static ArenaChunk *
bump_chunk(const Arena *a)
{
	ArenaChunk *c = SEPARATE ? NULL : a->chunk;

	while (c && c->own)
		c = c->prev;
	return c;
}

static void *
alloc_own(Arena *a, size_t n)
{
	ArenaChunk *c = chunk_push(a, n, true);

	a->total += n;
	return c->data;
}

/* The spare chunk, if it is large enough, becomes the newest. */
static bool
spare_push(Arena *a, size_t n)
{
	ArenaChunk *c = a->spare;

	if (!c || c->size < n)
		return false;
	a->spare = 0;
	c->prev = a->chunk;
	c->used = 0;
	a->chunk = c;
	return true;
}

static void
bump_new(Arena *a, size_t n)
{
	ArenaChunk *old = bump_chunk(a);
	size_t size = CHUNK_MIN;

	if (old) {
		old->used = (size_t)(a->next - old->data);
		size = MIN(old->size * 2, (size_t)CHUNK_MAX);
	}
	if (!spare_push(a, n))
		chunk_push(a, chunk_size(MAX(size, n)), false);
	a->next = a->clear = a->chunk->data;
	a->end = a->next + a->chunk->size;
}

bool
arena_has(const Arena *a, size_t n)
{
	return !a->limit || (a->total <= a->limit && n <= a->limit - a->total);
}

__attribute__((noinline)) static void
clear_ahead(Arena *a)
{
	size_t n = MIN((size_t)(a->next - a->clear) + AHEAD, (size_t)(a->end - a->clear));

	memset(a->clear, 0, n);
	a->clear += n;
}

/* What does not fit into the chunk. */
__attribute__((noinline)) static void *
alloc_slow(Arena *a, size_t n)
{
	if (n > SIZE_MAX - ALIGN)
		milc_nomem();
	if (SEPARATE || n >= (size_t)CHUNK_MIN / 2)
		return alloc_own(a, MAX(n, (size_t)1));
	bump_new(a, n);
	return arena_alloc(a, n);
}

void *
arena_alloc(Arena *a, size_t n)
{
	size_t room = (MAX(n, (size_t)1) + ALIGN - 1) / ALIGN * ALIGN;
	void *p = a->next;

	if (SEPARATE || room < n || room > (size_t)(a->end - a->next))
		return alloc_slow(a, n);
	a->next += room;
	a->total += room;
	if (a->next > a->clear)
		clear_ahead(a);
	return p;
}

void *
arena_array(Arena *a, size_t n, size_t size)
{
	size_t total;

	if (!mul_size(n, size, &total))
		milc_nomem();
	return arena_alloc(a, total);
}

void *
arena_dup(Arena *a, const void *p, size_t n)
{
	void *q = arena_alloc(a, n);

	if (n)
		memcpy(q, p, n);
	return q;
}

char *
arena_strdup(Arena *a, const char *s)
{
	return arena_dup(a, s, strlen(s) + 1);
}

ArenaMark
arena_mark(Arena *a)
{
	return (ArenaMark){a->chunk, a->next};
}

static void
chunk_drop(Arena *a, ArenaChunk *c)
{
	ArenaChunk *smaller = c;

	if (!c->own && (!a->spare || a->spare->size < c->size)) {
		smaller = a->spare;
		a->spare = c;
	}
	xfree(smaller);
}

void
arena_release(Arena *a, ArenaMark m)
{
	ArenaChunk *cur = bump_chunk(a), *c, *prev;

	if (cur)
		cur->used = (size_t)(a->next - cur->data);
	for (c = a->chunk; c != m.chunk; c = prev) {
		if (!c)
			die("arena mark does not belong to this arena");
		prev = c->prev;
		a->total -= c->used;
		chunk_drop(a, c);
	}
	a->chunk = m.chunk;
	a->next = a->end = a->clear = 0;
	c = bump_chunk(a);
	if (c) {
		a->next = a->clear = m.next;
		a->end = c->data + c->size;
		a->total -= c->used - (size_t)(m.next - c->data);
	}
}

void
arena_free(Arena *a)
{
	ArenaChunk *c, *prev;

	for (c = a->chunk; c; c = prev) {
		prev = c->prev;
		xfree(c);
	}
	xfree(a->spare);
	*a = (Arena){0};
}

/* ---- Interner ---- */

static void
intern_slots(Interner *t, uint32_t n)
{
	t->nslot = n;
	t->slot = table_alloc(n * sizeof *t->slot);
}

void
intern_init(Interner *t, Arena *a)
{
	*t = (Interner){.arena = a};
	intern_slots(t, 256);
}

void
intern_free(Interner *t)
{
	xfree(t->slot);
	xfree(t->str);
	*t = (Interner){0};
}

static void
intern_grow(Interner *t)
{
	struct InternSlot *old = t->slot;
	uint32_t n = t->nslot, k;

	intern_slots(t, n * 2);
	for (uint32_t i = 0; i < n; i++) {
		if (!old[i].hash)
			continue;
		for (k = old[i].hash & (t->nslot - 1); t->slot[k].hash;
		     k = (k + 1) & (t->nslot - 1))
			;
		t->slot[k] = old[i];
	}
	xfree(old);
}

/* Names are numbered. Those that differ in the last digit of their longest number alone get slots
 * side by side: a program that is named in order misses the cache once for ten names. */
static uint32_t
name_hash(const char *s, size_t len)
{
	enum { BESIDE = 15 };
	char zeroed[64];
	size_t run = 0, longest = 0, last = 0;

	for (size_t k = 0; len <= sizeof zeroed && k < len; k++) {
		zeroed[k] = s[k];
		run = s[k] >= '0' && s[k] <= '9' ? run + 1 : 0;
		if (run > longest)
			longest = run, last = k;
	}
	if (!longest)
		return (uint32_t)hash_bytes(s, len, 0);
	zeroed[last] = '0';
	return ((uint32_t)hash_bytes(zeroed, len, 0) & ~(uint32_t)BESIDE) | (s[last] & BESIDE);
}

/* A string that is new, at the end. */
static Str *
intern_new(Interner *t, const char *s, size_t len)
{
	Str *str = arena_alloc(t->arena, sizeof *str + len + 1);

	str->len = (uint32_t)len;
	str->id = t->n++;
	if (len)
		memcpy(str->s, s, len);
	if (str->id == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->str = xrealloc(t->str, t->cap, sizeof *t->str);
	}
	t->str[str->id] = str;
	return str;
}

const Str *
intern(Interner *t, const char *s, size_t len)
{
	uint32_t h = name_hash(s, len), k;
	Str *str;

	if (len > UINT32_MAX - 64)
		milc_nomem();
	h += !h;
	for (k = h & (t->nslot - 1); t->slot[k].hash; k = (k + 1) & (t->nslot - 1)) {
		const Str *o = t->slot[k].hash == h ? t->str[t->slot[k].id] : NULL;
		if (o && o->len == len && (!len || memcmp(o->s, s, len) == 0))
			return o;
	}
	str = intern_new(t, s, len);
	t->slot[k] = (struct InternSlot){h, str->id};
	if (t->n > t->nslot / 2)
		intern_grow(t);
	return str;
}

const Str *
intern_cstr(Interner *t, const char *s)
{
	return intern(t, s, strlen(s));
}

/* ---- Vec and Map ---- */

void *
vec_grow(Arena *a, void *at, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t more = *cap ? *cap * 2 : 4;
	void *p;

	if (*cap > UINT32_MAX / 2)
		milc_nomem();
	p = arena_array(a, more, size);
	if (n)
		memcpy(p, at, n * size);
	*cap = more;
	return p;
}

static uint32_t
map_slot(uint64_t key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(key >> 32);
}

void
map_init(Map *m, Arena *a)
{
	*m = (Map){.arena = a};
}

/* The slot of the key, or the empty one where it belongs. */
static uint32_t
map_find(const Map *m, uint64_t key)
{
	uint32_t k = map_slot(key) & (m->nslot - 1);

	while (m->val[k] && m->key[k] != key)
		k = (k + 1) & (m->nslot - 1);
	return k;
}

void *
map_get(const Map *m, uint64_t key)
{
	return m->nslot ? m->val[map_find(m, key)] : 0;
}

static void
map_grow(Map *m)
{
	Map old = *m;
	uint32_t i, k;

	if (old.nslot > UINT32_MAX / 2)
		milc_nomem();
	m->nslot = old.nslot ? old.nslot * 2 : 16;
	m->key = newn(m->arena, uint64_t, m->nslot);
	m->val = newn(m->arena, void *, m->nslot);
	for (i = 0; i < old.nslot; i++) {
		if (!old.val[i])
			continue;
		k = map_find(m, old.key[i]);
		m->key[k] = old.key[i];
		m->val[k] = old.val[i];
	}
}

void
map_put(Map *m, uint64_t key, void *val)
{
	uint32_t k;

	if (!val)
		die("map_put: a null value cannot be told from an absent one");
	if (m->n >= m->nslot / 4 * 3)
		map_grow(m);
	k = map_find(m, key);
	if (!m->val[k])
		m->n++;
	m->key[k] = key;
	m->val[k] = val;
}

/* ---- odds and ends ---- */

uint64_t
splitmix_bits(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

double
splitmix_unit(uint64_t *state)
{
	return (double)(splitmix_bits(state) >> 11) * 0x1p-53;
}

void
talk_print(const Talk *t, const char *text, size_t n)
{
	if (t->print && n)
		t->print(t->ctx, text, n);
}

void
talk_progress(const Talk *t, const char *what)
{
	if (t->progress)
		t->progress(t->ctx, what);
}

double
now_ms(void)
{
	return sys_clock(false) * 1e3;
}

uint64_t
get_le(const void *p, int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | ((const uint8_t *)p)[bytes];
	return v;
}

void
set_le(void *p, uint64_t v, int bytes)
{
	for (uint8_t *to = p; bytes > 0; bytes--, v >>= 8)
		*to++ = (uint8_t)v;
}

bool
ends_with(const char *s, size_t n, const char *ending)
{
	size_t k = strlen(ending);

	return n > k && memcmp(s + n - k, ending, k) == 0;
}

bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; n && (p = strstr(p, word)) != 0; p += n)
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

size_t
path_length(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return n;
}

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *
path_folder(Arena *a, const char *path)
{
	size_t n = (size_t)(path_base(path) - path);

	return !n ? "." : n == 1 ? "/" : arena_printf(a, "%.*s", (int)n - 1, path);
}

uint64_t
hash_bytes(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(n ? p : "", n, seed);
}

size_t
utf8_next(const char *s, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char c = (unsigned char)s[0];
	size_t len = c < 0x80   ? 1
	             : c < 0xc2 ? 0
	             : c < 0xe0 ? 2
	             : c < 0xf0 ? 3
	             : c < 0xf5 ? 4
	                        : 0,
	       i;

	*cp = len == 1 ? c : c & (0x7fu >> len);
	for (i = 1; i < len && i < n && utf8_continues(s[i]); i++)
		*cp = *cp << 6 | ((unsigned char)s[i] & 0x3f);
	if (!len || i < len || *cp < least[len] || *cp > 0x10ffff || (*cp >> 11) == 0x1b) {
		*cp = UTF8_BAD;
		return 1;
	}
	return len;
}

void
utf8_put(Buf *b, uint32_t cp)
{
	static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
	int more = cp < 0x80 ? 0 : cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;

	buf_byte(b, (int)(lead[more] | cp >> 6 * more));
	while (more-- > 0)
		buf_byte(b, (int)(0x80 | (cp >> 6 * more & 0x3f)));
}

uint32_t
utf8_count(const char *s, size_t n)
{
	const uint64_t low = 0x0101010101010101u;
	uint32_t count = 0;
	uint64_t w;

	for (; n >= 8; s += 8, n -= 8) { /* bytes 10xxxxxx continue a character */
		memcpy(&w, s, 8);
		count += 8 - (uint32_t)((((w >> 7) & (~w >> 6) & low) * low) >> 56);
	}
	for (size_t i = 0; i < n; i++)
		count += !utf8_continues(s[i]);
	return count;
}

enum { WORD_MAX = 64, PREFIX_MIN = 4 };

/* Edit distance where a swap of neighbours counts as one step. */
static size_t
edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t row[3][WORD_MAX + 1], i, j, d;
	size_t *before = row[0], *last = row[1], *now = row[2], *swap;

	for (j = 0; j <= nb; j++)
		last[j] = j;
	memcpy(before, last, sizeof row[0]);
	for (i = 1; i <= na; i++) {
		now[0] = i;
		for (j = 1; j <= nb; j++) {
			d = last[j - 1] + (a[i - 1] != b[j - 1]);
			d = MIN(d, last[j] + 1);
			d = MIN(d, now[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = MIN(d, before[j - 2] + 1);
			now[j] = d;
		}
		swap = before;
		before = last;
		last = now;
		now = swap;
	}
	return last[nb];
}

const char *
nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strlen(word), best = len / 3 + 1, i, k, d;
	const char *found = 0;

	if (len > WORD_MAX)
		return 0;
	for (i = 0; i < n; i++) {
		k = names[i] ? strlen(names[i]) : WORD_MAX + 1;
		if (k > WORD_MAX || (k > len ? k - len : len - k) >= best)
			continue;
		d = edit_distance(word, len, names[i], k);
		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	for (i = 0; len >= PREFIX_MIN && i < n; i++) {
		if (!names[i] || strncmp(names[i], word, len) != 0)
			continue;
		if (names[i][len] == '_' && (!found || best > 1))
			return names[i]; /* whole words of it, against two wrong letters or more */
		found = found ? found : names[i];
	}
	return found;
}
