/* builtins.c: the table of builtin functions, and those of them that are neither types (types.c)
 * nor makers of iterators (itertools.c).
 */
#include "builtins.h"

#include "class.h"
#include "core.h"

#define BUILTIN(name) NATIVE(builtin_##name)

BUILTIN(len)
{
	int64_t n;

	if (!value_len(in, args->pos[0], &n, args->span))
		return false;
	*out = vint(n);
	return true;
}

typedef struct Printer {
	Value write; /* of the object that file= gives, or V_UNSET: to where print() goes */
	Buf text;
	Span at;
} Printer;

/* A piece of what is printed: objects hear of each, standard output of all at once. */
static bool
print_piece(Interp *in, Printer *p)
{
	Value text, out;

	if (in->pending.any)
		return false;
	if (p->write.kind == V_UNSET)
		return true;
	text = vstr_buf(in, &p->text);
	interp_push(in, text);
	if (!call_values(in, p->write, &text, 1, &out, p->at))
		return false;
	interp_pop(in, 1);
	return true;
}

static bool
print_separator(Interp *in, Printer *p, Value given, char usual)
{
	if (given.kind == V_STR)
		buf_put(&p->text, STR_OF(given)->s, STR_OF(given)->len);
	else
		buf_byte(&p->text, usual);
	return print_piece(in, p);
}

/* All of it. What was printed before a __str__ failed was printed. */
static bool
print_all(Interp *in, Printer *p, const Args *args, Value sep, Value end)
{
	size_t whole = 0;

	for (uint32_t i = 0; i < args->npos; i++) {
		if (i && !print_separator(in, p, sep, ' '))
			return false;
		whole = p->text.n;
		value_str(in, args->pos[i], &p->text);
		if (!print_piece(in, p)) {
			p->text.n = whole;
			return false;
		}
	}
	return print_separator(in, p, end, '\n');
}

BUILTIN(print)
{
	Value v[4] = {VUNSET, VUNSET, VUNSET, VUNSET}, *sp = in->sp;
	Printer p = {.write = VUNSET, .at = args->span};
	Args kw = *args;
	bool ok;

	kw.npos = 0;
	*out = VNONE;
	if (!args_bind(in, "print", &kw, "*,sep=,end=,flush=,file=", v))
		return false;
	for (int i = 0; i < 2; i++)
		if (v[i].kind != V_UNSET && v[i].kind != V_NONE && v[i].kind != V_STR)
			return fail(in, args_span(args, i ? "end" : "sep", 0),
			            "%s of print() must be None or a str, not %s",
			            i ? "end" : "sep", type_name(v[i]));
	if (!given(v[3])) {
		v[3] = library_global(in, "sys", "stdout");
		if (value_is(v[3], library_global(in, "sys", "__stdout__")))
			v[3] = VNONE;
	}
	if (given(v[3]) &&
	    !value_getattr(in, v[3], intern_cstr(in->names, "write"), &p.write, args->span))
		return false;
	interp_push(in, p.write);
	ok = print_all(in, &p, args, v[0], v[1]);
	in->sp = sp;
	if (p.write.kind == V_UNSET)
		interp_print(in, p.text.n ? p.text.at : "", p.text.n);
	buf_free(&p.text);
	return ok;
}

/* ---- numbers ---- */

BUILTIN(abs)
{
	Value v = args->pos[0];
	int r = special_call(in, v, SP_abs, 0, 0, out, args->span);

	if (r)
		return r > 0;
	v = instance_value(v);
	if (is_num(v))
		return num_abs(in, v, out, args->span);
	if (is_np(v))
		return arrays(in)->abs(in, v, out, args->span);
	if (host_refuses(in, "abs", v, VUNSET, args->span))
		return false;
	return fail(in, args->span, "bad operand type for abs(): '%s'", type_name(v));
}

BUILTIN(round)
{
	Value v = instance_value(args->v[0]);
	int r = special_call(in, args->v[0], SP_round, &args->v[1], args->v[1].kind != V_UNSET, out,
	                     args->span);

	if (r)
		return r > 0;
	if (is_num(v))
		return num_round(in, v, args->v[1], out, args->span);
	if (is_np(args->v[0]))
		return arrays(in)->round(in, args->v[0],
		                         args->v[1].kind == V_NONE ? VUNSET : args->v[1], out,
		                         args->span);
	if (host_refuses(in, "round", args->v[0], VUNSET, args->span))
		return false;
	return fail(in, args->span, "round() takes a number, not '%s'", type_name(args->v[0]));
}

BUILTIN(divmod)
{
	Value v[2];
	int r = special_call(in, args->pos[0], SP_divmod, &args->pos[1], 1, out, args->span);

	if (r < 0 || (r > 0 && out->kind != V_NOTIMPLEMENTED))
		return r > 0;
	if ((class_of(args->pos[0]) && !is_num(instance_value(args->pos[0]))) ||
	    (class_of(args->pos[1]) && !is_num(instance_value(args->pos[1]))))
		return no_types(in, "divmod()", args->pos[0], args->pos[1], args->span);
	if (!value_binary(in, BIN_FLOORDIV, args->pos[0], args->pos[1], &v[0], args->span) ||
	    !value_binary(in, BIN_MOD, args->pos[0], args->pos[1], &v[1], args->span))
		return false;
	*out = vtuple(in, v, 2);
	return true;
}

BUILTIN(pow)
{
	int r;

	if (args->v[2].kind == V_UNSET || args->v[2].kind == V_NONE)
		return value_binary(in, BIN_POW, args->v[0], args->v[1], out, args->span);
	r = special_call(in, args->v[0], SP_pow, &args->v[1], 2, out, args->span);
	if (r)
		return r > 0;
	return num_powmod(in, args->v[0], args->v[1], args->v[2], out, args->span);
}

/* with: the base */
BUILTIN(in_base)
{
	Value v = instance_value(args->pos[0]);
	int base = args_with(args);
	Buf b = {0};
	Int a;

	if (!ask_index(in, &v, args->span) ||
	    (is_np(v) && arrays(in)->index(in, v, &v, args->span) < 0))
		return false;
	if (host_refuses(in, "int", v, VUNSET, args->span))
		return false;
	if (!big_of(v, &a))
		return fail(in, args->span, "%s() takes an int, not '%s'", args->fn->name,
		            type_name(v));
	buf_puts(&b, a.neg ? "-" : "");
	buf_puts(&b, base == 16 ? "0x" : base == 8 ? "0o" : "0b");
	big_digits(&a, base, false, &b);
	*out = vstr_buf(in, &b);
	return true;
}

BUILTIN(chr)
{
	int64_t cp;
	Buf b = {0};

	if (!as_int(in, args->pos[0], &cp, "the argument of chr()", args->span))
		return false;
	if (cp < 0 || cp > 0x10ffff)
		return fail(in, args->span, "chr() takes a code point in range(0x110000)");
	if (cp >= 0xd800 && cp < 0xe000)
		return fail(in, args->span,
		            "chr() of a surrogate (0xd800 to 0xdfff) is not supported");
	utf8_put(&b, (uint32_t)cp);
	*out = vstr_buf(in, &b);
	return true;
}

BUILTIN(ord)
{
	Value v = args->pos[0];
	uint32_t cp;

	if (v.kind == V_BYTES && STR_OF(v)->len == 1) {
		*out = vint((unsigned char)STR_OF(v)->s[0]);
		return true;
	}
	if (v.kind != V_STR)
		return fail(in, args->span, "ord() takes a string of one character, not '%s'",
		            type_name(v));
	if (STR_OF(v)->ncp != 1)
		return fail(in, args->span, "ord() takes a string of one character, found %u",
		            STR_OF(v)->ncp);
	utf8_decode(STR_OF(v)->s, &cp);
	*out = vint(cp);
	return true;
}

/* ---- over iterables ---- */

BUILTIN(sum)
{
	Value it, item, acc;
	int r;

	if (!value_iter(in, args->v[0], &it, args_span(args, "iterable", 0)))
		return false;
	acc = args->v[1].kind == V_UNSET ? vint(0) : args->v[1];
	if (acc.kind == V_STR)
		return fail(in, args->span, "sum() can't sum strings; use ''.join(seq)");
	interp_push(in, it);
	interp_push(in, acc);
	while ((r = value_next(in, it, &item, args->span)) > 0) {
		/* sum() adds with +, never in place */
		if (!value_binary(in, BIN_ADD, acc, item, &acc, args->span)) {
			r = -1;
			break;
		}
		interp_pop(in, 1);
		interp_push(in, acc);
	}
	interp_pop(in, 2);
	*out = acc;
	return r == 0;
}

/* with: the truth of an item that ends it */
BUILTIN(any_all)
{
	Value it, item;
	bool stop = args_with(args), truth = !stop;
	int r;

	if (!value_iter(in, args->pos[0], &it, args_at(args, 0)))
		return false;
	interp_push(in, it);
	while (truth != stop && (r = value_next(in, it, &item, args->span)) != 0)
		if (r < 0 || !value_truth(in, item, &truth, args->span)) {
			interp_pop(in, 1);
			return false;
		}
	interp_pop(in, 1);
	*out = vbool(truth);
	return true;
}

/* The best of a list, by key; ties go to the first. */
static bool
best_of(Interp *in, CmpOp op, Value list, Value key, Value *out, Span at)
{
	Value best_key = VUNSET, k;

	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++) {
		Value r;
		bool better = i == 0;
		k = SEQ_OF(list)->at[i];
		if (key.kind != V_UNSET && key.kind != V_NONE) {
			interp_push(in, best_key);
			if (!call_values(in, key, &k, 1, &k, at)) {
				interp_pop(in, 1);
				return false;
			}
			interp_pop(in, 1);
		}
		if (i && (!value_compare(in, op, k, best_key, &r, at) ||
		          !value_truth(in, r, &better, at)))
			return false;
		if (better) {
			best_key = k;
			*out = SEQ_OF(list)->at[i];
		}
	}
	return true;
}

/* with: the CmpOp of a better item to the best so far */
BUILTIN(min_max)
{
	Value v[2], list;
	const char *fn = args->fn->name;
	Args kw = *args;
	bool ok;

	kw.npos = 0;
	if (!args_bind(in, fn, &kw, "*,key=,default=", v))
		return false;
	if (!args->npos)
		return fail(in, args->span, "%s() takes at least 1 argument, 0 given", fn);
	if (args->npos > 1 && v[1].kind != V_UNSET)
		return fail(in, args_span(args, "default", 0),
		            "%s() takes default= only with one iterable", fn);
	if (args->npos > 1)
		list = vlist(in, args->pos, args->npos);
	else if (!value_to_list(in, args->pos[0], &list, args_at(args, 0)))
		return false;
	if (!SEQ_OF(list)->n) {
		*out = v[1];
		return v[1].kind != V_UNSET ||
		       fail(in, args->span, "%s() of an empty iterable; default= gives a result",
		            fn);
	}
	interp_push(in, list);
	ok = best_of(in, (CmpOp)args_with(args), list, v[0], out, args->span);
	interp_pop(in, 1);
	return ok;
}

BUILTIN(sorted)
{
	bool reverse = false;

	*out = vlist(in, 0, 0);
	return (args->v[2].kind == V_UNSET ||
	        value_truth(in, args->v[2], &reverse, args_span(args, "reverse", 0))) &&
	       list_extend(in, *out, args->v[0], args_at(args, 0)) &&
	       sort_values(in, *out, args->v[1], reverse, args->span);
}

/* ---- text ---- */

/* with: the conversion */
BUILTIN(repr)
{
	Buf b = {0};

	value_text(in, args->pos[0], (char)args_with(args), &b);
	*out = vstr_buf(in, &b);
	return true;
}

BUILTIN(format)
{
	Buf b = {0};
	bool ok;

	if (args->npos > 1 && args->pos[1].kind != V_STR)
		return fail(in, args_at(args, 1), "format() argument 2 must be str, not %s",
		            type_name(args->pos[1]));
	ok = value_format(in, args->pos[0], args->npos > 1 ? STR_OF(args->pos[1])->s : "",
	                  args->npos > 1 ? STR_OF(args->pos[1])->len : 0, &b, args->span);
	*out = vstr_buf(in, &b);
	return ok;
}

/* ---- objects ---- */

BUILTIN(isinstance)
{
	bool r;

	if (!is_instance(in, args->pos[0], args->pos[1], &r, args->span))
		return false;
	*out = vbool(r);
	return true;
}

BUILTIN(callable)
{
	Value call;

	*out =
	    vbool(value_callable(args->pos[0]) || special_find(in, args->pos[0], SP_call, &call));
	return true;
}

BUILTIN(getattr)
{
	const Str *name;
	int r;

	if (!as_str(in, args->pos[1], &name, "the attribute name", args_at(args, 1)))
		return false;
	if (args->npos == 2)
		return value_getattr(in, args->pos[0], name, out, args->span);
	r = value_findattr(in, args->pos[0], name, out, args->span);
	if (!r)
		*out = args->pos[2];
	return r >= 0;
}

BUILTIN(hasattr)
{
	const Str *name;
	Value v;
	int r;

	if (!as_str(in, args->pos[1], &name, "the attribute name", args_at(args, 1)))
		return false;
	r = value_findattr(in, args->pos[0], name, &v, args->span);
	*out = vbool(r > 0);
	return r >= 0;
}

BUILTIN(setattr)
{
	const Str *name;

	*out = VNONE;
	return as_str(in, args->pos[1], &name, "the attribute name", args_at(args, 1)) &&
	       value_setattr(in, args->pos[0], name, args->pos[2], args->span);
}

/* A module of ours says what milc has not; nobody may catch that. */
NATIVE(lacks)
{
	Buf b = {0};

	value_str(in, args->pos[0], &b);
	fail(in, args->span, "%s (man 5 milc)", b.at ? b.at : "");
	buf_free(&b);
	return false;
}

/* Of what scripts may not use the call is the error. */
NATIVE(refused)
{
	return fail(in, args->callee, "%s() is not available in a .mil script", args->fn->name);
}

/* ---- the table ---- */

#define FN(name, params) FN_WITH(name, name, params, 0)
#define FN_WITH(name, fn, params, with) {#name, params, builtin_##fn, WITH(with)}
static const Native functions[] = {
    FN(len, "x,/"),
    FN(print, 0),
    FN(abs, "x,/"),
    FN(round, "number,ndigits="),
    FN(divmod, "x,y,/"),
    FN(pow, "base,exp,mod="),
    FN_WITH(hex, in_base, "x,/", 16),
    FN_WITH(oct, in_base, "x,/", 8),
    FN_WITH(bin, in_base, "x,/", 2),
    FN(chr, "x,/"),
    FN(ord, "x,/"),
    FN(sum, "iterable,start="),
    FN_WITH(any, any_all, "x,/", true),
    FN_WITH(all, any_all, "x,/", false),
    FN_WITH(min, min_max, 0, CMP_LT),
    FN_WITH(max, min_max, 0, CMP_GT),
    FN(sorted, "iterable,/,*,key=,reverse="),
    FN_WITH(repr, repr, "x,/", 'r'),
    FN_WITH(ascii, repr, "x,/", 'a'),
    FN(format, "x,y=,/"),
    FN(isinstance, "x,y,/"),
    FN(callable, "x,/"),
    FN(getattr, "x,y,z=,/"),
    FN(hasattr, "x,y,/"),
    FN(setattr, "x,y,z,/"),
    FN(enumerate, "iterable,start="),
    FN(zip, 0),
    FN(map, 0),
    FN(filter, "x,y,/"),
    FN(reversed, "x,/"),
    FN(iter, "x,y=,/"),
    FN(next, "x,y=,/"),
    NATIVE_END,
};

static const struct {
	const char *name;
	int type;
} types[] = {
    {"int", V_INT},          {"float", V_FLOAT},        {"bool", V_BOOL},
    {"str", V_STR},          {"bytes", V_BYTES},        {"list", V_LIST},
    {"tuple", V_TUPLE},      {"dict", V_DICT},          {"set", V_SET},
    {"range", V_RANGE},      {"slice", V_SLICE},        {"type", TYPE_TYPE},
    {"object", TYPE_OBJECT}, {"complex", TYPE_COMPLEX}, {"frozenset", TYPE_FROZENSET},
};

static const Native lacks_row = {"_milc_lacks", "x,/", lacks, 0};

/* What Python has and scripts may not use. */
#define REFUSED(name) {#name, 0, refused, 0}
static const Native refusals[] = {
    REFUSED(open),           REFUSED(eval),       REFUSED(compile),
    REFUSED(input),          REFUSED(locals),     REFUSED(__import__),
    REFUSED(breakpoint),     REFUSED(exit),       REFUSED(quit),
    REFUSED(help),           REFUSED(memoryview), REFUSED(bytearray),
    REFUSED(aiter),          REFUSED(anext),      REFUSED(BaseExceptionGroup),
    REFUSED(ExceptionGroup), REFUSED(copyright),  REFUSED(credits),
    REFUSED(license),        NATIVE_END,
};

bool
builtin_lookup(Interp *in, const Str *name, Value *out)
{
	if (native_get(in, functions, name, 0, VUNSET, out))
		return true;
	for (size_t i = 0; i < countof(types); i++)
		if (str_is(name, types[i].name)) {
			*out = vtype(types[i].type);
			return true;
		}
	if (in->space->library && str_is(name, "_milc_lacks")) {
		*out = vnative(in, &lacks_row, VUNSET);
		return true;
	}
	if (native_get(in, object_builtins, name, 0, VUNSET, out) ||
	    native_get(in, super_builtins, name, 0, VUNSET, out) ||
	    native_get(in, reflect_builtins, name, 0, VUNSET, out))
		return true;
	if (str_is(name, "NotImplemented")) {
		*out = (Value){.kind = V_NOTIMPLEMENTED};
		return true;
	}
	if (str_is(name, "Ellipsis")) {
		*out = (Value){.kind = V_ELLIPSIS};
		return true;
	}
	return native_get(in, refusals, name, 0, VUNSET, out);
}

const char *
builtin_name(size_t i)
{
	size_t n = countof(functions) - 1;

	return i < n ? functions[i].name : i - n < countof(types) ? types[i - n].name : 0;
}
