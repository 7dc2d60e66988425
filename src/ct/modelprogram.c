/* modelprogram.c: the functions of coremltools.models.utils that change the program of a model: the
 * program is read from the specification, changed, and converted again without a change of
 * precision, as coremltools does it.
 */
#include "bind.h"

#include "form/read.h"
#include "form/spec.h"
#include "message.h"

/* A model of its own with its program; 0 after reporting. */
static Model *
program_copy(Interp *in, const Args *args, const char *fn, Value v)
{
	Bind *b = bind_of(in);
	ReadCtx c = {.arena = b->arena, .names = b->names, .types = b->types, .diag = b->diag,
	             .path = "the model", .maps = b->maps, .span = args->span};
	Model *m;

	if (!is_host(v, &mlmodel_type)) {
		if (v.kind != V_POISON)
			fail(in, args->span, "%s takes a model, found '%s'", fn, type_name(v));
		return NULL;
	}
	if (!model_spec(in, model_of(v), args->span))
		return NULL;
	m = model_snapshot(b, model_of(v)->m);
	if (m->kind != BODY_PROGRAM) {
		fail(in, args->span, "%s takes an ML Program, and the model is a %s", fn,
		     msg_case(m->spec, "mlProgram"));
		return NULL;
	}
	return read_interface(&c, m) && read_program(&c, m) ? m : NULL;
}

bool
model_convert(Interp *in, Model *m, Opset target, Value unit, Value *out, Span at)
{
	Bind *b = bind_of(in);
	ConvertOptions o = {.span = at, .format = FORMAT_MLPROGRAM, .target = target,
	                    .precision = PRECISION_FP32};

	if (!convert_again(m, &o, b->run))
		return false;
	map_put(&b->converted, KEY(m->prog), m);
	b->made = m;
	name_counts_reset(b->counts);
	sym_forget(b->types);
	*out = bind_model(in, m, m->prog, unit);
	return true;
}

Model *
convert_unrecorded(Interp *in, Program *p, const ConvertOptions *o)
{
	Bind *b = bind_of(in);
	Model *m = convert(p, o, b->run);

	if (!m)
		return NULL;
	m->metadata = NULL;
	m->build_info.n = 0;
	name_counts_reset(b->counts);
	sym_forget(b->types);
	return m;
}

static Func *
function_named(const Program *p, const Str *name)
{
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (p->funcs.at[k]->name == name)
			return p->funcs.at[k];
	return NULL;
}

/* ---- change_input_output_tensor_type ---- */

typedef struct Retype {
	Interp *in;
	Program *prog;
	DType from, to;
	VEC(Func *) func;
	Value inputs, outputs; /* lists of names, or None */
	Span at;
} Retype;

static bool
is_named(Value list, const Str *name, bool *out)
{
	*out = false;
	for (uint32_t k = 0; list.kind == V_LIST && k < SEQ_OF(list)->n; k++) {
		Value v = SEQ_OF(list)->at[k];
		*out |= v.kind == V_STR && (!strcmp(STR_OF(v)->s, "*") ||
		                            !strcmp(STR_OF(v)->s, name->s));
	}
	return *out;
}

static Builder
builder_at(const Retype *r, Func *f, Inst *before)
{
	Builder b;

	if (f->opset < IOS16)
		f->opset = IOS16;
	builder_init(&b, r->prog, f);
	b.block = f->body;
	b.before = before;
	b.opset = f->opset;
	b.span = r->at;
	return b;
}

static Var *
cast_of(Builder *b, const Str *name, Var *v, DType t)
{
	return build_must(b, OP_cast, name,
	                  ARGS(VAR("x", v), STRC(b, "dtype", dtype_info[t].mil)));
}

static const Str *
name_to(const Retype *r, const Str *name, DType t)
{
	return intern_cstr(r->prog->names, arena_printf(r->prog->arena, "%s_to_%s", name->s,
	                                                dtype_info[t].mil));
}

static void
retype_input(const Retype *r, Func *f, const Str *name)
{
	Var *v = NULL, *x;
	Builder b;

	for (uint32_t k = 0; k < f->body->nparam; k++)
		if (f->body->param[k]->name == name)
			v = f->body->param[k];
	if (!v)
		return;
	b = builder_at(r, f, f->body->first);
	v->type = type_with_dtype(r->prog->types, v->type, r->to);
	x = cast_of(&b, name_to(r, name, r->from), v, r->from);
	for each_use (u, v)
		if (u->user != x->def)
			use_set(u, x);
}

static void
retype_output(const Retype *r, Func *f, const Str *name)
{
	Var *v = NULL, *x;
	Builder b;

	for (uint32_t k = 0; k < f->body->nout; k++)
		if (f->body->out[k]->var->name == name)
			v = f->body->out[k]->var;
	if (!v)
		return;
	b = builder_at(r, f, NULL);
	x = cast_of(&b, name_to(r, name, r->to), v, r->to);
	for each_use (u, v)
		if (!u->user && u->block == f->body)
			use_set(u, x);
}

static void
retype_features(const Retype *r, Features *list, Value names, bool output)
{
	bool named;

	for (uint32_t i = 0; i < list->n; i++) {
		Feature *f = &list->at[i];
		const Str *name = f->name;
		if (!is_named(names, name, &named) || f->kind != FEATURE_ARRAY ||
		    f->dtype != r->from)
			continue;
		f->dtype = r->to;
		if (output)
			f->name = name_to(r, name, r->to);
		for (uint32_t k = 0; k < r->func.n; k++)
			if (output)
				retype_output(r, r->func.at[k], name);
			else
				retype_input(r, r->func.at[k], name);
	}
}

/* FLOAT16 or FLOAT32 of ArrayFeatureType. */
static bool
array_type(Interp *in, const Args *args, int i, const char *what, DType *out)
{
	static const struct {
		int64_t number;
		DType t;
	} known[] = {{65552, DT_FP16}, {65568, DT_FP32}};
	Big n;

	for (size_t k = 0; k < countof(known); k++)
		if (is_index(in, args->v[i], &n) && n == known[k].number) {
			*out = known[k].t;
			return true;
		}
	return fail(in, args->span,
	            "%s must be ArrayFeatureType.FLOAT16 or ArrayFeatureType.FLOAT32, found '%s'",
	            what, type_name(args->v[i]));
}

static bool
functions_of(Interp *in, Retype *r, Value v)
{
	Value list = vlist(in, NULL, 0);
	const Str *name;

	if (given(v) && !value_to_list(in, v, &list, r->at))
		return false;
	if (!SEQ_OF(list)->n)
		vlist_push(in, list, vstrz(in, "main"));
	for (uint32_t k = 0; k < SEQ_OF(list)->n; k++) {
		Func *f;
		if (!as_str(in, SEQ_OF(list)->at[k], &name, "the name of a function", r->at))
			return false;
		f = function_named(r->prog, name);
		if (!f)
			return fail(in, r->at, "the model has no function '%s'", name->s);
		vec_push(r->prog->arena, &r->func, f);
	}
	return true;
}

NATIVE_EXTERN(utils_retype)
{
	static const char fn[] = "change_input_output_tensor_type";
	const Value *v = args->v;
	Model *m = program_copy(in, args, fn, v[0]);
	Retype r = {.in = in, .at = args->span};
	int newest = 0;

	if (!m || !array_type(in, args, 1, "from_type", &r.from) ||
	    !array_type(in, args, 2, "to_type", &r.to))
		return false;
	if (r.from == r.to) {
		*out = HOST_OF(v[0])->type->copy(in, HOST_OF(v[0]));
		return true;
	}
	r.prog = m->prog;
	r.inputs = vlist(in, NULL, 0);
	r.outputs = vlist(in, (Value[]){vstrz(in, "*")}, 1);
	if ((given(v[4]) && !value_to_list(in, v[4], &r.inputs, r.at)) ||
	    (given(v[5]) && !value_to_list(in, v[5], &r.outputs, r.at)) ||
	    !functions_of(in, &r, v[3]))
		return false;
	retype_features(&r, &m->face.input, r.inputs, false);
	retype_features(&r, &m->face.output, r.outputs, true);
	for (uint32_t k = 0; k < m->prog->funcs.n; k++)
		newest = MAX(newest, (int)m->prog->funcs.at[k]->opset);
	return model_convert(in, m, (Opset)newest, model_of(v[0])->unit, out, args->span);
}

/* ---- randomize_weights ---- */

/* np.random.rand(*shape).astype(dtype) */
static bool
random_like(Interp *in, const Tensor *t, const Tensor **out, Span at)
{
	Interner *names = interp_names(in);
	Value random, rand, array, cast, type = vnpclass(t->dtype), dim[TENSOR_MAX_RANK];
	Span span[TENSOR_MAX_RANK] = {at};

	for (int k = 0; k < t->rank; k++) {
		dim[k] = vint(t->dim[k]);
		span[k] = at;
	}
	if (!interp_import(in, "numpy.random", &random) ||
	    !value_getattr(in, random, intern_cstr(names, "rand"), &rand, at) ||
	    !interp_call(in, rand,
	                 &(Args){.pos = dim, .pos_span = span, .npos = (uint32_t)t->rank,
	                         .span = at, .callee = at},
	                 &array) ||
	    !value_getattr(in, array, intern_cstr(names, "astype"), &cast, at))
		return false;
	return interp_call(in, cast,
	                   &(Args){.pos = &type, .pos_span = span, .npos = 1, .span = at,
	                           .callee = at},
	                   &array) &&
	       const_operand(in, array, "a weight", at, out);
}

static bool
randomize_block(Interp *in, const Weights *w, Block *b, Span at)
{
	for each_inst (i, b) {
		const Tensor *fresh;
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!randomize_block(in, w, i->block[k], at))
				return false;
		if (!inst_is(i, OP_const) || i->out[0]->type->kind != TY_TENSOR ||
		    !i->out[0]->val || !weights_wants(w, i->out[0]->val))
			continue;
		if (!random_like(in, i->out[0]->val, &fresh, at))
			return false;
		i->out[0]->val = fresh;
	}
	return true;
}

NATIVE_EXTERN(utils_randomize)
{
	Model *m = program_copy(in, args, "randomize_weights", args->v[0]);
	Arena scratch = {0};
	Weights w;

	if (!m)
		return false;
	weights_init(&w, &scratch, m);
	for (uint32_t k = 0; k < m->prog->funcs.n; k++)
		if (!randomize_block(in, &w, m->prog->funcs.at[k]->body, args->span))
			return false;
	arena_free(&scratch);
	return model_convert(in, m, (Opset)MAX(m->spec_version, (int)IOS16),
	                          model_of(args->v[0])->unit, out, args->span);
}
