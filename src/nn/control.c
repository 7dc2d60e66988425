/* control.c: branches and loops.
 *
 * Blobs are variables: a network inside a branch or loop may write one that stands outside. So a
 * loop variable is one blob: what enters is copied into it, the body writes it again, and when the
 * loop ends it holds the result.
 *
 * A branch yields what both of its networks write, and what one writes over a blob from outside. A
 * loop yields the blobs from outside that its body writes; those are its variables. All of them
 * are floats: an integer may become a fraction in the second round, and the two sides of a branch
 * must agree.
 */
#include "lift.h"
#include "lower.h"

void
nn_copy(Nn *n, Blob from, Blob to)
{
	nn_layer1(n, nn_temp(n, to, "_copy"), "copy", from, to);
}

Msg *
nn_enter(Nn *n, Msg *net)
{
	Msg *outer = n->net;

	n->net = net;
	n->depth++;
	n->deepest = MAX(n->deepest, n->depth);
	return outer;
}

void
nn_leave(Nn *n, Msg *outer)
{
	n->net = outer;
	n->depth--;
}

static bool
lower_branch(Nn *n, Msg *net, const Block *b, const Inst *i)
{
	Msg *outer = nn_enter(n, net);
	bool ok = nn_block(n, b);

	for (uint32_t k = 0; ok && k < b->nout; k++)
		nn_copy(n, nn_name(n, b->out[k]->var), nn_name(n, i->out[k]));
	nn_leave(n, outer);
	return ok;
}

bool
nn_cond(Nn *n, const Inst *i)
{
	Blob pred = nn_blob(n, inst_arg(i, "pred"));
	Msg *p = nn_layer(n, nn_name(n, i->out[0]), "branch", &pred, 1, NULL, 0);
	Msg *yes = msg_sub(p, "ifBranch"), *no = msg_sub(p, "elseBranch");

	return lower_branch(n, yes, i->block[0], i) && lower_branch(n, no, i->block[1], i);
}

static void
name_params(Nn *n, const Block *b, const Inst *i)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		map_put(n->names, KEY(b->param[k]), (void *)(uintptr_t)nn_name(n, i->out[k]));
}

bool
nn_while(Nn *n, const Inst *i)
{
	const Arg *vars = inst_args(i, "loop_vars");
	const Block *cond = i->block[0], *body = i->block[1];
	Msg *p, *outer;
	bool ok;

	for (uint32_t k = 0; k < vars->n; k++)
		nn_copy(n, nn_blob(n, arg_at(vars, k)), nn_name(n, i->out[k]));
	name_params(n, cond, i);
	name_params(n, body, i);
	p = nn_layer(n, nn_temp(n, nn_name(n, i->out[0]), "_loop"), "loop", NULL, 0, NULL, 0);
	outer = nn_enter(n, msg_sub(p, "conditionNetwork"));
	ok = nn_block(n, cond);
	msg_string(p, "conditionVar", nn_name(n, cond->out[0]->var));
	n->net = msg_sub(p, "bodyNetwork");
	if (ok) {
		NnConst *loaded = n->loaded;
		ok = nn_block(n, body);
		/* A variable that another one's copy would overwrite before it is read goes
		 * through a blob of its own. */
		Blob *from = newn(n->arena, Blob, MAX(body->nout, 1));
		for (uint32_t k = 0; k < body->nout; k++) {
			Var *v = body->out[k]->var;
			from[k] = nn_name(n, v); /* nn_block() has loaded it if it is a constant */
			if (v->param_of == body && v->index < k) {
				Blob kept = nn_temp(n, from[k], "_kept");
				nn_copy(n, from[k], kept);
				from[k] = kept;
			}
		}
		for (uint32_t k = 0; k < body->nout; k++)
			if (body->out[k]->var != body->param[k])
				nn_copy(n, from[k], nn_name(n, body->param[k]));
		n->loaded = loaded;
	}
	nn_leave(n, outer);
	/* The peer loads what the body gives as constants behind the loop once more. */
	for (uint32_t k = 0; k < body->nout && ok; k++)
		nn_blob(n, body->out[k]->var);
	return ok;
}

/* ---- lifting: what networks write ---- */

/* Names that a network writes for sure, or may write over ones that are there before it. */
typedef struct Written {
	Map set; /* name -> (any) */
	VEC(const Str *) names;
	const struct Written *outer;
} Written;

static void
written_init(const Lift *l, Written *w, const Written *outer)
{
	memset(w, 0, sizeof *w);
	map_init(&w->set, l->arena);
	w->outer = outer;
}

static bool
exists(const Lift *l, const Written *w, const Str *name)
{
	for (; w; w = w->outer)
		if (map_get(&w->set, KEY(name)))
			return true;
	return lift_find(l, name) != NULL;
}

static void
write_name(const Lift *l, Written *w, const Str *name)
{
	if (map_get(&w->set, KEY(name)))
		return;
	map_put(&w->set, KEY(name), w);
	vec_push(l->arena, &w->names, name);
}

static bool scan(Lift *l, const Msg *net, Written *w, int depth);

/* What is there after a branch whose networks write a and b. */
static void
join(const Lift *l, Written *w, const Written *a, const Written *b)
{
	for (uint32_t k = 0; k < a->names.n; k++)
		if (map_get(&b->set, KEY(a->names.at[k])) || exists(l, w, a->names.at[k]))
			write_name(l, w, a->names.at[k]);
	for (uint32_t k = 0; k < b->names.n; k++)
		if (!map_get(&a->set, KEY(b->names.at[k])) && exists(l, w, b->names.at[k]))
			write_name(l, w, b->names.at[k]);
}

static bool
scan_layer(Lift *l, const Msg *layer, Written *w, int depth)
{
	const Msg *branch = msg_get(layer, "branch"), *loop = msg_get(layer, "loop");
	Written a, b;

	written_init(l, &a, w);
	written_init(l, &b, w);
	if (branch) {
		if (!scan(l, msg_get(branch, "ifBranch"), &a, depth) ||
		    !scan(l, msg_get(branch, "elseBranch"), &b, depth))
			return false;
		join(l, w, &a, &b);
	} else if (loop) {
		if (!scan(l, msg_get(loop, "bodyNetwork"), &a, depth))
			return false;
		join(l, w, &a, &b);
	} else {
		for (size_t k = 0; k < msg_count(layer, "output"); k++)
			write_name(l, w,
			           intern_cstr(l->c->names, msg_string_at(layer, "output", k)));
	}
	return true;
}

static bool
scan(Lift *l, const Msg *net, Written *w, int depth)
{
	if (!net)
		return true;
	if (depth > MAX_NETS)
		return lift_fail(l, "networks are nested more than %d deep", MAX_NETS);
	for (size_t k = 0; k < msg_count(net, "layers"); k++)
		if (!scan_layer(l, msg_at(net, "layers", k), w, depth + 1))
			return false;
	return true;
}

/* ---- shared by both ---- */

/* One number as a truth value. */
static Var *
truth(Lift *l, Var *v)
{
	return lift_scalar(l, lift_as(l, v, DT_BOOL), "condition");
}

/* Blobs and instructions go into a block of their own until leave(). */
static void
enter(Lift *l, Env *env, Builder *b, Lift *saved)
{
	*saved = *l;
	*env = (Env){.outer = l->env};
	map_init(&env->vars, l->arena);
	l->env = env;
	l->b = b;
}

static void
leave(Lift *l, const Lift *saved)
{
	uint32_t count = l->count;

	*l = *saved;
	l->count = count;
}

/* The named blobs, which join() found on all ways; 0 after reporting. */
static Var **
collect(Lift *l, const Written *w, bool floats)
{
	Var **v = newn(l->arena, Var *, MAX(w->names.n, 1));

	for (uint32_t k = 0; k < w->names.n; k++) {
		v[k] = lift_find(l, w->names.at[k]);
		if (!v[k])
			return lift_none(l, "'%s' is not written in all cases",
			                 w->names.at[k]->s);
		if (floats && !(v[k] = lift_float_var(l, v[k])))
			return NULL;
	}
	return v;
}

/* ---- branch ---- */

typedef struct Branch {
	Lift *l;
	const Msg *net;
	const Written *results;
	Var **out;                  /* of this one */
	const struct Branch *other; /* built before it, or 0 */
} Branch;

/* Both sides get one type: where a dimension differs, a symbol. The results are identities that
 * nothing else uses. */
static void
agree(Lift *l, Var *a, Var *b)
{
	const Type *both = type_for_both(l->c->types, a->type, b->type);

	if (a->type == b->type || !both)
		return;
	a->type = b->type = both;
	a->val = b->val = NULL;
	a->symval = b->symval = NULL;
}

static bool
build_branch(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out, uint32_t *nout)
{
	Branch *br = ctx;
	Lift *l = br->l, saved;
	Env env;
	bool ok;

	(void)param;
	(void)nparam;
	enter(l, &env, b, &saved);
	br->out = !br->net || lift_network(l, br->net) ? collect(l, br->results, true) : NULL;
	ok = br->out != NULL;
	for (uint32_t k = 0; ok && k < br->results->names.n; k++) {
		br->out[k] = lift_x(l, OP_identity, br->out[k]);
		ok = br->out[k] != NULL;
		if (ok && br->other)
			agree(l, br->other->out[k], br->out[k]);
	}
	leave(l, &saved);
	*out = br->out;
	*nout = br->results->names.n;
	return ok;
}

/* A condition that is known picks a network, which is lifted in place. */
static bool
lift_known(Lift *l, const Msg *net, const Written *results)
{
	Lift saved;
	Env env;
	Var **v;

	enter(l, &env, l->b, &saved);
	v = !net || lift_network(l, net) ? collect(l, results, false) : NULL;
	leave(l, &saved);
	for (uint32_t k = 0; v && k < results->names.n; k++)
		lift_bind(l, results->names.at[k], v[k]);
	return v != NULL;
}

bool
lift_branch(Lift *l)
{
	const Msg *yes = msg_get(l->params, "ifBranch"), *no = msg_get(l->params, "elseBranch");
	Var *pred = truth(l, lift_input(l, 0)), **outs;
	Written results;
	uint32_t nout;

	written_init(l, &results, NULL);
	if (!pred || !scan_layer(l, l->layer, &results, l->depth))
		return false;
	if (pred->val)
		return lift_known(l, tensor_i(pred->val, 0) ? yes : no, &results);
	if (results.names.n == 0)
		return true;
	Branch a = {l, yes, &results, NULL, NULL}, b = {l, no, &results, NULL, &a};
	BlockFn on = {build_branch, &a, NOSPAN}, off = {build_branch, &b, NOSPAN};
	if (!lift_ops(l, OP_cond,
	              ARGS(VAR("pred", pred), {.kind = A_FN, .name = "_true_fn", .fn = &on},
	                   {.kind = A_FN, .name = "_false_fn", .fn = &off}),
	              &outs, &nout))
		return false;
	for (uint32_t k = 0; k < nout; k++)
		lift_new(l, results.names.at[k], outs[k]);
	return true;
}

/* ---- loop ---- */

typedef struct Loop {
	Lift *l;
	const Msg *params;
	const Written *vars; /* the first loop variables */
	bool counted;        /* one more counts the rounds, */
	Var *limit;          /* … up to this */
} Loop;

static void
bind_params(Lift *l, const Loop *loop, Var *const *param)
{
	for (uint32_t k = 0; k < loop->vars->names.n; k++)
		lift_bind(l, loop->vars->names.at[k], param[k]);
}

static Var *
loop_condition(Lift *l, const Loop *loop, Var *const *param, bool has_network)
{
	const Str *name = intern_cstr(l->c->names, msg_get_string(loop->params, "conditionVar"));
	Var *below = NULL, *v;

	if (loop->counted)
		below = lift_xy(l, OP_less, param[loop->vars->names.n], loop->limit);
	if (!name->len && !has_network)
		return below;
	v = lift_find(l, name);
	if (!v)
		return lift_none(l, "its condition '%s' is not made by any layer", name->s);
	v = truth(l, v);
	return loop->counted ? lift_binary_op(l, OP_logical_and, below, v) : v;
}

static bool
build_condition(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out,
                uint32_t *nout)
{
	const Loop *loop = ctx;
	Lift *l = loop->l, saved;
	const Msg *net = msg_get(loop->params, "conditionNetwork");
	Env env;
	bool ok;

	(void)nparam;
	enter(l, &env, b, &saved);
	bind_params(l, loop, param);
	ok = !net || lift_network(l, net);
	*out = newn(l->arena, Var *, 1);
	*nout = 1;
	if (ok)
		(*out)[0] = loop_condition(l, loop, param, net && msg_count(net, "layers"));
	ok = ok && (*out)[0];
	leave(l, &saved);
	return ok;
}

static bool
build_body(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out, uint32_t *nout)
{
	const Loop *loop = ctx;
	Lift *l = loop->l, saved;
	const Msg *net = msg_get(loop->params, "bodyNetwork");
	uint32_t n = loop->vars->names.n;
	Var **v, **all = newn(l->arena, Var *, nparam);
	Env env;
	bool ok;

	enter(l, &env, b, &saved);
	bind_params(l, loop, param);
	ok = !net || lift_network(l, net);
	v = ok ? collect(l, loop->vars, true) : NULL;
	ok = v != NULL;
	if (ok)
		memcpy(all, v, n * sizeof *v);
	if (ok && loop->counted) {
		all[n] = lift_op(l, OP_add, ARGS(VAR("x", param[n]), OPINT(l, "y", 1)));
		ok = all[n] != NULL;
	}
	leave(l, &saved);
	*out = all;
	*nout = nparam;
	return ok;
}

/* How often it runs at most: by an input, by its own number, or (without a condition) 0 times. */
static bool
find_limit(Lift *l, Loop *loop)
{
	int64_t most = lift_number(l, "maxLoopIterations");
	const Msg *net = msg_get(l->params, "conditionNetwork");
	bool condition = *msg_get_string(l->params, "conditionVar") != '\0';

	if (net && msg_count(net, "layers") && !condition)
		return lift_fail(l, "it has a condition network, but conditionVar is empty");
	if (lift_ninput(l)) {
		loop->limit = lift_as(l, lift_input(l, 0), DT_INT32);
		if (loop->limit && loop->limit->type->rank)
			loop->limit = lift_x(l, OP_squeeze, loop->limit);
		loop->counted = true;
		return loop->limit != NULL;
	}
	loop->counted = most != 0 || !condition;
	if (loop->counted)
		loop->limit = lift_const(l, lift_int32(l, most < 0 ? INT32_MAX : most));
	return true;
}

/* The blobs from outside that the body writes; names that begin in it are its own. */
static bool
find_vars(Lift *l, Written *vars)
{
	Written body;

	written_init(l, &body, NULL);
	if (!scan(l, msg_get(l->params, "bodyNetwork"), &body, l->depth + 1))
		return false;
	for (uint32_t k = 0; k < body.names.n; k++)
		if (lift_find(l, body.names.at[k]))
			write_name(l, vars, body.names.at[k]);
	return true;
}

bool
lift_loop(Lift *l)
{
	Loop loop = {.l = l, .params = l->params};
	Written vars;
	Operand *item;
	Var **outs, **first;
	uint32_t n, nout;

	written_init(l, &vars, NULL);
	if (!find_limit(l, &loop) || !find_vars(l, &vars))
		return false;
	loop.vars = &vars;
	n = vars.names.n;
	if (n == 0)
		return true; /* nobody would see what it does */
	if (!(first = collect(l, &vars, true)))
		return false;
	item = newn(l->arena, Operand, (size_t)n + 1);
	for (uint32_t k = 0; k < n; k++)
		item[k] = (Operand){.kind = A_VAR, .var = first[k]};
	if (loop.counted)
		item[n] = (Operand){.kind = A_VAR, .var = lift_const(l, lift_int32(l, 0))};
	BlockFn cond = {build_condition, &loop, NOSPAN}, body = {build_body, &loop, NOSPAN};
	if (!lift_ops(l, OP_while_loop,
	              ARGS({.kind = A_FN, .name = "_cond", .fn = &cond},
	                   {.kind = A_FN, .name = "_body", .fn = &body},
	                   {.kind = A_LIST, .name = "loop_vars", .list = {item, n + loop.counted}}),
	              &outs, &nout))
		return false;
	for (uint32_t k = 0; k < n; k++)
		lift_new(l, vars.names.at[k], outs[k]);
	return true;
}
