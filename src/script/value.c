/* value.c: making values, and the operations that work on values of every kind: truth, equality,
 * order, hash, the operators, membership. Each kind's own meaning is in its file (core.h); arrays
 * go to np.h, host objects to their HostType.
 */
#include <stdio.h>

#include "core.h"
#include "gc.h"
#include "os.h"

#define B(id, sign, ufunc) sign,
const char *const binop_sign[BIN_COUNT] = {BINOPS(B)};
const char *const cmpop_sign[CMP_COUNT] = {CMPOPS(B)};
const char *const unop_sign[UN_COUNT] = {UNOPS(B)};
#undef B
#define B(id, sign, ufunc) ufunc,
const char *const binop_ufunc[BIN_COUNT] = {BINOPS(B)};
const char *const cmpop_ufunc[CMP_COUNT] = {CMPOPS(B)};
const char *const unop_ufunc[UN_COUNT] = {UNOPS(B)};
#undef B

/* ---- making ---- */

static StrObj *
str_new(Interp *in, VKind kind, const void *s, size_t len)
{
	StrObj *o = interp_alloc(in, kind, sizeof *o + len + 1);

	o->len = o->ncp = (uint32_t)len;
	if (len)
		memcpy(o->s, s, len);
	o->s[len] = 0;
	return o;
}

Value
vstr(Interp *in, const char *s, size_t len)
{
	StrObj *o = str_new(in, V_STR, s, len);

	o->ncp = utf8_count(s, len);
	return vobj(o);
}

Value
vstrz(Interp *in, const char *s)
{
	return vstr(in, s, strlen(s));
}

Value
vstr_of(Interp *in, const Str *s)
{
	return vstr(in, s->s, s->len);
}

Value
vstr_buf(Interp *in, Buf *b)
{
	Value v = vstr(in, b->n ? b->at : "", b->n);

	buf_free(b);
	return v;
}

Value
vbytes(Interp *in, const void *s, size_t len)
{
	return vobj(str_new(in, V_BYTES, s, len));
}

static Value
seq_new(Interp *in, VKind kind, const Value *v, size_t n)
{
	SeqObj *o = interp_alloc(in, kind, sizeof *o);

	o->n = o->cap = (uint32_t)n;
	if (n) {
		o->at = xmalloc(n * sizeof *o->at);
		interp_memory(in, n * sizeof *o->at);
	}
	for (size_t i = 0; i < n; i++)
		o->at[i] = v ? v[i] : VNONE;
	return vobj(o);
}

Value
vtuple(Interp *in, const Value *v, size_t n)
{
	return seq_new(in, V_TUPLE, v, n);
}

Value
vlist(Interp *in, const Value *v, size_t n)
{
	return seq_new(in, V_LIST, v, n);
}

Value
vdict(Interp *in)
{
	return vobj(interp_alloc(in, V_DICT, sizeof(DictObj)));
}

Value
vset(Interp *in)
{
	return vobj(interp_alloc(in, V_SET, sizeof(DictObj)));
}

Value
vbuiltin(Interp *in, const char *name, BuiltinFn *fn, Value self)
{
	BuiltinObj *o = interp_alloc(in, V_BUILTIN, sizeof *o);

	o->name = name;
	o->fn = fn;
	o->self = self;
	return vobj(o);
}

Value
vmodule(Interp *in, const char *name, int (*member)(Interp *, ModuleObj *, const Str *, Value *),
        void *data)
{
	ModuleObj *o = interp_alloc(in, V_MODULE, sizeof *o);

	o->name = name;
	o->member = member;
	o->data = data;
	return vobj(o);
}

Value
vhost(Interp *in, const HostType *t, void *data)
{
	HostObj *o = interp_alloc(in, V_HOST, sizeof *o);

	o->type = t;
	o->data = data;
	return vobj(o);
}

static Value
array_new(Interp *in, VKind kind, const Nd *nd)
{
	ArrayObj *o = interp_alloc(in, kind, sizeof *o);

	o->nd = *nd;
	return vobj(o);
}

Value
vnd(Interp *in, const Nd *nd)
{
	return array_new(in, V_ARRAY, nd);
}

Value
vnpscalar(Interp *in, const Nd *nd)
{
	return array_new(in, V_NPSCALAR, nd);
}

Value
vslice(Interp *in, Value start, Value stop, Value step)
{
	SliceObj *o = interp_alloc(in, V_SLICE, sizeof *o);

	o->start = start.kind == V_UNSET ? VNONE : start;
	o->stop = stop.kind == V_UNSET ? VNONE : stop;
	o->step = step.kind == V_UNSET ? VNONE : step;
	return vobj(o);
}

/* ---- names of types ---- */

static const char *const kind_name[] = {
    [V_UNSET] = "unset",
    [V_POISON] = "value in error",
    [V_NONE] = "NoneType",
    [V_ELLIPSIS] = "ellipsis",
    [V_BOOL] = "bool",
    [V_INT] = "int",
    [V_FLOAT] = "float",
    [V_BIG] = "int",
    [V_STR] = "str",
    [V_BYTES] = "bytes",
    [V_TUPLE] = "tuple",
    [V_LIST] = "list",
    [V_DICT] = "dict",
    [V_SET] = "set",
    [V_RANGE] = "range",
    [V_SLICE] = "slice",
    [V_FUNC] = "function",
    [V_BUILTIN] = "builtin_function_or_method",
    [V_ITER] = "iterator",
    [V_TYPE] = "type",
    [V_MODULE] = "module",
    [V_ARRAY] = "numpy.ndarray",
    [V_NPSCALAR] = "numpy.generic",
    [V_DTYPE] = "type",
    [V_HOST] = "object",
};

static const char *const npscalar_name[DT_COUNT] = {
#define D(id, mil, np, size, kind, pb, blob) [DT_##id] = "numpy." np,
    DTYPES(D)
#undef D
};

const char *
type_name(Value v)
{
	switch (v.kind) {
	case V_HOST:
		return HOST_OF(v)->type->name;
	case V_ITER:
		return ITER_OF(v)->type->name;
	case V_NPSCALAR:
		return npscalar_name[ARRAY_OF(v)->dtype];
	default:
		return kind_name[v.kind];
	}
}

/* ---- truth ---- */

/* Lets a host object say why it cannot stand here; true if it did. */
bool
host_refuses(Interp *in, const char *what, Value a, Value b, Span at)
{
	Value h = a.kind == V_HOST && HOST_OF(a)->type->refuse ? a : b;

	if (h.kind != V_HOST || !HOST_OF(h)->type->refuse)
		return false;
	HOST_OF(h)->type->refuse(in, what, a, b, at);
	return true;
}

bool
value_truth(Interp *in, Value v, bool *out, Span at)
{
	switch (v.kind) {
	case V_POISON:
	case V_UNSET:
		return false;
	case V_NONE:
		*out = false;
		return true;
	case V_BOOL:
	case V_INT:
	case V_FLOAT:
	case V_BIG:
		*out = num_truth(v);
		return true;
	case V_STR:
	case V_BYTES:
		*out = STR_OF(v)->len != 0;
		return true;
	case V_TUPLE:
	case V_LIST:
		*out = SEQ_OF(v)->n != 0;
		return true;
	case V_DICT:
	case V_SET:
		*out = DICT_OF(v)->n != 0;
		return true;
	case V_RANGE:
		*out = range_len(RANGE_OF(v)) != 0;
		return true;
	case V_ARRAY:
	case V_NPSCALAR:
		return np_truth(in, v, out, at);
	case V_HOST:
		if (host_refuses(in, "bool", v, VUNSET, at))
			return false;
		*out = true;
		return true;
	default:
		*out = !is_view(v) || view_dict(v)->n;
		return true;
	}
}

/* ---- equality ---- */

bool
value_is(Value a, Value b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case V_NONE:
	case V_ELLIPSIS:
	case V_UNSET:
		return true;
	case V_BOOL:
	case V_INT:
	case V_FLOAT: /* the same bits, so that a NaN is itself */
	case V_TYPE:
	case V_DTYPE:
		return a.i == b.i;
	case V_BIG:
		return num_compare(a, b) == 0;
	case V_STR:
		return a.o == b.o || str_same(a, b);
	case V_TUPLE:
		return a.o == b.o || (!SEQ_OF(a)->n && !SEQ_OF(b)->n);
	case V_HOST: /* a host object may be wrapped anew each time it is asked for */
		return HOST_OF(a)->type == HOST_OF(b)->type && HOST_OF(a)->data == HOST_OF(b)->data;
	default:
		return a.o == b.o;
	}
}

static bool
seq_equal(Interp *in, Value a, Value b, int depth, bool *out)
{
	*out = SEQ_OF(a)->n == SEQ_OF(b)->n;
	for (uint32_t i = 0; *out && i < SEQ_OF(a)->n && i < SEQ_OF(b)->n; i++)
		if (!same_deep(in, SEQ_OF(a)->at[i], SEQ_OF(b)->at[i], depth, out))
			return false;
	return true;
}

static bool
dict_equal(Interp *in, const DictObj *a, const DictObj *b, int depth, bool *out)
{
	*out = a->n == b->n;
	for (uint32_t i = 0; *out && i < a->nentry; i++) {
		const DictEntry *e = &a->entry[i];
		uint32_t at;
		int r;
		if (e->key.kind == V_UNSET)
			continue;
		r = dict_find(in, b, e->key, e->hash, &at);
		if (r < 0)
			return false;
		*out = r;
		if (r && !same_deep(in, e->val, b->entry[at].val, depth, out))
			return false;
	}
	return true;
}

static bool
range_equal(const RangeObj *a, const RangeObj *b)
{
	int64_t n = range_len(a);

	return n == range_len(b) && (!n || a->start == b->start) && (n < 2 || a->step == b->step);
}

static bool
host_equal(Interp *in, Value a, Value b, bool *out)
{
	Value h = a.kind == V_HOST && HOST_OF(a)->type->equal ? a : b;
	int r;

	*out = false;
	if (h.kind != V_HOST || !HOST_OF(h)->type->equal) {
		*out = value_is(a, b);
		return true;
	}
	r = HOST_OF(h)->type->equal(in, HOST_OF(h), h.o == a.o ? b : a);
	*out = r > 0;
	return r >= 0;
}

static bool
object_equal(Interp *in, Value a, Value b, int depth, bool *out)
{
	if (is_setview(a) || is_setview(b))
		return set_equal(in, a, b, out);
	*out = false;
	if (a.kind != b.kind)
		return true;
	switch (a.kind) {
	case V_STR:
	case V_BYTES:
		*out = str_same(a, b);
		return true;
	case V_TUPLE:
	case V_LIST:
		return seq_equal(in, a, b, depth, out);
	case V_DICT:
		return dict_equal(in, DICT_OF(a), DICT_OF(b), depth, out);
	case V_SET:
		return set_equal(in, a, b, out);
	case V_RANGE:
		*out = range_equal(RANGE_OF(a), RANGE_OF(b));
		return true;
	case V_SLICE:
		return same_deep(in, SLICE_OF(a)->start, SLICE_OF(b)->start, depth, out) &&
		       (!*out || same_deep(in, SLICE_OF(a)->stop, SLICE_OF(b)->stop, depth, out)) &&
		       (!*out || same_deep(in, SLICE_OF(a)->step, SLICE_OF(b)->step, depth, out));
	case V_BUILTIN:
		*out = BUILTIN_OF(a)->fn == BUILTIN_OF(b)->fn &&
		       value_is(BUILTIN_OF(a)->self, BUILTIN_OF(b)->self);
		return true;
	default:
		*out = value_is(a, b);
		return true;
	}
}

bool
equal_deep(Interp *in, Value a, Value b, int depth, bool *out)
{
	if (depth > VALUE_DEPTH)
		return fail(in, NOSPAN, "values are nested too deeply to be compared");
	if (a.kind == V_POISON || b.kind == V_POISON)
		return false;
	if (is_num(a) && is_num(b)) {
		*out = num_compare(a, b) == 0;
		return true;
	}
	if (a.kind == V_HOST || b.kind == V_HOST)
		return host_equal(in, a, b, out);
	if (is_np(a) || is_np(b) || a.kind == V_DTYPE || b.kind == V_DTYPE)
		return np_equal(in, a, b, out);
	return object_equal(in, a, b, depth + 1, out);
}

/* As containers compare their items: identity is enough. */
bool
same_deep(Interp *in, Value a, Value b, int depth, bool *out)
{
	if (value_is(a, b)) {
		*out = true;
		return true;
	}
	return equal_deep(in, a, b, depth, out);
}

bool
value_equal(Interp *in, Value a, Value b, bool *out)
{
	return equal_deep(in, a, b, 0, out);
}

bool
value_same(Interp *in, Value a, Value b, bool *out)
{
	return same_deep(in, a, b, 0, out);
}

/* ---- order ---- */

static bool
holds(CmpOp op, int order)
{
	static const uint8_t when[CMP_COUNT] = {
	    [CMP_LT] = 1, [CMP_LE] = 3, [CMP_EQ] = 2, [CMP_NE] = 5, [CMP_GT] = 4, [CMP_GE] = 6};

	if (order == 2) /* a NaN is in it */
		return op == CMP_NE;
	return when[op] >> (order + 1) & 1;
}

/* <, <=, >, >= on what is neither number, array nor host. 0: these have no order. */
static int
order_objects(Interp *in, CmpOp op, Value a, Value b, int depth, bool *out, Span at)
{
	if (is_setview(a) || is_setview(b) || (a.kind == V_SET && b.kind == V_SET)) {
		if ((a.kind != V_SET && !is_setview(a)) || (b.kind != V_SET && !is_setview(b)))
			return 0;
		return set_order(in, op, a, b, out, at) ? 1 : -1;
	}
	if (a.kind != b.kind)
		return 0;
	if (a.kind == V_STR || a.kind == V_BYTES) {
		*out = holds(op, str_order(a, b));
		return 1;
	}
	if (a.kind == V_LIST || a.kind == V_TUPLE)
		return seq_compare(in, op, a, b, depth, out, at);
	return 0;
}

/* A host object that orders like a number (a member of an IntEnum) becomes it; true for numbers. */
static bool
host_number(Value *v)
{
	if (v->kind == V_HOST && HOST_OF(*v)->type->number)
		*v = vint(HOST_OF(*v)->type->number(HOST_OF(*v)));
	return is_num(*v);
}

static bool
compare_deep(Interp *in, CmpOp op, Value a, Value b, int depth, Value *out, Span at)
{
	bool r = false;
	int done;

	if (is_num(a) && is_num(b)) {
		*out = vbool(holds(op, num_compare(a, b)));
		return true;
	}
	if (is_poison(a) || is_poison(b)) {
		*out = VPOISON;
		return true;
	}
	if ((is_np(a) || is_np(b)) && a.kind != V_HOST && b.kind != V_HOST)
		return np_compare(in, op, a, b, out, at);
	if (op == CMP_EQ || op == CMP_NE) {
		if (!equal_deep(in, a, b, depth, &r))
			return false;
		*out = vbool(r == (op == CMP_EQ));
		return true;
	}
	if (host_number(&a) && host_number(&b)) {
		*out = vbool(holds(op, num_compare(a, b)));
		return true;
	}
	if (host_refuses(in, cmpop_sign[op], a, b, at))
		return false;
	if (depth > VALUE_DEPTH)
		return fail(in, at, "values are nested too deeply to be ordered");
	done = order_objects(in, op, a, b, depth, &r, at);
	if (done == 0)
		return fail(in, at, "'%s' is not supported between '%s' and '%s'", cmpop_sign[op],
		            type_name(a), type_name(b));
	*out = vbool(r);
	return done > 0;
}

bool
value_compare(Interp *in, CmpOp op, Value a, Value b, Value *out, Span at)
{
	return compare_deep(in, op, a, b, 0, out, at);
}

/* The order of two sequences is that of the first items that differ. */
int
seq_compare(Interp *in, CmpOp op, Value a, Value b, int depth, bool *out, Span at)
{
	uint32_t na = SEQ_OF(a)->n, nb = SEQ_OF(b)->n;
	Value v;

	for (uint32_t i = 0; i < na && i < nb; i++) {
		bool same;
		if (!same_deep(in, SEQ_OF(a)->at[i], SEQ_OF(b)->at[i], depth + 1, &same))
			return -1;
		if (same)
			continue;
		if (!compare_deep(in, op, SEQ_OF(a)->at[i], SEQ_OF(b)->at[i], depth + 1, &v, at))
			return -1;
		return value_truth(in, v, out, at) ? 1 : -1;
	}
	*out = holds(op, na < nb ? -1 : na > nb);
	return 1;
}

bool
value_less(Interp *in, Value a, Value b, bool *out, Span at)
{
	Value v;

	if (a.kind == V_INT && b.kind == V_INT) {
		*out = a.i < b.i;
		return true;
	}
	return value_compare(in, CMP_LT, a, b, &v, at) && value_truth(in, v, out, at);
}

/* ---- hash ---- */

/* CPython's, so that sets of numbers and tuples of numbers list their items in its order. */
static bool
tuple_hash(Interp *in, Value v, int depth, uint64_t *out, Span at);

static bool
hash_deep(Interp *in, Value v, int depth, uint64_t *out, Span at)
{
	Value item;

	switch (v.kind) {
	case V_POISON:
		return false;
	case V_BOOL:
	case V_INT:
	case V_FLOAT:
	case V_BIG:
		*out = num_hash(v);
		return true;
	case V_STR:
	case V_BYTES:
		if (!STR_OF(v)->hash)
			STR_OF(v)->hash = hash_bytes(STR_OF(v)->s, STR_OF(v)->len, 0) | 1;
		*out = STR_OF(v)->hash;
		return true;
	case V_TUPLE:
		return tuple_hash(in, v, depth, out, at);
	case V_NPSCALAR:
		return np_item(in, v, &item, at) && hash_deep(in, item, depth + 1, out, at);
	case V_HOST:
		*out = HOST_OF(v)->type->hash ? HOST_OF(v)->type->hash(HOST_OF(v))
		                              : hash_bytes(&v.o, sizeof v.o, 0);
		return true;
	case V_LIST:
	case V_DICT:
	case V_SET:
	case V_ARRAY:
	case V_SLICE:
		return fail(in, at, "a value of type '%s' cannot be a key (unhashable type)",
		            type_name(v));
	case V_RANGE: {
		int64_t key[3] = {range_len(RANGE_OF(v)), RANGE_OF(v)->start, RANGE_OF(v)->step};
		*out = hash_bytes(key, key[0] > 1 ? 24 : key[0] ? 16 : 8, 0);
		return true;
	}
	case V_BUILTIN:
		*out = (uint64_t)(uintptr_t)BUILTIN_OF(v)->fn;
		return true;
	default:
		*out = hash_bytes(&v.i, v.kind == V_NONE || v.kind == V_ELLIPSIS ? 0 : sizeof v.i,
		                  v.kind);
		return true;
	}
}

static bool
tuple_hash(Interp *in, Value v, int depth, uint64_t *out, Span at)
{
	const uint64_t p1 = 11400714785074694791u, p2 = 14029467366897019727u,
	               p5 = 2870177450012600261u;
	uint64_t acc = p5, lane;
	SeqObj *s = SEQ_OF(v);

	if (depth > VALUE_DEPTH)
		return fail(in, at, "a tuple is nested too deeply to be a key");
	for (uint32_t i = 0; i < s->n; i++) {
		if (!hash_deep(in, s->at[i], depth + 1, &lane, at))
			return false;
		acc += lane * p2;
		acc = acc << 31 | acc >> 33;
		acc *= p1;
	}
	acc += s->n ^ (p5 ^ 3527539u);
	*out = acc == UINT64_MAX ? 1546275796 : acc;
	return true;
}

bool
value_hash(Interp *in, Value v, uint64_t *out, Span at)
{
	return hash_deep(in, v, 0, out, at);
}

/* ---- operators ---- */

static bool
is_seq(Value v)
{
	return v.kind == V_LIST || v.kind == V_TUPLE || v.kind == V_STR || v.kind == V_BYTES;
}

static bool
no_binary(Interp *in, BinOp op, Value a, Value b, Span at)
{
	Value seq = is_seq(a) ? a : b, other = is_seq(a) ? b : a;

	if (op == BIN_MUL && is_seq(seq))
		return fail(in, at, "can't multiply sequence by non-int of type '%s'",
		            type_name(other));
	if (op == BIN_ADD && a.kind == V_STR)
		return fail(in, at, "can only concatenate str (not \"%s\") to str; use str() or an "
		            "f-string", type_name(b));
	if (op == BIN_ADD && is_seq(a))
		return fail(in, at, "can only concatenate %s (not \"%s\") to %s", type_name(a),
		            type_name(b), type_name(a));
	return fail(in, at, "unsupported operand types for %s: '%s' and '%s'", binop_sign[op],
	            type_name(a), type_name(b));
}

static bool
repeat(Interp *in, Value seq, Value n, Value *out, Span at)
{
	if (seq.kind == V_STR || seq.kind == V_BYTES)
		return str_repeat(in, seq, n, out, at);
	return seq_repeat(in, seq, n, out, at);
}

static bool
is_setlike(Value v)
{
	return v.kind == V_SET || is_setview(v);
}

static bool
object_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	if (op == BIN_ADD && a.kind == b.kind && (a.kind == V_STR || a.kind == V_BYTES))
		return str_concat(in, a, b, out, at);
	if (op == BIN_ADD && a.kind == b.kind && is_seq(a))
		return seq_concat(in, a, b, out);
	if (op == BIN_MUL && is_seq(a) && is_int(b))
		return repeat(in, a, b, out, at);
	if (op == BIN_MUL && is_seq(b) && is_int(a))
		return repeat(in, b, a, out, at);
	if (op == BIN_MOD && a.kind == V_STR)
		return str_percent(in, a, b, out, at);
	if (op == BIN_OR && a.kind == V_DICT && b.kind == V_DICT)
		return dict_or(in, a, b, out, at);
	if ((op == BIN_SUB || op == BIN_AND || op == BIN_OR || op == BIN_XOR) &&
	    ((a.kind == V_SET && is_setlike(b)) || is_setview(a)))
		return set_binary(in, op, a, b, out, at);
	return no_binary(in, op, a, b, at);
}

bool
value_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	if (is_num(a) && is_num(b))
		return num_binary(in, op, a, b, out, at);
	if (is_poison(a) || is_poison(b)) {
		*out = VPOISON;
		return true;
	}
	if (op == BIN_MOD && a.kind == V_STR)
		return str_percent(in, a, b, out, at);
	if (a.kind == V_HOST || b.kind == V_HOST) {
		if (op == BIN_TRUEDIV && (is_path(a) || is_path(b)))
			return path_divide(in, a, b, out, at);
		if (host_refuses(in, binop_sign[op], a, b, at))
			return false;
		return no_binary(in, op, a, b, at);
	}
	if (op == BIN_MUL && is_seq(a) && b.kind == V_NPSCALAR) {
		Value n;
		int r = np_index(in, b, &n, at);
		if (r)
			return r > 0 && repeat(in, a, n, out, at);
	}
	if (is_np(a) || is_np(b))
		return np_binary(in, op, a, b, out, at);
	return object_binary(in, op, a, b, out, at);
}

bool
value_inplace(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	if (is_num(a) && is_num(b))
		return num_binary(in, op, a, b, out, at);
	*out = a;
	if (a.kind == V_LIST && op == BIN_ADD && !is_poison(b))
		return list_extend(in, a, b, at);
	if (a.kind == V_LIST && op == BIN_MUL && is_int(b)) {
		Value r;
		SeqObj t;
		if (!seq_repeat(in, a, b, &r, at))
			return false;
		t = *SEQ_OF(r);
		SEQ_OF(r)->at = SEQ_OF(a)->at;
		SEQ_OF(r)->n = SEQ_OF(a)->n;
		SEQ_OF(r)->cap = SEQ_OF(a)->cap;
		SEQ_OF(a)->at = t.at;
		SEQ_OF(a)->n = t.n;
		SEQ_OF(a)->cap = t.cap;
		return true;
	}
	if (a.kind == V_DICT && op == BIN_OR && !is_poison(b))
		return dict_update(in, a, b, at);
	if (a.kind == V_SET && is_setlike(b) &&
	    (op == BIN_SUB || op == BIN_AND || op == BIN_OR || op == BIN_XOR))
		return set_inplace(in, op, a, b, at);
	if (a.kind == V_ARRAY && b.kind != V_HOST && !is_poison(b))
		return np_inplace(in, op, a, b, out, at);
	return value_binary(in, op, a, b, out, at);
}

bool
value_unary(Interp *in, UnOp op, Value a, Value *out, Span at)
{
	if (is_num(a) && (op != UN_INVERT || is_int(a)))
		return num_unary(in, op, a, out, at);
	if (is_poison(a)) {
		*out = VPOISON;
		return true;
	}
	if (is_np(a))
		return np_unary(in, op, a, out, at);
	if (host_refuses(in, unop_sign[op], a, VUNSET, at))
		return false;
	return fail(in, at, "bad operand type for unary %s: '%s'", unop_sign[op], type_name(a));
}

/* `item in seq` by looking at each item. */
static bool
contains_by_iter(Interp *in, Value container, Value item, bool *out, Span at)
{
	Value it, v;
	int r;

	*out = false;
	if (!value_iter(in, container, &it, at))
		return false;
	interp_push(in, it);
	while (!*out && (r = value_next(in, it, &v, at)) != 0)
		if (r < 0 || !value_same(in, v, item, out)) {
			interp_pop(in, 1);
			return false;
		}
	interp_pop(in, 1);
	return true;
}

bool
value_contains(Interp *in, Value container, Value item, bool *out, Span at)
{
	int64_t i;

	if (is_poison(container) || is_poison(item))
		return false;
	switch (container.kind) {
	case V_LIST:
	case V_TUPLE:
		if (!seq_find(in, container, item, 0, INT64_MAX, &i))
			return false;
		*out = i >= 0;
		return true;
	case V_STR:
	case V_BYTES:
		return str_contains(in, container, item, out, at);
	case V_DICT:
		return dict_contains(in, container, item, out, at);
	case V_SET:
		return set_has(in, container, item, out, at);
	case V_RANGE:
		return range_contains(in, container, item, out);
	case V_ARRAY:
	case V_NPSCALAR:
		return np_contains(in, container, item, out, at);
	case V_ITER:
		if (is_setview(container))
			return view_contains(in, container, item, out, at);
		return contains_by_iter(in, container, item, out, at);
	case V_HOST:
		if (HOST_OF(container)->type->iter)
			return contains_by_iter(in, container, item, out, at);
		if (host_refuses(in, "in", item, container, at))
			return false;
		break;
	default:
		break;
	}
	return fail(in, at, "'in' needs a container on its right side, found '%s'",
	            type_name(container));
}
