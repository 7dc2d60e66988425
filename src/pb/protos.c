/* protos.c: see protos.h. */
#include "protos.h"

#include "Model.pb-c.h"

typedef ProtobufCMessageDescriptor Desc;

typedef enum RowKind { ROW_FILE, ROW_IMPORT, ROW_MESSAGE, ROW_ENUM, ROW_END } RowKind;
typedef struct Row {
	RowKind kind;
	const char *name; /* of a file */
	const Desc *message;
	const ProtobufCEnumDescriptor *enumeration;
} Row;

typedef struct Oneof {
	const char *message, *name, *member;
} Oneof;

typedef struct EnumLabel {
	const char *enumeration, *name;
} EnumLabel;

#define PROTO_ONEOF(message, name, member)
#define PROTO_VALUE(enumeration, name)
static const Row rows[] = {
#define PROTO(file) {ROW_FILE, #file, 0, 0},
#define PROTO_IMPORT(file) {ROW_IMPORT, #file, 0, 0},
#define PROTO_MESSAGE(d) {ROW_MESSAGE, 0, &d, 0},
#define PROTO_ENUM(d) {ROW_ENUM, 0, 0, &d},
#define PROTO_END {ROW_END, 0, 0, 0},
#include "protorows.h"
#undef PROTO
#undef PROTO_IMPORT
#undef PROTO_MESSAGE
#undef PROTO_ENUM
#undef PROTO_END
#undef PROTO_ONEOF
};

#define PROTO(file)
#define PROTO_IMPORT(file)
#define PROTO_MESSAGE(d)
#define PROTO_ENUM(d)
#define PROTO_END
static const Oneof oneofs[] = {
#define PROTO_ONEOF(message, name, member) {message, name, member},
#include "protorows.h"
#undef PROTO_ONEOF
#undef PROTO_VALUE
};
#define PROTO_ONEOF(message, name, member)
static const EnumLabel values[] = {
#define PROTO_VALUE(enumeration, name) {enumeration, name},
#include "protorows.h"
};

/* The rows of a file, behind its own; 0: there is no such file. */
static const Row *
file_rows(const char *file)
{
	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].kind == ROW_FILE && !strcmp(rows[i].name, file))
			return &rows[i + 1];
	return NULL;
}

bool
proto_is_file(const char *file)
{
	return file_rows(file) != NULL;
}

/* Whether `full` is owner.name; owner 0: the package. */
static bool
stands_in(const char *full, const char *name, const char *package, const char *owner)
{
	size_t n = strlen(full) - strlen(name);

	owner = owner ? owner : package;
	return n == strlen(owner) + 1 && !memcmp(full, owner, n - 1);
}

static bool
take(const Row *r, const char *owner, const char *name, ProtoItem *out)
{
	const Desc *m = r->message;
	const ProtobufCEnumDescriptor *e = r->enumeration;

	if (m && stands_in(m->name, m->short_name, m->package_name, owner) &&
	    !strcmp(m->short_name, name))
		out->message = m;
	if (!e || !stands_in(e->name, e->short_name, e->package_name, owner))
		return out->message;
	if (!strcmp(e->short_name, name))
		out->enumeration = e;
	else
		out->value = protobuf_c_enum_descriptor_get_value_by_name(e, name);
	return out->message || out->enumeration || out->value;
}

ProtoItem
proto_in_file(const char *file, const char *name)
{
	const Row *first = file_rows(file);
	ProtoItem out = {0};

	for (const Row *r = first; r && r->kind != ROW_END; r++) {
		if (r->kind == ROW_IMPORT)
			out = proto_in_file(r->name, name);
		if (out.message || out.enumeration || out.value || take(r, NULL, name, &out))
			break;
	}
	return out;
}

ProtoItem
proto_in_message(const Desc *d, const char *name)
{
	ProtoItem out = {0};

	for (size_t i = 0; i < countof(rows); i++)
		if (take(&rows[i], d->name, name, &out))
			break;
	return out;
}

const char *
proto_file(const Desc *d)
{
	const char *file = "";

	for (size_t i = 0; i < countof(rows); i++) {
		if (rows[i].kind == ROW_FILE)
			file = rows[i].name;
		if (rows[i].message == d)
			break;
	}
	return file;
}

const ProtobufCFieldDescriptor *
proto_oneof(const Desc *d, const char *name)
{
	for (size_t i = 0; i < countof(oneofs); i++)
		if (!strcmp(oneofs[i].name, name) && !strcmp(oneofs[i].message, d->name))
			return protobuf_c_message_descriptor_get_field_by_name(d, oneofs[i].member);
	return NULL;
}

const char *
proto_next_oneof(const Desc *d, size_t *pos)
{
	while (*pos < countof(oneofs)) {
		const Oneof *o = &oneofs[(*pos)++];
		if (!strcmp(o->message, d->name))
			return o->name;
	}
	return NULL;
}

const ProtobufCEnumValue *
proto_next_value(const ProtobufCEnumDescriptor *e, size_t *pos)
{
	while (*pos < countof(values)) {
		const EnumLabel *v = &values[(*pos)++];
		if (!strcmp(v->enumeration, e->name))
			return protobuf_c_enum_descriptor_get_value_by_name(e, v->name);
	}
	return NULL;
}
