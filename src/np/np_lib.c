/* np_lib.c: how np comes to what is written in Python (library/numpy._lib.py), and the module
 * _numpy, whose functions that is built upon. They take what the library hands them after it has
 * looked at a script's arguments; given anything else they give nothing of use, and harm nothing.
 */
#include "np_impl.h"

#include <zlib.h>

#include "file/npz.h"
#include "script/class.h"
#include "stdlib/natives.h"

/* ---- the library ---- */
#define LIB "numpy._lib"

static int
lib_find(Interp *in, const char *module, const char *name, Value *out)
{
	Value lib;
	ModuleObj *m;

	if (!interp_import(in, module, &lib))
		return -1;
	m = (ModuleObj *)lib.o;
	return m->member(in, m, intern_cstr(interp_names(in), name), out);
}

/* Its global of that name. */
static bool
lib_global(Interp *in, const char *name, Value *out)
{
	return lib_find(in, LIB, name, out) > 0;
}

int
np_lib_member(Interp *in, const Str *name, Value *out)
{
	return name->s[0] == '_' ? 0 : lib_find(in, LIB, name->s, out);
}

const char *
np_lib_near(Interp *in, const char *name)
{
	Value lib;

	if (!interp_import(in, LIB, &lib))
		return 0;
	return ((ModuleObj *)lib.o)->near((ModuleObj *)lib.o, name);
}

int
np_lib_method(Interp *in, const char *module, const char *table, Value self, const Str *name,
              Value *out)
{
	Value all, f;

	if (name->s[0] == '_')
		return 0;
	if (lib_find(in, module, table, &all) <= 0)
		return -1;
	if (!dict_get(in, all, vstr_of(in, name), &f))
		return 0;
	*out = vmethod(in, f, self);
	return 1;
}

/* f(args) */
static bool
lib_call(Interp *in, Value f, const Value *args, uint32_t n, Value *out)
{
	Args a = {.pos = args, .npos = n, .span = interp_here(in)};

	return interp_call(in, f, &a, out);
}

bool
np_lib_extra(const Args *c)
{
	Interp *in = c->in;
	Value f, v[2] = {vstrz(in, native_member(c->fn)), vdict(in)}, result;
	int i = 0;

	for (const char *p = c->fn->params; *p; p += strcspn(p, ","), p += *p == ',') {
		size_t n = strcspn(p, ",=");

		if (*p == '*' || *p == '/')
			continue;
		if (c->v[i].kind != V_UNSET &&
		    !dict_set(in, v[1], vstr(in, p, n), c->v[i], c->span))
			return false;
		i++;
	}
	if (!lib_global(in, "_extra", &f) || !lib_call(in, f, v, 2, &result))
		return false;
	*c->out = result;
	np_state(in)->done = true;
	return false;
}

int
np_lib_getattr(Interp *in, Value a, const Str *name, Value *out)
{
	Value table, f, key = vstr_of(in, name);
	int found = np_lib_method(in, LIB, "_METHODS", a, name, out);

	if (found || name->s[0] == '_')
		return found;
	if (!lib_global(in, "_ATTRIBUTES", &table) || !dict_get(in, table, key, &f))
		return 0;
	return lib_call(in, f, &a, 1, out) ? 1 : -1;
}

int
np_lib_setattr(Interp *in, Value a, const Str *name, Value x)
{
	Value table, f, v[2] = {a, x}, none;

	if (!lib_global(in, "_SETTERS", &table) || !dict_get(in, table, vstr_of(in, name), &f))
		return 0;
	return lib_call(in, f, v, 2, &none) ? 1 : -1;
}

bool
np_formatted(Interp *in, Value a, bool repr, Buf *out)
{
	Value f, v[2] = {a, vbool(repr)}, text;

	if (!np_state(in)->formatter || a.kind != V_ARRAY || (!repr && !ARRAY_OF(a)->rank) ||
	    !lib_global(in, "_formatted", &f) || !lib_call(in, f, v, 2, &text))
		return false;
	value_str(in, text, out);
	return true;
}

/* ---- ufuncs: the rows of np_math.c as objects with methods ---- */
NATIVE(ufunc_call)
{
	const Native *row = HOST_OF(self)->data;
	uint32_t nin = strchr(row->params, ',') ? 2 : 1;
	Value f, v[3] = {self, VNONE, vdict(in)};

	if (!args->nkw && args->npos <= nin)
		return native_call(in, row, VUNSET, args, out);
	v[1] = vtuple(in, args->pos, args->npos);
	for (uint32_t i = 0; i < args->nkw; i++)
		if (!dict_set(in, v[2], vstr_of(in, args->kw[i].name), args->kw[i].val, args->span))
			return false;
	return lib_global(in, "_ufunc_call", &f) && lib_call(in, f, v, 3, out);
}

/* The row that has the ufunc's own name: np.abs is absolute. */
static const char *
ufunc_name(const Native *row)
{
	const Native *r = np_ufunc_rows;

	while (r->fn != row->fn || r->as != row->as)
		r++;
	return r->name;
}

static int
ufunc_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Native *row = self->data;
	int nin = strchr(row->params, ',') ? 2 : 1;
	Value table, f, v[2] = {vobj(self), vstr_of(in, name)};

	if (str_is(name, "__name__")) {
		*out = vstrz(in, ufunc_name(row));
		return 1;
	}
	if (str_is(name, "nin") || str_is(name, "nout") || str_is(name, "nargs")) {
		*out = vint(str_is(name, "nin") ? nin : str_is(name, "nout") ? 1 : nin + 1);
		return 1;
	}
	if (name->s[0] == '_')
		return 0;
	if (!lib_global(in, "_UFUNC_METHODS", &table) || !lib_global(in, "_ufunc_method", &f))
		return -1;
	if (!dict_get(in, table, v[1], out))
		return 0;
	return lib_call(in, f, v, 2, out) ? 1 : -1;
}

static void
ufunc_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	buf_printf(out, "<ufunc '%s'>", ufunc_name(self->data));
}

static int
ufunc_equal(UNUSED Interp *in, HostObj *a, Value b)
{
	return b.kind == V_HOST && HOST_OF(b)->type == a->type && HOST_OF(b)->data == a->data;
}

static uint64_t
ufunc_hash(HostObj *a)
{
	return (uint64_t)((const Native *)a->data - np_ufunc_rows) + 1;
}

static const HostType ufunc_type = {.name = "ufunc",
                                    .module = "numpy",
                                    .call = ufunc_call,
                                    .getattr = ufunc_getattr,
                                    .repr = ufunc_repr,
                                    .equal = ufunc_equal,
                                    .hash = ufunc_hash};

bool
np_ufunc(Interp *in, const Str *name, Value *out)
{
	const Native *row = native_look(in, np_ufunc_rows, name, AS_FUNCTION);

	if (row)
		*out = vhost(in, &ufunc_type, (void *)(uintptr_t)row);
	return row != 0;
}

/* ---- the module _numpy ---- */

/* a (ascending, rank 1), v of its type, right */
NP_FN(fn_searchsorted)
{
	const Nd *a = np_arg(c, 0), *v = a ? np_as(c, &c->v[1], a->dtype) : 0;
	bool right;
	Nd r;

	return v && np_flag(c, c->v[2], false, &right) && (a->rank == 1 || natives_wrong(c)) &&
	       nd_searchsorted(&r, a, v, right, err) && np_done(c, &r);
}

/* x, weights or None, how many */
NP_FN(fn_bincount)
{
	int64_t n = 0;
	const Nd *x = np_as(c, &c->v[0], DT_INT64), *w = 0;
	Nd r;

	if (!x || (!np_absent(c->v[1]) && !(w = np_as(c, &c->v[1], DT_FP64))))
		return false;
	return np_int(c, c->v[2], &n, "minlength") &&
	       ((x->rank == 1 && (!w || nd_same_shape(x, w))) || natives_wrong(c)) &&
	       nd_bincount(&r, x, w, n, err) && np_made(c, &r);
}

/* ---- decompositions ---- */
static bool
give_all(const Args *c, Nd *r, int n)
{
	Value v[3] = {VNONE, VNONE, VNONE};
	bool ok = true;

	for (int i = 0; i < n; i++)
		ok = np_give(c->in, &r[i], &v[i]) && ok;
	*c->out = vtuple(c->in, v, (size_t)n);
	return ok;
}

/* a, complete */
NP_FN(fn_qr)
{
	const Nd *a = np_as(c, &c->v[0], DT_FP64);
	bool all;
	Nd r[2];

	return a && np_flag(c, c->v[1], false, &all) && nd_qr(r, a, all, err) && give_all(c, r, 2);
}

NP_FN(fn_eigh)
{
	const Nd *a = np_as(c, &c->v[0], DT_FP64);
	Nd r[2];

	return a && nd_eigh(r, a, err) && give_all(c, r, 2);
}

/* a, full */
NP_FN(fn_svd)
{
	const Nd *a = np_as(c, &c->v[0], DT_FP64);
	bool full;
	Nd r[3];

	return a && np_flag(c, c->v[1], true, &full) && nd_svd(r, a, full, err) &&
	       give_all(c, r, 3);
}

NP_FN(fn_fft)
{
	const Nd *a = np_arg(c, 0);
	Nd r;

	return a && nd_fft(&r, a, err) && np_made(c, &r);
}

/* ---- arrays ---- */
/* a, imag: a view */
NP_FN(fn_part)
{
	const Nd *a = np_arg(c, 0);
	bool imag;
	Nd r;

	return a && np_flag(c, c->v[1], false, &imag) && nd_part_view(&r, a, imag, err) &&
	       np_like(c, &r);
}

/* a, flag: whether it may be changed; sets that where there is a flag */
NP_FN(fn_writeable)
{
	const Nd *a = np_arg(c, 0);
	bool flag;

	if (!a || !np_flag(c, c->v[1], !a->buf->readonly, &flag))
		return false;
	a->buf->readonly = !flag;
	for (int i = 0; i < a->rank; i++)
		flag = flag && (a->dim[i] < 2 || a->stride[i]);
	*c->out = vbool(flag);
	return true;
}

/* Whether views of a and b may share elements. */
NP_FN(fn_overlap)
{
	const Nd *a = np_arg(c, 0), *b = a ? np_arg(c, 1) : 0;

	if (!b)
		return false;
	*c->out = vbool(nd_shares(a, b));
	return true;
}

/* Whether no other view shares its elements. */
NP_FN(fn_alone)
{
	const Nd *a = np_arg(c, 0);

	if (!a)
		return false;
	*c->out = vbool(a->data == a->buf->data && !a->buf->mapped &&
	                (size_t)nd_count(a) * dtype_size(a->dtype) == a->buf->size);
	return true;
}

/* ---- files ---- */
/* The bytes of a .npy file. */
NP_FN(fn_npy)
{
	const Nd *a = np_arg(c, 0);
	Arena room = {0};
	Tensor *t;
	Buf b = {0};
	bool ok = a && (a->dtype != DT_STRING ||
	                fail(c->in, c->span, "arrays of text cannot be saved here"));

	if (!ok)
		return false;
	t = nd_to_tensor(&room, a);
	npy_put_header(&b, t);
	buf_put(&b, t->data, tensor_bytes(t));
	*c->out = vbytes(c->in, b.at, b.n);
	buf_free(&b);
	arena_free(&room);
	return interp_memory(c->in, STR_OF(*c->out)->len);
}

/* data, packed: its CRC-32, and where asked for what deflate makes of it */
NP_FN(fn_pack)
{
	StrObj *s = c->v[0].kind == V_BYTES ? STR_OF(c->v[0]) : 0;
	z_stream z = {0};
	Value v[2] = {VNONE, c->v[0]};
	bool packed;
	char *room;

	if (!s)
		return natives_wrong(c);
	if (!np_flag(c, c->v[1], false, &packed))
		return false;
	v[0] = vint((int64_t)crc32_z(0, (const Bytef *)s->s, s->len));
	if (packed && deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8,
	                           Z_DEFAULT_STRATEGY) == Z_OK) {
		uLong most = deflateBound(&z, s->len);

		room = xmalloc(most);
		z.next_in = (Bytef *)s->s;
		z.avail_in = s->len;
		z.next_out = (Bytef *)room;
		z.avail_out = (uInt)most;
		deflate(&z, Z_FINISH);
		v[1] = vbytes(c->in, room, z.total_out);
		deflateEnd(&z);
		xfree(room);
	}
	*c->out = vtuple(c->in, v, 2);
	return true;
}

/* ---- text ---- */
/* precision, threshold, edgeitems, linewidth, suppress, nanstr, infstr, sign, mode as a number */
static bool
print_of(const Args *c, const Value *v, NdPrint *p)
{
	const Str *nan, *inf, *sign;
	int64_t precision, width, mode;

	*p = nd_print_default;
	if (!as_int(c->in, v[0], &precision, "precision", c->span) ||
	    !as_int(c->in, v[1], &p->threshold, "threshold", c->span) ||
	    !as_int(c->in, v[2], &p->edge, "edgeitems", c->span) ||
	    !as_int(c->in, v[3], &width, "linewidth", c->span) ||
	    !np_flag(c, v[4], false, &p->suppress) ||
	    !as_str(c->in, v[5], &nan, "nanstr", c->span) ||
	    !as_str(c->in, v[6], &inf, "infstr", c->span) ||
	    !as_str(c->in, v[7], &sign, "sign", c->span) ||
	    !as_int(c->in, v[8], &mode, "floatmode", c->span))
		return false;
	p->precision = (int)MIN(MAX(precision, 0), 380);
	p->width = (int)MIN(MAX(width, 0), 1 << 20);
	p->nan = nan->s;
	p->inf = inf->s;
	p->sign = sign->s[0];
	p->mode = (unsigned)mode % 4;
	return true;
}

/* those nine, formatter: for all that is printed from now on */
NP_FN(fn_print_options)
{
	*c->out = VNONE;
	np_state(c->in)->formatter = given(c->v[9]);
	return print_of(c, c->v, &np_state(c->in)->print);
}

/* a, separator, indent, and those nine */
NP_FN(fn_text)
{
	const Nd *a = np_arg(c, 0);
	const Str *sep;
	int64_t indent;
	NdPrint p;
	Buf b = {0};

	if (!a || !print_of(c, c->v + 3, &p) ||
	    !as_str(c->in, c->v[1], &sep, "separator", c->span) ||
	    !as_int(c->in, c->v[2], &indent, "prefix", c->span))
		return false;
	p.separator = sep->s;
	p.indent = (int)MIN(MAX(indent, 0), 1 << 20);
	nd_text(a, &p, &b);
	*c->out = vstr(c->in, b.at, b.n);
	buf_free(&b);
	return true;
}

#define PRINT_ARGS "precision,threshold,edgeitems,linewidth,suppress,nanstr,infstr,sign,mode"
static const Native kernel_rows[] = {
    {"searchsorted", "a,v,right", fn_searchsorted, AS_FUNCTION},
    {"bincount", "x,weights,n", fn_bincount, AS_FUNCTION},
    {"qr", "a,complete", fn_qr, AS_FUNCTION},
    {"eigh", "a", fn_eigh, AS_FUNCTION},
    {"svd", "a,full", fn_svd, AS_FUNCTION},
    {"fft", "a", fn_fft, AS_FUNCTION},
    {"part", "a,imag", fn_part, AS_FUNCTION},
    {"overlap", "a,b", fn_overlap, AS_FUNCTION},
    {"alone", "a", fn_alone, AS_FUNCTION},
    {"npy", "a", fn_npy, AS_FUNCTION},
    {"pack", "data,packed", fn_pack, AS_FUNCTION},
    {"writeable", "a,flag=", fn_writeable, AS_FUNCTION},
    {"print_options", PRINT_ARGS ",formatter", fn_print_options, AS_FUNCTION},
    {"text", "a,separator,indent," PRINT_ARGS, fn_text, AS_FUNCTION},
    NATIVE_END,
};

static int
kernel(Interp *in, UNUSED ModuleObj *m, const Str *name, Value *out)
{
	if (str_is(name, "AxisError") || str_is(name, "LinAlgError")) {
		*out = exc_class(in, name->s);
		return 1;
	}
	return native_get(in, kernel_rows, name, AS_FUNCTION, VUNSET, out);
}

Value
np_kernels(Interp *in, UNUSED void *ctx)
{
	return vmodule(in, "_numpy", kernel, 0);
}
