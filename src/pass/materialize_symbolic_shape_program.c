/* materialize_symbolic_shape_program.c: functions for some sizes of inputs whose sizes are open. It
 * runs where a pipeline names it.
 *
 *   main(%x: (is0, 4)) {                   main(%x: (is0, 4)) { … }
 *     %y = relu(x=%x)                 ->   short(%x: (2, 4)) {
 *   }                                        %y = relu(x=%x)
 *                                          }
 *
 * Each is a copy of the source whose types are inferred anew, so that later passes know more about
 * it; it takes the place of a function of its name. A symbol for which no input says a size stays.
 * Options: function_name_to_materialization_map, the shapes of inputs by function (NewShapes);
 * source_function_name=NAME ("main").
 */
#include "match.h"

typedef struct Sizes { /* of one new function */
	PassCtx *c;
	const FunctionShapes *f;
	Span at;
	Map of; /* symbol -> its size + 1 */
} Sizes;

static bool
set_size(Sizes *s, const char *input, Dim d, int64_t size)
{
	Types *t = s->c->prog->types;
	intptr_t known = (intptr_t)map_get(&s->of, (uint64_t)d);

	if (dim_known(d) && d != size)
		return diag_error(s->c->prog->diag, s->at,
		                  "function '%s': input '%s' has a dimension of %lld, which cannot "
		                  "become %lld",
		                  s->f->function, input, (long long)d, (long long)size);
	if (!dim_known(d) && known && known - 1 != size)
		return diag_error(s->c->prog->diag, s->at,
		                  "function '%s': input '%s' makes %s %lld, but it is %lld already",
		                  s->f->function, input, dim_str(t, d), (long long)size,
		                  (long long)known - 1);
	if (!dim_known(d))
		map_put(&s->of, (uint64_t)d, (void *)(intptr_t)(size + 1));
	return true;
}

static const InputShape *
shape_of(const FunctionShapes *f, const Str *input)
{
	for (uint32_t i = 0; i < f->input.n; i++)
		if (str_is(input, f->input.at[i].input))
			return &f->input.at[i];
	return NULL;
}

static bool
read_sizes(Sizes *s, const Func *from)
{
	for (uint32_t k = 0; k < from->body->nparam; k++) {
		const Var *v = from->body->param[k];
		const Type *t = tensor_part(v->type);
		const InputShape *shape = shape_of(s->f, v->name);
		if (!shape && v->type->kind != TY_STATE)
			diag_warning(s->c->prog->diag, s->at,
			             "function '%s': no shape is given for input '%s'",
			             s->f->function, v->name->s);
		for (uint32_t i = 0; shape && i < MIN(shape->rank, t->rank); i++)
			if (!set_size(s, v->name->s, t->dim[i], shape->dim[i]))
				return false;
	}
	return true;
}

/* The type of an input with the sizes in place of symbols; those without one are warned about. */
static const Type *
sized(Sizes *s, const Var *v)
{
	const Type *t = v->type;
	Types *types = s->c->prog->types;
	Dim *dim;

	if (t->kind != TY_TENSOR || type_all_known(t))
		return t;
	dim = newn(types->arena, Dim, t->rank + 1);
	for (uint32_t i = 0; i < t->rank; i++) {
		intptr_t size = (intptr_t)map_get(&s->of, (uint64_t)t->dim[i]);
		dim[i] = !dim_known(t->dim[i]) && size ? size - 1 : t->dim[i];
		if (!dim_known(dim[i]))
			diag_warning(s->c->prog->diag, s->at,
			             "function '%s': %s of input '%s' stays open", s->f->function,
			             dim_str(types, dim[i]), v->name->s);
	}
	return type_tensor(types, t->dtype, dim, t->rank);
}

/* Types and known values of all operations, from the inputs on. */
static bool
infer_again(Sizes *s, Func *f)
{
	Builder b;

	builder_init(&b, s->c->prog, f);
	for each_inst (i, f->body) {
		if (i->nblock)
			return diag_error(s->c->prog->diag, s->at,
			                  "function '%s': %s '%s' has blocks, and control flow "
			                  "cannot be given other sizes",
			                  s->f->function, i->op->name, i->name->s);
		b.span = i->span;
		if (!build_reinfer(&b, i)) {
			diag_note(s->c->prog->diag, s->at, "with the sizes of function '%s'",
			          s->f->function);
			return false;
		}
	}
	return true;
}

static bool
materialize(PassCtx *c, const Func *from, const FunctionShapes *shapes, Span at)
{
	Sizes s = {.c = c, .f = shapes, .at = at};
	Func *f;

	map_init(&s.of, c->arena);
	if (!read_sizes(&s, from))
		return false;
	f = func_clone(from, c->prog, intern_cstr(c->prog->names, shapes->function));
	for (uint32_t k = 0; k < f->body->nparam; k++)
		f->body->param[k]->type = sized(&s, f->body->param[k]);
	if (!infer_again(&s, f))
		return false;
	program_put(c->prog, f);
	func_changed(f);
	return true;
}

bool
pass_materialize_symbolic_shape_program(PassCtx *c)
{
	const NewShapes *all = pass_value(c, "function_name_to_materialization_map");
	const char *source = pass_option(c, "source_function_name");
	const Func *from = NULL;

	if (!all)
		return diag_error(c->prog->diag, NOSPAN,
		                  "pass %s needs the option function_name_to_materialization_map",
		                  c->name);
	source = source ? source : "main";
	for (uint32_t k = 0; k < c->prog->funcs.n; k++)
		if (str_is(c->prog->funcs.at[k]->name, source))
			from = c->prog->funcs.at[k];
	if (!from)
		return diag_error(c->prog->diag, all->span,
		                  "the program has no function '%s' to take sizes for", source);
	for (uint32_t i = 0; i < all->function.n; i++)
		if (!materialize(c, from, &all->function.at[i], all->span))
			return false;
	return true;
}
