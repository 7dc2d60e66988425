/* inputs.c: what a run is given. Each number must be one that the input's type holds: it may be
 * rounded, as fp32 to fp16, but neither cut nor wrapped. A symbol stands for one number in all
 * inputs. States that are not given keep what they hold. */
#include "session.h"

#include <math.h>

static const NamedTensor *
find_input(const Str *name, const NamedTensor *in, uint32_t nin)
{
	for (uint32_t i = 0; i < nin; i++)
		if (in[i].name->len == name->len && memcmp(in[i].name->s, name->s, name->len) == 0)
			return &in[i];
	return NULL;
}

/* ---- shapes ---- */

static int64_t
bound_symbol(void *ctx, Dim sym)
{
	const Session *s = ctx;

	for (uint32_t i = 0; i < s->bounds.n; i++)
		if (s->bounds.at[i].sym == sym)
			return s->bounds.at[i].n;
	return -1;
}

int64_t
bound_dim(Session *s, Dim d)
{
	return dim_known(d) ? d : dim_eval(s->func->prog->types, d, bound_symbol, s);
}

static bool
dim_fits(Session *s, Dim want, int64_t got)
{
	int64_t n = bound_dim(s, want);

	if (n >= 0)
		return n == got;
	if (dim_is_plain_symbol(s->func->prog->types, want))
		vec_push(&s->tmp, &s->bounds, (Bound){want, got});
	return true;
}

/* The shape that was wanted, with given dimensions where any number would do. */
static const char *
wanted_shape(Session *s, const Type *want, const Tensor *t)
{
	Dim dim[TENSOR_MAX_RANK];

	for (uint32_t i = 0; i < want->rank; i++) {
		int64_t n = bound_dim(s, want->dim[i]);
		bool open = n < 0 && (int)want->rank == t->rank;
		dim[i] = n >= 0 ? n : open ? t->dim[i] : want->dim[i];
	}
	return shape_str(s->func->prog->types, dim, want->rank);
}

/* ---- numbers ---- */

static bool
float_fits(DType d, double v)
{
	double top = d == DT_FP16 ? 65520 : d == DT_FP32 ? 0x1.ffffffp127 : INFINITY;

	return !isfinite(v) || fabs(v) < top; /* from there on it rounds to infinity */
}

static bool
int_fits(DType d, double v)
{
	int bits = d == DT_BOOL ? 1 : dtype_bits(d);
	bool sign = dtype_info[d].kind == 'i';

	return v == trunc(v) && v >= (sign ? -ldexp(1, bits - 1) : 0) &&
	       v < ldexp(1, sign ? bits - 1 : bits);
}

/* The first number that the type cannot hold, or -1. */
static int64_t
first_misfit(DType d, const Tensor *t)
{
	bool to_float = dtype_is_float(d);

	for (int64_t i = 0; i < t->count; i++) {
		double v = tensor_f(t, i);
		if (to_float ? !float_fits(d, v) : !int_fits(d, v))
			return i;
	}
	return -1;
}

static bool
misfit(Session *s, const Var *v, DType d, const Tensor *t, int64_t at)
{
	Dim index[TENSOR_MAX_RANK];
	const char *number;
	double f = tensor_f(t, at);

	if (dtype_is_float(t->dtype))
		number = isnan(f) ? "nan"
		                  : arena_printf(&s->tmp, "%.*g", t->dtype == DT_FP64 ? 15 : 7, f);
	else
		number = arena_printf(&s->tmp, t->dtype == DT_UINT64 ? "%llu" : "%lld",
		                      (long long)tensor_i(t, at));
	for (int i = t->rank; i-- > 0; at /= t->dim[i])
		index[i] = at % t->dim[i];
	return run_fail(s, NULL, "input '%s' takes %s, but element %s is %s", v->name->s,
	                dtype_info[d].mil,
	                shape_str(s->func->prog->types, index, (uint32_t)t->rank),
	                number);
}

/* ---- binding ---- */

static bool
bind_input(Session *s, const Var *v, const Tensor *t)
{
	bool is_state = v->type->kind == TY_STATE;
	const Type *want = is_state ? v->type->elem : v->type;
	bool fits = (uint32_t)t->rank == want->rank;
	int64_t bad;

	if (t->dtype == DT_STRING || t->dtype == DT_COMPLEX64)
		return run_fail(s, NULL, "input '%s' cannot be of type %s", v->name->s,
		                dtype_info[t->dtype].mil);
	for (int i = 0; fits && i < t->rank; i++)
		fits = dim_fits(s, want->dim[i], t->dim[i]);
	if (!fits)
		return run_fail(s, NULL, "%s '%s' has shape %s, expected %s",
		                is_state ? "state" : "input", v->name->s,
		                shape_str(s->func->prog->types, t->dim, (uint32_t)t->rank),
		                wanted_shape(s, want, t));
	bad = t->dtype == want->dtype ? -1 : first_misfit(want->dtype, t);
	if (bad >= 0)
		return misfit(s, v, want->dtype, t, bad);
	s->given += (size_t)t->count * dtype_size(want->dtype);
	if (!memory_left(s, 0))
		return memory_fail(s, NULL);
	if (t->dtype != want->dtype)
		t = tensor_cast(&s->tmp, t, want->dtype);
	if (!t->data && t->count)
		t = tensor_copy(&s->tmp, t);
	slot_clear(&s->heap, &s->slot[v->id]); /* a state's */
	s->slot[v->id] = (Slot){{t, NULL}, NULL};
	return true;
}

/* A state is zero at first; its symbolic dimensions, which no state has, would be 1. */
static bool
bind_state(Session *s, const Var *v)
{
	const Type *t = v->type->elem;
	int64_t dim[TENSOR_MAX_RANK];
	size_t bytes = (size_t)MAX(t->count, 1) * dtype_size(t->dtype);
	Slot *slot = &s->slot[v->id];

	if (slot->v.t)
		return true;
	if (!memory_left(s, bytes))
		return memory_fail(s, NULL);
	for (uint32_t i = 0; i < t->rank; i++)
		dim[i] = dim_known(t->dim[i]) ? t->dim[i] : 1;
	*slot = slot_new(&s->heap, t->dtype, dim, (int)t->rank);
	memset(slot->v.t->data, 0, tensor_bytes(slot->v.t));
	return memory_left(s, 0) || memory_fail(s, NULL);
}

bool
inputs_bind(Session *s, const NamedTensor *in, uint32_t nin)
{
	const Block *b = s->func->body;

	for (uint32_t i = 0; i < nin; i++) {
		bool known = false;
		for (uint32_t k = 0; !known && k < b->nparam; k++)
			known = find_input(b->param[k]->name, &in[i], 1) != NULL;
		if (!known)
			return run_fail(s, NULL, "the program has no input '%s'", in[i].name->s);
	}
	for (uint32_t i = 0; i < b->nparam; i++) {
		const Var *v = b->param[i];
		const NamedTensor *given = find_input(v->name, in, nin);
		if (!given && v->type->kind != TY_STATE)
			return run_fail(s, NULL, "there is no value for input '%s', %s", v->name->s,
			                type_str(s->func->prog->types, v->type));
		if (!(given ? bind_input(s, v, given->t) : bind_state(s, v)))
			return false;
	}
	return true;
}
