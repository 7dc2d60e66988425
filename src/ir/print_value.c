/* print_value.c: literals of MIL text. Only the outermost value carries a type; the elements stand
 * in nested brackets, row by row. Floats are hexadecimal and exact.
 */
#include <math.h>

#include "ir.h"

static void
put_float(Buf *b, double v)
{
	if (isnan(v))
		buf_puts(b, signbit(v) ? "-nan" : "nan");
	else if (isinf(v))
		buf_puts(b, v < 0 ? "-inf" : "inf");
	else
		buf_printf(b, "%a", v);
}

void
string_print(Buf *b, const char *s, size_t n)
{
	buf_byte(b, '"');
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		if (c == '"' || c == '\\')
			buf_byte(b, '\\');
		if (c == '\n')
			buf_puts(b, "\\n");
		else
			buf_byte(b, c);
	}
	buf_byte(b, '"');
}

typedef struct Elements {
	const Tensor *t;
	const Str *const *str;
	char kind;
} Elements;

static void
put_element(Buf *b, const Elements *e, int64_t i)
{
	switch (e->kind) {
	case 'b':
		buf_puts(b, tensor_i(e->t, i) ? "true" : "false");
		break;
	case 'f':
		put_float(b, tensor_f(e->t, i));
		break;
	case 's':
		string_print(b, e->str[i]->s, e->str[i]->len);
		break;
	case 'u':
		buf_printf(b, "%llu", (unsigned long long)tensor_i(e->t, i));
		break;
	default:
		buf_printf(b, "%lld", (long long)tensor_i(e->t, i));
	}
}

/* Brackets open before element i where it begins a row of some dimension, and close behind the
 * last of one. An empty tensor keeps the brackets of the dimensions before its first 0. */
static void
put_rows(Buf *b, const Elements *e)
{
	const Tensor *t = e->t;
	int rank = t->rank;
	int64_t size[TENSOR_MAX_RANK + 1];

	if (rank > TENSOR_MAX_RANK)
		die("a constant of rank %d", rank);
	size[rank] = 1;
	for (int d = rank - 1; d >= 0; d--)
		size[d] = size[d + 1] * t->dim[d];
	if (t->count == 0) {
		buf_puts(b, "[]");
		return;
	}
	for (int64_t i = 0; i < t->count; i++) {
		buf_puts(b, i ? ", " : "");
		for (int d = 0; d < rank; d++)
			if (i % size[d] == 0)
				buf_byte(b, '[');
		put_element(b, e, i);
		for (int d = 0; d < rank; d++)
			if ((i + 1) % size[d] == 0)
				buf_byte(b, ']');
	}
}

void
value_print(Buf *b, const Type *ty, const Tensor *t, bool scalar_bare)
{
	Arena scratch = {0};
	Tensor whole = *t;
	Elements e = {&whole, NULL, dtype_info[t->dtype].kind};

	if (!t->data && t->count > 0) {
		whole.data = arena_array(&scratch, (size_t)t->count, dtype_size(t->dtype));
		tensor_read(t, 0, t->count, whole.data);
		whole.cast_from = NULL;
	}
	if (e.kind == 's')
		e.str = whole.data;
	type_put_mil(b, ty, scalar_bare);
	buf_byte(b, '(');
	if (t->rank == 0)
		put_element(b, &e, 0);
	else
		put_rows(b, &e);
	buf_byte(b, ')');
	arena_free(&scratch);
}
