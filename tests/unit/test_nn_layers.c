/* test_nn_layers.c: the table of layers against the descriptors of their messages and the table of
 * operations: what a row names is there and fits, and no layer lacks a row.
 */
#include "nn/layers.h"
#include "NeuralNetwork.pb-c.h"
#include "check.h"

typedef ProtobufCFieldDescriptor Field;

static bool
row_fails(const LayerDef *d, const char *what, const char *name)
{
	fprintf(stderr, "\tLAYER(\"%s\", %s): %s '%s'\n", d->name, op_oldest(d->op)->name, what,
	        name);
	return false;
}

static bool
is_number(const Field *f)
{
	return f->type != PROTOBUF_C_TYPE_MESSAGE && f->type != PROTOBUF_C_TYPE_STRING &&
	       f->type != PROTOBUF_C_TYPE_BYTES;
}

/* The parameter in the versions that a NeuralNetwork can have: those up to iOS14. */
static const Param *
param_of(const LayerDef *d, const char *name)
{
	const OpDef *op = op_for_opset(d->op, IOS14);
	int k = op ? op_param(op, name) : -1;

	return k < 0 || op_param(op_oldest(d->op), name) < 0 ? NULL : &op->param[k];
}

static bool
inputs_fit(const LayerDef *d)
{
	const char *s = d->inputs;
	char word[64];

	while (layer_word(&s, word, sizeof word))
		if (!param_of(d, word + strspn(word, "*.^~")))
			return row_fails(d, "the operation has no operand", word);
	return true;
}

static bool
fields_fit(const LayerDef *d)
{
	const ProtobufCMessageDescriptor *m = layer_message(d->name);
	const char *s = d->fields;
	LayerField e;

	if (!m)
		return row_fails(d, "there is no layer", d->name);
	while (layer_field(&s, &e)) {
		const Field *f = protobuf_c_message_descriptor_get_field_by_name(m, e.field);
		const Param *p = e.fixed ? NULL : param_of(d, e.value);
		const Field *flag = protobuf_c_message_descriptor_get_field_by_name(m, e.flag);
		if (!f || !is_number(f))
			return row_fails(d, "the message has no number", e.field);
		if (*e.flag && (!flag || flag->type != PROTOBUF_C_TYPE_BOOL))
			return row_fails(d, "the message has no flag", e.flag);
		bool word = f->type == PROTOBUF_C_TYPE_ENUM;
		if (e.fixed && word != (e.value[strspn(e.value, "0123456789.e-")] != '\0'))
			return row_fails(d, "is no number of the field", e.value);
		if (e.fixed && word && layer_enum(m, e.field, e.value) < 0)
			return row_fails(d, "the enum has no value", e.value);
		if (!e.fixed && !p)
			return row_fails(d, "the operation has no operand", e.value);
		if (p && word != (p->mask == M_STR))
			return row_fails(d, "a word goes to an enum, a number to another:",
			                 e.field);
		if (e.negated && p->mask != M_BOOL)
			return row_fails(d, "is no truth value:", e.value);
	}
	return true;
}

static void
test_rows(void)
{
	size_t n;
	const LayerDef *d = layer_defs(&n);

	for (size_t k = 0; k < n; k++) {
		if (d[k].kind == LAYER_ROW)
			CHECK(inputs_fit(&d[k]) && fields_fit(&d[k]));
		else
			CHECK(layer_message(d[k].name) != NULL);
		if (d[k].kind == LAYER_LIFT)
			CHECK(d[k].lift && d[k].min <= d[k].max);
	}
}

/* 1 row by function at most, or rows by table, or a word that it is not supported. */
static bool
has_row(const char *name)
{
	size_t n, count[2] = {0};
	const LayerDef *d = layer_defs(&n);

	for (size_t k = 0; k < n; k++)
		count[d[k].kind] += !strcmp(d[k].name, name);
	if (count[LAYER_LIFT] <= 1 && count[LAYER_ROW] + count[LAYER_LIFT] > 0)
		return true;
	fprintf(stderr, "\tlayer %s has %zu rows by table, %zu by function\n", name,
	        count[LAYER_ROW], count[LAYER_LIFT]);
	return false;
}

static void
each_member(const ProtobufCMessageDescriptor *m, const char *prefix)
{
	char name[128];

	for (unsigned k = 0; k < m->n_fields; k++) {
		const Field *f = &m->fields[k];
		if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || !strcmp(f->name, "activation"))
			continue;
		snprintf(name, sizeof name, "%s%s", prefix, f->name);
		CHECK(has_row(name));
	}
}

static void
test_layers(void)
{
	each_member(&core_ml__specification__neural_network_layer__descriptor, "");
	each_member(layer_message("activation"), "activation.");
}

static void
test_words(void)
{
	const ProtobufCMessageDescriptor *scatter = layer_message("scatter");
	const ProtobufCMessageDescriptor *gelu = layer_message("gelu");
	Arena a = {0};

	CHECK(layer_enum(scatter, "mode", "sub") == 2);
	CHECK(layer_enum(scatter, "mode", "SCATTER_SUB") == 2);
	CHECK(layer_enum(scatter, "mode", "SCATTER") == -1);
	CHECK(layer_enum(scatter, "axis", "sub") == -1);
	CHECK(!strcmp(layer_enum_word(&a, scatter, "mode", 6), "min"));
	CHECK(!strcmp(layer_enum_word(&a, gelu, "mode", 1), "TANH_APPROXIMATION"));
	CHECK(!layer_enum_word(&a, gelu, "mode", 3) && !layer_enum_word(&a, gelu, "mode", -1));
	CHECK(!layer_message("relu") && !layer_message("activation.relu"));
	arena_free(&a);
}

int
main(void)
{
	test_rows();
	test_layers();
	test_words();
	return check_report();
}
