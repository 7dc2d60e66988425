/* iter.c: iteration over every kind of value: value_iter, value_next, and the iterators of the
 * builtin containers. Those of enumerate, zip, map … are in itertools.c.
 */
#include "class.h"
#include "core.h"

Value
viter(Interp *in, const IterType *type, Value first)
{
	IterObj *it = interp_alloc(in, V_ITER, sizeof *it);

	it->type = type;
	it->v[0] = first;
	for (int i = 1; i < ITER_STATE; i++)
		it->v[i] = VUNSET;
	return vobj(it);
}

/* An iterator that came to its end stays there, whatever happens to the container. */
static int
finish(IterObj *it)
{
	it->v[0] = VUNSET;
	return 0;
}

static int
seq_next(UNUSED Interp *in, IterObj *it, Value *out, UNUSED Span at)
{
	if (it->v[0].kind == V_UNSET || it->i >= SEQ_OF(it->v[0])->n)
		return finish(it);
	*out = SEQ_OF(it->v[0])->at[it->i++];
	return 1;
}

static int
range_next(UNUSED Interp *in, IterObj *it, Value *out, UNUSED Span at)
{
	if (it->i >= it->n)
		return 0;
	range_at(RANGE_OF(it->v[0]), it->i++, out);
	return 1;
}

static int
str_next(Interp *in, IterObj *it, Value *out, UNUSED Span at)
{
	const char *p;
	uint32_t cp;
	size_t n;

	if (it->i >= STR_OF(it->v[0])->len)
		return 0;
	p = STR_OF(it->v[0])->s + it->i;
	n = utf8_decode(p, &cp);
	it->i += (int64_t)n;
	*out = vstr(in, p, n);
	return 1;
}

static int
bytes_next(UNUSED Interp *in, IterObj *it, Value *out, UNUSED Span at)
{
	if (it->i >= STR_OF(it->v[0])->len)
		return 0;
	*out = vint((unsigned char)STR_OF(it->v[0])->s[it->i++]);
	return 1;
}

static int
array_next(Interp *in, IterObj *it, Value *out, Span at)
{
	if (it->i >= it->n)
		return 0;
	return arrays(in)->iter_item(in, it->v[0], it->i++, out, at) ? 1 : -1;
}

static const IterType value_iterator, item_iterator;

static int
dict_next(Interp *in, IterObj *it, Value *out, Span at)
{
	const DictEntry *e;

	if (it->v[0].kind == V_UNSET)
		return 0;
	if (DICT_OF(it->v[0])->n != it->n) {
		fail(
		    in, at,
		    it->v[0].kind == V_SET
		        ? "the set changed its size during the iteration; iterate over list(…) of "
		          "it"
		        : "the dict changed its size during the iteration; iterate over list(…) of "
		          "it");
		return -1;
	}
	e = entry_next(DICT_OF(it->v[0]), &it->i);
	if (!e)
		return finish(it);
	*out = it->type == &value_iterator  ? e->val
	       : it->type == &item_iterator ? vtuple(in, (Value[]){e->key, e->val}, 2)
	                                    : e->key;
	return 1;
}

static const IterType list_iterator = {.name = "list_iterator", .next = seq_next};
static const IterType tuple_iterator = {.name = "tuple_iterator", .next = seq_next};
static const IterType range_iterator = {.name = "range_iterator", .next = range_next};
static const IterType str_iterator = {.name = "str_iterator", .next = str_next};
static const IterType bytes_iterator = {.name = "bytes_iterator", .next = bytes_next};
static const IterType array_iterator = {.name = "iterator", .next = array_next};
static const IterType key_iterator = {.name = "dict_keyiterator", .next = dict_next};
static const IterType value_iterator = {.name = "dict_valueiterator", .next = dict_next};
static const IterType item_iterator = {.name = "dict_itemiterator", .next = dict_next};
static const IterType set_iterator = {.name = "set_iterator", .next = dict_next};

/* An iterator with a length or a count of items to check. */
static Value
counted(Interp *in, const IterType *type, Value over, int64_t n)
{
	Value it = viter(in, type, over);

	ITER_OF(it)->n = n;
	return it;
}

static bool
iter_host(Interp *in, Value v, Value *iter, Span at)
{
	HostObj *h = HOST_OF(v);
	Value list;
	VKind as;

	if (h->type->walk)
		return h->type->walk(in, h, iter);
	if (h->type->iter) {
		if (!h->type->iter(in, h, &as, &list))
			return false;
		*iter = viter(in, &list_iterator, list);
		return true;
	}
	if (host_refuses(in, "iter", v, VUNSET, at))
		return false;
	return fail(in, at, "'%s' object is not iterable", type_name(v));
}

static const IterType *
view_iterator(const IterType *view)
{
	return view == &dict_keys_type     ? &key_iterator
	       : view == &dict_values_type ? &value_iterator
	                                   : &item_iterator;
}

static bool
is_iterator(Interp *in, Value v, Span at)
{
	Value fn;

	if ((v.kind == V_ITER && !is_view(v)) || v.kind == V_POISON ||
	    special_find(in, v, SP_next, &fn))
		return true;
	return fail(in, at, "iter() returned non-iterator of type '%s'", type_name(v));
}

enum { ABSENT = 2 };

/* What a special method of v gives, called with arg (0: without): 1; 0: it raised an instance of
 * that builtin class, -1 failed. ABSENT: v has none. */
static int
ask(Interp *in, Value v, Special s, const Value *arg, const char *class, Value *out, Span at)
{
	Args a = {.pos = arg, .npos = arg != 0, .span = at, .callee = at};
	Value fn;

	if (!special_find(in, v, s, &fn))
		return ABSENT;
	if (!attr_bind(in, fn, v, VUNSET, &fn, at))
		return -1;
	return call_catching(in, fn, &a, out, class, 0);
}

int
item_or_end(Interp *in, Value v, int64_t i, Value *out, Span at)
{
	Value key = vint(i);
	int r = ask(in, v, SP_getitem, &key, "IndexError", out, at);

	if (r == ABSENT)
		return fail(in, at, "'%s' object does not support indexing", type_name(v)), -1;
	return r;
}

/* v[0], v[1] … until IndexError. */
static int
getitem_next(Interp *in, IterObj *it, Value *out, Span at)
{
	int r = it->v[0].kind == V_UNSET ? 0 : item_or_end(in, it->v[0], it->i++, out, at);

	return r ? r : finish(it);
}

static const IterType getitem_iterator = {.name = "iterator", .next = getitem_next};

static bool
by_getitem(Interp *in, Value v, Value *iter, Span at)
{
	Value fn;

	if (!special_find(in, v, SP_getitem, &fn))
		return fail(in, at, "'%s' object is not iterable", type_name(v));
	*iter = viter(in, &getitem_iterator, v);
	return true;
}

/* The next item of an object with __next__. */
static int
object_next(Interp *in, Value iter, Value *out, Span at)
{
	int r = ask(in, iter, SP_next, 0, "StopIteration", out, at);

	if (r == ABSENT)
		return fail(in, at, "'%s' object is not an iterator", type_name(iter)), -1;
	return r;
}

bool
value_iter(Interp *in, Value v, Value *iter, Span at)
{
	static const IterType *const plain[] = {[V_LIST] = &list_iterator,
	                                        [V_TUPLE] = &tuple_iterator,
	                                        [V_STR] = &str_iterator,
	                                        [V_BYTES] = &bytes_iterator};
	int64_t n;
	int r = class_of(v)         ? special_call(in, v, SP_iter, 0, 0, iter, at)
	        : v.kind == V_CLASS ? type_special(in, v, SP_iter, 0, 0, iter, at)
	                            : 0;

	if (r)
		return r > 0 && is_iterator(in, *iter, at);
	switch (v.kind) {
	case V_INSTANCE:
		return by_getitem(in, v, iter, at);
	case V_POISON:
		return false;
	case V_LIST:
	case V_TUPLE:
	case V_STR:
	case V_BYTES:
		*iter = viter(in, plain[v.kind], v);
		return true;
	case V_RANGE:
		*iter = counted(in, &range_iterator, v, range_len(RANGE_OF(v)));
		return true;
	case V_DICT:
		if (!interp_steps(in, DICT_OF(v)->nentry / 256)) /* removed entries are passed */
			return false;
		*iter = counted(in, &key_iterator, v, DICT_OF(v)->n);
		return true;
	case V_SET:
		if (!interp_steps(in, DICT_OF(v)->nslot / 256))
			return false;
		*iter = counted(in, &set_iterator, v, DICT_OF(v)->n);
		return true;
	case V_ARRAY:
	case V_NPSCALAR:
		if (v.kind == V_NPSCALAR)
			return fail(in, at, "'%s' object is not iterable", type_name(v));
		if (!ARRAY_OF(v)->rank)
			return fail(in, at, "iteration over a 0-d array");
		if (!arrays(in)->len(in, v, &n, at))
			return false;
		*iter = counted(in, &array_iterator, v, n);
		return true;
	case V_ITER:
		*iter = is_view(v) ? counted(in, view_iterator(ITER_OF(v)->type), ITER_OF(v)->v[0],
		                             view_dict(v)->n)
		                   : v;
		return true;
	case V_HOST:
		return iter_host(in, v, iter, at);
	default:
		return fail(in, at, "'%s' object is not iterable", type_name(v));
	}
}

int
value_next(Interp *in, Value iter, Value *out, Span at)
{
	/* Iterators over iterators over iterators … are as deep as the script made them. */
	if (interp_deep(in, at) || !interp_item(in))
		return -1;
	if (iter.kind != V_ITER)
		return object_next(in, iter, out, at);
	return ITER_OF(iter)->type->next(in, ITER_OF(iter), out, at);
}

int
length_hint(Interp *in, Value v, Span at)
{
	Value n;
	int r;

	if (v.kind == V_ITER && ITER_OF(v)->type == &getitem_iterator)
		v = ITER_OF(v)->v[0]; /* which passes it on */
	r = ask(in, v, SP_len, 0, "TypeError", &n, at);
	if (r == 1 && n.kind == V_INT && n.i < 0)
		return fail(in, at, "__len__() should return >= 0"), -1;
	return r < 0 ? -1 : 1;
}
