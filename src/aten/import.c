/* import.c: a graph of PyTorch becomes the function main of a new program: parameters, constants,
 * then node by node. Fully supported or not is asked first, so that all that is missing is said
 * at once.
 */
#include "import.h"

#include "pass/pass.h"

/* ---- what is missing ---- */

static bool
is_supported(const TGraph *g, const AtenImport *im, const Map *index, const TNode *n)
{
	const AtenRow *row = aten_find(index, n->key->s);
	int front = g->source == TORCH_EXPORT ? EXPORTED : SCRIPTED;

	if (im->is_registered && im->is_registered(im->script, n->key->s))
		return true;
	return row && row->fronts & front;
}

static void
report_missing(TGraph *g, const TNode *n)
{
	const char *source = g->source_of ? g->source_of(g, n) : NULL;
	size_t len = strlen(n->key->s);

	if (len > 8 && strstr(n->key->s, "_dynamic"))
		diag_error(
		    g->diag, n->at,
		    "%s quantizes while it runs, which Core ML cannot: quantize statically, or "
		    "compress the model that comes out of it",
		    n->op);
	else
		diag_error(
		    g->diag, n->at,
		    "the operation %s cannot be converted: `milc ops --torch` lists those that "
		    "can; write a function with @register_torch_op in a script, or use other "
		    "operations",
		    n->op);
	if (n->module && *n->module)
		diag_note(g->diag, NOSPAN, "in the module %s", n->module);
	if (source)
		diag_note(g->diag, NOSPAN, "made by: %s", source);
}

static bool
check_block(TGraph *g, const AtenImport *im, const Map *index, const TBlock *b, uint32_t n)
{
	bool ok = true;

	for (uint32_t i = 0; i < n; i++) {
		const TNode *t = b->node.at[i];
		if (!is_supported(g, im, index, t)) {
			report_missing(g, t);
			ok = false;
		}
		for (uint32_t k = 0; k < t->nblock; k++)
			ok = check_block(g, im, index, t->block[k], t->block[k]->node.n) && ok;
	}
	return ok;
}

/* How many nodes there are up to the last one that makes an output: the others do nothing. */
static uint32_t
nodes_needed(const TBlock *b)
{
	uint32_t need = 0;

	for (uint32_t i = 0; i < b->node.n; i++)
		for (uint32_t k = 0; k < b->node.at[i]->nout; k++)
			for (uint32_t o = 0; o < b->nout; o++) {
				const TOut *out = &b->node.at[i]->out[k];
				bool made = b->out[o].kind == T_VALUE && b->out[o].s == out->name;
				for (uint32_t e = 0; e < out->nitem && !made; e++)
					made = b->out[o].kind == T_VALUE &&
					       b->out[o].s == out->item[e];
				if (made)
					need = i + 1;
			}
	return need;
}

static uint32_t
nodes_converted(const TGraph *g, const AtenImport *im)
{
	return im->nstate || g->source == TORCH_EXPORT ? g->top.node.n : nodes_needed(&g->top);
}

static bool
check(TGraph *g, const AtenImport *im, const Map *index)
{
	uint32_t most = g->diag->max_errors;
	bool ok;

	if (g->refused)
		return diag_error(g->diag, g->at, "%s", g->refused);
	g->diag->max_errors = 0; /* none is left out */
	ok = check_block(g, im, index, &g->top, nodes_converted(g, im));
	g->diag->max_errors = most;
	return ok;
}

bool
aten_check(TGraph *g, const AtenImport *im)
{
	return check(g, im, aten_index(g->arena));
}

/* ---- nodes ---- */

/* TorchScript: a state that a node takes is read, once. */
static void
read_states(AtenCtx *c, const TNode *n)
{
	for (uint32_t i = 0; i < n->nin; i++) {
		const Tv *v = n->in[i].kind == T_VALUE ? map_get(&c->value, KEY(n->in[i].s)) : NULL;
		if (!v || v->kind != TV_VAR || v->var->type->kind != TY_STATE)
			continue;
		map_put(&c->state_of, KEY(n->in[i].s), v->var);
		Var *now = OP(read_state, VAR("input", v->var));
		bind_value(c, n->in[i].s, tv_of_var(cast(c, now, DT_FP32)));
	}
}

/* TorchScript: a node that changes what a state holds in place writes it back. */
static void
write_state(AtenCtx *c, const TNode *n)
{
	const Str *first = n->nin && n->in[0].kind == T_VALUE ? n->in[0].s : NULL;
	Var *state = first ? map_get(&c->state_of, KEY(first)) : NULL;
	const Tv *made = map_get(&c->value, KEY(n->name));
	Var *v;

	if (!state || !made || made->kind != TV_VAR || c->failed)
		return;
	map_put(&c->state_of, KEY(n->name), state);
	v = cast(c, made->var, dtype_of(state));
	v = OP(coreml_update_state, VAR("state", state), VAR("value", v));
	v = cast_named(c, v, dtype_of(made->var), n->name);
	bind_value(c, n->name, tv_of_var(v));
}

static void
convert_node(AtenCtx *c, const TNode *n)
{
	const AtenRow *row;
	bool handled = false;

	c->node = n;
	c->b->span = n->at;
	if (!c->exported) {
		dequantize_operands(c);
		read_states(c, n);
	}
	if (c->registered && !c->registered(c, n, &handled))
		c->failed = true;
	row = handled ? NULL : aten_find(c->index, n->key->s);
	if (row)
		row->handler(c);
	if (!c->exported && n->in_place)
		write_state(c, n);
	c->node = NULL;
}

static void
convert_nodes(AtenCtx *c, const TBlock *b, uint32_t n)
{
	for (uint32_t i = 0; i < n && !c->failed; i++)
		convert_node(c, b->node.at[i]);
}

void
aten_block(AtenCtx *c, const TBlock *b)
{
	const TNode *outer = c->node;
	Span at = c->b->span;

	convert_nodes(c, b, b->node.n);
	c->node = outer;
	c->b->span = at;
}

/* ---- constants ---- */

/* bf16 is fp32, which holds all its numbers; bytes of TorchScript are indices. */
static const Tensor *
plain_value(const AtenCtx *c, const Tensor *t)
{
	if (t->dtype == DT_BF16)
		return tensor_cast(c->arena, t, DT_FP32);
	if (t->dtype == DT_UINT8 && !c->exported)
		return tensor_cast(c->arena, t, DT_INT32);
	return t;
}

static void
convert_constant(Importing *m, const TNamed *n)
{
	AtenCtx *c = &m->c;
	bool handled = false;
	Var *v = compressed_const(c, n, n->name, &handled);

	if (!handled && n->tensor.quant)
		v = quantized_const(c, &n->tensor, n->name);
	else if (!handled && n->tensor.t)
		v = aten_const(c, plain_value(c, n->tensor.t), n->name);
	bind_value(c, n->name, tv_of_var(v));
}

static const ImportState *
state_of(const Importing *m, const Str *path)
{
	for (uint32_t i = 0; i < m->nstate; i++)
		if (m->state[i].file->path == path)
			return &m->state[i];
	return NULL;
}

static void
convert_constants(Importing *m)
{
	for (uint32_t i = 0; i < m->nstate && m->c.exported && !m->c.failed; i++) {
		AtenCtx *c = &m->c;
		Var *v = OP(read_state, VAR("input", m->state[i].var));
		v = cast_named(c, v, DT_FP32, m->state[i].file->read);
		bind_value(c, m->state[i].file->read, tv_of_var(v));
	}
	for (uint32_t i = 0; i < m->c.g->constant.n && !m->c.failed; i++) {
		const TNamed *n = &m->c.g->constant.at[i];
		const ImportState *s = m->c.exported ? NULL : state_of(m, n->path);
		if (s)
			bind_value(&m->c, n->name, tv_of_var(s->var));
		else
			convert_constant(m, n);
	}
}

/* Exported files say what a buffer holds at the end. */
static void
write_buffers(Importing *m)
{
	AtenCtx *c = &m->c;

	for (uint32_t i = 0; i < m->nstate && c->exported; i++) {
		ImportState *s = &m->state[i];
		if (s->file->written.kind == T_NONE)
			continue;
		Var *v = tv_var(c, tv_of(c, &s->file->written), s->file->path->s);
		v = cast(c, v, s->dtype);
		OP(coreml_update_state, VAR("state", s->var), VAR("value", v));
	}
}

/* ---- the whole ---- */

static bool
finish(Importing *m)
{
	AtenCtx *c = &m->c;
	const TBlock *top = &c->g->top;
	Var **out = newn(c->arena, Var *, MAX(top->nout, 1));
	uint32_t n = 0;

	for (uint32_t i = 0; i < top->nout && !c->failed; i++) {
		const Tv *v = tv_of(c, &top->out[i]);
		if (v->kind == TV_NONE && !c->failed)
			diag_warning(c->diag, c->g->at, "output %u is None, which is left out", i);
		else
			out[n++] = tv_var(c, v, "output");
	}
	if (c->failed || !import_outputs(m, out, n))
		return false;
	block_set_outputs(m->func->body, out, n);
	return true;
}

static void
begin(Importing *m, TGraph *g, AtenImport *im)
{
	const ConvertOptions *o = im->o;
	Program *p = program_new(g->arena, g->names, im->types, g->diag);

	p->counts = im->counts;
	p->span = o->span;
	m->im = im;
	m->func = func_new(p, intern_cstr(g->names, "main"), o->span);
	m->func->opset = o->target;
	builder_init(&m->b, p, m->func);
	m->b.opset = o->target;
	m->fp16 = options_format(o) == FORMAT_MLPROGRAM && o->precision != PRECISION_FP32 &&
	          o->target >= IOS16;
	m->c = (AtenCtx){.g = g,
	                 .b = &m->b,
	                 .arena = g->arena,
	                 .diag = g->diag,
	                 .opset = o->target,
	                 .exported = g->source == TORCH_EXPORT,
	                 .index = aten_index(g->arena),
	                 .script = im->script,
	                 .registered = im->registered};
	map_init(&m->c.value, g->arena);
	map_init(&m->c.state_of, g->arena);
	map_init(&m->c.quant, g->arena);
	map_init(&m->symbols, g->arena);
}

Program *
aten_import(TGraph *g, AtenImport *im)
{
	Importing *m = new (g->arena, Importing);

	begin(m, g, im);
	if (!check(g, im, m->c.index) || !import_inputs(m) || !import_states(m) ||
	    !import_params(m))
		return NULL;
	convert_constants(m);
	convert_nodes(&m->c, &g->top, nodes_converted(g, im));
	write_buffers(m);
	return !m->c.failed && finish(m) ? m->func->prog : NULL;
}
