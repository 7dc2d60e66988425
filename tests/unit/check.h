/* check.h: the whole of the unit test frame. A test is a program: CHECK(cond) counts, and main
 * ends with `return check_report();`, which prints the totals and gives the exit status. */
#ifndef MILC_TESTS_CHECK_H
#define MILC_TESTS_CHECK_H

#include <stdio.h>

static int check_passed, check_failed;

#define CHECK(cond)                                                                                \
	((cond) ? (void)check_passed++                                                             \
	        : (void)(check_failed++,                                                           \
	                 fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond)))

static inline int
check_report(void)
{
	printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed != 0;
}

#endif
