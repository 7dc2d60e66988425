/* script_module.c: the modules and other objects of a file (script.h), by their attributes. A class
 * with __setstate__ has its attributes from that method, which is followed here over the state in
 * the file: such methods take tuples apart, decide on constants, and pack parameters. What torch
 * packs in C++ is a literal (script.h).
 */
#include "script.h"

enum { STATE_DEPTH = 40 };

/* ---- values of the pickle as literals ---- */

static Held item_of(Script *s, const PValue *p, Span at, int depth);

static Held
item_of_list(Script *s, const PValue *p, Span at, int depth)
{
	Held r = {.arg = {.kind = T_LIST}};

	r.arg.list.tuple = p->kind == P_TUPLE;
	r.arg.list.n = p->list.n;
	r.arg.list.item = newn(s->arena, TArg, p->list.n + 1);
	for (uint32_t i = 0; i < p->list.n && !s->failed; i++) {
		Held one = item_of(s, p->list.item[i], at, depth + 1);

		if (one.object && !packed_params(s, one.object, &one.arg))
			one.arg = (TArg){.kind = T_NONE};
		r.arg.list.item[i] = one.arg;
	}
	return r;
}

static Held
item_of(Script *s, const PValue *p, Span at, int depth)
{
	Held r = {.arg = {.kind = T_NONE}};

	if (depth > STATE_DEPTH) {
		script_fail(s, at, "the values of a module are nested too deeply");
		return r;
	}
	switch (p->kind) {
	case P_BOOL:
		r.arg = (TArg){.kind = T_BOOL, .i = p->i};
		break;
	case P_INT:
		r.arg = targ_int(p->i);
		break;
	case P_FLOAT:
		r.arg = (TArg){.kind = T_FLOAT, .f = {p->f[0]}};
		break;
	case P_COMPLEX:
		r.arg = (TArg){.kind = T_COMPLEX, .f = {p->f[0], p->f[1]}};
		break;
	case P_TEXT:
		r.arg = (TArg){.kind = T_STR, .s = p->s};
		break;
	case P_TENSOR:
		r.arg = (TArg){.kind = T_TENSOR, .tensor = &p->tensor.tensor};
		break;
	case P_TUPLE:
	case P_LIST:
		return item_of_list(s, p, at, depth);
	case P_OBJECT:
		r.object = object_of(s, p);
		break;
	default:
		break;
	}
	return r;
}

/* ---- parameters that are packed ---- */

static TArg
text(Script *s, const char *t)
{
	return (TArg){.kind = T_STR, .s = intern_cstr(s->names, t)};
}

static TArg
tuple_of(Script *s, const TArg *item, uint32_t n)
{
	TArg r = {.kind = T_LIST};

	r.list.item = arena_dup(s->arena, item, n * sizeof *item);
	r.list.n = n;
	r.list.tuple = true;
	return r;
}

static TArg
conv_packed(Script *s, int rank, TArg weight, TArg bias, const TArg *lists, TArg groups,
            bool transposed, TArg output_padding)
{
	TArg item[9];

	item[0] = (TArg){.kind = T_STR, .s = intern_printf(s->names, "conv%dd", rank)};
	item[1] = weight;
	item[2] = bias;
	for (int i = 0; i < 3; i++)
		item[3 + i] = lists[i];
	item[6] = groups;
	item[7] = (TArg){.kind = T_BOOL, .i = transposed};
	item[8] = output_padding;
	return tuple_of(s, item, 9);
}

/* The result of quantized::conv2d_prepack(w, b, stride, padding, dilation, groups) and kin. */
static bool
pack_op(Script *s, const JNode *n, const TArg *const *in, TArg *out)
{
	const char *op = n->op->s;
	bool transposed = strstr(op, "conv_transpose") != 0;
	TArg item[3], none = {.kind = T_LIST};
	int rank = 0;

	if (strncmp(op, "quantized::conv", 15) == 0 && strstr(op, "d_prepack")) {
		rank = strstr(op, "d_prepack")[-1] - '0';
		if (n->nin < 6u + transposed || in[0]->kind != T_TENSOR)
			return false;
		*out = conv_packed(s, rank, *in[0], *in[1],
		                   (TArg[]){*in[2], *in[3], *in[4 + transposed]},
		                   *in[5 + transposed], transposed, transposed ? *in[4] : none);
		return true;
	}
	item[0] = text(s, "linear");
	if (strncmp(op, "quantized::linear_prepack", 25) == 0 && n->nin >= 2) {
		item[1] = *in[0];
		item[2] = *in[1];
		*out = tuple_of(s, item, 3);
		return in[0]->kind == T_TENSOR;
	}
	item[0] = text(s, "embedding");
	if (strcmp(op, "quantized::embedding_bag_prepack") == 0 && n->nin >= 1) {
		item[1] = *in[0];
		item[2] = targ_int(8);
		*out = tuple_of(s, item, 3);
		return in[0]->kind == T_TENSOR;
	}
	return false;
}

/* ("2", [config, weight], [bias]): the config is rank, stride, padding, dilation, output padding,
 * groups, flags. */
static bool
unpack_conv(Script *s, const TArg *state, TArg *out)
{
	const TArg *tensors = state->list.item + 1, *rest = state->list.item + 2;
	const Tensor *c;
	TArg part[4];
	int64_t rank;

	if (state->list.n != 3 || tensors->kind != T_LIST || rest->kind != T_LIST ||
	    tensors->list.n != 2 || rest->list.n < 1 || tensors->list.item[0].kind != T_TENSOR ||
	    tensors->list.item[1].kind != T_TENSOR)
		return false;
	c = tensors->list.item[0].tensor->t;
	rank = c->count ? tensor_i(c, 0) : 0;
	if (rank < 1 || rank > 3 || c->count != 1 + 4 * rank + 2)
		return false;
	for (int k = 0; k < 4; k++) {
		part[k] = (TArg){.kind = T_LIST};
		part[k].list.n = (uint32_t)rank;
		part[k].list.item = newn(s->arena, TArg, (size_t)rank);
		for (int64_t i = 0; i < rank; i++)
			part[k].list.item[i] = targ_int(tensor_i(c, 1 + k * rank + i));
	}
	*out = conv_packed(s, (int)rank, tensors->list.item[1], rest->list.item[0], part,
	                   targ_int(tensor_i(c, 1 + 4 * rank)),
	                   tensor_i(c, 2 + 4 * rank) & 1, part[3]);
	return true;
}

bool
packed_params(Script *s, const JObject *o, TArg *out)
{
	Held state;
	TArg item[3];

	if (o->cls || !o->p->object.state || !strstr(o->type->s, "PackedParams"))
		return false;
	state = item_of(s, o->p->object.state, s->at, 1);
	if (state.arg.kind != T_LIST || !state.arg.list.n)
		return false;
	if (strstr(o->type->s, "Conv"))
		return unpack_conv(s, &state.arg, out);
	item[0] = text(s, strstr(o->type->s, "Linear") ? "linear" : "embedding");
	if (strstr(o->type->s, "Linear") && state.arg.list.n >= 2) {
		item[1] = state.arg.list.item[0];
		item[2] = state.arg.list.item[1];
	} else if (state.arg.list.n >= 2 && state.arg.list.item[1].kind == T_LIST &&
	           state.arg.list.item[1].list.n) { /* (version, [weight], [], [bits]) */
		const TArg *bits = &state.arg.list.item[state.arg.list.n - 1];

		item[1] = state.arg.list.item[1].list.item[0];
		item[2] = bits->kind == T_LIST && bits->list.n ? bits->list.item[0] : targ_int(8);
	} else {
		return false;
	}
	*out = tuple_of(s, item, 3);
	return item[1].kind == T_TENSOR;
}

/* ---- __setstate__ ---- */

typedef struct Follow {
	Script *s;
	JObject *o;
	Map value; /* JVal -> Held */
	Span at;
} Follow;

static void
hold(Follow *f, JVal *v, Held item)
{
	Held *p = new (f->s->arena, Held);

	*p = item;
	map_put(&f->value, KEY(jv(v)), p);
}

static Held *
held(Follow *f, JVal *v)
{
	return map_get(&f->value, KEY(jv(v)));
}

static bool follow_block(Follow *f, JBlock *b);

static bool
follow_if(Follow *f, JNode *n)
{
	const Held *c = held(f, n->in[0]);
	JBlock *b;

	if (!c || c->arg.kind != T_BOOL)
		return false;
	b = n->block[c->arg.i ? 0 : 1];
	if (!follow_block(f, b))
		return false;
	for (uint32_t i = 0; i < n->nout; i++) {
		const Held *v = held(f, b->end->in[i]);

		if (v)
			hold(f, n->out[i], *v);
	}
	return true;
}

static bool
follow_attr(Follow *f, JNode *n)
{
	Held *obj = held(f, n->in[0]);
	Held *v;

	if (!obj || !obj->object)
		return false;
	if (n->kind == J_SETATTR) {
		v = held(f, n->in[1]);
		if (v)
			map_put(&obj->object->attr, KEY(n->attr), v);
		return v != 0;
	}
	v = obj->object == f->o ? map_get(&f->o->attr, KEY(n->attr))
	                        : (Held *)(uintptr_t)object_attr(f->s, obj->object, n->attr, n->at);
	if (v)
		hold(f, n->out[0], *v);
	return true; /* what nobody set yet may be of no use */
}

static bool
follow_node(Follow *f, JNode *n)
{
	const TArg **in = newn(f->s->arena, const TArg *, n->nin + 1);
	Held r = {.object = 0};

	if (n->kind == J_IF)
		return follow_if(f, n);
	if (n->kind == J_GETATTR || n->kind == J_SETATTR)
		return follow_attr(f, n);
	if (n->kind == J_CONSTANT) {
		r.arg = n->value;
		hold(f, n->out[0], r);
		return true;
	}
	for (uint32_t i = 0; i < n->nin; i++) {
		const Held *v = held(f, n->in[i]);

		if (!v)
			return n->nout != 0; /* not known; whoever needs it fails */
		in[i] = &v->arg;
	}
	if (n->kind == J_TUPLE_UNPACK || n->kind == J_LIST_UNPACK) {
		if (in[0]->kind != T_LIST || in[0]->list.n != n->nout)
			return false;
		for (uint32_t i = 0; i < n->nout; i++)
			hold(f, n->out[i], (Held){.arg = in[0]->list.item[i]});
		return true;
	}
	if (eval_with(f->s, n, in, &r.arg) || (n->kind == J_OP && pack_op(f->s, n, in, &r.arg)))
		hold(f, n->out[0], r);
	return !is_op(n, "prim::RaiseException");
}

static bool
follow_block(Follow *f, JBlock *b)
{
	for (JNode *n = first_node(b); n != b->end; n = n->next)
		if (!follow_node(f, n))
			return false;
	return !f->s->failed;
}

/* The attributes that __setstate__ gives an object. */
static void
set_state(Script *s, JObject *o, JFunc *setter, Span at)
{
	Follow f = {.s = s, .o = o, .at = at};
	JGraph *g = func_optimized(s, setter, at);
	const JNode *in = g ? g->top->param : 0;

	map_init(&f.value, s->arena);
	if (!in || in->nout != 2) {
		script_fail(s, at, "%s has a __setstate__ that cannot be followed", o->type->s);
		return;
	}
	hold(&f, in->out[0], (Held){.object = o});
	hold(&f, in->out[1], item_of(s, o->p->object.state, at, 0));
	if (!follow_block(&f, g->top))
		script_fail(s, at, "%s has a __setstate__ that cannot be followed", o->type->s);
}

/* ---- objects ---- */

JObject *
object_of(Script *s, const PValue *p)
{
	JObject *o = map_get(&s->objects, KEY(p));

	if (o)
		return o;
	o = new (s->arena, JObject);
	o->p = p;
	o->type = p->object.type;
	map_init(&o->attr, s->arena);
	map_put(&s->objects, KEY(p), o);
	if (strncmp(o->type->s, "__torch__.torch.classes.", 24) != 0)
		o->cls = class_find(s, o->type);
	return o;
}

static void
read_state(Script *s, JObject *o, Span at)
{
	JFunc *setter =
	    o->cls ? class_method(o->cls, intern_cstr(s->names, "__setstate__")) : 0;

	o->read = true;
	if (setter && o->p->object.state)
		set_state(s, o, setter, at);
}

const Held *
object_attr(Script *s, JObject *o, const Str *name, Span at)
{
	const PValue *p;
	Held *item;

	if (!o->read)
		read_state(s, o, at);
	item = map_get(&o->attr, KEY(name));
	if (item || s->failed)
		return item;
	p = o->p->object.state && o->p->object.state->kind == P_DICT
	        ? pvalue_get(o->p->object.state, name->s)
	        : 0;
	if (!p) {
		script_fail(s, at, "data.pkl has no attribute '%s' of a %s", name->s, o->type->s);
		return 0;
	}
	item = new (s->arena, Held);
	*item = item_of(s, p, at, 0);
	map_put(&o->attr, KEY(name), item);
	return item;
}
