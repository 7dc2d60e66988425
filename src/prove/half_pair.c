/* half_pair.c: a program before and behind add_fp16_cast: see half.h. The pass leaves instructions
 * in place and changes their operands and results, so that a copy made before it can be held
 * against it, instruction by instruction.
 */
#include "half.h"
#include "reduce.h"

static void
match_blocks(HalfPair *h, const Block *single, const Block *other)
{
	const Inst *y = other->first;

	for (const Inst *x = single->first; x; x = x->next, y = y->next) {
		if (x->op->code != OP_const)
			vec_push(&h->arena, &h->match, (HalfMatch){x, y});
		for (uint32_t k = 0; k < x->nblock; k++)
			match_blocks(h, x->block[k], y->block[k]);
	}
}

void
half_pair_begin(HalfPair *h, const Program *p)
{
	half_pair_free(h);
	h->of = p;
	h->single = program_clone_into(p, &h->arena);
	map_init(&h->twin, &h->arena);
	for (uint32_t k = 0; k < p->funcs.n; k++)
		match_blocks(h, h->single->funcs.at[k]->body, p->funcs.at[k]->body);
}

static const Tensor *
settled_value(HalfPair *h, const Tensor *t)
{
	return t && !t->data && t->count ? tensor_copy(&h->arena, t) : t;
}

static HalfTwin *
twin_of(HalfPair *h, const Inst *other)
{
	HalfTwin *t = new (&h->arena, HalfTwin);
	uint32_t n = 0;

	for each_operand (o, other)
		n += o.var != NULL;
	t->want = newn(&h->arena, DType, n + (size_t)1);
	t->known = newn(&h->arena, const Tensor *, n + (size_t)1);
	t->out = newn(&h->arena, DType, other->nout + (size_t)1);
	n = 0;
	for each_operand (o, other) {
		t->want[n] = o.var->type->kind == TY_TENSOR ? o.var->type->dtype : DT_NONE;
		t->known[n++] = settled_value(h, o.var->val);
	}
	for (uint32_t k = 0; k < other->nout; k++)
		t->out[k] =
		    other->out[k]->type->kind == TY_TENSOR ? other->out[k]->type->dtype : DT_NONE;
	return t;
}

/* One of its float operands or results is narrower. */
static bool
is_half(const Inst *single, const HalfTwin *t)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < single->nout; k++)
		if (t->out[k] == DT_FP16 && single->out[k]->type->dtype == DT_FP32)
			return true;
	for each_operand (o, single)
		if (t->want[n++] == DT_FP16 && o.var->type->kind == TY_TENSOR &&
		    o.var->type->dtype == DT_FP32)
			return true;
	return false;
}

void
half_pair_end(HalfPair *h)
{
	for (uint32_t k = 0; k < h->match.n; k++) {
		HalfTwin *t = twin_of(h, h->match.at[k].other);
		t->half = is_half(h->match.at[k].single, t);
		map_put(&h->twin, KEY(h->match.at[k].single), t);
	}
	h->match.n = 0;
	h->made = true;
}

void
half_pair_free(HalfPair *h)
{
	arena_free(&h->arena);
	*h = (HalfPair){0};
}

/* ---- without the program's own conversion ---- */

static const Type *
raised(Types *types, const Type *t)
{
	if (t->kind == TY_STATE)
		return type_state(types, raised(types, t->elem));
	if (t->kind == TY_LIST)
		return type_list(types, raised(types, t->elem), t->length, t->dynamic_length);
	return t->kind == TY_TENSOR && t->dtype == DT_FP16 ? type_with_dtype(types, t, DT_FP32) : t;
}

static bool
says_half(const Tensor *t)
{
	return t && t->dtype == DT_STRING && t->count == 1 &&
	       str_is(*(const Str *const *)t->data, "fp16");
}

static bool
is_half_type(const Type *t)
{
	t = t->kind == TY_STATE || t->kind == TY_LIST ? t->elem : t;
	return t->kind == TY_TENSOR && t->dtype == DT_FP16;
}

/* It takes half precision or gives it. */
static bool
deals_in_half(const Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++)
		if (is_half_type(i->out[k]->type))
			return true;
	for each_operand (o, i)
		if (is_half_type(o.var->type))
			return true;
	return false;
}

/* All that do; with `found` they are put there. */
static bool
find_half(const Block *b, Map *found)
{
	bool any = false;

	for (uint32_t k = 0; k < b->nparam; k++)
		any |= is_half_type(b->param[k]->type);
	for (const Inst *i = b->first; i; i = i->next) {
		bool half = deals_in_half(i);
		any |= half;
		if (half && found)
			map_put(found, KEY(i), found);
		for (uint32_t k = 0; k < i->nblock; k++)
			any |= find_half(i->block[k], found);
	}
	return any;
}

bool
has_half(const Program *p)
{
	bool any = false;

	for (uint32_t k = 0; k < p->funcs.n; k++)
		any |= find_half(p->funcs.at[k]->body, NULL);
	return any;
}

static void
raise_const(Program *p, Var *v)
{
	if (says_half(v->val)) {
		v->val = tensor_scalar_str(p->arena, intern_cstr(p->names, "fp32"));
	} else if (v->val->dtype == DT_FP16) {
		v->val = tensor_cast(p->arena, v->val, DT_FP32);
		v->type = raised(p->types, v->type);
	}
}

static void
raise_block(Program *p, Block *b)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		b->param[k]->type = raised(p->types, b->param[k]->type);
	for (Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nblock; k++)
			raise_block(p, i->block[k]);
		if (i->op->code == OP_const)
			raise_const(p, i->out[0]);
	}
}

static bool
was_half(void *found, const Inst *i)
{
	return map_get(found, KEY(i));
}

/* The pass on the copy, on those alone that dealt in half precision, if some did. */
static bool
cast_copy(Program *copy, const Map *found)
{
	Arena scratch = {0};
	ConvertOptions o = {.format = FORMAT_MLPROGRAM};
	const PassInfo *pass = pass_find("add_fp16_cast");
	OpSelector selector = {was_half, (void *)(uintptr_t)found};
	Pipeline only = {0};
	PassCtx c = {
	    .prog = copy, .opt = &o, .arena = &scratch, .name = pass->name, .pipeline = &only};
	bool ok;

	if (found->n)
		vec_push(&scratch, &only.option,
		         (PassOption){pass, "op_selector", NULL, &selector});
	ok = pass->run(&c) && !c.failed;
	arena_free(&scratch);
	return ok;
}

bool
half_pair_make(HalfPair *h, const Program *p)
{
	Program *copy = program_clone(p); /* it outlives this call: constants are shared */
	bool any = false, ok;
	Map found;

	map_init(&found, copy->arena);
	for (uint32_t k = 0; k < copy->funcs.n; k++)
		any |= find_half(copy->funcs.at[k]->body, &found);
	for (uint32_t k = 0; any && k < copy->funcs.n; k++)
		raise_block(copy, copy->funcs.at[k]->body);
	if (any && !settle_program(copy))
		return false;
	half_pair_begin(h, copy);
	ok = cast_copy(copy, &found);
	half_pair_end(h);
	return ok;
}
