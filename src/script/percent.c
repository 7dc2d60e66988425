/* percent.c: text % values. */
#include <math.h>

#include "class.h"
#include "core.h"
#include "format.h"

typedef struct Percent {
	Interp *in;
	Value args; /* the right side */
	uint32_t used;
	bool keyed;
	Span at;
	Buf out;
} Percent;

/* The next value: of the tuple, or the right side itself once. */
static bool
next_arg(Percent *p, Value *v)
{
	bool tuple = p->args.kind == V_TUPLE;

	if (p->used >= (tuple ? SEQ_OF(p->args)->n : 1))
		return fail(p->in, p->at, "not enough arguments for the format string");
	*v = tuple ? SEQ_OF(p->args)->at[p->used] : p->args;
	p->used++;
	return true;
}

/* A width or precision: digits or `*`. */
static bool
count(Percent *p, const char **s, const char *end, int64_t *out, bool *given)
{
	Value v;

	*out = 0;
	*given = false;
	if (*s < end && **s == '*') {
		++*s;
		*given = true;
		if (!next_arg(p, &v))
			return false;
		if (v.kind != V_INT && v.kind != V_BOOL)
			return fail(p->in, p->at, "* in a format string wants an int, not %s",
			            type_name(v));
		*out = v.i;
	}
	for (; *s < end && **s >= '0' && **s <= '9' && *out <= FORMAT_WIDTH_MAX; ++*s) {
		*out = *out * 10 + (**s - '0');
		*given = true;
	}
	if (*out > FORMAT_WIDTH_MAX || *out < -FORMAT_WIDTH_MAX)
		return fail(p->in, p->at, "a width or precision of a format string is at most %d",
		            FORMAT_WIDTH_MAX);
	return true;
}

static bool
key(Percent *p, const char **s, const char *end, Value *v)
{
	const char *start = ++*s;
	int depth = 1;

	for (; *s < end; ++*s) {
		depth += **s == '(' ? 1 : **s == ')' ? -1 : 0;
		if (!depth)
			break;
	}
	if (*s == end)
		return fail(p->in, p->at,
		            "a key in the format string is not closed: ')' is missing");
	if (p->args.kind != V_DICT)
		return fail(p->in, p->at,
		            "%%(name) in a format string needs a dict on the right, not %s",
		            type_name(p->args));
	p->keyed = true;
	if (!dict_get(p->in, p->args, vstr(p->in, start, (size_t)(*s - start)), v))
		return no_key(p->in, p->args, vstr(p->in, start, (size_t)(*s - start)), p->at);
	++*s;
	return true;
}

/* To an int for %d, %x …; floats only for %d. */
static bool
as_integer(Percent *p, char type, Value v, Value *out)
{
	int r;

	if (is_poison(v))
		return false;
	if (class_of(v) && type == 'd' && special_call(p->in, v, SP_int, 0, 0, &v, p->at) < 0)
		return false;
	if (!ask_index(p->in, &v, p->at))
		return false;
	v = instance_value(v);
	if (is_np(v)) {
		r = (type == 'd' ? arrays(p->in)->to_int : arrays(p->in)->index)(p->in, v, out,
		                                                                 p->at);
		if (r)
			return r > 0;
	}
	if (v.kind == V_FLOAT && type == 'd')
		return num_from_double(p->in, v.f, out, p->at);
	if (!is_int(v))
		return host_refuses(p->in, "int", v, VUNSET, p->at)
		           ? false
		           : fail(p->in, p->at, "%%%c format: %s is required, not %s", type,
		                  type == 'd' ? "a real number" : "an integer", type_name(v));
	*out = int_value(v);
	return true;
}

static bool
put_text(Percent *p, const FormatSpec *f, Value v)
{
	Buf b = {0};
	size_t n;

	value_text(p->in, v, f->type, &b);
	n = b.n;
	if (f->prec >= 0 && f->prec < utf8_count(b.n ? b.at : "", b.n)) {
		uint32_t cp;
		n = 0;
		for (int64_t i = 0; i < f->prec; i++)
			n += utf8_decode(b.at + n, &cp);
	}
	format_pad(&p->out, b.n ? b.at : "", n, f, f->align == '<' ? '<' : '>');
	buf_free(&b);
	return true;
}

static bool
put_char(Percent *p, const FormatSpec *f, Value v)
{
	Buf b = {0};

	if (v.kind == V_STR && STR_OF(v)->ncp == 1) {
		format_pad(&p->out, STR_OF(v)->s, STR_OF(v)->len, f, f->align == '<' ? '<' : '>');
		return true;
	}
	if ((v.kind != V_INT && v.kind != V_BOOL) || v.i < 0 || v.i > 0x10ffff ||
	    (v.i >= 0xd800 && v.i < 0xe000))
		return fail(p->in, p->at, "%%c requires a code point or a single character");
	utf8_put(&b, (uint32_t)v.i);
	format_pad(&p->out, b.at, b.n, f, f->align == '<' ? '<' : '>');
	buf_free(&b);
	return true;
}

static bool
convert(Percent *p, FormatSpec *f, Value v, size_t index)
{
	Value n;
	double d;

	switch (f->type) {
	case 's':
	case 'r':
	case 'a':
		return put_text(p, f, v);
	case 'c':
		return put_char(p, f, v);
	case 'i':
	case 'u':
		f->type = 'd';
		/* fallthrough */
	case 'd':
	case 'o':
	case 'x':
	case 'X':
		if (!as_integer(p, f->type, v, &n))
			return false;
		format_put_int(&p->out, n, f);
		return true;
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
		if (!as_double(p->in, v, &d, "the value of a float format", p->at))
			return false;
		format_put_float(&p->out, d, f);
		return true;
	default:
		return fail(p->in, p->at, "unsupported format character '%c' (0x%x) at index %zu",
		            f->type, (unsigned char)f->type, index);
	}
}

/* One conversion; *s is behind the %. */
static bool
conversion(Percent *p, const char **s, const char *start, const char *end)
{
	FormatSpec f = {.fill = ' ', .align = '>', .sign = '-', .width = -1, .prec = -1};
	bool zero = false, left = false, keyed = false, given;
	Value v = VNONE;

	if (*s < end && **s == '(') {
		keyed = true;
		if (!key(p, s, end, &v))
			return false;
	}
	for (; *s < end && **s && strchr("-+ #0", **s); ++*s) {
		left = left || **s == '-';
		zero = zero || **s == '0';
		f.alt = f.alt || **s == '#';
		if (**s == '+' || (**s == ' ' && f.sign != '+'))
			f.sign = **s;
	}
	if (!count(p, s, end, &f.width, &given))
		return false;
	if (f.width < 0) {
		left = true;
		f.width = -f.width;
	}
	if (*s < end && **s == '.') {
		++*s;
		if (!count(p, s, end, &f.prec, &given))
			return false;
		f.prec = MAX(f.prec, 0);
	}
	while (*s < end && (**s == 'l' || **s == 'h' || **s == 'L'))
		++*s;
	if (*s == end)
		return fail(p->in, p->at,
		            "the format string ends within a conversion; write %%%% for a percent "
		            "sign");
	f.type = *(*s)++;
	if (f.type == '%') {
		buf_byte(&p->out, '%');
		return true;
	}
	if (left)
		f.align = '<';
	else if (zero && strchr("diuoxXeEfFgG", f.type))
		f.fill = '0', f.align = '=';
	if (!keyed && !next_arg(p, &v))
		return false;
	return convert(p, &f, v, (size_t)(*s - 1 - start));
}

bool
str_percent(Interp *in, Value fmt, Value args, Value *out, Span at)
{
	Percent p = {.in = in, .args = args, .at = at};
	const char *start = STR_OF(fmt)->s, *s = start, *end = s + STR_OF(fmt)->len;
	bool ok = true;

	while (ok && s < end) {
		if (*s == '%') {
			s++;
			ok = conversion(&p, &s, start, end);
		} else {
			buf_byte(&p.out, *s++);
		}
	}
	if (ok && args.kind == V_TUPLE && p.used < SEQ_OF(args)->n)
		ok = fail(in, at,
		          "not all arguments were converted: the format string uses %u of %u",
		          p.used, SEQ_OF(args)->n);
	else if (ok && args.kind != V_TUPLE && !p.used && !p.keyed && args.kind != V_DICT &&
	         args.kind != V_LIST)
		ok = fail(in, at, "not all arguments were converted: the format string uses none");
	*out = vstr_buf(in, &p.out);
	return ok && interp_room(in, 0);
}
