/* bignum.h: ints of any size that scripts need, up to BIG_BITS bits: sign and magnitude in a struct
 * of fixed size, so that nothing here allocates. The functions that can grow a number give false
 * when the result has more than BIG_BITS bits.
 */
#ifndef MILC_BIGNUM_H
#define MILC_BIGNUM_H

#include "base.h"

#define BIG_BITS  4096
#define BIG_LIMBS (BIG_BITS / 32)
#define BIG_ROOM  (BIG_LIMBS * 2 + 8) /* room for the intermediate results */

typedef struct Int {
	bool neg;             /* never for zero */
	uint32_t n;           /* limbs in use; 0: the number is zero */
	uint32_t d[BIG_ROOM]; /* least significant first */
} Int;

__extension__ typedef __int128 Big;

void big_from_i64(Int *r, int64_t v);
void big_from_i128(Int *r, Big v);
void big_from_double(Int *r, double v); /* truncates; v is finite */
Big big_to_i128(const Int *a);          /* the nearest that fits */
bool big_fits_i64(const Int *a, int64_t *out);
double big_to_double(const Int *a); /* half to even; infinity when too large */
uint32_t big_bits(const Int *a);    /* of the magnitude; 0 for 0 */

int big_cmp(const Int *a, const Int *b);
bool big_add(Int *r, const Int *a, const Int *b);
bool big_sub(Int *r, const Int *a, const Int *b);
bool big_mul(Int *r, const Int *a, const Int *b);
void big_divmod(Int *q, Int *r, const Int *a, const Int *b); /* floors; b is not 0 */
void big_divtrunc(Int *q, Int *r, const Int *a, const Int *b);
bool big_shl(Int *r, const Int *a, uint64_t n);
void big_shr(Int *r, const Int *a, uint64_t n);              /* floors */
bool big_bitop(Int *r, char op, const Int *a, const Int *b); /* & | ^ */
bool big_pow(Int *r, const Int *a, uint64_t n);
/* a/b to the nearest double; infinity when too large. */
double big_truediv(const Int *a, const Int *b);

int digit_value(char c); /* of 0 to 9, a to z, A to Z; 99: it is none */
/* Digits without a sign or prefix; base 2, 8, 10 or 16. */
void big_digits(const Int *a, int base, bool upper, Buf *out);
/* Adds the digits of s; `_` must have been removed. False: too large. */
bool big_from_digits(Int *r, const char *s, size_t n, int base);

#endif
