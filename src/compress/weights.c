/* weights.c: which constants are taken, what is done with each, and how it is replaced. */
#include "weights.h"

#include "runtime/eval.h"

#include <stdio.h>

enum { MIN_ELEMENTS = 10 }; /* fewer stand in the program rather than in the weights file */

bool
job_error(Job *j, const char *fmt, ...)
{
	j->failed = true;
	WITH_ARGS(fmt, ap, diag_vreport(j->prog->diag, DIAG_ERROR, j->c->span, fmt, ap));
	return false;
}

/* A script converts the model; the command has one that was. */
bool
job_needs_ios18(Job *j, const char *what)
{
	return job_error(j,
	                 j->c->span.at
	                     ? "%s possible from iOS18 on: convert the model with "
	                       "minimum_deployment_target=ct.target.iOS18"
	                     : "%s possible from iOS18 on: 'milc edit --target iOS18' raises the "
	                       "model",
	                 what);
}

void
job_skip(Job *j, const char *fmt, ...)
{
	char why[300];

	WITH_ARGS(fmt, ap, vsnprintf(why, sizeof why, fmt, ap));
	diag_warning(j->prog->diag, j->c->span, "weight '%s' stays as it is: %s",
	             j->op->out[0]->name->s, why);
}

bool
is_constexpr(const Inst *i)
{
	return i && i->op->flags & CONSTEXPR;
}

/* ---- who uses a weight ---- */

Inst *
weight_user(const Var *v)
{
	const Block *b = v->def->parent;
	Inst *first = NULL, *user = NULL;

	for each_use (u, v) {
		Inst *at = u->user ? use_holder(u, b) : NULL;
		if (!at || (first && !inst_before(at, first)))
			continue;
		first = at;
		user = u->user;
	}
	return user;
}

static bool
all_users_constexpr(const Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++)
		for each_use (u, i->out[k])
			if (u->user && !is_constexpr(u->user))
				return false;
	return true;
}

static Inst *
first_user(const Inst *i)
{
	Inst *user = NULL;

	for (uint32_t k = 0; k < i->nout && !user; k++)
		user = weight_user(i->out[k]);
	return user;
}

/* The operation as it stands where the type rules of channels look. */
static Channels
channels_of(Job *j, const Inst *user, const Var *v)
{
	const Var *y;
	bool turned, right;

	if (is_constexpr(user))
		return weight_channels(j, user->out[0]);
	if (inst_is(user, OP_conv_transpose))
		return (Channels){0, 1};
	if (!inst_is(user, OP_matmul))
		return (Channels){1, 0};
	y = inst_arg(user, "y");
	right = y == v;
	turned = inst_int(user, right ? "transpose_y" : "transpose_x");
	return right == turned ? (Channels){v->type->rank - 1, v->type->rank - 2}
	                       : (Channels){v->type->rank - 2, v->type->rank - 1};
}

Channels
weight_channels(Job *j, const Var *v)
{
	Channels all = {1, 0}, c;
	bool any = false;

	for each_use (u, v) {
		if (!u->user)
			continue;
		c = channels_of(j, u->user, v);
		if (any && c.in != all.in)
			all.in = -1;
		if (any && c.out != all.out)
			all.out = -1;
		if (!any)
			all = c;
		any = true;
	}
	return all;
}

/* ---- its configuration ---- */

static const CompressRule *
find_rule(const CompressRule *rule, uint32_t n, const Str *key)
{
	for (uint32_t i = n; i-- > 0;)
		if (rule[i].key == key)
			return &rule[i];
	return NULL;
}

const OpCompress *
compress_of(const Compression *c, const Inst *i)
{
	const CompressRule *r = find_rule(c->names.at, c->names.n, i->name);
	Interner *names = i->parent->func->prog->names;

	if (!r)
		r = find_rule(c->types.at, c->types.n, intern_cstr(names, i->op->name));
	return r ? r->what : c->all;
}

static bool
same_config(const OpCompress *a, const OpCompress *b)
{
	return a == b || (a && b && memcmp(a, b, sizeof *a) == 0);
}

/* Of a constant or a constexpr operation. */
static const OpCompress *
weight_config(Job *j, const Inst *i)
{
	const CompressRule *r = find_rule(j->c->names.at, j->c->names.n, i->name);
	const OpCompress *what = NULL;
	const Inst *first = first_user(i);

	if (r)
		return r->what;
	if (find_rule(j->c->types.at, j->c->types.n, intern_cstr(j->prog->names, i->op->name)))
		return job_error(j, "the kind of operation '%s' has a configuration of its own: "
		                    "weights go by that of their users, or by the one for all",
		                 i->op->name)
		           ? what
		           : NULL;
	if (!first)
		return NULL;
	if (all_users_constexpr(i))
		return weight_config(j, first);
	what = compress_of(j->c, first);
	for (uint32_t k = 0; k < i->nout; k++)
		for each_use (u, i->out[k])
			if (u->user && !same_config(what, compress_of(j->c, u->user))) {
				job_error(j,
				          "weight '%s' is used by %s '%s' and %s '%s', whose "
				          "configurations differ",
				          i->name->s, first->op->name, first->name->s,
				          u->user->op->name, u->user->name->s);
				return NULL;
			}
	return what;
}

/* ---- which constants ---- */

static bool
in_weights_file(const Type *t)
{
	return t->kind == TY_TENSOR && t->count >= MIN_ELEMENTS &&
	       (t->dtype == DT_FP16 || t->dtype == DT_FP32 ||
	        (dtype_is_int(t->dtype) && dtype_bits(t->dtype) <= 8));
}

/* A weight that is compressed already, for joint pruning. */
static bool
is_prunable(const Inst *i)
{
	return i->op->since >= IOS18 &&
	       (inst_is(i, OP_constexpr_blockwise_shift_scale) ||
	        inst_is(i, OP_constexpr_lut_to_dense));
}

static bool
is_candidate(const Job *j, const Inst *i)
{
	bool constexpr = j->c->joint && j->step == STEP_PRUNE;

	if (constexpr ? !is_prunable(i) : !inst_is(i, OP_const))
		return false;
	return in_weights_file(i->out[0]->type);
}

/* Elements of the weight that comes of it in the end. */
static int64_t
final_count(const Job *j, const Inst *i)
{
	const Inst *user = first_user(i);

	if (j->c->joint && is_constexpr(user))
		return final_count(j, user);
	return i->out[0]->type->count;
}

/* Joint compression takes one operand of the operations that decompress. */
static bool
operand_is_joint(const Job *j, const Inst *user, const Var *v)
{
	static const struct {
		CompressStep step;
		Opcode op;
		const char *operand;
	} joint[] = {
	    {STEP_PALETTIZE, OP_constexpr_sparse_to_dense, "nonzero_data"},
	    {STEP_PALETTIZE, OP_constexpr_blockwise_shift_scale, "data"},
	    {STEP_QUANTIZE, OP_constexpr_lut_to_dense, "lut"},
	    {STEP_QUANTIZE, OP_constexpr_lut_to_sparse, "lut"},
	    {STEP_QUANTIZE, OP_constexpr_sparse_to_dense, "nonzero_data"},
	};

	for (size_t k = 0; k < countof(joint); k++)
		if (joint[k].step == j->step && inst_is(user, joint[k].op))
			return inst_arg(user, joint[k].operand) == v;
	return false;
}

static bool
users_allow(const Job *j)
{
	const Var *v = j->op->out[0];

	if (j->c->joint && var_nchild(v, 2) == 1 && operand_is_joint(j, weight_user(v), v))
		return true;
	for each_use (u, v)
		if (is_constexpr(u->user))
			return false;
	return true;
}

static bool
is_wanted(Job *j)
{
	j->what = weight_config(j, j->op);
	if (!j->what || j->failed)
		return false;
	if (j->c->deprecated)
		return true;
	if (!users_allow(j))
		return false;
	if (j->what->weight_threshold < 0)
		return job_error(j, "weight_threshold is None: 0 takes weights of any size");
	if (!is_constexpr(weight_user(j->op->out[0])) && j->op->out[0]->type->rank <= 1)
		return false;
	return final_count(j, j->op) > j->what->weight_threshold;
}

/* ---- replacing ---- */

Inst *
sparse_user(const Job *j)
{
	Inst *user = j->c->joint ? weight_user(j->op->out[0]) : NULL;

	return inst_is(user, OP_constexpr_sparse_to_dense) ? user : NULL;
}

Builder
job_builder(Job *j, Inst *before)
{
	PassCtx c = {.prog = j->prog, .arena = j->arena};

	return pass_builder_before(&c, before);
}

const Str *
job_name(Job *j, const char *ending)
{
	return intern_printf(j->prog->names, "%s%s", j->op->name->s, ending);
}

void
job_replace(Job *j, Var *by, const Loss *loss)
{
	if (j->c->seen)
		j->c->seen(j->c->seen_ctx, j->op, by, loss);
	var_replace(j->op->out[0], by);
	inst_remove(j->op);
}

/* ---- all of them ---- */

typedef VEC(Inst *) Insts;

static bool
compress_block(Job *j, Block *b, Insts *found)
{
	static void (*const steps[])(Job *) = {
	    [STEP_PRUNE] = prune_weight,
	    [STEP_PALETTIZE] = palettize_weight,
	    [STEP_QUANTIZE] = quantize_weight,
	};
	uint32_t begin = found->n;

	for each_inst (i, b) {
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!compress_block(j, i->block[k], found))
				return false;
		if (is_candidate(j, i) && (!j->c->select || j->c->select(j->c->ctx, i)))
			vec_push(j->arena, found, i);
	}
	for (uint32_t k = begin; k < found->n && !j->failed; k++) {
		j->op = found->at[k];
		if (is_wanted(j))
			steps[j->step](j);
	}
	found->n = begin;
	return !j->failed;
}

bool
compress_takes(CompressStep step, Work work)
{
	return step == STEP_QUANTIZE    ? work == WORK_LINEAR
	       : step == STEP_PALETTIZE ? work == WORK_PALETTE
	                                : work >= WORK_PRUNE_SHARE;
}

bool
compress_program(Program *p, const Compression *c, CompressStep step)
{
	Job j = {.c = c, .step = step, .prog = p, .arena = p->arena};
	Insts found = {0};

	for (uint32_t k = 0; k < p->funcs.n && !j.failed; k++) {
		Func *f = p->funcs.at[k];
		if (c->joint && f->opset < IOS18)
			return job_needs_ios18(&j, "joint compression is");
		compress_block(&j, f->body, &found);
	}
	return !j.failed;
}

/* ---- back ---- */

static const Tensor *
evaluate(Arena *a, const Var *v, int depth, char *why, size_t n)
{
	const Inst *i = v->def;
	EvalArg arg[MAX_PARAMS] = {0};
	RtValue in[MAX_PARAMS] = {0}, out[4] = {0};
	uint64_t seed = 0;
	Eval e = {.arena = a, .arg = arg, .out = out, .seed = &seed};

	if (v->val)
		return v->val;
	if (!is_constexpr(i) || !i->op->eval || i->nout > countof(out) || depth > 8) {
		snprintf(why, n, "it is not known");
		return NULL;
	}
	for (uint32_t k = 0; k < i->op->nparam; k++) {
		if (!i->arg[k].n)
			continue;
		in[k].t = evaluate(a, i->arg[k].u[0]->var, depth + 1, why, n);
		if (!in[k].t)
			return NULL;
		arg[k] = (EvalArg){&in[k], 1};
	}
	e.row = i->op;
	e.nout = i->nout;
	e.out_dtype = i->out[0]->type->dtype;
	if (i->op->eval(&e))
		return out[v->index].t;
	snprintf(why, n, "%s", e.err);
	return NULL;
}

const Tensor *
weight_value(Arena *a, const Var *v, const char **why)
{
	char text[sizeof((Eval *)0)->err];
	const Tensor *t = evaluate(a, v, 0, text, sizeof text);

	*why = t ? NULL : arena_strdup(a, text);
	return t;
}

static bool
decompress_block(Program *p, Block *b, Span span)
{
	const Tensor *val[2];
	const char *why;

	for each_inst (i, b) {
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!decompress_block(p, i->block[k], span))
				return false;
		if (!is_constexpr(i))
			continue;
		for (uint32_t k = 0; k < i->nout && k < countof(val); k++) {
			PassCtx c = {.prog = p, .arena = p->arena};
			Builder at = pass_builder_before(&c, i);
			val[k] = weight_value(p->arena, i->out[k], &why);
			if (!val[k])
				return diag_error(p->diag, span,
				                  "weight '%s' cannot be decompressed: %s",
				                  i->out[k]->name->s, why);
			var_replace(i->out[k], build_const(&at, i->out[k]->name, val[k]));
		}
		inst_remove(i);
	}
	return true;
}

bool
decompress_program(Program *p, Span span)
{
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (!decompress_block(p, p->funcs.at[k]->body, span))
			return false;
	return true;
}
