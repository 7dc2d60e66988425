/* build.c: from a function to the nodes and edges of a picture. Every value has one node, in the
 * cluster of the block that makes it; what takes it elsewhere has a reference there, once for each
 * block, and the clusters on the way in have edges.
 */
#include "draw.h"

#include "tensor/floatrepr.h"

enum {
	LARGE = 16, /* constants of more elements are shown by their shape */
	SHOWN = 6,  /* elements of the others that are */
	WORD = 28,  /* code points of a value in a label, … */
	LINE = 60,  /* … of one in a tooltip, … */
	NAME = 32,  /* … and of a name */
	TIP_OPERANDS = 24,
	TIP_LIST = 8, /* members of a tuple, results */
};

typedef struct Making {
	Picture *p;
	Types *types;
	const PicPaint *paint;
	uint32_t *made;  /* by Var.id: the node that makes it; 0: none */
	Map refs, edges; /* (cluster, value) -> node; (from, to) -> anything */
} Making;

static void put_block(Making *m, const Block *b, uint32_t cluster);

void
picture_init(Picture *p, Arena *a, const char *title)
{
	*p = (Picture){.arena = a};
	picture_node(p, PIC_ROOT, PIC_CLUSTER, title, NULL);
}

uint32_t
picture_node(Picture *p, uint32_t parent, PicKind kind, const char *label, const char *type)
{
	vec_push(
	    p->arena, &p->node,
	    (PicNode){
	        .kind = kind, .class = PIC_PLAIN, .parent = parent, .label = label, .type = type});
	return p->node.n - 1;
}

PicEdge *
picture_edge(Picture *p, uint32_t from, uint32_t to, uint32_t value)
{
	vec_push(p->arena, &p->edge, (PicEdge){.from = from, .to = to, .value = value});
	return &p->edge.at[p->edge.n - 1];
}

/* ---- texts ---- */

static void
put_shape(Buf *b, Types *t, const Type *type)
{
	for (uint32_t i = 0; i < type->rank; i++) {
		Dim d = type->dim[i];
		bool word = dim_known(d) || dim_is_plain_symbol(t, d) || dim_is_variadic(t, d);
		buf_puts(b, i ? "×" : "");
		buf_printf(b, word ? "%s" : "(%s)", dim_str(t, d));
	}
}

static void
put_type(Buf *b, Types *t, const Type *type)
{
	if (type->kind == TY_STATE)
		buf_puts(b, "state ");
	type = type->kind == TY_STATE ? type->elem : type;
	if (type->kind != TY_TENSOR) {
		buf_puts(b, type_str(t, type));
		return;
	}
	buf_puts(b, dtype_info[type->dtype].mil);
	buf_puts(b, type->rank ? " " : "");
	put_shape(b, t, type);
}

const char *
picture_type(Arena *a, Types *t, const Type *type)
{
	Buf b = {0};

	put_type(&b, t, type);
	return buf_keep(&b, a);
}

/* "fp16 1×4"; of several results "3 results fp16 1×4", or the first two. */
static const char *
results_type(Making *m, const Inst *i)
{
	const char *first;
	uint32_t same = 1;

	if (!i->nout)
		return NULL;
	first = picture_type(m->p->arena, m->types, i->out[0]->type);
	while (same < i->nout && i->out[same]->type == i->out[0]->type)
		same++;
	if (i->nout == 1)
		return first;
	if (same == i->nout)
		return arena_printf(m->p->arena, "%u results %s", i->nout, first);
	return arena_printf(m->p->arena, "%s, %s%s", first,
	                    picture_type(m->p->arena, m->types, i->out[1]->type),
	                    i->nout > 2 ? ", …" : "");
}

/* Made at compile time: no node, but a word of who takes it. */
static bool
is_word(const Var *v)
{
	return v->def && (inst_is(v->def, OP_const) || v->def->op->flags & CONSTEXPR);
}

static bool
is_large(const Var *v)
{
	return !v->val || v->type->rank > 1 || v->val->count > LARGE || !inst_is(v->def, OP_const);
}

static void
put_element(Buf *b, const Tensor *t, int64_t i)
{
	double v;

	if (t->dtype == DT_STRING) {
		buf_puts(b, ((const Str *const *)t->data)[i]->s);
		return;
	}
	v = tensor_f(t, i);
	if (t->dtype == DT_BOOL)
		buf_puts(b, v != 0 ? "True" : "False");
	else if (t->dtype == DT_FP16)
		put_float16(b, half_from_double(v));
	else if (dtype_is_float(t->dtype))
		put_float32(b, (float)v);
	else
		buf_printf(b, "%lld", (long long)tensor_i(t, i));
}

/* "2,2", "relu", "fp16 64×3×7×7"; a large one by its shape alone where `brief`. */
static const char *
word_text(Making *m, const Var *v, bool brief)
{
	const Tensor *t = v->val;
	Buf b = {0};

	if (v->type->kind != TY_TENSOR || is_large(v)) {
		if (brief && v->type->kind == TY_TENSOR && v->type->rank)
			put_shape(&b, m->types, v->type);
		else
			put_type(&b, m->types, v->type);
	} else {
		for (int64_t i = 0; i < MIN(t->count, SHOWN); i++) {
			buf_puts(&b, i ? "," : "");
			put_element(&b, t, i);
		}
		buf_puts(&b, t->count > SHOWN ? ",…" : t->count ? "" : "[]");
	}
	return text_cut(m->p->arena, buf_keep(&b, m->p->arena), brief ? WORD : LINE);
}

/* What a word of a label says of an operation, the most telling first. */
typedef enum Telling { WEIGHTS, NEEDED, AXES, NOTHING } Telling;

static Telling
telling(const Param *par, const Arg *g)
{
	const Var *v = g->n == 1 && par->kind != P_TUPLE ? g->u[0]->var : NULL;

	if (!v || !is_word(v) || v->unsaid)
		return NOTHING;
	if (v->type->kind != TY_TENSOR || is_large(v))
		return WEIGHTS;
	if (!par->optional)
		return NEEDED;
	return par->arg == ARG_axes || par->arg == ARG_axis ? AXES : NOTHING;
}

/* The shape of its weights, or else what it cannot do without, with the next one if both are
 * numbers ("clip -1.0,1.0"), or along which axes it goes. */
static const char *
label_word(Making *m, const Inst *i)
{
	const Var *word[NOTHING + 1] = {0}, *next = NULL, *v;
	const char *param = NULL, *s;
	Telling t = WEIGHTS;

	for (uint32_t k = i->op->nparam; k-- > 0;) {
		Telling at = telling(&i->op->param[k], &i->arg[k]);
		next = at == NEEDED ? word[at] : next;
		word[at] = arg_at(&i->arg[k], 0);
		param =
		    at == NEEDED || (at == AXES && !word[NEEDED]) ? i->op->param[k].name : param;
	}
	while (t < NOTHING && !word[t])
		t++;
	if (t == NOTHING)
		return NULL;
	v = word[t];
	s = word_text(m, v, true);
	if (t == NEEDED && next && !v->type->rank && !next->type->rank)
		return arena_printf(m->p->arena, "%s,%s", s, word_text(m, next, true));
	if (t == AXES || (t == NEEDED && !v->type->rank && param[1] && v->type->dtype != DT_STRING))
		return arena_printf(m->p->arena, "%s=%s", param, s);
	return s;
}

static const char *
var_name(const Var *v)
{
	return v->name ? v->name->s : "";
}

static void
tip_value(Making *m, Buf *b, const Var *v, bool typed)
{
	if (is_word(v)) {
		buf_puts(b, word_text(m, v, false));
		return;
	}
	buf_puts(b, text_cut(m->p->arena, var_name(v), LINE));
	if (typed)
		buf_printf(b, " %s", picture_type(m->p->arena, m->types, v->type));
}

/* "conv_0: conv", its operands, its results, and what the painter says. */
static const char *
op_tip(Making *m, const Inst *i, const char *more)
{
	uint32_t lines = 0, k = 0;
	Buf b = {0};

	buf_printf(&b, "%s: %s", i->name ? text_cut(m->p->arena, i->name->s, LINE) : "",
	           i->op->name);
	for (; k < i->op->nparam && lines < TIP_OPERANDS; k++) {
		const Arg *g = &i->arg[k];
		if (!g->n || g->u[0]->var->unsaid)
			continue;
		lines++;
		buf_printf(&b, "\n%s = ", i->op->param[k].name);
		for (uint32_t j = 0; j < MIN(g->n, TIP_LIST); j++) {
			buf_puts(&b, j ? ", " : "");
			tip_value(m, &b, g->u[j]->var, g->n == 1);
		}
		buf_puts(&b, g->n > TIP_LIST ? ", …" : "");
	}
	buf_puts(&b, k < i->op->nparam ? "\n…" : "");
	for (uint32_t j = 0; j < MIN(i->nout, TIP_LIST); j++) {
		buf_puts(&b, "\n→ ");
		tip_value(m, &b, i->out[j], true);
	}
	buf_puts(&b, i->nout > TIP_LIST ? "\n…" : "");
	if (more)
		buf_printf(&b, "\n%s", more);
	return buf_keep(&b, m->p->arena);
}

/* ---- nodes and edges ---- */

static uint32_t
put_value(Making *m, uint32_t cluster, PicKind kind, const Var *v)
{
	const char *label = text_cut(m->p->arena, var_name(v), NAME);
	const char *type = picture_type(m->p->arena, m->types, v->type);
	uint32_t n;

	if (kind == PIC_CONST)
		label = arena_printf(m->p->arena, "const %s", word_text(m, v, true));
	n = picture_node(m->p, cluster, kind, label, kind == PIC_REF ? NULL : type);
	m->p->node.at[n].name = var_name(v);
	m->p->node.at[n].tip =
	    arena_printf(m->p->arena, "%s %s", text_cut(m->p->arena, var_name(v), LINE), type);
	return n;
}

static void
join(Making *m, uint32_t from, uint32_t to, const Var *v)
{
	uint64_t key = (uint64_t)from << 32 | to;
	PicEdge *e;

	if (map_get(&m->edges, key))
		return;
	map_put(&m->edges, key, m);
	e = picture_edge(m->p, from, to, v->index);
	e->name = text_cut(m->p->arena, var_name(v), NAME);
	e->tip = arena_printf(m->p->arena, "%s %s", text_cut(m->p->arena, var_name(v), LINE),
	                      picture_type(m->p->arena, m->types, v->type));
}

/* The node that is the value inside of the cluster. */
static uint32_t
source_in(Making *m, uint32_t cluster, const Var *v)
{
	uint32_t n = m->made[v->id], holder;
	uint64_t key = (uint64_t)cluster << 32 | v->id;
	void *ref;

	if (n && m->p->node.at[n].parent == cluster)
		return n;
	if ((ref = map_get(&m->refs, key)))
		return (uint32_t)(uintptr_t)ref;
	n = put_value(m, cluster, is_word(v) ? PIC_CONST : PIC_REF, v);
	map_put(&m->refs, key, (void *)(uintptr_t)n);
	holder = m->p->node.at[cluster].parent;
	if (!is_word(v) && m->p->node.at[holder].inst)
		join(m, source_in(m, m->p->node.at[holder].parent, v), holder, v);
	return n;
}

static const char *
block_role(Arena *a, const Inst *i, uint32_t k)
{
	if (inst_is(i, OP_cond))
		return k ? "false" : "true";
	if (inst_is(i, OP_while_loop))
		return k ? "body" : "condition";
	return arena_printf(a, "block %u", k + 1);
}

static void
put_inst(Making *m, const Inst *i, uint32_t cluster)
{
	Arena *a = m->p->arena;
	const char *word = label_word(m, i), *label = text_cut(a, i->op->name, NAME);
	PicSaid said = m->paint ? m->paint->of(m->paint->ctx, i) : (PicSaid){.class = PIC_PLAIN};
	uint32_t n = picture_node(m->p, cluster, i->nblock ? PIC_CLUSTER : PIC_OP, label,
	                          results_type(m, i));
	PicNode *node = &m->p->node.at[n];

	if (word)
		node->label = arena_printf(a, "%s %s", label, word);
	node->inst = i;
	node->class = (uint8_t)said.class;
	node->name = i->name ? i->name->s : NULL;
	node->id = said.id;
	node->tip = op_tip(m, i, said.tip);
	for each_operand(o, i)
		if (!is_word(o.var))
			join(m, source_in(m, cluster, o.var), n, o.var);
	for (uint32_t k = 0; k < i->nblock; k++)
		put_block(m, i->block[k],
		          picture_node(m->p, n, PIC_CLUSTER, block_role(a, i, k), NULL));
	for (uint32_t k = 0; k < i->nout; k++)
		m->made[i->out[k]->id] = n;
}

static void
put_block(Making *m, const Block *b, uint32_t cluster)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		m->made[b->param[k]->id] = put_value(m, cluster, PIC_INPUT, b->param[k]);
	for each_inst(i, b)
		if (!inst_is(i, OP_const) && !(i->op->flags & CONSTEXPR))
			put_inst(m, i, cluster);
	for (uint32_t k = 0; k < b->nout; k++) {
		const Var *v = b->out[k]->var;
		uint32_t from = source_in(m, cluster, v);
		join(m, from, put_value(m, cluster, PIC_OUTPUT, v), v);
	}
}

void
picture_func(Picture *p, uint32_t cluster, const Func *f, const PicPaint *paint)
{
	Making m = {.p = p, .types = f->prog->types, .paint = paint};
	Arena scratch = {0};

	map_init(&m.refs, &scratch);
	map_init(&m.edges, &scratch);
	m.made = newn(&scratch, uint32_t, f->nvar + 1);
	if (paint) {
		p->nclass = MIN(paint->n, PIC_CLASSES);
		memcpy(p->class, paint->classes, p->nclass * sizeof *p->class);
	}
	put_block(&m, f->body, cluster);
	arena_free(&scratch);
}
