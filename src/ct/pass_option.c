/* pass_option.c: the options of passes, as scripts give them and as passes find them; among them
 * what ct.transform.FP16ComputePrecision stands for. */
#include "optimize.h"
#include "pass_pipeline.h"

/* ---- compute_precision=ct.transform.FP16ComputePrecision(op_selector=f) ---- */

static bool
select_op(void *ctx, const Inst *i)
{
	Selector *s = ctx;
	Value arg = vhost(s->in, &inst_type, (void *)(uintptr_t)i), result;
	bool yes = false;

	if (bind_of(s->in)->hard)
		return false;
	if (!interp_call(s->in, s->fn,
	                 &(Args){.pos = &arg, .pos_span = &s->span, .npos = 1, .span = s->span,
	                         .callee = s->span},
	                 &result) ||
	    !value_truth(s->in, result, &yes, s->span))
		bind_of(s->in)->hard = true;
	return yes;
}

static Selector *
selector_new(Interp *in, Value fn, Span span)
{
	Selector *s = new (interp_arena(in), Selector);

	*s = (Selector){{select_op, s}, in, fn, span};
	return s;
}

static void
selector_mark(Interp *in, HostObj *self)
{
	interp_mark(in, ((Selector *)self->data)->fn);
}

static int
selector_getattr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	*out = ((Selector *)self->data)->fn;
	return str_is(name, "op_selector");
}

const HostType selector_type = {
    .name = "FP16ComputePrecision",
    .module = "coremltools.converters.mil.mil.passes.defs.quantization",
    .getattr = selector_getattr,
    .mark = selector_mark,
};

NATIVE_EXTERN(ct_fp16_precision)
{
	Value fn = given(args->v[0]) ? args->v[0] : VNONE;

	if (fn.kind != V_NONE && !value_callable(fn))
		return fail(in, args->span, "op_selector must be a function, found '%s'",
		            type_name(fn));
	*out = vhost(in, &selector_type, selector_new(in, fn, args->span));
	return true;
}

/* ---- options of passes ---- */

static int
option_getattr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	const OptionObj *o = self->data;
	bool is_name = str_is(name, "option_name");

	*out = is_name ? o->name : o->val;
	return is_name || str_is(name, "option_val");
}

static void
option_str(Interp *in, HostObj *self, Buf *out)
{
	const OptionObj *o = self->data;

	value_str(in, o->name, out);
	buf_puts(out, ": ");
	value_str(in, o->val, out);
}

static void
option_mark(Interp *in, HostObj *self)
{
	const OptionObj *o = self->data;

	interp_mark(in, o->name);
	interp_mark(in, o->val);
}

static const HostType option_type = {
    .name = "PassOption",
    .module = "coremltools.converters.mil.mil.passes.graph_pass",
    .getattr = option_getattr,
    .str = option_str,
    .mark = option_mark,
};

Value
option_new(Interp *in, Value name, Value val, Span span)
{
	OptionObj *o = new (interp_arena(in), OptionObj);

	*o = (OptionObj){name, val, span};
	return vhost(in, &option_type, o);
}

/* ---- for ct.convert ---- */

Span
options_span(Value list, Span at)
{
	Value first = list.kind == V_LIST && SEQ_OF(list)->n ? SEQ_OF(list)->at[0] : VNONE;

	return is_host(first, &option_type) ? ((OptionObj *)HOST_OF(first)->data)->span : at;
}

bool
option_error(Interp *in, Span at, Span call, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, vfail(in, at, fmt, ap));
	if (at.at != call.at)
		diag_note(interp_diag(in), call, "while the options are checked here");
	return false;
}

/* The dict that the option is; 0 after reporting. */
static const DictObj *
dict_of(Interp *in, const PassOption *o, const OptionObj *from, Span call)
{
	if (from->val.kind == V_DICT)
		return DICT_OF(from->val);
	option_error(in, from->span, call, "option %s must be a dict, found '%s'", o->name,
	             type_name(from->val));
	return NULL;
}

/* (2, 3): the shape of an input. */
static bool
take_shape(Interp *in, FunctionShapes *f, const DictEntry *e, const OptionObj *from, Span call)
{
	Arena *a = interp_arena(in);
	SeqObj *shape = e->val.kind == V_TUPLE ? SEQ_OF(e->val) : NULL;
	int64_t *dim;

	if (e->key.kind != V_STR || !shape)
		return option_error(in, from->span, call,
		                    "the sizes of an input are its name and a tuple, found '%s' "
		                    "and '%s'",
		                    type_name(e->key), type_name(e->val));
	dim = newn(a, int64_t, shape->n + (size_t)1);
	for (uint32_t i = 0; i < shape->n; i++) {
		if (shape->at[i].kind != V_INT && shape->at[i].kind != V_BOOL)
			return option_error(in, from->span, call,
			                    "a size of input '%s' must be an int, found '%s'",
			                    STR_OF(e->key)->s, type_name(shape->at[i]));
		dim[i] = shape->at[i].i;
	}
	vec_push(a, &f->input,
	         (InputShape){arena_strdup(a, STR_OF(e->key)->s), shape->n, dim});
	return true;
}

/* {"name of a function": {"name of an input": (2, 3)}} */
static bool
take_shapes(Interp *in, PassOption *o, const OptionObj *from, Span call)
{
	Arena *a = interp_arena(in);
	NewShapes *all = new (a, NewShapes);
	const DictObj *d = dict_of(in, o, from, call);

	all->span = from->span;
	o->value = all;
	if (!d)
		return false;
	for (uint32_t i = 0; i < d->nentry; i++) {
		const DictEntry *e = &d->entry[i];
		FunctionShapes f = {0};
		if (e->key.kind == V_UNSET)
			continue;
		if (e->key.kind != V_STR || e->val.kind != V_DICT)
			return option_error(in, from->span, call,
			                    "option %s has names of functions and dicts of shapes, "
			                    "found '%s' and '%s'",
			                    o->name, type_name(e->key), type_name(e->val));
		f.function = arena_strdup(a, STR_OF(e->key)->s);
		for (uint32_t k = 0; k < DICT_OF(e->val)->nentry; k++)
			if (DICT_OF(e->val)->entry[k].key.kind != V_UNSET &&
			    !take_shape(in, &f, &DICT_OF(e->val)->entry[k], from, call))
				return false;
		vec_push(a, &all->function, f);
	}
	return true;
}

static bool
take_end(Interp *in, Value range, const char *key, double *end, Span at)
{
	Value v, number;

	if (!dict_get(in, range, vstrz(in, key), &v) ||
	    !interp_call(in, vtype(V_FLOAT),
	                 &(Args){.pos = &v, .pos_span = &at, .npos = 1, .span = at}, &number))
		return false;
	*end = number.f;
	return true;
}

/* {"name of a value": {"rmin": 0, "rmax": 1}} */
static bool
take_ranges(Interp *in, PassOption *o, const OptionObj *from, Span call)
{
	ValueRanges *all = new (interp_arena(in), ValueRanges);
	const DictObj *d = dict_of(in, o, from, call);

	all->span = from->span;
	o->value = all;
	if (!d)
		return false;
	for (uint32_t i = 0; i < d->nentry; i++) {
		const DictEntry *e = &d->entry[i];
		ValueRange r = {0};
		if (e->key.kind == V_UNSET)
			continue;
		if (e->key.kind != V_STR || e->val.kind != V_DICT)
			return option_error(in, from->span, call,
			                    "option %s has names of values and dicts of their "
			                    "ranges, found '%s' and '%s'",
			                    o->name, type_name(e->key), type_name(e->val));
		if (!take_end(in, e->val, "rmin", &r.low, from->span) ||
		    !take_end(in, e->val, "rmax", &r.high, from->span))
			return option_error(in, from->span, call,
			                    "the range of '%s' in option %s needs the numbers rmin "
			                    "and rmax",
			                    STR_OF(e->key)->s, o->name);
		r.name = intern_cstr(interp_names(in), STR_OF(e->key)->s);
		vec_push(interp_arena(in), &all->all, r);
	}
	return true;
}

/* An OptimizationConfig, for the step of that pass. */
static bool
take_config(Interp *in, PassOption *o, const OptionObj *from)
{
	static const struct {
		const char *pass;
		CompressStep step;
	} steps[] = {{"prune_weights", STEP_PRUNE},
	             {"palettize_weights", STEP_PALETTIZE},
	             {"linear_quantize_weights", STEP_QUANTIZE},
	             {"insert_prefix_quantize_dequantize_pair", STEP_QUANTIZE},
	             {"insert_suffix_quantize_dequantize_pair", STEP_QUANTIZE}};
	Compression *c = new (interp_arena(in), Compression);
	Value select = VNONE;

	o->value = NULL;
	for (size_t k = 0; k < countof(steps); k++)
		if (!strcmp(o->pass->name, steps[k].pass)) {
			o->value = c;
			return set_compression(in, from->val, steps[k].step, from->span, c,
			                       &select);
		}
	return true;
}

/* What the option says, as text or otherwise. */
static bool
take_option(Interp *in, PassOption *o, PassOptionKind kind, const OptionObj *from, Span call)
{
	const char *name = o->name;
	Arena *a = interp_arena(in);
	Value number, v = from->val;
	bool is_int = v.kind == V_INT || v.kind == V_BOOL;
	Selector *s;

	switch (kind) {
	case PASS_NUMBER:
		if (!interp_call(in, vtype(V_FLOAT),
		                 &(Args){.pos = &v, .pos_span = &call, .npos = 1,
		                         .span = from->span},
		                 &number)) {
			diag_note(interp_diag(in), from->span, "option %s is a number", name);
			return false;
		}
		o->text = arena_printf(a, "%.17g", number.f);
		return true;
	case PASS_COUNT:
	case PASS_NATURAL:
	case PASS_POSITIVE:
		if (!is_int)
			return option_error(in, from->span, call,
			                    "option %s must be an int, found '%s'", name,
			                    type_name(v));
		if (v.i < (kind == PASS_POSITIVE) && kind != PASS_COUNT)
			return option_error(in, from->span, call,
			                    "option %s is %lld, expected at least %d", name,
			                    (long long)v.i, kind == PASS_POSITIVE);
		o->text = arena_printf(a, "%lld", (long long)v.i);
		return true;
	case PASS_WORD:
		if (v.kind != V_STR)
			return option_error(in, from->span, call,
			                    "option %s must be a str, found '%s'", name,
			                    type_name(v));
		o->text = arena_strdup(a, STR_OF(v)->s);
		return true;
	case PASS_SELECTOR:
		if (v.kind == V_NONE)
			return true;
		if (!value_callable(v))
			return option_error(in, from->span, call,
			                    "option %s must be a function, found '%s'", name,
			                    type_name(v));
		s = selector_new(in, v, from->span);
		o->value = &s->c;
		return true;
	case PASS_SHAPES:
		return take_shapes(in, o, from, call);
	case PASS_CONFIG:
		return take_config(in, o, from);
	case PASS_STATS:
		return take_ranges(in, o, from, call);
	case PASS_FLAG:
		if (v.kind != V_BOOL)
			return option_error(in, from->span, call,
			                    "option %s must be a bool, found '%s'", name,
			                    type_name(v));
		o->text = v.i ? "1" : "0";
		return true;
	default:
		o->value = NULL;
		return true;
	}
}

bool
options_take(Interp *in, Pipeline *pl, const PassInfo *pass, Value list, Span call)
{
	bool selector = false, words = false;
	const OptionObj *from = NULL;

	if (list.kind != V_LIST)
		return fail(in, call, "the options of pass %s::%s are no list", pass->space,
		            pass->name);
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++) {
		PassOptionKind kind;
		PassOption o = {.pass = pass};
		if (!is_host(SEQ_OF(list)->at[i], &option_type))
			return fail(in, call,
			            "an option of pass %s::%s is a '%s', expected a PassOption",
			            pass->space, pass->name, type_name(SEQ_OF(list)->at[i]));
		from = HOST_OF(SEQ_OF(list)->at[i])->data;
		o.name = arena_strdup(interp_arena(in), STR_OF(from->name)->s);
		kind = pass_option_kind(pass, o.name);
		if (kind == PASS_NO_OPTION)
			return option_error(in, from->span, call, "pass %s::%s has no option '%s'",
			                    pass->space, pass->name, o.name);
		if (!take_option(in, &o, kind, from, call))
			return false;
		selector |= kind == PASS_SELECTOR && o.value;
		words |= !strcmp(o.name, "skip_ops_by_type");
		vec_push(interp_arena(in), &pl->option, o);
	}
	if (selector && words)
		return option_error(in, from->span, call,
		                    "op_selector and skip_ops_by_type of pass %s::%s both say "
		                    "which operations it takes: leave one out",
		                    pass->space, pass->name);
	return true;
}
