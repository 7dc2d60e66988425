/* mil_text.c: a Model as Apple's MIL text: what the printer of the program (ir/print.c) needs from
 * around it: the BLOBFILE offsets that the package would have, line 2 with the program's
 * attributes, and behind each function's head which shapes its flexible inputs may take.
 */
#include "spec.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Text {
	const Model *m;
	Arena *arena;
	Weights *w;
	bool as_read;
	const char *string; /* how the type of a string is spelled */
} Text;

/* Where the file that was read has it, else where a package would. */
static uint64_t
offset_of(void *ctx, const Var *v, const char **path)
{
	Text *t = ctx;

	if (t->as_read) {
		const BlobAt *b = v->val ? map_get(&t->m->blobs, KEY(v->val)) : NULL;
		*path = b ? b->file : NULL;
		return b ? b->offset : 0;
	}
	*path = WEIGHTS_PATH;
	if (!v->val || v->type->kind != TY_TENSOR || !weights_wants(t->w, v->val))
		return 0;
	return weights_offset(t->w, v->val);
}

static void
put_quoted(Buf *b, const char *s)
{
	string_print(b, s, strlen(s));
}

static void
put_build_info(Text *t, Buf *b, bool compiled)
{
	uint32_t n = t->m->build_info.n;
	MetaPair *all = newn(t->arena, MetaPair, n + 1);
	const MetaPair *pair;

	for (uint32_t i = 0; i < n; i++)
		all[i] = t->m->build_info.at[i];
	if (compiled)
		all[n++] = (MetaPair){"milc-version", MILC_VERSION};
	pair = sorted_pairs(t->arena, all, n, &n);

	buf_printf(b, "buildInfo = dict<%s, %s>({", t->string, t->string);
	for (uint32_t i = 0; i < n; i++) {
		buf_puts(b, i ? ", {" : "{");
		put_quoted(b, pair[i].key);
		buf_puts(b, ", ");
		put_quoted(b, pair[i].val);
		buf_byte(b, '}');
	}
	buf_puts(b, "})");
}

/* ---- FlexibleShapeInformation ---- */

static bool
is_flexible(const Feature *f)
{
	for (uint32_t i = 0; i < f->nrange; i++)
		if (f->range[i].lower != f->range[i].upper)
			return true;
	return f->nenum > 0;
}

static int
by_name(const void *a, const void *b)
{
	const Feature *x = *(const Feature *const *)a, *y = *(const Feature *const *)b;

	return strcmp(x->name->s, y->name->s);
}

static void
put_ints(Buf *b, const int64_t *v, uint32_t n)
{
	buf_byte(b, '[');
	for (uint32_t i = 0; i < n; i++)
		buf_printf(b, "%s%lld", i ? ", " : "", (long long)v[i]);
	buf_byte(b, ']');
}

static void
put_default_shape(Buf *b, const Feature *f)
{
	if (f->has_shape)
		put_ints(b, f->shape, f->rank);
	else
		put_ints(b, f->enumerated, f->nenum ? f->rank : 0);
}

static void
put_ranges(Buf *b, const Feature *f)
{
	buf_byte(b, '[');
	for (uint32_t k = 0; k < f->nrange; k++) {
		int64_t bounds[2] = {f->range[k].lower, f->range[k].upper};
		buf_puts(b, k ? ", " : "");
		put_ints(b, bounds, 2);
	}
	buf_byte(b, ']');
}

static void
put_each(Buf *b, const char *what, const Feature **f, uint32_t n,
         void (*put)(Buf *, const Feature *))
{
	buf_printf(b, "(\"%s\", {", what);
	for (uint32_t i = 0; i < n; i++) {
		buf_puts(b, i ? ", {" : "{");
		put_quoted(b, f[i]->name->s);
		buf_puts(b, ", ");
		put(b, f[i]);
		buf_byte(b, '}');
	}
	buf_puts(b, "})");
}

typedef struct Choice { /* one of the enumerated shapes of an input, under its key */
	char key[12];
	const Feature *f;
	const int64_t *shape;
} Choice;

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const Choice *)a)->key, ((const Choice *)b)->key);
}

static uint32_t
name_hash(const Str *name)
{
	uint32_t h = (uint32_t)hash_bytes(name->s, name->len, 0);

	return h + !h;
}

/* The key of a shape is a hash of eight hexadecimal digits; which hash Apple takes is unknown. */
static void
put_enumerated(Text *t, Buf *b, const Feature **f, uint32_t n)
{
	uint32_t total = 0, k = 0;
	Choice *c;

	for (uint32_t i = 0; i < n; i++)
		total += f[i]->nenum;
	c = newn(t->arena, Choice, MAX(total, 1));
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t s = 0; s < f[i]->nenum; s++, k++) {
			c[k].f = f[i];
			c[k].shape = f[i]->enumerated + (size_t)s * f[i]->rank;
			snprintf(c[k].key, sizeof c[k].key, "%08x",
			         (unsigned)hash_bytes(c[k].shape, f[i]->rank * sizeof(int64_t),
			                              name_hash(f[i]->name)));
		}
	qsort(c, total, sizeof *c, by_key);
	buf_puts(b, "(\"EnumeratedShapes\", {");
	for (k = 0; k < total; k++) {
		buf_printf(b, "%s{\"%s\", {{", k ? ", " : "", c[k].key);
		put_quoted(b, c[k].f->name->s);
		buf_puts(b, ", ");
		put_ints(b, c[k].shape, c[k].f->rank);
		buf_puts(b, "}}}");
	}
	buf_puts(b, "})");
}

/* A function beside the default one, of a model that has one interface, is not described. */
static const Features *
inputs_of(const Model *m, const Func *func)
{
	static const Features none;
	const Interface *face = model_face(m, func->name);

	return face ? &face->input : &none;
}

/* Nothing for a function without flexible inputs; without bounds, the default shapes alone. */
static void
put_flexible_shapes(void *ctx, const Func *func, Buf *b)
{
	Text *t = ctx;
	const Features *in = inputs_of(t->m, func);
	const Feature **f = newn(t->arena, const Feature *, MAX(in->n, 1));
	bool ranges = true, enums = true;
	uint32_t n = 0;

	for (uint32_t i = 0; i < in->n; i++)
		if (in->at[i].kind == FEATURE_ARRAY && is_flexible(&in->at[i]))
			f[n++] = &in->at[i];
	if (n == 0)
		return;
	qsort(f, n, sizeof *f, by_name);
	for (uint32_t i = 0; i < n; i++) {
		ranges = ranges && f[i]->nrange > 0;
		enums = enums && f[i]->nenum > 0;
		for (uint32_t k = 0; k < f[i]->nrange; k++)
			ranges = ranges && f[i]->range[k].upper >= 0;
	}
	buf_printf(b, "FlexibleShapeInformation = tuple<tuple<%s, dict<%s, tensor<int32, [?]>>>",
	           t->string, t->string);
	if (ranges)
		buf_printf(b, ", tuple<%s, dict<%s, list<tensor<int32, [2]>, ?>>>", t->string,
		           t->string);
	else if (enums)
		buf_printf(b, ", tuple<%s, dict<%s, dict<%s, tensor<int32, [?]>>>>", t->string,
		           t->string, t->string);
	buf_puts(b, ">((");
	put_each(b, "DefaultShapes", f, n, put_default_shape);
	if (ranges || enums)
		buf_puts(b, ", ");
	if (ranges)
		put_each(b, "RangeDims", f, n, put_ranges);
	else if (enums)
		put_enumerated(t, b, f, n);
	buf_puts(b, "))");
}

void
put_mil_text(Buf *out, Arena *a, const Model *m, Weights *w, bool compiled)
{
	Buf attrs = {0};
	bool as_read = m->spec && m->origin && m->kind == BODY_PROGRAM;
	Text t = {m, a, w, as_read, m->spec_version >= IOS18 ? "string" : "tensor<string, []>"};
	PrintOptions o = {.spec_version = m->spec_version,
	                  .opset = m->file_opset,
	                  .as_read = as_read,
	                  .offset = offset_of,
	                  .func_attrs = put_flexible_shapes,
	                  .ctx = &t};

	weights_plan(w, m->prog);
	if (m->build_info.n || compiled) {
		put_build_info(&t, &attrs, compiled);
		o.attrs = attrs.at;
	}
	program_print(m->prog, &o, out);
	buf_free(&attrs);
}

bool
emit_mil_text(const Model *m, Buf *out)
{
	Arena a = {0};
	Weights w;

	weights_init(&w, &a, m);
	put_mil_text(out, &a, m, &w, false);
	arena_free(&a);
	return true;
}
