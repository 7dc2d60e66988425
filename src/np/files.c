/* files.c: np.load, np.fromfile and np.frombuffer, open .npz files as values, and the module
 * safetensors.numpy.
 */
#include <errno.h>

#include "np_impl.h"
#include "file/npz.h"
#include "file/safetensors.h"
#include "stdlib/files.h"

static bool
path_arg(const Args *c, Value v, const char **path)
{
	const Str *s;

	if (!as_path(c->in, v, &s, "the file name", c->span))
		return false;
	*path = script_read(c->in, s->s, c->span);
	return *path != 0;
}

/* ---- open .npz files ---- */
static Value
npz_keys(Interp *in, const Npz *z)
{
	Value list = vlist(in, 0, 0);

	for (uint32_t i = 0; i < npz_count(z); i++)
		vlist_push(in, list, vstrz(in, npz_name(z, i)));
	return list;
}

static bool
npz_load(Interp *in, Npz *z, const char *name, Value *out, Span at)
{
	Nd a;
	NdErr err = {0};

	if (!npz_get(z, name, &a, &err)) {
		interp_diag(in)->machine |= err.machine;
		return fail(in, at, "cannot load '%s' from '%s': %s", name, npz_path(z), err.text);
	}
	return np_give(in, &a, out);
}

static bool
npz_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	Npz *z = self->data;
	uint32_t n = npz_count(z);
	const char **names, *near;
	const Str *s;

	if (!as_str(in, key, &s, "the key of a .npz file", at))
		return false;
	if (npz_has(z, s->s))
		return npz_load(in, z, s->s, out, at);
	names = xcalloc(n + 1, sizeof *names);
	for (uint32_t i = 0; i < n; i++)
		names[i] = npz_name(z, i);
	near = nearest(s->s, names, n);
	if (near)
		fail(in, at, "'%s' has no array '%s'; did you mean '%s'?", npz_path(z), s->s, near);
	else
		fail(in, at, "'%s' has no array '%s' among its %u", npz_path(z), s->s, n);
	xfree(names);
	return false;
}

enum { NPZ_KEYS, NPZ_VALUES, NPZ_ITEMS };

NP_FN(fn_pairs)
{
	Npz *z = HOST_OF(c->v[0])->data;
	bool values = args_with(c) != NPZ_KEYS, items = args_with(c) == NPZ_ITEMS;
	Value pair[2];

	*c->out = vlist(c->in, 0, 0);
	for (uint32_t i = 0; i < npz_count(z); i++) {
		pair[0] = vstrz(c->in, npz_name(z, i));
		if (values && !npz_load(c->in, z, npz_name(z, i), &pair[1], c->span))
			return false;
		if (!vlist_push(c->in, *c->out, items ? vtuple(c->in, pair, 2) : pair[values]))
			return false;
	}
	return true;
}

NP_FN(fn_close)
{
	npz_close(HOST_OF(c->v[0])->data);
	*c->out = VNONE;
	return true;
}

NP_FN(fn_get)
{
	Npz *z = HOST_OF(c->v[0])->data;
	const Str *s;

	if (!as_str(c->in, c->v[1], &s, "the key of a .npz file", c->span))
		return false;
	*c->out = c->v[2].kind == V_UNSET ? VNONE : c->v[2];
	return !npz_has(z, s->s) || npz_load(c->in, z, s->s, c->out, c->span);
}

static const Native npz_rows[] = {
    {"keys", "self", fn_pairs, AS_METHOD | WITH(NPZ_KEYS)},
    {"values", "self", fn_pairs, AS_METHOD | WITH(NPZ_VALUES)},
    {"items", "self", fn_pairs, AS_METHOD | WITH(NPZ_ITEMS)},
    {"close", "self", fn_close, AS_METHOD},
    {"get", "self,key,default=", fn_get, AS_METHOD},
    NATIVE_END,
};

static int
npz_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	if (!str_is(name, "files"))
		return native_get(in, npz_rows, name, AS_METHOD, vobj(self), out);
	*out = npz_keys(in, self->data);
	return 1;
}

static bool
npz_iter(Interp *in, HostObj *self, VKind *as, Value *list)
{
	*as = V_LIST;
	*list = npz_keys(in, self->data);
	return true;
}

static bool
npz_enter(UNUSED Interp *in, HostObj *self, Value *out, UNUSED Span at)
{
	*out = vobj(self);
	return true;
}

static bool
npz_leave(UNUSED Interp *in, HostObj *self, UNUSED Value exc, UNUSED bool *swallow,
          UNUSED Span at)
{
	npz_close(self->data);
	return true;
}

static void
npz_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	const Npz *z = self->data;
	uint32_t n = npz_count(z);

	buf_puts(out, "NpzFile with keys: ");
	for (uint32_t i = 0; i < MIN(n, 5); i++)
		buf_printf(out, i ? ", %s" : "%s", npz_name(z, i));
	if (n > 5)
		buf_puts(out, "...");
}

static const HostType npz_host = {
    .name = "NpzFile",
    .getattr = npz_getattr,
    .getitem = npz_getitem,
    .iter = npz_iter,
    .enter = npz_enter,
    .leave = npz_leave,
    .repr = npz_repr,
};

/* ---- functions ---- */
/* A file that is not there is for scripts what open() says of it. */
static bool
not_there(const Args *c, const char *what, const char *path, const NdErr *why)
{
	Value v[3] = {vint(2), vstrz(c->in, why->text), c->v[0]};

	return fail_with(c->in, c->span, exc_new(c->in, "FileNotFoundError", v, 3),
	                 "cannot %s '%s': %s", what, path, why->text);
}

static bool
cannot(const Args *c, const char *what, const char *path, const NdErr *why)
{
	interp_diag(c->in)->machine |= why->machine;
	if (why->error == ENOENT && interp_catching(c->in))
		return not_there(c, what, path, why);
	return fail(c->in, c->span, "cannot %s '%s': %s", what, script_shown(c->in, path),
	            why->text);
}

NP_FN(fn_load)
{
	const char *path;
	Npz *z = 0;
	Nd a;
	bool zip, ok;
	NdErr why = {0};

	if (!path_arg(c, c->v[0], &path))
		return false;
	ok = npz_is_zip(path, &zip, &why);
	if (ok)
		ok = zip ? npz_read(interp_arena(c->in), path, &z, &why) : npy_read(path, &a, &why);
	if (!ok)
		return cannot(c, "load", path, &why);
	script_opened(c->in, path);
	if (!zip)
		return np_made(c, &a);
	*c->out = vhost(c->in, &npz_host, z);
	return true;
}

/* The dtype of raw bytes: the only place besides .npy headers where big-endian ones are read. */
static bool
raw_type(const Args *c, Value v, DType *t, bool *swap)
{
	*swap = false;
	*t = DT_FP64;
	if (v.kind == V_STR)
		*t = dtype_from_numpy(STR_OF(v)->s, swap);
	if (*swap && nd_is_numeric(*t))
		return true;
	*swap = false;
	return np_dtype_arg(c, v, DT_FP64, t);
}

/* How many elements of `bytes`: count < 0 means all, which must divide evenly if strict. */
static bool
raw_count(const Args *c, uint64_t bytes, DType t, int64_t *count, bool strict)
{
	uint64_t have = bytes / dtype_size(t);

	if (*count < 0) {
		if (strict && bytes % dtype_size(t))
			return fail(c->in, c->span,
			            "buffer size must be a multiple of element size: %llu bytes "
			            "for elements of %d",
			            (unsigned long long)bytes, (int)dtype_size(t));
		*count = (int64_t)have;
	} else if ((uint64_t)*count > have) {
		if (strict)
			return fail(c->in, c->span,
			            "buffer is smaller than requested size: %llu elements of %s, "
			            "%lld were asked for",
			            (unsigned long long)have, dtype_info[t].np, (long long)*count);
		*count = (int64_t)have;
	}
	return true;
}

static bool
count_offset(const Args *c, Value vcount, Value voffset, int64_t *count, int64_t *offset)
{
	*count = -1;
	*offset = 0;
	if (!np_int(c, vcount, count, "count") || !np_int(c, voffset, offset, "offset"))
		return false;
	return *offset >= 0 ||
	       fail(c->in, c->span, "offset must be non-negative, found %lld", (long long)*offset);
}

/* file, dtype, count, sep, offset */
NP_FN(fn_fromfile)
{
	const char *path;
	DType t;
	bool swap;
	int64_t count, offset;
	uint64_t size;
	Nd a;
	NdErr why = {0};

	if (!np_without(c, 3, "sep") || !path_arg(c, c->v[0], &path) ||
	    !raw_type(c, c->v[1], &t, &swap) || !count_offset(c, c->v[2], c->v[4], &count, &offset))
		return false;
	if (!file_size(path, &size, &why))
		return cannot(c, "read", path, &why);
	script_opened(c->in, path);
	if ((uint64_t)offset > size)
		offset = (int64_t)size;
	if (!raw_count(c, size - (uint64_t)offset, t, &count, false))
		return false;
	if (!file_array(path, (uint64_t)offset, t, &count, 1, &a, &why))
		return cannot(c, "read", path, &why);
	if (swap)
		nd_swap_bytes(&a);
	return np_made(c, &a);
}

/* buffer, dtype, count, offset */
NP_FN(fn_frombuffer)
{
	DType t;
	bool swap;
	int64_t count, offset;
	const char *at;
	uint64_t size;
	Nd a;

	if (!raw_type(c, c->v[1], &t, &swap) || !count_offset(c, c->v[2], c->v[3], &count, &offset))
		return false;
	if (c->v[0].kind == V_BYTES) {
		at = STR_OF(c->v[0])->s;
		size = STR_OF(c->v[0])->len;
	} else if (c->v[0].kind == V_ARRAY && nd_contiguous(ARRAY_OF(c->v[0]))) {
		at = ARRAY_OF(c->v[0])->data;
		size = (uint64_t)nd_count(ARRAY_OF(c->v[0])) * dtype_size(ARRAY_OF(c->v[0])->dtype);
	} else {
		return fail(c->in, c->span,
		            "np.frombuffer takes bytes or a contiguous array, not %s",
		            type_name(c->v[0]));
	}
	if ((uint64_t)offset > size)
		return fail(c->in, c->span,
		            "offset must be no greater than the buffer length (%llu), found "
		            "%lld",
		            (unsigned long long)size, (long long)offset);
	if (!raw_count(c, size - (uint64_t)offset, t, &count, true))
		return false;
	if (!nd_new(&a, t, &count, 1, err))
		return false;
	memcpy(a.data, at + offset, (size_t)count * dtype_size(t));
	if (swap)
		nd_swap_bytes(&a);
	a.buf->readonly = c->v[0].kind == V_BYTES;
	return np_made(c, &a);
}

const Native np_file_rows[] = {
    {"load", "file,mmap_mode=,allow_pickle=", fn_load, AS_FUNCTION},
    {"fromfile", "file,dtype=,count=,sep=,offset=", fn_fromfile, AS_FUNCTION},
    {"frombuffer", "buffer,dtype=,count=,offset=", fn_frombuffer, AS_FUNCTION},
    NATIVE_END,
};

/* ---- safetensors.numpy ---- */
NP_FN(fn_load_file)
{
	const char *path;
	SafeTensor *t;
	size_t n;
	NdErr why = {0};
	Nd a;
	Value v;

	if (!path_arg(c, c->v[0], &path))
		return false;
	if (!safetensors_read(interp_arena(c->in), path, &t, &n, &why))
		return cannot(c, "load", path, &why);
	script_opened(c->in, path);
	*c->out = vdict(c->in);
	for (size_t i = 0; i < n; i++) {
		if (!file_array(path, t[i].at, t[i].t, t[i].dim, t[i].rank, &a, &why))
			return cannot(c, "load", path, &why);
		if (!np_give(c->in, &a, &v) ||
		    !dict_set(c->in, *c->out, vstrz(c->in, t[i].name), v, c->span))
			return false;
	}
	return true;
}

static int
safetensors_member(Interp *in, UNUSED ModuleObj *m, const Str *name, Value *out)
{
	static const Native rows[] = {
	    {"load_file", "filename", fn_load_file, AS_FUNCTION},
	    NATIVE_END,
	};

	return native_get(in, rows, name, AS_FUNCTION, VUNSET, out);
}

Value
safetensors_module(Interp *in, UNUSED void *ctx)
{
	return vmodule(in, "safetensors.numpy", safetensors_member, 0);
}
