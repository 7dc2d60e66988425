/* layers.c: the table of layers: looking things up in it, and the two ways through a row, from an
 * operation to its layer and back. layers.h says how rows are written.
 */
#include "lift.h"
#include "lower.h"

#include "NeuralNetwork.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const LayerDef defs[] = {
#define LAYER(name, op, inputs, fields) {LAYER_ROW, name, OP_##op, inputs, fields, 0, 0, 0, NULL},
#define LIFT(name, min, max, outputs, fn)                                                          \
	{LAYER_LIFT, name, OP_none, NULL, NULL, min, max, outputs, fn},
#define BINARY(name, op, min, same, with_y, with_x) LIFT(name, min, 2, 1, lift_binary)
#include "layers.def"
};
static bool (*const lowerings[OP_COUNT])(Nn *, const Inst *) = {
#define LOWER(op, fn)                               [OP_##op] = fn,
#define BINARY(name, op, min, same, with_y, with_x) LOWER(op, nn_binary)
#include "layers.def"
};

const LayerDef *
layer_defs(size_t *n)
{
	*n = countof(defs);
	return defs;
}

const ProtobufCMessageDescriptor *
layer_message(const char *name)
{
	const ProtobufCMessageDescriptor *d =
	    &core_ml__specification__neural_network_layer__descriptor;
	char word[64];

	while (d && *name) {
		size_t n = strcspn(name, ".");
		snprintf(word, sizeof word, "%.*s", (int)n, name);
		const ProtobufCFieldDescriptor *f =
		    protobuf_c_message_descriptor_get_field_by_name(d, word);
		d = f && f->type == PROTOBUF_C_TYPE_MESSAGE ? f->descriptor : NULL;
		name += n + (name[n] == '.');
	}
	return d;
}

bool
layer_word(const char **s, char *word, size_t size)
{
	size_t n = strcspn(*s, ",");

	if (!**s)
		return false;
	snprintf(word, size, "%.*s", (int)n, *s);
	*s += n + ((*s)[n] == ',');
	return true;
}

bool
layer_field(const char **s, LayerField *f)
{
	char word[64], *at = word, *value, *flag, *zero;

	if (!layer_word(s, word, sizeof word))
		return false;
	memset(f, 0, sizeof *f);
	f->negated = *at == '!';
	f->axes = *at == '+';
	f->maybe = *at == '?';
	at += f->negated || f->axes || f->maybe;
	flag = strchr(at, '|');
	if (flag)
		*flag++ = '\0';
	snprintf(f->flag, sizeof f->flag, "%s", flag ? flag : "");
	zero = strchr(at, '/');
	if (zero)
		*zero++ = '\0';
	snprintf(f->zero, sizeof f->zero, "%s", zero ? zero : "");
	value = strpbrk(at, ":=");
	f->fixed = value && *value == ':';
	if (value)
		*value++ = '\0';
	snprintf(f->field, sizeof f->field, "%s", at);
	snprintf(f->value, sizeof f->value, "%s", value ? value : at);
	return true;
}

/* ---- enums ---- */

static const ProtobufCEnumDescriptor *
enum_of(const ProtobufCMessageDescriptor *d, const char *field)
{
	const ProtobufCFieldDescriptor *f =
	    protobuf_c_message_descriptor_get_field_by_name(d, field);

	return f && f->type == PROTOBUF_C_TYPE_ENUM ? f->descriptor : NULL;
}

size_t
layer_enum_prefix(const ProtobufCEnumDescriptor *e)
{
	size_t n = strcspn(e->values[0].name, "_") + 1;

	for (unsigned k = 0; k < e->n_values; k++)
		if (strlen(e->values[k].name) < n ||
		    strncmp(e->values[k].name, e->values[0].name, n))
			return 0;
	return n;
}

int
layer_enum(const ProtobufCMessageDescriptor *d, const char *field, const char *word)
{
	const ProtobufCEnumDescriptor *e = enum_of(d, field);

	for (unsigned k = 0; e && k < e->n_values; k++)
		if (!strcmp(e->values[k].name, word) ||
		    !strcasecmp(e->values[k].name + layer_enum_prefix(e), word))
			return e->values[k].value;
	return -1;
}

const char *
layer_enum_word(Arena *a, const ProtobufCMessageDescriptor *d, const char *field, int64_t number)
{
	const ProtobufCEnumDescriptor *e = enum_of(d, field);
	const ProtobufCEnumValue *v = NULL;
	size_t n;

	if (e && number >= 0 && number <= INT32_MAX)
		v = protobuf_c_enum_descriptor_get_value(e, (int)number);
	if (!v || !(n = layer_enum_prefix(e)))
		return v ? v->name : NULL;
	char *word = arena_strdup(a, v->name + n);
	for (char *s = word; *s; s++)
		*s = (char)(*s >= 'A' && *s <= 'Z' ? *s - 'A' + 'a' : *s);
	return word;
}

const Str *
name_claimed(Interner *names, Map *taken, const Str *stem)
{
	uintptr_t next = (uintptr_t)map_get(taken, KEY(stem));
	const Str *s = stem;

	for (; map_get(taken, KEY(s)); next++)
		s = intern_printf(names, "%s_%llu", stem->s, (unsigned long long)next);
	if (s != stem)
		map_put(taken, KEY(stem), (void *)next);
	map_put(taken, KEY(s), (void *)(uintptr_t)1);
	return s;
}

/* ---- from an operation to its layer ---- */

static void
put_field(Msg *params, const Inst *i, const LayerField *f)
{
	int number = f->fixed ? layer_enum(params->descriptor, f->field, f->value) : -1;
	const Tensor *t;

	if (f->fixed) {
		msg_float(params, f->field, number >= 0 ? number : strtod(f->value, NULL));
		return;
	}
	t = inst_val(i, f->value);
	if (t && t->dtype == DT_STRING) {
		msg_int(params, f->field,
		        layer_enum(params->descriptor, f->field, nn_word(i, f->value)));
		return;
	}
	if (*f->flag)
		msg_int(params, f->flag, !t || t->count == 0);
	for (int64_t k = 0; t && k < t->count; k++) {
		double v = tensor_f(t, k);
		if (f->axes && v < 0)
			v += inst_arg(i, "x")->type->rank;
		msg_float(params, f->field, f->negated ? v == 0 : v);
	}
}

static bool
is_mark(char c)
{
	return c == '*' || c == '.' || c == '~';
}

/* The blobs of the operands that a row names as inputs. */
static Blob *
row_blobs(Nn *n, const Inst *i, const char *inputs, size_t *nin)
{
	size_t most = 0;
	char word[64];
	Blob *in;

	for (uint32_t p = 0; p < i->op->nparam; p++)
		most += i->arg[p].n;
	in = newn(n->arena, Blob, MAX(most, 1));
	*nin = 0;
	while (layer_word(&inputs, word, sizeof word)) {
		const Arg *a = inst_args(i, word + is_mark(*word));
		for (uint32_t k = 0; k < a->n; k++)
			in[(*nin)++] = nn_blob(n, arg_at(a, k));
	}
	return in;
}

static bool
fields_known(const Inst *i, const char *fields)
{
	LayerField f;

	while (layer_field(&fields, &f))
		if (!f.fixed && !f.maybe && inst_arg(i, f.value) && !inst_val(i, f.value))
			return false;
	return true;
}

void
nn_fields(Msg *params, const Inst *i, const char *fields)
{
	LayerField f;

	while (layer_field(&fields, &f))
		put_field(params, i, &f);
}

Msg *
nn_by_row(Nn *n, const Inst *i)
{
	const LayerDef *d = defs;
	size_t nin, nout = 0;
	Blob *in, out[8];
	Msg *params;

	while (d < defs + countof(defs) &&
	       (d->kind != LAYER_ROW || d->op != i->op->code || !fields_known(i, d->fields)))
		d++;
	if (d == defs + countof(defs)) {
		nn_fail(n, i, "%s cannot be written as a NeuralNetwork", i->op->name);
		diag_note(n->c->diag, NOSPAN, "an ML Program has it: -t mlprogram, from iOS15 on");
		return NULL;
	}
	in = row_blobs(n, i, d->inputs, &nin);
	for (uint32_t k = 0; k < i->nout && k < countof(out); k++)
		out[nout++] = nn_name(n, i->out[k]);
	params = nn_layer(n, out[0], d->name, in, nin, out, nout);
	nn_fields(params, i, d->fields);
	return params;
}

bool
lower_operation(Nn *n, const Inst *i)
{
	if (op_custom(i->op))
		return lower_custom(n, i);
	return lowerings[i->op->code] ? lowerings[i->op->code](n, i) : nn_by_row(n, i) != NULL;
}

/* ---- from a layer to its operation ---- */

/* A field as an operand. False after reporting. */
static bool
field_operand(Lift *l, const OpDef *op, const LayerField *f, Operand *o)
{
	const Param *p = &op->param[op_param(op, f->value)];
	const char *word;

	*o = (Operand){.kind = A_TENSOR, .name = p->name};
	if (p->mask == M_STR) {
		if (!(word = lift_word(l, f->field)))
			return false;
		o->tensor = build_str(l->b, word);
	} else if (msg_repeated(l->params, f->field)) {
		o->tensor = p->mask == M_BOOL ? lift_bools(l, f->field) : lift_ints(l, f->field);
	} else if (p->mask == M_BOOL) {
		o->tensor = tensor_scalar_bool(l->arena, !lift_number(l, f->field) == f->negated);
	} else if (*f->zero) {
		o->tensor = lift_one(l, lift_real(l, f->field, strtod(f->zero, NULL)));
	} else {
		o->tensor = p->mask & M_FLT ? lift_float(l, f->field) : lift_int(l, f->field);
	}
	return true;
}

const char *
lift_word(Lift *l, const char *field)
{
	int64_t v = lift_number(l, field);
	const char *word = layer_enum_word(l->arena, l->params->descriptor, field, v);

	if (!word)
		lift_fail(l, "its %s has the unknown number %lld", field, (long long)v);
	return word;
}

bool
lift_fields(Lift *l, const LayerDef *d, Operand *arg, uint32_t *n)
{
	const OpDef *op = op_for_opset(d->op, l->b->opset);
	const char *s = d->fields;
	LayerField f;

	while (layer_field(&s, &f)) {
		bool absent = *f.flag && (lift_number(l, f.flag) || !msg_count(l->params, f.field));
		if (!f.fixed && !f.maybe && !absent && !field_operand(l, op, &f, &arg[(*n)++]))
			return false;
	}
	return true;
}

const LayerDef *
layer_row(const char *name)
{
	for (const LayerDef *d = defs; d < defs + countof(defs); d++)
		if (d->kind == LAYER_ROW && !strcmp(d->name, name))
			return d;
	die("layer %s has no row", name);
}

static size_t
row_ninput(const LayerDef *d)
{
	size_t n = *d->inputs != '\0';

	for (const char *s = d->inputs; *s; s++)
		n += *s == ',';
	return n;
}

/* All inputs are the elements of one tuple. */
static bool
tuple_input(Lift *l, const char *name, Operand *arg)
{
	Operand *item = lift_items(l);

	if (!item)
		return false;
	*arg = (Operand){.kind = A_LIST, .name = name, .list = {item, (uint32_t)lift_ninput(l)}};
	return true;
}

static bool
row_inputs(Lift *l, const OpDef *op, const LayerDef *d, Var *const *in, Operand *arg,
           uint32_t *narg)
{
	const char *s = d->inputs;
	char word[64];

	for (size_t k = 0; layer_word(&s, word, sizeof word); k++) {
		char mark = is_mark(*word) ? *word : '\0';
		const Param *p = &op->param[op_param(op, word + (mark != '\0'))];
		Var *v;
		if (p->kind == P_TUPLE)
			return tuple_input(l, p->name, &arg[(*narg)++]);
		if (!(v = in ? in[k] : lift_input(l, k)))
			return false;
		if (mark == '*')
			v = lift_shape_of(l, v);
		else if (mark == '.')
			v = lift_scalar(l, v, "input");
		else if (mark == '~')
			v = lift_float_var(l, v);
		if (!v)
			return false;
		arg[(*narg)++] = (Operand){.kind = A_VAR, .name = p->name, .var = v};
	}
	return true;
}

/* Whether the enum fields that the row names have the values that it names. */
static bool
enums_fit(const Lift *l, const LayerDef *d, LayerField *other)
{
	const char *s = d->fields;

	while (layer_field(&s, other)) {
		int number = other->fixed
		                 ? layer_enum(l->params->descriptor, other->field, other->value)
		                 : -1;
		if (number >= 0 && number != lift_number(l, other->field))
			return false;
	}
	return true;
}

/* The row of the layer at hand; 0 after reporting. */
static const LayerDef *
find_row(Lift *l)
{
	size_t nin = lift_ninput(l);
	const LayerDef *any = NULL;
	LayerField other = {0};

	for (const LayerDef *d = defs; d < defs + countof(defs); d++) {
		if (d->kind != LAYER_ROW || strcmp(d->name, l->kind))
			continue;
		const OpDef *op = op_oldest(d->op);
		bool tuple = op->nparam && op->param[0].kind == P_TUPLE;
		any = any ? any : d;
		if ((tuple || row_ninput(d) == nin) && enums_fit(l, d, &other))
			return d;
	}
	if (!any)
		die("layer %s has no row", l->kind);
	if (!*other.field) {
		lift_fail(l, "it has %zu inputs, expected %zu", nin, row_ninput(any));
	} else if (lift_word(l, other.field)) {
		const ProtobufCEnumDescriptor *e = enum_of(l->params->descriptor, other.field);
		int number = (int)lift_number(l, other.field);
		lift_lacks(l, "no operation has its %s %s", other.field,
		           protobuf_c_enum_descriptor_get_value(e, number)->name);
	}
	return NULL;
}

bool
lift_by_row(Lift *l, Var *const *in)
{
	const LayerDef *d = find_row(l);
	const OpDef *op = d ? op_for_opset(d->op, l->b->opset) : NULL;
	Operand arg[MAX_PARAMS];
	uint32_t n = 0, nout;
	Var **outs;

	if (!d || !row_inputs(l, op, d, in, arg, &n) || !lift_fields(l, d, arg, &n))
		return false;
	if (!lift_ops(l, d->op, arg, n, &outs, &nout))
		return false;
	if (nout != lift_noutput(l))
		return lift_fail(l, "it has %zu outputs, expected %u", lift_noutput(l), nout);
	return lift_outputs(l, outs, nout);
}

static bool
lift_by_function(Lift *l, const LayerDef *d)
{
	size_t nin = lift_ninput(l), nout = lift_noutput(l);

	if (d->min == d->max && nin != d->min)
		return lift_fail(l, "it has %zu inputs, expected %zu", nin, d->min);
	if (nin < d->min || (nin > d->max && d->max != MANY))
		return lift_fail(l, "it has %zu inputs, expected %s%zu", nin,
		                 nin < d->min ? "at least " : "at most ",
		                 nin < d->min ? d->min : d->max);
	if (d->outputs == MANY ? nout == 0 : d->outputs && nout != d->outputs)
		return lift_fail(l, "it has %zu outputs, expected %zu", nout,
		                 d->outputs == MANY ? (size_t)1 : d->outputs);
	return d->lift(l);
}

bool
lift_by_table(Lift *l)
{
	for (size_t k = 0; k < countof(defs); k++)
		if (defs[k].kind == LAYER_LIFT && !strcmp(defs[k].name, l->kind))
			return lift_by_function(l, &defs[k]);
	return lift_by_row(l, NULL);
}
