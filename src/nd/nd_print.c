/* nd_print.c: arrays as text, as NumPy prints them: one format for all elements of an array
 * (shortest digits that tell them apart, at most 8 after the point, points aligned), lines of 75
 * columns, arrays of more than 1000 elements cut to three at each end of each axis; where the print
 * options say nothing else.
 */
#include "nd_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tensor/floatrepr.h"

const NdPrint nd_print_default = {.precision = 8,
                                  .edge = 3,
                                  .threshold = 1000,
                                  .width = 75,
                                  .sign = '-',
                                  .mode = PRINT_MAXPREC,
                                  .nan = "nan",
                                  .inf = "inf",
                                  .separator = " ",
                                  .indent = 1};

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

/* Of a part of a complex number: 1, not 1.0. */
static void
put_part(DType t, double v, Buf *out)
{
	if (t == DT_FP32)
		put_float32(out, (float)v);
	else
		put_float64(out, v);
	if (out->n > 2 && !strcmp(out->at + out->n - 2, ".0"))
		out->at[out->n -= 2] = 0;
}

/* 2j, (1+2j), as Python has it. */
static void
repr_complex(DType t, const char *at, Buf *out)
{
	DType part = nd_part_type(t);
	double re = nd_load_f(part, at), im = nd_load_f(part, at + dtype_size(part));
	bool both = re != 0 || signbit(re);

	if (both) {
		buf_byte(out, '(');
		put_part(part, re, out);
		if (!signbit(im) || isnan(im))
			buf_byte(out, '+');
	}
	put_part(part, im, out);
	buf_puts(out, both ? "j)" : "j");
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
	case DT_COMPLEX64:
	case DT_COMPLEX128:
		repr_complex(t, at, out);
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
	const NdPrint *p;
	DType t;       /* of what is complex: that of its parts */
	int precision; /* digits after the point, at most */
	char sign;
	bool exact, zeros; /* not the shortest digits; zeros at the end stay */
	bool minus;        /* something is negative */
	int bits;          /* of a float's precision */
	bool exponent;
	int left, right, exp_size, digits; /* widths; digits: after the point, with an exponent */
	int width;                         /* of integers and bools */
	bool any, finite;
	double max, min; /* of the magnitudes that are not 0 */
	bool neg_inf, odd;
	int pass; /* 0: find the range, 1: measure */
} NumberForm;

/* The digits of |v|, at most f->precision after the point (of the fixed or the scientific form), no
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
	keep = scientific ? 1 + f->precision : *point + f->precision;
	if (n > keep || f->exact) {
		n = 0;
		snprintf(text, sizeof text, scientific ? "%.*e" : "%.*f", f->precision, v);
		*point = 0;
		for (const char *s = text; *s && *s != 'e'; s++) {
			if (*s == '.')
				*point = n;
			else
				digit[n++] = *s;
		}
		if (scientific)
			*point = atoi(strchr(text, 'e') + 1) + 1;
		else if (!strchr(text, '.'))
			*point = n;
	}
	while (n > 1 && n > (scientific ? 1 : *point) && digit[n - 1] == '0')
		n--;
	return n;
}

static void
put_sign(const NumberForm *f, double v, Buf *out)
{
	if (signbit(v) && !isnan(v))
		buf_byte(out, '-');
	else if (f->sign == '+')
		buf_byte(out, '+');
}

/* Fixed form without padding: "12.5", "3.", "0.001". Gives the widths around the point. */
static void
put_fixed(const NumberForm *f, double v, Buf *out, int *left, int *right)
{
	char digit[420];
	int point, n = float_digits(f, fabs(v), false, digit, &point);
	size_t start = out->n, dot;

	put_sign(f, v, out);
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
	for (int i = (int)(out->n - dot - 1); f->zeros && i < MAX(f->precision, 0); i++)
		buf_byte(out, '0');
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

	put_sign(f, v, out);
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
		f->minus |= signbit(v) != 0;
		if (m != 0) {
			f->max = f->any ? fmax(f->max, m) : m;
			f->min = f->any ? fmin(f->min, m) : m;
			f->any = true;
		}
		return;
	}
	if (f->exponent) {
		char *e;

		put_exponent(f, v, &b, f->p->mode == PRINT_FIXED ? f->precision : 0);
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

/* What is no float, with the sign that was asked for. */
static void
put_whole(const NumberForm *f, const Nd *a, const char *at, Buf *out)
{
	if (f->p->sign != '-' && dtype_is_int(f->t) &&
	    (f->t == DT_UINT64 || nd_load_i(f->t, at) >= 0))
		buf_byte(out, f->p->sign);
	nd_repr_element(a, at, out);
}

static void
measure(NumberForm *f, const Nd *a, const char *at)
{
	Buf b = {0};

	if (dtype_is_float(f->t)) {
		measure_float(f, nd_load_f(f->t, at));
		return;
	}
	put_whole(f, a, at, &b);
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
		if (cut && a->dim[axis] > 2 * f->p->edge && i == f->p->edge)
			i = a->dim[axis] - f->p->edge;
		visit(f, a, at + i * a->stride[axis], axis + 1, cut);
	}
}

/* part 1: of the imaginary parts of what is complex, else 0 */
static NumberForm
format_make(const Nd *a, const NdPrint *p, bool cut, int part)
{
	DType t = nd_base(a->dtype);
	NumberForm f = {.p = p, .t = nd_part_type(t), .bits = 53, .precision = p->precision};
	Nd view = *a;
	double top;

	if (f.t != t) {
		view.dtype = f.t;
		view.data += part * (int)dtype_size(f.t);
	}
	if (f.t == DT_FP16 || f.t == DT_FP32)
		f.bits = f.t == DT_FP16 ? 11 : 24;
	if (p->mode == PRINT_UNIQUE)
		f.precision = 380;
	f.sign = part ? '+' : p->sign;
	top = f.t == DT_FP16 ? 1e3 : f.t == DT_FP32 ? 1e6 : 1e8;
	visit(&f, &view, view.data, 0, cut);
	if (!dtype_is_float(f.t))
		return f;
	if (f.any)
		f.exponent = f.max >= top || (!p->suppress && (f.min < in_type(f.t, 0.0001) ||
		                                               in_type(f.t, f.max / f.min) > 1000));
	f.exact = f.zeros = p->mode == PRINT_FIXED && !f.exponent;
	f.pass = 1;
	if (f.finite)
		visit(&f, &view, view.data, 0, cut);
	if (f.exponent)
		f.right = f.exp_size + 2 + f.digits;
	if (p->mode == PRINT_MAXPREC_EQUAL && !f.exponent) {
		f.zeros = true;
		f.precision = f.right;
	}
	f.left += f.sign == ' ' && !f.minus;
	if (f.odd)
		f.left = MAX(f.left, MAX((int)strlen(p->nan),
		                         (int)strlen(p->inf) + (f.neg_inf || f.sign != '-')) -
		                         (f.right + 1));
	return f;
}

static void
pad(Buf *out, int n)
{
	while (n-- > 0)
		buf_byte(out, ' ');
}

static void
put_float(const NumberForm *f, double v, Buf *out)
{
	Buf b = {0};
	int left = 0, right = 0;

	if (!isfinite(v)) {
		put_sign(f, v, &b);
		buf_puts(&b, isnan(v) ? f->p->nan : f->p->inf);
		pad(out, f->left + f->right + 1 - (int)b.n);
		right = f->right;
	} else if (f->exponent) {
		put_exponent(f, v, &b, f->digits);
		left = (int)(strchr(b.at, '.') - b.at);
		right = f->right;
	} else {
		put_fixed(f, v, &b, &left, &right);
	}
	if (isfinite(v))
		pad(out, f->left - left);
	buf_put(out, b.at, b.n);
	pad(out, f->right - right);
	buf_free(&b);
}

/* f[1]: of the imaginary part, whose j stands before its padding */
static void
put_word(const NumberForm *f, const Nd *a, const char *at, Buf *out)
{
	Buf b = {0};

	if (dtype_is_float(f->t)) {
		size_t end;

		put_float(f, nd_load_f(f->t, at), out);
		if (!nd_is_complex(a->dtype))
			return;
		put_float(f + 1, nd_load_f(f->t, at + dtype_size(f->t)), out);
		for (end = out->n; out->at[end - 1] == ' ';)
			end--;
		pad(out, 1);
		memmove(out->at + end + 1, out->at + end, out->n - 1 - end);
		out->at[end] = 'j';
		return;
	}
	put_whole(f, a, at, &b);
	pad(out, (f->t == DT_BOOL && !*at ? 0 : f->width) - (int)b.n);
	buf_put(out, b.at, b.n);
	buf_free(&b);
}

/* ---- brackets and lines ---- */
typedef struct Page {
	const Nd *a;
	const NumberForm *f;
	bool cut;
	int seen; /* of the separator, without blanks at its end */
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
	int64_t edge = p->f->p->edge;
	bool cut = p->cut && n > 2 * edge;
	Buf line = {0}, word = {0};
	int room = width - MAX(p->seen, 1); /* for the separator or the closing bracket */

	pad(&line, indent);
	for (int64_t i = 0; i < n; i++) {
		buf_clear(&word);
		if (cut && i == edge) {
			buf_puts(&word, "...");
			i = n - edge - 1;
		} else {
			put_word(p->f, p->a, at + i * p->a->stride[axis], &word);
		}
		extend(out, &line, &word, room, indent);
		if (i + 1 < n)
			buf_puts(&line, p->f->p->separator);
	}
	buf_put(out, line.at, line.n);
	buf_free(&line);
	buf_free(&word);
}

static void
put_axis(const Page *p, const char *at, int axis, int indent, int width, Buf *out)
{
	int64_t n = p->a->dim[axis];
	int64_t edge = p->f->p->edge;
	bool cut = p->cut && n > 2 * edge;
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
		if (cut && i == edge) {
			buf_puts(out, "...");
			i = n - edge - 1;
		} else {
			put_axis(p, at + i * p->a->stride[axis], axis + 1, indent + 1, width - 1,
			         out);
		}
		if (i + 1 < n) {
			buf_put(out, p->f->p->separator, (size_t)p->seen);
			for (int k = 1; k < left; k++)
				buf_byte(out, '\n');
		}
	}
	buf_byte(out, ']');
}

void
nd_text(const Nd *a, const NdPrint *p, Buf *out)
{
	bool cut = nd_count(a) > p->threshold;
	NumberForm f[2];
	Page page = {a, f, cut, (int)strlen(p->separator)};

	if (!nd_count(a)) {
		buf_puts(out, "[]");
		return;
	}
	while (page.seen && p->separator[page.seen - 1] == ' ')
		page.seen--;
	f[0] = format_make(a, p, cut, 0);
	if (nd_is_complex(a->dtype))
		f[1] = format_make(a, p, cut, 1);
	if (a->rank == 0)
		put_word(f, a, a->data, out);
	else
		put_axis(&page, a->data, 0, p->indent, p->width, out);
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
put_extras(const Nd *a, const NdPrint *p, Buf *out, size_t start)
{
	DType t = nd_base(a->dtype);
	int64_t n = nd_count(a);
	bool implied = t == DT_INT64 || t == DT_FP64 || t == DT_BOOL || t == DT_COMPLEX128;
	Buf x = {0}, last = {0};
	size_t line = out->n;

	if ((n == 0 && (a->rank != 1)) || n > p->threshold) {
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
	if (utf8_count(last.at, last.n) + x.n + 1 > (size_t)p->width)
		buf_puts(out, "\n      ");
	else
		buf_byte(out, ' ');
	buf_put(out, x.at, x.n);
	buf_free(&x);
	buf_free(&last);
}

void
nd_repr(const Nd *a, bool repr, const NdPrint *p, Buf *out)
{
	size_t start = out->n;
	NdPrint q = *p;

	if (!repr) {
		if (a->rank == 0 && a->dtype == DT_STRING) {
			const Str *s = load_str(a->data);

			buf_put(out, s ? s->s : "", s ? s->len : 0);
		} else if (a->rank == 0) {
			nd_repr_element(a, a->data, out);
		} else {
			nd_text(a, p, out);
		}
		return;
	}
	q.separator = ", ";
	q.indent = 7;
	q.width--;
	buf_puts(out, "array(");
	nd_text(a, &q, out);
	put_extras(a, p, out, start);
}
