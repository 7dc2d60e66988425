/* value.c: making values, and the names of their types. */
#include "class.h"
#include "core.h"

/* ---- making ---- */

static StrObj *
str_new(Interp *in, VKind kind, const void *s, size_t len)
{
	StrObj *o = interp_alloc(in, kind, sizeof *o + len + 1);

	o->len = o->ncp = o->room = (uint32_t)len;
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

/* Of text that is known to be ASCII. */
Value
vascii(Interp *in, const char *s, size_t len)
{
	return vobj(str_new(in, V_STR, s, len));
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

Value
vseq(Interp *in, VKind kind, const Value *v, size_t n)
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
	return vseq(in, V_TUPLE, v, n);
}

Value
vlist(Interp *in, const Value *v, size_t n)
{
	return vseq(in, V_LIST, v, n);
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
	struct Named { /* its row lives and dies with it */
		BuiltinObj obj;
		Native row;
	} *o = interp_alloc(in, V_BUILTIN, sizeof *o);

	o->row = (Native){.name = name, .fn = fn};
	o->obj.fn = &o->row;
	o->obj.self = self;
	return vobj(o);
}

Value
vnative(Interp *in, const Native *fn, Value self)
{
	BuiltinObj *o = interp_alloc(in, V_BUILTIN, sizeof *o);

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
module_with(Value m, const char *(*near)(const ModuleObj *, const char *))
{
	((ModuleObj *)m.o)->near = near;
	return m;
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

	o->start = start;
	o->stop = stop;
	o->step = step;
	return vobj(o);
}

/* ---- names of types ---- */

static const char *const kind_names[] = {
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
    [V_NOTIMPLEMENTED] = "NotImplementedType",
    [V_CLASS] = "type",
    [V_INSTANCE] = "object",
    [V_METHOD] = "method",
};

static const char *const npscalar_name[DT_COUNT] = {
#define D(id, mil, np, bits, kind, pb, blob) [DT_##id] = "numpy." np,
    DTYPES(D)
#undef D
};

const char *
kind_name(VKind kind)
{
	return (unsigned)kind < countof(kind_names) ? kind_names[kind] : "object";
}

const char *
type_name(Value v)
{
	if (class_of(v))
		return class_of(v)->name->s;
	if (is_frozen(v))
		return "frozenset";
	switch (v.kind) {
	case V_CLASS:
		return CLASS_OF(v)->meta ? CLASS_OF(v)->meta->name->s : "type";
	case V_HOST:
		return HOST_OF(v)->type->name;
	case V_ITER:
		return ITER_OF(v)->type->name;
	case V_NPSCALAR:
		return npscalar_name[ARRAY_OF(v)->dtype];
	default:
		return kind_names[v.kind];
	}
}

/* ---- ints of any size ---- */

bool
big_of(Value v, Int *r)
{
	if (v.kind == V_INT || v.kind == V_BOOL) {
		big_from_i64(r, v.i);
		return true;
	}
	if (v.kind != V_BIG)
		return false;
	r->neg = BIG_OF(v)->neg;
	r->n = BIG_OF(v)->n;
	memcpy(r->d, BIG_OF(v)->d, r->n * sizeof r->d[0]);
	return true;
}

Value
big_value(Interp *in, const Int *a)
{
	int64_t i;
	BigObj *o;

	if (big_fits_i64(a, &i))
		return vint(i);
	o = interp_alloc(in, V_BIG, sizeof *o + a->n * sizeof a->d[0]);
	o->neg = a->neg;
	o->n = a->n;
	memcpy(o->d, a->d, a->n * sizeof a->d[0]);
	return vobj(o);
}

Value
vbig(Interp *in, Big v)
{
	Int a;

	if (v >= INT64_MIN && v <= INT64_MAX)
		return vint((int64_t)v);
	big_from_i128(&a, v);
	return big_value(in, &a);
}
