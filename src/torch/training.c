/* training.c: the TRAINING dialect, which torch.export.export makes, as functions of values: what
 * run_decompositions({}) would leave of it as far as others can see, with the same names.
 *
 *	y = relu_(x); z = add_(y, 1); dropout(z)        y = relu(x); z = add(y, 1); clone(z)
 *
 * A node that changes a tensor in place becomes one that makes a new value, which stands for that tensor
 * from there on. That is right while no other view of its memory is read afterwards; it is refused
 * otherwise. A buffer that is changed becomes a state.
 */
#include "pt2.h"
#include "schema.h"

/* The tensors that share some memory. */
typedef struct Handle Handle;
typedef struct Memory {
	VEC(Handle *) view;
	const char *owner; /* "input", "parameter": it cannot be changed; or 0 */
} Memory;
/* What the program calls one tensor: all names that in-place operations give it. */
struct Handle {
	const Str *now;     /* the value that holds its content */
	uint32_t last;      /* the node that reads it last, + 1; UINT32_MAX: the end */
	Memory *memory;
	const TNamed *buffer; /* whose it is */
};

typedef struct Training {
	Pt2 *p;
	Arena *arena;
	Map object;  /* Str -> Handle */
	Map last;    /* Str -> number of the node that reads it last, + 1 */
	Map renamed; /* Str -> Str, at the end */
	Map used;    /* names that are taken */
	Map count;   /* of names with a number, by what stands before it */
} Training;

enum { AT_END = UINT32_MAX };

/* ---- who reads what ---- */

typedef void ArgVisit(Training *t, TArg *a, uint32_t at);

static void
visit(Training *t, TArg *a, uint32_t at, ArgVisit *fn)
{
	if (a->kind == T_VALUE)
		fn(t, a, at);
	else if (a->kind == T_LIST)
		for (uint32_t i = 0; i < a->list.n; i++)
			visit(t, &a->list.item[i], at, fn);
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

/* Its name without namespace, overload and the mark of in-place ones. */
static const char *
base_name(Arena *a, const char *op)
{
	const char *s = strstr(op, "::"), *dot;
	size_t n;

	s = s ? s + 2 : strrchr(op, '.') ? strrchr(op, '.') + 1 : op;
	dot = strchr(s, '.');
	n = dot ? (size_t)(dot - s) : strlen(s);
	if (n > 1 && s[n - 1] == '_' && s[n - 2] != '_')
		n--;
	return arena_printf(a, "%.*s", (int)n, s);
}

static bool
is_one_of(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, list[i]) == 0)
			return true;
	return false;
}

/* In-place operations that change how a tensor is seen, not what it holds. */
static bool
is_reshaping(const char *base)
{
	static const char *const list[] = {"squeeze",   "unsqueeze", "transpose", "t",
	                                   "swapaxes",  "swapdims",  "detach",    "lift_fresh",
	                                   "swap_axes", "movedim"};

	return is_one_of(base, list, countof(list));
}

static bool
is_dropout(const char *base)
{
	static const char *const list[] = {"dropout", "feature_dropout", "alpha_dropout",
	                                   "feature_alpha_dropout", "native_dropout"};

	return is_one_of(base, list, countof(list));
}

static void
become(Training *t, TNode *n, const char *op)
{
	n->op = op;
	n->key = intern_cstr(t->p->o->names, torch_key(t->arena, op));
	n->in_place = false;
	n->schema = schema_find(t->p->g->schemas, op);
}

/* op(self), whatever else the node took. */
static void
become_unary(Training *t, TNode *n, const char *op)
{
	TArg self = n->in[0];

	become(t, n, op);
	n->nin = n->schema ? n->schema->narg : 1;
	n->in = newn(t->arena, TArg, MAX(n->nin, 1));
	for (uint32_t i = 1; i < n->nin; i++) {
		n->in[i] = n->schema->arg[i].dflt;
		n->in[i].implied = true;
	}
	n->in[0] = self;
	n->nout = MIN(n->nout, 1);
}

/* batch_norm(input, weight, bias, mean, var, training, momentum, eps, cudnn): inference, where there is
 * something to infer with. */
static void
batch_norm(Training *t, TNode *n)
{
	static const uint8_t keep[] = {0, 1, 2, 3, 4, 6, 7};
	TArg *in = newn(t->arena, TArg, countof(keep));
	TOut *out = newn(t->arena, TOut, 3);

	if (n->nin < 9 || n->in[3].kind != T_VALUE || n->in[4].kind != T_VALUE)
		return;
	for (size_t i = 0; i < countof(keep); i++)
		in[i] = n->in[keep[i]];
	out[0] = n->out[0];
	become(t, n, "aten::_native_batch_norm_legit_no_training.default");
	n->in = in;
	n->nin = countof(keep);
	n->out = out;
	n->nout = 3;
}

/* chunk(self, chunks, dim): as split, by the size of the first piece. */
static void
chunk(Training *t, TNode *n)
{
	const TOut *o = &n->out[0];
	const Json *sizes;
	TArg *in = newn(t->arena, TArg, 3);
	TDim d = {.n = 0};
	int64_t axis;

	if (n->nin < 3 || n->in[2].kind != T_INT || n->nout != 1 || !o->nitem)
		return;
	sizes = pt2_member(pt2_member(t->p->values, o->item[0]->s), "sizes");
	axis = n->in[2].i + (n->in[2].i < 0 ? sizes->n : 0);
	if (axis < 0 || axis >= INT32_MAX || !pt2_size(t->p, pt2_item(sizes, (uint32_t)axis), &d) ||
	    d.symbol || d.expr)
		return;
	in[0] = n->in[0];
	in[1] = targ_int(d.n);
	in[2] = n->in[2];
	become(t, n, "aten::split.Tensor");
	n->in = in;
	n->nin = 3;
}

static void
matrix_transpose(Training *t, TNode *n)
{
	TArg *in = newn(t->arena, TArg, 3);

	in[0] = n->in[0];
	in[1] = targ_int(-2);
	in[2] = targ_int(-1);
	become(t, n, "aten::transpose.int");
	n->in = in;
	n->nin = 3;
}

/* Operations that the decomposed program does not have, by what it has in their place. */
static void
rewrite(Training *t, TNode *n, const char *base)
{
	static const struct {
		const char *from, *to;
	} same[] = {
	    {"swapaxes", "aten::transpose.int"}, {"swapdims", "aten::transpose.int"},
	    {"ravel", "aten::flatten.using_ints"}, {"view_as", "aten::reshape_as.default"},
	    {"broadcast_to", "aten::expand.default"}, {"lift_fresh_copy", "aten::clone.default"},
	    {"moveaxis", "aten::movedim.int"},
	};

	if (!n->nin || n->in[0].kind != T_VALUE)
		return;
	if (is_dropout(base) || strcmp(base, "lift_fresh_copy") == 0) {
		become_unary(t, n, "aten::clone.default");
		return;
	}
	if (strcmp(base, "batch_norm") == 0)
		batch_norm(t, n);
	else if (strcmp(base, "chunk") == 0)
		chunk(t, n);
	else if (strcmp(base, "mT") == 0 || strcmp(base, "adjoint") == 0)
		matrix_transpose(t, n);
	for (size_t i = 0; i < countof(same); i++)
		if (strcmp(base, same[i].from) == 0) {
			const Schema *s = schema_find(t->p->g->schemas, same[i].to);
			TArg *in = newn(t->arena, TArg, s ? s->narg : n->nin);

			for (uint32_t k = 0; s && k < s->narg; k++)
				in[k] = k < n->nin ? n->in[k] : s->arg[k].dflt;
			become(t, n, same[i].to);
			if (s) {
				n->in = in;
				n->nin = s->narg;
			}
		}
}

/* ---- what shares memory ---- */

/* Whether results share the memory of operand i: the signature says "Tensor(a) self … -> Tensor(a)". */
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
	                  "%s changes memory in place that is also read as '%s' afterwards: call "
	                  "run_decompositions({}) before saving the program",
	                  n->op, o->now->s);
}

/* No other view of the memory is read from node i on. */
static bool
check_views(Training *t, const TNode *n, const Handle *self, uint32_t i)
{
	const Memory *m = self->memory;

	if (m->owner)
		return diag_error(t->p->o->diag, n->at,
		                  "%s changes %s '%s' of the program in place: clone it first, or "
		                  "register a buffer, which becomes a state",
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

/* Node i, which changes its first operand, makes a new value of it. */
static bool
change(Training *t, TNode **node, uint32_t i, const char *base)
{
	TNode *n = node[i];
	Handle *self = n->nin && n->in[0].kind == T_VALUE ? object_of(t, n->in[0].s) : 0;
	const Str *name = n->nout == 1 ? n->out[0].name : 0;

	if (!self || !name)
		return diag_error(t->p->o->diag, n->at,
		                  "%s changes something else than one tensor: call "
		                  "run_decompositions({}) before saving the program",
		                  n->op);
	map_put(&t->object, KEY(name), self);
	self->last = MAX(self->last, last_of(t, name));
	if (strcmp(base, "detach") == 0 || strcmp(base, "lift_fresh") == 0 || is_counter(self)) {
		node[i] = 0;
		return true;
	}
	if (!is_reshaping(base) && !is_dropout(base) && !check_views(t, n, self, i))
		return false;
	for (uint32_t k = 0; k < n->nin; k++)
		visit(t, &n->in[k], i, read_now);
	if (is_dropout(base))
		become_unary(t, n, "aten::clone.default");
	else
		become(t, n, arena_printf(t->arena, "aten::%s%s", base,
		                          strchr(n->op, '.') ? strchr(n->op, '.') : ".default"));
	self->now = name;
	return true;
}

/* An in-place operation, by its mark or its signature. */
static bool
is_change(const TNode *n)
{
	const char *dot = strchr(n->op, '.');
	size_t len = dot ? (size_t)(dot - n->op) : strlen(n->op);

	return strncmp(n->op, "aten::", 6) == 0 && len > 8 && n->op[len - 1] == '_' &&
	       n->op[len - 2] != '_';
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

/* ---- names ---- */

/* What the decomposed program calls the operation. */
static const char *
new_base(Training *t, const TNode *n)
{
	static const struct {
		const char *from, *to;
	} names[] = {
	    {"reshape", "view"},     {"flatten", "view"},      {"unflatten", "view"},
	    {"reshape_as", "view"},  {"contiguous", "clone"},  {"chunk", "split"},
	    {"expand_as", "expand"}, {"numpy_T", "permute"},   {"movedim", "permute"},
	    {"narrow", "slice"},     {"to", "_to_copy"},       {"type_as", "_to_copy"},
	    {"sym_size", "sym_size_int"},
	};
	char *base = arena_strdup(t->arena, base_name(t->arena, n->op));

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(base, names[i].from) == 0)
			return names[i].to;
	for (char *p = base; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return base;
}

/* The next free name of that base, as torch.fx counts: names of Python's own are never free. */
static const Str *
next_name(Training *t, const char *base)
{
	static const char *const python[] = {
	    "abs", "all",    "any",   "bin",   "bool",  "complex", "divmod", "filter",
	    "float", "format", "hash", "hex",  "int",   "iter",    "len",    "list",
	    "map",  "max",   "min",   "oct",   "ord",   "pow",     "range",  "round",
	    "set",  "slice", "sorted", "sum",  "tuple", "type",    "zip",    "and",
	    "or",   "not",   "is",
	};
	Interner *names = t->p->o->names;
	const Str *key = intern_cstr(names, base), *name = key;
	uintptr_t count = (uintptr_t)map_get(&t->count, KEY(key));

	if (is_one_of(base, python, countof(python)))
		name = intern_printf(names, "%s_%u", base, (unsigned)++count);
	while (map_get(&t->used, KEY(name)))
		name = intern_printf(names, "%s_%u", base, (unsigned)++count);
	map_put(&t->used, KEY(name), t);
	if (count)
		map_put(&t->count, KEY(key), (void *)count);
	return name;
}

static void
read_renamed(Training *t, TArg *a, uint32_t at)
{
	const Str *s = map_get(&t->renamed, KEY(a->s));

	(void)at;
	if (s)
		a->s = s;
}

static const Str *
rename_to(Training *t, const Str *old, const Str *name)
{
	if (old)
		map_put(&t->renamed, KEY(old), (void *)(uintptr_t)name);
	return old ? name : 0;
}

static void
rename_all(Training *t, TNode **node, uint32_t n)
{
	TGraph *g = t->p->g;

	for (uint32_t i = 0; i < g->input.n; i++)
		map_put(&t->used, KEY(g->input.at[i].name), t);
	for (uint32_t i = 0; i < g->constant.n; i++)
		map_put(&t->used, KEY(g->constant.at[i].name), t);
	for (uint32_t i = 0; i < g->state.n; i++)
		map_put(&t->used, KEY(g->state.at[i].read), t);
	for (uint32_t i = 0; i < n; i++) {
		TNode *x = node[i];
		bool several = x && (x->nout > 1 || (x->nout == 1 && x->out[0].nitem));

		if (!x)
			continue;
		for (uint32_t k = 0; k < x->nin; k++)
			visit(t, &x->in[k], i, read_renamed);
		x->name = next_name(t, new_base(t, x));
		for (uint32_t k = 0; k < x->nout; k++) {
			TOut *o = &x->out[k];

			if (!o->nitem)
				o->name = rename_to(t, o->name,
				                    several ? next_name(t, "getitem") : x->name);
			for (uint32_t m = 0; m < o->nitem; m++)
				o->item[m] = rename_to(t, o->item[m], next_name(t, "getitem"));
		}
	}
	for (uint32_t i = 0; i < g->top.nout; i++)
		visit(t, &g->top.out[i], n, read_renamed);
	for (uint32_t i = 0; i < g->state.n; i++)
		visit(t, &g->state.at[i].written, n, read_renamed);
}

bool
pt2_functional(Pt2 *p, TNode **node, uint32_t n)
{
	Training t = {.p = p, .arena = p->o->arena};
	TGraph *g = p->g;
	Map *maps[] = {&t.object, &t.last, &t.renamed, &t.used, &t.count};

	for (size_t i = 0; i < countof(maps); i++)
		map_init(maps[i], t.arena);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < node[i]->nin; k++)
			visit(&t, &node[i]->in[k], i + 1, note_last);
	for (uint32_t i = 0; i < g->top.nout; i++)
		visit(&t, &g->top.out[i], AT_END, note_last);
	begin(&t);
	for (uint32_t i = 0; i < n; i++) {
		TNode *x = node[i];
		const char *base = base_name(t.arena, x->op);

		if (is_change(x)) {
			if (!change(&t, node, i, base))
				return false;
			continue;
		}
		add_results(&t, x);
		for (uint32_t k = 0; k < x->nin; k++)
			visit(&t, &x->in[k], i, read_now);
		rewrite(&t, x, base);
	}
	for (uint32_t i = 0; i < g->top.nout; i++)
		visit(&t, &g->top.out[i], n, read_now);
	find_states(&t);
	rename_all(&t, node, n);
	return true;
}
