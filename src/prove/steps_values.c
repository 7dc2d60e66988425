/* steps_values.c: smaller sizes and plainer numbers: see reduce.h. */
#include "reduce.h"

typedef VEC(Inst *) Insts;

/* ---- sizes ---- */

/* How many results there are hangs on operands of these. */
static bool
is_held(const Inst *constant)
{
	for (const Use *u = constant->out[0]->uses; u; u = u->next)
		if (u->user && u->user->op->flags & VARIADIC_OUT && !u->user->nblock)
			return true;
	return false;
}

static bool
has_size(const Type *t, int64_t size)
{
	for (uint32_t k = 0; t->kind == TY_TENSOR && k < t->rank; k++)
		if (t->dim[k] == size)
			return true;
	return false;
}

static const Type *
resized_type(Program *p, const Type *t, int64_t from, int64_t to)
{
	Dim dim[TENSOR_MAX_RANK];

	if (t->kind == TY_STATE)
		return type_state(p->types, resized_type(p, t->elem, from, to));
	if (!has_size(t, from))
		return t;
	for (uint32_t k = 0; k < t->rank; k++)
		dim[k] = t->dim[k] == from ? to : t->dim[k];
	return type_tensor(p->types, t->dtype, dim, t->rank);
}

/* The first elements of each axis. */
static Tensor *
cut(Arena *a, const Tensor *t, const Type *now)
{
	Tensor *x = tensor_new(a, t->dtype, now->dim, t->rank);
	size_t size = dtype_size(t->dtype);
	const char *from = tensor_data(a, t);
	int64_t at[TENSOR_MAX_RANK] = {0};

	for (int64_t i = 0; i < x->count; i++) {
		int64_t k = 0;
		for (int d = 0; d < t->rank; d++)
			k = k * t->dim[d] + at[d];
		memcpy((char *)x->data + (size_t)i * size, from + (size_t)k * size, size);
		for (int d = t->rank; d-- > 0 && ++at[d] == x->dim[d];)
			at[d] = 0;
	}
	return x;
}

/* Shapes stand in vectors of int32: their elements are the sizes. */
static Tensor *
replaced(Arena *a, const Tensor *t, int64_t from, int64_t to)
{
	Tensor *x = NULL;

	for (int64_t k = 0; k < t->count; k++)
		if (tensor_i(t, k) == from) {
			x = x ? x : tensor_copy(a, t);
			tensor_set_i(x, k, to);
		}
	return x;
}

static void
resize_const(const ShrinkStep *s, Program *p, Inst *i)
{
	Var *v = i->out[0];
	const Tensor *t = v->val;
	bool shape = t->dtype == DT_INT32 && t->rank <= 1;
	const Type *now = resized_type(p, v->type, s->from, s->to);

	if (v->type->kind != TY_TENSOR || t->dtype == DT_STRING || is_held(i))
		return;
	if (shape) {
		t = replaced(s->kept, t, s->from, s->to);
		v->val = t ? t : v->val;
	} else if (now != v->type) {
		v->val = cut(s->kept, t, now);
		v->type = now;
	}
}

static void
resize_block(const ShrinkStep *s, Program *p, Block *b)
{
	for (Inst *i = b->first; i; i = i->next) {
		if (i->op->code == OP_const)
			resize_const(s, p, i);
		for (uint32_t k = 0; k < i->nblock; k++)
			resize_block(s, p, i->block[k]);
	}
}

bool
step_resize(const ShrinkStep *s, Program *p)
{
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		Block *b = p->funcs.at[k]->body;
		for (uint32_t n = 0; n < b->nparam; n++)
			b->param[n]->type = resized_type(p, b->param[n]->type, s->from, s->to);
		resize_block(s, p, b);
	}
	return true;
}

static uint32_t
add_sizes(const Type *t, int64_t *size, uint32_t n, uint32_t most)
{
	t = t->kind == TY_STATE ? t->elem : t;
	for (uint32_t k = 0; t->kind == TY_TENSOR && k < t->rank; k++) {
		uint32_t at = 0;
		if (!dim_known(t->dim[k]) || t->dim[k] < 2)
			continue;
		while (at < n && size[at] > t->dim[k])
			at++;
		if ((at < n && size[at] == t->dim[k]) || n == most)
			continue;
		memmove(size + at + 1, size + at, (n - at) * sizeof *size);
		size[at] = t->dim[k];
		n++;
	}
	return n;
}

uint32_t
find_sizes(const Program *p, int64_t *size, uint32_t most)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < p->funcs.n; k++) {
		const Block *b = p->funcs.at[k]->body;
		for (uint32_t j = 0; j < b->nparam; j++)
			n = add_sizes(b->param[j]->type, size, n, most);
		for (const Inst *i = b->first; i; i = i->next)
			if (i->op->code == OP_const)
				n = add_sizes(i->out[0]->type, size, n, most);
	}
	return n;
}

/* ---- values ---- */

/* All but one, so that something can still be given. */
bool
step_fix_inputs(const ShrinkStep *s, Program *p)
{
	Block *b = default_function(p)->body;
	uint32_t used = 0;
	bool any = false;

	for (uint32_t k = 0; k < b->nparam; k++)
		used += b->param[k]->uses != NULL;
	for (uint32_t k = MIN(s->to, b->nparam); k > s->from && used > 1 && b->first; k--) {
		Var *v = b->param[k - 1];
		const Tensor *t = v->uses ? filled(s->kept, v->type) : NULL;
		if (!t)
			continue;
		var_replace(v, new_const(b->first, v->name, t));
		used--;
		any = true;
	}
	return any;
}

static bool
is_plain(const Inst *i)
{
	const Tensor *t = i->out[0]->val;

	if (i->op->code != OP_const || t->count < 2 || !dtype_is_float(t->dtype))
		return true;
	for (int64_t k = 1; k < t->count; k++)
		if (tensor_f(t, k) != tensor_f(t, 0))
			return false;
	return true;
}

/* Of constants at the top of functions. */
static void
collect_constants(Insts *all, Arena *a, const Program *p)
{
	for (uint32_t k = 0; k < p->funcs.n; k++)
		for (Inst *i = p->funcs.at[k]->body->first; i; i = i->next)
			if (!is_plain(i))
				vec_push(a, all, i);
}

uint32_t
count_constants(const Program *p)
{
	Arena a = {0};
	Insts all = {0};

	collect_constants(&all, &a, p);
	arena_free(&a);
	return all.n;
}

bool
step_plain_constants(const ShrinkStep *s, Program *p)
{
	Insts all = {0};
	bool any = false;

	collect_constants(&all, p->arena, p);
	for (uint32_t k = s->from; k < s->to && k < all.n; k++) {
		Var *v = all.at[k]->out[0];
		v->val = tensor_filled(s->kept, v->val->dtype, v->val->dim, v->val->rank, 1);
		any = true;
	}
	return any;
}
