/* add.c: the methods that add layers: rows of the table, read as builder.h says; and what functions
 * of rows need to take their arguments.
 */
#include "builder.h"

#include "script/core.h"

#include <stdlib.h>

enum { MAX_RANK = 1 << 30 }; /* of what scripts write into rank_dict: sums stay ints */

const AddRow add_rows[] = {
#define ADD(layer, method, parameters, fields, rank)      {layer, fields, rank, NULL},
#define ADDS(layer, method, parameters, fields, rank, fn) {layer, fields, rank, fn},
#include "nn/layers.def"
};

/* ---- arguments ---- */

/* The place of a parameter, and what stands behind its name: "=0,…" */
static uint32_t
place(const Adding *a, const char *param, const char **rest)
{
	size_t len = strlen(param);
	uint32_t n = 0;

	for (const char *s = a->args->fn->params; s; s = strchr(s, ',')) {
		s += *s == ',';
		if (!strncmp(s, param, len) && strchr("=,", s[len])) {
			*rest = s + len;
			return n;
		}
		n += *s != '*';
	}
	*rest = NULL;
	return 0;
}

Value
add_default(Interp *in, const char *s)
{
	size_t n = strcspn(s, ",");
	char *end;
	long long whole;

	if (!n)
		return VUNSET;
	if (*s == '\'')
		return vstr(in, s + 1, n - 2);
	if (*s == 'N')
		return VNONE;
	if (*s == 'T' || *s == 'F')
		return vbool(*s == 'T');
	whole = strtoll(s, &end, 10);
	if (end == s + n)
		return vint(whole);
	return vfloat(strtod(s, NULL));
}

Value
add_arg(Adding *a, const char *param)
{
	const char *rest;
	uint32_t i = place(a, param, &rest);

	if (!rest)
		return VUNSET;
	if (a->args->v[i].kind != V_UNSET)
		return a->args->v[i];
	return *rest == '=' ? add_default(a->in, rest + 1) : VUNSET;
}

Span
add_span(const Adding *a, const char *param)
{
	const char *rest;
	uint32_t i = place(a, param, &rest);

	return rest ? args_span(a->args, param, i) : a->args->span;
}

bool
add_given(Adding *a, const char *param)
{
	return given(add_arg(a, param));
}

bool
add_fail(Adding *a, const char *param, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, vfail(a->in, add_span(a, param), fmt, ap));
	return false;
}

bool
add_int(Adding *a, const char *param, int64_t *out)
{
	return as_int(a->in, add_arg(a, param), out, param, add_span(a, param));
}

bool
add_double(Adding *a, const char *param, double *out)
{
	return as_double(a->in, add_arg(a, param), out, param, add_span(a, param));
}

bool
add_true(Adding *a, const char *param, bool *out)
{
	Value v = add_arg(a, param);

	*out = false;
	return v.kind == V_UNSET || value_truth(a->in, v, out, add_span(a, param));
}

bool
add_word(Adding *a, const char *param, bool fold, const char **out)
{
	Value v = add_arg(a, param);
	char *s;

	if (v.kind != V_STR)
		return v.kind != V_POISON &&
		       add_fail(a, param, "%s must be a string, found '%s'", param, type_name(v));
	s = arena_strdup(interp_arena(a->in), STR_OF(v)->s);
	for (char *c = s; fold && *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	*out = s;
	return true;
}

bool
add_no_word(Adding *a, const char *param, const char *words)
{
	const char *fn = a->args->fn->name, *word = shown(a->in, add_arg(a, param));
	bool kind = strstr(param, "activation") || !strcmp(param, "non_linearity");
	bool later = !strcmp(param, "axis") || !strcmp(param, "border_mode") ||
	             (!strcmp(param, "mode") && !strcmp(last_part(fn), "add_unary"));

	return add_fail(a, param,
	                kind    ? "%s() has no %s of the type %.80s: expected one of %s"
	                : later ? "%s() does not implement the %s %.80s: expected one of %s"
	                        : "%s() knows no %s %.80s: expected one of %s",
	                fn, param, word, words);
}

bool
add_list(Adding *a, const char *param, Value *list)
{
	return value_to_list(a->in, add_arg(a, param), list, add_span(a, param));
}

/* ---- values ---- */

static const Field *
field_of(const Msg *m, const char *name)
{
	return protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
}

bool
add_value(Adding *a, Msg *m, const char *field, Value v, const char *what)
{
	const Field *f = field_of(m, field);
	Span at = add_span(a, what);

	if (v.kind == V_POISON)
		return false;
	if (f->label == PROTOBUF_C_LABEL_REPEATED) {
		FieldRef all = {m, f};
		return repeated_extend(a->in, &all, v, at);
	}
	return field_store(a->in, m, f, 0, v, at);
}

bool
add_field(Adding *a, Msg *m, const char *field, const char *param)
{
	Value v = add_arg(a, param);

	return v.kind == V_UNSET || add_value(a, m, field, v, param);
}

bool
add_pair(Adding *a, const char *field, const char *first, const char *second)
{
	Value v[2] = {add_arg(a, first), add_arg(a, second)};

	return add_value(a, a->params, field, vlist(a->in, v, 2), first);
}

uint64_t
add_count(const Adding *a, const char *shape)
{
	uint64_t n = 1;

	for (size_t i = 0; i < msg_count(a->params, shape); i++)
		if (__builtin_mul_overflow(n, (uint64_t)msg_int_at(a->params, shape, i), &n))
			n = UINT64_MAX;
	return n;
}

bool
add_floats(Adding *a, Msg *m, const char *field, Value v, const char *what)
{
	NdErr err = {0};
	Msg *w = msg_lazy(m, field);
	size_t old = msg_count(w, "floatValue"), n;
	Nd flat;
	float *to;

	if (!is_np(v))
		return v.kind != V_POISON &&
		       add_fail(a, what, "%s of %s() must be a NumPy array, found '%s'", what,
		                a->args->fn->name, type_name(v));
	if (!(dtype_is_float(ARRAY_OF(v)->dtype) || dtype_is_int(ARRAY_OF(v)->dtype) ||
	      ARRAY_OF(v)->dtype == DT_BOOL))
		return add_fail(a, what, "%s of %s() must hold numbers, found %s", what,
		                a->args->fn->name, dtype_info[ARRAY_OF(v)->dtype].np);
	n = (size_t)nd_count(ARRAY_OF(v));
	if (!interp_memory(a->in, (n + old) * sizeof *to))
		return false;
	if (!nd_astype(&flat, ARRAY_OF(v), DT_FP32, &err))
		return add_fail(a, what, "%s", err.text);
	msg_present(w);
	to = msg_floats(w, "floatValue", n);
	memcpy(to, flat.data, n * sizeof *to);
	nd_release(&flat);
	return true;
}

/* int() or bool() of an item. */
static bool
as_number(Adding *a, const char *param, Value v, bool truth, Value *out)
{
	Span at = add_span(a, param);
	Interp *in = a->in;
	bool b;
	int64_t i;

	if (truth) {
		if (!value_truth(in, v, &b, at))
			return false;
		*out = vbool(b);
		return true;
	}
	if (is_np(v) && arrays(in)->to_int(in, v, &v, at) <= 0)
		return fail(in, at, "%s takes an int, found %.80s", param, shown(in, v));
	if (v.kind == V_FLOAT) {
		if (!(v.f > -9e18 && v.f < 9e18))
			return fail(in, at, "%s takes an int of 64 bits, found %g", param, v.f);
		i = (int64_t)v.f;
	} else if (!as_int(in, v, &i, param, at)) {
		return false;
	}
	*out = vint(i);
	return true;
}

static bool
converted(Adding *a, const char *param, Value *v, bool many, bool truth)
{
	Value list;

	if (!many)
		return as_number(a, param, *v, truth, v);
	if (!value_to_list(a->in, *v, &list, add_span(a, param)))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!as_number(a, param, SEQ_OF(list)->at[i], truth, &SEQ_OF(list)->at[i]))
			return false;
	*v = list;
	return true;
}

static bool
store_numbers(Adding *a, Msg *m, const char *field, const char *param, bool truth)
{
	bool many = field_of(m, field)->label == PROTOBUF_C_LABEL_REPEATED;
	Value v = add_arg(a, param);

	return v.kind == V_UNSET ||
	       (converted(a, param, &v, many, truth) && add_value(a, m, field, v, param));
}

bool
add_ints(Adding *a, Msg *m, const char *field, const char *param)
{
	return store_numbers(a, m, field, param, false);
}

bool
add_bools(Adding *a, Msg *m, const char *field, const char *param)
{
	return store_numbers(a, m, field, param, true);
}

static bool
store_word(Adding *a, const char *field, const char *param, bool fold)
{
	const ProtobufCEnumDescriptor *e = field_of(a->params, field)->descriptor;
	size_t skip = layer_enum_prefix(e);
	const char *word;
	Buf all = {0};

	if (!add_word(a, param, fold, &word))
		return false;
	for (unsigned k = 0; k < e->n_values; k++)
		if (!strcmp(e->values[k].name + skip, word)) {
			msg_int(a->params, field, e->values[k].value);
			return true;
		}
	for (unsigned k = 0; k < e->n_values; k++)
		buf_printf(&all, "%s%s", k ? ", " : "", e->values[k].name + skip);
	add_no_word(a, param, all.at);
	buf_free(&all);
	return false;
}

/* ---- fields of a row ---- */

static bool
store_converted(Adding *a, const LayerField *f, const char *param, const char *how)
{
	Span at = add_span(a, param);
	Value v = add_arg(a, param);
	double d;

	if (v.kind == V_UNSET)
		return true;
	if (!strcmp(how, "floats"))
		return add_floats(a, a->params, f->field, v, param);
	if (!strcmp(how, "word") || !strcmp(how, "upper"))
		return store_word(a, f->field, param, *how == 'u');
	if (!strcmp(how, "int"))
		return add_ints(a, a->params, f->field, param);
	if (!strcmp(how, "bool"))
		return add_bools(a, a->params, f->field, param);
	if (!as_double(a->in, v, &d, param, at))
		return false;
	return add_value(a, a->params, f->field, vfloat(d), param);
}

static bool
store_field(Adding *a, LayerField *f)
{
	char *how = f->fixed ? NULL : strchr(f->value, '.');
	bool yes;

	if (how)
		*how++ = '\0';
	if (f->maybe && (!add_true(a, f->value, &yes) || !yes))
		return add_true(a, f->value, &yes);
	if (*f->field == '@') {
		builder_version(a->b, strtol(f->field + 1, NULL, 10));
		return true;
	}
	if (f->fixed) {
		msg_float(a->params, f->field, strtod(f->value, NULL));
		return true;
	}
	if (f->negated) {
		if (!add_true(a, f->value, &yes))
			return false;
		msg_int(a->params, f->field, !yes);
		return true;
	}
	if (!how)
		return add_field(a, a->params, f->field, f->value);
	return store_converted(a, f, f->value, how);
}

static bool
store_fields(Adding *a)
{
	const char *s = a->row->fields;
	LayerField f;

	while (layer_field(&s, &f))
		if (*f.field != '#' && !store_field(a, &f))
			return false;
	return true;
}

/* ---- ranks ---- */

int64_t
add_rank(Adding *a, uint32_t input)
{
	Value r;

	if (input < SEQ_OF(a->inputs)->n &&
	    dict_get(a->in, a->b->rank_dict, SEQ_OF(a->inputs)->at[input], &r) && r.kind == V_INT &&
	    r.i > -MAX_RANK && r.i < MAX_RANK)
		return r.i;
	return -1;
}

static int64_t
highest_rank(Adding *a)
{
	int64_t most = -1, r;

	for (uint32_t i = 0; i < SEQ_OF(a->inputs)->n; i++) {
		r = add_rank(a, i);
		if (r < 0)
			return -1;
		most = MAX(most, r);
	}
	return most;
}

/* As many as the column asks for ranks. */
static bool
enough_inputs(Adding *a)
{
	const char *rank = a->row->rank;
	uint32_t n = SEQ_OF(a->inputs)->n;

	if (!strcmp(rank, "second") && n < 2)
		return add_fail(a, "input_names", "%s() takes two inputs, found %u",
		                a->args->fn->name, n);
	return (strcmp(rank, "max") != 0 && strcmp(rank, "+1") != 0) || n ||
	       add_fail(a, "input_names", "%s() has at least one input", a->args->fn->name);
}

static bool
set_rank(Adding *a, Value output, int64_t rank)
{
	return dict_set(a->in, a->b->rank_dict, output, vint(rank), a->args->span);
}

static int64_t
row_rank(Adding *a, const char *rank, Value output)
{
	int64_t n = -1;

	if (!strcmp(rank, "max")) /* an input of the output's name has lost its rank */
		return set_rank(a, output, -1) ? highest_rank(a) : -1;
	if (!strcmp(rank, "second"))
		return add_rank(a, 1);
	if (!strcmp(rank, "+1"))
		return add_rank(a, 0) + 1;
	if (*rank != '=' && *rank != '+')
		return strtol(rank, NULL, 10);
	value_len(a->in, add_arg(a, rank + 1), &n, a->args->span);
	return *rank == '+' ? add_rank(a, 0) + n : n;
}

bool
add_set_rank(Adding *a, const char *output, int64_t rank)
{
	return set_rank(a, vstrz(a->in, output), rank);
}

/* ---- the call ---- */

/* Whether None says that there are none: it is the default. */
static bool
optional(const Adding *a, const char *param)
{
	const char *rest;

	place(a, param, &rest);
	return rest && !strncmp(rest, "=None", 5);
}

/* Whether a value is one name where several could be: the column says it of inputs. */
static bool
one_name(const Adding *a, Value v, bool single, bool inputs)
{
	if (inputs && strstr(a->row->fields, "#names"))
		return single ? v.kind != V_LIST && v.kind != V_TUPLE : v.kind == V_STR;
	if (inputs && strstr(a->row->fields, "#list"))
		return v.kind != V_LIST;
	return single;
}

static bool
names_of(Adding *a, const char *one, const char *many, Value *list)
{
	Value v = add_arg(a, one);
	bool single = v.kind != V_UNSET;

	if (!single)
		v = add_arg(a, many);
	*list = vlist(a->in, NULL, 0);
	if (v.kind == V_UNSET || (v.kind == V_NONE && optional(a, single ? one : many)))
		return true;
	if (one_name(a, v, single, *one == 'i'))
		return vlist_push(a->in, *list, v);
	return value_to_list(a->in, v, list, add_span(a, single ? one : many));
}

static bool
names_put(Adding *a, const char *field, Value list, const char *one, const char *many)
{
	return add_value(a, a->layer, field, list, add_arg(a, one).kind != V_UNSET ? one : many);
}

Msg *
add_kind(Adding *a, const char *layer)
{
	a->params = msg_lazy(a->layer, layer);
	msg_present(a->params);
	return a->params;
}

static bool
run_row(Adding *a)
{
	Interp *in = a->in;
	Value outputs, name = add_arg(a, "name");

	if (!names_of(a, "input_name", "input_names", &a->inputs) ||
	    !names_of(a, "output_name", "output_names", &outputs))
		return false;
	a->layer = msg_sub(a->b->net, "layers");
	if (!add_value(a, a->layer, "name", name, "name") ||
	    !names_put(a, "input", a->inputs, "input_name", "input_names") ||
	    !names_put(a, "output", outputs, "output_name", "output_names") ||
	    (!strstr(a->row->fields, "#unlisted") &&
	     !builder_know(in, a->b, a->layer, name, add_span(a, "name"))))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(outputs)->n && SEQ_OF(a->inputs)->n; i++)
		if (!set_rank(a, SEQ_OF(outputs)->at[i], add_rank(a, 0)))
			return false;
	if (*a->row->layer)
		add_kind(a, a->row->layer);
	if (!store_fields(a) || (a->row->fn && !a->row->fn(a)))
		return false;
	if (!*a->row->rank)
		return true;
	return enough_inputs(a) &&
	       (!SEQ_OF(outputs)->n || set_rank(a, SEQ_OF(outputs)->at[0],
	                                        row_rank(a, a->row->rank, SEQ_OF(outputs)->at[0])));
}

NATIVE_EXTERN(builder_add)
{
	Adding a = {.in = in, .b = builder_of(self), .args = args};

	a.row = &add_rows[args_with(args)];
	if (!run_row(&a))
		return false;
	*out = a.no_value ? VNONE : bind_message(in, a.layer);
	return true;
}
