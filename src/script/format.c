/* format.c: format specs, [[fill]align][sign][z][#][0][width][grouping][.precision][type], as
 * Python's int, float and str take them. Digits of floats come from the C library's printf, which
 * rounds exactly.
 */
#include "format.h"

#include <math.h>
#include <stdio.h>

#include "class.h"
#include "core.h"
#include "tensor/floatrepr.h"

/* ---- reading a spec ---- */

static bool
parse_count(const char **p, const char *end, int64_t *out)
{
	*out = -1;
	for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
		*out = (*out < 0 ? 0 : *out) * 10 + (**p - '0');
		if (*out > FORMAT_WIDTH_MAX)
			return false;
	}
	return true;
}

static bool
is_align(char c)
{
	return c == '<' || c == '>' || c == '^' || c == '=';
}

/* True when a fill character was given. */
static bool
parse_fill(const char **p, const char *end, FormatSpec *f)
{
	uint32_t cp;
	size_t k = *p < end ? utf8_decode(*p, &cp) : 0;
	bool given = false;

	if (k && *p + k < end && is_align((*p)[k])) {
		f->fill = cp;
		f->align = (*p)[k];
		f->align_given = true;
		*p += k + 1;
		given = true;
	} else if (k && is_align(**p)) {
		f->align = *(*p)++;
		f->align_given = true;
	}
	return given;
}

static bool
invalid_spec(Interp *in, const char *spec, size_t n, Value v, Span at)
{
	return fail(in, at, "invalid format specifier '%.*s' for a value of type '%s'",
	            (int)MIN(n, 60u), spec, type_name(v));
}

static bool
parse_group(Interp *in, const char **p, const char *end, FormatSpec *f, Span at)
{
	if (*p < end && (**p == ',' || **p == '_'))
		f->group = *(*p)++;
	if (f->group && *p < end && (**p == ',' || **p == '_'))
		return fail(in, at, "a format specifier cannot have both ',' and '_'");
	return true;
}

static bool
parse_spec(Interp *in, const char *spec, size_t n, char align, Value v, FormatSpec *f, Span at)
{
	const char *p = spec, *end = spec + n;
	bool fill_given;

	*f = (FormatSpec){.fill = ' ', .align = align, .sign = '-', .width = -1, .prec = -1};
	fill_given = parse_fill(&p, end, f);
	if (p < end && (*p == '+' || *p == '-' || *p == ' ')) {
		f->sign = *p++;
		f->sign_given = true;
	}
	if (p < end && *p == 'z') {
		f->nozero = true;
		p++;
	}
	if (p < end && *p == '#') {
		f->alt = true;
		p++;
	}
	if (p < end && *p == '0' && !fill_given) {
		f->fill = '0';
		if (!f->align_given && align == '>')
			f->align = '=';
		p++;
	}
	if (!parse_count(&p, end, &f->width))
		return fail(in, at, "the width of a format specifier is at most %d",
		            FORMAT_WIDTH_MAX);
	if (!parse_group(in, &p, end, f, at))
		return false;
	if (p < end && *p == '.') {
		p++;
		if (!parse_count(&p, end, &f->prec))
			return fail(in, at, "the precision of a format specifier is at most %d",
			            FORMAT_WIDTH_MAX);
		if (f->prec < 0)
			return fail(in, at, "a format specifier has '.' without a precision");
	}
	if (p < end)
		f->type = *p++;
	return p == end || invalid_spec(in, spec, n, v, at);
}

/* ---- writing ---- */

static void
put_fill(Buf *out, uint32_t fill, int64_t n)
{
	while (n-- > 0)
		utf8_put(out, fill);
}

void
format_pad(Buf *out, const char *s, size_t n, const FormatSpec *f, char align)
{
	int64_t total = MAX(f->width - (int64_t)utf8_count(s, n), 0), left;

	left = align == '<' ? 0 : align == '^' ? total / 2 : total;
	put_fill(out, f->fill, left);
	buf_put(out, s, n);
	put_fill(out, f->fill, total - left);
}

/* Digits with separators, filled up with zeros to `least` characters. */
static void
put_grouped(Buf *out, const char *digit, int64_t n, int every, char sep, int64_t least)
{
	int64_t total = n;

	if (!sep) {
		put_fill(out, '0', least - n);
		buf_put(out, digit, (size_t)n);
		return;
	}
	while (total + (total - 1) / every < least)
		total++;
	for (int64_t i = 0; i < total; i++) {
		if (i && (total - i) % every == 0)
			buf_byte(out, sep);
		buf_byte(out, i < total - n ? '0' : digit[i - (total - n)]);
	}
}

/* sign, prefix, the grouped digits, and the rest (point, exponent, %), to the width. */
static void
put_number(Buf *out, const char *lead, const char *digit, size_t n, const char *rest, size_t nrest,
           int every, const FormatSpec *f)
{
	int64_t fixed = (int64_t)strlen(lead) + (int64_t)nrest, total, left, inner;
	int64_t least = f->fill == '0' && f->align == '=' ? f->width - fixed : 0;
	Buf b = {0};

	put_grouped(&b, digit, (int64_t)n, every, f->group, least);
	total = MAX(f->width - fixed - (int64_t)b.n, 0);
	left = f->align == '>' ? total : f->align == '^' ? total / 2 : 0;
	inner = f->align == '=' ? total : 0;
	put_fill(out, f->fill, left);
	buf_puts(out, lead);
	put_fill(out, f->fill, inner);
	buf_put(out, b.at, b.n);
	buf_put(out, rest, nrest);
	put_fill(out, f->fill, total - left - inner);
	buf_free(&b);
}

void
format_put_int(Buf *out, Value v, const FormatSpec *f)
{
	int base = f->type == 'b'                     ? 2
	           : f->type == 'o'                   ? 8
	           : f->type == 'x' || f->type == 'X' ? 16
	                                              : 10;
	char lead[4] = "";
	size_t k = 0;
	Buf digits = {0};
	Int a;

	big_of(v, &a);
	if (a.neg)
		lead[k++] = '-';
	else if (f->sign != '-')
		lead[k++] = f->sign;
	if (f->alt && base != 10) {
		lead[k++] = '0';
		lead[k++] = f->type;
	}
	lead[k] = 0;
	big_digits(&a, base, f->type == 'X', &digits);
	/* a precision, which only % formatting has here, is a least number of digits */
	if (f->prec > (int64_t)digits.n) {
		Buf longer = {0};
		put_fill(&longer, '0', f->prec - (int64_t)digits.n);
		buf_put(&longer, digits.at, digits.n);
		buf_free(&digits);
		digits = longer;
	}
	put_number(out, lead, digits.at, digits.n, "", 0, base == 10 ? 3 : 4, f);
	buf_free(&digits);
}

/* The general form with p significant digits; `dot`: as str() would, with a digit after the point,
 * where the exponent form begins one digit earlier. */
static void
general(Buf *b, double v, int64_t p, bool alt, bool dot)
{
	char *digit;
	int exp10;
	int64_t n;

	p = n = MAX(p, 1);
	digit = xmalloc((size_t)p + 1);
	exp10 = exact_digits(v, (int)(p - 1), digit);
	while (!alt && n > 1 && digit[n - 1] == '0')
		n--;
	put_digits(b, digit, n, exp10, exp10 < -4 || exp10 >= p - dot, alt, dot);
	xfree(digit);
}

/* The digits of v >= 0 by type and precision. */
static void
float_digits(Buf *b, double v, const FormatSpec *f, char type)
{
	int prec = (int)(f->prec < 0 ? 6 : f->prec);

	if (isnan(v) || isinf(v)) {
		buf_puts(b, isnan(v) ? "nan" : "inf");
	} else if (type == 'e') {
		buf_printf(b, f->alt ? "%#.*e" : "%.*e", prec, v);
	} else if (type == 'f' || type == '%') {
		buf_printf(b, f->alt ? "%#.*f" : "%.*f", prec, v);
	} else if (type == 'g') {
		general(b, v, prec, f->alt, false);
	} else if (f->prec < 0) {
		put_float64(b, v);
		if (f->alt && strchr(b->at, 'e') && !strchr(b->at, '.')) {
			Buf t = {0};
			char *e = strchr(b->at, 'e');
			buf_printf(&t, "%.*s.%s", (int)(e - b->at), b->at, e);
			buf_free(b);
			*b = t;
		}
	} else {
		general(b, v, prec, f->alt, true);
	}
	if (type == '%')
		buf_byte(b, '%');
}

void
format_put_float(Buf *out, double v, const FormatSpec *f)
{
	char type = f->type >= 'A' && f->type <= 'Z' ? (char)(f->type + 32) : f->type;
	char lead[2] = "";
	FormatSpec plain = *f;
	Buf b = {0};
	size_t n = 0;
	bool neg;

	if (type == 'n')
		type = 'g';
	if (type == '%')
		v *= 100;
	neg = signbit(v) && !isnan(v);
	float_digits(&b, fabs(v), f, type);
	if (neg && f->nozero) {
		neg = false;
		for (const char *p = b.at; *p && (*p | 32) != 'e'; p++)
			neg = neg || (*p >= '1' && *p <= '9') || (*p | 32) == 'i';
	}
	if (neg)
		lead[0] = '-';
	else if (f->sign != '-')
		lead[0] = f->sign;
	if (f->type >= 'A' && f->type <= 'Z')
		for (char *p = b.at; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 32);
	while (n < b.n && b.at[n] >= '0' && b.at[n] <= '9')
		n++;
	if (!n) /* inf and nan have no digits to group */
		plain.group = 0;
	put_number(out, lead, b.at, n, b.at + n, b.n - n, 3, &plain);
	buf_free(&b);
}

/* ---- by type of value ---- */

static bool
unknown_code(Interp *in, char type, Value v, Span at)
{
	return fail(in, at, "unknown format code '%c' for a value of type '%s'", type,
	            type_name(v));
}

static bool
group_with(Interp *in, const FormatSpec *f, Span at)
{
	return fail(in, at, "a format specifier cannot have '%c' with '%c'", f->group, f->type);
}

static bool
format_char(Interp *in, Value v, FormatSpec *f, Buf *out, Span at)
{
	Buf b = {0};

	if (f->sign_given)
		return fail(in, at, "a sign is not allowed with format code 'c'");
	if (f->alt)
		return fail(in, at, "'#' is not allowed with format code 'c'");
	if (v.kind == V_BIG || v.i < 0 || v.i > 0x10ffff || (v.i >= 0xd800 && v.i < 0xe000))
		return fail(in, at, "format code 'c' needs a code point below 0x110000");
	utf8_put(&b, (uint32_t)v.i);
	format_pad(out, b.at, b.n, f, f->align == '=' ? '>' : f->align);
	buf_free(&b);
	return true;
}

static bool
format_double(Interp *in, double d, Value v, FormatSpec *f, Buf *out, Span at)
{
	if (f->type && !strchr("eEfFgGn%", f->type))
		return unknown_code(in, f->type, v, at);
	if (f->group && f->type == 'n')
		return group_with(in, f, at);
	format_put_float(out, d, f);
	return true;
}

static bool
format_int(Interp *in, Value v, FormatSpec *f, Buf *out, Span at)
{
	double d;

	if (f->type && strchr("eEfFgG%", f->type))
		return num_to_double(in, v, &d, at) && format_double(in, d, v, f, out, at);
	if (f->type && !strchr("bcdnoxX", f->type))
		return unknown_code(in, f->type, v, at);
	if (f->prec >= 0)
		return fail(in, at, "a precision is not allowed in the format specifier of an int");
	if (f->nozero)
		return fail(in, at, "'z' is not allowed in the format specifier of an int");
	if (f->group &&
	    (f->type == 'c' || f->type == 'n' || (f->group == ',' && f->type && f->type != 'd')))
		return group_with(in, f, at);
	if (f->type == 'c')
		return format_char(in, v, f, out, at);
	format_put_int(out, v, f);
	return true;
}

static bool
format_text(Interp *in, Value v, FormatSpec *f, Buf *out, Span at)
{
	StrObj *s = STR_OF(v);
	size_t n = s->len;

	if (f->type && f->type != 's')
		return unknown_code(in, f->type, v, at);
	if (f->sign_given)
		return fail(in, at, "a sign is not allowed in the format specifier of a str");
	if (f->nozero)
		return fail(in, at, "'z' is not allowed in the format specifier of a str");
	if (f->alt)
		return fail(in, at, "'#' is not allowed in the format specifier of a str");
	if (f->group)
		return fail(in, at, "a format specifier cannot have '%c' with 's'", f->group);
	if (f->align == '=')
		return fail(in, at,
		            "'=' alignment is not allowed in the format specifier of a str");
	if (f->prec >= 0 && f->prec < s->ncp)
		n = (size_t)(str_at_cp(s, f->prec) - s->s);
	format_pad(out, s->s, n, f, f->align);
	return true;
}

bool
value_format(Interp *in, Value v, const char *spec, size_t n, Buf *out, Span at)
{
	FormatSpec f;
	Value arg, text;
	int r = 0;

	if (class_of(v)) {
		arg = vstr(in, spec, n);
		r = special_call(in, v, SP_format, &arg, 1, &text, at);
	}
	if (r > 0 && text.kind != V_STR)
		return fail(in, at, "__format__ must return a str, not %s", type_name(text));
	if (r > 0)
		buf_put(out, STR_OF(text)->s, STR_OF(text)->len);
	if (r)
		return r > 0;
	if (n)
		v = instance_value(v);
	if (!n && !is_np(v)) {
		value_str(in, v, out);
		return true;
	}
	if (is_poison(v))
		return false;
	if (is_np(v))
		return arrays(in)->format(in, v, spec, n, out, at);
	if (v.kind == V_STR)
		return parse_spec(in, spec, n, '<', v, &f, at) && format_text(in, v, &f, out, at);
	if (is_num(v))
		return parse_spec(in, spec, n, '>', v, &f, at) &&
		       (v.kind == V_FLOAT ? format_double(in, v.f, v, &f, out, at)
		                          : format_int(in, v, &f, out, at));
	if (host_refuses(in, "format", v, VUNSET, at))
		return false;
	return fail(in, at, "a value of type '%s' takes no format specifier; format str() of it",
	            type_name(v));
}
