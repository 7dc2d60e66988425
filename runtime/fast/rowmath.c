/* rowmath.c: rows of functions for one instruction set; see runtime/rowmath.h. */
#include "row_api.h"
#include "vmath_d.h"

/* e^104 rounds to infinity, e^-104 to 0. */
static inline V
within(V x, float most)
{
	return v_max(v_set1(-most), v_min(v_set1(most), x));
}

INLINE V
exp_of(V x)
{
	D scale, m = d_exp_split(d_of(within(x, 104)), &scale);

	return v_of(d_mul(d_add(d_set1(1), m), scale));
}

/* e / (e + 2) with e = e^2x - 1; that of 10 rounds to 1. */
INLINE V
tanh_of(V x)
{
	V small = within(x, 10);
	D scale, m = d_exp_split(d_of(v_add(small, small)), &scale);
	D e = d_add(d_mul(m, scale), d_sub(scale, d_set1(1)));

	return v_copysign(v_of(d_div(e, d_add(e, d_set1(2)))), x);
}

#define ROW(name, f)                                                                               \
	static void name(float *to, const float *from, size_t n)                                   \
	{                                                                                          \
		for (size_t i = 0; i < n; i += LANES) {                                            \
			bool all = n - i >= LANES;                                                 \
			V x = all ? v_load(from + i) : v_load_n(from + i, n - i), r = f;           \
			if (all)                                                                   \
				v_store(to + i, r);                                                \
			else                                                                       \
				v_store_n(to + i, r, n - i);                                       \
		}                                                                                  \
	}
ROW(row_abs, v_abs(x))
ROW(row_exp, exp_of(x))
ROW(row_rint, v_rint(x))
ROW(row_sqrt, v_sqrt(x))
ROW(row_tanh, tanh_of(x))

const RowApi FAST(row_api) = {{
    [ROW_ABS] = row_abs,
    [ROW_EXP] = row_exp,
    [ROW_RINT] = row_rint,
    [ROW_SQRT] = row_sqrt,
    [ROW_TANH] = row_tanh,
}};
