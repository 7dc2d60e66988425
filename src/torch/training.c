/* training.c: the TRAINING dialect, which torch.export.export makes, as functions of values: what
 * run_decompositions({}) would leave of it as far as others can see, with the same names.
 *
 *	y = relu_(x); z = add_(y, 1); dropout(z)        y = relu(x); z = add(y, 1); clone(z)
 *
 * A node that changes a tensor in place becomes one that makes a new value, which stands for that
 * tensor from there on. That is right while no other view of its memory is read afterwards; it is
 * refused otherwise. A buffer that is changed becomes a state.
 */
#include "training.h"

enum { AT_END = UINT32_MAX };

/* ---- who reads what ---- */

void
training_visit(Training *t, TArg *a, uint32_t at, ArgVisit *fn)
{
	if (a->kind == T_VALUE)
		fn(t, a, at);
	else if (a->kind == T_LIST)
		for (uint32_t i = 0; i < a->list.n; i++)
			training_visit(t, &a->list.item[i], at, fn);
}

static void
note_last(Training *t, TArg *a, uint32_t at)
{
	map_put(&t->last, KEY(a->s), (void *)(uintptr_t)at);
}

static Handle *
object_of(Training *t, const Str *name)
{
	return map_get(&t->object, KEY(name));
}

static uint32_t
last_of(const Training *t, const Str *name)
{
	return (uint32_t)(uintptr_t)map_get(&t->last, KEY(name));
}

/* A tensor called name, in that memory or one of its own. */
static Handle *
add_object(Training *t, const Str *name, Memory *m)
{
	Handle *o = new (t->arena, Handle);

	o->now = name;
	o->last = last_of(t, name);
	o->memory = m ? m : new (t->arena, Memory);
	vec_push(t->arena, &o->memory->view, o);
	map_put(&t->object, KEY(name), o);
	return o;
}

static void
read_now(Training *t, TArg *a, uint32_t at)
{
	Handle *o = object_of(t, a->s);

	(void)at;
	if (o)
		a->s = o->now;
}

/* ---- operations ---- */

/* In-place operations that change how a tensor is seen, not what it holds. */
static bool
is_reshaping(const char *base)
{
	static const char *const list[] = {"squeeze",   "unsqueeze", "transpose", "t",
	                                   "swapaxes",  "swapdims",  "detach",    "lift_fresh",
	                                   "swap_axes", "movedim"};

	return training_is_one_of(base, list, countof(list));
}

/* Those that leave it as it is, at inference. */
static bool
is_nothing(const char *base)
{
	static const char *const list[] = {"detach",        "lift_fresh",    "dropout",
	                                   "alpha_dropout", "feature_dropout", "requires_grad",
	                                   "feature_alpha_dropout"};

	return training_is_one_of(base, list, countof(list));
}

/* The operation that makes a new value, by the one that changes it. */
const char *
pt2_function_of(Arena *a, const char *op)
{
	static const struct {
		const char *from, *to;
	} other[] = {
	    {"pow_.Scalar", "pow.Tensor_Scalar"},
	    {"pow_.Tensor", "pow.Tensor_Tensor"},
	    {"transpose_.default", "transpose.int"},
	    {"swapaxes_.default", "transpose.int"},
	    {"swapdims_.default", "transpose.int"},
	    {"floor_divide_.Tensor", "floor_divide.default"},
	    {"float_power_.Scalar", "float_power.Tensor_Scalar"},
	    {"float_power_.Tensor", "float_power.Tensor_Tensor"},
	};
	const char *dot = strchr(op, '.');

	for (size_t i = 0; i < countof(other); i++)
		if (strcmp(op + 6, other[i].from) == 0)
			return arena_printf(a, "aten::%s", other[i].to);
	return arena_printf(a, "aten::%s%s", training_base(a, op), dot ? dot : ".default");
}

bool
pt2_changes(const char *op)
{
	const char *dot = strchr(op, '.');
	size_t n = dot ? (size_t)(dot - op) : strlen(op);

	return strncmp(op, "aten::", 6) == 0 && n > 7 && op[n - 1] == '_' && op[n - 2] != '_';
}

/* ---- what shares memory ---- */

/* Whether results share the memory of operand i: the signature says "Tensor(a) self … ->
 * Tensor(a)". */
static bool
is_view(const TNode *n)
{
	const char *arrow = n->schema ? strstr(n->schema->text, "->") : 0;

	return n->schema ? strstr(n->schema->text, "Tensor(a") && arrow && strstr(arrow, "(a")
	                 : strstr(n->op, "::") != 0;
}

static void
add_results(Training *t, TNode *n)
{
	Handle *self = n->nin && n->in[0].kind == T_VALUE ? object_of(t, n->in[0].s) : 0;
	Memory *m = self && is_view(n) ? self->memory : 0;

	if (m && m->changed && self == m->view.at[0])
		map_put(&t->twice, KEY(n), n);
	for (uint32_t i = 0; i < n->nout; i++) {
		if (n->out[i].name)
			add_object(t, n->out[i].name, m);
		for (uint32_t k = 0; k < n->out[i].nitem; k++)
			add_object(t, n->out[i].item[k], m);
	}
}

/* ---- in place ---- */

static bool
refuse_shared(Training *t, const TNode *n, const Handle *o)
{
	return diag_error(t->p->o->diag, n->at,
	                  "%.200s changes memory in place that is also read as '%.200s' "
	                  "afterwards: call run_decompositions({}) before saving the program",
	                  n->op, o->now->s);
}

/* No other view of the memory is read from node i on. */
static bool
check_views(Training *t, const TNode *n, const Handle *self, uint32_t i)
{
	const Memory *m = self->memory;

	if (m->owner)
		return diag_error(t->p->o->diag, n->at,
		                  "%.200s changes %s '%.200s' of the program in place: clone it "
		                  "first, or register a buffer, which becomes a state",
		                  n->op, m->owner, m->view.at[0]->now->s);
	for (uint32_t k = 0; k < m->view.n; k++) {
		const Handle *o = m->view.at[k];

		if (o != self && (o->last > i + 1 || o->buffer))
			return refuse_shared(t, n, o);
	}
	return true;
}

/* The counters of batch norm count examples, which inference has not. */
static bool
is_counter(const Handle *o)
{
	static const char name[] = "num_batches_tracked";

	return o->buffer && (str_is(o->buffer->path, name) ||
	                     ends_with(o->buffer->path->s, o->buffer->path->len,
	                               ".num_batches_tracked"));
}

/* Name is one more of a tensor's. */
static void
give_back(Training *t, const Str *name, Handle *o)
{
	map_put(&t->object, KEY(name), o);
	o->last = MAX(o->last, last_of(t, name));
}

/* `self.count += 1` writes the buffer back after it was changed. */
static bool
copies_itself(Training *t, const TNode *n, const char *base, const Handle *self)
{
	return strcmp(base, "copy") == 0 && n->nin > 1 && n->in[1].kind == T_VALUE &&
	       object_of(t, n->in[1].s) == self;
}

/* Node i, which changes its first operand, makes a new value of it. */
static bool
change(Training *t, TNode **node, uint32_t i, const char *base)
{
	TNode *n = node[i];
	Handle *self = n->nin && n->in[0].kind == T_VALUE ? object_of(t, n->in[0].s) : 0;
	const Str *name = n->nout == 1 ? n->out[0].name : 0;

	if (!self || !name)
		return diag_error(t->p->o->diag, n->at,
		                  "%.200s changes something else than one tensor: call "
		                  "run_decompositions({}) before saving the program",
		                  n->op);
	give_back(t, name, self);
	if (is_nothing(base) || is_counter(self) || copies_itself(t, n, base, self)) {
		node[i] = 0;
		return true;
	}
	if (!is_reshaping(base) && !check_views(t, n, self, i))
		return false;
	self->memory->changed |= !is_reshaping(base);
	for (uint32_t k = 0; k < n->nin; k++)
		training_visit(t, &n->in[k], i, read_now);
	training_become(t, n, pt2_function_of(t->arena, n->op));
	self->now = name;
	return true;
}

/* Before the first node: inputs and parameters, and buffers. */
static void
begin(Training *t)
{
	TGraph *g = t->p->g;

	for (uint32_t i = 0; i < g->input.n; i++)
		add_object(t, g->input.at[i].name, 0)->memory->owner = "input";
	for (uint32_t i = 0; i < g->constant.n; i++) {
		const TNamed *c = &g->constant.at[i];
		Handle *o = add_object(t, c->name, 0);

		if (c->buffer)
			o->buffer = arena_dup(t->arena, c, sizeof *c);
		else
			o->memory->owner = "parameter";
	}
}

/* Buffers that were changed are states. */
static void
find_states(Training *t)
{
	TGraph *g = t->p->g;
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->constant.n; i++) {
		TNamed c = g->constant.at[i];
		const Handle *o = object_of(t, c.name);

		if (c.buffer && o->now != c.name)
			vec_push(t->arena, &g->state,
			         (TState){c.path, c.name, targ_value(o->now), c.tensor});
		else
			g->constant.at[n++] = c;
	}
	g->constant.n = n;
}

static void
begin_maps(Training *t)
{
	Map *maps[] = {&t->object, &t->last, &t->renamed, &t->used, &t->count, &t->twice};

	for (size_t i = 0; i < countof(maps); i++)
		map_init(maps[i], t->arena);
}

bool
pt2_functional(Pt2 *p, TNode **node, uint32_t n)
{
	Training t = {.p = p, .arena = p->o->arena};
	TGraph *g = p->g;

	begin_maps(&t);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < node[i]->nin; k++)
			training_visit(&t, &node[i]->in[k], i + 1, note_last);
	for (uint32_t i = 0; i < g->top.nout; i++)
		training_visit(&t, &g->top.out[i], AT_END, note_last);
	begin(&t);
	for (uint32_t i = 0; i < n; i++) {
		TNode *x = node[i];
		const char *base = training_base(t.arena, x->op);

		const Str *self = x->nin && x->in[0].kind == T_VALUE ? x->in[0].s : 0;

		if (pt2_changes(x->op)) {
			if (!change(&t, node, i, base))
				return false;
			continue;
		}
		if (training_rewrite(&t, x, base, self) && x->nout == 1 && x->out[0].name) {
			give_back(&t, x->out[0].name, object_of(&t, self));
			node[i] = 0;
			continue;
		}
		add_results(&t, x);
		for (uint32_t k = 0; k < x->nin; k++)
			training_visit(&t, &x->in[k], i, read_now);
	}
	for (uint32_t i = 0; i < g->top.nout; i++)
		training_visit(&t, &g->top.out[i], n, read_now);
	find_states(&t);
	training_rename(&t, node, n);
	return true;
}
