/* pipeline.c: a pipeline as one program: what its stages do, one after another. A value goes to the
 * stages behind the one that gives it by its name, and a later one of that name takes its place.
 */
#include "front.h"

#include "form/read.h"
#include "ir/build.h"

typedef struct Joining {
	Unit *u;
	Model *m;       /* the pipeline */
	Model *stage;   /* the one at hand */
	Func *func;     /* the program's only function */
	Builder b;
	Map values;     /* name -> Var, as far as the stages have come */
} Joining;

/* The input of the pipeline that a stage is the first to take: its type is what the stage wants. */
static Var *
pipeline_input(Joining *j, const Var *param)
{
	const Features *in = &j->m->face.input;

	for (uint32_t k = 0; k < in->n; k++)
		if (in->at[k].name == param->name) {
			Var *v = block_add_param(j->func->body, param->name, param->type);
			map_put(&j->values, KEY(param->name), v);
			return v;
		}
	diag_error(&j->u->diag, model_place(j->stage),
	           "it takes '%s', which is neither an input of the pipeline nor an output of a "
	           "stage before it",
	           param->name->s);
	return NULL;
}

/* A stage takes a value in the shape that it is made with, or in another one of as many elements:
 * what one network calls [C, 1, 1] is [C] for the next. */
static Var *
in_shape(Joining *j, Var *v, const Var *param)
{
	const Type *want = param->type, *have = v->type;
	bool same = have->rank == want->rank;
	Tensor *shape;
	int64_t rank = want->rank;

	for (uint32_t k = 0; same && k < want->rank; k++)
		same = have->dim[k] == want->dim[k] || !dim_known(have->dim[k]) ||
		       !dim_known(want->dim[k]);
	if (same)
		return v;
	if (!type_all_known(have) || !type_all_known(want) || have->count != want->count) {
		diag_error(&j->u->diag, model_place(j->stage),
		           "it takes '%s' as %s, but what comes before gives %s", param->name->s,
		           type_str(&j->u->types, want), type_str(&j->u->types, have));
		return NULL;
	}
	shape = tensor_new(&j->u->arena, DT_INT32, &rank, 1);
	for (int64_t k = 0; k < rank; k++)
		tensor_set_i(shape, k, want->dim[k]);
	return build_must(&j->b, OP_reshape, NULL, ARGS(VAR("x", v), TENSOR("shape", shape)));
}

static Var *
stage_input(Joining *j, const Var *param)
{
	Var *v = map_get(&j->values, KEY(param->name));
	const Type *want = param->type;

	if (!v)
		v = pipeline_input(j, param);
	if (!v || v->type->kind != TY_TENSOR || want->kind != TY_TENSOR ||
	    !(v = in_shape(j, v, param)) || v->type->dtype == want->dtype)
		return v;
	return build_must(&j->b, OP_cast, NULL,
	                  ARGS(VAR("x", v),
	                       STRC(&j->b, "dtype", dtype_info[want->dtype].mil)));
}

static bool
add_stage(Joining *j)
{
	const Func *f = unit_function(j->u, j->stage, NULL);
	Arena *a = &j->u->arena;
	Var **in, **out;

	if (!f)
		return false;
	in = newn(a, Var *, f->body->nparam + 1);
	out = newn(a, Var *, f->body->nout + 1);
	for (uint32_t k = 0; k < f->body->nparam; k++)
		if (!(in[k] = stage_input(j, f->body->param[k])))
			return false;
	j->func->opset = MAX(j->func->opset, f->opset);
	block_inline(j->func->body, f, in, out);
	for (uint32_t k = 0; k < f->body->nout; k++)
		map_put(&j->values, KEY(f->body->out[k]->var->name), out[k]);
	return true;
}

/* Values of several stages may have one name, which results and messages go by. */
static void
make_unique(Joining *j, Var *const *out, uint32_t nout)
{
	Map taken;

	map_init(&taken, &j->u->arena);
	for (uint32_t k = 0; k < nout; k++)
		map_put(&taken, KEY(out[k]->name), out[k]);
	for each_inst (i, j->func->body)
		for (uint32_t k = 0; k < i->nout; k++) {
			Var *v = i->out[k];
			const Str *name = v->name;
			for (uint32_t n = 2; map_get(&taken, KEY(v->name)) &&
			                     map_get(&taken, KEY(v->name)) != v;
			     n++)
				v->name = intern_printf(&j->u->names, "%s_%u", name->s, n);
			map_put(&taken, KEY(v->name), v);
		}
}

static bool
set_outputs(Joining *j)
{
	const Features *f = &j->m->face.output;
	Var **out = newn(&j->u->arena, Var *, f->n + 1);

	for (uint32_t k = 0; k < f->n; k++)
		if (!(out[k] = map_get(&j->values, KEY(f->at[k].name))))
			return diag_error(&j->u->diag, model_place(j->m),
			                  "no stage gives the output '%s'", f->at[k].name->s);
	make_unique(j, out, f->n);
	block_set_outputs(j->func->body, out, f->n);
	return true;
}

bool
join_pipeline(Unit *u, Model *m)
{
	Joining j = {.u = u, .m = m};
	bool lifted = true;
	size_t n = msg_count(pipeline_of(m), "models");
	ReadCtx c = unit_reading(u);
	Program *p = program_new(&u->arena, &u->names, &u->types, &u->diag);

	j.func = func_new(p, p->default_func, model_place(m));
	builder_init(&j.b, p, j.func);
	map_init(&j.values, &u->arena);
	for (size_t k = 0; k < n; k++) {
		j.stage = read_stage(&c, m, k);
		if (!j.stage)
			return false;
		if (j.stage->kind == BODY_PIPELINE)
			return diag_error(&u->diag, model_place(j.stage),
			                  "it is a pipeline itself, which is not supported");
		if (!unit_program(u, j.stage) || !add_stage(&j))
			return false;
		lifted = lifted && j.stage->lifted;
		if (j.stage->absent)
			m->absent = j.stage->absent;
	}
	if (!set_outputs(&j))
		return false;
	m->lifted = lifted;
	m->prog = p;
	return true;
}
