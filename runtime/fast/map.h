/* map.h: what files with functions of MAP rows share: see chain.h. Names get the instruction set's
 * ending, as the rows of fast.def are named without it.
 */
#ifndef MILC_MAP_H
#define MILC_MAP_H

#include "chain_run.h"
#include "vec.h"

/* A function of one operand x, of two operands x and y; `f` gives a V. Parameters are p[0] … as V. */
#define MAP_UNARY(name, f)                                                                         \
	static void name(float *to, const float *const *from, unsigned one, size_t n,              \
	                 const float *param)                                                       \
	{                                                                                          \
		const V p[MAP_PARAMS] = {v_set1(param[0]), v_set1(param[1]), v_set1(param[2]),     \
		                         v_set1(param[3])};                                        \
		const float *q = from[0];                                                          \
		size_t i = 0;                                                                      \
                                                                                                   \
		(void)p;                                                                           \
		if (one & 1) {                                                                     \
			V x = v_set1(*q), r = (f);                                                 \
			for (; i + LANES <= n; i += LANES)                                         \
				v_store(to + i, r);                                                \
			v_store_n(to + i, r, n - i);                                               \
			return;                                                                    \
		}                                                                                  \
		for (; i + LANES <= n; i += LANES) {                                               \
			V x = v_load(q + i);                                                       \
			v_store(to + i, (f));                                                      \
		}                                                                                  \
		if (i < n) {                                                                       \
			V x = v_load_n(q + i, n - i);                                              \
			v_store_n(to + i, (f), n - i);                                             \
		}                                                                                  \
	}
#define MAP_LOOP(f, load_x, load_y, load_x_n, load_y_n)                                            \
	for (; i + LANES <= n; i += LANES) {                                                       \
		V x = load_x, y = load_y;                                                          \
		v_store(to + i, (f));                                                              \
	}                                                                                          \
	if (i < n) {                                                                               \
		V x = load_x_n, y = load_y_n;                                                      \
		v_store_n(to + i, (f), n - i);                                                     \
	}
#define MAP_BINARY(name, f)                                                                        \
	static void name(float *to, const float *const *from, unsigned one, size_t n,              \
	                 const float *param)                                                       \
	{                                                                                          \
		const float *q = from[0], *s = from[1];                                            \
		const V sx = v_set1(*q), sy = v_set1(*s);                                          \
		size_t i = 0;                                                                      \
                                                                                                   \
		(void)param;                                                                       \
		if (one == 0) {                                                                    \
			MAP_LOOP(f, v_load(q + i), v_load(s + i), v_load_n(q + i, n - i),          \
			         v_load_n(s + i, n - i))                                           \
		} else if (one == 2) {                                                             \
			MAP_LOOP(f, v_load(q + i), sy, v_load_n(q + i, n - i), sy)                 \
		} else if (one == 1) {                                                             \
			MAP_LOOP(f, sx, v_load(s + i), sx, v_load_n(s + i, n - i))                 \
		} else {                                                                           \
			MAP_LOOP(f, sx, sy, sx, sy)                                                \
		}                                                                                  \
	}

/* An op of floats on x, or on x and y, whose result has their type. */
static inline bool
map_same(const Eval *e, MapOp *m, MapFn *fn, uint32_t n)
{
	static const ArgName xy[] = {ARG_x, ARG_y};

	m->fn = fn;
	m->n = n;
	m->dtype = eval_arg(e, ARG_x)->dtype;
	for (uint32_t k = 0; k < n; k++) {
		m->operand[k] = xy[k];
		if (eval_arg(e, xy[k])->dtype != m->dtype)
			return false;
	}
	return m->dtype == DT_FP32 || m->dtype == DT_FP16;
}

#endif
