/* value_read.c: MIL types and constants from protobuf messages. Sizes are checked against the data
 * before anything is allocated for them.
 */
#include "reading.h"

#include "blob_read.h"

static bool
read_dim(Reading *r, const Msg *d, Dim *out)
{
	const Msg *constant = msg_get(d, "constant");
	int64_t size = msg_get_int(constant, "size");

	if (size < 0)
		return read_error(r, "a dimension is %llu, more than fits",
		                  (unsigned long long)size);
	*out = constant                                           ? (Dim)size
	       : msg_get_int(msg_get(d, "unknown"), "variadic") ? sym_new_variadic(r->c->types)
	                                                        : sym_new(r->c->types, 0);
	return true;
}

static const Type *
read_tensor_type(Reading *r, const Msg *t)
{
	size_t n = msg_count(t, "dimensions");
	DType dtype = dtype_from_pb((int)msg_get_int(t, "dataType"));
	int64_t rank = msg_get_int(t, "rank");
	Dim dim[TENSOR_MAX_RANK];
	const Type *ty;

	if (dtype == DT_NONE)
		return read_none(r, "a tensor has the unknown element type %lld",
		                 (long long)msg_get_int(t, "dataType"));
	if (n > TENSOR_MAX_RANK || rank < 0 || (size_t)rank != n)
		return read_none(
		    r,
		    "a tensor has rank %lld but %zu dimensions, expected the same number up to %d",
		    (long long)rank, n, TENSOR_MAX_RANK);
	for (size_t k = 0; k < n; k++)
		if (!read_dim(r, msg_at(t, "dimensions", k), &dim[k]))
			return 0;
	ty = type_tensor(r->c->types, dtype, dim, (uint32_t)n);
	if (type_is_possible(ty))
		return ty;
	return read_none(r, "a tensor has shape %s: %s", shape_str(r->c->types, dim, ty->rank),
	                 TYPE_LIMITS);
}

static const Type *
read_list_type(Reading *r, const Msg *t)
{
	const Type *elem = read_type(r, msg_get(t, "type"));
	const Msg *length = msg_get(t, "length");
	bool fixed = msg_has(length, "constant");
	Dim n = -1;

	if (!elem || (length && !read_dim(r, length, &n)))
		return 0;
	if (!length)
		n = sym_new(r->c->types, 0);
	return type_list(r->c->types, elem, n, !fixed);
}

static const Type *
read_tuple_type(Reading *r, const Msg *t)
{
	size_t n = msg_count(t, "types");
	const Type **member = newn(r->arena, const Type *, n + 1);

	for (size_t k = 0; k < n; k++)
		if (!(member[k] = read_type(r, msg_at(t, "types", k))))
			return 0;
	return type_tuple(r->c->types, member, (uint32_t)n);
}

static const Type *
read_dict_type(Reading *r, const Msg *t)
{
	const Type *key = read_type(r, msg_get(t, "keyType"));
	const Type *val = key ? read_type(r, msg_get(t, "valueType")) : 0;

	return val ? type_dict(r->c->types, key, val) : 0;
}

static const Type *
read_state_type(Reading *r, const Msg *t)
{
	const Type *wrapped = read_type(r, msg_get(t, "wrappedType"));

	if (wrapped && wrapped->kind != TY_TENSOR)
		return read_none(r, "a state does not hold a tensor");
	return wrapped ? type_state(r->c->types, wrapped) : 0;
}

const Type *
read_type(Reading *r, const Msg *t)
{
	static const struct {
		const char *field;
		const Type *(*read)(Reading *, const Msg *);
	} kinds[] = {
	    {"tensorType", read_tensor_type},   {"listType", read_list_type},
	    {"tupleType", read_tuple_type},     {"dictionaryType", read_dict_type},
	    {"stateType", read_state_type},
	};

	for (size_t k = 0; k < countof(kinds); k++)
		if (msg_has(t, kinds[k].field))
			return kinds[k].read(r, msg_get(t, kinds[k].field));
	return read_none(r, "a value has no type");
}

/* ---- constants ---- */

/* The elements of a value in place: how many there are, and where. */
typedef enum ElementKind { FLOATS, INTS, BOOLS, STRINGS, LONGS, DOUBLES, BYTES } ElementKind;
typedef struct Elements {
	const Msg *from;
	const void *at;
	size_t n;
	ElementKind kind;
} Elements;

static bool
find_elements(Reading *r, const Msg *v, Elements *e)
{
	static const char *const field[] = {"floats",   "ints",    "bools", "strings",
	                                    "longInts", "doubles", "bytes"};

	for (size_t k = 0; k < countof(field); k++) {
		const Msg *m = msg_get(v, field[k]);
		if (!m)
			continue;
		*e = (Elements){m, msg_array(m, "values"), msg_count(m, "values"), (ElementKind)k};
		if (k == BYTES) {
			e->at = msg_bytes(m, "values")->data;
			e->n = msg_bytes(m, "values")->len;
		}
		return true;
	}
	return read_error(r, "a constant has no value");
}

static bool
kind_fits(DType t, int kind)
{
	char k = dtype_info[t].kind;

	switch (kind) {
	case FLOATS:
		return t == DT_FP32;
	case DOUBLES:
		return t == DT_FP64;
	case STRINGS:
		return k == 's';
	case BOOLS:
		return k == 'b';
	case INTS:
	case LONGS:
		return k == 'i' || k == 'u';
	default:
		return k != 's';
	}
}

static void
copy_bytes(Tensor *t, const Elements *e)
{
	int bits = dtype_bits(t->dtype);

	if (bits < 8)
		blob_unpack(t->data, e->at, (size_t)t->count, (unsigned)bits,
		            dtype_info[t->dtype].kind == 'i');
	else if (t->count)
		memcpy(t->data, e->at, tensor_bytes(t));
}

static void
copy_elements(Reading *r, Tensor *t, const Elements *e)
{
	const Str **str = t->data;

	switch (e->kind) {
	case STRINGS:
		for (size_t i = 0; i < e->n; i++)
			str[i] = intern_cstr(r->c->names, msg_string_at(e->from, "values", i));
		break;
	case INTS:
	case LONGS:
	case BOOLS:
		for (size_t i = 0; i < e->n; i++)
			tensor_set_i(t, (int64_t)i, ((const int64_t *)e->at)[i]);
		break;
	default:
		copy_bytes(t, e);
		break;
	}
}

static const Tensor *
read_tensor(Reading *r, const Msg *v, const Type *type)
{
	Elements e = {0};
	size_t want, bits;

	if (!find_elements(r, v, &e))
		return 0;
	if (!kind_fits(type->dtype, e.kind))
		return read_none(r, "a constant of type %s is stored as another type",
		                 dtype_info[type->dtype].mil);
	want = (size_t)type->count;
	if (e.kind == BYTES) {
		if (!mul_size(want, (size_t)dtype_bits(type->dtype), &bits))
			return read_none(r, "the size of a constant overflows");
		want = bits / 8 + (bits % 8 != 0);
	}
	if (e.n != want)
		return read_none(
		    r, "a constant of type %s has %zu elements or bytes stored, expected %zu",
		    type_str(r->c->types, type), e.n, want);
	Tensor *t = tensor_new(r->arena, type->dtype, type->dim, (int)type->rank);
	copy_elements(r, t, &e);
	return t;
}

const Msg *
read_immediate(const Msg *value, const char *kind)
{
	return msg_get(msg_get(value, "immediateValue"), kind);
}

/* A list of strings or numbers: one tensor that holds the elements. */
static const Tensor *
read_list(Reading *r, const Msg *v, const Type *type)
{
	int64_t n = (int64_t)msg_count(v, "values");
	const Type *elem;
	Tensor *t;

	if (type->elem->kind != TY_TENSOR || type->elem->rank != 0)
		return read_none(
		    r,
		    "a list constant holds something other than scalars, which is not supported");
	t = tensor_new(r->arena, type->elem->dtype, &n, 1);
	size_t size = dtype_size(t->dtype);
	for (size_t i = 0; i < (size_t)n; i++) {
		const Msg *item = msg_at(v, "values", i);
		if (!read_immediate(item, "tensor"))
			return read_none(r, "element %zu of a list constant is no scalar", i);
		const Tensor *e = read_value(r, item, &elem);
		if (!e)
			return 0;
		if (elem != type->elem)
			return read_none(
			    r, "element %zu of a list constant has type %s, expected %s", i,
			    type_str(r->c->types, elem), type_str(r->c->types, type->elem));
		memcpy((char *)t->data + i * size, e->data, size);
	}
	return t;
}

static const Tensor *
read_blob(Reading *r, const Msg *v, const Type *type)
{
	const char *name = msg_get_string(v, "fileName");
	uint64_t offset = (uint64_t)msg_get_int(v, "offset");
	const Tensor *t = read_weight(r, name, offset, type);

	if (!t)
		return 0;
	BlobAt *b = new (r->arena, BlobAt);
	*b = (BlobAt){name, offset};
	map_put(&r->m->blobs, KEY(t), b);
	return t;
}

const Tensor *
read_value(Reading *r, const Msg *v, const Type **type)
{
	const Type *t = v ? read_type(r, msg_get(v, "type")) : 0;
	const Msg *m;

	if (!v)
		read_error(r, "a constant has no value");
	if (!t)
		return 0;
	*type = t;
	if (t->kind == TY_LIST && (m = read_immediate(v, "list")))
		return read_list(r, m, t);
	if (t->kind == TY_TENSOR && type_all_known(t)) {
		if ((m = read_immediate(v, "tensor")))
			return read_tensor(r, m, t);
		if ((m = msg_get(v, "blobFileValue")))
			return read_blob(r, m, t);
	}
	return read_none(r, "a constant of type %s is not stored as one", type_str(r->c->types, t));
}
