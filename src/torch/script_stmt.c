/* script_stmt.c: statements of the code text (script.h), and the functions that they make up.
 * Conditions and loops are blocks whose variables are still stored and loaded; script_ssa.c gives
 * them operands and results.
 */
#include "script.h"

static void emit_block(Emit *e, const Stmt *st);

/* ---- assignment ---- */

static void assign(Emit *e, const Expr *target, Sugar v, const Ty *note);

static void
assign_items(Emit *e, const Expr *target, JVal *v, Span at)
{
	JVal **item;
	uint32_t n = target->n;

	if (v->type->kind == TY_TUPLE) {
		item = jtuple_unpack(e->g, v, &n, at);
	} else if (v->type->kind == TY_LIST) {
		JNode *u = jnode_insert(e->g, jnode_new(e->g, J_LIST_UNPACK, 0, at));

		jinput_add(u, v);
		for (uint32_t i = 0; i < n; i++)
			joutput_add(u, v->type->item[0]);
		item = u->out;
	} else {
		script_fail(e->s, at, "%s cannot be taken apart", ty_text(e->s, v->type));
		return;
	}
	if (n != target->n) {
		script_fail(e->s, target->span, "%u names for %u values", target->n, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		assign(e, target->at[i], sugar_value(item[i]), 0);
}

static void
assign_attribute(Emit *e, const Expr *target, JVal *v)
{
	JVal *obj = emit_expr(e, target->obj, 0);
	JClass *c = obj->type->kind == TY_CLASS ? class_find(e->s, obj->type->name) : 0;
	const JAttr *a = c ? class_attr(e->s, c, target->attr) : 0;
	JNode *n;

	if (!a) {
		script_fail(e->s, target->span, "%s has no attribute '%s'",
		            ty_text(e->s, obj->type), target->attr->s);
		return;
	}
	n = jnode_insert(e->g, jnode_new(e->g, J_SETATTR, 0, target->span));
	n->attr = target->attr;
	jinput_add(n, obj);
	jinput_add(n, v);
}

static void
assign_item(Emit *e, const Expr *target, JVal *v)
{
	JVal *obj = emit_expr(e, target->a, 0);
	JVal *key = emit_expr(e, target->b, 0);

	emit_op(e->g, target->span, "aten::_set_item", (JVal *[]){obj, key, v}, 3);
}

static void
assign(Emit *e, const Expr *target, Sugar v, const Ty *note)
{
	switch (target->kind) {
	case E_NAME:
		var_set(e, target->span, target->id, v, note);
		break;
	case E_TUPLE:
	case E_LIST:
		assign_items(e, target, sugar_as_value(e, target->span, v), target->span);
		break;
	case E_ATTR:
		assign_attribute(e, target, sugar_as_value(e, target->span, v));
		break;
	case E_INDEX:
		assign_item(e, target, sugar_as_value(e, target->span, v));
		break;
	default:
		script_fail(e->s, target->span, "this cannot be assigned to");
	}
}

static void
emit_assign(Emit *e, const Stmt *st)
{
	const Expr *target = st->target.at[0];
	uint32_t n = target->kind == E_TUPLE ? target->n : 1;

	if (st->target.n != 1) {
		script_fail(e->s, st->span, "an assignment to several targets is not supported");
		return;
	}
	assign(e, target, emit_sugar(e, st->value, n, 0), 0);
}

static void
emit_annotated(Emit *e, const Stmt *st)
{
	const Ty *t;

	if (!st->b) {
		script_fail(e->s, st->span, "a variable without a value");
		return;
	}
	t = ty_of_note(e->s, st->note);
	assign(e, st->a, emit_sugar(e, st->b, 1, t), t);
}

static void
emit_return(Emit *e, const Stmt *st)
{
	Script *s = e->s;
	JNode *n;
	JVal *v = st->expr ? emit_expr(e, st->expr, e->result)
	                     : jconst(e->g, (TArg){.kind = T_NONE}, s->basic[TY_NONE], st->span);

	if (!(e->result->kind == TY_TENSOR && v->type->kind == TY_NONE))
		v = convert_to(e->g, st->span, e->result, v);
	if (!ty_is(v->type, e->result)) {
		script_fail(s, st->span, "the function returns %s, this is %s",
		            ty_text(s, e->result), ty_text(s, v->type));
		return;
	}
	n = jnode_insert(e->g, jnode_new(e->g, J_RETURN, 0, st->span));
	jinput_add(n, v);
	e->returned = true;
	e->frame->block->exits = true;
}

/* ---- conditions ---- */

static VarFrame *
emit_branch(Emit *e, JBlock *b, const Stmt *body)
{
	JNode *at = e->g->at;

	frame_push(e, b);
	e->g->at = b->end;
	emit_block(e, body);
	e->g->at = at;
	return frame_pop(e);
}

/* Whether the variable can be had at the end of the block; that loads it there. */
static bool
visible(Emit *e, VarFrame *f, const Str *name, JVal **out)
{
	JNode *at = e->g->at;
	Sugar v = {.kind = SUGAR_OPS};
	bool found;

	e->g->at = f->block->end;
	found = var_find(e, f, name, &v);
	e->g->at = at;
	if (out)
		*out = found && v.kind == SUGAR_VALUE ? jv(v.v) : 0;
	return found;
}

static void
add_name(Script *s, StrList *l, const Str *name)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->at[i] == name)
			return;
	vec_push(s->arena, l, name);
}

/* A variable that the one branch leaves, where the other does not come to its end. */
static JVal *
uninitialized(Emit *e, JBlock *b, const Str *name, const Ty *t)
{
	JNode *at = e->g->at, *st;
	JVal *v;

	e->g->at = b->end;
	v = joutput_add(jnode_insert(e->g, jnode_new(e->g, J_UNINIT, 0, NOSPAN)), t);
	st = jnode_insert(e->g, jnode_new(e->g, J_STORE, 0, NOSPAN));
	st->attr = name;
	jinput_add(st, v);
	e->g->at = at;
	return v;
}

/* What is assigned in a branch is there afterwards if it is there at the end of both. */
static void
join_branches(Emit *e, VarFrame *then, VarFrame *orelse)
{
	VarFrame *frame[2] = {then, orelse};
	StrList both = {0};

	for (int i = 0; i < 2; i++)
		for (uint32_t k = 0; k < frame[i]->defined.n; k++) {
			const Str *name = frame[i]->defined.at[k];

			if (visible(e, frame[1 - i], name, 0) || frame[1 - i]->block->exits)
				add_name(e->s, &both, name);
		}
	for (uint32_t k = 0; k < both.n && !e->s->failed; k++) {
		const Str *name = both.at[k];
		JVal *v[2] = {0};
		const Ty *t;

		for (int i = 0; i < 2; i++)
			if (!frame[i]->block->exits)
				visible(e, frame[i], name, &v[i]);
		if (!v[0] && !v[1])
			continue;
		for (int i = 0; i < 2; i++)
			if (!v[i])
				v[i] = uninitialized(e, frame[i]->block, name, v[1 - i]->type);
		t = ty_unify(e->s, v[0]->type, v[1]->type);
		if (t)
			var_set_type(e, name, t);
	}
}

/* What torch's compiler knows without running it. */
static bool
known_call(const JNode *n, bool *out)
{
	*out = is_op(n, "aten::is_scripting");
	return *out || is_op(n, "aten::has_torch_function");
}

static void
emit_if(Emit *e, const Stmt *st)
{
	JVal *c = emit_bool(e, st->test->span, emit_expr(e, st->test, 0));
	JBlock *then, *orelse;
	VarFrame *f[2];
	JNode *n;
	bool known;

	if (e->s->failed)
		return;
	if (const_bool(c, &known) || known_call(c->node, &known)) {
		emit_block(e, known ? st->body : st->orelse);
		return;
	}
	n = jnode_insert(e->g, jnode_new(e->g, J_IF, 0, st->span));
	jinput_add(n, c);
	then = jblock_add(e->g, n);
	orelse = jblock_add(e->g, n);
	f[0] = emit_branch(e, then, st->body);
	f[1] = emit_branch(e, orelse, st->orelse);
	if (then->exits && orelse->exits)
		n->owner->exits = true;
	if (!e->s->failed)
		join_branches(e, f[0], f[1]);
}

/* ---- loops ---- */

static JVal *
loop_count(Emit *e, const Sugar *r, Span at)
{
	if (r->only_end)
		return r->range[1];
	return emit_op(e->g, at, "aten::__range_length", r->range, 3);
}

static JVal *
loop_index(Emit *e, const Sugar *r, JVal *count, Span at)
{
	if (r->only_end)
		return count;
	return emit_op(e->g, at, "aten::__derive_index",
	               (JVal *[]){count, r->range[0], r->range[2]}, 3);
}

static void
emit_condition(Emit *e, JNode *loop, JBlock *b, const Stmt *st)
{
	JNode *at = e->g->at;
	JVal *v;

	frame_push(e, b);
	if (st->kind == S_WHILE) {
		e->g->at = b->end;
		v = emit_bool(e, st->test->span, emit_expr(e, st->test, 0));
	} else {
		e->g->at = loop;
		v = jconst_bool(e->g, true, st->span);
	}
	e->g->at = at;
	jinput_add(b->end, v);
	frame_pop(e);
}

/* for i in range(n); while c: a loop with a count and a condition. */
static void
emit_loop(Emit *e, const Stmt *st)
{
	JGraph *g = e->g;
	Sugar r = {.kind = SUGAR_RANGE};
	JVal *count, *i;
	JBlock *body, *cond;
	JNode *n, *at;

	if (st->kind == S_FOR)
		r = emit_sugar(e, st->iter, 1, 0);
	if (r.kind != SUGAR_RANGE || st->orelse) {
		script_fail(e->s, st->span, "a loop over anything but range() is not supported");
		return;
	}
	count = st->kind == S_FOR ? loop_count(e, &r, st->span)
	                          : emit_int_literal(e, INT64_MAX, st->span);
	n = jnode_insert(g, jnode_new(g, J_LOOP, 0, st->span));
	body = jblock_add(g, n);
	cond = jblock_add(g, n);
	emit_condition(e, n, cond, st);
	jinput_add(n, count);
	i = joutput_add(body->param, e->s->basic[TY_INT]);
	frame_push(e, body);
	at = g->at;
	g->at = body->end;
	e->nloop++;
	if (st->kind == S_FOR)
		assign(e, st->test, sugar_value(loop_index(e, &r, i, st->span)), 0);
	emit_block(e, st->body);
	e->nloop--;
	g->at = at;
	frame_pop(e);
}

static void
emit_jump(Emit *e, const Stmt *st)
{
	JKind k = st->kind == S_BREAK ? J_BREAK : J_CONTINUE;

	if (!e->nloop)
		script_fail(e->s, st->span, "'%s' outside of a loop",
		            k == J_BREAK ? "break" : "continue");
	jnode_insert(e->g, jnode_new(e->g, k, 0, st->span));
}

/* ---- the others ---- */

static void
emit_raise(Emit *e, const Stmt *st)
{
	JVal *v = 0;

	if (st->a && st->a->kind == E_CALL && st->a->call->narg == 1)
		v = emit_expr(e, st->a->call->arg[0].val, 0);
	if (!v || v->type->kind != TY_STR)
		v = jconst(e->g, (TArg){.kind = T_STR, .s = intern_cstr(e->s->names, "")},
		           e->s->basic[TY_STR], st->span);
	emit_op(e->g, st->span, "prim::RaiseException", &v, 1);
	e->frame->block->exits = true;
}

static void
emit_with(Emit *e, const Stmt *st)
{
	JVal **obj = newn(e->s->arena, JVal *, st->nwith + 1);

	for (uint32_t i = 0; i < st->nwith; i++) {
		const WithItem *w = &st->with[i];
		const Expr *target = w->target;
		JNode *n;

		obj[i] = emit_expr(e, w->expr, 0);
		n = jnode_insert(e->g, jnode_new(e->g, J_ENTER, 0, w->expr->span));
		jinput_add(n, obj[i]);
		joutput_add(n, obj[i]->type);
		if (target)
			assign(e, target, sugar_value(n->out[0]), 0);
	}
	emit_block(e, st->with_body);
	for (uint32_t i = st->nwith; i-- > 0;) {
		JNode *n = jnode_insert(e->g, jnode_new(e->g, J_EXIT, 0, st->span));

		jinput_add(n, obj[i]);
		joutput_add(n, e->s->basic[TY_NONE]);
	}
}

static void
emit_delete(Emit *e, const Stmt *st)
{
	for (uint32_t i = 0; i < st->names->n; i++) {
		const Expr *x = st->names->at[i];

		if (x->kind != E_INDEX) {
			script_fail(e->s, x->span, "only items of lists and dicts can be deleted");
			return;
		}
		JVal *v[2] = {emit_expr(e, x->a, 0), 0};
		v[1] = emit_expr(e, x->b, 0);
		emit_op(e->g, x->span, "aten::Delete", v, 2);
	}
}

static void
emit_statement(Emit *e, const Stmt *st)
{
	switch ((StmtKind)st->kind) {
	case S_EXPR:
		emit_sugar(e, st->expr, 0, 0);
		break;
	case S_ASSIGN:
		emit_assign(e, st);
		break;
	case S_ANN:
		emit_annotated(e, st);
		break;
	case S_RETURN:
		emit_return(e, st);
		break;
	case S_PASS:
		break;
	case S_BREAK:
	case S_CONTINUE:
		emit_jump(e, st);
		break;
	case S_IF:
		emit_if(e, st);
		break;
	case S_WHILE:
	case S_FOR:
		emit_loop(e, st);
		break;
	case S_RAISE:
		emit_raise(e, st);
		break;
	case S_WITH:
		emit_with(e, st);
		break;
	case S_DEL:
		emit_delete(e, st);
		break;
	default:
		script_fail(e->s, st->span, "this kind of statement is not supported");
	}
}

static void
emit_block(Emit *e, const Stmt *st)
{
	for (; st && !e->s->failed && !e->frame->block->exits; st = st->next)
		emit_statement(e, st);
}

/* ---- functions ---- */

static void
emit_inputs(Emit *e)
{
	const ParamList *ps = &e->fn->ast->params;

	for (uint32_t i = 0; i < ps->n; i++) {
		JVal *v = joutput_add(e->g->top->param, e->fn->param[i]);

		if (meaningful(ps->at[i].name))
			jvalue_name(v, ps->at[i].name);
		var_set(e, ps->at[i].span, ps->at[i].name, sugar_value(v), 0);
	}
}

static void
emit_end(Emit *e)
{
	static const Stmt none = {.kind = S_RETURN};

	if (e->g->top->exits)
		return;
	if (e->result->kind != TY_NONE)
		script_fail(e->s, e->fn->ast->name_span, "%s does not return on all ways",
		            e->fn->name->s);
	else
		emit_return(e, &none);
}

static void
clean_up(JGraph *g)
{
	pass_ssa(g);
	pass_normalize(g);
	pass_simple_tuples(g);
	pass_fold(g);
	pass_pool(g);
	pass_order_outputs(g);
}

JGraph *
func_graph(Script *s, JFunc *f)
{
	Emit e = {.s = s, .fn = f};

	if (f->graph || s->failed)
		return s->failed ? 0 : f->graph;
	if (!func_typed(s, f))
		return 0;
	e.g = jgraph_new(s);
	e.result = f->result;
	map_init(&e.ints, s->arena);
	map_init(&e.floats, s->arena);
	frame_push(&e, e.g->top);
	emit_inputs(&e);
	emit_block(&e, f->ast->body);
	if (!s->failed)
		emit_end(&e);
	if (s->failed)
		return 0;
	jinput_add(e.g->top->end,
	           joutput_add(jnode_insert(e.g, jnode_new(e.g, J_UNINIT, 0, NOSPAN)), f->result));
	clean_up(e.g);
	return f->graph = e.g;
}
