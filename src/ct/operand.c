/* operand.c: Python values as constants of the program. Python's float and float64 become fp32, its
 * int and int64 int32 (saturating), every other dtype stays what it is. */
#include "bind.h"

#include "nd/nd.h"
#include "np/np.h"

static int64_t
saturate(Interp *in, int64_t v, Span at, bool *warned)
{
	if (v >= INT32_MIN && v <= INT32_MAX)
		return v;
	if (!*warned)
		diag_warning(interp_diag(in), at,
		             "%lld does not fit int32, the constant becomes %d", (long long)v,
		             v < 0 ? INT32_MIN : INT32_MAX);
	*warned = true;
	return v < 0 ? INT32_MIN : INT32_MAX;
}

/* An array with NumPy's dtype -> the constant. */
static bool
const_array(Interp *in, const Nd *nd, const char *what, Span at, const Tensor **out)
{
	Arena *a = interp_arena(in);
	DType t = nd->dtype == DT_FP64 ? DT_FP32 : nd->dtype;
	Nd c = *nd;
	NdErr err = {0};

	if (dtype_info[t].kind == 'c')
		return fail(in, at,
		            "%s: an array of %s cannot be a constant; np.real and np.imag give "
		            "its parts",
		            what, dtype_info[t].np);
	/* a broadcast view may be larger than anything that was ever allocated */
	if (!interp_memory(in, nd_contiguous(nd) ? 0 : (size_t)nd_count(nd) * dtype_size(t)))
		return false;
	if (nd->dtype == DT_INT64 || nd->dtype == DT_UINT64) {
		bool warned = false;
		Tensor *r = tensor_new(a, DT_INT32, nd->dim, nd->rank);
		int64_t i = 0;
		for (NdIter it = nd_iter(nd); it.at; nd_step(&it)) {
			int64_t v;
			memcpy(&v, it.at, sizeof v);
			if (nd->dtype == DT_UINT64 && v < 0)
				v = INT64_MAX;
			tensor_set_i(r, i++, saturate(in, v, at, &warned));
		}
		*out = r;
		return true;
	}
	if (t != nd->dtype && !nd_astype(&c, nd, t, &err)) {
		interp_diag(in)->machine |= err.machine;
		return fail(in, at, "%s: %s", what, err.text);
	}
	if (t == nd->dtype)
		nd_retain(&c);
	*out = nd_to_tensor(a, &c);
	if (c.rank)
		interp_keep(in, c.buf); /* the tensor points into it */
	nd_release(&c);
	return true;
}

/* A flat list of one kind of Python number or string, without a detour over NumPy. 1 done, 0 not of
 * that form. */
static int
const_flat(Interp *in, const SeqObj *s, Span at, const Tensor **out)
{
	Arena *a = interp_arena(in);
	int64_t dim = s->n;
	bool warned = false;
	VKind k;
	Tensor *t;

	if (s->n == 0)
		return 0;
	k = s->at[0].kind;
	if (k != V_INT && k != V_FLOAT && k != V_STR)
		return 0;
	for (uint32_t i = 1; i < s->n; i++)
		if (s->at[i].kind != k)
			return 0;
	if (k == V_STR) {
		const Str **data = newn(a, const Str *, s->n);
		for (uint32_t i = 0; i < s->n; i++)
			data[i] =
			    intern(interp_names(in), STR_OF(s->at[i])->s, STR_OF(s->at[i])->len);
		*out = tensor_view(a, DT_STRING, &dim, 1, data);
		return 1;
	}
	t = tensor_new(a, k == V_INT ? DT_INT32 : DT_FP32, &dim, 1);
	for (uint32_t i = 0; i < s->n; i++)
		if (k == V_INT)
			((int32_t *)t->data)[i] = (int32_t)saturate(in, s->at[i].i, at, &warned);
		else
			((float *)t->data)[i] = (float)s->at[i].f;
	*out = t;
	return 1;
}

/* Looks for what cannot be part of a constant; 0 if nothing. */
static const Value *
not_a_number(const SeqObj *s, int depth)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const Value *v = &s->at[i];
		switch (instance_value(*v).kind) {
		case V_BOOL:
		case V_INT:
		case V_BIG:
		case V_FLOAT:
		case V_STR:
		case V_ARRAY:
		case V_NPSCALAR:
			break;
		case V_LIST:
		case V_TUPLE:
			v = depth < TENSOR_MAX_RANK ? not_a_number(SEQ_OF(*v), depth + 1) : v;
			if (v)
				return v;
			break;
		default:
			return v;
		}
	}
	return NULL;
}

static bool
const_sequence(Interp *in, Value v, const char *what, Span at, const Tensor **out)
{
	const Value *bad;
	Value module, array, made;
	Args args = {.pos = &v, .pos_span = &at, .npos = 1, .span = at, .callee = at};

	if (const_flat(in, SEQ_OF(v), at, out))
		return true;
	bad = not_a_number(SEQ_OF(v), 0);
	if (bad && is_host(*bad, &var_type)) {
		fail(in, at,
		     "%s cannot be a list with the Var %s in it: a constant is known when the "
		     "script runs",
		     what, var_of(*bad)->name->s);
		diag_note(interp_diag(in), NOSPAN, "join Vars with mb.concat or mb.stack");
		return false;
	}
	if (bad && is_host(*bad, &symbol_type))
		return fail(in, at,
		            "%s cannot hold the symbolic dimension %s: use mb.shape(x=…) to "
		            "compute with sizes when the model runs",
		            what, dim_str(bind_of(in)->types, symbol_dim(HOST_OF(*bad))));
	if (bad)
		return fail(in, at, "%s cannot be made a constant: it holds a '%s'", what,
		            type_name(*bad));
	module = np_module(in, NULL);
	interp_push(in, module);
	bool ok = value_getattr(in, module, intern_cstr(interp_names(in), "array"), &array, at) &&
	          interp_call(in, array, &args, &made) &&
	          const_array(in, ARRAY_OF(made), what, at, out);
	interp_pop(in, 1);
	return ok;
}

#define SHOWN 4096 /* elements; longer lists are shown by their names */
static bool
shown_otherwise(const SeqObj *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->at[i].kind == V_FLOAT || s->at[i].kind == V_TUPLE || s->at[i].kind == V_LIST)
			return true;
	return s->n > 10 && s->n <= SHOWN;
}

/* Listings show Python's numbers as the script gave them, before they were rounded to fp32. */
static void
remember_text(Interp *in, Value v, const Tensor *t)
{
	Bind *bd = bind_of(in);
	Buf b = {0};

	if (v.kind == V_FLOAT
	        ? (double)(float)v.f == v.f
	        : v.kind != V_TUPLE && (v.kind != V_LIST || !shown_otherwise(SEQ_OF(v))))
		return;
	if (v.kind == V_FLOAT ? map_get(bd->texts, KEY(t)) != NULL : t->count > SHOWN)
		return;
	value_repr(in, v, &b);
	map_put(bd->texts, KEY(t), arena_strdup(bd->arena, b.at));
	buf_free(&b);
}

/* A number as a scalar: programs have the same few very often. It is not shared by two that become
 * the same, since listings show them as they were. */
static const Tensor *
number(Interp *in, double v)
{
	Bind *bd = bind_of(in);
	uint64_t k = hash_bytes(&v, sizeof v, 0) % countof(bd->number);

	if (!bd->number[k].t || memcmp(&bd->number[k].v, &v, sizeof v) != 0) {
		bd->number[k].v = v;
		bd->number[k].t = tensor_scalar_f(interp_arena(in), DT_FP32, v);
	}
	return bd->number[k].t;
}

static bool
operand_value(Interp *in, Value v, const char *what, Span at, const Tensor **out)
{
	Arena *a = interp_arena(in);
	bool warned = false;

	v = instance_value(v);
	switch (v.kind) {
	case V_BOOL:
		*out = tensor_scalar_bool(a, v.b);
		return true;
	case V_INT:
		*out = tensor_scalar_i(a, DT_INT32, saturate(in, v.i, at, &warned));
		return true;
	case V_BIG: {
		bool negative = ((BigObj *)v.o)->neg;
		*out = tensor_scalar_i(
		    a, DT_INT32, saturate(in, negative ? INT64_MIN : INT64_MAX, at, &warned));
		return true;
	}
	case V_FLOAT:
		*out = number(in, v.f);
		return true;
	case V_STR:
		*out = tensor_scalar_str(a, intern(interp_names(in), STR_OF(v)->s, STR_OF(v)->len));
		return true;
	case V_ARRAY:
	case V_NPSCALAR:
		return const_array(in, ARRAY_OF(v), what, at, out);
	case V_LIST:
	case V_TUPLE:
		return const_sequence(in, v, what, at, out);
	default:
		if (is_host(v, &dtype_type))
			v = vdtype(dtype_of_host(HOST_OF(v)));
		if (v.kind == V_DTYPE)
			return fail(in, at, "%s takes the name of a type: write \"%s\"", what,
			            dtype_info[value_dtype(v)].mil);
		return fail(in, at,
		            "%s cannot be made a constant: expected a number, string, list or "
		            "array, found '%s'",
		            what, type_name(v));
	}
}

bool
const_operand(Interp *in, Value v, const char *what, Span at, const Tensor **out)
{
	if (!operand_value(in, v, what, at, out))
		return false;
	if (v.kind == V_ARRAY)
		share_lend(bind_of(in), ARRAY_OF(v), *out);
	remember_text(in, v, *out);
	return true;
}
