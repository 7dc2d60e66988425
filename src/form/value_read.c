/* value_read.c: MIL types and constants from protobuf messages. Sizes are checked against the data
 * before anything is allocated for them.
 */
#include "reading.h"

#include "blob_read.h"

static bool
read_dim(Reading *r, const PB(Dimension) * d, Dim *out)
{
	if (d->dimension_case == MIL_CASE(DIMENSION__DIMENSION_CONSTANT)) {
		if (d->constant->size > INT64_MAX)
			return read_error(r, "a dimension is %llu, more than fits",
			                  (unsigned long long)d->constant->size);
		*out = (Dim)d->constant->size;
		return true;
	}
	if (d->dimension_case == MIL_CASE(DIMENSION__DIMENSION_UNKNOWN) && d->unknown->variadic) {
		*out = sym_new_variadic(r->c->types);
		return true;
	}
	*out = sym_new(r->c->types, 0);
	return true;
}

static const Type *
read_tensor_type(Reading *r, const PB(TensorType) * t)
{
	DType dtype = dtype_from_pb((int)t->datatype);
	Dim dim[TENSOR_MAX_RANK];
	int64_t known[TENSOR_MAX_RANK], count;

	if (dtype == DT_NONE) {
		read_error(r, "a tensor has the unknown element type %d", (int)t->datatype);
		return 0;
	}
	if (t->n_dimensions > TENSOR_MAX_RANK || t->rank < 0 ||
	    (size_t)t->rank != t->n_dimensions) {
		read_error(
		    r,
		    "a tensor has rank %lld but %zu dimensions, expected the same number up to %d",
		    (long long)t->rank, t->n_dimensions, TENSOR_MAX_RANK);
		return 0;
	}
	for (size_t k = 0; k < t->n_dimensions; k++) {
		if (!read_dim(r, t->dimensions[k], &dim[k]))
			return 0;
		known[k] = dim_known(dim[k]) ? dim[k] : 1;
	}
	if (!shape_count(known, (int)t->n_dimensions, &count)) {
		read_error(r, "the size of a tensor overflows");
		return 0;
	}
	return type_tensor(r->c->types, dtype, dim, (uint32_t)t->n_dimensions);
}

static const Type *
read_list_type(Reading *r, const PB(ListType) * t)
{
	const Type *elem = read_type(r, t->type);
	bool fixed =
	    t->length && t->length->dimension_case == MIL_CASE(DIMENSION__DIMENSION_CONSTANT);
	Dim length = -1;

	if (!elem || (t->length && !read_dim(r, t->length, &length)))
		return 0;
	if (!t->length)
		length = sym_new(r->c->types, 0);
	return type_list(r->c->types, elem, length, !fixed);
}

static const Type *
read_tuple_type(Reading *r, const PB(TupleType) * t)
{
	const Type **member = newn(r->arena, const Type *, t->n_types + 1);

	for (size_t k = 0; k < t->n_types; k++)
		if (!(member[k] = read_type(r, t->types[k])))
			return 0;
	return type_tuple(r->c->types, member, (uint32_t)t->n_types);
}

const Type *
read_type(Reading *r, const PB(ValueType) * t)
{
	const Type *a, *b;

	switch (t ? t->type_case : MIL_CASE(VALUE_TYPE__TYPE__NOT_SET)) {
	case MIL_CASE(VALUE_TYPE__TYPE_TENSOR_TYPE):
		return read_tensor_type(r, t->tensortype);
	case MIL_CASE(VALUE_TYPE__TYPE_LIST_TYPE):
		return read_list_type(r, t->listtype);
	case MIL_CASE(VALUE_TYPE__TYPE_TUPLE_TYPE):
		return read_tuple_type(r, t->tupletype);
	case MIL_CASE(VALUE_TYPE__TYPE_DICTIONARY_TYPE):
		a = read_type(r, t->dictionarytype->keytype);
		b = a ? read_type(r, t->dictionarytype->valuetype) : 0;
		return b ? type_dict(r->c->types, a, b) : 0;
	case MIL_CASE(VALUE_TYPE__TYPE_STATE_TYPE):
		a = read_type(r, t->statetype->wrappedtype);
		if (a && a->kind == TY_TENSOR)
			return type_state(r->c->types, a);
		if (a)
			read_error(r, "a state does not hold a tensor");
		return 0;
	default:
		read_error(r, "a value has no type");
		return 0;
	}
}

/* ---- constants ---- */

/* The elements of a value in place: how many there are, and where. */
typedef struct Elements {
	const void *at;
	size_t n;
	enum { FLOATS, INTS, BOOLS, STRINGS, LONGS, DOUBLES, BYTES } kind;
} Elements;

static bool
find_elements(Reading *r, const PB(TensorValue) * v, Elements *e)
{
	switch (v->value_case) {
	case MIL_CASE(TENSOR_VALUE__VALUE_FLOATS):
		*e = (Elements){v->floats->values, v->floats->n_values, FLOATS};
		return true;
	case MIL_CASE(TENSOR_VALUE__VALUE_INTS):
		*e = (Elements){v->ints->values, v->ints->n_values, INTS};
		return true;
	case MIL_CASE(TENSOR_VALUE__VALUE_BOOLS):
		*e = (Elements){v->bools->values, v->bools->n_values, BOOLS};
		return true;
	case MIL_CASE(TENSOR_VALUE__VALUE_STRINGS):
		*e = (Elements){v->strings->values, v->strings->n_values, STRINGS};
		return true;
	case MIL_CASE(TENSOR_VALUE__VALUE_LONG_INTS):
		*e = (Elements){v->longints->values, v->longints->n_values, LONGS};
		return true;
	case MIL_CASE(TENSOR_VALUE__VALUE_DOUBLES):
		*e = (Elements){v->doubles->values, v->doubles->n_values, DOUBLES};
		return true;
	case MIL_CASE(TENSOR_VALUE__VALUE_BYTES):
		*e = (Elements){v->bytes->values.data, v->bytes->values.len, BYTES};
		return true;
	default:
		return read_error(r, "a constant has no value");
	}
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
		memcpy(t->data, e->at, (size_t)t->count * dtype_size(t->dtype));
}

static void
copy_elements(Reading *r, Tensor *t, const Elements *e)
{
	const Str **str = t->data;

	switch (e->kind) {
	case STRINGS:
		for (size_t i = 0; i < e->n; i++)
			str[i] = intern_cstr(r->c->names, ((char *const *)e->at)[i]);
		break;
	case INTS:
		for (size_t i = 0; i < e->n; i++)
			tensor_set_i(t, (int64_t)i, ((const int32_t *)e->at)[i]);
		break;
	case LONGS:
		for (size_t i = 0; i < e->n; i++)
			tensor_set_i(t, (int64_t)i, ((const int64_t *)e->at)[i]);
		break;
	case BOOLS:
		for (size_t i = 0; i < e->n; i++)
			tensor_set_i(t, (int64_t)i, ((const protobuf_c_boolean *)e->at)[i] != 0);
		break;
	default:
		copy_bytes(t, e);
		break;
	}
}

static const Tensor *
read_immediate(Reading *r, const PB(TensorValue) * v, const Type *type)
{
	Elements e = {0};
	size_t want, bits;

	if (!find_elements(r, v, &e))
		return 0;
	if (!kind_fits(type->dtype, e.kind)) {
		read_error(r, "a constant of type %s is stored as another type",
		           dtype_info[type->dtype].mil);
		return 0;
	}
	want = (size_t)type->count;
	if (e.kind == BYTES) {
		if (!mul_size(want, (size_t)dtype_bits(type->dtype), &bits)) {
			read_error(r, "the size of a constant overflows");
			return 0;
		}
		want = bits / 8 + (bits % 8 != 0);
	}
	if (e.n != want) {
		read_error(r,
		           "a constant of type %s has %zu elements or bytes stored, expected %zu",
		           type_str(r->c->types, type), e.n, want);
		return 0;
	}
	Tensor *t = tensor_new(r->arena, type->dtype, type->dim, (int)type->rank);
	copy_elements(r, t, &e);
	return t;
}

/* A list of strings or numbers: one tensor that holds the elements. */
static const Tensor *
read_list(Reading *r, const PB(ListValue) * v, const Type *type)
{
	int64_t n = (int64_t)v->n_values;
	const Type *elem;
	Tensor *t;

	if (type->elem->kind != TY_TENSOR || type->elem->rank != 0) {
		read_error(
		    r,
		    "a list constant holds something other than scalars, which is not supported");
		return 0;
	}
	t = tensor_new(r->arena, type->elem->dtype, &n, 1);
	size_t size = dtype_size(t->dtype);
	for (size_t i = 0; i < v->n_values; i++) {
		const PB(Value) *item = v->values[i];
		if (item->value_case != MIL_CASE(VALUE__VALUE_IMMEDIATE_VALUE) ||
		    item->immediatevalue->value_case !=
		        MIL_CASE(VALUE__IMMEDIATE_VALUE__VALUE_TENSOR)) {
			read_error(r, "element %zu of a list constant is no scalar", i);
			return 0;
		}
		const Tensor *e = read_value(r, item, &elem);
		if (!e)
			return 0;
		if (elem != type->elem) {
			read_error(r, "element %zu of a list constant has type %s, expected %s", i,
			           type_str(r->c->types, elem), type_str(r->c->types, type->elem));
			return 0;
		}
		memcpy((char *)t->data + i * size, e->data, size);
	}
	return t;
}

static const Tensor *
read_blob(Reading *r, const PB(Value__BlobFileValue) * v, const Type *type)
{
	const BlobFile *file = read_weights(r, v->filename);
	const char *error = 0;
	Tensor *t;

	if (!file)
		return 0;
	t = blob_tensor(r->arena, file, v->offset, type->dtype, type->dim, (int)type->rank, &error);
	if (!t)
		read_error(r, "the weights in '%s' cannot be read: %s", v->filename, error);
	return t;
}

const Tensor *
read_value(Reading *r, const PB(Value) * v, const Type **type)
{
	const Type *t = v ? read_type(r, v->type) : 0;

	if (!v)
		read_error(r, "a constant has no value");
	if (!t)
		return 0;
	*type = t;
	if (v->value_case == MIL_CASE(VALUE__VALUE_IMMEDIATE_VALUE)) {
		const PB(Value__ImmediateValue) *im = v->immediatevalue;
		if (t->kind == TY_LIST &&
		    im->value_case == MIL_CASE(VALUE__IMMEDIATE_VALUE__VALUE_LIST))
			return read_list(r, im->list, t);
		if (t->kind == TY_TENSOR && type_all_known(t) &&
		    im->value_case == MIL_CASE(VALUE__IMMEDIATE_VALUE__VALUE_TENSOR))
			return read_immediate(r, im->tensor, t);
	} else if (v->value_case == MIL_CASE(VALUE__VALUE_BLOB_FILE_VALUE) &&
	           t->kind == TY_TENSOR && type_all_known(t)) {
		return read_blob(r, v->blobfilevalue, t);
	}
	read_error(r, "a constant of type %s is not stored as one", type_str(r->c->types, t));
	return 0;
}
