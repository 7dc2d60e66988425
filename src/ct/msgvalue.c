/* msgvalue.c: what stands in a field as a value, and values on their way into fields, with the
 * conversions and refusals of protobuf's library for Python.
 */
#include "message.h"

#include "script/core.h"

typedef struct Range {
	Big lo, hi;
	const char *what;
} Range;

static Range
range_of(const Field *f)
{
	static const char *const what[] = {
	    "an int of 32 bits", "an int of 32 bits that is not negative", "an int of 64 bits",
	    "an int of 64 bits that is not negative"};

	switch (f->type) {
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return (Range){0, UINT32_MAX, what[1]};
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return (Range){INT64_MIN, INT64_MAX, what[2]};
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return (Range){0, UINT64_MAX, what[3]};
	case PROTOBUF_C_TYPE_BOOL:
		return (Range){INT64_MIN, INT64_MAX, "a bool"};
	default:
		return (Range){INT32_MIN, INT32_MAX, what[0]};
	}
}

Value
field_value(Interp *in, const Msg *m, const Field *f, size_t i)
{
	const ProtobufCBinaryData *t;
	uint64_t u;

	switch (f->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return bind_message(in, msg_at(m, f->name, i));
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
		t = msg_bytes_at(m, f->name, i);
		return f->type == PROTOBUF_C_TYPE_STRING ? vstr(in, (const char *)t->data, t->len)
		                                         : vbytes(in, t->data, t->len);
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		return vfloat(msg_float_at(m, f->name, i));
	case PROTOBUF_C_TYPE_BOOL:
		return vbool(msg_int_at(m, f->name, i) != 0);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		u = (uint64_t)msg_int_at(m, f->name, i);
		return vbig(in, u);
	default:
		return vint(msg_int_at(m, f->name, i));
	}
}

static bool
refused(Interp *in, const Msg *m, const Field *f, const char *what, Value v, Span at)
{
	Buf b = {0};

	if (v.kind == V_POISON)
		return false;
	value_repr(in, v, &b);
	if ((v.kind == V_INT || v.kind == V_BIG) && !strncmp(what, "an int", 6))
		fail(in, at, "the field '%s' of %s takes %s, which %.60s is not", f->name,
		     m->descriptor->short_name, what, b.at);
	else
		fail(in, at, "the field '%s' of %s takes %s, found %.60s of type '%s'", f->name,
		     m->descriptor->short_name, what, b.at, type_name(v));
	buf_free(&b);
	return false;
}

static bool
store_int(Interp *in, Msg *m, const Field *f, size_t i, Value v, Span at)
{
	const ProtobufCEnumValue *label = NULL;
	bool truth = f->type == PROTOBUF_C_TYPE_BOOL;
	Range r = range_of(f);
	Big n;

	if (f->type == PROTOBUF_C_TYPE_ENUM && v.kind == V_STR) {
		label = protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, STR_OF(v)->s);
		if (!label)
			return fail(in, at, "%s has no value '%s'",
			            ((const ProtobufCEnumDescriptor *)f->descriptor)->short_name,
			            STR_OF(v)->s);
		n = label->value;
	} else if (v.kind == (truth ? V_ARRAY : V_BOOL) || !is_index(in, v, &n) || n < r.lo ||
	           n > r.hi) {
		return refused(in, m, f, r.what, v, at);
	}
	if (truth)
		n = n != 0;
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		msg_put_int(m, f->name, i, (int64_t)(uint64_t)n);
	else
		msg_int(m, f->name, (int64_t)(uint64_t)n);
	return true;
}

static bool
store_float(Interp *in, Msg *m, const Field *f, size_t i, Value v, Span at)
{
	double d;

	if (v.kind == V_STR || v.kind == V_BYTES || v.kind == V_NONE || v.kind == V_HOST ||
	    v.kind == V_ARRAY)
		return refused(in, m, f, "a float", v, at);
	if (!as_double(in, v, &d, f->name, at))
		return false;
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		msg_put_float(m, f->name, i, d);
	else
		msg_float(m, f->name, d);
	return true;
}

/* As pb.c wants strings to be. */
static bool
is_text(const StrObj *s)
{
	uint32_t cp = ' ';

	for (size_t i = 0; i < s->len && cp && cp != UTF8_BAD;)
		i += utf8_next(s->s + i, s->len - i, &cp);
	return cp && cp != UTF8_BAD;
}

/* Texts are kept in the message: what the script has of them is collected some day. */
static bool
store_text(Interp *in, Msg *m, const Field *f, size_t i, Value v, Span at)
{
	bool text = f->type == PROTOBUF_C_TYPE_STRING;
	const StrObj *s = STR_OF(v);
	char *copy;

	if (v.kind != V_BYTES && !(text && v.kind == V_STR))
		return refused(in, m, f, text ? "a string" : "bytes", v, at);
	if (text && !is_text(s))
		return refused(in, m, f, "a string of UTF-8 without NUL", v, at);
	if (!interp_memory(in, s->len))
		return false;
	copy = arena_alloc(m->arena, (size_t)s->len + 1);
	memcpy(copy, s->s, s->len);
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		msg_put_bytes(m, f->name, i, copy, s->len);
	else
		msg_set_bytes(m, f->name, copy, s->len);
	return true;
}

/* Of NumPy's scalars, those that have no __index__ or none that a field takes: np.bool_ and np.str_
 * count as the bool or string that they hold. */
static bool
plain(Interp *in, Value *v, Span at)
{
	if (v->kind != V_NPSCALAR ||
	    (ARRAY_OF(*v)->dtype != DT_BOOL && ARRAY_OF(*v)->dtype != DT_STRING))
		return true;
	return arrays(in)->item(in, *v, v, at);
}

bool
field_store(Interp *in, Msg *m, const Field *f, size_t i, Value v, Span at)
{
	if (!plain(in, &v, at))
		return false;
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
		return store_text(in, m, f, i, v, at);
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		return store_float(in, m, f, i, v, at);
	default:
		return store_int(in, m, f, i, v, at);
	}
}
