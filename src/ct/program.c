/* program.c: making programs: @mb.program, @mb.function, Program(), Function(), and the specs of
 * their inputs. */
#include "bind.h"

/* ---- placeholders ---- */

typedef struct Placeholder {
	const Type *type; /* tensor or state */
	const Str *name;  /* given by mb.placeholder(name=…), or 0 */
	Span span;
} Placeholder;

static const HostType placeholder_type = {.name = "Placeholder",
                                   .module = "coremltools.converters.mil.mil.program"};

enum { SPEC_TENSOR, SPEC_STATE };

/* Of args only shape and dtype; rank0 allows none, name is one or not given. */
static bool
spec_new(Interp *in, const Args *args, int kind, Value rank0, Value name, Value *out)
{
	Bind *bd = bind_of(in);
	const char *fn = args->fn->name;
	Placeholder *p = new(bd->arena, Placeholder);
	DType t = DT_FP32;
	const Value *v = args->v;
	bool scalar = false;
	uint32_t rank;
	Span at;
	Dim *dim;

	p->span = args->span;
	at = args_span(args, "shape", 0);
	if (!script_shape(in, v[0], arena_printf(bd->arena, "the shape of %s", fn), at, &dim,
	                  &rank))
		return false;
	if (given(v[1]) &&
	    !dtype_arg(in, v[1], arena_printf(bd->arena, "the dtype of %s", fn),
	               args_span(args, "dtype", 1), &t))
		return false;
	if (t == DT_COMPLEX64)
		return fail(in, args_span(args, "dtype", 1),
		            "an input cannot be complex: take its two parts and join them with "
		            "mb.complex(real_data=…, imag_data=…)");
	if (rank0.kind != V_UNSET && !value_truth(in, rank0, &scalar, args->span))
		return false;
	if (rank == 0 && !scalar)
		return fail(in, at,
		            "an input of rank 0 is not possible: Core ML's inputs have at least "
		            "one dimension, such as shape=(1,)");
	if (given(name) && !as_str(in, name, &p->name, "the name of a placeholder", args->span))
		return false;
	p->type = type_tensor(bd->types, t, dim, rank);
	if (!type_is_possible(p->type))
		return fail(in, at, "%s has shape %s: " TYPE_LIMITS, fn,
		            shape_str(bd->types, dim, rank));
	if (kind == SPEC_STATE)
		p->type = type_state(bd->types, p->type);
	*out = vhost(in, &placeholder_type, p);
	return true;
}

NATIVE(make_spec)
{
	return spec_new(in, args, (int)self.i, VUNSET, VUNSET, out);
}

/* mb.placeholder(shape, dtype=None, allow_rank0_input=False, name=None) */
NATIVE(make_placeholder)
{
	return spec_new(in, args, SPEC_TENSOR, args->v[2], args->v[3], out);
}

/* Placeholder(sym_shape, dtype=None, name=None, allow_rank0_input=False) */
NATIVE_EXTERN(bind_placeholder_new)
{
	return spec_new(in, args, SPEC_TENSOR, args->v[3], args->v[2], out);
}

/* ---- what a function of the script returns ---- */

bool
returned_vars(Interp *in, Value v, const char *who, Span at, Var ***out, uint32_t *n)
{
	Arena *a = interp_arena(in);
	const Value *item = &v;

	*n = 1;
	if (v.kind == V_TUPLE || v.kind == V_LIST) {
		item = SEQ_OF(v)->at;
		*n = SEQ_OF(v)->n;
	}
	*out = newn(a, Var *, MAX(*n, 1));
	for (uint32_t i = 0; i < *n; i++) {
		if (item[i].kind == V_NONE && item == &v)
			return fail(in, at, "%s returns nothing: expected a Var or several (is a "
			                    "'return' missing?)",
			            who);
		if (!is_host(item[i], &var_type))
			return fail(in, at, "%s must return Vars, found '%s'", who,
			            type_name(item[i]));
		(*out)[i] = var_of(item[i]);
	}
	return true;
}

bool
holds_poison(Value v)
{
	if (v.kind == V_TUPLE || v.kind == V_LIST)
		for (uint32_t i = 0; i < SEQ_OF(v)->n; i++)
			if (SEQ_OF(v)->at[i].kind == V_POISON)
				return true;
	return v.kind == V_POISON;
}

/* ---- functions ---- */

static Program *
script_program(Bind *bd, Span at)
{
	Program *p = program_new(bd->arena, bd->names, bd->types, bd->diag);

	p->counts = bd->counts;
	p->span = at;
	return p;
}

static bool
add_param(Interp *in, Func *f, const Str *name, const Placeholder *p)
{
	uint32_t i = f->body->nparam;

	if (i == MAX_VARS)
		return fail(in, f->span, "a function has at most %u inputs", MAX_VARS);
	block_add_param(f->body, name, p->type);
	((Span *)(uintptr_t)f->param_span)[i] = p->span;
	return true;
}

bool
opset_arg(Interp *in, Value v, Span at, Opset *out)
{
	int value;

	*out = OPSET_NONE;
	if (!given(v))
		return true;
	if (!enum_value(v, &enum_target, &value))
		return fail(in, at,
		            "opset_version must be a target such as ct.target.iOS17, found '%s'",
		            type_name(v));
	*out = (Opset)value;
	return true;
}

/* Function(inputs, opset_version=None) */
NATIVE_EXTERN(bind_function_new)
{
	Bind *bd = bind_of(in);
	const Value *v = args->v;
	Value item, iter;
	Opset opset;
	Func *f;
	int more;

	if (!opset_arg(in, v[1], args_span(args, "opset_version", 1), &opset))
		return false;
	if (v[0].kind != V_DICT)
		return fail(in, args_span(args, "inputs", 0),
		            "the inputs of Function must be a dict of names and placeholders, "
		            "found '%s'",
		            type_name(v[0]));
	f = func_new(script_program(bd, NOSPAN), NULL, args->span);
	f->param_span = newn(bd->arena, Span, MAX(DICT_OF(v[0])->n, 1));
	*out = bind_function(in, f, opset);
	interp_push(in, *out);
	if (!value_iter(in, v[0], &iter, args->span))
		return false;
	interp_push(in, iter);
	while ((more = value_next(in, iter, &item, args->span)) > 0) {
		const Str *name;
		Value spec;
		if (!as_str(in, item, &name, "the name of an input", args->span) ||
		    !dict_get(in, v[0], item, &spec))
			return false;
		if (!is_host(spec, &placeholder_type))
			return fail(in, args->span,
			            "the input '%s' must be given as mb.placeholder(…) or "
			            "mb.TensorSpec(…), found '%s'",
			            name->s, type_name(spec));
		if (!add_param(in, f, name, HOST_OF(spec)->data))
			return false;
	}
	interp_pop(in, 2);
	f->number = bd->nfunc;
	bd->nfunc += more == 0;
	return more == 0;
}

/* ---- @mb.program and @mb.function ---- */

typedef struct Decorator {
	Value specs; /* list or V_UNSET */
	Opset opset;
	const Str *function_name;
	bool is_function;
	Span span, specs_span;
} Decorator;

static const Placeholder *
spec_of(Interp *in, const Decorator *d, uint32_t i)
{
	Value v = SEQ_OF(d->specs)->at[i];

	if (is_host(v, &placeholder_type))
		return HOST_OF(v)->data;
	fail(in, d->specs_span, "input_specs[%u] must be mb.TensorSpec(shape=…), found '%s'", i,
	     type_name(v));
	return NULL;
}

static bool
build_function(Interp *in, const Decorator *d, Value fn, Func *f, Value self)
{
	Bind *bd = bind_of(in);
	const Str *name = interp_func_name(fn), **params;
	uint32_t n, nspec = d->specs.kind == V_UNSET ? 0 : SEQ_OF(d->specs)->n;
	Value *vals, result;
	Span def, *spans;
	bool ok;

	if (!interp_signature(in, fn, &params, &n, &def))
		return fail(in, d->span,
		            "only a function can be decorated with @mb.program, found '%s'",
		            type_name(fn));
	if (n != nspec) {
		fail(in, def, "%s takes %u input%s but input_specs describes %u", name->s, n,
		     n == 1 ? "" : "s", nspec);
		diag_note(bd->diag, d->specs_span.at ? d->specs_span : d->span,
		          "input_specs needs one mb.TensorSpec for each parameter, in order");
		return false;
	}
	f->span = def;
	f->param_span = newn(bd->arena, Span, MAX(n, 1));
	vals = newn(bd->arena, Value, MAX(n, 1));
	spans = newn(bd->arena, Span, MAX(n, 1));
	for (uint32_t i = 0; i < n; i++) {
		const Placeholder *p = spec_of(in, d, i);
		if (!p || !add_param(in, f, params[i], p))
			return false;
		vals[i] = bind_var(in, f->body->param[i]);
		spans[i] = def;
	}
	f->number = bd->nfunc++;
	interp_push(in, self);
	if (!block_enter(in, HOST_OF(self), &result, def))
		return false;
	ok = interp_call(in, fn,
	                 &(Args){.pos = vals, .pos_span = spans, .npos = n},
	                 &result);
	block_leave(in, HOST_OF(self), VNONE, 0, def);
	block_settle(self);
	interp_pop(in, 1);
	if (!ok)
		return false;
	if (holds_poison(result))
		return true; /* reported; the program is never converted */
	return bind_set_outputs(in, f->body, result,
	                        arena_printf(bd->arena, "the function %s", name->s), def);
}

NATIVE(decorate)
{
	Bind *bd = bind_of(in);
	const Decorator *d = HOST_OF(self)->data;
	Program *p;
	Func *f;
	Value fn, o;

	if (!args_bind(in, d->is_function ? "mb.function" : "mb.program", args, "main_block", &fn))
		return false;
	p = script_program(bd, d->span);
	f = func_new(p, d->is_function ? NULL : d->function_name, d->span);
	o = bind_function(in, f, d->opset);
	if (!build_function(in, d, fn, f, o))
		return false;
	if (d->is_function) {
		*out = o;
		return true;
	}
	vec_push(bd->arena, &bd->programs, (Scripted){p, interp_func_name(fn)});
	*out = vhost(in, &program_type, p);
	return true;
}

static void
decorator_mark(Interp *in, HostObj *self)
{
	const Decorator *d = self->data;

	interp_mark(in, d->specs);
}

static const HostType decorator_type = {
    .name = "function", .call = decorate, .mark = decorator_mark};

/* self: whether it is of a function. */
NATIVE(make_decorator)
{
	Bind *bd = bind_of(in);
	const char *fn = args->fn->name;
	Decorator *d = new(bd->arena, Decorator);
	const Value *v = args->v;

	if (args->npos == 1 && args->pos[0].kind == V_FUNC)
		return fail(in, args->span, "@%s needs its arguments: write @%s(input_specs=[…])",
		            fn, fn);
	d->span = args->span;
	d->specs = VUNSET;
	d->is_function = self.i;
	d->specs_span = args_span(args, "input_specs", 0);
	d->function_name = intern_cstr(bd->names, "main");
	if (v[0].kind == V_LIST || v[0].kind == V_TUPLE)
		d->specs = v[0];
	else if (given(v[0]))
		return fail(in, d->specs_span,
		            "input_specs must be a list of mb.TensorSpec(shape=…), found '%s'",
		            type_name(v[0]));
	if (!opset_arg(in, v[1], args_span(args, "opset_version", 1), &d->opset))
		return false;
	if (!d->is_function && given(v[2]) &&
	    !as_str(in, v[2], &d->function_name, "function_name",
	            args_span(args, "function_name", 2)))
		return false;
	*out = vhost(in, &decorator_type, d);
	return true;
}

/* ---- Program ---- */

/* A function is in one program under one name; a copy stands for it elsewhere. Its opset is open
 * until it is added. */
static Func *
function_to_add(BlockObj *o, Program *p, const Str *name)
{
	Func *f = o->b->func;

	if (f->name)
		return func_clone(f, p, name);
	f->name = name;
	if (!o->build.opset)
		f->opset = OPSET_NONE;
	return f;
}

NATIVE(program_add_function)
{
	Bind *bd = bind_of(in);
	Program *p = program_of(self);
	const Value *v = args->v;
	const Str *name;
	BlockObj *o;

	if (!as_str(in, v[0], &name, "the name of a function", args->span))
		return false;
	if (!is_host(v[1], &function_type))
		return fail(in, args->span,
		            "only a Function can be added to a program, found '%s'",
		            type_name(v[1]));
	o = HOST_OF(v[1])->data;
	*out = VNONE;
	if (!o->b->func->body->out) /* an error in it was reported */
		return bd->diag->nerror || fail(in, args->span,
		            "the function has no outputs yet: call set_outputs([…]) first");
	program_put(p, function_to_add(o, p, name));
	if (bd->diag->nerror)
		return true;
	if (!check_functions(p, args->span))
		return false;
	block_settle(v[1]);
	return true;
}

static int
program_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	Program *p = self->data;

	if (str_is(name, "functions")) {
		*out = vdict(in);
		for (uint32_t i = 0; i < p->funcs.n; i++)
			dict_set(in, *out, vstr_of(in, p->funcs.at[i]->name),
			         bind_block(in, p->funcs.at[i]->body), NOSPAN);
	} else if (str_is(name, "default_function_name")) {
		*out = vstr_of(in, p->default_func);
	} else if (str_is(name, "export_as_multifunction")) {
		*out = vbool(p->multifunction);
	} else if (str_is(name, "skip_all_passes")) {
		*out = vbool(p->skip_all_passes);
	} else {
		return 0;
	}
	return 1;
}

static bool
program_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	Program *p = self->data;

	if (str_is(name, "default_function_name"))
		return as_str(in, x, &p->default_func, "default_function_name", at);
	if (str_is(name, "export_as_multifunction"))
		return value_truth(in, x, &p->multifunction, at);
	if (str_is(name, "skip_all_passes"))
		return value_truth(in, x, &p->skip_all_passes, at);
	return fail(in, at, "'Program' has no settable attribute '%s'", name->s);
}

static void
program_repr(Interp *in, HostObj *self, Buf *out)
{
	list_program(in, self->data, false, out);
}

NATIVE(program_find_ops)
{
	const Program *p = program_of(self);
	bool one = false;

	*out = vlist(in, NULL, 0);
	if (!find_args(in, args) ||
	    (args->v[2].kind != V_UNSET && !value_truth(in, args->v[2], &one, args->span)))
		return false;
	for (uint32_t i = 0; i < p->funcs.n; i++)
		find_ops(in, p->funcs.at[i]->body, args->v[0], args->v[1], *out);
	return !one || SEQ_OF(*out)->n == 1 ||
	       fail(in, args->span, "find_ops found %u operations, expected exactly one",
	            (unsigned)SEQ_OF(*out)->n);
}

/* That of the function with the highest, the first of them. */
NATIVE(program_max_opset)
{
	const Program *p = program_of(self);
	int max = IOS13, version;

	*out = vtuple(in, (Value[]){enum_item(in, &enum_target, IOS13), VNONE}, 2);
	for (uint32_t i = 0; i < p->funcs.n; i++) {
		Value pair = block_max_opset(in, p->funcs.at[i]->body);
		if (enum_value(SEQ_OF(pair)->at[0], &enum_target, &version) && version > max) {
			max = version;
			*out = pair;
		}
	}
	return true;
}

NATIVE(program_validate)
{
	*out = VNONE;
	return program_verify(program_of(self));
}

/* prog["main"] */
static bool
program_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	const Program *p = self->data;
	const Str *name;

	if (!as_str(in, key, &name, "the name of a function", at))
		return false;
	for (uint32_t i = 0; i < p->funcs.n; i++)
		if (p->funcs.at[i]->name == name) {
			*out = bind_block(in, p->funcs.at[i]->body);
			return true;
		}
	return fail(in, at, "the program has no function '%s'", name->s);
}

static const Native program_methods[] = {
    {"add_function", "name,ssa_func", program_add_function, AS_FUNCTION},
    {"find_ops", "prefix=,op_type=,exactly_one=", program_find_ops, AS_FUNCTION},
    {"_get_max_opset_version_and_op", "", program_max_opset, AS_FUNCTION},
    {"validate", "check_essential_scope=", program_validate, AS_FUNCTION},
    NATIVE_END,
};

const HostType program_type = {
    .name = "Program",
    .module = "coremltools.converters.mil.mil.program",
    .methods = program_methods,
    .getattr = program_getattr,
    .getitem = program_getitem,
    .setattr = program_setattr,
    .equal = same_data,
    .hash = data_hash,
    .repr = program_repr,
};

NATIVE_EXTERN(bind_program_new)
{
	Bind *bd = bind_of(in);
	Program *p = script_program(bd, args->span);

	vec_push(bd->arena, &bd->programs, (Scripted){p, NULL});
	*out = vhost(in, &program_type, p);
	return true;
}

const Member mb_specials[] = {
    FN_MEMBER("mb.program", "input_specs=,opset_version=,function_name=", make_decorator),
    FN_MEMBER_I("mb.function", "input_specs=,opset_version=", make_decorator, 1),
    FN_MEMBER_I("mb.TensorSpec", "shape,dtype=", make_spec, SPEC_TENSOR),
    FN_MEMBER_I("mb.StateTensorSpec", "shape,dtype=", make_spec, SPEC_STATE),
    FN_MEMBER_I("mb.state_tensor_placeholder", "shape,dtype=", make_spec, SPEC_STATE),
    FN_MEMBER("mb.placeholder", "shape,dtype=,allow_rank0_input=,name=", make_placeholder),
    FN_MEMBER("mb.scope", NULL, mb_scope),
    FN_MEMBER("mb.set_before_op", "before_op", mb_set_before_op),
    END_MEMBER,
};
