/* compare.c: equality, order and hash of values of every kind. Equality inside containers takes
 * identity for enough; hashes of numbers and tuples are CPython's. Arrays go to np.h.
 */
#include "class.h"
#include "core.h"
#include "small.h"

/* ---- equality ---- */

bool
value_is(Value a, Value b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case V_NONE:
	case V_ELLIPSIS:
	case V_NOTIMPLEMENTED:
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
		return a.o == b.o || (!a.o->sub && !b.o->sub && str_same(a, b));
	case V_TUPLE:
		return a.o == b.o || (!SEQ_OF(a)->n && !SEQ_OF(b)->n && !a.o->sub && !b.o->sub);
	case V_MODULE: /* made anew for each import */
		return ((ModuleObj *)a.o)->member == ((ModuleObj *)b.o)->member &&
		       ((ModuleObj *)a.o)->data == ((ModuleObj *)b.o)->data;
	case V_HOST: /* a host object may be wrapped anew each time it is asked for */
		return HOST_OF(a)->type == HOST_OF(b)->type && HOST_OF(a)->data == HOST_OF(b)->data;
	default:
		return a.o == b.o;
	}
}

static bool same_deep(Interp *in, Value a, Value b, int depth, bool *out);

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
	const DictEntry *e;
	int64_t pos = 0;
	uint32_t at;

	*out = a->n == b->n;
	while (*out && (e = entry_next(a, &pos)) != 0) {
		Value val = e->val; /* an __eq__ may change the dicts */
		int r = dict_find(in, b, e->key, e->hash, &at);
		if (r < 0)
			return false;
		*out = r;
		if (r && !same_deep(in, val, b->entry[at].val, depth, out))
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
		*out = BUILTIN_OF(a)->fn->fn == BUILTIN_OF(b)->fn->fn &&
		       BUILTIN_OF(a)->fn->as >> 2 == BUILTIN_OF(b)->fn->as >> 2 &&
		       value_is(BUILTIN_OF(a)->self, BUILTIN_OF(b)->self);
		return true;
	case V_METHOD:
		*out = value_is(METHOD_OF(a)->fn, METHOD_OF(b)->fn) &&
		       value_is(METHOD_OF(a)->self, METHOD_OF(b)->self);
		return true;
	default:
		*out = value_is(a, b);
		return true;
	}
}

/* object.__ne__: the contrary of __eq__; 0: there is none. */
static int
by_equal(Interp *in, Value self, Value other, Value *out, Span at)
{
	bool same;
	int r = special_call(in, self, SP_eq, &other, 1, out, at);

	if (r <= 0 || out->kind == V_NOTIMPLEMENTED)
		return r;
	if (!value_truth(in, *out, &same, at))
		return -1;
	*out = vbool(!same);
	return 1;
}

enum { REFUSED = 2 };

/* ==, != or an order by a special method of either side: 1 and the result, whatever it is; 0: the
 * builtin types are to be asked; REFUSED: both sides have one of their own that did not want to. */
static int
object_compare(Interp *in, CmpOp op, Value a, Value b, Value *out, Span at)
{
	static const uint8_t mine[CMP_COUNT] = {
	    [CMP_LT] = SP_lt, [CMP_LE] = SP_le, [CMP_EQ] = SP_eq,
	    [CMP_NE] = SP_ne, [CMP_GT] = SP_gt, [CMP_GE] = SP_ge};
	static const uint8_t theirs[CMP_COUNT] = {
	    [CMP_LT] = SP_gt, [CMP_LE] = SP_ge, [CMP_EQ] = SP_eq,
	    [CMP_NE] = SP_ne, [CMP_GT] = SP_lt, [CMP_GE] = SP_le};
	const ClassObj *x = class_of(a), *y = class_of(b);
	bool swap = x && y && x != y && class_has(in, y, vobj((void *)x));
	int refused = 0;

	if (in->plain && ((x && a.o == in->plain) || (y && b.o == in->plain)))
		return 0; /* dict.__eq__(a, b): nor is the other side asked */
	for (int turn = 0; turn < 2; turn++) {
		bool second = (turn == 1) != swap;
		Value self = second ? b : a, other = second ? a : b;
		int r = special_call(in, self, (Special)(second ? theirs : mine)[op], &other, 1,
		                     out, at);
		if (r < 0 || (r && out->kind != V_NOTIMPLEMENTED))
			return r;
		if (!r && op == CMP_NE && self.kind == V_INSTANCE)
			r = by_equal(in, self, other, out, at);
		if (r < 0 || (r && out->kind != V_NOTIMPLEMENTED))
			return r;
		refused += r;
		if (!r && a.kind == b.kind && a.kind != V_INSTANCE &&
		    (a.kind != V_DICT || op == CMP_EQ || op == CMP_NE))
			return 0; /* the builtin type's own takes it */
	}
	return refused == 2 ? REFUSED : 0;
}

/* Whatever the classes of a and b say. */
static bool
plainly_equal(Interp *in, Value a, Value b, int depth, bool *out)
{
	a = instance_value(a);
	b = instance_value(b);
	if (depth > VALUE_DEPTH)
		return fail(in, NOSPAN, "values are nested too deeply to be compared");
	if (a.kind == V_POISON || b.kind == V_POISON)
		return false;
	if (is_num(a) && is_num(b)) {
		*out = num_compare(a, b) == 0;
		return true;
	}
	if (depth && !interp_steps(in, 1)) /* shared parts are compared as often as they occur */
		return false;
	if (a.kind == V_HOST || b.kind == V_HOST)
		return host_equal(in, a, b, out);
	if (is_np(a) || is_np(b) || a.kind == V_DTYPE || b.kind == V_DTYPE)
		return arrays(in)->equal(in, a, b, out);
	return object_equal(in, a, b, depth + 1, out);
}

static bool
equal_deep(Interp *in, Value a, Value b, int depth, bool *out)
{
	Value v;
	int r;

	if (class_of(a) || class_of(b)) {
		r = object_compare(in, CMP_EQ, a, b, &v, NOSPAN);
		if (r == REFUSED)
			*out = value_is(a, b);
		if (r)
			return r == REFUSED || (r > 0 && value_truth(in, v, out, NOSPAN));
	}
	return plainly_equal(in, a, b, depth, out);
}

/* One comparison is counted, and the bytes of two long texts. */
static bool
count_compared(Interp *in, Value a, Value b)
{
	bool text = a.kind == b.kind && (a.kind == V_STR || a.kind == V_BYTES);
	uint32_t n = text ? MIN(STR_OF(a)->len, STR_OF(b)->len) : 0;

	return n < 1024 ? interp_item(in) : interp_steps(in, n / 1024);
}

/* As containers compare their items: identity is enough. */
static bool
same_deep(Interp *in, Value a, Value b, int depth, bool *out)
{
	if (!count_compared(in, a, b))
		return false;
	if (value_is(a, b)) {
		*out = true;
		return true;
	}
	return equal_deep(in, a, b, depth, out);
}

bool
value_same(Interp *in, Value a, Value b, bool *out)
{
	return same_deep(in, a, b, 0, out);
}

/* ---- order ---- */

static int seq_compare(Interp *in, CmpOp op, Value a, Value b, int depth, bool *out, Span at);

/* <, <=, >, >= on what is neither number, array nor host. 0: these have no order. */
static int
order_objects(Interp *in, CmpOp op, Value a, Value b, int depth, bool *out, Span at)
{
	if (is_setlike(a) && is_setlike(b))
		return set_order(in, op, a, b, out, at) ? 1 : -1;
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
no_order(Interp *in, CmpOp op, Value a, Value b, Span at)
{
	return fail(in, at, "'%s' is not supported between '%s' and '%s'", cmpop_sign[op],
	            type_name(a), type_name(b));
}

static bool
compare_deep(Interp *in, CmpOp op, Value a, Value b, int depth, Value *out, Span at)
{
	bool r = false;
	int done;

	if (!count_compared(in, a, b))
		return false;
	if (class_of(a) || class_of(b)) {
		done = object_compare(in, op, a, b, out, at);
		if (done == REFUSED && (op == CMP_EQ || op == CMP_NE))
			*out = vbool(value_is(a, b) == (op == CMP_EQ));
		else if (done == REFUSED)
			return no_order(in, op, a, b, at);
		if (done)
			return done > 0;
		a = instance_value(a);
		b = instance_value(b);
	}
	if (is_num(a) && is_num(b)) {
		*out = vbool(holds(op, num_compare(a, b)));
		return true;
	}
	if (is_poison(a) || is_poison(b)) {
		*out = VPOISON;
		return true;
	}
	if ((is_np(a) || is_np(b)) && a.kind != V_HOST && b.kind != V_HOST)
		return arrays(in)->compare(in, op, a, b, out, at);
	if (op == CMP_EQ || op == CMP_NE) {
		if (!plainly_equal(in, a, b, depth, &r))
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
	done = order_objects(in, op, a, b, depth, &r, at);
	if (done == 0)
		return no_order(in, op, a, b, at);
	*out = vbool(r);
	return done > 0;
}

bool
value_compare(Interp *in, CmpOp op, Value a, Value b, Value *out, Span at)
{
	return compare_deep(in, op, a, b, 0, out, at);
}

/* The order of two sequences is that of the first items that differ. */
static int
seq_compare(Interp *in, CmpOp op, Value a, Value b, int depth, bool *out, Span at)
{
	Value v;

	for (uint32_t i = 0; i < SEQ_OF(a)->n && i < SEQ_OF(b)->n; i++) {
		bool same;
		if (!same_deep(in, SEQ_OF(a)->at[i], SEQ_OF(b)->at[i], depth + 1, &same))
			return -1;
		if (same)
			continue;
		if (i >= SEQ_OF(a)->n || i >= SEQ_OF(b)->n)
			break; /* an __eq__ made them shorter */
		if (!compare_deep(in, op, SEQ_OF(a)->at[i], SEQ_OF(b)->at[i], depth + 1, &v, at))
			return -1;
		return value_truth(in, v, out, at) ? 1 : -1;
	}
	*out = holds(op, SEQ_OF(a)->n < SEQ_OF(b)->n ? -1 : SEQ_OF(a)->n > SEQ_OF(b)->n);
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
static bool tuple_hash(Interp *in, Value v, int depth, uint64_t *out, Span at);

static int
object_hash(Interp *in, Value v, uint64_t *out, Span at)
{
	Value fn, h;
	Int big;
	int r;

	if (!special_find(in, v, SP_hash, &fn))
		return 0;
	if (fn.kind == V_NONE) {
		fail(in, at, "a value of type '%s' cannot be a key (unhashable type)",
		     type_name(v));
		return -1;
	}
	r = special_call(in, v, SP_hash, 0, 0, &h, at);
	if (r > 0 && !big_of(instance_value(h), &big)) {
		fail(in, at, "__hash__ method should return an integer");
		return -1;
	}
	if (r > 0)
		*out = num_hash(instance_value(h));
	return r;
}

/* CPython's, of the items in any order. */
static uint64_t
set_hash(const DictObj *d)
{
	const DictEntry *e;
	int64_t pos = 0;
	uint64_t h = 0;

	while ((e = entry_next(d, &pos)) != 0)
		h ^= (e->hash ^ 89869747u ^ e->hash << 16) * 3644798167u;
	h ^= ((uint64_t)d->n + 1) * 1927868237u;
	h ^= h >> 11 ^ h >> 25;
	h = h * 69069 + 907133923;
	return h == UINT64_MAX ? 590923713 : h;
}

static bool
hash_deep(Interp *in, Value v, int depth, uint64_t *out, Span at)
{
	Value item;
	int r;

	if (class_of(v) && (r = object_hash(in, v, out, at)) != 0)
		return r > 0;
	v = instance_value(v);
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
		return arrays(in)->item(in, v, &item, at) &&
		       hash_deep(in, item, depth + 1, out, at);
	case V_HOST:
		if (HOST_OF(v)->type->equal && !HOST_OF(v)->type->hash)
			return fail(in, at,
			            "a value of type '%s' cannot be a key (unhashable type)",
			            type_name(v));
		*out = HOST_OF(v)->type->hash ? HOST_OF(v)->type->hash(HOST_OF(v))
		                              : interp_identity(in, v);
		return true;
	case V_SET:
		if (is_frozen(v)) {
			*out = set_hash(DICT_OF(v));
			return true;
		}
		return fail(in, at, "a value of type '%s' cannot be a key (unhashable type)",
		            type_name(v));
	case V_LIST:
	case V_DICT:
	case V_ARRAY:
	case V_SLICE:
		return fail(in, at, "a value of type '%s' cannot be a key (unhashable type)",
		            type_name(v));
	case V_RANGE: {
		int64_t key[3] = {range_len(RANGE_OF(v)), RANGE_OF(v)->start, RANGE_OF(v)->step};
		*out = hash_bytes(key, key[0] > 1 ? 24 : key[0] ? 16 : 8, 0);
		return true;
	}
	case V_METHOD:
		*out = interp_identity(in, METHOD_OF(v)->self) ^
		       interp_identity(in, METHOD_OF(v)->fn) << 1;
		return true;
	default:
		*out = interp_identity(in, v);
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
	if (depth && !interp_steps(in, 1))
		return false;
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
