/* text_value.c: types and literals of MIL text. A tensor's elements stand in rows inside of rows,
 * as many as its type says; nothing is allocated for more elements than the text has room for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "reading.h"
#include "text_parse.h"

enum { MAX_TYPES = 16 }; /* inside of each other */

/* ---- types ---- */

static const Type *type_inside(MilText *t, int depth);

static DType
dtype_here(const MilText *t)
{
	size_t n = (size_t)(t->lex.cur - t->lex.at);
	char name[32];

	if (t->token != TEXT_NAME || n >= sizeof name)
		return DT_NONE;
	memcpy(name, t->lex.at, n);
	name[n] = 0;
	return dtype_from_mil(name);
}

static bool
dim_of(MilText *t, Dim *out)
{
	char *end;

	if (t->token == '?' || t->token == TEXT_DOTS) {
		*out = t->token == '?' ? sym_new(t->c->types, 0) : sym_new_variadic(t->c->types);
		text_next(t);
		return true;
	}
	errno = 0;
	*out = strtoll(t->lex.at, &end, 10);
	if (t->token != TEXT_INT || errno || *out < 0)
		return text_fail(t, "expected a dimension: a number, or ? for one that varies");
	text_next(t);
	return true;
}

static const Type *
tensor_type(MilText *t)
{
	DType dtype = dtype_here(t);
	Dim dim[TENSOR_MAX_RANK];
	uint32_t rank = 0;
	const Type *ty;

	if (dtype == DT_NONE)
		return text_none(t, "expected the type of a tensor's elements, such as fp16");
	text_next(t);
	if (!text_expect(t, ',', "',' and the shape") || !text_expect(t, '[', "'[' and the shape"))
		return 0;
	for (; text_more(t, ']', rank); rank++) {
		if (rank == TENSOR_MAX_RANK)
			return text_none(t, "a tensor has more than %d dimensions",
			                 TENSOR_MAX_RANK);
		if (!dim_of(t, &dim[rank]))
			return 0;
	}
	if (t->failed)
		return 0;
	ty = type_tensor(t->c->types, dtype, dim, rank);
	if (!type_is_possible(ty))
		return text_none(t, "a tensor has shape %s: %s",
		                 shape_str(t->c->types, dim, rank), TYPE_LIMITS);
	return ty;
}

static const Type *
list_type(MilText *t, int depth)
{
	const Type *elem = type_inside(t, depth);
	Dim n;
	bool varies;

	if (!elem || !text_expect(t, ',', "',' and the length of the list"))
		return 0;
	varies = t->token != TEXT_INT;
	return dim_of(t, &n) ? type_list(t->c->types, elem, n, varies) : 0;
}

static const Type *
tuple_type(MilText *t, int depth)
{
	VEC(const Type *) member = {0};

	do {
		const Type *m = type_inside(t, depth);
		if (!m)
			return 0;
		vec_push(t->c->arena, &member, m);
	} while (t->token == ',' && (text_next(t), true));
	return type_tuple(t->c->types, member.at, member.n);
}

static const Type *
dict_type(MilText *t, int depth)
{
	const Type *key = type_inside(t, depth), *val;

	if (!key || !text_expect(t, ',', "',' and the type of the values"))
		return 0;
	val = type_inside(t, depth);
	return val ? type_dict(t->c->types, key, val) : 0;
}

static const Type *
state_type(MilText *t, int depth)
{
	const Type *held = type_inside(t, depth);

	if (held && held->kind != TY_TENSOR)
		return text_none(t, "a state holds a tensor");
	return held ? type_state(t->c->types, held) : 0;
}

/* "<" … ">" behind the name of a kind. */
static const Type *
type_in_angles(MilText *t, const char *kind, int depth)
{
	const Type *ty;

	text_next(t);
	if (!text_expect(t, '<', "'<'"))
		return 0;
	ty = *kind == 'l'               ? list_type(t, depth)
	     : *kind == 'd'             ? dict_type(t, depth)
	     : *kind == 's'             ? state_type(t, depth)
	     : !strcmp(kind, "tuple") ? tuple_type(t, depth)
	                                : tensor_type(t);
	return ty && text_expect(t, '>', "'>'") ? ty : 0;
}

static const Type *
type_inside(MilText *t, int depth)
{
	static const char *const kinds[] = {"tensor", "list", "tuple", "dict", "state"};
	DType dtype = dtype_here(t);

	if (depth == MAX_TYPES)
		return text_none(t, "types are nested more than %d deep", MAX_TYPES);
	for (size_t k = 0; k < countof(kinds); k++)
		if (text_is(t, kinds[k]))
			return type_in_angles(t, kinds[k], depth + 1);
	if (dtype == DT_NONE)
		return text_none(t, "expected a type, such as tensor<fp16, [2, 3]> or int32");
	text_next(t);
	return type_tensor(t->c->types, dtype, NULL, 0);
}

const Type *
text_type(MilText *t)
{
	return type_inside(t, 0);
}

/* ---- elements ---- */

bool
text_string(MilText *t, const Str **out)
{
	const char *s = t->lex.at + 1, *end = t->lex.cur - 1;
	Buf b = {0};
	bool ok = t->token == TEXT_STRING || text_fail(t, "expected a string");

	for (; ok && s < end; s++) {
		if (*s != '\\')
			buf_byte(&b, *s);
		else if (*++s == 'n')
			buf_byte(&b, '\n');
		else if (*s == '"' || *s == '\\')
			buf_byte(&b, *s);
		else
			ok = text_fail(t, "'\\%c' means nothing in MIL text: expected \\\", \\\\ "
			                  "or \\n", *s);
	}
	*out = ok ? intern(t->c->names, b.n ? b.at : "", b.n) : NULL;
	buf_free(&b);
	if (ok)
		text_next(t);
	return ok;
}

/* Whether the range of a type holds the integer; unsigned ones of 64 bits come as their bits. */
static bool
int_fits(DType d, int64_t v, bool large)
{
	int bits = dtype_bits(d);

	if (dtype_info[d].kind == 'u')
		return bits == 64 ? large || v >= 0 : !large && v >= 0 && v >> bits == 0;
	return !large && (bits == 64 || (v >= -(INT64_C(1) << (bits - 1)) &&
	                                 v < INT64_C(1) << (bits - 1)));
}

static bool
take_int(MilText *t, Tensor *x, int64_t i)
{
	bool minus = *t->lex.at == '-', large;
	int64_t v;

	if (t->token != TEXT_INT)
		return text_fail(t, "expected an integer of type %s", dtype_info[x->dtype].mil);
	errno = 0;
	v = minus ? strtoll(t->lex.at, NULL, 10) : (int64_t)strtoull(t->lex.at, NULL, 10);
	large = !minus && v < 0;
	if (errno || !int_fits(x->dtype, v, large))
		return text_fail(t, "this does not fit %s", dtype_info[x->dtype].mil);
	tensor_set_i(x, i, v);
	text_next(t);
	return true;
}

static bool
take_float(MilText *t, Tensor *x, int64_t i)
{
	bool word = text_is(t, "inf") || text_is(t, "nan");

	if (!word && t->token != TEXT_FLOAT && t->token != TEXT_INT)
		return text_fail(t, "expected a number of type %s", dtype_info[x->dtype].mil);
	tensor_set_f(x, i, strtod(t->lex.at, NULL));
	text_next(t);
	return true;
}

static bool
take_bool(MilText *t, Tensor *x, int64_t i)
{
	if (!text_is(t, "true") && !text_is(t, "false"))
		return text_fail(t, "expected true or false");
	tensor_set_i(x, i, *t->lex.at == 't');
	text_next(t);
	return true;
}

static bool
take_element(MilText *t, Tensor *x, int64_t i)
{
	switch (dtype_info[x->dtype].kind) {
	case 'b':
		return take_bool(t, x, i);
	case 'f':
		return take_float(t, x, i);
	case 's':
		return text_string(t, (const Str **)x->data + i);
	default:
		return take_int(t, x, i);
	}
}

/* The rows of dimension d; *i is the element that comes next. */
static bool
take_rows(MilText *t, Tensor *x, int d, int64_t *i)
{
	if (d == x->rank)
		return take_element(t, x, (*i)++);
	if (t->token != '[')
		return text_fail(t, "expected '[': rows of the shape's dimension %d stand in "
		                    "brackets", d);
	text_next(t);
	for (int64_t k = 0; k < x->dim[d]; k++) {
		if (k && t->token != ',')
			return text_fail(t,
			                 "expected ',' and %lld more of the %lld along dimension "
			                 "%d",
			                 (long long)(x->dim[d] - k), (long long)x->dim[d], d);
		if (k)
			text_next(t);
		if (!take_rows(t, x, d + 1, i))
			return false;
	}
	if (t->token != ']')
		return text_fail(t, "expected ']': dimension %d has %lld", d,
		                 (long long)x->dim[d]);
	text_next(t);
	return true;
}

/* An empty tensor may be "[]", however many dimensions it has. */
static Tensor *
take_tensor(MilText *t, const Type *type)
{
	Tensor *x;
	int64_t i = 0;

	if (type->count > t->lex.limit - t->lex.cur)
		return text_none(t, "the text ends before %lld elements", (long long)type->count);
	x = tensor_new(t->c->arena, type->dtype, type->dim, (int)type->rank);
	if (type->count == 0 && t->token == '[' && *t->lex.cur == ']') {
		text_next(t);
		text_next(t);
		return x;
	}
	return take_rows(t, x, 0, &i) ? x : NULL;
}

/* ---- values ---- */

static bool put_literal(MilText *t, Buf *b, const Type *type);

/* Stages have weights files of the same name, each below its folder. In the pipeline that becomes
 * of them they are told apart as coremltools does it: weights/0-weight.bin. */
static const char *
stage_weights(MilText *t, const char *name)
{
	static const char root[] = "@model_path/";
	const char *base = path_base(name);
	WeightsAt w = {0};
	int digits = 0;
	size_t n;

	if (!t->stage_folder || strncmp(name, root, sizeof root - 1) != 0)
		return name;
	if (sscanf(base, "%zu-%n", &n, &digits) != 1 || !digits || n != t->stage)
		digits = 0;
	w.name = digits ? name
	                : arena_printf(t->c->arena, "%.*s%zu-%s", (int)(base - name), name,
	                               t->stage, base);
	for (uint32_t k = 0; k < t->weights.n; k++)
		if (!strcmp(t->weights.at[k].name, w.name))
			return w.name;
	if (!path_is_safe(name + sizeof root - 1))
		return name;
	w.path = arena_printf(t->c->arena, "%s/%s", t->stage_folder, name + sizeof root - 1);
	vec_push(t->c->arena, &t->weights, w);
	return w.name;
}

/* "(BLOBFILE(path = VALUE, offset = VALUE))", whose members are values with a type again. */
static bool
put_blob(MilText *t, Buf *b)
{
	const Str *path = NULL;
	uint64_t offset = 0;
	size_t at;

	text_next(t);
	if (!text_expect(t, '(', "'('"))
		return false;
	for (int k = 0; k < 2; k++) {
		bool is_path = text_is(t, "path");
		const Type *type;
		Tensor *x;
		if (!is_path && !text_is(t, "offset"))
			return text_fail(t, "expected path or offset");
		text_next(t);
		if (!text_expect(t, '=', "'='") || !(type = text_type(t)) ||
		    !text_expect(t, '(', "'('"))
			return false;
		if (type->kind != TY_TENSOR || type->rank ||
		    (is_path ? type->dtype != DT_STRING : !dtype_is_int(type->dtype)))
			return text_fail(t, "expected a string as path and an integer as offset");
		if (!(x = take_tensor(t, type)) || !text_expect(t, ')', "')'"))
			return false;
		if (is_path)
			path = *(const Str *const *)x->data;
		else
			offset = (uint64_t)tensor_i(x, 0);
		if (k == 0 && !text_expect(t, ',', "',' and path or offset"))
			return false;
	}
	if (!path)
		return text_fail(t, "BLOBFILE has no path");
	at = pb_open(b, VALUE_BLOB);
	pb_str_field(b, 1, stage_weights(t, path->s));
	pb_uint_field(b, 2, offset);
	pb_close(b, at);
	return text_expect(t, ')', "')'");
}

/* Values of their own between two brackets, with a comma between them. */
static bool
put_members(MilText *t, Buf *b, const Type *type)
{
	char open = type->kind == TY_LIST ? '[' : '(', close = type->kind == TY_LIST ? ']' : ')';
	uint32_t n = 0;

	if (!text_expect(t, open, open == '[' ? "'['" : "'('"))
		return false;
	for (; text_more(t, close, n); n++) {
		const Type *elem = type->elem;
		if (type->kind == TY_TUPLE && n == type->rank)
			return text_fail(t, "this tuple has %u members", type->rank);
		if (type->kind == TY_TUPLE)
			elem = type->member[n];
		size_t at = pb_open(b, 1);
		if (!put_literal(t, b, elem))
			return false;
		pb_close(b, at);
	}
	if (!t->failed &&
	    (type->kind == TY_TUPLE ? n != type->rank
	                            : dim_known(type->length) && n != type->length))
		return text_fail(t, "there are %u, fewer or more than the type says", n);
	return !t->failed;
}

/* "{{key, value}, …}" */
static bool
put_pairs(MilText *t, Buf *b, const Type *type)
{
	if (!text_expect(t, '{', "'{'"))
		return false;
	for (uint32_t n = 0; text_more(t, '}', n); n++) {
		size_t pair = pb_open(b, 1), at;
		if (!text_expect(t, '{', "'{' of a pair"))
			return false;
		at = pb_open(b, 1);
		if (!put_literal(t, b, type->elem) || !text_expect(t, ',', "','"))
			return false;
		pb_close(b, at);
		at = pb_open(b, 2);
		if (!put_literal(t, b, type->val) || !text_expect(t, '}', "'}'"))
			return false;
		pb_close(b, at);
		pb_close(b, pair);
	}
	return !t->failed;
}

/* The fields of a Value: its type, and what stands there. */
static bool
put_literal(MilText *t, Buf *b, const Type *type)
{
	size_t in, at;
	Tensor *x;
	bool ok;

	put_type(b, VALUE_TYPE, &t->out, type);
	if (t->out.failed)
		return false;
	if (type->kind == TY_TENSOR && text_is(t, "BLOBFILE"))
		return put_blob(t, b);
	in = pb_open(b, VALUE_IMMEDIATE);
	at = pb_open(b, type->kind == TY_TENSOR ? IV_TENSOR : type->kind == TY_LIST ? IV_LIST
	             : type->kind == TY_TUPLE ? IV_TUPLE : IV_DICT);
	if (type->kind == TY_TENSOR) {
		if (!type_all_known(type))
			return text_fail(t, "a literal has no dimensions that vary");
		if (!(x = take_tensor(t, type)))
			return false;
		put_tensor_value(b, &t->out, x);
		ok = true;
	} else if (type->kind == TY_DICT) {
		ok = put_pairs(t, b, type);
	} else {
		ok = (type->kind == TY_LIST || type->kind == TY_TUPLE) ? put_members(t, b, type)
		         : text_fail(t, "a state has no literal");
	}
	pb_close(b, at);
	pb_close(b, in);
	return ok;
}

bool
text_literal(MilText *t, Buf *b, uint32_t field, const Type *type)
{
	size_t at = pb_open(b, field);
	bool ok = text_expect(t, '(', "'(' and a literal") && put_literal(t, b, type) &&
	          text_expect(t, ')', "')'");

	pb_close(b, at);
	return ok;
}
