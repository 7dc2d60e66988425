/* pickle_call.c: what the functions that PyTorch's pickles call would return. All others are
 * refused by name.
 */
#include <math.h>

#include "pickle_impl.h"

static bool
is_sequence(const PValue *v)
{
	return v->kind == P_TUPLE || v->kind == P_LIST;
}

/* ---- storages ---- */

static const struct {
	const char *name;
	DType type;
} types[] = {
    {"FloatStorage", DT_FP32},      {"DoubleStorage", DT_FP64},
    {"HalfStorage", DT_FP16},       {"BFloat16Storage", DT_BF16},
    {"LongStorage", DT_INT64},      {"IntStorage", DT_INT32},
    {"ShortStorage", DT_INT16},     {"CharStorage", DT_INT8},
    {"ByteStorage", DT_UINT8},      {"BoolStorage", DT_BOOL},
    {"QInt8Storage", DT_INT8},      {"QUInt8Storage", DT_UINT8},
    {"QInt32Storage", DT_INT32},    {"ComplexFloatStorage", DT_COMPLEX64},
    {"float32", DT_FP32},           {"float64", DT_FP64},
    {"float16", DT_FP16},           {"bfloat16", DT_BF16},
    {"int64", DT_INT64},            {"int32", DT_INT32},
    {"int16", DT_INT16},            {"int8", DT_INT8},
    {"uint8", DT_UINT8},            {"uint16", DT_UINT16},
    {"uint32", DT_UINT32},          {"uint64", DT_UINT64},
    {"bool", DT_BOOL},              {"complex64", DT_COMPLEX64},
    {"float8_e4m3fn", DT_FP8E4M3FN}, {"float8_e5m2", DT_FP8E5M2},
};

/* Of "torch.FloatStorage", "torch.float8_e5m2"; DT_NONE: we have none. */
static DType
type_of(const Str *name)
{
	const char *s = strrchr(name->s, '.');

	for (size_t i = 0; s && i < countof(types); i++)
		if (strcmp(types[i].name, s + 1) == 0)
			return types[i].type;
	return DT_NONE;
}

/* ('storage', torch.FloatStorage, '0', 'cpu', 12) */
PValue *
unpickle_storage(Unpickler *u, const PValue *id)
{
	PValue *const *item = id->list.item, *v;
	const Str *member;

	if (!is_sequence(id) || id->list.n < 3 || item[0]->kind != P_TEXT ||
	    !str_is(item[0]->s, "storage") || item[1]->kind != P_NAME || item[2]->kind != P_TEXT) {
		unpickle_fail(u, "a persistent id is none of a storage");
		return 0;
	}
	member = intern_printf(u->names, "%s%s", u->storages, item[2]->s->s);
	if ((v = map_get(&u->storage, KEY(member))) && v->storage.type == type_of(item[1]->s))
		return v;
	v = pvalue_new(u, P_STORAGE);
	v->storage.member = member;
	v->storage.type = type_of(item[1]->s);
	if (!v->storage.type && !str_is(item[1]->s, "torch.UntypedStorage") &&
	    !str_is(item[1]->s, "torch.storage.UntypedStorage")) {
		diag_error(u->ar->diag, u->place,
		           "the pickle has a %.100s at byte %zu: its element type is not supported",
		           item[1]->s->s, u->at);
		return 0;
	}
	if (!archive_get(u->ar, member->s, &v->storage.data, &v->storage.n))
		return 0;
	map_put(&u->storage, KEY(member), v);
	return v;
}

/* ---- tensors ---- */

static bool
ints_of(const PValue *v, int64_t *out, uint32_t *n)
{
	if (!is_sequence(v) || v->list.n > TENSOR_MAX_RANK)
		return false;
	*n = v->list.n;
	for (uint32_t i = 0; i < *n; i++) {
		out[i] = v->list.item[i]->i;
		if (v->list.item[i]->kind != P_INT)
			return false;
	}
	return true;
}

/* (storage, offset, size, stride, …); type DT_NONE: that of the storage. */
static PValue *
tensor_of(Unpickler *u, PValue *const *arg, DType type)
{
	int64_t size[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK];
	const PValue *s = arg[0];
	uint32_t rank, nstride;
	PValue *v;

	if (s->kind != P_STORAGE || arg[1]->kind != P_INT || !ints_of(arg[2], size, &rank) ||
	    !ints_of(arg[3], stride, &nstride) || rank != nstride) {
		unpickle_fail(u, "a tensor is not described as one");
		return 0;
	}
	type = type ? type : s->storage.type;
	if (!type) {
		unpickle_fail(u, "the element type of a tensor is not supported");
		return 0;
	}
	v = pvalue_new(u, P_TENSOR);
	v->tensor.tensor.t = storage_tensor(u->ar, u->place, s->storage.data, s->storage.n, type,
	                                    size, stride, rank, arg[1]->i);
	v->tensor.storage = s->storage.member;
	v->tensor.offset = arg[1]->i;
	return v->tensor.tensor.t ? v : 0;
}

static PValue *
call_tensor(Unpickler *u, PValue *const *arg, uint32_t n)
{
	(void)n;
	return tensor_of(u, arg, DT_NONE);
}

/* With a type behind the hooks, over a storage without one. */
static PValue *
call_tensor_v3(Unpickler *u, PValue *const *arg, uint32_t n)
{
	DType t = arg[6]->kind == P_NAME ? type_of(arg[6]->s) : DT_NONE;

	(void)n;
	if (!t) {
		unpickle_fail(u, "the element type of a tensor is not supported");
		return 0;
	}
	return tensor_of(u, arg, t);
}

/* Zero points that are floats become integers of the quantized type, as in the peer. */
static int64_t
rounded_zero(const Tensor *zero, uint32_t i, DType type)
{
	double low = type == DT_INT8 ? INT8_MIN : type == DT_UINT8 ? 0 : INT32_MIN;
	double high = type == DT_INT8 ? INT8_MAX : type == DT_UINT8 ? UINT8_MAX : INT32_MAX;
	double z = rint(tensor_f(zero, i));

	return (int64_t)(z >= low ? MIN(z, high) : low);
}

/* (scheme, scales, zeros, axis) */
static TQuant *
channel_quantizer(Unpickler *u, PValue *const *item, const Tensor *t)
{
	bool rounding = str_is(item[0]->s, "torch.per_channel_affine_float_qparams");
	const Tensor *scale = item[1]->tensor.tensor.t, *zero = item[2]->tensor.tensor.t;
	uint32_t n = (uint32_t)scale->count;
	double *scales = newn(u->ar->arena, double, n);
	int64_t *zeros = newn(u->ar->arena, int64_t, n);
	TQuant *q = new (u->ar->arena, TQuant);

	if (!dtype_is_float(scale->dtype) || zero->count != scale->count ||
	    scale->count != t->dim[item[3]->i] ||
	    !(rounding ? dtype_is_float(zero->dtype) : dtype_is_int(zero->dtype)))
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		scales[i] = tensor_f(scale, i);
		zeros[i] = rounding ? rounded_zero(zero, i, t->dtype) : tensor_i(zero, i);
	}
	*q = (TQuant){(int)item[3]->i, n, scales, zeros, t->dtype};
	return q;
}

/* (scheme, scale, zero), or one of these of a channel each. */
static TQuant *
quantizer_of(Unpickler *u, const PValue *p, const Tensor *t)
{
	PValue *const *item = p->list.item;
	TQuant *q;

	if (!is_sequence(p) || p->list.n < 3 || item[0]->kind != P_NAME)
		return 0;
	if (str_is(item[0]->s, "torch.per_tensor_affine") && item[1]->kind == P_FLOAT &&
	    item[2]->kind == P_INT) {
		q = new (u->ar->arena, TQuant);
		*q = (TQuant){-1, 1, &item[1]->f[0], &item[2]->i, t->dtype};
		return q;
	}
	if (strncmp(item[0]->s->s, "torch.per_channel_affine", 24) != 0 || p->list.n < 4 ||
	    item[1]->kind != P_TENSOR || item[2]->kind != P_TENSOR || item[3]->kind != P_INT ||
	    item[3]->i < 0 || item[3]->i >= t->rank)
		return 0;
	return channel_quantizer(u, item, t);
}

static PValue *
call_qtensor(Unpickler *u, PValue *const *arg, uint32_t n)
{
	PValue *v = tensor_of(u, arg, DT_NONE);

	(void)n;
	if (v && !(v->tensor.tensor.quant = quantizer_of(u, arg[4], v->tensor.tensor.t))) {
		unpickle_fail(u, "a tensor is quantized in a way that is not supported: expected "
		                 "per_tensor_affine or per_channel_affine");
		return 0;
	}
	return v;
}

static PValue *
call_parameter(Unpickler *u, PValue *const *arg, uint32_t n)
{
	PValue *v;

	(void)n;
	if (arg[0]->kind != P_TENSOR) {
		unpickle_fail(u, "a parameter is no tensor");
		return 0;
	}
	v = pvalue_new(u, P_TENSOR);
	v->tensor = arg[0]->tensor;
	v->tensor.parameter = true;
	return v;
}

/* (function, class, arguments, state): a tensor with attributes. */
static PValue *
call_typed(Unpickler *u, PValue *const *arg, uint32_t n)
{
	(void)n;
	if (arg[0]->kind != P_NAME || arg[1]->kind != P_NAME || arg[2]->kind != P_TUPLE ||
	    str_is(arg[0]->s, "torch._tensor._rebuild_from_type_v2")) {
		unpickle_fail(u, "a tensor is not described as one");
		return 0;
	}
	if (!str_is(arg[1]->s, "torch.Tensor") &&
	    !str_is(arg[1]->s, "torch.nn.parameter.Parameter") &&
	    !str_is(arg[1]->s, "torch.nn.parameter.Buffer")) {
		diag_error(u->ar->diag, u->place,
		           "the pickle has a tensor of the class %.200s at byte %zu: save plain "
		           "tensors",
		           arg[1]->s->s, u->at);
		return 0;
	}
	return unpickle_call(u, arg[0]->s, arg[2]);
}

/* ---- containers and the rest ---- */

static PValue *
call_first(Unpickler *u, PValue *const *arg, uint32_t n)
{
	(void)u, (void)n;
	return arg[0];
}

static PValue *
call_none(Unpickler *u, PValue *const *arg, uint32_t n)
{
	(void)arg, (void)n;
	return pvalue_new(u, P_NONE);
}

static PValue *
call_list(Unpickler *u, PValue *const *arg, uint32_t n)
{
	if (n && !is_sequence(arg[0])) {
		unpickle_fail(u, "a list is made of something else");
		return 0;
	}
	return n ? pvalue_list(u, P_LIST, arg[0]->list.item, arg[0]->list.n)
	         : pvalue_list(u, P_LIST, 0, 0);
}

static PValue *
call_size(Unpickler *u, PValue *const *arg, uint32_t n)
{
	PValue *v = call_list(u, arg, n);

	if (v)
		v->kind = P_TUPLE;
	return v;
}

/* Of nothing, or of a list of pairs. */
static PValue *
call_dict(Unpickler *u, PValue *const *arg, uint32_t n)
{
	uint32_t count = n && is_sequence(arg[0]) ? arg[0]->list.n : 0;
	PValue **item = newn(u->ar->arena, PValue *, 2 * (size_t)count);

	for (uint32_t i = 0; i < count; i++) {
		const PValue *pair = arg[0]->list.item[i];

		if (!is_sequence(pair) || pair->list.n != 2) {
			unpickle_fail(u, "a dict is made of something else than pairs");
			return 0;
		}
		item[2 * i] = pair->list.item[0];
		item[2 * i + 1] = pair->list.item[1];
	}
	return pvalue_list(u, P_DICT, item, 2 * count);
}

static PValue *
call_complex(Unpickler *u, PValue *const *arg, uint32_t n)
{
	PValue *v = pvalue_new(u, P_COMPLEX);

	for (uint32_t i = 0; i < n; i++) {
		if (arg[i]->kind != P_FLOAT && arg[i]->kind != P_INT) {
			unpickle_fail(u, "a complex number is made of something else");
			return 0;
		}
		v->f[i] = arg[i]->kind == P_INT ? (double)arg[i]->i : arg[i]->f[0];
	}
	return v;
}

/* _codecs.encode(text, 'latin1'): bytes, as protocol 2 has them. */
static PValue *
call_encode(Unpickler *u, PValue *const *arg, uint32_t n)
{
	PValue *v = pvalue_new(u, P_BYTES);
	Buf b = {0};
	uint32_t cp;

	(void)n;
	if (arg[0]->kind != P_TEXT) {
		unpickle_fail(u, "bytes are made of something else");
		return 0;
	}
	for (uint32_t i = 0; i < arg[0]->s->len;) {
		i += (uint32_t)utf8_next(arg[0]->s->s + i, arg[0]->s->len - i, &cp);
		buf_byte(&b, (int)(cp & 0xff));
	}
	v->s = intern(u->names, b.n ? b.at : "", b.n);
	buf_free(&b);
	return v;
}

static const struct {
	const char *name;
	uint32_t min, max; /* of arguments */
	PValue *(*call)(Unpickler *u, PValue *const *arg, uint32_t n);
} functions[] = {
    {"torch._utils._rebuild_tensor", 4, 4, call_tensor},
    {"torch._utils._rebuild_tensor_v2", 6, 7, call_tensor},
    {"torch._utils._rebuild_tensor_v3", 7, 8, call_tensor_v3},
    {"torch._utils._rebuild_qtensor", 7, 7, call_qtensor},
    {"torch._utils._rebuild_parameter", 3, 3, call_parameter},
    {"torch._utils._rebuild_parameter_with_state", 4, 4, call_parameter},
    {"torch._tensor._rebuild_from_type_v2", 4, 4, call_typed},
    {"torch.jit._pickle.build_intlist", 1, 1, call_first},
    {"torch.jit._pickle.build_doublelist", 1, 1, call_first},
    {"torch.jit._pickle.build_boollist", 1, 1, call_first},
    {"torch.jit._pickle.build_tensorlist", 1, 1, call_first},
    {"torch.jit._pickle.restore_type_tag", 2, 2, call_first},
    {"torch.jit._pickle.build_tensor_from_id", 1, 1, call_first},
    {"torch.device", 1, 2, call_none},
    {"torch.Size", 1, 1, call_size},
    {"torch.serialization._get_layout", 1, 1, call_none},
    {"collections.OrderedDict", 0, 1, call_dict},
    {"builtins.complex", 1, 2, call_complex},
    {"__builtin__.complex", 1, 2, call_complex},
    {"builtins.set", 0, 1, call_list},
    {"__builtin__.set", 0, 1, call_list},
    {"_codecs.encode", 2, 2, call_encode},
};

PValue *
unpickle_call(Unpickler *u, const Str *f, PValue *args)
{
	for (size_t i = 0; i < countof(functions); i++) {
		if (!str_is(f, functions[i].name))
			continue;
		if (args->list.n >= functions[i].min && args->list.n <= functions[i].max)
			return functions[i].call(u, args->list.item, args->list.n);
		unpickle_fail(u, "a function is called with a wrong number of arguments");
		return 0;
	}
	diag_error(u->ar->diag, u->place,
	           "the pickle calls %.200s at byte %zu: it is not followed", f->s, u->at);
	return 0;
}
