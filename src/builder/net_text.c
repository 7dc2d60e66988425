/* net_text.c: values and messages as text. */
#include "dump/assign.h"
#include "dump/writing.h"
#include "script/core.h"
#include "writing_net.h"

#include <math.h>

enum { MAX_TEXT = 100000 }; /* numbers in a script */

/* ---- values as text ---- */

/* What is written now will not be read. */
static bool
script_full(const NetScript *n)
{
	return !n->o->weights && n->numbers > MAX_TEXT;
}

bool
script_fits(NetScript *n)
{
	return !script_full(n) ||
	       diag_error(n->diag, n->at,
	                  "the weights are more than %d numbers, which is too much for a text: -o "
	                  "OUT.mil puts them into a file beside it",
	                  MAX_TEXT);
}

/* Where the array lies in the weights file: weights["conv_W"]; 0: it stands in the text. */
static const char *
stored(NetScript *n, const Tensor *t, const char *name)
{
	Buf b = {0};

	if (!n->o->weights || t->count <= DUMP_INLINE)
		return NULL;
	buf_puts(&b, "weights[");
	put_quoted_text(
	    &b, store_tensor(n->weights, &n->stored, n->arena, interp_names(n->in), name, t));
	buf_byte(&b, ']');
	return buf_keep(&b, n->arena);
}

/* The elements lie in the model, or in the arena in another order. */
static void
put_array(NetScript *n, Buf *b, const Nd *nd, const char *name)
{
	const Tensor *t = nd_to_tensor(n->arena, nd);
	const char *place = stored(n, t, name);

	n->np = true;
	if (place) {
		buf_puts(b, place);
		return;
	}
	n->numbers += (size_t)t->count;
	if (script_full(n))
		return;
	buf_puts(b, "np.array(");
	put_elements(b, t);
	buf_printf(b, ", dtype=np.%s)", dtype_info[t->dtype].np);
}

static Tensor *
bytes_tensor(NetScript *n, const void *data, size_t size)
{
	int64_t dim = (int64_t)size;

	return tensor_view(n->arena, DT_UINT8, &dim, 1, arena_dup(n->arena, data, size ? size : 1));
}

void
put_argument(NetScript *n, Buf *b, Value v, const char *name)
{
	const char *place;
	const Tensor *t;

	switch (v.kind) {
	case V_STR:
		put_quoted_text(b, STR_OF(v)->s);
		break;
	case V_FLOAT:
		n->np = n->np || !isfinite(v.f);
		put_number(b, v.f);
		break;
	case V_ARRAY:
		put_array(n, b, ARRAY_OF(v), name);
		break;
	case V_BYTES:
		t = bytes_tensor(n, STR_OF(v)->s, STR_OF(v)->len);
		place = stored(n, t, name);
		n->numbers += place ? 0 : STR_OF(v)->len;
		if (place)
			buf_printf(b, "%s.tobytes()", place);
		else if (!script_full(n))
			value_repr(n->in, v, b);
		break;
	case V_LIST:
		buf_byte(b, '[');
		for (uint32_t i = 0; i < SEQ_OF(v)->n; i++) {
			buf_puts(b, i ? ", " : "");
			put_argument(n, b, SEQ_OF(v)->at[i], name);
		}
		n->numbers += SEQ_OF(v)->n;
		buf_byte(b, ']');
		break;
	default:
		value_repr(n->in, v, b);
	}
}

/* ---- field by field ---- */

/* An expression where the real one would be too much. */
static const char *
left_out(const NetScript *n)
{
	return script_full(n) ? "[]" : NULL;
}

static const char *
large_field(void *ctx, const Msg *m, const Field *f)
{
	NetScript *n = ctx;
	bool bytes = f->type == PROTOBUF_C_TYPE_BYTES, list = f->label == PROTOBUF_C_LABEL_REPEATED;
	const ProtobufCBinaryData *data;
	const char *place = NULL;
	int64_t count;

	if (bytes && !list) {
		data = msg_bytes(m, f->name);
		place = stored(n, bytes_tensor(n, data->data, data->len), f->name);
		n->numbers += place ? 0 : data->len;
		n->np = n->np || place;
		return place ? arena_printf(n->arena, "%s.tobytes()", place) : left_out(n);
	}
	if (!list)
		return NULL;
	count = (int64_t)msg_count(m, f->name);
	if (f->type == PROTOBUF_C_TYPE_FLOAT)
		place = stored(n,
		               tensor_view(n->arena, DT_FP32, &count, 1,
		                           (void *)(uintptr_t)msg_array(m, f->name)),
		               f->name);
	n->numbers += place ? 0 : (size_t)count;
	n->np = n->np || place;
	return place ? place : left_out(n);
}

bool
put_fields(NetScript *n, const char *path, const Msg *want, const Msg *got)
{
	Assigning r = {.arena = n->arena, .out = n->out, .large = large_field, .ctx = n};
	size_t before = n->out->n;

	assign_differences(&r, path, want, got);
	n->np = n->np || r.np;
	return n->out->n != before;
}

/* All that the messages say but for the layers, which are made. */
bool
put_rest(NetScript *n, const char *path, const Msg *want, const Msg *made, const char *net)
{
	Msg *a = msg_copy(n->arena, want), *b = msg_copy(n->arena, made);

	msg_clear(net ? msg_lazy(a, net) : a, "layers");
	msg_clear(net ? msg_lazy(b, net) : b, "layers");
	return put_fields(n, path, a, b);
}
