/* test_builder.c: the methods of the builder and the calls of a dump against the descriptors of the
 * messages: what a row names is there, and no layer lacks a method.
 */
#include "NeuralNetwork.pb-c.h"
#include "builder/calls.h"
#include "check.h"

static bool
fails(const Native *method, const char *what, const char *name)
{
	fprintf(stderr, "\t%s(): %s '%s'\n", method->name, what, name);
	return false;
}

static bool
has_param(const Native *method, const char *name)
{
	size_t len = strlen(name);

	for (const char *s = method->params; *s;) {
		size_t n = strcspn(s, ",");
		if (n >= len && !strncmp(s, name, len) && (n == len || s[len] == '='))
			return true;
		s += n + (s[n] == ',');
	}
	return false;
}

static bool
known_conversion(const char *how)
{
	static const char *const known[] = {"float", "int", "bool", "floats", "word", "upper"};

	for (size_t k = 0; k < countof(known); k++)
		if (!strcmp(known[k], how))
			return true;
	return false;
}

static bool
field_fits(const Native *method, const ProtobufCMessageDescriptor *m, LayerField *f)
{
	const Field *field = protobuf_c_message_descriptor_get_field_by_name(m, f->field);
	char *how = strchr(f->value, '.');

	if (*f->field == '#')
		return !strcmp(f->field, "#names") || !strcmp(f->field, "#list") ||
		       !strcmp(f->field, "#unlisted") || fails(method, "no such flag", f->field);
	if (*f->field == '@')
		return f->field[1] >= '2' && f->field[1] <= '9' &&
		       (!f->maybe || has_param(method, f->value));
	if (!field)
		return fails(method, "the message has no field", f->field);
	if (f->fixed)
		return true;
	if (how)
		*how++ = '\0';
	if (!has_param(method, f->value))
		return fails(method, "there is no parameter", f->value);
	if (how && !known_conversion(how))
		return fails(method, "there is no conversion", how);
	if (how && (!strcmp(how, "word") || !strcmp(how, "upper")))
		return field->type == PROTOBUF_C_TYPE_ENUM ||
		       fails(method, "is no enum:", f->field);
	return (how && !strcmp(how, "floats")) == (field->type == PROTOBUF_C_TYPE_MESSAGE) ||
	       fails(method, "weights are messages of floats, not", f->field);
}

static bool
row_fits(const Native *method, const AddRow *row)
{
	const ProtobufCMessageDescriptor *m = layer_message(row->layer);
	const char *s = row->fields, *rank = row->rank;
	LayerField f;

	if (*row->layer && !m)
		return fails(method, "there is no layer", row->layer);
	if (!*row->layer && !row->fn)
		return fails(method, "nothing says which layer it is", "");
	while (layer_field(&s, &f))
		if (!field_fits(method, m, &f))
			return false;
	if ((*rank == '=' || (*rank == '+' && rank[1] != '1')) && !has_param(method, rank + 1))
		return fails(method, "the rank is of no parameter", rank);
	return has_param(method, "name") || fails(method, "it has no parameter", "name");
}

/* ---- calls ---- */

/* "valid.paddingAmounts.borderAmounts[0].startEdgeSize" */
static bool
path_fits(const ProtobufCMessageDescriptor *m, const char *path, size_t n)
{
	char word[64];

	while (n) {
		size_t len = strcspn(path, ".[:+,"), k;
		snprintf(word, sizeof word, "%.*s", (int)MIN(len, n), path);
		const Field *f = protobuf_c_message_descriptor_get_field_by_name(m, word);
		if (!f || len > n)
			return f != NULL;
		k = len;
		if (k < n && path[k] == '[') {
			if (f->label != PROTOBUF_C_LABEL_REPEATED)
				return false;
			k += 3;
		}
		if (k >= n || path[k] != '.')
			return true;
		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			return false;
		m = f->descriptor;
		path += k + 1;
		n -= k + 1;
	}
	return true;
}

static bool
call_fits(const CallRow *row)
{
	const Native *method = &builder_type.methods[row->row];
	const char *dot = strchr(row->layer, '.');
	char name[64], param[64];
	const ProtobufCMessageDescriptor *m;

	snprintf(name, sizeof name, "%.*s", (int)(dot ? dot - row->layer : 63), row->layer);
	m = layer_message(name);
	if (!m || !layer_message(row->layer))
		return fails(method, "there is no layer", row->layer);
	for (const char *s = row->args; *s;) {
		size_t n, len;
		s += *s == '?';
		n = strcspn(s, ",");
		len = MIN(strcspn(s, "="), n);
		snprintf(param, sizeof param, "%.*s", (int)len, s);
		if (!has_param(method, param))
			return fails(method, "there is no parameter", param);
		const char *path = len < n ? s + len + 1 : s;
		size_t left = n - (size_t)(path - s);
		if (*path != '\'' && strncmp(path, "True", 4) && strncmp(path, "None", 4))
			while (left) {
				size_t part = MIN(strcspn(path, "+,"), left);
				if (!path_fits(m, path, part))
					return fails(method, "the message has no field", path);
				part += part < left;
				path += part;
				left -= part;
			}
		s += n + (s[n] == ',');
	}
	return true;
}

/* ---- all ---- */

static void
every_method(void)
{
	for (const Native *f = builder_type.methods; f->name; f++)
		if (f->fn == builder_add)
			CHECK(row_fits(f, &add_rows[f->as >> 2]));
}

static void
every_call(void)
{
	size_t n;
	const CallRow *row = call_table(&n);

	for (size_t k = 0; k < n; k++)
		CHECK(call_fits(&row[k]));
}

/* Made by a method of its own, or by one that calls.def names. */
static bool
is_made(const char *layer)
{
	size_t n, len = strlen(layer);
	const CallRow *row = call_table(&n);

	for (const Native *f = builder_type.methods; f->name; f++)
		if (f->fn == builder_add && !strcmp(add_rows[f->as >> 2].layer, layer))
			return true;
	for (size_t k = 0; k < n; k++)
		if (!strncmp(row[k].layer, layer, len) && strchr(".", row[k].layer[len]))
			return true;
	return false;
}

static void
every_layer(void)
{
	const ProtobufCMessageDescriptor *d =
	    &core_ml__specification__neural_network_layer__descriptor;

	for (unsigned k = 0; k < d->n_fields; k++)
		if (d->fields[k].flags & PROTOBUF_C_FIELD_FLAG_ONEOF &&
		    !is_made(d->fields[k].name)) {
			fprintf(stderr, "\tno method makes '%s'\n", d->fields[k].name);
			CHECK(false);
		}
}

int
main(void)
{
	every_method();
	every_call();
	every_layer();
	return check_report();
}
