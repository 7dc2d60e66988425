/* Unit tests of base.c: arenas and marks, interning, buffers, vectors, maps, spelling help. */
#include <limits.h>
#include <stdlib.h>

#include "base/base.h"
#include "check.h"

static bool
all_zero(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void
test_arena(void)
{
	Arena a = {0};
	ArenaMark m;
	char *p, *q, *big;
	size_t total, i;

	p = arena_alloc(&a, 1);
	CHECK_INT(((uintptr_t)p & 15), 0);
	CHECK_INT(p[0], 0);
	total = a.total;
	m = arena_mark(&a);
	big = arena_alloc(&a, 3 << 20);
	CHECK(all_zero(big, 3 << 20));
	memset(big, 1, 3 << 20);
	for (i = 0; i < 2000; i++)
		memset(arena_alloc(&a, 100 + i), 0xff, 100 + i);
	arena_release(&a, m);
	CHECK(a.total == total);
	q = arena_alloc(&a, 1000);
	CHECK(all_zero(q, 1000)); /* memory used before the release */
	CHECK(q == p + 16);
	big = arena_alloc(&a, 1 << 20);
	m = arena_mark(&a); /* with a large object as the newest chunk */
	q = arena_alloc(&a, 16);
	total = a.total;
	arena_alloc(&a, 1 << 20);
	arena_release(&a, m);
	CHECK(a.total == total - 16);
	CHECK(arena_alloc(&a, 16) == q);
	CHECK_STR(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	CHECK_STR(arena_strdup(&a, "hello"), "hello");
	CHECK(memcmp(arena_dup(&a, "ab", 2), "ab", 2) == 0);
	arena_free(&a);
	CHECK(!a.chunk && !a.total);
	m = arena_mark(&a); /* of an empty arena */
	p = arena_alloc(&a, 50);
	memset(p, 0xff, 50);
	arena_release(&a, m);
	CHECK(!a.chunk && !a.total && a.spare);
	CHECK(arena_alloc(&a, 60) == p && all_zero(p, 60)); /* what was released is used again */
	CHECK(!a.spare);
	for (i = 0; i < 100; i++) /* chunks that grow */
		arena_alloc(&a, 4000);
	q = a.next;
	arena_release(&a, m);
	CHECK(a.spare && !a.chunk); /* the largest: */
	arena_alloc(&a, 100000); /* one object of its own leaves it alone */
	CHECK(a.spare && a.total == 100000);
	p = arena_alloc(&a, 16);
	CHECK(!a.spare && p < q && q <= a.end);
	arena_free(&a);
	CHECK(!a.spare && !a.chunk);
}

static void
test_intern(void)
{
	Arena a = {0};
	Interner t;
	const Str *s, *first[1000];
	int i, same = 0;

	intern_init(&t, &a);
	for (i = 0; i < 1000; i++)
		first[i] = intern_printf(&t, "name_%d", i);
	for (i = 0; i < 1000; i++)
		same += first[i] == intern_printf(&t, "name_%d", i);
	CHECK_INT(same, 1000);
	CHECK_INT(t.n, 1000);
	s = intern(&t, "a\0b", 3);
	CHECK_INT(s->len, 3);
	CHECK(s != intern_cstr(&t, "a") && s == intern(&t, "a\0b", 3));
	CHECK(intern(&t, 0, 0) == intern_cstr(&t, ""));
	CHECK_STR(intern_cstr(&t, "relu")->s, "relu");
	/* Numbers in the order in which they came. */
	CHECK_INT(first[0]->id, 0);
	CHECK_INT(first[countof(first) - 1]->id, countof(first) - 1);
	CHECK_INT(intern_cstr(&t, "relu")->id, t.n - 1);
	/* What slots side by side tell apart: other digits, other places of them, the end. */
	for (i = 0; i < 10000; i++) {
		const Str *end = intern_printf(&t, "add_%d", i);
		const Str *mid = intern_printf(&t, "add_%d_y_0_to_fp16", i);
		const Str *high = intern_printf(&t, "add_%d5", i);
		const Str *far = intern_printf(&t, "%064d%d", 0, i);
		const Str *near = intern_printf(&t, "%063d:%d", 0, i % 10);
		char text[80];
		snprintf(text, sizeof text, "add_%d", i);
		CHECK_STR(end->s, text);
		CHECK(end == intern_cstr(&t, text) && end != high && mid != end);
		snprintf(text, sizeof text, "add_%d_y_0_to_fp16", i);
		CHECK(mid == intern_cstr(&t, text));
		CHECK_INT(atoi(high->s + 4), i * 10 + 5);
		CHECK_STR(far->s + 64, end->s + 4);
		CHECK_INT(near->s[64], '0' + i % 10);
	}
	CHECK(intern_cstr(&t, "a1") != intern_cstr(&t, "a!") &&
	      intern_cstr(&t, "a1") != intern_cstr(&t, "aq"));
	CHECK(!str_is(s, "a") && !str_is(0, ""));
	intern_free(&t);
	arena_free(&a);
}

static void
test_buf(void)
{
	Buf b = {0};
	int i;

	buf_puts(&b, "ab");
	buf_byte(&b, 'c');
	buf_put(&b, 0, 0);
	CHECK_INT(b.n, 3);
	CHECK_STR(b.at, "abc");
	for (i = 0; i < 100; i++)
		buf_printf(&b, "%0100d", i);
	CHECK_INT(b.n, 10003);
	CHECK(strlen(b.at) == b.n && b.at[b.n - 1] == '9');
	buf_clear(&b);
	CHECK_INT(b.n, 0);
	CHECK_INT(b.at[0], 0);
	buf_free(&b);
	CHECK(!b.at);
}

/* What printf makes, whether the C library is asked or not, of any length. */
static void
test_format(void)
{
	Arena a = {0};
	Interner t;
	char wide[600];
	Buf b = {0};

	intern_init(&t, &a);
	memset(wide, 'w', sizeof wide - 1);
	wide[sizeof wide - 1] = 0;
	CHECK_STR(arena_printf(&a, "%d|%d|%u|%ld|%lu", INT_MIN, -0, UINT_MAX, -7L, 7UL),
	          "-2147483648|0|4294967295|-7|7");
	CHECK_STR(arena_printf(&a, "%lld %llu %zu.", LLONG_MIN, ULLONG_MAX, (size_t)12),
	          "-9223372036854775808 18446744073709551615 12.");
	CHECK_STR(arena_printf(&a, "%.*s,%.*s,%.*s", 2, "abc", 9, "de", -1, "fg"), "ab,de,fg");
	CHECK_STR(arena_printf(&a, "%s: 100%% of %3d, %x", "x", 5, 255U), "x: 100% of   5, ff");
	CHECK_STR(arena_printf(&a, "%s", ""), "");
	CHECK_STR(arena_printf(&a, "%s%d", wide, 3) + 598, "w3");
	CHECK_STR(arena_printf(&a, "%s%5d", wide, 3) + 598, "w    3");
	CHECK(intern_printf(&t, "v.%d", 3) == intern_cstr(&t, "v.3"));
	CHECK_INT(intern_printf(&t, "%s%s", wide, wide)->len, 2 * 599);
	buf_printf(&b, "%s", wide);
	buf_printf(&b, "%s-%02d", wide, 7);
	CHECK_INT(b.n, 2 * 599 + 3);
	CHECK_STR(b.at + 2 * 599 - 1, "w-07");
	buf_free(&b);
	intern_free(&t);
	arena_free(&a);
}

/* Whichever is longer, the order is the same and the second is empty. */
static void
test_buf_take(void)
{
	Buf a = {0}, b = {0};

	buf_take(&a, &b);
	CHECK_INT(a.n, 0);
	buf_puts(&b, "long enough");
	buf_take(&a, &b);
	CHECK_STR(a.at, "long enough");
	CHECK(!b.at && !b.n && !b.cap);
	buf_puts(&b, "!");
	buf_take(&a, &b);
	CHECK_STR(a.at, "long enough!");
	for (int i = 0; i < 1000; i++)
		buf_byte(&b, 'x');
	buf_take(&a, &b);
	CHECK_INT(a.n, 1012);
	CHECK_INT(strlen(a.at), 1012);
	CHECK(!strncmp(a.at, "long enough!xxx", 15) && a.at[1011] == 'x');
	CHECK(!b.at);
	buf_free(&a);
}

static void
test_containers(void)
{
	Arena a = {0};
	VEC(int) v = {0};
	Map m;
	int i, good = 0, x[2];

	for (i = 0; i < 1000; i++)
		vec_push(&a, &v, i);
	for (i = 0; i < 1000; i++)
		good += v.at[i] == i;
	CHECK_INT(good, 1000);
	CHECK_INT(v.n, 1000);
	map_init(&m, &a);
	CHECK(!map_get(&m, 1));
	for (i = 0; i < 1000; i++)
		map_put(&m, (uint64_t)i << 4, &v.at[i]);
	for (i = good = 0; i < 1000; i++)
		good += map_get(&m, (uint64_t)i << 4) == &v.at[i];
	CHECK_INT(good, 1000);
	CHECK_INT(m.n, 1000);
	CHECK(!map_get(&m, 1));
	map_put(&m, 16, &x[1]);
	CHECK(map_get(&m, 16) == &x[1]);
	CHECK_INT(m.n, 1000);
	map_put(&m, KEY(&x[0]), &x[0]);
	CHECK(map_get(&m, KEY(&x[0])) == &x[0]);
	arena_free(&a);
}

static void
test_misc(void)
{
	static const char *const names[] = {"relu", "softmax", "matmul", 0, "reduce_sum", "exp"};
	static const char *const sums[] = {"reduce_sux", "reduce_sum_x"};
	static const char *const fuse[] = {"fuse_prelu", "fuse_gelu_exact"};
	size_t n = countof(names), r;

	CHECK(nearest("sofmtax", names, n) == names[1]);
	CHECK(nearest("reduce_sun", names, n) == names[4]);
	CHECK(nearest("rel", names, n) == names[0]);
	CHECK(!nearest("conv", names, n) && !nearest("", names, n));
	CHECK(nearest("reduce_sun", sums, 2) == sums[0]);
	CHECK(nearest("reduce_sum", sums, 2) == sums[0]);
	CHECK(nearest("fuse_gelu", fuse, 2) == fuse[1]);
	CHECK(nearest("reduce", names, n) == names[4] && !nearest("red", names, n));
	CHECK(mul_size(3, 4, &r));
	CHECK_INT(r, 12);
	CHECK(!mul_size(SIZE_MAX, 2, &r));
	CHECK(add_size(3, 4, &r));
	CHECK_INT(r, 7);
	CHECK(!add_size(SIZE_MAX, 1, &r));
	CHECK_INT(hash_bytes("abc", 3, 0), 0x78af5f94892f3950u); /* published XXH3 vector */
	CHECK(hash_bytes(0, 0, 0) == hash_bytes("x", 0, 0));
}

typedef struct Taken {
	Drain drain;
	Buf got;
	int times;
} Taken;

static void
take(Drain *d, const char *p, size_t n)
{
	Taken *t = (Taken *)(void *)d;

	buf_put(&t->got, p, n);
	t->times++;
}

static void
test_buf_drain(void)
{
	enum { ROOM = 256 << 10, MUCH = 3 * ROOM };
	Taken t = {.drain.take = take};
	Buf b = {.drain = &t.drain}, much = {0}, little = {0};

	buf_puts(&b, "few");
	CHECK_INT(t.times, 0);
	CHECK_INT(b.cap, ROOM);
	for (int i = 0; i < MUCH; i++)
		buf_byte(&much, i * 7 / 5);
	buf_put(&b, much.at, MUCH); /* what lies there already goes first, and then parts */
	CHECK_INT(t.times, 4);
	CHECK_INT(t.got.n + b.n, MUCH + 3);
	CHECK_INT(b.cap, ROOM);
	buf_puts(&little, "little");
	buf_take(&b, &little);
	CHECK_INT(little.cap, 0);
	buf_reserve(&b, 2 * ROOM); /* in one place, as is asked */
	CHECK_INT(b.n, 0);
	CHECK_INT(b.cap > 2 * ROOM, 1);
	buf_puts(&b, "end");
	CHECK_INT(t.times, 5);
	buf_drain(&b);
	buf_drain(&b); /* nothing is in it */
	CHECK_INT(t.times, 6);
	CHECK_INT(t.got.n, MUCH + 12);
	CHECK_STR(t.got.at + MUCH + 3, "littleend");
	CHECK_INT(memcmp(t.got.at, "few", 3), 0);
	CHECK_INT(memcmp(t.got.at + 3, much.at, MUCH), 0);
	buf_puts(&b, "x");
	buf_take(&b, &much); /* large enough to go as it is */
	CHECK_INT(t.times, 8);
	CHECK_INT(b.n, 0);
	CHECK_INT(much.cap, 0);
	CHECK_INT(t.got.n, 2 * MUCH + 13);
	buf_free(&b);
	buf_free(&t.got);
}

int
main(void)
{
	test_arena();
	test_intern();
	test_buf();
	test_format();
	test_buf_take();
	test_buf_drain();
	test_containers();
	test_misc();
	return check_report();
}
