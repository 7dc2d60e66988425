/* npy.c: the header of .npy files, versions 1 to 3: magic, version, length, and a Python dict
 * literal with descr, fortran_order and shape.
 */
#include "npz.h"

#include "nd/nd_impl.h"

#define MAGIC "\x93NUMPY"

typedef struct Text {
	const char *p, *end;
} Text;

static void
skip_space(Text *t)
{
	while (t->p < t->end && (*t->p == ' ' || *t->p == '\n' || *t->p == '\t' || *t->p == '\r'))
		t->p++;
}

static bool
take(Text *t, char c)
{
	skip_space(t);
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool
take_string(Text *t, char *buf, size_t size)
{
	size_t n = 0;
	char quote;

	skip_space(t);
	if (t->p == t->end || (*t->p != '\'' && *t->p != '"'))
		return false;
	quote = *t->p++;
	while (t->p < t->end && *t->p != quote) {
		if (n + 1 == size)
			return false;
		buf[n++] = *t->p++;
	}
	buf[n] = 0;
	return t->p++ < t->end;
}

static bool
take_word(Text *t, const char *word)
{
	size_t n = strlen(word);

	skip_space(t);
	if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	return true;
}

static bool
take_shape(Text *t, NpyHeader *h)
{
	if (!take(t, '('))
		return false;
	for (h->rank = 0; !take(t, ')'); h->rank++) {
		int64_t v = 0;
		bool any = false;

		skip_space(t);
		for (; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++, any = true)
			if (__builtin_mul_overflow(v, 10, &v) ||
			    __builtin_add_overflow(v, *t->p - '0', &v))
				return false;
		if (!any || h->rank == TENSOR_MAX_RANK)
			return false;
		take(t, 'L');
		h->dim[h->rank] = v;
		if (!take(t, ',') && (t->p == t->end || *t->p != ')'))
			return false;
	}
	return true;
}

static bool
take_descr(Text *t, NpyHeader *h, NdErr *err)
{
	char s[32];

	skip_space(t);
	if (t->p < t->end && *t->p == '[')
		return nd_fail(
		    err, "it holds records with several fields, expected an array of numbers");
	if (!take_string(t, s, sizeof s))
		return nd_fail(err, "the type in its header cannot be read");
	h->t = dtype_from_numpy(s, &h->swap);
	if (nd_is_numeric(h->t) && nd_base(h->t) == h->t)
		return true;
	if (strchr(s, 'O'))
		return nd_fail(err, "it holds Python objects, expected numbers");
	return nd_fail(
	    err,
	    "it holds elements of type '%s', expected bool, int8 to uint64 or float16 to float64",
	    s);
}

static bool
parse_dict(Text *t, NpyHeader *h, NdErr *err)
{
	char key[32];
	int seen = 0;

	if (!take(t, '{'))
		return nd_fail(err, "its header is no dict");
	while (!take(t, '}')) {
		if (!take_string(t, key, sizeof key) || !take(t, ':'))
			return nd_fail(err, "its header cannot be read");
		if (strcmp(key, "descr") == 0) {
			if (!take_descr(t, h, err))
				return false;
			seen |= 1;
		} else if (strcmp(key, "fortran_order") == 0) {
			h->fortran = take_word(t, "True");
			if (!h->fortran && !take_word(t, "False"))
				return nd_fail(
				    err, "fortran_order in its header is neither True nor False");
			seen |= 2;
		} else if (strcmp(key, "shape") == 0) {
			if (!take_shape(t, h))
				return nd_fail(err, "the shape in its header cannot be read");
			seen |= 4;
		} else {
			return nd_fail(err, "its header has the unknown key '%s'", key);
		}
		take(t, ',');
	}
	return seen == 7 ||
	       nd_fail(err, "its header lacks one of 'descr', 'fortran_order' and 'shape'");
}

bool
npy_parse(const char *p, size_t n, uint64_t total, NpyHeader *h, NdErr *err)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t fix, len;
	Text t;

	memset(h, 0, sizeof *h);
	if (n < 10 || memcmp(p, MAGIC, 6) != 0)
		return nd_fail(err, "it does not start as a .npy file does");
	if (u[6] < 1 || u[6] > 3)
		return nd_fail(err, "it has version %u of the .npy format, expected 1, 2 or 3",
		               u[6]);
	fix = u[6] == 1 ? 10 : 12;
	if (n < fix)
		return nd_fail(err, "it ends within its header");
	len = (size_t)get_le(u + 8, u[6] > 1 ? 4 : 2);
	if (len > n - fix)
		return nd_fail(err, "its header of %zu bytes is longer than the file", len);
	t = (Text){p + fix, p + fix + len};
	if (!parse_dict(&t, h, err) || !nd_size_bytes(h->t, h->dim, h->rank, &h->bytes, err))
		return false;
	h->head = fix + len;
	if (total - h->head < h->bytes)
		return nd_fail(err, "it has %llu bytes of data, but shape %s of %s needs %zu",
		               (unsigned long long)(total - h->head),
		               nd_shape(h->dim, h->rank).s, dtype_info[h->t].np, h->bytes);
	return true;
}

void
npy_finish(const NpyHeader *h, Nd *a)
{
	if (h->swap)
		nd_swap_bytes(a);
	a->rank = h->rank;
	for (int64_t k = 0, step = (int64_t)dtype_size(h->t); k < h->rank; k++) {
		int i = h->fortran ? (int)k : h->rank - 1 - (int)k;

		a->dim[i] = h->dim[i];
		a->stride[i] = step;
		step *= MAX(h->dim[i], 1);
	}
}

/* ---- writing ---- */
uint32_t
npy_width(const Tensor *t)
{
	uint32_t most = 1, cp;

	for (int64_t i = 0; i < t->count; i++) {
		const Str *s = ((const Str *const *)t->data)[i];
		uint32_t n = 0;

		for (size_t k = 0; s && k < s->len; n++)
			k += utf8_next(s->s + k, s->len - k, &cp);
		most = MAX(most, n);
	}
	return most;
}

void
npy_put_header(Buf *b, const Tensor *t)
{
	static const char *const codes[DT_COUNT] = {
	    [DT_BOOL] = "|b1",  [DT_FP16] = "<f2",      [DT_FP32] = "<f4",    [DT_FP64] = "<f8",
	    [DT_INT8] = "|i1",  [DT_INT16] = "<i2",     [DT_INT32] = "<i4",   [DT_INT64] = "<i8",
	    [DT_UINT8] = "|u1", [DT_UINT16] = "<u2",    [DT_UINT32] = "<u4",  [DT_UINT64] = "<u8",
	    [DT_BF16] = "|V2",  [DT_FP8E4M3FN] = "|V1", [DT_FP8E5M2] = "|V1",
	};
	Buf head = {0};
	size_t pad;

	buf_puts(&head, "{'descr': '");
	if (t->dtype == DT_STRING)
		buf_printf(&head, "<U%u", npy_width(t));
	else
		buf_puts(&head, codes[nd_base(t->dtype)]);
	buf_puts(&head, "', 'fortran_order': False, 'shape': (");
	for (int i = 0; i < t->rank; i++)
		buf_printf(&head, i ? ", %lld" : "%lld", (long long)t->dim[i]);
	buf_puts(&head, t->rank == 1 ? ",), }" : "), }");
	/* spaces and a newline, so that the data starts at a multiple of 64 */
	pad = 63 - (10 + head.n) % 64;
	for (size_t i = 0; i < pad; i++)
		buf_byte(&head, ' ');
	buf_byte(&head, '\n');
	buf_put(b, MAGIC "\x01\0", 8);
	buf_byte(b, (int)(head.n & 255));
	buf_byte(b, (int)(head.n >> 8));
	buf_put(b, head.at, head.n);
	buf_free(&head);
}
