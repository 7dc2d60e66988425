/* unicode.h: what str methods and repr() need to know of code points (Unicode 14, as Python 3.11).
 * The tables in unicode.c are generated from Python's unicodedata. */
#ifndef MILC_UNICODE_H
#define MILC_UNICODE_H

#include "base/base.h"

bool uc_is_space(uint32_t cp);
bool uc_is_printable(uint32_t cp);
bool uc_is_alpha(uint32_t cp);
bool uc_is_decimal(uint32_t cp);
bool uc_is_digit(uint32_t cp);
bool uc_is_numeric(uint32_t cp);
bool uc_is_upper(uint32_t cp);
bool uc_is_lower(uint32_t cp);
bool uc_is_title(uint32_t cp);
bool uc_is_cased(uint32_t cp);
bool uc_is_case_ignorable(uint32_t cp);
bool uc_is_id_start(uint32_t cp);
bool uc_is_id_part(uint32_t cp);
/* The mapped code points (1 to 3) into out; their number. */
int uc_lower(uint32_t cp, uint32_t out[3]);
int uc_upper(uint32_t cp, uint32_t out[3]);
int uc_title(uint32_t cp, uint32_t out[3]);
int uc_fold(uint32_t cp, uint32_t out[3]);

#endif
