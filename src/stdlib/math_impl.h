/* math_impl.h: the parts of the math module: special functions (math_gamma.c), on ints
 * (math_int.c), and the table (math.c). */
#ifndef MILC_MATH_IMPL_H
#define MILC_MATH_IMPL_H

#include "script/value.h"

#define MATH_PI 3.141592653589793238462643383279502884

/* NaN for a pole or a value outside the domain, infinity when too large. */
double math_gamma(double x);
double math_lgamma(double x);
/* The length of a vector, correctly rounded but for one case in a billion. Changes v. */
double math_norm(double *v, uint32_t n);
/* The exact sum, rounded once. 0 done; 1 infinities of both signs; 2 too large. */
int math_exact_sum(const double *v, uint32_t n, double *out);

BuiltinFn math_factorial, math_gcd, math_lcm, math_isqrt,
    math_choose; /* with 1: comb, 0: perm */

#endif
