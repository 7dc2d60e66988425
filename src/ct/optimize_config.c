/* optimize_config.c: the configurations of ct.optimize.coreml as Python has them: fields are
 * converted and checked when they are set, printed and compared. */
#include "optimize_config.h"

static Config *
config_of(Value v)
{
	for (size_t i = 0; i < WORK_COUNT; i++)
		if (is_host(v, &config_classes[i].type))
			return HOST_OF(v)->data;
	return NULL;
}

/* ---- one field ---- */

static bool
convert_dtype(Interp *in, Value *v, Span at)
{
	DType t = DT_NONE;

	if (is_host(*v, &dtype_type))
		return true;
	if (v->kind == V_STR) {
		t = dtype_from_mil(STR_OF(*v)->s);
		if (!t)
			return fail(in, at, "dtype is '%s', expected int8, uint8, int4 or uint4",
			            STR_OF(*v)->s);
	}
	if (v->kind == V_DTYPE && dtype_is_int(value_dtype(*v)))
		t = value_dtype(*v);
	if (!t)
		return fail(in, at,
		            "dtype must be int8, uint8, int4 or uint4, as text or as a type, "
		            "found '%s'",
		            type_name(*v));
	*v = bind_dtype(in, t);
	return true;
}

static bool
convert_granularity(Interp *in, Value *v, Span at)
{
	static const char *const names[] = {
	    [PER_TENSOR] = "per_tensor",
	    [PER_GROUPED_CHANNEL] = "per_grouped_channel",
	    [PER_CHANNEL] = "per_channel",
	    [PER_BLOCK] = "per_block",
	};

	if (is_host(*v, &enum_granularity.type))
		return true;
	for (int g = PER_TENSOR; v->kind == V_STR && g <= PER_BLOCK; g++)
		if (!strcmp(STR_OF(*v)->s, names[g])) {
			*v = enum_item(in, &enum_granularity, g);
			return true;
		}
	return fail(in, at,
	            "granularity is '%s', expected \"per_tensor\", \"per_channel\", "
	            "\"per_grouped_channel\" or \"per_block\"",
	            v->kind == V_STR ? STR_OF(*v)->s : type_name(*v));
}

static bool
check_block(Interp *in, Value v, Span at)
{
	uint32_t n = 0;

	if (is_whole(v))
		return whole(v) >= 0 || fail(in, at, "block_size is %lld, expected 0 or more",
		                             (long long)whole(v));
	if (v.kind != V_LIST && v.kind != V_TUPLE)
		return fail(in, at, "block_size must be an int or a list or tuple of them, "
		                    "found '%s'",
		            type_name(v));
	for (; n < SEQ_OF(v)->n; n++)
		if (!is_whole(SEQ_OF(v)->at[n]) || whole(SEQ_OF(v)->at[n]) < 0)
			return fail(in, at, "the sizes in block_size must be ints from 0 on");
	return n <= TENSOR_MAX_RANK || fail(in, at, "block_size has too many sizes: %u", n);
}

/* Converts and checks what a field alone asks. */
static bool
check_field(Interp *in, const Field *f, Value *v, Span at)
{
	static const char *const wanted[] = {
	    [F_STR] = "a str",    [F_INT] = "an int",      [O_INT] = "an int",
	    [F_BOOL] = "a bool",  [F_FLOAT] = "a float",   [O_FLOAT] = "a float",
	    [O_SIZE] = "an int",  [O_RATIO] = "a tuple of two ints",
	};
	bool good = true;

	switch (f->kind) {
	case F_ANY:
		return true;
	case F_DTYPE:
		return convert_dtype(in, v, at);
	case F_GRANULARITY:
		return convert_granularity(in, v, at);
	case O_BLOCK:
		return v->kind == V_NONE || check_block(in, *v, at);
	case F_STR:
		good = v->kind == V_STR;
		break;
	case F_BOOL:
		good = v->kind == V_BOOL;
		break;
	case F_INT:
		good = is_whole(*v);
		break;
	case F_FLOAT:
		good = is_fraction(*v);
		break;
	case O_FLOAT:
		good = v->kind == V_NONE || is_fraction(*v);
		break;
	case O_RATIO:
		good = v->kind == V_NONE || v->kind == V_LIST || v->kind == V_TUPLE;
		break;
	case O_INT:
	case O_SIZE:
		good = v->kind == V_NONE || is_whole(*v);
		break;
	case NO_READ:
		break;
	}
	if (!good)
		return fail(in, at, "%s must be %s, found '%s'", f->name, wanted[f->kind],
		            type_name(*v));
	return f->kind != O_SIZE || v->kind == V_NONE || whole(*v) >= 0 ||
	       fail(in, at, "%s is %lld, expected 0 or more", f->name, (long long)whole(*v));
}

/* ---- making ---- */

static Value
default_of(Interp *in, const Field *f)
{
	return f->is == V_STR     ? vstrz(in, f->text)
	       : f->is == V_INT   ? vint((int64_t)f->number)
	       : f->is == V_BOOL  ? vbool(f->number != 0)
	       : f->is == V_FLOAT ? vfloat(f->number)
	                          : VNONE;
}

/* A new one of these values, absent ones being the defaults. */
static bool
config_new(Interp *in, const ConfigClass *class, const Value *given_values, Span at, Value *out)
{
	Config *c = new (interp_arena(in), Config);

	c->class = class;
	for (uint32_t i = 0; i < class->n; i++)
		c->v[i] = VNONE;
	*out = vhost(in, &class->type, c);
	interp_push(in, *out);
	for (uint32_t i = 0; i < class->n; i++) {
		c->v[i] = given_values[i].kind == V_UNSET ? default_of(in, &class->field[i])
		                                          : given_values[i];
		if (!check_field(in, &class->field[i], &c->v[i], at))
			return false;
	}
	if (!class->check(in, c->v, at))
		return false;
	if (class->finish)
		class->finish(in, c);
	interp_pop(in, 1);
	return true;
}

NATIVE_EXTERN(make_config)
{
	return config_new(in, &config_classes[args_with(args)], args->v, args->span, out);
}

/* ---- as objects ---- */

static int
field_of(const ConfigClass *class, const Str *name)
{
	for (uint32_t i = 0; i < class->n; i++)
		if (str_is(name, class->field[i].name))
			return (int)i;
	return -1;
}

int
config_getattr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Config *c = self->data;
	int i = field_of(c->class, name);

	if (i >= 0)
		*out = c->v[i];
	else if (c->first_type && str_is(name, "nbits"))
		*out = vint(dtype_bits(c->first_type));
	else if (c->first_type && str_is(name, "signed"))
		*out = vbool(dtype_info[c->first_type].kind == 'i');
	else
		return 0;
	return 1;
}

bool
config_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	Config *c = self->data;
	int i = field_of(c->class, name);
	Value was;

	if (i < 0)
		return fail(in, at, "'%s' has no settable attribute '%s'", c->class->type.name,
		            name->s);
	if (!check_field(in, &c->class->field[i], &x, at))
		return false;
	was = c->v[i];
	c->v[i] = x;
	if (c->class->check(in, c->v, at))
		return true;
	c->v[i] = was;
	return false;
}

void
config_repr(Interp *in, HostObj *self, Buf *out)
{
	const Config *c = self->data;

	buf_printf(out, "%s(", c->class->type.name);
	for (uint32_t i = 0; i < c->class->n; i++) {
		buf_printf(out, "%s%s=", i ? ", " : "", c->class->field[i].name);
		value_repr(in, c->v[i], out);
	}
	buf_puts(out, ")");
}

int
config_equal(Interp *in, HostObj *a, Value b)
{
	const Config *x = a->data, *y;
	Value same;
	bool yes = true;

	if (!is_host(b, a->type))
		return 0;
	y = HOST_OF(b)->data;
	for (uint32_t i = 0; i < x->class->n && yes; i++)
		yes = value_compare(in, CMP_EQ, x->v[i], y->v[i], &same, NOSPAN) &&
		      same.kind == V_BOOL && same.b;
	return yes;
}

void
config_mark(Interp *in, HostObj *self)
{
	const Config *c = self->data;

	for (uint32_t i = 0; i < c->class->n; i++)
		interp_mark(in, c->v[i]);
}

Value
make_config_class(Interp *in, const Member *m)
{
	return vnative(in, &config_classes[m->i].make, VUNSET);
}

/* ---- for others ---- */

bool
is_config(Value v)
{
	return config_of(v) != NULL;
}

Work
config_work(Value v)
{
	return (Work)(config_of(v)->class - config_classes);
}

const char *
config_class_name(Work w)
{
	return config_classes[w].type.name;
}

const OpCompress *
config_fill(Interp *in, Value config, Span at)
{
	const Config *c = config_of(config);
	OpCompress *o = new (interp_arena(in), OpCompress);
	Value size = c->v[c->class->n - 1]; /* weight_threshold is the last one */

	o->work = config_work(config);
	o->weight_threshold = size.kind == V_NONE ? -1 : whole(size);
	return c->class->fill(in, c, at, o) ? o : NULL;
}

/* ---- out of dictionaries ---- */

/* TYPE(v) as the script would call it. */
static bool
call_type(Interp *in, VKind type, Value v, Span at, Value *out)
{
	return interp_call(
	    in, vtype(type),
	    &(Args){.pos = &v, .pos_span = &at, .npos = 1, .span = at, .callee = at}, out);
}

/* What a dictionary has for a field is made what the field holds. */
static bool
read_field(Interp *in, const Field *f, Value *v, Span at)
{
	Value two[2], list;

	switch (f->read) {
	case O_INT:
	case O_FLOAT:
		if (v->kind == V_NONE)
			return true;
		return call_type(in, f->read == O_INT ? V_INT : V_FLOAT, *v, at, v);
	case F_INT:
		return call_type(in, V_INT, *v, at, v);
	case F_FLOAT:
		return call_type(in, V_FLOAT, *v, at, v);
	case F_BOOL:
		return call_type(in, V_BOOL, *v, at, v);
	case F_STR:
		return call_type(in, V_STR, *v, at, v);
	case O_RATIO:
		if (v->kind == V_NONE)
			return true;
		if (!value_to_list(in, *v, &list, at))
			return false;
		if (SEQ_OF(list)->n != 2)
			return fail(in, at, "%s has %u elements, expected 2", f->name,
			            SEQ_OF(list)->n);
		for (int i = 0; i < 2; i++)
			if (!call_type(in, V_INT, SEQ_OF(list)->at[i], at, &two[i]))
				return false;
		*v = vtuple(in, two, 2);
		return true;
	default:
		return true;
	}
}

static const ConfigClass *
class_named(Interp *in, Value name, Span at)
{
	for (size_t i = 0; name.kind == V_STR && i < countof(config_classes); i++)
		if (!strcmp(STR_OF(name)->s, config_classes[i].type.name))
			return &config_classes[i];
	fail(in, at,
	     "config_type is '%s', expected OpLinearQuantizerConfig, OpPalettizerConfig, "
	     "OpMagnitudePrunerConfig or OpThresholdPrunerConfig",
	     name.kind == V_STR ? STR_OF(name)->s : type_name(name));
	return NULL;
}

bool
config_from_dict(Interp *in, Value type, Value dict, Span at, Value *out)
{
	Value v[MAX_FIELDS] = {{0}}, own;
	const ConfigClass *class;
	const DictObj *d;

	if (dict.kind != V_DICT)
		return fail(in, at, "a configuration is a dict of its arguments, found '%s'",
		            type_name(dict));
	if (dict_get(in, dict, vstrz(in, "config_type"), &own))
		type = own;
	class = class_named(in, type, at);
	d = DICT_OF(dict);
	for (uint32_t i = 0; class && i < d->nentry; i++) {
		const DictEntry *e = &d->entry[i];
		int k = -1;
		if (e->key.kind == V_UNSET)
			continue;
		if (e->key.kind == V_STR && !strcmp(STR_OF(e->key)->s, "config_type"))
			continue;
		if (e->key.kind == V_STR)
			k = field_of(class, intern_cstr(interp_names(in), STR_OF(e->key)->s));
		if (k < 0)
			return fail(in, at, "%s has no argument '%s'", class->type.name,
			            e->key.kind == V_STR ? STR_OF(e->key)->s : type_name(e->key));
		if (class->field[k].read == NO_READ)
			return fail(in, at, "lut_function cannot stand in a dictionary: make the "
			                    "OpPalettizerConfig itself");
		v[k] = e->val;
		if (!read_field(in, &class->field[k], &v[k], at))
			return false;
	}
	return class && config_new(in, class, v, at, out);
}

bool
config_make(Interp *in, Work work, const Value *v, Span at, Value *out)
{
	return config_new(in, &config_classes[work], v, at, out);
}
