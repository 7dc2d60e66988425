/* weights.c: which constants stand in the weights file, and where. The offsets are known before
 * anything is written, so that the program and its text can be made without the file.
 */
#include "spec.h"

enum { MIN_ELEMENTS = 10 };

void
weights_init(Weights *w, Arena *a, const Model *m)
{
	memset(w, 0, sizeof *w);
	w->arena = a;
	blob_begin(&w->plan, -1);
	w->spec_version = m->spec_version;
	w->share = m->prog && m->prog->funcs.n > 1;
	map_init(&w->by_tensor, a);
}

bool
weights_wants(const Weights *w, const Tensor *t)
{
	if (t->count < MIN_ELEMENTS)
		return false;
	switch (t->dtype) {
	case DT_FP16:
	case DT_FP32:
	case DT_INT8:
	case DT_UINT8:
	case DT_INT4:
	case DT_UINT1:
	case DT_UINT2:
	case DT_UINT3:
	case DT_UINT4:
	case DT_UINT6:
		return true;
	case DT_INT16:
	case DT_UINT16:
	case DT_INT32:
	case DT_UINT32:
		return w->spec_version >= IOS18;
	default:
		return false;
	}
}

uint64_t
weights_offset(Weights *w, const Tensor *t)
{
	uint64_t key = w->share ? tensor_hash(t) : KEY(t);
	void *known = map_get(&w->by_tensor, key);

	if (known) {
		Weight *k = known;
		if (k->t == t || tensor_equal(k->t, t))
			return k->offset;
	}
	Weight *new = new (w->arena, Weight);
	*new = (Weight){t, blob_add(&w->plan, t)};
	vec_push(w->arena, &w->list, *new);
	if (!known)
		map_put(&w->by_tensor, key, new);
	return new->offset;
}

const Tensor *
weights_tensor(const Weights *w, uint64_t offset)
{
	uint32_t low = 0, high = w->list.n;

	while (low < high) {
		uint32_t mid = (low + high) / 2;
		if (w->list.at[mid].offset < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low < w->list.n && w->list.at[low].offset == offset ? w->list.at[low].t : NULL;
}

bool
const_is_inlined(const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (!use_is_held(u) && !inst_is(u->user, OP_classify))
			return false;
	return v->uses;
}

static void
place(Weights *w, const Var *v)
{
	if (v->val && v->type->kind == TY_TENSOR && weights_wants(w, v->val))
		weights_offset(w, v->val);
}

void
weights_place(Weights *w, const Inst *i)
{
	for (uint32_t k = 0; k < i->op->nparam; k++)
		if (i->arg[k].n == 1)
			place(w, i->arg[k].u[0]->var);
}

static void
plan_block(Weights *w, const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		if (i->op->code == OP_const && !const_is_inlined(i->out[0]))
			place(w, i->out[0]);
		if (i->op->flags & CONSTEXPR)
			weights_place(w, i);
		for (uint32_t k = 0; k < i->nblock; k++)
			plan_block(w, i->block[k]);
	}
}

void
weights_plan(Weights *w, const Program *p)
{
	for (uint32_t f = 0; f < p->funcs.n; f++)
		plan_block(w, p->funcs.at[f]->body);
}
