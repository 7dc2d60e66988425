/* map.h: what files with functions of MAP rows share: see chain.h. Names get the instruction set's
 * ending, as the rows of fast.def are named without it.
 */
#ifndef MILC_MAP_H
#define MILC_MAP_H

#include "chain_run.h"
#include "vec.h"

static inline void
put_lanes(float *to, V x, unsigned one)
{
	if (one & MAP_PAST)
		v_stream(to, x);
	else
		v_store(to, x);
}

/* NAME_all, a function of one operand x, of two operands x and y; `f` gives a V. Parameters are
 * p[0] … as V. */
#define MAP_UNARY(name, f)                                                                         \
	static void name##_all(float *to, const float *const *from, unsigned one, size_t n,        \
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
				put_lanes(to + i, r, one);                                         \
			v_store_n(to + i, r, n - i);                                               \
			return;                                                                    \
		}                                                                                  \
		for (; i + LANES <= n; i += LANES) {                                               \
			V x = v_load(q + i);                                                       \
			put_lanes(to + i, (f), one);                                               \
		}                                                                                  \
		if (i < n) {                                                                       \
			V x = v_load_n(q + i, n - i);                                              \
			v_store_n(to + i, (f), n - i);                                             \
		}                                                                                  \
	}
#define MAP_LOOP(f, load_x, load_y, load_x_n, load_y_n)                                            \
	for (; i + LANES <= n; i += LANES) {                                                       \
		V x = load_x, y = load_y;                                                          \
		put_lanes(to + i, (f), one);                                                       \
	}                                                                                          \
	if (i < n) {                                                                               \
		V x = load_x_n, y = load_y_n;                                                      \
		v_store_n(to + i, (f), n - i);                                                     \
	}
#define MAP_BINARY(name, f)                                                                        \
	static void name##_all(float *to, const float *const *from, unsigned one, size_t n,        \
	                 const float *param)                                                       \
	{                                                                                          \
		const float *q = from[0], *s = from[1];                                            \
		const V sx = v_set1(*q), sy = v_set1(*s);                                          \
		size_t i = 0;                                                                      \
                                                                                                   \
		(void)param;                                                                       \
		if ((one & 3) == 0) {                                                              \
			MAP_LOOP(f, v_load(q + i), v_load(s + i), v_load_n(q + i, n - i),          \
			         v_load_n(s + i, n - i))                                           \
		} else if ((one & 3) == 2) {                                                       \
			MAP_LOOP(f, v_load(q + i), sy, v_load_n(q + i, n - i), sy)                 \
		} else if ((one & 3) == 1) {                                                       \
			MAP_LOOP(f, sx, v_load(s + i), sx, v_load_n(s + i, n - i))                 \
		} else {                                                                           \
			MAP_LOOP(f, sx, sy, sx, sy)                                                \
		}                                                                                  \
	}

/* Operand k from element i on, where n are left. */
static inline V
map_operand(const float *const *from, unsigned one, unsigned k, size_t i, size_t n)
{
	if (one >> k & 1)
		return v_set1(*from[k]);
	return n >= LANES ? v_load(from[k] + i) : v_load_n(from[k] + i, n);
}

/* A function of one to three operands x, y and z whose formula is long, and is there once. */
#define MAP_LONG(name, operands, f)                                                                \
	static void name##_all(float *to, const float *const *from, unsigned one, size_t n,        \
	                 const float *param)                                                       \
	{                                                                                          \
		const V p[MAP_PARAMS] = {v_set1(param[0]), v_set1(param[1]), v_set1(param[2]),     \
		                         v_set1(param[3])};                                        \
                                                                                                   \
		(void)p;                                                                           \
		for (size_t i = 0; i < n; i += LANES) {                                            \
			V x = map_operand(from, one, 0, i, n - i);                                 \
			V y = operands > 1 ? map_operand(from, one, 1, i, n - i) : x;              \
			V z = operands > 2 ? map_operand(from, one, 2, i, n - i) : x;              \
			(void)y, (void)z;                                                          \
			V r = (f);                                                                 \
			if (n - i >= LANES)                                                        \
				put_lanes(to + i, r, one);                                         \
			else                                                                       \
				v_store_n(to + i, r, n - i);                                       \
		}                                                                                  \
	}

static inline bool
map_type(DType t)
{
	return t == DT_FP32 || t == DT_FP16 || t == DT_BOOL;
}

/* An op on x, or on x and y, whose result has their type. */
static inline bool
map_alike(const Eval *e, MapOp *m, MapFn *fn, uint32_t n)
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
	return map_type(m->dtype);
}

/* One of floats. */
static inline bool
map_same(const Eval *e, MapOp *m, MapFn *fn, uint32_t n)
{
	return map_alike(e, m, fn, n) && m->dtype != DT_BOOL;
}

/* Parameter k is the number `name`, where that is a constant. A NaN is the evaluator's: no function
 * here looks whether a bound is one. */
static inline bool
map_param(const Eval *e, const bool *known, MapOp *m, uint32_t k, ArgName name)
{
	int column = op_column(e->row, name);

	if (column >= 0 && eval_arg(e, name) && !known[column])
		return false;
	m->param[k] = (float)eval_double(e, name, 0);
	return m->param[k] == m->param[k];
}

/* The functions that fast.def names, of ops with no parameter, with one and with two. */
#define MAP_SAME(op, operands)                                                                     \
	bool FAST(map_##op)(const Eval *e, const bool *known, MapOp *m)                            \
	{                                                                                          \
		(void)known;                                                                       \
		return map_same(e, m, op##_all, operands);                                         \
	}
#define MAP_WITH_1(op, a)                                                                          \
	bool FAST(map_##op)(const Eval *e, const bool *known, MapOp *m)                            \
	{                                                                                          \
		return map_same(e, m, op##_all, 1) && map_param(e, known, m, 0, a);                \
	}
#define MAP_WITH_2(op, a, b)                                                                       \
	bool FAST(map_##op)(const Eval *e, const bool *known, MapOp *m)                            \
	{                                                                                          \
		return map_same(e, m, op##_all, 1) && map_param(e, known, m, 0, a) &&              \
		       map_param(e, known, m, 1, b);                                               \
	}

#endif
