/* strcase.h: the methods of strings about letters, digits and case (strcase.c). */
#ifndef MILC_STRCASE_H
#define MILC_STRCASE_H

#include "value.h"

BuiltinFn strcase_lower, strcase_upper, strcase_title, strcase_capitalize, strcase_swapcase,
    strcase_casefold, strcase_isalpha, strcase_isalnum, strcase_isdigit, strcase_isdecimal,
    strcase_isnumeric, strcase_isspace, strcase_isupper, strcase_islower, strcase_istitle,
    strcase_isascii, strcase_isprintable, strcase_isidentifier;

#endif
