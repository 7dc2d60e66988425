/* math_gamma.c: gamma and its logarithm by Lanczos' approximation (13 terms, g = 6.0246…, the
 * rational form), lengths of vectors and exact sums, with the same roundings as CPython's.
 */
#include <math.h>

#include "math_impl.h"

#define LANCZOS_N 13
static const double lanczos_g = 6.024680040776729583740234375;
static const double lanczos_g_half = 5.524680040776729583740234375; /* g - 1/2 */
static const double lanczos_num[LANCZOS_N] = {
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
};
static const double lanczos_den[LANCZOS_N] = {
    0.0,       39916800.0, 120543840.0, 150917976.0, 105258076.0, 45995730.0, 13339535.0,
    2637558.0, 357423.0,   32670.0,     1925.0,      66.0,        1.0,
};

static double
lanczos_sum(double x)
{
	double num = 0, den = 0;

	if (x < 5.0)
		for (int i = LANCZOS_N - 1; i >= 0; i--) {
			num = num * x + lanczos_num[i];
			den = den * x + lanczos_den[i];
		}
	else
		for (int i = 0; i < LANCZOS_N; i++) {
			num = num / x + lanczos_num[i];
			den = den / x + lanczos_den[i];
		}
	return num / den;
}

/* sin(pi x) without the error of pi x */
static double
sin_pi(double x)
{
	double y = fmod(fabs(x), 2.0), r;

	switch ((int)round(2.0 * y)) {
	case 0:
		r = sin(MATH_PI * y);
		break;
	case 1:
		r = cos(MATH_PI * (y - 0.5));
		break;
	case 2:
		r = sin(MATH_PI * (1.0 - y));
		break;
	case 3:
		r = -cos(MATH_PI * (y - 1.5));
		break;
	default:
		r = sin(MATH_PI * (y - 2.0));
	}
	return copysign(1.0, x) * r;
}

double
math_gamma(double x)
{
	double a = fabs(x), y, z, q, r, p;

	if (isnan(x) || x == INFINITY)
		return x;
	if (x == -INFINITY || x == 0 || (x < 0 && x == floor(x)))
		return NAN;
	if (x == floor(x) && x <= 23) {
		for (r = 1, y = 2; y < x; y++)
			r *= y;
		return r;
	}
	if (a < 1e-20)
		return 1.0 / x;
	if (a > 200.0)
		return x < 0 ? 0.0 / sin_pi(x) : INFINITY;
	/* y = a + g - 1/2 with the rounding error of that sum in z */
	y = a + lanczos_g_half;
	if (a > lanczos_g_half) {
		q = y - a;
		z = q - lanczos_g_half;
	} else {
		q = y - lanczos_g_half;
		z = q - a;
	}
	z = z * lanczos_g / y;
	p = a < 140.0 ? pow(y, a - 0.5) : pow(y, a / 2.0 - 0.25);
	if (x < 0) {
		r = -MATH_PI / sin_pi(a) / a * exp(y) / lanczos_sum(a);
		r -= z * r;
		r /= p;
		return a < 140.0 ? r : r / p;
	}
	r = lanczos_sum(a) / exp(y);
	r += z * r;
	r *= p;
	return a < 140.0 ? r : r * p;
}

double
math_lgamma(double x)
{
	double a = fabs(x), r;

	if (isnan(x))
		return x;
	if (isinf(x))
		return INFINITY;
	if (x == floor(x) && x <= 2.0)
		return x <= 0.0 ? NAN : 0.0;
	if (a < 1e-20)
		return -log(a);
	r = log(lanczos_sum(a)) - lanczos_g;
	r += (a - 0.5) * (log(a + lanczos_g - 0.5) - 1);
	if (x < 0.0)
		r = log(MATH_PI) - log(fabs(sin_pi(a))) - log(a) - r;
	return r;
}

/* ---- sums in two doubles ---- */

typedef struct Pair {
	double hi, lo;
} Pair;

static Pair
pair_add(Pair s, double x)
{
	double t = s.hi + x, b = t - s.hi;

	s.lo += (s.hi - (t - b)) + (x - b);
	s.hi = t;
	return s;
}

static Pair
add_square(Pair s, double x)
{
	double sq = x * x;

	s = pair_add(s, sq);
	s.lo += fma(x, x, -sq);
	return s;
}

double
math_norm(double *v, uint32_t n)
{
	double max = 0, h;
	Pair s = {0, 0};
	bool nan = false;
	int e;

	for (uint32_t i = 0; i < n; i++) {
		v[i] = fabs(v[i]);
		nan = nan || isnan(v[i]);
		max = v[i] > max ? v[i] : max;
	}
	if (isinf(max))
		return max;
	if (nan)
		return NAN;
	if (max == 0 || n <= 1)
		return max;
	frexp(max, &e);
	for (uint32_t i = 0; i < n; i++)
		s = add_square(s, ldexp(v[i], -e));
	h = sqrt(s.hi + s.lo);
	/* the residue of the root corrects it to the last bit */
	s = pair_add(s, -h * h);
	s.lo -= fma(h, h, -(h * h));
	h += (s.hi + s.lo) / (2 * h);
	return ldexp(h, e);
}

/* Shewchuk: a list of partial sums that do not overlap. */
int
math_exact_sum(const double *v, uint32_t n, double *out)
{
	double *part = 0, special = 0, infs = 0, hi, lo = 0;
	uint32_t np = 0, cap = 0;
	bool overflow = false;

	for (uint32_t k = 0; k < n && !overflow; k++) {
		double x = v[k], given = x;
		uint32_t kept = 0;
		for (uint32_t j = 0; j < np; j++) {
			double y = part[j], t;
			if (fabs(x) < fabs(y)) {
				t = x;
				x = y;
				y = t;
			}
			hi = x + y;
			lo = y - (hi - x);
			if (lo != 0)
				part[kept++] = lo;
			x = hi;
		}
		np = kept;
		if (x == 0)
			continue;
		if (!isfinite(x)) {
			overflow = isfinite(given);
			infs += isinf(given) ? given : 0;
			special += given;
			np = 0;
			continue;
		}
		if (np == cap) {
			cap = cap ? cap * 2 : 32;
			part = xrealloc(part, cap, sizeof *part);
		}
		part[np++] = x;
	}
	hi = np ? part[--np] : 0;
	for (lo = 0; np && lo == 0;) {
		double x = hi, y = part[--np];
		hi = x + y;
		lo = y - (hi - x);
	}
	/* half-way cases: the next partial sum decides */
	if (np && ((lo < 0 && part[np - 1] < 0) || (lo > 0 && part[np - 1] > 0))) {
		double y = lo * 2, x = hi + y;
		if (y == x - hi)
			hi = x;
	}
	xfree(part);
	*out = special != 0 ? special : hi;
	return overflow ? 2 : isnan(infs) ? 1 : 0;
}
