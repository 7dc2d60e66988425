/* strcase.h: the methods of strings about letters, digits and case (strcase.c). */
#ifndef MILC_STRCASE_H
#define MILC_STRCASE_H

#include "value.h"

/* with: which case */
enum { CASE_LOWER, CASE_UPPER, CASE_FOLD, CASE_CAPITAL };
/* with: what all characters must be */
enum {
	TEST_ALPHA,
	TEST_ALNUM,
	TEST_DIGIT,
	TEST_DECIMAL,
	TEST_NUMERIC,
	TEST_SPACE,
	TEST_ASCII, /* "" passes from here */
	TEST_PRINTABLE,
};
/* strcase_cased with 0: upper, 1: lower */
BuiltinFn strcase_map, strcase_title, strcase_swapcase, strcase_test, strcase_cased,
    strcase_istitle, strcase_isidentifier;

#endif
