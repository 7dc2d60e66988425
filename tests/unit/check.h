/* check.h: the whole of the unit test frame. A test is a program: CHECK(cond) counts, CHECK_INT,
 * CHECK_NUM and CHECK_STR compare what came with what was expected and print both when they differ.
 * main ends with `return check_report();`, which prints the totals and gives the exit status.
 */
#ifndef MILC_TESTS_CHECK_H
#define MILC_TESTS_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;

typedef struct CheckFraction {
	char is_not_whole;
} CheckFraction;

#define CHECK(cond)                                                                                \
	((cond) ? (void)check_passed++                                                             \
	        : (void)(check_failed++,                                                           \
	                 fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond)))

#define CHECK_INT(got, want)                                                                       \
	check_int(CHECK_AT(#got), (long long)CHECK_WHOLE(got), (long long)CHECK_WHOLE(want))
#define CHECK_NUM(got, want) check_num(CHECK_AT(#got), got, want)
#define CHECK_STR(got, want) check_str(CHECK_AT(#got), got, want)
/* Does not compile for a fraction, which CHECK_NUM is for. */
#define CHECK_WHOLE(x)                                                                             \
	_Generic((x), float: (CheckFraction){0}, double: (CheckFraction){0}, default: (x))
#define CHECK_AT(what) __FILE__ ":" CHECK_LINE(__LINE__) ": " what
#define CHECK_LINE(line) CHECK_TEXT(line)
#define CHECK_TEXT(line) #line

/* Counts a check; of one that failed, what was looked at. Then both values follow. */
static inline bool
check_count(const char *what, bool ok)
{
	ok ? check_passed++ : check_failed++;
	if (!ok)
		fprintf(stderr, "%s\n", what);
	return ok;
}

static inline void
check_int(const char *what, long long got, long long want)
{
	if (!check_count(what, got == want))
		fprintf(stderr, "  expected %lld\n  got      %lld\n", want, got);
}

static inline void
check_num(const char *what, double got, double want)
{
	if (!check_count(what, got == want))
		fprintf(stderr, "  expected %.17g\n  got      %.17g\n", want, got);
}

static inline void
check_str(const char *what, const char *got, const char *want)
{
	if (!check_count(what, got && strcmp(got, want) == 0))
		fprintf(stderr, "  expected %s\n  got      %s\n", want, got ? got : "no text");
}

/* A text of diagnostics without what stands before the first message and the last end of line. */
static inline const char *
check_message(char *said)
{
	static const char before[] = "milc: error: ";
	size_t n = strlen(said);

	while (n && said[n - 1] == '\n')
		said[--n] = 0;
	return strncmp(said, before, sizeof before - 1) == 0 ? said + sizeof before - 1 : said;
}

static inline int
check_report(void)
{
	printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed != 0;
}

#endif
