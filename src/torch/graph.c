/* graph.c: making nodes, the keys of operations, element types by number, and the graph as text. */
#include "schema.h"

static bool
is_one_of(const char *s, size_t n, const char *const *word, size_t nword)
{
	for (size_t i = 0; i < nword; i++)
		if (strlen(word[i]) == n && !memcmp(word[i], s, n))
			return true;
	return false;
}

/* Takes "__" off both ends. */
static void
strip_dunder(const char **s, size_t *n)
{
	if (*n >= 4 && !memcmp(*s, "__", 2) && !memcmp(*s + *n - 2, "__", 2)) {
		*s += 2;
		*n -= 4;
	}
}

/* Drops the first part when it is a namespace that goes without saying, and the last when it is an
 * overload that does; parts are separated by mark. */
static void
strip_parts(const char **s, size_t *n, const char *mark)
{
	static const char *const spaces[] = {"aten", "prim"};
	static const char *const overloads[] = {"default", "int",         "tensor",
	                                        "tensor_mode", "scalar", "tensor_scalar"};
	size_t nmark = strlen(mark), last = *n;
	const char *first = memmem(*s, *n, mark, nmark);

	if (first && is_one_of(*s, (size_t)(first - *s), spaces, countof(spaces))) {
		*n -= (size_t)(first - *s) + nmark;
		*s = first + nmark;
	}
	for (last = *n; last >= nmark && memcmp(*s + last - nmark, mark, nmark) != 0;)
		last--;
	if (last >= nmark && is_one_of(*s + last, *n - last, overloads, countof(overloads)))
		*n = last - nmark;
}

const char *
torch_key(Arena *a, const char *op)
{
	char *low = arena_strdup(a, op);
	const char *s = low;
	size_t n = strlen(low);

	for (size_t i = 0; i < n; i++)
		if (low[i] >= 'A' && low[i] <= 'Z')
			low[i] = (char)(low[i] - 'A' + 'a');
	strip_dunder(&s, &n);
	strip_parts(&s, &n, "::");
	strip_parts(&s, &n, ".");
	strip_dunder(&s, &n);
	low[(size_t)(s - low) + n] = 0;
	return s;
}

static const Str *
key_of(TGraph *g, const Str *op)
{
	const Str *key = map_get(&g->key_of, KEY(op));

	if (key)
		return key;
	key = intern_cstr(g->names, torch_key(g->arena, op->s));
	if (!g->key_of.arena)
		map_init(&g->key_of, g->arena);
	map_put(&g->key_of, KEY(op), (void *)(uintptr_t)key);
	return key;
}

TNode *
tnode_new(TGraph *g, const char *op, uint32_t nin, uint32_t nout, Span at)
{
	TNode *n = new (g->arena, TNode);
	const Str *name = intern_cstr(g->names, op), *key = key_of(g, name);

	n->op = name->s;
	n->in_place = key->len > 1 && key->s[key->len - 1] == '_';
	n->key = key;
	n->in = newn(g->arena, TArg, nin);
	n->nin = nin;
	n->out = newn(g->arena, TOut, nout);
	n->nout = nout;
	n->at = at;
	return n;
}

TArg
targ_value(const Str *name)
{
	return (TArg){.kind = T_VALUE, .s = name};
}

TArg
targ_int(int64_t i)
{
	return (TArg){.kind = T_INT, .i = i};
}

static const uint8_t c10_types[] = {
    DT_UINT8, DT_INT8, DT_INT16, DT_INT32, DT_INT64, DT_FP16,  DT_FP32, DT_FP64,
    DT_NONE,  DT_COMPLEX64, DT_NONE, DT_BOOL, DT_INT8, DT_UINT8, DT_INT32, DT_BF16,
};

DType
dtype_of_c10(int64_t n)
{
	return n >= 0 && n < (int64_t)countof(c10_types) ? c10_types[n] : DT_NONE;
}

int64_t
c10_of_dtype(DType t)
{
	for (size_t i = 0; i < countof(c10_types); i++)
		if (c10_types[i] == t && t != DT_NONE)
			return (int64_t)i;
	return -1;
}

static void
put_arg(const TArg *a, Buf *out)
{
	switch (a->kind) {
	case T_NONE:
		buf_puts(out, "None");
		break;
	case T_BOOL:
		buf_puts(out, a->i ? "True" : "False");
		break;
	case T_INT:
		buf_printf(out, "%lld", (long long)a->i);
		break;
	case T_FLOAT:
		buf_printf(out, "%.17g", a->f[0]);
		break;
	case T_COMPLEX:
		buf_printf(out, "(%.17g, %.17gj)", a->f[0], a->f[1]);
		break;
	case T_STR:
		buf_printf(out, "\"%s\"", a->s->s);
		break;
	case T_VALUE:
		buf_printf(out, "%%%s", a->s->s);
		break;
	case T_TENSOR:
		buf_printf(out, "tensor(%s", dtype_info[a->tensor->t->dtype].np);
		for (int i = 0; i < a->tensor->t->rank; i++)
			buf_printf(out, ", %lld", (long long)a->tensor->t->dim[i]);
		buf_puts(out, ")");
		break;
	case T_LIST:
		buf_byte(out, a->list.tuple ? '(' : '[');
		for (uint32_t i = 0; i < a->list.n; i++) {
			if (i)
				buf_puts(out, ", ");
			put_arg(&a->list.item[i], out);
		}
		buf_byte(out, a->list.tuple ? ')' : ']');
		break;
	}
}

static void put_block(const TBlock *b, int indent, Buf *out);

static void
put_node(const TNode *n, int indent, Buf *out)
{
	buf_printf(out, "%*s", indent, "");
	for (uint32_t i = 0; i < n->nout; i++) {
		const TOut *o = &n->out[i];
		buf_printf(out, "%s%s%s", i ? ", " : "", o->name ? "%" : "",
		           o->name ? o->name->s : o->nitem ? "" : "_");
		for (uint32_t k = 0; k < o->nitem; k++)
			buf_printf(out, "%s%%%s", k ? ", " : "[", o->item[k]->s);
		if (o->nitem)
			buf_byte(out, ']');
	}
	buf_printf(out, "%s%s(", n->nout ? " = " : "", n->op);
	for (uint32_t i = 0; i < n->nin; i++) {
		if (i)
			buf_puts(out, ", ");
		if (n->schema)
			buf_printf(out, "%s=", n->schema->arg[i].name->s);
		put_arg(&n->in[i], out);
	}
	if (n->value.kind != T_NONE)
		put_arg(&n->value, out);
	buf_puts(out, ")\n");
	for (uint32_t i = 0; i < n->nblock; i++)
		put_block(n->block[i], indent + 2, out);
}

static void
put_block(const TBlock *b, int indent, Buf *out)
{
	buf_printf(out, "%*sblock(", indent, "");
	for (uint32_t i = 0; i < b->nin; i++)
		buf_printf(out, "%s%%%s", i ? ", " : "", b->in[i]->s);
	buf_puts(out, "):\n");
	for (uint32_t i = 0; i < b->node.n; i++)
		put_node(b->node.at[i], indent + 2, out);
	buf_printf(out, "%*sreturn (", indent + 2, "");
	for (uint32_t i = 0; i < b->nout; i++) {
		if (i)
			buf_puts(out, ", ");
		put_arg(&b->out[i], out);
	}
	buf_puts(out, ")\n");
}

void
tgraph_print(const TGraph *g, Buf *out)
{
	for (uint32_t i = 0; i < g->input.n; i++)
		buf_printf(out, "input %%%s\n", g->input.at[i].name->s);
	for (uint32_t i = 0; i < g->constant.n; i++)
		buf_printf(out, "constant %%%s\n", g->constant.at[i].name->s);
	for (uint32_t i = 0; i < g->state.n; i++)
		buf_printf(out, "state %s\n", g->state.at[i].path->s);
	put_block(&g->top, 0, out);
}
