/* msgclass.c: the modules of coremltools.proto: classes of messages, enumerations, and what
 * descriptors tell about both.
 */
#include "bind.h"
#include "message.h"
#include "pb/protos.h"

typedef ProtobufCEnumDescriptor EnumDesc;

static const HostType enum_type;

static int
item_value(Interp *in, ProtoItem item, Value *out)
{
	if (item.message)
		*out = vhosttype(message_type(in, item.message));
	else if (item.enumeration)
		*out = vhost(in, &enum_type, (void *)(uintptr_t)item.enumeration);
	else if (item.value)
		*out = vint(item.value->value);
	else
		return 0;
	return 1;
}

int
class_item(Interp *in, const MsgDesc *d, const Str *name, Value *out)
{
	return item_value(in, proto_in_message(d, name->s), out);
}

/* ---- enumerations: ArrayFeatureType.ArrayDataType ---- */

static int
enum_value_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const ProtobufCEnumValue *v = self->data;

	if (str_is(name, "name"))
		*out = vstrz(in, v->name);
	else if (str_is(name, "number"))
		*out = vint(v->value);
	else
		return 0;
	return 1;
}

static const HostType enum_value_type = {
    .name = "EnumValueDescriptor",
    .module = "google._upb._message",
    .getattr = enum_value_getattr,
    .equal = same_data,
    .hash = data_hash,
};

/* A list, or a dict by name or number. */
static Value
enum_values(Interp *in, const EnumDesc *e, const char *key)
{
	Value out = key ? vdict(in) : vlist(in, NULL, 0), k;
	const ProtobufCEnumValue *v;
	size_t pos = 0;

	while ((v = proto_next_value(e, &pos)) != NULL) {
		Value item = vhost(in, &enum_value_type, (void *)(uintptr_t)v);
		if (!key) {
			vlist_push(in, out, item);
			continue;
		}
		k = strcmp(key, "name") == 0 ? vstrz(in, v->name) : vint(v->value);
		dict_set(in, out, k, item, NOSPAN);
	}
	return out;
}

static int
enum_descriptor_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const EnumDesc *e = self->data;

	if (str_is(name, "name"))
		*out = vstrz(in, e->short_name);
	else if (str_is(name, "full_name"))
		*out = vstrz(in, e->name);
	else if (str_is(name, "values"))
		*out = enum_values(in, e, NULL);
	else if (str_is(name, "values_by_name"))
		*out = enum_values(in, e, "name");
	else if (str_is(name, "values_by_number"))
		*out = enum_values(in, e, "number");
	else
		return 0;
	return 1;
}

static const HostType enum_descriptor_type = {
    .name = "EnumDescriptor",
    .module = "google._upb._message",
    .getattr = enum_descriptor_getattr,
    .equal = same_data,
    .hash = data_hash,
};

static Value
bind_enum(Interp *in, const EnumDesc *e)
{
	return vhost(in, &enum_descriptor_type, (void *)(uintptr_t)e);
}

static const EnumDesc *
enum_of(Value v)
{
	return HOST_OF(v)->data;
}

static int
enum_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const EnumDesc *e = self->data;

	ProtoItem item = {.value = protobuf_c_enum_descriptor_get_value_by_name(e, name->s)};

	if (str_is(name, "DESCRIPTOR")) {
		*out = bind_enum(in, e);
		return 1;
	}
	return item_value(in, item, out);
}

NATIVE(enum_name)
{
	const ProtobufCEnumValue *v = NULL;
	int64_t n;

	if (!as_int(in, args->v[0], &n, "the number of an enum value", args->span))
		return false;
	if (n == (int)n)
		v = protobuf_c_enum_descriptor_get_value(enum_of(self), (int)n);
	if (!v)
		return fail(in, args->span, "%s has no name for the value %lld",
		            enum_of(self)->short_name, (long long)n);
	*out = vstrz(in, v->name);
	return true;
}

NATIVE(enum_number)
{
	const ProtobufCEnumValue *v;
	const Str *s;

	if (!as_str(in, args->v[0], &s, "the name of an enum value", args->span))
		return false;
	v = protobuf_c_enum_descriptor_get_value_by_name(enum_of(self), s->s);
	if (!v)
		return fail(in, args->span, "%s has no value '%s'", enum_of(self)->short_name,
		            s->s);
	*out = vint(v->value);
	return true;
}

enum { ENUM_KEYS, ENUM_VALUES, ENUM_ITEMS };

NATIVE(enum_list)
{
	const ProtobufCEnumValue *v;
	Value pair[2];
	size_t pos = 0;

	*out = vlist(in, NULL, 0);
	while ((v = proto_next_value(enum_of(self), &pos)) != NULL) {
		pair[0] = vstrz(in, v->name);
		pair[1] = vint(v->value);
		vlist_push(in, *out,
		           args_with(args) == ENUM_ITEMS ? vtuple(in, pair, 2)
		                                         : pair[args_with(args)]);
	}
	return true;
}

static const Native enum_methods[] = {
    {"Name", "number", enum_name, AS_FUNCTION},
    {"Value", "name", enum_number, AS_FUNCTION},
    {"keys", "", enum_list, AS_FUNCTION | WITH(ENUM_KEYS)},
    {"values", "", enum_list, AS_FUNCTION | WITH(ENUM_VALUES)},
    {"items", "", enum_list, AS_FUNCTION | WITH(ENUM_ITEMS)},
    NATIVE_END,
};
static const HostType enum_type = {
    .name = "EnumTypeWrapper",
    .module = "google.protobuf.internal.enum_type_wrapper",
    .methods = enum_methods,
    .getattr = enum_getattr,
};

/* ---- modules ---- */

static int
file_member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	return item_value(in, proto_in_file(m->data, name->s), out);
}

static int
proto_member(Interp *in, UNUSED ModuleObj *m, const Str *name, Value *out)
{
	char *file = arena_strdup(interp_arena(in), name->s);

	if (!ends_with(file, strlen(file), "_pb2"))
		return 0;
	file[strlen(file) - 4] = 0;
	if (!proto_is_file(file))
		return 0;
	*out = vmodule(in, arena_printf(interp_arena(in), "coremltools.proto.%s", name->s),
	               file_member, file);
	return 1;
}

Value
make_proto(Interp *in, UNUSED const Member *m)
{
	return vmodule(in, "coremltools.proto", proto_member, NULL);
}

/* ---- descriptors ---- */

static const HostType descriptor_type, field_type;

Value
bind_descriptor(Interp *in, const MsgDesc *d)
{
	return vhost(in, &descriptor_type, (void *)(uintptr_t)d);
}

Value
bind_field(Interp *in, const Field *f)
{
	return vhost(in, &field_type, (void *)(uintptr_t)f);
}

static Value
field_list(Interp *in, const MsgDesc *d, bool by_name)
{
	Value out = by_name ? vdict(in) : vlist(in, NULL, 0);

	for (unsigned i = 0; i < d->n_fields; i++) {
		Value f = bind_field(in, &d->fields[i]);
		if (by_name)
			dict_set(in, out, vstrz(in, d->fields[i].name), f, NOSPAN);
		else
			vlist_push(in, out, f);
	}
	return out;
}

static int
oneof_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	if (!str_is(name, "name"))
		return 0;
	*out = vstrz(in, self->data);
	return 1;
}

static const HostType oneof_type = {
    .name = "OneofDescriptor", .module = "google._upb._message", .getattr = oneof_getattr};

static Value
oneof_list(Interp *in, const MsgDesc *d)
{
	Value out = vlist(in, NULL, 0);
	const char *name;
	size_t pos = 0;

	while ((name = proto_next_oneof(d, &pos)) != NULL)
		vlist_push(in, out, vhost(in, &oneof_type, (void *)(uintptr_t)name));
	return out;
}

static int
descriptor_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const MsgDesc *d = self->data;
	bool by_name = str_is(name, "fields_by_name");

	if (str_is(name, "name"))
		*out = vstrz(in, d->short_name);
	else if (str_is(name, "full_name"))
		*out = vstrz(in, d->name);
	else if (by_name || str_is(name, "fields"))
		*out = field_list(in, d, by_name);
	else if (str_is(name, "oneofs"))
		*out = oneof_list(in, d);
	else
		return 0;
	return 1;
}

/* Numbers as in descriptor.proto. */
static int
type_number(const Field *f)
{
	static const uint8_t number[] = {
	    [PROTOBUF_C_TYPE_DOUBLE] = 1,    [PROTOBUF_C_TYPE_FLOAT] = 2,
	    [PROTOBUF_C_TYPE_INT64] = 3,     [PROTOBUF_C_TYPE_UINT64] = 4,
	    [PROTOBUF_C_TYPE_INT32] = 5,     [PROTOBUF_C_TYPE_FIXED64] = 6,
	    [PROTOBUF_C_TYPE_FIXED32] = 7,   [PROTOBUF_C_TYPE_BOOL] = 8,
	    [PROTOBUF_C_TYPE_STRING] = 9,    [PROTOBUF_C_TYPE_MESSAGE] = 11,
	    [PROTOBUF_C_TYPE_BYTES] = 12,    [PROTOBUF_C_TYPE_UINT32] = 13,
	    [PROTOBUF_C_TYPE_ENUM] = 14,     [PROTOBUF_C_TYPE_SFIXED32] = 15,
	    [PROTOBUF_C_TYPE_SFIXED64] = 16, [PROTOBUF_C_TYPE_SINT32] = 17,
	    [PROTOBUF_C_TYPE_SINT64] = 18,
	};

	return number[f->type];
}

static int
field_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Field *f = self->data;
	bool list = f->label == PROTOBUF_C_LABEL_REPEATED;

	if (str_is(name, "name"))
		*out = vstrz(in, f->name);
	else if (str_is(name, "number"))
		*out = vint(f->id);
	else if (str_is(name, "type"))
		*out = vint(type_number(f));
	else if (str_is(name, "label"))
		*out = vint(list ? 3 : 1);
	else if (str_is(name, "is_repeated"))
		*out = vbool(list);
	else if (str_is(name, "message_type"))
		*out = f->type == PROTOBUF_C_TYPE_MESSAGE ? bind_descriptor(in, f->descriptor)
		                                          : VNONE;
	else if (str_is(name, "enum_type"))
		*out = f->type == PROTOBUF_C_TYPE_ENUM ? bind_enum(in, f->descriptor) : VNONE;
	else
		return 0;
	return 1;
}

static const HostType descriptor_type = {
    .name = "Descriptor", .module = "google._upb._message", .getattr = descriptor_getattr};
static const HostType field_type = {
    .name = "FieldDescriptor", .module = "google._upb._message", .getattr = field_getattr};
