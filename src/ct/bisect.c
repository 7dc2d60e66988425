/* bisect.c: ct.models.utils.bisect_model: a model in two, each with about half of the weights. What
 * the second part needs of the first goes out of the one and into the other, in single precision
 * where it was half; what it needs of the inputs stays an input. */
#include "bind.h"

#include "form/read.h"

typedef VEC(Var *) Vars;

typedef struct Bisect {
	Interp *in;
	Model *from;
	const char *prefix; /* of the names of what is saved */
	Span at;
} Bisect;

/* A constant, or one that is stored in fewer bits. */
static bool
is_fixed(const Inst *i)
{
	return strncmp(i->op->name, "const", 5) == 0;
}

static size_t
weight_bytes(const Inst *i)
{
	const Type *t = i->out[0]->type;

	return inst_is(i, OP_const) && t->kind == TY_TENSOR && t->rank && t->dtype != DT_STRING
	           ? tensor_bytes(i->out[0]->val)
	           : 0;
}

static bool
is_used_once(const Var *v)
{
	uint32_t n = 0;

	for each_use (u, v)
		n += u->user != NULL;
	return n == 1;
}

/* The operation that the first part ends with: half of the weights stand before it, and one
 * operation goes on from it. 0: there is none. */
static Inst *
find_end(const Block *b)
{
	size_t all = 0, before = 0;

	for each_inst (i, b)
		all += weight_bytes(i);
	for each_inst (i, b) {
		before += weight_bytes(i);
		if (before >= all - before && !is_fixed(i) && i->nout == 1 &&
		    is_used_once(i->out[0]))
			return i;
	}
	return NULL;
}

/* What operations up to `end` compute and others need. */
static Vars
find_border(Arena *a, const Block *b, const Inst *end)
{
	Vars border = {0};

	for (const Inst *i = b->first; i != end->next; i = i->next)
		for (uint32_t k = 0; k < i->nout && !is_fixed(i); k++) {
			bool needed = false;
			for each_use (u, i->out[k]) {
				const Inst *user = use_holder(u, b);
				needed |= u->user && user && inst_before(end, user);
			}
			if (needed && !i->out[k]->val)
				vec_push(a, &border, i->out[k]);
		}
	return border;
}

static bool
check_border(Interp *in, const Vars *border, Span at)
{
	for (uint32_t k = 0; k < border->n; k++)
		if (border->at[k]->type->kind == TY_TENSOR && border->at[k]->type->rank == 0)
			return fail(in, at,
			            "the second part would take '%s', which has rank 0: an input "
			            "has at least rank 1",
			            border->at[k]->name->s);
	return border->n || fail(in, at,
	                         "no operation of the model has half of the weights before it "
	                         "and one operation behind it that takes its only result");
}

static bool
is_half(const Var *v)
{
	return v->type->kind == TY_TENSOR && v->type->dtype == DT_FP16;
}

static Var *
cast_to(Func *f, Inst *before, const Str *name, Var *v, const char *dtype, Span at)
{
	Builder b;

	builder_init(&b, f->prog, f);
	b.before = before;
	b.span = at;
	return build_must(&b, OP_cast, name, ARGS(VAR("x", v), STRC(&b, "dtype", dtype)));
}

static void
cut_first(Func *f, const Vars *border, Span at)
{
	Var **out = newn(f->prog->arena, Var *, border->n);

	for (uint32_t k = 0; k < border->n; k++) {
		Var *v = out[k] = border->at[k];
		if (is_half(v))
			out[k] = cast_to(f, NULL, v->name, v, "fp32", at);
	}
	block_set_outputs(f->body, out, border->n);
}

static void
cut_second(Func *f, const Vars *border, Inst *end, Span at)
{
	for (uint32_t k = 0; k < border->n; k++) {
		Var *v = border->at[k], *x;
		const Type *t = v->type;
		if (is_half(v))
			t = type_with_dtype(f->prog->types, t, DT_FP32);
		x = block_add_param(f->body, v->name, t);
		if (is_half(v))
			x = cast_to(f, v->def, NULL, x, "fp16", at);
		var_replace_after(end->next, v, x);
	}
}

static void
drop_unused_inputs(Block *b)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < b->nparam; k++)
		if (b->param[k]->uses) {
			b->param[k]->index = n;
			b->param[n++] = b->param[k];
		}
	b->nparam = n;
}

/* The function of a program that nothing else has; 0 after reporting. */
static Func *
fresh_function(const Bisect *z)
{
	Bind *b = bind_of(z->in);
	ReadCtx c = {.arena = b->arena, .names = b->names, .types = b->types, .diag = b->diag,
	             .path = "the model", .maps = b->maps, .span = z->at};
	EmitCtx e = {.diag = b->diag, .span = z->at, .lower = b->lower, .date = b->date};
	Model *fresh = model_fresh(&c, &e, z->from, OPSET_NONE);
	const Program *p = fresh ? fresh->prog : NULL;

	if (!p || (p->funcs.n == 1 && str_is(p->funcs.at[0]->name, "main")))
		return p ? p->funcs.at[0] : NULL;
	fail(z->in, z->at, "bisect_model takes a model with one function, 'main'");
	return NULL;
}

static void
remove_dead(Program *p)
{
	const PassInfo *pass = pass_find("common::dead_code_elimination");
	Arena scratch = {0};
	PassCtx c = {.prog = p, .arena = &scratch, .name = pass->name};

	pass->run(&c);
	arena_free(&scratch);
}

static Model *
make_part(const Bisect *z, bool first)
{
	ConvertOptions o = {
	    .format = FORMAT_MLPROGRAM, .precision = PRECISION_FP32, .span = z->at};
	Func *f = fresh_function(z);
	Inst *end = f ? find_end(f->body) : NULL;
	Vars border = {0};

	if (end)
		border = find_border(interp_arena(z->in), f->body, end);
	if (!f || !check_border(z->in, &border, z->at))
		return NULL;
	if (first)
		cut_first(f, &border, z->at);
	else
		cut_second(f, &border, end, z->at);
	remove_dead(f->prog);
	if (!first)
		drop_unused_inputs(f->body);
	o.target = (Opset)msg_get_int(z->from->spec, "specificationVersion");
	return convert_unrecorded(z->in, f->prog, &o);
}

static bool
find_source(Bisect *z, Value v)
{
	const char *base, *dot;
	ScriptModel *s;

	if (v.kind == V_STR) {
		z->from = model_at(z->in, intern(interp_names(z->in), STR_OF(v)->s, STR_OF(v)->len),
		                   z->at);
		base = path_base(STR_OF(v)->s);
		dot = strrchr(base, '.');
		z->prefix = arena_printf(interp_arena(z->in), "%.*s_",
		                         (int)(dot ? (size_t)(dot - base) : strlen(base)), base);
		return z->from;
	}
	if (!is_host(v, &mlmodel_type))
		return v.kind != V_POISON &&
		       fail(z->in, z->at,
		            "bisect_model takes a model or the path of one, found '%s'",
		            type_name(v));
	s = model_of(v);
	z->from = s->m;
	z->prefix = "";
	return model_spec(z->in, s, z->at);
}

static bool
save_as(const Bisect *z, const Str *folder, const char *name, Model *m)
{
	const char *path = arena_printf(interp_arena(z->in), "%s%s%s%s.mlpackage", folder->s,
	                                ends_with(folder->s, folder->len, "/") ? "" : "/",
	                                z->prefix, name);

	return note_save(z->in, m, m, path, z->at);
}

static bool
save_joined(const Bisect *z, const Str *folder, Model *const *part)
{
	Value unit = enum_item(z->in, &enum_compute_unit, 1), model[2], joined;
	bool ok;

	for (int k = 0; k < 2; k++) {
		model[k] = bind_model(z->in, part[k], NULL, unit);
		interp_push(z->in, model[k]);
	}
	ok = utils_pipeline(z->in, VNONE, &(Args){.pos = model, .npos = 2, .span = z->at},
	                    &joined);
	interp_pop(z->in, 2);
	return ok && save_as(z, folder, "chunked_pipeline", model_of(joined)->m);
}

NATIVE_EXTERN(utils_bisect)
{
	const Value *v = args->v;
	Bisect z = {.in = in, .at = args->span};
	bool merge = false, check = true;
	const Str *folder;
	Model *part[2];

	*out = VNONE;
	if (!find_source(&z, v[0]) || !as_path(in, v[1], &folder, "output_dir", z.at) ||
	    (given(v[2]) && !value_truth(in, v[2], &merge, z.at)) ||
	    (v[3].kind != V_UNSET && !value_truth(in, v[3], &check, z.at)))
		return false;
	if (check)
		return fail(in, z.at,
		            "milc's bisect_model does not compare what the parts compute: give it "
		            "check_output_correctness=False, and compare them with "
		            "model.predict(…)");
	for (int k = 0; k < 2; k++) {
		part[k] = make_part(&z, k == 0);
		if (!part[k])
			return false;
	}
	if (merge)
		return save_joined(&z, folder, part);
	return save_as(&z, folder, "chunk1", part[0]) && save_as(&z, folder, "chunk2", part[1]);
}
