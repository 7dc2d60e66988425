/* control_lift.c: branches and loops of layers as cond and while_loop.
 *
 * A branch yields what both of its networks write, and what one writes over a blob from outside. A
 * loop yields the blobs from outside that its body writes; those are its variables. All of them
 * are floats: an integer may become a fraction in the second round, and the two sides of a branch
 * must agree.
 *
 * loopBreak and loopContinue write two blobs of their loop: one says that the round is over, and
 * what comes behind a branch that may have written it is the other side of a branch on it; one says
 * that the loop is, and its condition looks at that.
 */
#include "lift.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what networks write ---- */

/* Names that a network writes for sure, or may write over ones that are there before it. */
typedef struct Written {
	Map set; /* name -> (any) */
	VEC(const Str *) names;
	const struct Written *outer;
	int loops; /* that it stands in */
} Written;

/* The blob that says that a loop is over, or the round of it: a name with the loop's number behind
 * a NUL, which no name in a file has. */
static const Str *
loop_flag(const Lift *l, int loop, bool whole)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%s", whole ? "loop_ended" : "round_ended") + 1;

	n += snprintf(text + n, sizeof text - (size_t)n, "%d", loop);
	return intern(l->c->names, text, (size_t)n);
}

/* The loop of such a name, or 0. */
static int
flag_of(const Str *name)
{
	size_t n = strlen(name->s);

	return n < name->len ? atoi(name->s + n + 1) : 0;
}

/* Binds what a branch or loop yields. */
static void
bind_yielded(Lift *l, const Str *name, Var *v)
{
	if (!flag_of(name)) {
		lift_new(l, name, v);
		return;
	}
	v->name = lift_free_name(l, intern_cstr(l->c->names, name->s));
	lift_bind(l, name, v);
}

static void
written_init(const Lift *l, Written *w, const Written *outer)
{
	memset(w, 0, sizeof *w);
	map_init(&w->set, l->arena);
	w->outer = outer;
	w->loops = outer ? outer->loops : l->loops;
}

/* A loop's two blobs are there in all that stands in it. */
static bool
exists(const Lift *l, const Written *w, const Str *name)
{
	int loop = flag_of(name);

	if (loop)
		return loop <= w->loops;
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

static bool scan(Lift *l, const Msg *net, size_t first, Written *w, int depth);

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
		if (!scan(l, msg_get(branch, "ifBranch"), 0, &a, depth) ||
		    !scan(l, msg_get(branch, "elseBranch"), 0, &b, depth))
			return false;
		join(l, w, &a, &b);
	} else if (loop) {
		a.loops++;
		if (!scan(l, msg_get(loop, "bodyNetwork"), 0, &a, depth))
			return false;
		join(l, w, &a, &b);
	} else if (msg_has(layer, "loopBreak") || msg_has(layer, "loopContinue")) {
		write_name(l, w, loop_flag(l, w->loops, false));
		if (msg_has(layer, "loopBreak"))
			write_name(l, w, loop_flag(l, w->loops, true));
	} else {
		for (size_t k = 0; k < msg_count(layer, "output"); k++)
			write_name(l, w,
			           intern_cstr(l->c->names, msg_string_at(layer, "output", k)));
	}
	return true;
}

/* The layers of a network from one on. */
static bool
scan(Lift *l, const Msg *net, size_t first, Written *w, int depth)
{
	if (!net)
		return true;
	if (depth > MAX_NETS)
		return lift_fail(l, "networks are nested more than %d deep", MAX_NETS);
	for (size_t k = first; k < msg_count(net, "layers"); k++)
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

/* A network inside lacks something: what it would have written is missing. False. */
static bool
leave_written(Lift *l, const Written *w)
{
	for (uint32_t k = 0; l->lacks->now && k < w->names.n; k++)
		map_put(&l->lacks->missing, KEY(w->names.at[k]), l);
	return false;
}

/* The named blobs, which join() found on all ways; 0 after reporting. */
static Var **
collect(Lift *l, const Written *w, bool floats)
{
	Var **v = newn(l->arena, Var *, MAX(w->names.n, 1));

	for (uint32_t k = 0; k < w->names.n; k++) {
		v[k] = lift_find(l, w->names.at[k]);
		if (lift_is_missing(l, w->names.at[k]))
			return NULL;
		if (!v[k])
			return lift_none(l, "'%s' is not written in all cases", w->names.at[k]->s);
		if (floats && !(v[k] = lift_float_var(l, v[k])))
			return NULL;
	}
	return v;
}

/* ---- branch ---- */

typedef struct Branch {
	Lift *l;
	const Msg *net;
	size_t first; /* of its layers */
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
	if (br->first) /* the rest of a round, which is not over */
		lift_bind(l, l->round_flag, lift_const(l, lift_one(l, 0)));
	br->out =
	    !br->net || lift_layers(l, br->net, br->first) ? collect(l, br->results, true) : NULL;
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
	v = !net || lift_layers(l, net, 0) ? collect(l, results, false) : NULL;
	leave(l, &saved);
	for (uint32_t k = 0; v && k < results->names.n; k++)
		lift_bind(l, results->names.at[k], v[k]);
	return v ? true : leave_written(l, results);
}

/* One of two networks; the second from some layer on. */
static bool
either(Lift *l, Var *pred, const Msg *yes, const Msg *no, size_t first, const Written *results)
{
	Branch a = {l, yes, 0, results, NULL, NULL}, b = {l, no, first, results, NULL, &a};
	BlockFn on = {build_branch, &a, NOSPAN}, off = {build_branch, &b, NOSPAN};
	Var **outs;
	uint32_t nout;

	if (!lift_ops(l, OP_cond,
	              ARGS(VAR("pred", pred), {.kind = A_FN, .name = "_true_fn", .fn = &on},
	                   {.kind = A_FN, .name = "_false_fn", .fn = &off}),
	              &outs, &nout))
		return leave_written(l, results);
	for (uint32_t k = 0; k < nout; k++)
		bind_yielded(l, results->names.at[k], outs[k]);
	return true;
}

bool
lift_branch(Lift *l)
{
	const Msg *yes = msg_get(l->params, "ifBranch"), *no = msg_get(l->params, "elseBranch");
	Var *pred = truth(l, lift_input(l, 0));
	Written results;

	written_init(l, &results, NULL);
	if (!scan_layer(l, l->layer, &results, l->depth))
		return false;
	if (!pred)
		return leave_written(l, &results);
	if (pred->val)
		return lift_known(l, tensor_i(pred->val, 0) ? yes : no, &results);
	if (results.names.n == 0)
		return true;
	return either(l, pred, yes, no, 0, &results);
}

/* ---- rounds that end early ---- */

/* Whether the round is over behind the layer at hand: 1, 0, or -1 if that is known at run time. */
int
lift_round_over(const Lift *l)
{
	const Var *v = l->round_flag ? lift_find(l, l->round_flag) : NULL;

	return !v ? 0 : v->val ? tensor_f(v->val, 0) != 0 : -1;
}

/* The layers of a network from one on, where the round is not over. */
bool
lift_rest(Lift *l, const Msg *net, size_t first)
{
	Written results, rest, nothing;
	Var *over;

	written_init(l, &results, NULL);
	written_init(l, &rest, &results);
	written_init(l, &nothing, &results);
	if (!scan(l, net, first, &rest, l->depth))
		return false;
	join(l, &results, &rest, &nothing);
	over = truth(l, lift_find(l, l->round_flag));
	if (results.names.n == 0)
		return true; /* nobody would see what it does */
	return over && either(l, over, NULL, net, first, &results);
}

bool
lift_loop_end(Lift *l)
{
	Var *yes;

	if (!l->round_flag)
		return lift_fail(l, "it stands in no loop");
	yes = lift_const(l, lift_one(l, 1));
	lift_bind(l, l->round_flag, yes);
	if (!strcmp(l->kind, "loopBreak"))
		lift_bind(l, loop_flag(l, l->loops, true), yes);
	return true;
}

/* ---- loop ---- */

typedef struct Loop {
	Lift *l;
	const Msg *params;
	const Written *vars; /* the first loop variables */
	bool counted;        /* one more counts the rounds, */
	Var *limit;          /* … up to this */
	const Str *ended;    /* the blob that says so, or 0: it always runs to its end */
	const Str *round;    /* … that a round is over, or 0 */
} Loop;

static void
bind_params(Lift *l, const Loop *loop, Var *const *param)
{
	for (uint32_t k = 0; k < loop->vars->names.n; k++)
		lift_bind(l, loop->vars->names.at[k], param[k]);
}

/* What the loop's count and its flag say: 0 and true if it has neither. */
static bool
goes_on(Lift *l, const Loop *loop, Var *const *param, Var **out)
{
	Var *more = NULL, *open = NULL;

	if (loop->counted &&
	    !(more = lift_xy(l, OP_less, param[loop->vars->names.n], loop->limit)))
		return false;
	if (loop->ended &&
	    !(open = lift_x(l, OP_logical_not, truth(l, lift_find(l, loop->ended)))))
		return false;
	*out = more && open ? lift_binary_op(l, OP_logical_and, more, open) : more ? more : open;
	return *out || !more || !open;
}

static Var *
loop_condition(Lift *l, const Loop *loop, Var *const *param, bool has_network)
{
	const Str *name = intern_cstr(l->c->names, msg_get_string(loop->params, "conditionVar"));
	Var *below = NULL, *v;

	if (!goes_on(l, loop, param, &below))
		return NULL;
	if (!name->len && !has_network)
		return below;
	v = lift_find(l, name);
	if (lift_is_missing(l, name))
		return NULL;
	if (!v)
		return lift_none(l, "its condition '%s' is not made by any layer", name->s);
	v = truth(l, v);
	return below ? lift_binary_op(l, OP_logical_and, below, v) : v;
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
	ok = !net || lift_layers(l, net, 0);
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
	l->loops++;
	l->round_flag = loop->round;
	if (loop->round)
		lift_bind(l, loop->round, lift_const(l, lift_one(l, 0)));
	ok = !net || lift_layers(l, net, 0);
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
find_vars(Lift *l, Loop *loop, Written *vars)
{
	const Str *ended = loop_flag(l, l->loops + 1, true);
	const Str *round = loop_flag(l, l->loops + 1, false);
	Written body;

	written_init(l, &body, NULL);
	body.loops++;
	if (!scan(l, msg_get(l->params, "bodyNetwork"), 0, &body, l->depth + 1))
		return false;
	if (map_get(&body.set, KEY(ended))) {
		loop->ended = ended;
		lift_bind(l, ended, lift_const(l, lift_one(l, 0)));
	}
	if (map_get(&body.set, KEY(round)))
		loop->round = round;
	for (uint32_t k = 0; k < body.names.n; k++)
		if (body.names.at[k] != round && lift_find(l, body.names.at[k]))
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
	if (!find_limit(l, &loop) || !find_vars(l, &loop, &vars))
		return false;
	loop.vars = &vars;
	n = vars.names.n;
	if (n == 0)
		return true; /* nobody would see what it does */
	if (!(first = collect(l, &vars, true)))
		return leave_written(l, &vars);
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
		return leave_written(l, &vars);
	for (uint32_t k = 0; k < n; k++)
		bind_yielded(l, vars.names.at[k], outs[k]);
	return true;
}
