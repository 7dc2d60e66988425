/* test_check_layers.c: the tables of layers and of fields against the descriptors of their
 * messages: what a row names is there and fits its rule, and no layer lacks a row.
 */
#include "check/layer.h"
#include "Model.pb-c.h"
#include "check.h"

typedef ProtobufCMessageDescriptor Message;
typedef ProtobufCFieldDescriptor Field;

/* What a field must be for a rule: bits. */
enum {
	NUMBER = 1,
	FLAG = 2,
	TEXT = 4,
	LIST = 8,    /* repeated */
	ONE = 16,    /* not repeated */
	CHOICE = 32, /* of a oneof, or a message */
	WEIGHTS = 64,
	ACTIVATIONS = 128,
};

typedef struct Row {
	const char *rule, *type, *path;
	unsigned kinds; /* of these, but with LIST or ONE both */
} Row;

static const Row layer_fields[] = {
#define SET(type, path)               {"SET", #type, path, CHOICE | ONE},
#define FILLED(type, path)            {"FILLED", #type, path, NUMBER | FLAG | TEXT},
#define WITHIN(type, path, low, high) {"WITHIN", #type, path, NUMBER | ONE},
#define EITHER(type, path, a, b)      {"EITHER", #type, path, NUMBER | CHOICE | ACTIVATIONS | LIST},
#define ORDERED(type, low, high)                                                                   \
	{"ORDERED", #type, low, NUMBER | ONE}, {"ORDERED", #type, high, NUMBER | ONE},
#define AXIS(type, path, back, more)                  {"AXIS", #type, path, NUMBER},
#define LATER(type, path)                             {"LATER", #type, path, NUMBER | FLAG},
#define ACTIVATION(type, path)                        {"ACTIVATION", #type, path, ACTIVATIONS},
#define WEIGHT(type, path, flag, size, channels, how) {"WEIGHT", #type, path, WEIGHTS | ONE},
#include "check/layers.def"
};

static const Row kind_fields[] = {
#define SET(type, path)               {"SET", #type, path, CHOICE | ONE},
#define FILLED(type, path)            {"FILLED", #type, path, NUMBER | TEXT | CHOICE},
#define WITHIN(type, path, low, high) {"WITHIN", #type, path, NUMBER | ONE},
#include "check/fields.def"
#undef SET
#undef FILLED
#undef WITHIN
};

static const struct {
	const char *type, *flag, *size, *channels;
} weights[] = {
#define WEIGHT(type, path, flag, size, channels, how) {#type, flag, size, channels},
#include "check/layers.def"
};

static const LayerRule rules[] = {
#define LAYER(type, flags, in, most_in, out, most_out, rank, most_rank, check)                     \
	{#type, flags, in, most_in, out, most_out, rank, most_rank, check_##check},
#include "check/layers.def"
};

static unsigned
kinds_of(const Field *f)
{
	unsigned kinds = f->label == PROTOBUF_C_LABEL_REPEATED ? LIST : ONE;

	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		kinds |= CHOICE;
	if (f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_BYTES)
		return kinds | TEXT;
	if (f->type == PROTOBUF_C_TYPE_BOOL)
		return kinds | FLAG;
	if (f->type != PROTOBUF_C_TYPE_MESSAGE)
		return kinds | NUMBER;
	if (f->descriptor == &core_ml__specification__activation_params__descriptor)
		return kinds | ACTIVATIONS;
	if (f->descriptor == &core_ml__specification__weight_params__descriptor)
		kinds |= WEIGHTS;
	return kinds | CHOICE;
}

/* The field at the end of a path of names with dots and question marks; or NULL. */
static const Field *
field_at(const Message *m, const char *path)
{
	char name[64];

	for (;;) {
		size_t n = strcspn(path, ".?");
		snprintf(name, sizeof name, "%.*s", (int)n, path);
		const Field *f =
		    m ? protobuf_c_message_descriptor_get_field_by_name(m, name) : NULL;
		if (!f || !path[n])
			return f;
		m = f->type == PROTOBUF_C_TYPE_MESSAGE ? f->descriptor : NULL;
		path += n + (path[n] == '?') + 1;
	}
}

static const Message *
message_of(const Message *whole, const char *type)
{
	const Field *f = protobuf_c_message_descriptor_get_field_by_name(whole, type);

	return f ? f->descriptor : NULL;
}

static const Message *
layer_message_of(const char *type)
{
	return message_of(&core_ml__specification__neural_network_layer__descriptor, type);
}

static void
check_row(const Row *r, const Message *m)
{
	const Field *f = field_at(m, r->path);
	unsigned have = f ? kinds_of(f) : 0, label = r->kinds & (LIST | ONE);
	bool fits = have & r->kinds & ~(unsigned)(LIST | ONE) && (!label || have & label);

	CHECK(fits);
	if (!fits)
		fprintf(stderr, "\t%s(%s, \"%s\"): %s\n", r->rule, r->type, r->path,
		        f ? "the field does not fit the rule" : "there is no such field");
}

static void
test_fields(void)
{
	const Message *model = &core_ml__specification__model__descriptor;

	for (size_t i = 0; i < countof(layer_fields); i++)
		check_row(&layer_fields[i], layer_message_of(layer_fields[i].type));
	for (size_t i = 0; i < countof(kind_fields); i++)
		check_row(&kind_fields[i],
		          !strcmp(kind_fields[i].type, "update")
		              ? message_of(message_of(model, "neuralNetwork"), "updateParams")
		              : message_of(model, kind_fields[i].type));
}

/* Flags are truth values; sizes are numbers, or lists of them. */
static void
test_weights(void)
{
	for (size_t i = 0; i < countof(weights); i++) {
		const Message *m = layer_message_of(weights[i].type);
		const char *s = weights[i].size, *flag = weights[i].flag;
		char name[64];
		if (*flag)
			check_row(
			    &(Row){"WEIGHT", weights[i].type, flag + (*flag == '!'), FLAG | ONE},
			    m);
		if (*weights[i].channels)
			check_row(&(Row){"WEIGHT", weights[i].type, weights[i].channels, NUMBER},
			          m);
		for (size_t n; *s && *s != '@'; s += n + (s[n] == '*')) {
			n = strcspn(s, "*");
			snprintf(name, sizeof name, "%.*s", (int)n, s);
			check_row(&(Row){"WEIGHT", weights[i].type, name, NUMBER}, m);
		}
		CHECK(strcmp(weights[i].size, "@") || !strncmp(weights[i].type, "convolution", 11));
	}
}

static size_t
count_rows(const char *type)
{
	size_t n = 0;

	for (size_t i = 0; i < countof(rules); i++)
		n += !strcmp(rules[i].type, type);
	return n;
}

static bool
is_before(unsigned least, unsigned most)
{
	return least <= most && most <= MANY;
}

static void
test_layers(void)
{
	const Message *m = &core_ml__specification__neural_network_layer__descriptor;

	for (unsigned k = 0; k < m->n_fields; k++) {
		const char *type = m->fields[k].name;
		if (!(m->fields[k].flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
			continue;
		CHECK_INT(count_rows(type), 1);
		CHECK_STR(find_layer(type)->type, type);
	}
	for (size_t i = 0; i < countof(rules); i++) {
		CHECK(layer_message_of(rules[i].type) != NULL);
		CHECK(is_before(rules[i].in, rules[i].most_in));
		CHECK(is_before(rules[i].out, rules[i].most_out));
		CHECK(is_before(rules[i].rank, rules[i].most_rank));
	}
}

/* An axis is one of the first input, and its layer has one. */
static void
test_axes(void)
{
	for (size_t i = 0; i < countof(layer_fields); i++)
		if (!strcmp(layer_fields[i].rule, "AXIS"))
			CHECK(find_layer(layer_fields[i].type)->in > 0);
}

int
main(void)
{
	test_fields();
	test_weights();
	test_layers();
	test_axes();
	return check_report();
}
