/* const.c: constants and automatic names.
 *
 * Names count per stem over a whole run of a script, as the peer counts them. The conversion of
 * 64-bit values is the peer's too, but saturates where it would wrap.
 */

#include "build_impl.h"

NameCounts *
name_counts_new(Arena *a)
{
	NameCounts *c = new (a, NameCounts);

	c->arena = a;
	c->first.arena = a;
	name_counts_reset(c);
	return c;
}

void
name_counts_reset(NameCounts *c)
{
	c->count = new (c->arena, Map);
	map_init(c->count, c->arena);
	nameset_clear(&c->first);
}

/* "STEM_N", without the cost of a format. */
static const Str *
numbered(Interner *names, const char *stem, size_t len, uint64_t n)
{
	char small[256], digit[20];
	char *text = len + sizeof digit + 1 <= sizeof small ? small : xmalloc(len + 32);
	size_t k = sizeof digit, at = len;
	const Str *s;

	memcpy(text, stem, len);
	text[at++] = '_';
	do
		digit[--k] = (char)('0' + n % 10);
	while (n /= 10);
	memcpy(text + at, digit + k, sizeof digit - k);
	s = intern(names, text, at + sizeof digit - k);
	if (text != small)
		xfree(text);
	return s;
}

const Str *
name_free(NameCounts *c, Interner *names, const char *stem)
{
	size_t len = strlen(stem);
	uint64_t key = hash_bytes(stem, len, 0);
	uintptr_t n = (uintptr_t)map_get(c->count, key);

	if (!n) {
		const Str *s = numbered(names, stem, len, 0);
		if (!nameset_add(&c->first, s, 1))
			return s;
		n = 1;
	}
	map_put(c->count, key, (void *)(n + 1));
	return numbered(names, stem, len, n);
}

/* ---- values ---- */

static const Tensor *
to_int32(Arena *a, const Tensor *val)
{
	const int64_t *from = tensor_data(a, val);
	Tensor *t = tensor_new(a, DT_INT32, val->dim, val->rank);
	int32_t *to = t->data;

	for (int64_t i = 0; i < val->count; i++) {
		int64_t v = from[i];
		if (val->dtype == DT_UINT64 && v < 0)
			v = INT32_MAX;
		to[i] = (int32_t)MIN(MAX(v, INT32_MIN), INT32_MAX);
	}
	return t;
}

const Tensor *
build_const_value(Builder *b, const Tensor *val)
{
	if (val->dtype == DT_FP64)
		return tensor_cast(b->prog->arena, val, DT_FP32);
	if (val->dtype == DT_INT64 || val->dtype == DT_UINT64)
		return to_int32(b->prog->arena, val);
	return val;
}

Var *
const_insert(Builder *b, const Str *name, const Tensor *val, Span at)
{
	Inst *i = inst_new(b->func, op_oldest(OP_const), name, 1, at);
	Var *v = i->out[0];

	v->type = type_tensor(b->prog->types, val->dtype, val->dim, (uint32_t)val->rank);
	v->val = val;
	v->from_const = true;
	inst_insert(b->block, b->before, i);
	return v;
}

Var *
build_const(Builder *b, const Str *name, const Tensor *val)
{
	if (!name)
		name = name_free(b->counts, b->prog->names, "const");
	if (!b->no_fold)
		val = build_const_value(b, val);
	return const_insert(b, name, val, b->span);
}

Var *
build_const_list(Builder *b, const Str *name, const Tensor *vec)
{
	Types *t = b->prog->types;
	Var *v;

	if (!name)
		name = name_free(b->counts, b->prog->names, "const");
	v = const_insert(b, name, vec, b->span);
	v->type = type_list(t, type_scalar(t, vec->dtype), vec->count, false);
	return v;
}

const Tensor *
build_int(Builder *b, int64_t v)
{
	return v == (int32_t)v ? tensor_scalar_i(b->prog->arena, DT_INT32, v) : NULL;
}

const Tensor *
build_str(Builder *b, const char *s)
{
	return tensor_scalar_str(b->prog->arena, intern_cstr(b->prog->names, s));
}
