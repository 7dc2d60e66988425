/* elems.h: elements of every type as C numbers; for tensor.c and kernels that work on blocks.
 *
 * Pointers to elements may have any alignment. A type without numbers (string) is a broken
 * invariant and dies.
 */
#ifndef MILC_ELEMS_H
#define MILC_ELEMS_H

#include "tensor.h"

static inline bool
dtype_is_integral(DType t) /* bool is */
{
	return dtype_is_int(t) || t == DT_BOOL;
}
/* n elements of integer type or bool; uint64 keeps its bits. */
void elems_load_i(DType t, const char *p, int64_t *out, size_t n);
/* n elements of float type; of complex ones the real parts. */
void elems_load_f(DType t, const char *p, double *out, size_t n);
/* To any type, by tensor_cast's rule. in_unsigned: the numbers are the bits of uint64. */
void elems_store_i(DType t, char *p, const int64_t *in, size_t n, bool in_unsigned);
void elems_store_f(DType t, char *p, const double *in, size_t n);
/* From one type to another; a plain copy if they are the same. */
void elems_cast(DType to, char *dst, DType from, const char *src, size_t n);
/* Truncation; what does not fit gives the one value that it gives on x86-64. */
static inline int64_t
elems_trunc(double d)
{
	return d >= -0x1p63 && d < 0x1p63 ? (int64_t)d : INT64_MIN;
}
static inline int32_t
elems_trunc_32(double d)
{
	/* The choice before the conversion: several at once. */
	return (int32_t)(d > -2147483649.0 && d < 2147483648.0 ? d : -2147483648.0);
}

#endif
