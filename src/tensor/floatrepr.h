/* floatrepr.h: floats as Python and NumPy print them: the shortest decimal that reads back as the
 * same number; without an exponent from 1e-4 to 1e16 (float32: 1e6, float16: 1e3, as NumPy 2). */
#ifndef MILC_FLOATREPR_H
#define MILC_FLOATREPR_H

#include "base/base.h"

void put_float64(Buf *out, double v);
void put_float32(Buf *out, float v);
void put_float16(Buf *out, uint16_t bits);

/* The shortest digits of v > 0 (finite), as a number of `bits` precision (53, 24 or 11): digits
 * without point into at least 20 chars, and the exponent of ten of the first. */
int shortest_digits(double v, int bits, char *digit, int *exp10);
/* The digits of v >= 0 with prec behind the point of the form with an exponent, exactly rounded,
 * into prec + 2 chars; that exponent. */
int exact_digits(double v, int prec, char *digit);
/* n digits, of which the first has the exponent of ten e. `point`: a point even without digits
 * behind it; `zero`: then with a 0 behind it, but for the form with an exponent. */
void put_digits(Buf *out, const char *digit, int64_t n, int e, bool exponent, bool point,
                bool zero);

#endif
