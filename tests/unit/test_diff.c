/* test_diff.c: aligning two sequences: what is matched is equal and goes up; against all
 * subsequences where no element stands once; large ones in time.
 */
#include "check.h"
#include "diff/diff.h"

enum { MOST = 2000000 };

static Arena arena;

/* How many are matched; -1 if what is matched is no common subsequence. */
static int
matched(const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
	int64_t *match = newn(&arena, int64_t, na + 1), last = -1;
	int n = 0;

	diff_align(&arena, a, na, b, nb, match);
	for (size_t i = 0; i < na; i++) {
		if (match[i] < 0)
			continue;
		if (match[i] <= last || (size_t)match[i] >= nb || a[i] != b[match[i]])
			return -1;
		last = match[i];
		n++;
	}
	return n;
}

static int
text_matched(const char *a, const char *b)
{
	uint64_t x[64], y[64];

	for (size_t i = 0; a[i]; i++)
		x[i] = (unsigned char)a[i];
	for (size_t i = 0; b[i]; i++)
		y[i] = (unsigned char)b[i];
	return matched(x, strlen(a), y, strlen(b));
}

/* The length of a longest common subsequence. */
static int
longest(const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
	int row[64] = {0};

	for (size_t i = 0; i < na; i++) {
		int corner = 0;
		for (size_t j = 0; j < nb; j++) {
			int above = row[j + 1];
			row[j + 1] = a[i] == b[j]       ? corner + 1
			             : above > row[j] ? above
			                              : row[j];
			corner = above;
		}
	}
	return row[nb];
}

static void
test_texts(void)
{
	CHECK_INT(text_matched("", ""), 0);
	CHECK_INT(text_matched("abc", ""), 0);
	CHECK_INT(text_matched("", "abc"), 0);
	CHECK_INT(text_matched("abc", "abc"), 3);
	CHECK_INT(text_matched("abc", "abxc"), 3);
	CHECK_INT(text_matched("abxc", "abc"), 3);
	CHECK_INT(text_matched("abcdef", "xbcyef"), 4);
	CHECK_INT(text_matched("aaaa", "aa"), 2);
	CHECK_INT(text_matched("abab", "baba"), 3);
	CHECK_INT(text_matched("abc", "cab"), 2);
	CHECK_INT(text_matched("abcabba", "cbabac"), 4);
	CHECK_INT(text_matched("relurelu", "relxurelu"), 8);
}

/* Few kinds of elements, each many times: no anchors. */
static void
test_random(void)
{
	uint64_t state = 7, a[60], b[60];
	int wrong = 0, shorter = 0;

	for (int round = 0; round < 2000; round++) {
		size_t na = splitmix_bits(&state) % 60, nb = splitmix_bits(&state) % 60;
		uint64_t kinds = 1 + splitmix_bits(&state) % 4;
		for (size_t i = 0; i < na; i++)
			a[i] = splitmix_bits(&state) % kinds;
		for (size_t i = 0; i < nb; i++)
			b[i] = splitmix_bits(&state) % kinds;
		int n = matched(a, na, b, nb);
		wrong += n < 0;
		shorter += na > 30 && nb > 30 && n < longest(a, na, b, nb) - 2;
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(shorter, 0);
}

static void
test_large(void)
{
	uint64_t *a = newn(&arena, uint64_t, MOST), *b = newn(&arena, uint64_t, MOST), state = 1;
	size_t na = 200000, nb = 0;

	/* Different elements, of which every thousandth is left out, and one put in behind it. */
	for (size_t i = 0; i < na; i++) {
		a[i] = splitmix_bits(&state);
		if (i % 1000 != 1)
			b[nb++] = a[i];
		else
			b[nb++] = splitmix_bits(&state);
	}
	CHECK_INT(matched(a, na, b, nb), 199800);
	/* The same few elements over and over, shifted. */
	for (size_t i = 0; i < na; i++) {
		a[i] = i % 7;
		b[i] = (i + 3) % 7;
	}
	CHECK(matched(a, na, b, na) > 190000);
	/* Nothing in common. */
	for (size_t i = 0; i < na; i++) {
		a[i] = i % 7;
		b[i] = 7 + i % 5;
	}
	CHECK_INT(matched(a, na, b, na), 0);
}

int
main(void)
{
	test_texts();
	test_random();
	test_large();
	arena_free(&arena);
	return check_report();
}
