/* script_inline.c: calls become what they call, and what is done around that (script.h): tuples
 * that are taken apart where they are made, names of operations that are aliases, the order of the
 * results of conditions and loops, chunks, and tensors that are numbers.
 */
#include "script.h"

enum { CALL_DEPTH = 100, COPIED_NODES = 1 << 20 };

/* ---- calls ---- */

/* "a.b" for self.a.b, "" for self; 0: it is neither. */
static const Str *
path_of(Script *s, const JGraph *g, JVal *v)
{
	const char *path = "";

	for (v = jv(v); v->node->kind == J_GETATTR; v = jin(v->node, 0))
		path = arena_printf(s->arena, *path ? "%s.%s" : "%s%s", v->node->attr->s, path);
	if (!g->top->param->nout || v != g->top->param->out[0])
		return 0;
	return intern_cstr(s->names, path);
}

static void
set_scope(Script *s, JNode *n, const Str *outer)
{
	if (outer->len)
		n->scope = n->scope && n->scope->len
		               ? intern_printf(s->names, "%s.%s", outer->s, n->scope->s)
		               : outer;
	for (uint32_t i = 0; i < n->nblock; i++)
		for (JNode *m = first_node(n->block[i]); m != n->block[i]->end; m = m->next)
			set_scope(s, m, outer);
}

static void
inline_call(JNode *n)
{
	JGraph *g = n->owner->g, *callee = func_optimized(g->s, n->fn, n->at);
	Script *s = g->s;
	const Str *scope = n->fn->cls && n->nin ? path_of(s, g, n->in[0]) : 0;
	JVal *result;

	if (!callee || callee->top->param->nout != n->nin || callee->top->end->nin != 1) {
		script_fail(s, n->at, "%s cannot be called so", n->fn->name->s);
		return;
	}
	g->at = n;
	jcopy_begin(s);
	for (uint32_t i = 0; i < n->nin; i++)
		jcopy_is(s, callee->top->param->out[i], jin(n, i));
	for (JNode *m = first_node(callee->top); m != callee->top->end; m = m->next) {
		JNode *c = jnode_clone(g, m);

		if (++s->ncopied > COPIED_NODES) {
			script_fail(s, n->at,
			            "with all calls inlined, the program has more than %d nodes",
			            COPIED_NODES);
			break;
		}

		if (scope)
			set_scope(s, c, scope);
	}
	g->at = g->top->end;
	if (s->failed)
		return;
	result = jcopy_of(s, callee->top->end->in[0]);
	if (n->out[0]->name)
		jvalue_name(result, n->out[0]->name);
	jvalue_replace(n->out[0], result);
	jnode_destroy(n);
}

static void
inline_block(JBlock *b)
{
	JNode *next;

	for (JNode *n = first_node(b); n != b->end && !b->g->s->failed; n = next) {
		next = n->next;
		if (n->kind == J_CALL)
			inline_call(n);
		else
			for (uint32_t i = 0; i < n->nblock; i++)
				inline_block(n->block[i]);
	}
}

void
pass_inline(JGraph *g)
{
	inline_block(g->top);
}

/* What is put in place of a call: the function with all its own calls in it, simplified. */
JGraph *
func_optimized(Script *s, JFunc *f, Span at)
{
	JGraph *g;

	if (f->optimized || s->failed)
		return s->failed ? 0 : f->optimized;
	if (f->busy)
		script_fail(s, at, "%s calls itself: TorchScript cannot do that", f->name->s);
	else if (s->depth >= CALL_DEPTH)
		script_fail(s, at, "the calls of %s are nested too deeply", f->name->s);
	if (s->failed)
		return 0;
	f->busy = true;
	s->depth++;
	g = func_graph(s, f);
	if (g) {
		g = jgraph_copy(g);
		pass_inline(g);
		if (!s->failed)
			pass_peephole(g);
		pass_fold(g);
		pass_pool(g);
	}
	s->depth--;
	f->busy = false;
	return f->optimized = s->failed ? 0 : g;
}

/* ---- tuples ---- */

static void
lower_tuple(JNode *n)
{
	JNode *made;
	int64_t i;

	if (n->kind != J_TUPLE_UNPACK && n->kind != J_TUPLE_INDEX && n->kind != J_TUPLE_SLICE)
		return;
	made = jin(n, 0)->node;
	if (made->kind != J_TUPLE)
		return;
	if (n->kind == J_TUPLE_UNPACK) {
		for (uint32_t k = 0; k < n->nout && k < made->nin; k++)
			jvalue_replace(n->out[k], jin(made, k));
	} else if (n->kind == J_TUPLE_INDEX) {
		if (!const_int(jin(n, 1), &i))
			return;
		i += i < 0 ? made->nin : 0;
		if (i >= 0 && i < made->nin)
			jvalue_replace(n->out[0], jin(made, (uint32_t)i));
	} else {
		int64_t from = n->value.list.item[0].i, to = n->value.list.item[1].i;
		JGraph *g = n->owner->g;

		for (int64_t k = from; k < to; k++)
			jin(made, (uint32_t)k);
		g->at = n;
		jvalue_replace(n->out[0], jtuple(g, made->in + from, (uint32_t)(to - from),
		                                 n->out[0]->type, n->at));
		g->at = g->top->end;
	}
}

static void
lower_tuples(JBlock *b)
{
	for (JNode *n = first_node(b); n != b->end; n = n->next) {
		lower_tuple(n);
		for (uint32_t i = 0; i < n->nblock; i++)
			lower_tuples(n->block[i]);
	}
}

void
pass_simple_tuples(JGraph *g)
{
	lower_tuples(g->top);
	pass_dce(g);
}

/* ---- aliases of operations ---- */

static const char *
alias_of(const Str *op)
{
	static const char *const pairs[][2] = {
	    {"absolute", "abs"},      {"clip", "clamp"},        {"linalg_det", "det"},
	    {"ger", "outer"},         {"arccos", "acos"},       {"arcsin", "asin"},
	    {"arctan", "atan"},       {"arctan2", "atan2"},     {"arccosh", "acosh"},
	    {"arcsinh", "asinh"},     {"arctanh", "atanh"},     {"fix", "trunc"},
	    {"negative", "neg"},      {"subtract", "sub"},      {"greater_equal", "ge"},
	    {"greater", "gt"},        {"less_equal", "le"},     {"less", "lt"},
	    {"not_equal", "ne"},      {"divide", "div"},        {"multiply", "mul"},
	    {"true_divide", "div"},   {"row_stack", "vstack"},  {"swapdims", "transpose"},
	    {"swapaxes", "transpose"}, {"moveaxis", "movedim"}, {"degrees", "rad2deg"},
	    {"radians", "deg2rad"},   {"special_erf", "erf"},   {"special_erfc", "erfc"},
	    {"special_exp2", "exp2"}, {"special_expm1", "expm1"}, {"special_expit", "sigmoid"},
	    {"special_logit", "logit"}, {"special_logsumexp", "logsumexp"},
	    {"special_round", "round"}, {"special_log1p", "log1p"}, {"special_sinc", "sinc"},
	    {"special_digamma", "digamma"}, {"special_psi", "digamma"}, {"special_i0", "i0"},
	    {"special_xlogy", "xlogy"}, {"special_log_softmax", "log_softmax"},
	    {"special_softmax", "softmax"}, {"special_gammaln", "lgamma"},
	    {"special_erfinv", "erfinv"}, {"special_polygamma", "polygamma"},
	    {"orgqr", "linalg_householder_product"}, {"special_multigammaln", "mvlgamma"},
	    {"linalg_matmul", "matmul"}, {"concatenate", "cat"}, {"concat", "cat"},
	    {"_linalg_inv_ex", "linalg_inv_ex"}, {"inverse", "linalg_inv"},
	};
	const char *s = op->s;
	size_t n;

	if (strncmp(s, "aten::", 6) != 0)
		return 0;
	s += 6;
	n = strlen(s);
	n -= n && s[n - 1] == '_';
	for (size_t i = 0; i < countof(pairs); i++)
		if (pairs[i][0][0] == *s && strlen(pairs[i][0]) == n &&
		    memcmp(pairs[i][0], s, n) == 0)
			return pairs[i][1];
	return 0;
}

static void
rename_node(JNode *n, const char *name)
{
	JGraph *g = n->owner->g;
	Script *s = g->s;
	bool in_place = n->op->s[n->op->len - 1] == '_';
	const Str *op = intern_printf(s->names, "aten::%s%s", name, in_place ? "_" : "");
	JNode *c;
	const Sig *sig = sigs_of(s, op);

	while (sig && strcmp(sig->schema->overload, n->sig->schema->overload) != 0)
		sig = sig->next;
	if (!sig || sig->narg != n->sig->narg)
		return;
	c = jnode_op(g, op, sig, n->at);
	jnode_before(c, n);
	for (uint32_t i = 0; i < n->nin; i++)
		jinput_add(c, jin(n, i));
	for (uint32_t i = 0; i < n->nout; i++) {
		JVal *v = joutput_add(c, n->out[i]->type);

		if (n->out[i]->name)
			jvalue_name(v, n->out[i]->name);
		jvalue_replace(n->out[i], v);
	}
	c->scope = n->scope;
	jnode_destroy(n);
}

static void
normalize(JBlock *b)
{
	JNode *next;

	for (JNode *n = first_node(b); n != b->end; n = next) {
		const char *name = n->kind == J_OP && n->sig ? alias_of(n->op) : 0;

		next = n->next;
		for (uint32_t i = 0; i < n->nblock; i++)
			normalize(n->block[i]);
		if (name && n->nin && jin(n, 0)->type->kind == TY_TENSOR)
			rename_node(n, name);
	}
}

void
pass_normalize(JGraph *g)
{
	normalize(g->top);
}

/* ---- the order of results ---- */

/* Notes who uses what from the end of the graph to its beginning: the value whose first use comes
 * first, in the order of printing, has the greatest number. */
static void
note_uses(JNode *n, uint32_t *count)
{
	for (uint32_t i = n->nin; i-- > 0;)
		jin(n, i)->number = ++*count;
}

/* Which result comes at place i: by the first use; those without come last, as they were. */
static uint32_t *
order_of(JNode *n)
{
	uint32_t *at = newn(n->owner->g->s->arena, uint32_t, n->nout + 1);

	for (uint32_t i = 0; i < n->nout; i++) {
		uint32_t k = i;

		for (; k > 0 && n->out[i]->number > n->out[at[k - 1]]->number; k--)
			at[k] = at[k - 1];
		at[k] = i;
	}
	return at;
}

static void
permute(Script *s, void *array, uint32_t n, const uint32_t *at)
{
	void **p = array, **old = arena_dup(s->arena, p, n * sizeof *p);

	for (uint32_t i = 0; i < n; i++)
		p[i] = old[at[i]];
}

static void
order_block(JBlock *b, uint32_t *count)
{
	Script *s = b->g->s;

	note_uses(b->end, count);
	for (JNode *n = b->end->prev; n != b->param; n = n->prev) {
		uint32_t *at, first = n->kind == J_LOOP ? 1 : 0;

		if ((n->kind == J_IF || n->kind == J_LOOP) && n->nout > 1) {
			at = order_of(n);
			permute(s, n->out, n->nout, at);
			if (first) {
				permute(s, n->in + 2, n->nout, at);
				permute(s, n->block[0]->param->out + 1, n->nout, at);
			}
			for (uint32_t i = 0; i < n->nblock; i++)
				permute(s, n->block[i]->end->in + first, n->nout, at);
		}
		for (uint32_t i = n->nblock; i-- > 0;)
			order_block(n->block[i], count);
		note_uses(n, count);
	}
}

void
pass_order_outputs(JGraph *g)
{
	uint32_t count = 0;

	order_block(g->top, &count);
}

/* ---- chunks, and tensors that are numbers ---- */

static bool
is_overload(const JNode *n, const char *op, const char *overload)
{
	return is_op(n, op) && n->sig && strcmp(n->sig->schema->overload, overload) == 0;
}

/* x + tensor(2.) is x + 2. */
static void
number_operand(JNode *n)
{
	static const char *const ops[] = {"aten::add", "aten::sub", "aten::mul", "aten::div"};
	JGraph *g = n->owner->g;
	const TArg *a = 0;
	const Tensor *t;
	const Sig *sig;
	JNode *c;
	JVal *v;
	TArg number;
	bool real, match = false;

	for (size_t i = 0; i < countof(ops); i++)
		match |= is_overload(n, ops[i], "Tensor");
	if (match)
		a = literal_of(jin(n, 1));
	if (!a || a->kind != T_TENSOR || a->tensor->t->rank || a->tensor->quant)
		return;
	t = a->tensor->t;
	real = dtype_is_float(t->dtype);
	if (!real && !dtype_is_int(t->dtype) && t->dtype != DT_BOOL)
		return;
	number = real ? (TArg){.kind = T_FLOAT, .f = {tensor_f(t, 0)}} : targ_int(tensor_i(t, 0));
	if (t->dtype == DT_BOOL)
		number.kind = T_BOOL;
	for (sig = sigs_of(g->s, n->op); sig && strcmp(sig->schema->overload, "Scalar") != 0;)
		sig = sig->next;
	g->at = n;
	v = jconst(g, number, 0, n->at);
	c = jnode_insert(g, jnode_op(g, n->op, sig, n->at));
	g->at = g->top->end;
	for (uint32_t i = 0; i < n->nin; i++)
		jinput_add(c, i == 1 ? v : jin(n, i));
	c->scope = n->scope;
	v = joutput_add(c, n->out[0]->type);
	if (n->out[0]->name)
		jvalue_name(v, n->out[0]->name);
	jvalue_replace(n->out[0], v);
}

static bool
is_chunk(JNode *n, int64_t *chunks, int64_t *dim)
{
	return is_op(n, "aten::chunk") && n->nin == 3 && const_int(jin(n, 1), chunks) &&
	       const_int(jin(n, 2), dim) && *chunks >= 1 && *chunks <= 4096;
}

/* Counts for each chunk the nodes that take all its parts. */
static void
count_unpacks(JBlock *b)
{
	int64_t chunks, dim;

	for (JNode *n = first_node(b); n != b->end; n = n->next) {
		for (uint32_t i = 0; i < n->nblock; i++)
			count_unpacks(n->block[i]);
		if (is_chunk(n, &chunks, &dim))
			n->out[0]->number = 0;
		if (n->kind == J_LIST_UNPACK && is_chunk(jin(n, 0)->node, &chunks, &dim) &&
		    n->nout == chunks)
			jin(n, 0)->number++;
	}
}

/* A chunk whose parts are all named is one node with that many results. */
static void
constant_chunk(JNode *n)
{
	JGraph *g = n->owner->g;
	int64_t chunks, dim;
	TArg *attr;
	JNode *c;

	if (!is_chunk(n, &chunks, &dim) || n->out[0]->number != n->out[0]->nuse)
		return;
	g->at = n;
	c = jnode_insert(g, jnode_new(g, J_CHUNK, 0, n->at));
	g->at = g->top->end;
	attr = newn(g->s->arena, TArg, 2);
	attr[0] = targ_int(chunks);
	attr[1] = targ_int(dim);
	c->value = (TArg){.kind = T_LIST, .list = {attr, 2, false}};
	c->scope = n->scope;
	jinput_add(c, jin(n, 0));
	for (int64_t i = 0; i < chunks; i++)
		joutput_add(c, g->s->basic[TY_TENSOR]);
	jcopy_is(g->s, n->out[0], c->out[0]);
}

/* The parts of a chunk that became one node. */
static void
take_chunks(JNode *n)
{
	JVal *list = n->kind == J_LIST_UNPACK ? jin(n, 0) : 0;
	JVal *part = list ? jcopy_of(n->owner->g->s, list) : 0;

	for (uint32_t i = 0; part != list && i < n->nout; i++)
		jvalue_replace(n->out[i], part->node->out[i]);
}

static void
fuser_ops(JBlock *b)
{
	for (JNode *n = first_node(b); n != b->end; n = n->next) {
		for (uint32_t i = 0; i < n->nblock; i++)
			fuser_ops(n->block[i]);
		number_operand(n);
		constant_chunk(n);
		take_chunks(n);
	}
}

void
pass_chunks(JGraph *g)
{
	count_unpacks(g->top);
	jcopy_begin(g->s);
	fuser_ops(g->top);
	pass_dce(g);
}
