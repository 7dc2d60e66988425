/* strmethods.h: the methods of strings that other files give to the table of strmethods.c. */
#ifndef MILC_STRMETHODS_H
#define MILC_STRMETHODS_H

#include "value.h"

/* strformat.c; with 1: format_map */
BuiltinFn str_format;

/* strsplit.c; strsplit_split, strsplit_partition: with 1 from the right */
BuiltinFn strsplit_split, strsplit_splitlines, strsplit_partition, strsplit_join;

/* strcase.c; with: which case */
enum { CASE_LOWER, CASE_UPPER, CASE_FOLD, CASE_CAPITAL, CASE_TITLE, CASE_SWAP };
/* with: what all characters must be */
enum {
	TEST_ALPHA,
	TEST_ALNUM,
	TEST_DIGIT,
	TEST_DECIMAL,
	TEST_NUMERIC,
	TEST_SPACE,
	TEST_IDENTIFIER,
	TEST_ASCII, /* "" passes from here */
	TEST_PRINTABLE,
};
/* strcase_cased with 0: upper, 1: lower */
BuiltinFn strcase_map, strcase_test, strcase_cased, strcase_istitle;

#endif
