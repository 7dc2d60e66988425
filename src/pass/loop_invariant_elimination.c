/* loop_invariant_elimination.c: what a loop carries along unchanged is read from outside.
 *
 *   %r:0, %r:1 = while_loop(loop_vars=(%a, %b))       %r = while_loop(loop_vars=(%a))
 *     cond(%p, %q) { … }                                cond(%p) { … }
 *     body(%p, %q) {                              ->    body(%p) {
 *       %n = add(x=%p, y=%q)                              %n = add(x=%p, y=%b)
 *     } -> (%n, %q)                                     } -> (%n)
 *
 * Unchanged is what the body returns as it got it, and what it returns of the outside when that is
 * what came in. An output of the block keeps its name through an identity. A loop that changes
 * nothing at all stays.
 */
#include "match.h"

static bool
is_invariant(const Inst *loop, uint32_t k)
{
	const Block *body = loop->block[1];
	const Var *v = body->out[k]->var;

	return v == body->param[k] || v == arg_at(inst_args(loop, "loop_vars"), k);
}

static uint32_t
count_invariants(const Inst *loop)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < loop->nout; k++)
		n += is_invariant(loop, k);
	return n;
}

/* Everyone gets what came in; afterwards nothing uses parameter or result k. */
static void
bypass(PassCtx *c, Inst *loop, uint32_t k)
{
	Var *in = arg_at(inst_args(loop, "loop_vars"), k), *out = loop->out[k];

	for (uint32_t b = 0; b < loop->nblock; b++)
		var_replace(loop->block[b]->param[k], in);
	if (var_leaves_block(out)) {
		Builder b = pass_builder_before(c, loop);
		in = build_must(&b, OP_identity, out->name, ARGS(VAR("x", in)));
	}
	pass_replace(out, in, NULL, 0);
}

static void
drop_params(Block *b, const bool *drop)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < b->nparam; k++)
		if (!drop[k]) {
			b->param[k]->index = n;
			b->param[n++] = b->param[k];
		}
	b->nparam = n;
}

static void
drop_results(PassCtx *c, Inst *loop, const bool *drop)
{
	Block *body = loop->block[1];
	Var **in = newn(c->arena, Var *, loop->nout), **out = newn(c->arena, Var *, loop->nout);
	uint32_t n = 0;

	for (uint32_t k = 0; k < loop->nout; k++)
		if (!drop[k]) {
			in[n] = arg_at(inst_args(loop, "loop_vars"), k);
			out[n] = body->out[k]->var;
			loop->out[k]->index = n;
			loop->out[n++] = loop->out[k];
		}
	for (uint32_t b = 0; b < loop->nblock; b++)
		drop_params(loop->block[b], drop);
	loop->nout = n;
	inst_set_arg_list(loop, op_param(loop->op, "loop_vars"), in, n);
	block_set_outputs(body, out, n);
}

bool
rewrite_loop_invariant_elimination(PassCtx *c, Inst *loop)
{
	uint32_t n = count_invariants(loop);
	bool *drop;

	if (n == 0 || n == loop->nout)
		return false;
	drop = newn(c->arena, bool, loop->nout);
	for (uint32_t k = 0; k < loop->nout; k++)
		drop[k] = is_invariant(loop, k);
	for (uint32_t k = 0; k < loop->nout; k++)
		if (drop[k])
			bypass(c, loop, k);
	drop_results(c, loop, drop);
	inst_name_set(loop, name_join(c, loop->name, "_renamed"));
	func_changed(loop->parent->func);
	return true;
}
