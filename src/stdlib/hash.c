/* hash.c: the module _hash, whose objects are those of hashlib: new(name, data) gives one, which
 * has update, digest, hexdigest, copy, name, digest_size and block_size. new() gives None for a
 * name that it does not know.
 */
#include "file/digest.h"
#include "natives.h"

static const HostType hash_type;

static bool
hash_bytes_of(const Args *args, Value data, Digest *d)
{
	if (data.kind == V_STR)
		return fail(args->in, args->span, "strings must be encoded before hashing");
	if (is_np(data))
		return fail(args->in, args->span,
		            "milc does not hash a %s itself; hash its tobytes()", type_name(data));
	if (data.kind != V_BYTES)
		return fail(args->in, args->span,
		            "object supporting the buffer API required, not %s", type_name(data));
	digest_add(d, STR_OF(data)->s, STR_OF(data)->len);
	return interp_steps(args->in, STR_OF(data)->len / 64);
}

NATIVE(hash_new)
{
	const DigestKind *kind = args->v[0].kind == V_STR ? digest_kind(STR_OF(args->v[0])->s) : 0;

	Digest *d;

	*out = VNONE;
	if (!kind)
		return true;
	d = natives_object(in, &hash_type, sizeof *d, out);
	if (!d)
		return false;
	*d = digest_start(kind);
	return hash_bytes_of(args, args->v[1], d);
}

NATIVE(hash_update)
{
	*out = VNONE;
	return hash_bytes_of(args, args->v[0], HOST_OF(self)->data);
}

NATIVE(hash_copy)
{
	Digest *d = natives_object(in, &hash_type, sizeof *d, out);

	if (d)
		*d = *(Digest *)HOST_OF(self)->data;
	return d != 0;
}

/* with 1: as hex digits */
NATIVE(hash_digest)
{
	const Digest *d = HOST_OF(self)->data;
	uint8_t sum[DIGEST_MOST];
	Buf text = {0};

	digest_end(d, sum);
	if (!args_with(args)) {
		*out = vbytes(in, sum, d->kind->size);
		return true;
	}
	for (int i = 0; i < d->kind->size; i++)
		buf_printf(&text, "%02x", sum[i]);
	*out = vstr_buf(in, &text);
	return true;
}

static const Native hash_methods[] = {
    METHOD_AS(HASH, update, hash_update, "obj,/"),
    METHOD_AS(HASH, copy, hash_copy, ""),
    METHOD_AS(HASH, digest, hash_digest, ""),
    METHOD_WITH(HASH, hexdigest, hash_digest, "", 1),
    NATIVE_END,
};

static int
hash_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const DigestKind *kind = ((Digest *)self->data)->kind;

	if (str_is(name, "name"))
		*out = vstrz(in, kind->name);
	else if (str_is(name, "digest_size"))
		*out = vint(kind->size);
	else if (str_is(name, "block_size"))
		*out = vint(kind->block);
	else
		return native_get(in, hash_methods, name, 0, vobj(self), out);
	return 1;
}

static void
hash_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	buf_printf(out, "<%s _hashlib.HASH object @ 0x%x>", ((Digest *)self->data)->kind->name,
	           self->obj.number);
}

static const HostType hash_type = {
    .name = "HASH",
    .module = "_hashlib",
    .methods = hash_methods,
    .getattr = hash_getattr,
    .repr = hash_repr,
};

static const Native hash_functions[] = {
    METHOD_AS(_hash, new, hash_new, "name,data"),
    NATIVE_END,
};

const StdModule hash_native = {"_hash", hash_functions, 0};
