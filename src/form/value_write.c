/* value_write.c: types and values of MIL as protobuf. Types are interned in the compiler, so that
 * each is encoded once and copied afterwards.
 */
#include "spec.h"

static void
put_dim(Buf *b, uint32_t field, SpecOut *s, Dim d)
{
	size_t at = pb_open(b, field), in = pb_open(b, dim_known(d) ? 1 : 2);

	if (dim_known(d))
		pb_uint_field(b, 1, (uint64_t)d);
	else if (dim_is_variadic(s->m->prog->types, d))
		pb_uint_field(b, 1, 1);
	pb_close(b, in);
	pb_close(b, at);
}

static void
put_tensor_type(Buf *b, SpecOut *s, DType dtype, const Dim *dim, uint32_t rank)
{
	size_t at = pb_open(b, VT_TENSOR);

	if (!dtype_info[dtype].pb && !s->failed) {
		diag_error(
		    s->diag, s->at,
		    "a value of type %s is left in the program: a file cannot hold that type",
		    dtype_info[dtype].mil ? dtype_info[dtype].mil : "unknown");
		s->failed = true;
	}
	pb_uint_field(b, 1, dtype_info[dtype].pb);
	pb_uint_field(b, 2, rank);
	for (uint32_t i = 0; i < rank; i++)
		put_dim(b, 3, s, dim[i]);
	pb_close(b, at);
}

static void
put_type_body(Buf *b, SpecOut *s, const Type *t)
{
	size_t at;

	switch (t->kind) {
	case TY_TENSOR:
		put_tensor_type(b, s, t->dtype, t->dim, t->rank);
		break;
	case TY_LIST:
		at = pb_open(b, VT_LIST);
		put_type(b, 1, s, t->elem);
		put_dim(b, 2, s, t->length);
		pb_close(b, at);
		break;
	case TY_TUPLE:
		at = pb_open(b, VT_TUPLE);
		for (uint32_t i = 0; i < t->rank; i++)
			put_type(b, 1, s, t->member[i]);
		pb_close(b, at);
		break;
	case TY_DICT:
		at = pb_open(b, VT_DICT);
		put_type(b, 1, s, t->elem);
		put_type(b, 2, s, t->val);
		pb_close(b, at);
		break;
	case TY_STATE:
		at = pb_open(b, VT_STATE);
		put_type(b, 1, s, t->elem);
		pb_close(b, at);
		break;
	case TY_UNKNOWN: /* a list that nothing was written to: as its initial element */
	case TY_ERROR:
		if (!s->failed)
			diag_error(s->diag, s->at, "a value without a type is left in the program");
		s->failed = true;
		break;
	}
}

const TypeBytes *
type_bytes(SpecOut *s, const Type *t)
{
	TypeBytes *e = map_get(&s->types, KEY(t));

	if (!e) {
		Buf tmp = {0};
		put_type_body(&tmp, s, t);
		e = arena_alloc(s->arena, sizeof *e + tmp.n);
		e->n = tmp.n;
		if (tmp.n)
			memcpy(e->at, tmp.at, tmp.n);
		buf_free(&tmp);
		map_put(&s->types, KEY(t), e);
	}
	return e;
}

void
put_type(Buf *b, uint32_t field, SpecOut *s, const Type *t)
{
	const TypeBytes *e = type_bytes(s, t);

	pb_len_field(b, field, e->at, e->n);
}

static int
value_field(DType t)
{
	switch (t) {
	case DT_BOOL:
		return TV_BOOLS;
	case DT_STRING:
		return TV_STRINGS;
	case DT_FP32:
		return TV_FLOATS;
	case DT_FP64:
		return TV_DOUBLES;
	case DT_INT16:
	case DT_UINT16:
	case DT_INT32:
		return TV_INTS;
	case DT_INT64:
	case DT_UINT64:
		return TV_LONGS;
	default:
		return TV_BYTES;
	}
}

static void
put_numbers(Buf *b, const Tensor *t)
{
	size_t at = pb_open(b, 1);

	for (int64_t i = 0; i < t->count; i++)
		pb_varint(b, (uint64_t)tensor_i(t, i));
	pb_close(b, at);
}

static void
put_raw(Buf *b, const Tensor *t, const void *data)
{
	size_t n = (size_t)blob_size(t), count = (size_t)t->count;

	pb_head(b, 1, n);
	if (dtype_bits(t->dtype) < 8) {
		buf_put(b, data, count);
		blob_pack((uint8_t *)b->at + b->n - count, count, (unsigned)dtype_bits(t->dtype));
		b->n -= count - n;
	} else {
		buf_put(b, data, n);
	}
}

void
put_tensor_value(Buf *b, SpecOut *s, const Tensor *t)
{
	int field = value_field(t->dtype);
	size_t at = pb_open(b, (uint32_t)field);

	if (t->count > 0) {
		const void *data = tensor_data(s->arena, t);
		if (field == TV_STRINGS) {
			const Str *const *str = data;
			for (int64_t i = 0; i < t->count; i++)
				pb_len_field(b, 1, str[i]->s, str[i]->len);
		} else if (field == TV_BYTES || field == TV_FLOATS || field == TV_DOUBLES) {
			put_raw(b, t, data);
		} else {
			put_numbers(b, t);
		}
	}
	pb_close(b, at);
}

/* A list constant: its elements are values of their own. */
static void
put_list_value(Buf *b, SpecOut *s, const Type *type, const Tensor *t)
{
	size_t list = pb_open(b, 3);
	size_t each = dtype_size(t->dtype);

	for (int64_t i = 0; i < t->count; i++) {
		const char *p = tensor_data(s->arena, t);
		const Tensor *e = tensor_view(s->arena, t->dtype, 0, 0,
		                              (void *)(uintptr_t)(p + (size_t)i * each));
		put_value(b, 1, s, type->elem, e, false);
	}
	pb_close(b, list);
}

/* Few numbers that stand as they are in memory: measured, since so many constants are such. */
static bool
put_plain_value(Buf *b, uint32_t field, SpecOut *s, const Type *type, const Tensor *t)
{
	uint32_t kind = (uint32_t)value_field(t->dtype);
	bool raw = kind == TV_BYTES || kind == TV_FLOATS || kind == TV_DOUBLES;
	size_t n = tensor_bytes(t), numbers, tensor, value, len;
	const TypeBytes *type_at;
	char *p;

	if (!raw || !t->count || !t->data || dtype_bits(t->dtype) < 8)
		return false;
	type_at = type_bytes(s, type);
	numbers = pb_field_size(1, n);
	tensor = pb_field_size(kind, numbers);
	value = pb_field_size(IV_TENSOR, tensor);
	len = pb_field_size(VALUE_TYPE, type_at->n) + pb_field_size(VALUE_IMMEDIATE, value);
	p = pb_write_head(pb_room(b, pb_field_size(field, len)), field, len);
	p = pb_write_bytes(p, VALUE_TYPE, type_at->at, type_at->n);
	p = pb_write_head(p, VALUE_IMMEDIATE, value);
	p = pb_write_head(p, IV_TENSOR, tensor);
	p = pb_write_head(p, kind, numbers);
	pb_write_bytes(p, 1, t->data, n);
	return true;
}

void
put_value(Buf *b, uint32_t field, SpecOut *s, const Type *type, const Tensor *val, bool may_blob)
{
	bool blob = may_blob && type->kind == TY_TENSOR && weights_wants(s->w, val);
	size_t at, in;

	if (!blob && type->kind == TY_TENSOR && put_plain_value(b, field, s, type, val))
		return;
	at = pb_open(b, field);
	put_type(b, 2, s, type);
	if (blob) {
		uint64_t offset = weights_offset(s->w, val);
		in = pb_open(b, 5);
		pb_len_field(b, 1, WEIGHTS_PATH, sizeof WEIGHTS_PATH - 1);
		pb_uint_field(b, 2, offset);
	} else {
		in = pb_open(b, 3);
		if (type->kind == TY_LIST) {
			put_list_value(b, s, type, val);
		} else {
			size_t tensor = pb_open(b, 1);
			put_tensor_value(b, s, val);
			pb_close(b, tensor);
		}
	}
	pb_close(b, in);
	pb_close(b, at);
}

/* The bytes of a rank-0 string's type, which every operation's name needs. */
static const char string_type[] = {0x12, 4, 0x0a, 2, 0x08, 2};

size_t
string_value_size(size_t n)
{
	return sizeof string_type +
	       pb_field_size(3, pb_field_size(1, pb_field_size(4, pb_field_size(1, n))));
}

char *
write_string_value(char *p, const char *text, size_t n)
{
	size_t strings = pb_field_size(1, n), tensor = pb_field_size(4, strings);

	memcpy(p, string_type, sizeof string_type);
	p = pb_write_head(p + sizeof string_type, 3, pb_field_size(1, tensor));
	p = pb_write_head(p, 1, tensor);
	p = pb_write_head(p, 4, strings);
	return pb_write_bytes(p, 1, text, n);
}

static void
put_string_value(Buf *b, uint32_t field, const char *text, size_t n)
{
	size_t len = string_value_size(n);

	pb_head(b, field, len);
	write_string_value(pb_room(b, len), text, n);
}

void
put_string_dict(Buf *b, uint32_t field, const MetaPair *pair, uint32_t n)
{
	static const char type[] = {0x22, 12, 0x0a, 4, 0x0a, 2, 0x08, 2, 0x12, 4, 0x0a, 2, 0x08, 2};
	size_t value = pb_open(b, field);

	pb_len_field(b, 2, type, sizeof type);
	size_t at = pb_open(b, 3), dict = pb_open(b, 4);
	for (uint32_t i = 0; i < n; i++) {
		size_t p = pb_open(b, 1);
		put_string_value(b, 1, pair[i].key, strlen(pair[i].key));
		put_string_value(b, 2, pair[i].val, strlen(pair[i].val));
		pb_close(b, p);
	}
	pb_close(b, dict);
	pb_close(b, at);
	pb_close(b, value);
}
