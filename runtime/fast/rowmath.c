/* rowmath.c: rows of functions for one instruction set; see runtime/rowmath.h. */
#include "row_api.h"
#include "vmath_d.h"

/* e / (e + 2) with e = e^2x - 1. */
static inline V
tanh_of(V x)
{
	D e = d_expm1(d_of(v_add(x, x)));

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
ROW(row_exp, v_of(d_exp(d_of(x))))
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
