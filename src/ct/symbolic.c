/* symbolic.c: what scripts ask of values that may be, or hold, symbolic dimensions. */
#include "bind.h"

enum { MAX_NESTED = 32 }; /* lists in lists */

/* How many symbols stand in v, whose items count where it has some; `any`: one is enough. */
static bool
count_symbols(Interp *in, Value v, bool any, int depth, Span at, int64_t *n)
{
	Value list;

	if (is_host(v, &symbol_type)) {
		++*n;
		return true;
	}
	if ((v.kind != V_LIST && v.kind != V_TUPLE && v.kind != V_SET && v.kind != V_DICT) ||
	    depth == MAX_NESTED)
		return true;
	if (!value_to_list(in, v, &list, at))
		return false;
	for (uint32_t k = 0; k < SEQ_OF(list)->n && !(any && *n); k++)
		if (!count_symbols(in, SEQ_OF(list)->at[k], any, depth + 1, at, n))
			return false;
	return true;
}

/* get_existing_symbol(name) */
NATIVE_EXTERN(bind_existing_symbol)
{
	Bind *b = bind_of(in);
	const struct UsedSym *used = b->syms;
	const Str *name;
	Dim d;

	if (!as_str(in, args->v[0], &name, "the name of a symbol", args->span))
		return false;
	while (used && used->name != name)
		used = used->next;
	if (!used)
		return fail(in, args->span, "there is no symbol '%s' since the last ct.convert",
		            name->s);
	d = sym_find(b->types, name);
	*out = SEQ_OF(bind_shape(in, &d, 1))->at[0];
	return true;
}

/* is_symbolic(val) */
NATIVE_EXTERN(symbolic_is)
{
	*out = vbool(is_host(args->v[0], &symbol_type));
	return true;
}

NATIVE(symbolic_any)
{
	int64_t n = 0;

	if (!count_symbols(in, args->v[0], true, 0, args->span, &n))
		return false;
	*out = vbool(n > 0);
	return true;
}

/* Of a list: how many of its items hold one. */
NATIVE(symbolic_count)
{
	Value v = args->v[0], list;
	int64_t n = 0;

	if (v.kind == V_LIST || v.kind == V_TUPLE) {
		if (!value_to_list(in, v, &list, args->span))
			return false;
		for (uint32_t k = 0; k < SEQ_OF(list)->n; k++) {
			int64_t some = 0;
			if (!count_symbols(in, SEQ_OF(list)->at[k], true, 0, args->span, &some))
				return false;
			n += some > 0;
		}
	} else if (!count_symbols(in, v, true, 0, args->span, &n)) {
		return false;
	}
	*out = vint(n);
	return true;
}

static bool
is_variadic(Interp *in, Value v)
{
	return is_host(v, &symbol_type) &&
	       dim_str(bind_of(in)->types, symbol_dim(HOST_OF(v)))[0] == '*';
}

NATIVE(symbolic_variadic)
{
	*out = vbool(is_variadic(in, args->v[0]));
	return true;
}

const Member symbolic_members[] = {
    FN_MEMBER("is_symbolic", "val", symbolic_is),
    FN_MEMBER("any_symbolic", "val", symbolic_any),
    FN_MEMBER("num_symbolic", "val", symbolic_count),
    FN_MEMBER("is_variadic", "val", symbolic_variadic),
    END_MEMBER,
};
