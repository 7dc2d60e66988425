/* type.c: making, printing and comparing types.
 *
 * Types are interned in a hash table keyed by the hash of their contents; on a collision the next
 * key is tried, so the table never confuses two types. A Dim in a type is compared by number,
 * which is right because symbolic expressions are interned themselves (sym.c).
 */
#include "type.h"

void
types_init(Types *t, Arena *a, Interner *names)
{
	Type *error;

	memset(t, 0, sizeof *t);
	t->arena = a;
	t->names = names;
	t->table = new (a, Map);
	t->sym_table = new (a, Map);
	map_init(t->table, a);
	map_init(t->sym_table, a);
	error = new (a, Type);
	error->kind = TY_ERROR;
	error->count = -1;
	t->error = error;
}

static bool
same(const Type *a, const Type *b)
{
	if (a->kind != b->kind || a->dtype != b->dtype || a->rank != b->rank ||
	    a->elem != b->elem || a->val != b->val || a->length != b->length ||
	    a->dynamic_length != b->dynamic_length)
		return false;
	if (a->kind == TY_TENSOR)
		return a->rank == 0 || memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
	for (uint32_t i = 0; i < a->rank; i++)
		if (a->member[i] != b->member[i])
			return false;
	return true;
}

static uint64_t
type_hash(const Type *ty)
{
	uint64_t h[5] = {(uint64_t)ty->kind << 32 | (uint64_t)ty->dtype << 1 | ty->dynamic_length,
	                 KEY(ty->elem), KEY(ty->val), (uint64_t)ty->length, ty->rank};

	if (ty->kind == TY_TENSOR)
		return hash_bytes(ty->dim, ty->rank * sizeof *ty->dim, h[0] ^ h[4] << 40);
	if (ty->kind == TY_TUPLE)
		return hash_bytes(ty->member, ty->rank * sizeof *ty->member, h[0]);
	return hash_bytes(h, sizeof h, 0);
}

/* The one type equal to *want. Copies it, and what it points to, only when it is new. */
static const Type *
intern_type(Types *t, const Type *want)
{
	Type *ty;

	for (uint64_t key = type_hash(want) | 1;; key += 2) {
		ty = map_get(t->table, key);
		if (ty && same(ty, want))
			return ty;
		if (ty)
			continue;
		ty = arena_dup(t->arena, want, sizeof *want);
		if (want->kind == TY_TENSOR)
			ty->dim = arena_dup(t->arena, want->dim, want->rank * sizeof *want->dim);
		if (want->kind == TY_TUPLE)
			ty->member = arena_dup(t->arena, want->member,
			                       want->rank * sizeof *want->member);
		map_put(t->table, key, ty);
		return ty;
	}
}

const Type *
type_tensor(Types *t, DType d, const Dim *dim, uint32_t rank)
{
	Type ty = {.kind = TY_TENSOR, .dtype = d, .rank = rank, .dim = dim};
	int64_t known[TENSOR_MAX_RANK] = {0};
	bool symbolic = false;

	for (uint32_t i = 0; i < rank; i++) {
		symbolic = symbolic || !dim_known(dim[i]);
		if (i < TENSOR_MAX_RANK)
			known[i] = dim_known(dim[i]) ? dim[i] : 1;
	}
	ty.impossible = !shape_count(known, (int)rank, &ty.count);
	if (symbolic || ty.impossible)
		ty.count = -1;
	return intern_type(t, &ty);
}

const Type *
type_scalar(Types *t, DType d)
{
	return type_tensor(t, d, NULL, 0);
}

const Type *
type_list(Types *t, const Type *elem, Dim length, bool dynamic)
{
	Type ty = {.kind = TY_LIST, .elem = elem, .length = length, .dynamic_length = dynamic,
	           .count = -1};

	if (!elem) {
		Type unknown = {.kind = TY_UNKNOWN, .count = -1};
		ty.elem = intern_type(t, &unknown);
	}
	return intern_type(t, &ty);
}

const Type *
type_tuple(Types *t, const Type *const *member, uint32_t n)
{
	Type ty = {.kind = TY_TUPLE, .rank = n, .count = -1};

	ty.member = arena_dup(t->arena, member, n * sizeof *member);
	return intern_type(t, &ty);
}

const Type *
type_dict(Types *t, const Type *key, const Type *val)
{
	Type ty = {.kind = TY_DICT, .elem = key, .val = val, .count = -1};

	return intern_type(t, &ty);
}

const Type *
type_state(Types *t, const Type *tensor)
{
	Type ty = {.kind = TY_STATE, .elem = tensor, .count = -1};

	return intern_type(t, &ty);
}

const Type *
type_with_dtype(Types *t, const Type *tensor, DType d)
{
	return tensor->dtype == d ? tensor : type_tensor(t, d, tensor->dim, tensor->rank);
}

const Type *
type_for_both(Types *t, const Type *a, const Type *b)
{
	Dim dim[TENSOR_MAX_RANK];

	if (a->kind != TY_TENSOR || b->kind != TY_TENSOR || a->rank != b->rank || a->rank == 0 ||
	    a->rank > TENSOR_MAX_RANK || a->dtype != b->dtype)
		return NULL;
	for (uint32_t i = 0; i < a->rank; i++)
		dim[i] = a->dim[i] == b->dim[i] ? a->dim[i] : sym_new(t, NULL);
	return type_tensor(t, b->dtype, dim, a->rank);
}

/* ---- text ---- */

static const char *
dtype_word(DType d)
{
	return d == DT_STRING ? "str" : dtype_info[d].mil;
}

static void
put_type(Types *t, Buf *b, const Type *ty)
{
	switch (ty->kind) {
	case TY_ERROR:
		buf_puts(b, "error");
		break;
	case TY_UNKNOWN:
		buf_puts(b, "unknown");
		break;
	case TY_TENSOR:
		if (ty->rank == 0) {
			buf_puts(b, dtype_word(ty->dtype));
			break;
		}
		buf_puts(b, "tensor[");
		for (uint32_t i = 0; i < ty->rank; i++)
			buf_printf(b, "%s,", dim_str(t, ty->dim[i]));
		buf_printf(b, "%s]", dtype_word(ty->dtype));
		break;
	case TY_LIST:
	case TY_STATE:
		buf_puts(b, ty->kind == TY_LIST ? "list[" : "state[");
		put_type(t, b, ty->elem);
		buf_byte(b, ']');
		break;
	case TY_DICT:
		buf_puts(b, "dict[");
		put_type(t, b, ty->elem);
		buf_byte(b, ',');
		put_type(t, b, ty->val);
		buf_byte(b, ']');
		break;
	case TY_TUPLE:
		buf_puts(b, "tuple[");
		for (uint32_t i = 0; i < ty->rank; i++) {
			if (i)
				buf_byte(b, ',');
			put_type(t, b, ty->member[i]);
		}
		buf_byte(b, ']');
		break;
	}
}

static const char *
keep(Types *t, Buf *b)
{
	char *s = arena_strdup(t->arena, b->at);

	buf_free(b);
	return s;
}

const char *
type_str(Types *t, const Type *ty)
{
	Buf b = {0};

	put_type(t, &b, ty);
	return keep(t, &b);
}

const char *
shape_str(Types *t, const Dim *dim, uint32_t rank)
{
	Buf b = {0};

	buf_byte(&b, '(');
	for (uint32_t i = 0; i < rank; i++)
		buf_printf(&b, i ? ", %s" : "%s", dim_str(t, dim[i]));
	buf_puts(&b, rank == 1 ? ",)" : ")");
	return keep(t, &b);
}

static void
put_mil_dim(Buf *b, Dim d)
{
	if (dim_known(d))
		buf_printf(b, "%lld", (long long)d);
	else
		buf_byte(b, '?');
}

void
type_put_mil(Buf *b, const Type *ty, bool scalar_bare)
{
	switch (ty->kind) {
	case TY_ERROR:
	case TY_UNKNOWN:
		buf_puts(b, "unknown");
		break;
	case TY_TENSOR:
		if (ty->rank == 0 && scalar_bare) {
			buf_puts(b, dtype_info[ty->dtype].mil);
			break;
		}
		buf_printf(b, "tensor<%s, [", dtype_info[ty->dtype].mil);
		for (uint32_t i = 0; i < ty->rank; i++) {
			buf_puts(b, i ? ", " : "");
			put_mil_dim(b, ty->dim[i]);
		}
		buf_puts(b, "]>");
		break;
	case TY_LIST:
		buf_puts(b, "list<");
		type_put_mil(b, ty->elem, scalar_bare);
		buf_puts(b, ", ");
		if (ty->dynamic_length)
			buf_byte(b, '?');
		else
			put_mil_dim(b, ty->length);
		buf_byte(b, '>');
		break;
	case TY_STATE:
		buf_puts(b, "state<");
		type_put_mil(b, ty->elem, scalar_bare);
		buf_byte(b, '>');
		break;
	case TY_DICT:
		buf_puts(b, "dict<");
		type_put_mil(b, ty->elem, scalar_bare);
		buf_puts(b, ", ");
		type_put_mil(b, ty->val, scalar_bare);
		buf_byte(b, '>');
		break;
	case TY_TUPLE:
		buf_puts(b, "tuple<");
		for (uint32_t i = 0; i < ty->rank; i++) {
			buf_puts(b, i ? ", " : "");
			type_put_mil(b, ty->member[i], scalar_bare);
		}
		buf_byte(b, '>');
		break;
	}
}

/* ---- comparing ---- */

/* Tensors alike but for symbols: those of b, or with `both` also those of a. */
static bool
alike(const Type *a, const Type *b, bool both)
{
	if (a->kind != TY_TENSOR || b->kind != TY_TENSOR || a->dtype != b->dtype ||
	    a->rank != b->rank)
		return false;
	for (uint32_t i = 0; i < a->rank; i++)
		if (a->dim[i] != b->dim[i] && dim_known(b->dim[i]) &&
		    !(both && !dim_known(a->dim[i])))
			return false;
	return true;
}

bool
type_is_subtype(const Type *a, const Type *b)
{
	if (a == b || b->kind == TY_UNKNOWN)
		return true;
	if (a->kind != b->kind)
		return false;
	if (a->kind == TY_LIST)
		return type_is_subtype(a->elem, b->elem);
	return alike(a, b, false);
}

bool
type_compatible(const Type *a, const Type *b)
{
	return type_is_subtype(a, b) || a->kind == TY_ERROR || b->kind == TY_ERROR ||
	       alike(a, b, true);
}

bool
type_is_possible(const Type *ty)
{
	if (ty->kind == TY_TENSOR)
		return !ty->impossible;
	return (ty->kind != TY_LIST && ty->kind != TY_STATE) || type_is_possible(ty->elem);
}

bool
type_all_known(const Type *ty)
{
	if (ty->kind != TY_TENSOR)
		return false;
	for (uint32_t i = 0; i < ty->rank; i++)
		if (!dim_known(ty->dim[i]))
			return false;
	return true;
}
