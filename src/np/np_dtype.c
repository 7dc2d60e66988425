/* np_dtype.c: dtypes as values (np.float32 is both the scalar type and its dtype), np.iinfo and
 * np.finfo.
 */
#include "np_impl.h"

#include <math.h>
#include <stdio.h>

bool
np_dtype_call(Interp *in, DType t, const Args *args, Value *out)
{
	Value v;
	Nd a;
	NdErr err = NP_ERR(in);
	int64_t none = 0;
	bool ok;

	if (!args_bind(in, dtype_info[nd_base(t)].np, args, "value=,/", &v))
		return false;
	t = nd_base(t);
	if (v.kind == V_UNSET) {
		if (!nd_new(&a, t, &none, 0, &err))
			return np_err(in, args->span, &err);
		return np_give_scalar(in, &a, out);
	}
	if (!np_array_of(in, v, t, &a, args->span))
		return false;
	if (a.rank || !is_np(v))
		return np_give_scalar(in, &a, out);
	ok = np_give_element(in, t, a.data, out); /* a scalar of its own */
	nd_release(&a);
	return ok;
}

static void
type_code(DType t, char *buf, size_t size)
{
	t = nd_base(t);
	if (t == DT_STRING)
		snprintf(buf, size, "<U0");
	else
		snprintf(buf, size, "%c%c%d", dtype_size(t) == 1 ? '|' : '<', dtype_info[t].kind,
		         (int)dtype_size(t));
}

int
np_dtype_getattr(Interp *in, Value dtype, const Str *name, Value *out, UNUSED Span at)
{
	DType t = nd_base(value_dtype(dtype));
	char code[16];

	if (str_is(name, "name") || str_is(name, "__name__")) {
		*out = vstrz(in, dtype_info[t].np);
	} else if (str_is(name, "itemsize")) {
		*out = vint(t == DT_STRING ? 0 : (int64_t)dtype_size(t));
	} else if (str_is(name, "kind")) {
		*out = vstr(in, t == DT_STRING ? "U" : &dtype_info[t].kind, 1);
	} else if (str_is(name, "type")) {
		*out = vnpclass(t);
	} else if (str_is(name, "str")) {
		type_code(t, code, sizeof code);
		*out = vstrz(in, code);
	} else if (str_is(name, "byteorder")) {
		*out = vstrz(in, dtype_size(t) == 1 ? "|" : "=");
	} else {
		return 0;
	}
	return 1;
}

void
np_dtype_repr(UNUSED Interp *in, Value dtype, bool repr, Buf *out)
{
	const char *form = dtype.i & NP_CLASS ? "<class 'numpy.%s'>" : repr ? "dtype('%s')" : "%s";

	buf_printf(out, form, dtype_info[nd_base(value_dtype(dtype))].np);
}

/* ---- iinfo, finfo ---- */
static DType
info_type(HostObj *self)
{
	return *(DType *)self->data;
}

static int
iinfo_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	DType t = info_type(self);

	if (str_is(name, "min"))
		*out = vint(nd_int_min(t));
	else if (str_is(name, "max"))
		*out = vbig(in, (Big)nd_int_max(t));
	else if (str_is(name, "bits"))
		*out = vint((int64_t)dtype_size(t) * 8);
	else if (str_is(name, "dtype"))
		*out = vdtype(t);
	else if (str_is(name, "kind"))
		*out = vstr(in, &dtype_info[t].kind, 1);
	else
		return 0;
	return 1;
}

static void
iinfo_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	DType t = info_type(self);

	buf_printf(out, "iinfo(min=%lld, max=%llu, dtype=%s)", (long long)nd_int_min(t),
	           (unsigned long long)nd_int_max(t), dtype_info[t].np);
}

#define RULE "---------------------------------------------------------------\n"

static void
iinfo_str(UNUSED Interp *in, HostObj *self, Buf *out)
{
	DType t = info_type(self);

	buf_printf(out, "Machine parameters for %s\n" RULE "min = %lld\nmax = %llu\n" RULE,
	           dtype_info[t].np, (long long)nd_int_min(t), (unsigned long long)nd_int_max(t));
}

typedef struct FloatInfo {
	int mantissa, exponent; /* bits of the fraction, largest binary exponent */
	int precision;
	int digits; /* behind the point, where the largest is printed */
	double resolution;
} FloatInfo;

static FloatInfo
float_info(DType t)
{
	if (t == DT_FP16)
		return (FloatInfo){10, 16, 3, 5, 1e-3};
	if (t == DT_FP32)
		return (FloatInfo){23, 128, 6, 7, 1e-6};
	return (FloatInfo){52, 1024, 15, 16, 1e-15};
}

static int
finfo_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	DType t = info_type(self);
	FloatInfo f = float_info(t);
	double top = ldexp(2 - ldexp(1, -f.mantissa), f.exponent - 1);
	Nd a;

	const struct {
		const char *name;
		double v;
	} numbers[] = {
	    {"eps", ldexp(1, -f.mantissa)},
	    {"epsneg", ldexp(1, -f.mantissa - 1)},
	    {"max", top},
	    {"min", -top},
	    {"tiny", ldexp(1, 2 - f.exponent)},
	    {"smallest_normal", ldexp(1, 2 - f.exponent)},
	    {"smallest_subnormal", ldexp(1, 2 - f.exponent - f.mantissa)},
	    {"resolution", f.resolution},
	}, ints[] = {
	    {"bits", (double)dtype_size(t) * 8},
	    {"precision", f.precision},
	    {"nmant", f.mantissa},
	    {"maxexp", f.exponent},
	    {"minexp", 2 - f.exponent},
	    {"machep", -f.mantissa},
	    {"negep", -f.mantissa - 1},
	    {"nexp", t == DT_FP16 ? 5 : t == DT_FP32 ? 8 : 11},
	};

	for (unsigned i = 0; i < countof(numbers); i++)
		if (str_is(name, numbers[i].name)) {
			a = nd_scalar_f(t, numbers[i].v);
			*out = vnpscalar(in, &a);
			return 1;
		}
	for (unsigned i = 0; i < countof(ints); i++)
		if (str_is(name, ints[i].name)) {
			*out = vint((int64_t)ints[i].v);
			return 1;
		}
	*out = vdtype(t);
	return str_is(name, "dtype");
}

static void
finfo_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	DType t = info_type(self);
	FloatInfo f = float_info(t);
	double top = ldexp(2 - ldexp(1, -f.mantissa), f.exponent - 1);

	buf_printf(out, "finfo(resolution=%g, min=%.*e, max=%.*e, dtype=%s)", f.resolution,
	           f.digits, -top, f.digits, top, dtype_info[t].np);
}

static void
finfo_str(Interp *in, HostObj *self, Buf *out)
{
	static const struct {
		const char *label, *attr;
	} parts[] = {
	    {"precision = ", "precision"},
	    {"   resolution = ", "resolution"},
	    {"\nmachep = ", "machep"},
	    {"   eps =        ", "eps"},
	    {"\nnegep =  ", "negep"},
	    {"   epsneg =     ", "epsneg"},
	    {"\nminexp = ", "minexp"},
	    {"   tiny =       ", "tiny"},
	    {"\nmaxexp = ", "maxexp"},
	    {"   max =        ", "max"},
	    {"\nnexp =   ", "nexp"},
	    {"   min =        -max\nsmallest_normal = ", "tiny"},
	    {"   smallest_subnormal = ", "smallest_subnormal"},
	};
	Value v;

	buf_printf(out, "Machine parameters for %s\n" RULE, dtype_info[info_type(self)].np);
	for (unsigned i = 0; i < countof(parts); i++) {
		buf_puts(out, parts[i].label);
		if (finfo_getattr(in, self, intern_cstr(interp_names(in), parts[i].attr), &v) > 0)
			value_str(in, v, out);
	}
	buf_puts(out, "\n" RULE);
}

static const HostType iinfo_host = {
    .name = "iinfo", .getattr = iinfo_getattr, .repr = iinfo_repr, .str = iinfo_str};
static const HostType finfo_host = {
    .name = "finfo", .getattr = finfo_getattr, .repr = finfo_repr, .str = finfo_str};

/* with 1: np.finfo */
NP_FN(fn_info)
{
	bool floats = args_with(c);
	DType t, *keep;
	Value v = c->v[0];

	if (is_np(v))
		t = nd_base(ARRAY_OF(v)->dtype);
	else if (v.kind == V_INT || v.kind == V_FLOAT)
		t = v.kind == V_INT ? DT_INT64 : DT_FP64;
	else if (!as_dtype(c->in, v, &t, c->span))
		return false;
	t = nd_base(t);
	if (floats ? !dtype_is_float(t) : !dtype_is_int(t))
		return fail(c->in, c->span,
		            floats ? "np.%s of %s, which is no floating-point type"
		                   : "np.%s of %s, which is no integer type",
		            c->fn->name, dtype_info[t].np);
	keep = new (interp_arena(c->in), DType);
	*keep = t;
	*c->out = vhost(c->in, floats ? &finfo_host : &iinfo_host, keep);
	return true;
}

const Native np_info_rows[] = {
    {"iinfo", "type", fn_info, AS_FUNCTION},
    {"finfo", "dtype", fn_info, AS_FUNCTION | WITH(1)},
    NATIVE_END,
};
