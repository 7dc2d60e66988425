/* nd_print.c: arrays as text, as NumPy prints them: one format for all elements of an array
 * (shortest digits that tell them apart, at most 8 after the point, points aligned), lines of 75
 * columns, arrays of more than 1000 elements cut to three at each end of each axis.
 */
#include "nd_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tensor/floatrepr.h"

#define LINE_WIDTH 75
#define THRESHOLD  1000
#define EDGE       3
#define PRECISION  8

static void
repr_str(const Str *s, Buf *out)
{
	bool single = s && memchr(s->s, '\'', s->len) && !memchr(s->s, '"', s->len);
	char quote = single ? '"' : '\'';

	buf_byte(out, quote);
	for (uint32_t i = 0; s && i < s->len; i++) {
		unsigned char c = (unsigned char)s->s[i];

		if (c == (unsigned char)quote || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_puts(out, "\\n");
		else if (c == '\t')
			buf_puts(out, "\\t");
		else if (c < 32 || c == 127)
			buf_printf(out, "\\x%02x", c);
		else
			buf_byte(out, c);
	}
	buf_byte(out, quote);
}

static const Str *
load_str(const char *at)
{
	const Str *s;

	memcpy(&s, at, sizeof s);
	return s;
}

void
nd_repr_element(const Nd *a, const char *at, Buf *out)
{
	DType t = nd_base(a->dtype);
	uint16_t h;

	switch (t) {
	case DT_BOOL:
		buf_puts(out, *at ? "True" : "False");
		break;
	case DT_STRING:
		repr_str(load_str(at), out);
		break;
	case DT_FP16:
		memcpy(&h, at, sizeof h);
		put_float16(out, h);
		break;
	case DT_FP32:
		put_float32(out, (float)nd_load_f(t, at));
		break;
	case DT_FP64:
		put_float64(out, nd_load_f(t, at));
		break;
	case DT_UINT64:
		buf_printf(out, "%llu", (unsigned long long)nd_load_i(t, at));
		break;
	default:
		buf_printf(out, "%lld", (long long)nd_load_i(t, at));
		break;
	}
}

/* ---- the format of one array ---- */
typedef struct NumberForm {
	DType t;
	int bits; /* of a float's precision */
	bool exponent;
	int left, right, exp_size, digits; /* widths; digits: after the point, with an exponent */
	int width;                         /* of integers and bools */
	bool any, finite;
	double max, min; /* of the magnitudes that are not 0 */
	bool neg_inf, odd;
	int pass; /* 0: find the range, 1: measure */
} NumberForm;

/* The digits of |v|, at most PRECISION after the point (of the fixed or the scientific form), no
 * trailing zeros; *point: how many digits stand before the point. */
static int
float_digits(const NumberForm *f, double v, bool scientific, char *digit, int *point)
{
	char text[400];
	int e = 0, n, keep;

	if (v == 0) {
		digit[0] = '0';
		*point = 1;
		return 1;
	}
	n = shortest_digits(v, f->bits, digit, &e);
	*point = e + 1;
	keep = scientific ? 1 + PRECISION : *point + PRECISION;
	if (n > keep) {
		n = 0;
		snprintf(text, sizeof text, scientific ? "%.*e" : "%.*f", PRECISION, v);
		*point = 0;
		for (const char *s = text; *s && *s != 'e'; s++) {
			if (*s == '.')
				*point = n;
			else
				digit[n++] = *s;
		}
		if (scientific)
			*point = atoi(strchr(text, 'e') + 1) + 1;
	}
	while (n > 1 && n > (scientific ? 1 : *point) && digit[n - 1] == '0')
		n--;
	return n;
}

/* Fixed form without padding: "12.5", "3.", "0.001". Gives the widths around the point. */
static void
put_fixed(const NumberForm *f, double v, Buf *out, int *left, int *right)
{
	char digit[420];
	int point, n = float_digits(f, fabs(v), false, digit, &point);
	size_t start = out->n, dot;

	if (signbit(v))
		buf_byte(out, '-');
	for (int i = 0; i < point; i++)
		buf_byte(out, i < n ? digit[i] : '0');
	if (point <= 0)
		buf_byte(out, '0');
	dot = out->n;
	buf_byte(out, '.');
	for (int i = point; i < 0; i++)
		if (n > 1 || digit[0] != '0')
			buf_byte(out, '0');
	for (int i = MAX(point, 0); i < n; i++)
		buf_byte(out, digit[i]);
	while (out->at[out->n - 1] == '0' && out->n - 1 > dot)
		out->at[--out->n] = 0;
	*left = (int)(dot - start);
	*right = (int)(out->n - dot - 1);
}

static void
put_exponent(const NumberForm *f, double v, Buf *out, int pad)
{
	char digit[420], exp[24], text[64];
	int point, n = float_digits(f, fabs(v), true, digit, &point), x = v == 0 ? 0 : point - 1;

	if (n <= pad && v != 0) { /* more than the shortest digits: those of the exact value */
		snprintf(text, sizeof text, "%.*e", pad, fabs(v));
		x = atoi(strchr(text, 'e') + 1);
		for (n = 0; n <= pad; n++)
			digit[n] = text[n + (n > 0)];
	}

	if (signbit(v))
		buf_byte(out, '-');
	buf_byte(out, digit[0]);
	buf_byte(out, '.');
	for (int i = 1; i < n || i <= pad; i++)
		buf_byte(out, i < n ? digit[i] : '0');
	snprintf(exp, sizeof exp, "e%c%0*d", x < 0 ? '-' : '+', MIN(MAX(2, f->exp_size), 9),
	         abs(x));
	buf_puts(out, exp);
}

static void
measure_float(NumberForm *f, double v)
{
	double m = fabs(v);
	Buf b = {0};
	int left = 0, right = 0;

	if (!isfinite(v)) {
		f->odd = true;
		f->neg_inf |= isinf(v) && v < 0;
		return;
	}
	if (f->pass == 0) {
		f->finite = true;
		if (m != 0) {
			f->max = f->any ? fmax(f->max, m) : m;
			f->min = f->any ? fmin(f->min, m) : m;
			f->any = true;
		}
		return;
	}
	if (f->exponent) {
		char *e;

		put_exponent(f, v, &b, 0);
		e = strchr(b.at, 'e');
		f->exp_size = MAX(f->exp_size, (int)strlen(e) - 2);
		left = (int)(strchr(b.at, '.') - b.at);
		f->digits = MAX(f->digits, (int)(e - b.at) - left - 1);
	} else {
		put_fixed(f, v, &b, &left, &right);
		f->right = MAX(f->right, right);
	}
	f->left = MAX(f->left, left);
	buf_free(&b);
}

static double
in_type(DType t, double v)
{
	return t == DT_FP16 ? half_to_float(half_from_double(v)) : t == DT_FP32 ? (float)v : v;
}

static void
measure(NumberForm *f, const Nd *a, const char *at)
{
	Buf b = {0};

	if (dtype_is_float(f->t)) {
		measure_float(f, nd_load_f(f->t, at));
		return;
	}
	nd_repr_element(a, at, &b);
	if (f->t != DT_STRING)
		f->width = MAX(f->width, f->t == DT_BOOL ? (a->rank ? 5 : 0) : (int)b.n);
	buf_free(&b);
}

/* Calls measure for each element that will be shown. */
static void
visit(NumberForm *f, const Nd *a, const char *at, int axis, bool cut)
{
	if (axis == a->rank) {
		measure(f, a, at);
		return;
	}
	for (int64_t i = 0; i < a->dim[axis]; i++) {
		if (cut && a->dim[axis] > 2 * EDGE && i == EDGE)
			i = a->dim[axis] - EDGE;
		visit(f, a, at + i * a->stride[axis], axis + 1, cut);
	}
}

static NumberForm
format_make(const Nd *a, bool cut)
{
	NumberForm f = {.t = nd_base(a->dtype), .bits = 53};
	double top;

	if (f.t == DT_FP16 || f.t == DT_FP32)
		f.bits = f.t == DT_FP16 ? 11 : 24;
	top = f.t == DT_FP16 ? 1e3 : f.t == DT_FP32 ? 1e6 : 1e8;
	visit(&f, a, a->data, 0, cut);
	if (!dtype_is_float(f.t))
		return f;
	if (f.any)
		f.exponent = f.max >= top || f.min < in_type(f.t, 0.0001) ||
		             in_type(f.t, f.max / f.min) > 1000;
	f.pass = 1;
	if (f.finite)
		visit(&f, a, a->data, 0, cut);
	if (f.exponent)
		f.right = f.exp_size + 2 + f.digits;
	if (f.odd)
		f.left = MAX(f.left, 3 + f.neg_inf - (f.right + 1));
	return f;
}

static void
pad(Buf *out, int n)
{
	while (n-- > 0)
		buf_byte(out, ' ');
}

static void
put_word(const NumberForm *f, const Nd *a, const char *at, Buf *out)
{
	Buf b = {0};
	double v;
	int left = 0, right = 0;

	if (!dtype_is_float(f->t)) {
		nd_repr_element(a, at, &b);
		pad(out, (f->t == DT_BOOL && !*at ? 0 : f->width) - (int)b.n);
		buf_put(out, b.at, b.n);
		buf_free(&b);
		return;
	}
	v = nd_load_f(f->t, at);
	if (!isfinite(v)) {
		const char *s = isnan(v) ? "nan" : v < 0 ? "-inf" : "inf";

		pad(out, f->left + f->right + 1 - (int)strlen(s));
		buf_puts(out, s);
		return;
	}
	if (f->exponent) {
		put_exponent(f, v, &b, f->digits);
		left = (int)(strchr(b.at, '.') - b.at);
		right = f->right;
	} else {
		put_fixed(f, v, &b, &left, &right);
	}
	pad(out, f->left - left);
	buf_put(out, b.at, b.n);
	pad(out, f->right - right);
	buf_free(&b);
}

/* ---- brackets and lines ---- */
typedef struct Page {
	const Nd *a;
	const NumberForm *f;
	const char *sep; /* " " or ", " */
	bool cut;
} Page;

static void
end_line(Buf *out, Buf *line)
{
	while (line->n && line->at[line->n - 1] == ' ')
		line->at[--line->n] = 0;
	if (line->n)
		buf_put(out, line->at, line->n);
	buf_byte(out, '\n');
	buf_clear(line);
}

static void
extend(Buf *out, Buf *line, const Buf *word, int width, int indent)
{
	size_t have = utf8_count(line->at, line->n);

	if (have + utf8_count(word->at, word->n) > (size_t)MAX(width, 0) && have > (size_t)indent) {
		end_line(out, line);
		pad(line, indent);
	}
	buf_put(line, word->at, word->n);
}

/* The innermost axis, without its brackets. */
static void
put_row(const Page *p, const char *at, int indent, int width, Buf *out)
{
	int axis = p->a->rank - 1;
	int64_t n = p->a->dim[axis];
	bool cut = p->cut && n > 2 * EDGE;
	Buf line = {0}, word = {0};
	int room = width - 1; /* the separator's visible part or the closing bracket */

	pad(&line, indent);
	for (int64_t i = 0; i < n; i++) {
		buf_clear(&word);
		if (cut && i == EDGE) {
			buf_puts(&word, "...");
			i = n - EDGE - 1;
		} else {
			put_word(p->f, p->a, at + i * p->a->stride[axis], &word);
		}
		extend(out, &line, &word, room, indent);
		if (i + 1 < n)
			buf_puts(&line, p->sep);
	}
	buf_put(out, line.at, line.n);
	buf_free(&line);
	buf_free(&word);
}

static void
put_axis(const Page *p, const char *at, int axis, int indent, int width, Buf *out)
{
	int64_t n = p->a->dim[axis];
	bool cut = p->cut && n > 2 * EDGE;
	size_t start = out->n;
	int left = p->a->rank - axis;

	/* what follows is written with its hanging indent, of which the first line keeps none */
	buf_byte(out, '[');
	if (left == 1) {
		Buf row = {0};

		put_row(p, at, indent, width, &row);
		buf_put(out, row.at + indent, row.n - (size_t)indent);
		buf_free(&row);
		buf_byte(out, ']');
		return;
	}
	for (int64_t i = 0; i < n; i++) {
		if (out->n > start + 1)
			pad(out, indent);
		if (cut && i == EDGE) {
			buf_puts(out, "...");
			i = n - EDGE - 1;
		} else {
			put_axis(p, at + i * p->a->stride[axis], axis + 1, indent + 1, width - 1,
			         out);
		}
		if (i + 1 < n) {
			if (p->sep[0] == ',')
				buf_byte(out, ',');
			for (int k = 1; k < left; k++)
				buf_byte(out, '\n');
		}
	}
	buf_byte(out, ']');
}

static void
put_array(const Nd *a, bool repr, Buf *out)
{
	bool cut = nd_count(a) > THRESHOLD;
	NumberForm f;
	Page p = {a, &f, repr ? ", " : " ", cut};

	if (!nd_count(a)) {
		buf_puts(out, "[]");
		return;
	}
	f = format_make(a, cut);
	if (a->rank == 0)
		put_word(&f, a, a->data, out);
	else
		put_axis(&p, a->data, 0, repr ? 7 : 1, LINE_WIDTH - repr, out);
}

/* float32; <U3 for strings. */
static void
nd_dtype_text(const Nd *a, Buf *out)
{
	uint32_t longest = 1;

	if (a->dtype != DT_STRING) {
		buf_puts(out, dtype_info[nd_base(a->dtype)].np);
		return;
	}
	for (NdIter it = nd_iter(a); it.at; nd_step(&it)) {
		const Str *s = load_str(it.at);

		longest = MAX(longest, s ? utf8_count(s->s, s->len) : 0);
	}
	buf_printf(out, "<U%u", longest);
}

static void
put_extras(const Nd *a, Buf *out, size_t start)
{
	DType t = nd_base(a->dtype);
	int64_t n = nd_count(a);
	bool implied = t == DT_INT64 || t == DT_FP64 || t == DT_BOOL;
	Buf x = {0}, last = {0};
	size_t line = out->n;

	if ((n == 0 && (a->rank != 1)) || n > THRESHOLD) {
		buf_puts(&x, "shape=(");
		for (int i = 0; i < a->rank; i++)
			buf_printf(&x, i ? ", %lld" : "%lld", (long long)a->dim[i]);
		buf_puts(&x, a->rank == 1 ? ",)" : ")");
	}
	if (!implied || n == 0) {
		buf_puts(&x, x.n ? ", dtype=" : "dtype=");
		if (t == DT_STRING)
			buf_byte(&x, '\'');
		nd_dtype_text(a, &x);
		if (t == DT_STRING)
			buf_byte(&x, '\'');
	}
	if (!x.n) {
		buf_byte(out, ')');
		return;
	}
	buf_puts(out, ",");
	buf_byte(&x, ')');
	while (line > start && out->at[line - 1] != '\n')
		line--;
	buf_put(&last, out->at + line, out->n - line);
	if (utf8_count(last.at, last.n) + x.n + 1 > LINE_WIDTH)
		buf_puts(out, "\n      ");
	else
		buf_byte(out, ' ');
	buf_put(out, x.at, x.n);
	buf_free(&x);
	buf_free(&last);
}

void
nd_repr(const Nd *a, bool repr, Buf *out)
{
	size_t start = out->n;

	if (!repr) {
		if (a->rank == 0 && a->dtype == DT_STRING) {
			const Str *s = load_str(a->data);

			buf_put(out, s ? s->s : "", s ? s->len : 0);
		} else if (a->rank == 0) {
			nd_repr_element(a, a->data, out);
		} else {
			put_array(a, false, out);
		}
		return;
	}
	buf_puts(out, "array(");
	put_array(a, true, out);
	put_extras(a, out, start);
}
