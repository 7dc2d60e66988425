/* training_ops.c: what the decomposed program has in place of operations that share memory at
 * times, and how torch.fx names the nodes of a program.
 */
#include "training.h"

const char *
training_base(Arena *a, const char *op)
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

bool
training_is_one_of(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, list[i]) == 0)
			return true;
	return false;
}

void
training_become(Training *t, TNode *n, const char *op)
{
	n->op = op;
	n->key = intern_cstr(t->p->o->names, torch_key(t->arena, op));
	n->in_place = false;
	n->schema = schema_find(t->p->g->schemas, op);
}

/* op of these operands, and the defaults of the others. */
static void
become_of(Training *t, TNode *n, const char *op, const TArg *in, uint32_t nin)
{
	const Schema *s;

	training_become(t, n, op);
	s = n->schema;
	n->nin = s ? s->narg : nin;
	n->in = newn(t->arena, TArg, MAX(n->nin, 1));
	for (uint32_t i = 0; i < n->nin; i++) {
		n->in[i] = i < nin ? in[i] : s->arg[i].dflt;
		n->in[i].implied = i >= nin;
	}
}

/* ---- what the file says of values ---- */

static const JValue *
meta_of(Training *t, const Str *name, const char *member)
{
	const JValue *j = name ? map_get(&t->p->meta, KEY(name)) : 0;

	return j ? jtree_member(j, member) : &jtree_nothing;
}

/* Sizes or strides, where all are known. */
static bool
numbers_of(Training *t, const Str *name, const char *member, int64_t *out, uint32_t *n)
{
	const JValue *list = meta_of(t, name, member);
	TDim d;

	if (list->kind != J_LIST || list->n > TENSOR_MAX_RANK)
		return false;
	*n = list->n;
	for (uint32_t i = 0; i < *n; i++) {
		if (!pt2_size(t->p, &list->item[i], &d) || d.symbol || d.expr)
			return false;
		out[i] = d.n;
	}
	return true;
}

static const Str *
result_of(const TNode *n)
{
	return n->nout == 1 ? n->out[0].name : 0;
}

static TArg
list_of(Training *t, const int64_t *v, uint32_t n)
{
	TArg a = {.kind = T_LIST, .list = {newn(t->arena, TArg, MAX(n, 1)), n, false}};

	for (uint32_t i = 0; i < n; i++)
		a.list.item[i] = targ_int(v[i]);
	return a;
}

/* ---- operations ---- */

typedef bool Rewrite(Training *t, TNode *n, const Str *self);

static bool
as_clone(Training *t, TNode *n, const Str *self)
{
	(void)self;
	n->nout = MIN(n->nout, 1);
	become_of(t, n, "aten::clone.default", n->in, 1);
	return false;
}

static bool
as_self(Training *t, TNode *n, const Str *self)
{
	(void)t, (void)n, (void)self;
	return true;
}

/* Whether it is known to be contiguous, or not to be; false: neither. */
static bool
contiguity(Training *t, const Str *self, bool *is)
{
	int64_t size[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK], want = 1;
	uint32_t rank, m;

	if (!numbers_of(t, self, "sizes", size, &rank) ||
	    !numbers_of(t, self, "strides", stride, &m) || m != rank)
		return false;
	*is = true;
	for (uint32_t i = rank; i-- > 0;) {
		*is &= size[i] == 1 || stride[i] == want;
		if (__builtin_mul_overflow(want, MAX(size[i], 1), &want))
			return false;
	}
	return true;
}

/* A copy of what is not contiguous yet. */
static bool
contiguous(Training *t, TNode *n, const Str *self)
{
	bool is;

	if (n->nin < 2 || n->in[1].kind != T_INT || n->in[1].i != 0 || !contiguity(t, self, &is))
		return false;
	if (!is)
		become_of(t, n, "aten::clone.default", n->in, 2);
	return is;
}

/* Of the type of its result: nothing, where that is what it had. */
static bool
to(Training *t, TNode *n, const Str *self)
{
	const JValue *old = meta_of(t, self, "dtype"), *new_ = meta_of(t, result_of(n), "dtype");
	TArg in[2] = {n->in[0]};

	if (new_->kind != J_INT || pt2_c10(new_->i) < 0)
		return false;
	in[1] = targ_int(pt2_c10(new_->i));
	if (old->kind == J_INT && old->i == new_->i)
		return true;
	become_of(t, n, "aten::_to_copy.default", in, 2);
	return false;
}

static bool
sized(Training *t, TNode *n, const char *op)
{
	int64_t size[TENSOR_MAX_RANK];
	TArg in[2] = {n->in[0]};
	uint32_t rank;

	if (!numbers_of(t, result_of(n), "sizes", size, &rank))
		return false;
	in[1] = list_of(t, size, rank);
	become_of(t, n, op, in, 2);
	return true;
}

/* Its overload says nothing: it is known by its name. */
static bool
by_name(Training *t, TNode *n, const Str *self)
{
	(void)self;
	n->key = intern_cstr(t->p->o->names, training_base(t->arena, n->op));
	return false;
}

static bool
view(Training *t, TNode *n, const Str *self)
{
	if (sized(t, n, "aten::view.default"))
		return false;
	if (strncmp(n->op, "aten::view_as", 13) == 0)
		training_become(t, n, "aten::reshape_as.default");
	return by_name(t, n, self);
}

/* What is contiguous is seen in the shape that was asked for, with its -1. */
static bool
reshape(Training *t, TNode *n, const Str *self)
{
	bool is;

	if (n->nin == 2 && contiguity(t, self, &is) && is)
		become_of(t, n, "aten::view.default", n->in, 2);
	else
		sized(t, n, "aten::view.default");
	return false;
}

static bool
ravel(Training *t, TNode *n, const Str *self)
{
	int64_t all = -1;
	TArg in[2] = {n->in[0], list_of(t, &all, 1)};

	(void)self;
	become_of(t, n, "aten::view.default", in, 2);
	return false;
}

static bool
expand(Training *t, TNode *n, const Str *self)
{
	(void)self;
	if (!sized(t, n, "aten::expand.default") && strncmp(n->op, "aten::broadcast_to", 18) == 0)
		become_of(t, n, "aten::expand.default", n->in, 2);
	return false;
}

/* narrow(self, dim, start, length) */
static bool
narrow(Training *t, TNode *n, const Str *self)
{
	TArg in[4];

	(void)self;
	if (n->nin < 4 || n->in[2].kind != T_INT || n->in[3].kind != T_INT || n->in[2].i < 0 ||
	    n->in[3].i < 0 || n->in[3].i > INT64_MAX - n->in[2].i)
		return false;
	memcpy(in, n->in, sizeof in);
	in[3] = targ_int(n->in[2].i + n->in[3].i);
	become_of(t, n, "aten::slice.Tensor", in, 4);
	return false;
}

static bool
swap(Training *t, TNode *n, const Str *self)
{
	(void)self;
	if (n->nin >= 3)
		become_of(t, n, "aten::transpose.int", n->in, 3);
	return false;
}

static bool
matrix_transpose(Training *t, TNode *n, const Str *self)
{
	TArg in[3] = {n->in[0], targ_int(-2), targ_int(-1)};

	(void)self;
	become_of(t, n, "aten::transpose.int", in, 3);
	return false;
}

/* movedim(self, source, destination), of one dimension. */
static bool
movedim(Training *t, TNode *n, const Str *self)
{
	const JValue *sizes = meta_of(t, result_of(n), "sizes");
	int64_t rank = sizes->kind == J_LIST ? sizes->n : 0, from, to_, order[TENSOR_MAX_RANK];
	TArg in[2] = {n->in[0]};

	(void)self;
	if (n->nin < 3 || n->in[1].kind != T_INT || n->in[2].kind != T_INT ||
	    rank > TENSOR_MAX_RANK)
		return false;
	from = n->in[1].i + (n->in[1].i < 0 ? rank : 0);
	to_ = n->in[2].i + (n->in[2].i < 0 ? rank : 0);
	if (from < 0 || from >= rank || to_ < 0 || to_ >= rank)
		return false;
	for (int64_t i = 0, k = 0; i < rank; i++) {
		if (i == to_) {
			order[i] = from;
			continue;
		}
		k += k == from;
		order[i] = k++;
	}
	in[1] = list_of(t, order, (uint32_t)rank);
	become_of(t, n, "aten::permute.default", in, 2);
	return false;
}

/* chunk(self, chunks, dim): as split, by the size of the first piece. */
static bool
chunk(Training *t, TNode *n, const Str *self)
{
	const JValue *sizes;
	TArg in[3];
	int64_t axis;
	TDim d;

	(void)self;
	if (n->nin < 3 || n->in[2].kind != T_INT || n->nout != 1 || !n->out[0].nitem)
		return false;
	sizes = meta_of(t, n->out[0].item[0], "sizes");
	if (sizes->kind != J_LIST)
		return false;
	axis = n->in[2].i + (n->in[2].i < 0 ? sizes->n : 0);
	if (axis < 0 || axis >= sizes->n || !pt2_size(t->p, &sizes->item[axis], &d) || d.symbol ||
	    d.expr)
		return false;
	in[0] = n->in[0];
	in[1] = targ_int(d.n);
	in[2] = n->in[2];
	become_of(t, n, "aten::split.Tensor", in, 3);
	return false;
}

/* batch_norm(input, weight, bias, mean, var, training, momentum, eps, cudnn): inference, where
 * there is something to infer with. */
static bool
batch_norm(Training *t, TNode *n, const Str *self)
{
	TOut *out = newn(t->arena, TOut, 3);
	TArg in[7];

	(void)self;
	if (n->nin < 9 || n->in[3].kind != T_VALUE || n->in[4].kind != T_VALUE || n->nout != 1)
		return false;
	memcpy(in, n->in, 5 * sizeof *in);
	memcpy(in + 5, n->in + 6, 2 * sizeof *in);
	out[0] = n->out[0];
	become_of(t, n, "aten::_native_batch_norm_legit_no_training.default", in, 7);
	n->out = out;
	n->nout = 3;
	return false;
}

bool
training_rewrite(Training *t, TNode *n, const char *base, const Str *self)
{
	static const struct {
		const char *base;
		Rewrite *fn;
	} rows[] = {
	    {"dropout", as_clone},
	    {"native_dropout", as_clone},
	    {"lift_fresh_copy", as_clone},
	    {"lift_fresh", as_clone},
	    {"feature_dropout", as_self},
	    {"alpha_dropout", as_self},
	    {"feature_alpha_dropout", as_self},
	    {"positive", as_self},
	    {"contiguous", contiguous},
	    {"to", to},
	    {"reshape", reshape},
	    {"flatten", view},
	    {"unflatten", view},
	    {"ravel", ravel},
	    {"reshape_as", view},
	    {"view_as", view},
	    {"expand_as", expand},
	    {"broadcast_to", expand},
	    {"narrow", narrow},
	    {"swapaxes", swap},
	    {"swapdims", swap},
	    {"mT", matrix_transpose},
	    {"adjoint", matrix_transpose},
	    {"movedim", movedim},
	    {"moveaxis", movedim},
	    {"chunk", chunk},
	    {"batch_norm", batch_norm},
	    {"tensor_split", by_name},
	};

	if (!self || strncmp(n->op, "aten::", 6) != 0)
		return false;
	for (size_t i = 0; i < countof(rows); i++)
		if (strcmp(base, rows[i].base) == 0)
			return rows[i].fn(t, n, self);
	return false;
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
	    {"narrow", "slice"},     {"to", "_to_copy"},       {"sym_size", "sym_size_int"},
	};
	char *base = arena_strdup(t->arena, training_base(t->arena, n->op));

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

	if (training_is_one_of(base, python, countof(python)))
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

/* A view of what was changed is made twice, and the first of them dropped. */
static void
skip_names(Training *t, const TNode *x, bool several)
{
	next_name(t, new_base(t, x));
	for (uint32_t k = 0; several && k < x->nout; k++)
		for (uint32_t m = 0; m < MAX(x->out[k].nitem, 1); m++)
			next_name(t, "getitem");
}

void
training_rename(Training *t, TNode **node, uint32_t n)
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
			training_visit(t, &x->in[k], i, read_renamed);
		if (map_get(&t->twice, KEY(x)))
			skip_names(t, x, several);
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
		training_visit(t, &g->top.out[i], n, read_renamed);
	for (uint32_t i = 0; i < g->state.n; i++)
		training_visit(t, &g->state.at[i].written, n, read_renamed);
}
