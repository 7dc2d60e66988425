/* args.c: what C functions do with their arguments: binding them to names, and taking ints, floats,
 * texts and dtypes out of Values.
 */
#include <stdio.h>

#include "class.h"
#include "core.h"

/* ---- binding ---- */

/* Whether the function is C in Python: a builtin, a method of a builtin type, one of math. Messages
 * about those have the name without its type, too, and swallow it (%.0s): Python's text shows it.
 */
static bool
is_c(const char *fn)
{
	static const char *const owners[] = {"str.", "bytes.", "list.",  "tuple.", "dict.",
	                                     "set.", "int.",   "float.", "range.", "math."};

	for (size_t i = 0; i < countof(owners); i++)
		if (!strncmp(fn, owners[i], strlen(owners[i])))
			return true;
	return !strchr(fn, '.');
}

typedef struct BoundParam {
	const char *name;
	size_t len;
	bool optional, kwonly, posonly;
} BoundParam;
#define PARAMS_MAX 48

static uint32_t
parse_params(const char *s, BoundParam *p)
{
	uint32_t n = 0;
	bool kwonly = false;

	while (*s) {
		size_t len = strcspn(s, ",");
		if (*s == '*') {
			kwonly = true;
		} else if (*s == '/') {
			for (uint32_t i = 0; i < n; i++)
				p[i].posonly = true;
		} else if (n < PARAMS_MAX) {
			size_t name = MIN(strcspn(s, "="), len);
			p[n++] = (BoundParam){s, name, name < len, kwonly, false};
		}
		s += len + (s[len] == ',');
	}
	return n;
}

static bool
unknown_keyword(Interp *in, const char *fn, const Kwarg *kw, const BoundParam *p, uint32_t n)
{
	char text[PARAMS_MAX][40];
	const char *names[PARAMS_MAX], *near;

	for (uint32_t i = 0; i < n; i++) {
		snprintf(text[i], sizeof text[i], "%.*s", (int)p[i].len, p[i].name);
		names[i] = text[i];
	}
	near = n ? nearest(kw->name->s, names, n) : 0;
	if (is_c(fn))
		return fail(in, kw->span,
		            near ? "%s()%.0s got an unexpected keyword argument '%s'; did you "
		                   "mean '%s'?"
		                 : "%s()%.0s got an unexpected keyword argument '%s'",
		            fn, last_part(fn), kw->name->s, near);
	return fail(in, kw->span,
	            near ? "%s() got an unexpected keyword argument '%s'; did you mean '%s'?"
	                 : "%s() got an unexpected keyword argument '%s'",
	            fn, kw->name->s, near);
}

static bool
bind_keyword(Interp *in, const char *fn, const Kwarg *kw, const BoundParam *p, uint32_t n,
             Value *out)
{
	for (uint32_t i = 0; i < n; i++) {
		if (p[i].len != kw->name->len || memcmp(p[i].name, kw->name->s, p[i].len))
			continue;
		if (p[i].posonly)
			return fail(in, kw->span, "%s() takes '%s' only by position", fn,
			            kw->name->s);
		if (out[i].kind != V_UNSET)
			return fail(in, kw->span,
			            "%s()%.0s got multiple values for argument '%s', "
			            "by name and as number %u",
			            fn, last_part(fn), kw->name->s, i + 1);
		out[i] = kw->val;
		return true;
	}
	return unknown_keyword(in, fn, kw, p, n);
}

static void
read_shape(struct ParamShape *p, const char *params)
{
	bool kwonly = false;

	*p = (struct ParamShape){.params = params};
	for (const char *s = params, *end; *s; s = end + (*end == ',')) {
		bool optional;
		end = s + 1 + strcspn(s + 1, ",");
		optional = memchr(s, '=', (size_t)(end - s)) != 0;
		if (*s == '*') {
			kwonly = true;
		} else if (*s != '/') {
			p->kwonly |= kwonly && !optional;
			p->most += !kwonly;
			p->least += !kwonly && !optional;
			p->n++;
		}
	}
}

/* The usual call: enough positional arguments and no others. False: args_bind() has to look. */
static bool
bind_plain(Interp *in, const Args *args, const char *params, Value *out)
{
	struct ParamShape *p = &in->shapes[(uintptr_t)params / 4 % countof(in->shapes)];

	if (args->nkw)
		return false;
	if (p->params != params)
		read_shape(p, params);
	if (args->npos < p->least || args->npos > p->most || p->kwonly)
		return false;
	for (uint32_t i = 0; i < args->npos; i++)
		out[i] = args->pos[i];
	for (uint32_t i = args->npos; i < p->n; i++)
		out[i] = VUNSET;
	return true;
}

bool
args_bind(Interp *in, const char *fn, const Args *args, const char *params, Value *out)
{
	BoundParam p[PARAMS_MAX];
	uint32_t n, least = 0, most = 0, bykey = 0;

	if (bind_plain(in, args, params, out))
		return true;
	n = parse_params(params, p);
	for (uint32_t i = 0; i < n; i++) {
		out[i] = VUNSET;
		least += !p[i].optional;
		most += !p[i].kwonly;
		bykey += !p[i].posonly;
	}
	if (!bykey && !args_count(in, fn, args, least, most))
		return false;
	if (args->npos && !most)
		return fail(in, args_at(args, 0), "%s() takes no positional arguments",
		            last_part(fn));
	if (args->npos > most)
		return fail(in, args_at(args, most),
		            "%s()%.0s takes at most %u positional argument%s, %u were given", fn,
		            last_part(fn), most, most == 1 ? "" : "s", args->npos);
	for (uint32_t i = 0; i < args->npos; i++)
		out[i] = args->pos[i];
	for (uint32_t i = 0; i < args->nkw; i++)
		if (!bind_keyword(in, fn, &args->kw[i], p, n, out))
			return false;
	for (uint32_t i = 0; i < n; i++)
		if (!p[i].optional && out[i].kind == V_UNSET)
			return fail(in, args->span, "%s() misses the argument '%.*s'", fn,
			            (int)p[i].len, p[i].name);
	return true;
}

const Native *
native_find(const Native *table, const Str *name, int as)
{
	for (; table->name; table++) {
		size_t n = strlen(table->name), k = n - name->len;

		if (n >= name->len && (!k || table->name[k - 1] == '.') &&
		    (!as || table->as & as) &&
		    memcmp(table->name + k, name->s, name->len) == 0)
			return table;
	}
	return 0;
}

const char *
native_nearest(const Native *const *tables, size_t n, const char *name, int as)
{
	const char *names[512];
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		for (const Native *m = tables[i]; m->name && k < countof(names); m++)
			if (!as || m->as & as)
				names[k++] = native_member(m);
	return nearest(name, names, k);
}

/* As native_find(); what was asked for before is remembered. */
const Native *
native_look(Interp *in, const Native *table, const Str *name, int as)
{
	size_t k = ((uintptr_t)name / 8 ^ (uintptr_t)table / 32) % countof(in->methods);

	if (in->methods[k].table != table || in->methods[k].name != name ||
	    in->methods[k].as != as) {
		in->methods[k].table = table;
		in->methods[k].as = as;
		in->methods[k].name = name;
		in->methods[k].row = native_find(table, name, as);
	}
	return in->methods[k].row;
}

int
native_get(Interp *in, const Native *table, const Str *name, int as, Value self, Value *out)
{
	const Native *row = native_look(in, table, name, as);

	if (row)
		*out = vnative(in, row, self);
	return row != 0;
}

const char *
last_part(const char *dotted)
{
	const char *dot = strrchr(dotted, '.');

	return dot ? dot + 1 : dotted;
}

const char *
native_member(const Native *fn)
{
	return last_part(fn->name);
}

bool
native_call(Interp *in, const Native *fn, Value self, const Args *args, Value *out)
{
	Value v[NATIVE_ARGS];
	Args call = *args;
	const char *params = fn->params;
	uint32_t first = fn->as & AS_METHOD && self.kind != V_UNSET;

	for (uint32_t i = 0; !params && i < NATIVE_ARGS; i++)
		v[i] = VUNSET;
	if (first) {
		v[0] = self;
		params = params ? strchr(params, ',') : 0;
		params = params ? params + 1 : fn->params ? "" : 0;
	}
	if (params && !args_bind(in, fn->name, args, params, v + first))
		return false;
	call.in = in;
	call.fn = fn;
	call.v = v;
	call.out = out;
	return fn->fn(in, self, &call, out);
}

Span
args_span(const Args *args, const char *name, uint32_t index)
{
	for (uint32_t i = 0; i < args->nkw; i++)
		if (str_is(args->kw[i].name, name))
			return args->kw[i].span;
	return args_at(args, index);
}

/* Positional arguments only, min to max of them. */
bool
args_count(Interp *in, const char *fn, const Args *args, uint32_t min, uint32_t max)
{
	uint32_t n = args->npos < min ? min : max;
	bool exact = min == max;

	if (args->nkw)
		return fail(in, args->kw[0].span, "%s() takes no keyword arguments", fn);
	if (args->npos >= min && args->npos <= max)
		return true;
	if (exact && n == 0)
		return fail(in, args->span, "%s() takes no arguments, %u given", fn, args->npos);
	if (exact && n == 1)
		return fail(in, args->span, "%s() takes exactly 1 argument, %u given", fn,
		            args->npos);
	if (exact)
		return fail(in, args->span, "%s()%.0s takes exactly %u arguments, %u given", fn,
		            last_part(fn), n, args->npos);
	return fail(in, args->span, "%s()%.0s takes %s %u argument%s, %u given", fn, last_part(fn),
	            n == min ? "at least" : "at most", n, n == 1 ? "" : "s", args->npos);
}

bool
call_values(Interp *in, Value fn, const Value *v, uint32_t n, Value *out, Span at)
{
	Args a = {.pos = v, .npos = n, .span = at, .callee = at};

	return interp_call(in, fn, &a, out);
}

/* ---- numbers ---- */

bool
is_index(Interp *in, Value v, Big *out)
{
	Value plain = v = instance_value(v);
	Int a;

	if (v.kind == V_INT || v.kind == V_BOOL) {
		*out = v.i;
		return true;
	}
	if (is_np(v) && arrays(in)->index(in, v, &plain, NOSPAN) <= 0)
		return false;
	if (!big_of(plain, &a))
		return false;
	*out = big_to_i128(&a);
	return true;
}

bool
ask_index(Interp *in, Value *v, Span at)
{
	Value got;
	int r = class_of(*v) ? special_call(in, *v, SP_index, 0, 0, &got, at) : 0;

	if (r > 0 && !is_int(instance_value(got)))
		return fail(in, at, "__index__ returned non-int (type %s)", type_name(got));
	if (r > 0)
		*v = instance_value(got);
	return r >= 0;
}

bool
as_int(Interp *in, Value v, int64_t *out, const char *what, Span at)
{
	Big b;

	if (v.kind == V_INT || v.kind == V_BOOL) {
		*out = v.i;
		return true;
	}
	if (!ask_index(in, &v, at))
		return false;
	if (is_poison(v) || host_refuses(in, "int", v, VUNSET, at))
		return false;
	if (!is_index(in, v, &b))
		return fail(in, at, "%s must be an int, not %s", what, type_name(v));
	if (b < INT64_MIN || b > INT64_MAX)
		return fail(in, at, "%s is an int beyond 64 bits", what);
	*out = (int64_t)b;
	return true;
}

bool
as_double(Interp *in, Value v, double *out, const char *what, Span at)
{
	int r;

	if (v.kind == V_FLOAT) {
		*out = v.f;
		return true;
	}
	if (class_of(v) && special_call(in, v, SP_float, 0, 0, &v, at) < 0)
		return false;
	v = instance_value(v);
	if (v.kind == V_FLOAT) {
		*out = v.f;
		return true;
	}
	if (is_num(v))
		return num_to_double(in, v, out, at);
	if (is_poison(v) || host_refuses(in, "float", v, VUNSET, at))
		return false;
	r = is_np(v) ? arrays(in)->to_float(in, v, out, at) : 0;
	if (r)
		return r > 0;
	return fail(in, at, "%s must be a real number, not %s", what, type_name(v));
}

bool
as_str(Interp *in, Value v, const Str **out, const char *what, Span at)
{
	if (is_poison(v) || host_refuses(in, "str", v, VUNSET, at))
		return false;
	if (v.kind != V_STR)
		return fail(in, at, "%s must be a str, not %s", what, type_name(v));
	*out = intern(interp_names(in), STR_OF(v)->s, STR_OF(v)->len);
	return true;
}

bool
as_path(Interp *in, Value v, const Str **out, const char *what, Span at)
{
	if (v.kind == V_INSTANCE && special_call(in, v, SP_fspath, 0, 0, &v, at) < 0)
		return false;
	if (is_poison(v) || host_refuses(in, "str", v, VUNSET, at))
		return false;
	if (v.kind != V_STR)
		return fail(in, at, "%s must be a str or a Path, not %s", what, type_name(v));
	if (memchr(STR_OF(v)->s, 0, STR_OF(v)->len))
		return fail(in, at, "%s contains a NUL character, which no path can", what);
	*out = intern(interp_names(in), STR_OF(v)->s, STR_OF(v)->len);
	return true;
}

/* ---- dtypes ---- */

bool
as_dtype(Interp *in, Value v, DType *out, Span at)
{
	bool swap;

	if (is_poison(v))
		return false;
	*out = DT_NONE;
	switch (v.kind) {
	case V_DTYPE:
		*out = value_dtype(v);
		return true;
	case V_TYPE:
		*out = v.i == V_FLOAT  ? DT_FP64
		       : v.i == V_INT  ? DT_INT64
		       : v.i == V_BOOL ? DT_BOOL
		                       : DT_NONE;
		break;
	case V_NONE:
		*out = DT_FP64;
		break;
	case V_STR:
		*out = dtype_from_numpy(STR_OF(v)->s, &swap);
		if (swap)
			return fail(in, at,
			            "big-endian data types such as '%.20s' are not supported",
			            STR_OF(v)->s);
		if (*out == DT_NONE || *out == DT_STRING)
			return fail(in, at, "data type '%.40s' not understood", STR_OF(v)->s);
		break;
	default:
		break;
	}
	if (*out != DT_NONE)
		return true;
	if (host_refuses(in, "dtype", v, VUNSET, at))
		return false;
	return fail(in, at, "a dtype such as np.float32 was expected, not %.80s of type '%s'",
	            shown(in, v), type_name(v));
}
