/* rowmath.c: rows of functions for one instruction set; see runtime/rowmath.h. */
#include "row_api.h"
#include "vmath_d.h"

/* (e^2x - 1) / (e^2x + 1), and near 0 the first terms of its series. */
static inline D
tanh_of(D x)
{
	D e = d_exp(d_add(x, x)), z = d_mul(x, x), one = d_set1(1);
	D far = d_div(d_sub(e, one), d_add(e, one));

	return d_select(d_lt(d_abs(x), d_set1(0x1p-6)),
	                d_mul(x, DPOLY_4(z, 1, -1.0 / 3, 2.0 / 15, -17.0 / 315)), far);
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
ROW(row_tanh, v_of(tanh_of(d_of(x))))

const RowApi FAST(row_api) = {{
    [ROW_ABS] = row_abs,
    [ROW_EXP] = row_exp,
    [ROW_RINT] = row_rint,
    [ROW_SQRT] = row_sqrt,
    [ROW_TANH] = row_tanh,
}};
