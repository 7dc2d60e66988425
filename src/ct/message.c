/* message.c: a protobuf message as a value: its fields by name, and the methods that all messages
 * have. A message that is read out of another one is that other's part, even before anything is
 * set in it.
 */
#include "message.h"

#include "bind.h"
#include "pb/pb.h"
#include "pb/protos.h"

typedef struct MessageType {
	HostType type;
	const MsgDesc *desc;
} MessageType;

static int message_getattr(Interp *in, HostObj *self, const Str *name, Value *out);

static const MsgDesc *
message_desc(const HostType *t)
{
	return ((const MessageType *)(const void *)t)->desc;
}

bool
is_message(Value v)
{
	return v.kind == V_HOST && HOST_OF(v)->type->getattr == message_getattr;
}

static const Field *
message_field(const Msg *m, const char *name)
{
	return protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
}

/* as: as an attribute; else by name alone, where it is another error to scripts. */
static bool
message_no_field(Interp *in, const MsgDesc *d, const Str *name, bool as, Span at)
{
	const char **names = newn(interp_arena(in), const char *, d->n_fields + 1), *near;

	for (unsigned i = 0; i < d->n_fields; i++)
		names[i] = d->fields[i].name;
	near = nearest(name->s, names, d->n_fields);
	if (!as)
		return fail(in, at,
		            near ? "no field of the message %s is called '%s'; did you mean '%s'?"
		                 : "no field of the message %s is called '%s'",
		            d->short_name, name->s, near);
	return fail(in, at,
	            near ? "the message %s has no field '%s'; did you mean '%s'?"
	                 : "the message %s has no field '%s'",
	            d->short_name, name->s, near);
}

bool
message_took(Interp *in, const char *why, Span at)
{
	return !why || fail(in, at, "the message cannot be put there: %s", why);
}

/* ---- attributes ---- */

static Value
bind_elements(Interp *in, Msg *m, const Field *f)
{
	FieldRef *e = new (interp_arena(in), FieldRef);
	const Field *value;

	*e = (FieldRef){m, f};
	if (!msg_is_map(f))
		return vhost(in,
		             f->type == PROTOBUF_C_TYPE_MESSAGE ? &repeated_message_type
		                                                : &repeated_scalar_type,
		             e);
	value = &((const MsgDesc *)f->descriptor)->fields[1];
	return vhost(in,
	             value->type == PROTOBUF_C_TYPE_MESSAGE ? &message_map_type : &scalar_map_type,
	             e);
}

static bool
is_list(const Field *f)
{
	return f->label == PROTOBUF_C_LABEL_REPEATED;
}

static bool
too_deep(Interp *in, const Msg *m)
{
	return msg_depth(m) > PB_MAX_DEPTH &&
	       !fail(in, NOSPAN, "messages stand in each other %d deep, which no reader follows",
	             PB_MAX_DEPTH + 1);
}

static int
message_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	Msg *m = self->data;
	const Field *f = message_field(m, name->s);

	if (!f && str_is(name, "DESCRIPTOR"))
		*out = bind_descriptor(in, m->descriptor);
	else if (!f && class_item(in, m->descriptor, name, out))
		return 1;
	else if (!f)
		return 0;
	else if (is_list(f))
		*out = bind_elements(in, m, f);
	else if (f->type == PROTOBUF_C_TYPE_MESSAGE && too_deep(in, m))
		return -1;
	else if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		*out = bind_message(in, msg_lazy(m, f->name));
	else
		*out = field_value(in, m, f, 0);
	return 1;
}

static bool
message_setattr(Interp *in, HostObj *self, const Str *name, Value v, Span at)
{
	Msg *m = self->data;
	const Field *f = message_field(m, name->s);

	if (!f)
		return message_no_field(in, m->descriptor, name, true, at);
	if (is_list(f))
		return fail(in, at,
		            msg_is_map(f)
		                ? "the field '%s' of %s is a map: set its entries, not the field"
		                : "the field '%s' of %s is a list: use extend(), or assign to [:]",
		            name->s, m->descriptor->short_name);
	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return fail(in, at,
		            "the field '%s' of %s is a message: set its fields, or fill it with "
		            "CopyFrom()",
		            name->s, m->descriptor->short_name);
	return field_store(in, m, f, 0, v, at);
}

static bool
message_refuse(Interp *in, const char *what, Value left, Value right, Span at)
{
	const HostType *t = HOST_OF(is_message(left) ? left : right)->type;

	if (strcmp(what, "bool") == 0) /* it is there */
		return true;
	if (strcmp(what, "attribute") == 0)
		return message_no_field(in, message_desc(t),
		                        intern_cstr(interp_names(in), STR_OF(right)->s), true,
		                        at);
	return fail(in, at, "'%s' means nothing for a message (%s)", what, t->name);
}

static void
message_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	msg_text(self->data, out);
}

static int
message_equal(UNUSED Interp *in, HostObj *a, Value b)
{
	return is_message(b) && msg_same(a->data, message_of(b));
}

static Value
message_copy(Interp *in, HostObj *self)
{
	return bind_message(in, msg_copy(interp_arena(in), self->data));
}

/* ---- filling in ---- */

static bool
same_kind(Interp *in, const Msg *m, Value v, Span at)
{
	if (is_message(v) && message_of(v)->descriptor == m->descriptor)
		return true;
	return v.kind != V_POISON && fail(in, at, "expected a message %s, found '%s'",
	                                  m->descriptor->short_name, type_name(v));
}

bool
message_fill(Interp *in, Msg *m, Value v, Span at)
{
	Kwarg *kw;
	Args args = {.span = at, .callee = at};
	DictObj *d = DICT_OF(v);

	if (v.kind != V_DICT)
		return same_kind(in, m, v, at) &&
		       message_took(in, msg_merge(m, message_of(v)), at);
	args.kw = kw = newn(interp_arena(in), Kwarg, d->nentry + 1);
	for (uint32_t i = 0; i < d->nentry; i++)
		if (d->entry[i].key.kind == V_STR)
			kw[args.nkw++] = (Kwarg){intern_cstr(interp_names(in),
			                                     STR_OF(d->entry[i].key)->s),
			                         d->entry[i].val, at};
	msg_present(m);
	return message_init(in, m, &args);
}

bool
message_init(Interp *in, Msg *m, const Args *args)
{
	if (args->npos)
		return fail(in, args->span, "a message %s takes its fields by name: %s(field=…)",
		            m->descriptor->short_name, m->descriptor->short_name);
	for (uint32_t i = 0; i < args->nkw; i++) {
		const Kwarg *k = &args->kw[i];
		const Field *f = message_field(m, k->name->s);
		FieldRef e = {m, f};
		bool ok;

		if (!f)
			return message_no_field(in, m->descriptor, k->name, false, k->span);
		if (k->val.kind == V_NONE)
			continue;
		if (is_list(f))
			ok = msg_is_map(f) ? map_update(in, &e, k->val, k->span)
			                   : repeated_extend(in, &e, k->val, k->span);
		else if (f->type == PROTOBUF_C_TYPE_MESSAGE)
			ok = message_fill(in, msg_lazy(m, f->name), k->val, k->span);
		else
			ok = field_store(in, m, f, 0, k->val, k->span);
		if (!ok)
			return false;
	}
	return true;
}

/* ---- methods ---- */

/* The name of a field or a oneof; *oneof is set for the latter. */
static const Field *
field_arg(Interp *in, const Msg *m, Value v, bool *oneof, Span at)
{
	const Field *f;
	const Str *s;

	if (!as_str(in, v, &s, "the name of a field", at))
		return NULL;
	f = message_field(m, s->s);
	*oneof = !f;
	if (!f)
		f = proto_oneof(m->descriptor, s->s);
	if (!f)
		message_no_field(in, m->descriptor, s, false, at);
	return f;
}

NATIVE(message_has)
{
	const Msg *m = message_of(self);
	bool oneof;
	const Field *f = field_arg(in, m, args->v[0], &oneof, args->span);

	if (!f)
		return false;
	if (!oneof && (is_list(f) || (f->type != PROTOBUF_C_TYPE_MESSAGE &&
	                              !(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))))
		return fail(in, args->span,
		            "whether '%s' of %s was set cannot be told: only messages and members "
		            "of a oneof know",
		            f->name, m->descriptor->short_name);
	*out = vbool(oneof ? msg_case(m, f->name) != NULL : msg_has(m, f->name));
	return true;
}

NATIVE(message_which)
{
	const Msg *m = message_of(self);
	bool oneof;
	const Field *f = field_arg(in, m, args->v[0], &oneof, args->span);
	const char *set;

	if (!f)
		return false;
	if (!oneof)
		return fail(in, args->span, "'%s' of %s is a field, expected a oneof", f->name,
		            m->descriptor->short_name);
	set = msg_case(m, f->name);
	*out = set ? vstrz(in, set) : VNONE;
	return true;
}

NATIVE(message_clear_field)
{
	Msg *m = message_of(self);
	bool oneof;
	const Field *f = field_arg(in, m, args->v[0], &oneof, args->span);
	const char *set;

	*out = VNONE;
	if (!f)
		return false;
	set = oneof ? msg_case(m, f->name) : f->name;
	if (set)
		msg_clear(m, set);
	return true;
}

NATIVE(message_clear)
{
	msg_clear_all(message_of(self));
	*out = VNONE;
	return true;
}

NATIVE(message_copy_from)
{
	*out = VNONE;
	return same_kind(in, message_of(self), args->v[0], args->span) &&
	       message_took(in, msg_assign(message_of(self), message_of(args->v[0])), args->span);
}

NATIVE(message_merge_from)
{
	*out = VNONE;
	return same_kind(in, message_of(self), args->v[0], args->span) &&
	       message_took(in, msg_merge(message_of(self), message_of(args->v[0])), args->span);
}

NATIVE(message_present)
{
	msg_present(message_of(self));
	*out = VNONE;
	return true;
}

NATIVE(message_serialize)
{
	Buf b = {0};

	msg_write(message_of(self), &b);
	if (args_with(args))
		*out = vint((int64_t)b.n);
	else
		*out = vbytes(in, b.n ? b.at : "", b.n);
	buf_free(&b);
	return interp_memory(in, 1);
}

/* With 1: what is there stays. */
NATIVE(message_parse)
{
	Msg *m = message_of(self), *part = m;
	const StrObj *s = STR_OF(args->v[0]);
	const char *why;

	if (args->v[0].kind != V_BYTES)
		return fail(in, args->span, "a message is read from bytes, found '%s'",
		            type_name(args->v[0]));
	if (args_with(args))
		part = msg_new(m->arena, m->descriptor);
	why = msg_parse(part, arena_dup(m->arena, s->s, s->len), s->len);
	if (why)
		return fail(in, args->span, "these bytes are no message %s: %s",
		            m->descriptor->short_name, why);
	*out = vint(s->len);
	return part == m || message_took(in, msg_merge(m, part), args->span);
}

NATIVE(message_list)
{
	Msg *m = message_of(self);
	Value pair[2];

	*out = vlist(in, NULL, 0);
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const Field *f = &m->descriptor->fields[i];

		if (!msg_says(m, f->name))
			continue;
		pair[0] = bind_field(in, f);
		if (is_list(f))
			pair[1] = bind_elements(in, m, f);
		else
			pair[1] = field_value(in, m, f, 0);
		if (!vlist_push(in, *out, vtuple(in, pair, 2)))
			return false;
	}
	return true;
}

NATIVE(message_whole)
{
	*out = vbool(true); /* proto3 requires no field */
	return true;
}

static const Native message_methods[] = {
    {"HasField", "field_name,/", message_has, AS_FUNCTION},
    {"WhichOneof", "oneof_group,/", message_which, AS_FUNCTION},
    {"ClearField", "field_name,/", message_clear_field, AS_FUNCTION},
    {"Clear", "", message_clear, AS_FUNCTION},
    {"CopyFrom", "other_msg,/", message_copy_from, AS_FUNCTION},
    {"MergeFrom", "other_msg,/", message_merge_from, AS_FUNCTION},
    {"SetInParent", "", message_present, AS_FUNCTION},
    {"SerializeToString", "*,deterministic=", message_serialize, AS_FUNCTION},
    {"SerializePartialToString", "*,deterministic=", message_serialize, AS_FUNCTION},
    {"ByteSize", "", message_serialize, AS_FUNCTION | WITH(1)},
    {"ParseFromString", "serialized,/", message_parse, AS_FUNCTION},
    {"MergeFromString", "serialized,/", message_parse, AS_FUNCTION | WITH(1)},
    {"ListFields", "", message_list, AS_FUNCTION},
    {"IsInitialized", "", message_whole, AS_FUNCTION},
    NATIVE_END,
};

/* ---- types ---- */

NATIVE(message_make)
{
	*out = bind_message(in, msg_new(interp_arena(in), message_desc(host_type_of(self))));
	return message_init(in, message_of(*out), args);
}

NATIVE(message_from_string)
{
	static const Native parse = {"FromString", "s,/", message_parse, AS_FUNCTION};
	Value m = bind_message(in, msg_new(interp_arena(in), message_desc(host_type_of(self)))), n;

	*out = m;
	return native_call(in, &parse, m, args, &n);
}

static int
message_class_attr(Interp *in, const HostType *t, const Str *name, Value *out)
{
	if (str_is(name, "FromString"))
		*out = vbuiltin(in, "FromString", message_from_string, vhosttype(t));
	else if (str_is(name, "DESCRIPTOR"))
		*out = bind_descriptor(in, message_desc(t));
	else
		return class_item(in, message_desc(t), name, out);
	return 1;
}

const HostType *
message_type(Interp *in, const MsgDesc *d)
{
	Bind *b = bind_of(in);
	MessageType *t = map_get(&b->message_types, KEY(d));

	if (t)
		return &t->type;
	t = new (b->arena, MessageType);
	t->desc = d;
	t->type = (HostType){
	    .name = d->short_name,
	    .module = arena_printf(b->arena, "%s_pb2", proto_file(d)),
	    .methods = message_methods,
	    .getattr = message_getattr,
	    .setattr = message_setattr,
	    .refuse = message_refuse,
	    .repr = message_repr,
	    .equal = message_equal,
	    .copy = message_copy,
	    .make = message_make,
	    .class_attr = message_class_attr,
	};
	map_put(&b->message_types, KEY(d), t);
	return &t->type;
}

Value
bind_message(Interp *in, const Msg *m)
{
	return vhost(in, message_type(in, m->descriptor), (void *)(uintptr_t)m);
}
