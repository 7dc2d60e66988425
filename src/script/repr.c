/* repr.c: str() and repr() of every kind of value. A container that holds itself prints as [...]
 * where it comes again; nesting beyond VALUE_DEPTH is an error.
 */
#include <inttypes.h>

#include "builtins.h"
#include "class.h"
#include "core.h"
#include "syntax/unicode.h"

/* ---- text ---- */

static void
escape(Buf *out, uint32_t cp)
{
	if (cp < 0x100)
		buf_printf(out, "\\x%02" PRIx32, cp);
	else if (cp < 0x10000)
		buf_printf(out, "\\u%04" PRIx32, cp);
	else
		buf_printf(out, "\\U%08" PRIx32, cp);
}

static void
put_char(Buf *out, uint32_t cp, char quote)
{
	switch (cp) {
	case '\\':
		buf_puts(out, "\\\\");
		break;
	case '\n':
		buf_puts(out, "\\n");
		break;
	case '\r':
		buf_puts(out, "\\r");
		break;
	case '\t':
		buf_puts(out, "\\t");
		break;
	default:
		if (cp == (uint32_t)quote)
			buf_byte(out, '\\');
		buf_byte(out, (int)cp);
	}
}

static void
text_repr(const StrObj *s, Buf *out)
{
	bool bytes = s->obj.kind == V_BYTES, other = memchr(s->s, '\'', s->len) != 0;
	char quote = other && !memchr(s->s, '"', s->len) ? '"' : '\'';

	buf_puts(out, bytes ? "b" : "");
	buf_byte(out, quote);
	for (const char *p = s->s; p < s->s + s->len;) {
		uint32_t cp = (unsigned char)*p;
		size_t n = bytes ? 1 : utf8_decode(p, &cp);
		bool special = cp == '\n' || cp == '\r' || cp == '\t';
		if (cp < 128 && (uc_is_printable(cp) || special))
			put_char(out, cp, quote);
		else if (bytes || !uc_is_printable(cp))
			escape(out, cp);
		else
			buf_put(out, p, n);
		p += n;
	}
	buf_byte(out, quote);
}

/* ---- containers ---- */

typedef struct Nest { /* the containers around */
	const struct Nest *up;
	const Obj *o;
	int depth;
} Nest;

static void put_repr(Interp *in, Value v, const Nest *up, Buf *out);

static bool
inside_itself(const Nest *n, const Obj *o)
{
	for (; n; n = n->up)
		if (n->o == o)
			return true;
	return false;
}

#define REPR_MAX ((size_t)1 << 30) /* bytes: no string is longer */

/* Every item printed is counted, and what was printed so far held against the memory. */
static bool
count_printed(Interp *in, const Buf *out)
{
	return interp_item(in) && interp_room(in, out->n > REPR_MAX ? SIZE_MAX : out->n);
}

static void
put_seq(Interp *in, Value v, const Nest *n, Buf *out)
{
	bool list = v.kind == V_LIST;

	buf_byte(out, list ? '[' : '(');
	for (uint32_t i = 0; i < SEQ_OF(v)->n; i++) {
		if (i)
			buf_puts(out, ", ");
		put_repr(in, SEQ_OF(v)->at[i], n, out);
		if (!count_printed(in, out))
			return;
	}
	if (!list && SEQ_OF(v)->n == 1)
		buf_byte(out, ',');
	buf_byte(out, list ? ']' : ')');
}

/* k, v, k: v or (k, v) of each entry. */
static void
put_dict(Interp *in, const DictObj *d, const Nest *n, const IterType *view, Buf *out)
{
	bool keys = view != &dict_values_type, vals = view != &dict_keys_type, first = true;
	bool pairs = view == &dict_items_type;

	for (uint32_t i = 0; i < d->nentry; i++) {
		const DictEntry was = d->entry[i], *e = &was; /* a __repr__ may change the dict */
		if (!count_printed(in, out))
			return;
		if (e->key.kind == V_UNSET)
			continue;
		buf_puts(out, first ? "" : ", ");
		first = false;
		if (pairs)
			buf_byte(out, '(');
		if (keys)
			put_repr(in, e->key, n, out);
		if (keys && vals)
			buf_puts(out, pairs ? ", " : ": ");
		if (vals)
			put_repr(in, e->val, n, out);
		if (pairs)
			buf_byte(out, ')');
	}
}

static void
put_set(Interp *in, Value v, const Nest *n, Buf *out)
{
	const DictEntry *e;
	int64_t pos = 0;
	bool first = true;

	if (v.o->sub || is_frozen(v) || !DICT_OF(v)->n)
		buf_printf(out, "%s(", type_name(v));
	if (!DICT_OF(v)->n) {
		buf_puts(out, ")");
		return;
	}
	buf_byte(out, '{');
	while (count_printed(in, out) && (e = set_next(DICT_OF(v), &pos)) != 0) {
		if (!first)
			buf_puts(out, ", ");
		first = false;
		put_repr(in, e->key, n, out);
	}
	buf_puts(out, v.o->sub || is_frozen(v) ? "})" : "}");
}

static void
put_container(Interp *in, Value v, const Nest *up, Buf *out)
{
	Nest n = {.up = up, .o = v.o, .depth = up ? up->depth + 1 : 0};

	if (inside_itself(up, v.o)) {
		buf_puts(out, v.kind == V_LIST ? "[...]" : v.kind == V_TUPLE ? "(...)" : "{...}");
		return;
	}
	/* shared parts are printed as often as they occur */
	if (!interp_steps(in, 8))
		return;
	if (n.depth > VALUE_DEPTH) {
		if (n.depth == VALUE_DEPTH + 1)
			fail(in, NOSPAN, "values are nested too deeply to be printed");
		return;
	}
	if (v.kind == V_LIST || v.kind == V_TUPLE) {
		put_seq(in, v, &n, out);
	} else if (v.kind == V_SET) {
		put_set(in, v, &n, out);
	} else if (v.kind == V_ITER) {
		buf_printf(out, "%s([", type_name(v));
		put_dict(in, view_dict(v), &n, ITER_OF(v)->type, out);
		buf_puts(out, "])");
	} else {
		buf_byte(out, '{');
		put_dict(in, DICT_OF(v), &n, 0, out);
		buf_byte(out, '}');
	}
}

/* ---- the rest ---- */

static void
put_slice(Interp *in, Value v, const Nest *up, Buf *out)
{
	buf_puts(out, "slice(");
	put_repr(in, SLICE_OF(v)->start, up, out);
	buf_puts(out, ", ");
	put_repr(in, SLICE_OF(v)->stop, up, out);
	buf_puts(out, ", ");
	put_repr(in, SLICE_OF(v)->step, up, out);
	buf_byte(out, ')');
}

static void
put_range(const RangeObj *r, Buf *out)
{
	buf_printf(out, "range(%" PRId64 ", %" PRId64, r->start, r->stop);
	if (r->step != 1)
		buf_printf(out, ", %" PRId64, r->step);
	buf_byte(out, ')');
}

/* Objects that Python prints with an address: that is no use, so it is left out. */
/* By __repr__ or __str__ of its class, asked as which: false: it has none of its own. */
static bool
put_special(Interp *in, Value v, Special s, Special as, Buf *out)
{
	Value text;
	int r = class_of(v)         ? special_call(in, v, s, 0, 0, &text, NOSPAN)
	        : v.kind == V_CLASS ? type_special(in, v, s, 0, 0, &text, NOSPAN)
	                            : 0;

	if (r > 0 && text.kind != V_STR)
		r = fail(in, NOSPAN, "__%s__ returned non-string (type %s)",
		         as == SP_repr ? "repr" : "str", type_name(text)) ? 1 : -1;
	if (r > 0)
		buf_put(out, STR_OF(text)->s, STR_OF(text)->len);
	if (r < 0)
		in->pending.any = true;
	return r != 0;
}

static void
put_class(Value v, Buf *out)
{
	const ClassObj *c = CLASS_OF(v);

	if (strcmp(c->module, "builtins") != 0)
		buf_printf(out, "<class '%s.%s'>", c->module, c->qualname->s);
	else
		buf_printf(out, "<class '%s'>", c->name->s);
}

static void
put_object(Interp *in, Value v, Buf *out)
{
	const char *name;

	switch (v.kind) {
	case V_FUNC:
		buf_printf(out, "<function %s>", FUNC_OF(v)->code->qualname->s);
		break;
	case V_CLASS:
		put_class(v, out);
		break;
	case V_INSTANCE:
		if (instance_value(v).kind != V_INSTANCE)
			value_repr(in, instance_value(v), out);
		else
			buf_printf(out, "<%s.%s object>", INSTANCE_OF(v)->cls->module,
			           INSTANCE_OF(v)->cls->qualname->s);
		break;
	case V_METHOD:
		buf_puts(out, "<bound method ");
		if (METHOD_OF(v)->fn.kind == V_FUNC)
			buf_puts(out, FUNC_OF(METHOD_OF(v)->fn)->code->qualname->s);
		else
			value_repr(in, METHOD_OF(v)->fn, out);
		buf_puts(out, " of ");
		value_repr(in, METHOD_OF(v)->self, out);
		buf_puts(out, ">");
		break;
	case V_BUILTIN:
		buf_printf(out, "<built-in function %s>", BUILTIN_OF(v)->fn->name);
		break;
	case V_TYPE:
		buf_printf(out, "<class '%s%s%s'>", type_value_module(v),
		           *type_value_module(v) ? "." : "", type_value_name(v));
		break;
	case V_MODULE:
		buf_printf(out, "<module '%s'>", MODULE_OF(v)->name);
		break;
	case V_HOST:
		if (HOST_OF(v)->type->repr)
			HOST_OF(v)->type->repr(in, HOST_OF(v), out);
		else
			buf_printf(out, "<%s object>", HOST_OF(v)->type->name);
		break;
	default:
		name = generator_name(v);
		buf_printf(out, name ? "<%s object %s>" : "<%s object>", type_name(v), name);
	}
}

static void
put_repr(Interp *in, Value v, const Nest *up, Buf *out)
{
	if ((v.kind == V_CLASS || class_of(v)) && put_special(in, v, SP_repr, SP_repr, out))
		return;
	switch (v.kind) {
	case V_UNSET:
	case V_POISON:
		buf_puts(out, "<error>");
		break;
	case V_NONE:
		buf_puts(out, "None");
		break;
	case V_ELLIPSIS:
		buf_puts(out, "Ellipsis");
		break;
	case V_NOTIMPLEMENTED:
		buf_puts(out, "NotImplemented");
		break;
	case V_BOOL:
	case V_INT:
	case V_FLOAT:
	case V_BIG:
		num_repr(v, out);
		break;
	case V_STR:
	case V_BYTES:
		text_repr(STR_OF(v), out);
		break;
	case V_TUPLE:
	case V_LIST:
	case V_DICT:
	case V_SET:
		put_container(in, v, up, out);
		break;
	case V_RANGE:
		put_range(RANGE_OF(v), out);
		break;
	case V_SLICE:
		put_slice(in, v, up, out);
		break;
	case V_ARRAY:
	case V_NPSCALAR:
		arrays(in)->repr(in, v, out);
		break;
	case V_DTYPE:
		arrays(in)->dtype_repr(in, v, true, out);
		break;
	default:
		if (is_view(v))
			put_container(in, v, up, out);
		else
			put_object(in, v, out);
	}
}

void
value_repr(Interp *in, Value v, Buf *out)
{
	size_t start = out->n;

	buf_reserve(out, 1);
	put_repr(in, v, 0, out);
	interp_steps(in, (out->n - start) / 64);
}

const char *
shown(Interp *in, Value v)
{
	Buf b = {0};
	const char *s;

	value_repr(in, v, &b);
	s = arena_printf(interp_arena(in), "%.200s", b.at);
	buf_free(&b);
	return s;
}

void
value_str(Interp *in, Value v, Buf *out)
{
	size_t start = out->n;

	buf_reserve(out, 1);
	if (class_of(v) && (put_special(in, v, SP_str, SP_str, out) ||
	                    put_special(in, v, SP_repr, SP_str, out)))
		;
	else if (v.kind == V_STR)
		buf_put(out, STR_OF(v)->s, STR_OF(v)->len);
	else if (is_np(v))
		arrays(in)->str(in, v, out);
	else if (v.kind == V_DTYPE)
		arrays(in)->dtype_repr(in, v, false, out);
	else if (v.kind == V_HOST && HOST_OF(v)->type->str)
		HOST_OF(v)->type->str(in, HOST_OF(v), out);
	else
		put_repr(in, v, 0, out);
	interp_steps(in, (out->n - start) / 256);
}

static void
value_ascii(Interp *in, Value v, Buf *out)
{
	Buf b = {0};
	uint32_t cp;

	value_repr(in, v, &b);
	for (const char *p = b.at, *end = p + b.n; p < end;) {
		p += utf8_decode(p, &cp);
		if (cp < 128)
			buf_byte(out, (int)cp);
		else
			escape(out, cp);
	}
	buf_free(&b);
}

void
value_text(Interp *in, Value v, char how, Buf *out)
{
	(how == 'r' ? value_repr : how == 'a' ? value_ascii : value_str)(in, v, out);
}
