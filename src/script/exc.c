/* exc.c: the builtin classes of exceptions, their instances' attributes and text, and raise.
 *
 * An exception is said where it was raised first, with the calls that led there: that is kept with
 * it (Raised) while somebody may catch it (attempt.c).
 */
#include "class.h"

#include "core.h"

enum { FOREIGN = 4 };

/* Each behind its base. */
static const char *const classes[][2] = {
    {"BaseException", 0},
    {"Exception", "BaseException"},
    {"GeneratorExit", "BaseException"},
    {"KeyboardInterrupt", "BaseException"},
    {"SystemExit", "BaseException"},
    {"ArithmeticError", "Exception"},
    {"FloatingPointError", "ArithmeticError"},
    {"OverflowError", "ArithmeticError"},
    {"ZeroDivisionError", "ArithmeticError"},
    {"AssertionError", "Exception"},
    {"AttributeError", "Exception"},
    {"BufferError", "Exception"},
    {"EOFError", "Exception"},
    {"ImportError", "Exception"},
    {"ModuleNotFoundError", "ImportError"},
    {"LookupError", "Exception"},
    {"IndexError", "LookupError"},
    {"KeyError", "LookupError"},
    {"MemoryError", "Exception"},
    {"NameError", "Exception"},
    {"UnboundLocalError", "NameError"},
    {"OSError", "Exception"},
    {"BlockingIOError", "OSError"},
    {"ChildProcessError", "OSError"},
    {"ConnectionError", "OSError"},
    {"BrokenPipeError", "ConnectionError"},
    {"ConnectionAbortedError", "ConnectionError"},
    {"ConnectionRefusedError", "ConnectionError"},
    {"ConnectionResetError", "ConnectionError"},
    {"FileExistsError", "OSError"},
    {"FileNotFoundError", "OSError"},
    {"InterruptedError", "OSError"},
    {"IsADirectoryError", "OSError"},
    {"NotADirectoryError", "OSError"},
    {"PermissionError", "OSError"},
    {"ProcessLookupError", "OSError"},
    {"TimeoutError", "OSError"},
    {"ReferenceError", "Exception"},
    {"RuntimeError", "Exception"},
    {"NotImplementedError", "RuntimeError"},
    {"RecursionError", "RuntimeError"},
    {"StopAsyncIteration", "Exception"},
    {"StopIteration", "Exception"},
    {"SyntaxError", "Exception"},
    {"IndentationError", "SyntaxError"},
    {"TabError", "IndentationError"},
    {"SystemError", "Exception"},
    {"TypeError", "Exception"},
    {"ValueError", "Exception"},
    {"UnicodeError", "ValueError"},
    {"UnicodeDecodeError", "UnicodeError"},
    {"UnicodeEncodeError", "UnicodeError"},
    {"UnicodeTranslateError", "UnicodeError"},
    {"Warning", "Exception"},
    {"BytesWarning", "Warning"},
    {"DeprecationWarning", "Warning"},
    {"EncodingWarning", "Warning"},
    {"FutureWarning", "Warning"},
    {"ImportWarning", "Warning"},
    {"PendingDeprecationWarning", "Warning"},
    {"ResourceWarning", "Warning"},
    {"RuntimeWarning", "Warning"},
    {"SyntaxWarning", "Warning"},
    {"UnicodeWarning", "Warning"},
    {"UserWarning", "Warning"},
    /* of NumPy and protobuf, not by their bare names: the last FOREIGN of them */
    {"LinAlgError", "ValueError"},
    {"AxisError", "ValueError"},
    {"UFuncTypeError", "TypeError"},
    {"DecodeError", "Exception"},
};

/* What an errno makes of OSError(errno, …). */
static const struct {
	int64_t code;
	const char *class;
} os_errors[] = {
    {1, "PermissionError"},    {2, "FileNotFoundError"},  {3, "ProcessLookupError"},
    {4, "InterruptedError"},   {10, "ChildProcessError"}, {11, "BlockingIOError"},
    {13, "PermissionError"},   {17, "FileExistsError"},   {20, "NotADirectoryError"},
    {21, "IsADirectoryError"}, {32, "BrokenPipeError"},   {110, "TimeoutError"},
};

static const Native exc_methods[6];

Value
exc_class(Interp *in, const char *name)
{
	const Str *id = intern_cstr(in->names, name);
	ClassObj *c = map_get(&in->exceptions, KEY(id));
	Value base = VUNSET, cls;

	if (c)
		return vobj(c);
	for (size_t i = 0; i < countof(classes); i++)
		if (!strcmp(classes[i][0], name) && classes[i][1])
			base = exc_class(in, classes[i][1]);
	cls = class_native(in, name, "builtins", base, base.kind == V_UNSET ? exc_methods : 0);
	CLASS_OF(cls)->exception = true;
	if (!strcmp(name, "AxisError"))
		CLASS_OF(cls)->module = "numpy.exceptions";
	if (!strcmp(name, "LinAlgError"))
		CLASS_OF(cls)->module = "numpy.linalg";
	map_put(&in->exceptions, KEY(id), CLASS_OF(cls));
	return cls;
}

bool
exception_lookup(Interp *in, const Str *name, Value *out)
{
	const char *s = name->s;

	if (str_is(name, "IOError") || str_is(name, "EnvironmentError"))
		s = "OSError";
	for (size_t i = 0; i < countof(classes) - FOREIGN; i++)
		if (!strcmp(classes[i][0], s)) {
			*out = exc_class(in, s);
			return true;
		}
	return false;
}

/* ---- instances ---- */

static bool
is_a(Interp *in, Value exc, const char *class)
{
	return class_has(in, class_of(exc), exc_class(in, class));
}

static void
set(Interp *in, Value exc, const char *name, Value v)
{
	object_setplain(in, exc, intern_cstr(in->names, name), v, NOSPAN);
}

static Value
get(Interp *in, Value exc, const char *name)
{
	const Value *d = object_dict(in, exc, false);
	Value v;

	if (d->kind == V_DICT && dict_named(in, *d, intern_cstr(in->names, name), &v))
		return v;
	return VNONE;
}

/* BaseException.__init__(*args), and what some classes make of them. */
static void
take_args(Interp *in, Value exc, const Value *v, uint32_t n)
{
	Value *args = &INSTANCE_OF(exc)->base;

	*args = vtuple(in, v, n);
	if (is_a(in, exc, "OSError") && n >= 2 && n <= 5) {
		set(in, exc, "errno", v[0]);
		set(in, exc, "strerror", v[1]);
		if (n > 2)
			set(in, exc, "filename", v[2]);
		if (n > 4)
			set(in, exc, "filename2", v[4]);
		*args = vtuple(in, v, n > 2 ? 2 : n);
	} else if (is_a(in, exc, "StopIteration")) {
		set(in, exc, "value", n ? v[0] : VNONE);
	} else if (is_a(in, exc, "ImportError")) {
		set(in, exc, "msg", n == 1 ? v[0] : VNONE);
	} else if (is_a(in, exc, "SystemExit")) {
		set(in, exc, "code", n == 1 ? v[0] : n ? *args : VNONE);
	} else if (is_a(in, exc, "UnicodeDecodeError") && n == 5) {
		static const char *const names[] = {"encoding", "object", "start", "end", "reason"};
		for (uint32_t i = 0; i < n; i++)
			set(in, exc, names[i], v[i]);
	}
}

Value
exc_exact(Interp *in, Value cls, const Value *v, uint32_t n)
{
	if (n >= 2 && v[0].kind == V_INT && value_is(cls, exc_class(in, "OSError")))
		for (size_t i = 0; i < countof(os_errors); i++)
			if (os_errors[i].code == v[0].i)
				return exc_class(in, os_errors[i].class);
	return cls;
}

/* The last word in quotes, or the first. */
static Value
quoted(Interp *in, const char *text, bool last)
{
	const char *end = strrchr(text, '\''), *start = end;

	if (last) {
		while (start && start > text && start[-1] != '\'')
			start--;
	} else {
		start = strchr(text, '\'');
		start += start != 0;
		end = start ? strchr(start, '\'') : 0;
	}
	return start && start > text && end ? vstr(in, start, (size_t)(end - start)) : VNONE;
}

void
exc_describe(Interp *in, Value exc, const char *text, Value context)
{
	bool attr = is_a(in, exc, "AttributeError");

	if (attr || is_a(in, exc, "NameError"))
		set(in, exc, "name", quoted(in, text, attr));
	if (context.kind != V_UNSET)
		set(in, exc, "__context__", context);
}

Value
exc_make(Interp *in, Value cls, const Value *v, uint32_t n)
{
	Value exc;

	cls = exc_exact(in, cls, v, n);
	in->nogc++;
	exc = instance_new(in, CLASS_OF(cls));
	take_args(in, exc, v, n);
	in->nogc--;
	return exc;
}

void
exc_set_cause(Interp *in, Value exc, Value cause)
{
	set(in, exc, "__cause__", cause);
	set(in, exc, "__suppress_context__", vbool(true));
}

Value
exc_new(Interp *in, const char *class, const Value *args, uint32_t n)
{
	return exc_make(in, exc_class(in, class), args, n);
}

NATIVE(exc_init)
{
	static const char *const known[] = {"name", "obj", "path"};

	for (uint32_t i = 0; i < args->nkw; i++) {
		bool ok = false;
		for (size_t k = 0; k < countof(known); k++)
			ok |= str_is(args->kw[i].name, known[k]);
		if (!ok || !(is_a(in, self, "ImportError") || is_a(in, self, "NameError") ||
		             is_a(in, self, "AttributeError")))
			return fail(in, args->span, "%s() takes no keyword arguments",
			            type_name(self));
		set(in, self, args->kw[i].name->s, args->kw[i].val);
	}
	take_args(in, self, args->pos, args->npos);
	*out = VNONE;
	return true;
}

static void
plain_text(Interp *in, Value exc, Buf *out)
{
	Value args = INSTANCE_OF(exc)->base;
	uint32_t n = args.kind == V_TUPLE ? SEQ_OF(args)->n : 0;
	Value file;

	if (is_a(in, exc, "OSError") && n == 2) {
		buf_puts(out, "[Errno ");
		value_str(in, SEQ_OF(args)->at[0], out);
		buf_puts(out, "] ");
		value_str(in, SEQ_OF(args)->at[1], out);
		file = get(in, exc, "filename");
		if (file.kind != V_NONE) {
			buf_puts(out, ": ");
			value_repr(in, file, out);
		}
		file = get(in, exc, "filename2");
		if (file.kind != V_NONE) {
			buf_puts(out, " -> ");
			value_repr(in, file, out);
		}
	} else if (is_a(in, exc, "UnicodeDecodeError") && n == 5) {
		Value v = SEQ_OF(args)->at[1];
		int64_t at = SEQ_OF(args)->at[2].i;

		buf_puts(out, "'");
		value_str(in, SEQ_OF(args)->at[0], out);
		buf_printf(out, "' codec can't decode byte 0x%02x in position %lld: ",
		           v.kind == V_BYTES && at >= 0 && at < STR_OF(v)->len
		               ? (unsigned char)STR_OF(v)->s[at]
		               : 0,
		           (long long)at);
		value_str(in, SEQ_OF(args)->at[4], out);
	} else if (n == 1 && is_a(in, exc, "KeyError")) {
		value_repr(in, SEQ_OF(args)->at[0], out);
	} else if (n == 1) {
		value_str(in, SEQ_OF(args)->at[0], out);
	} else if (n) {
		value_repr(in, args, out);
	}
}

static void
exc_text(Interp *in, Value exc, Buf *out)
{
	Value v;

	if (special_call(in, exc, SP_str, 0, 0, &v, NOSPAN) > 0 && v.kind == V_STR)
		buf_put(out, STR_OF(v)->s, STR_OF(v)->len);
}

NATIVE(exc_str)
{
	Buf b = {0};

	plain_text(in, self, &b);
	*out = vstr_buf(in, &b);
	return true;
}

NATIVE(exc_repr)
{
	Value t = INSTANCE_OF(self)->base;
	Buf b = {0};

	buf_printf(&b, "%s(", type_name(self));
	for (uint32_t i = 0; t.kind == V_TUPLE && i < SEQ_OF(t)->n; i++) {
		buf_puts(&b, i ? ", " : "");
		value_repr(in, SEQ_OF(t)->at[i], &b);
	}
	buf_puts(&b, ")");
	*out = vstr_buf(in, &b);
	return true;
}

NATIVE(exc_with_traceback)
{
	*out = self;
	return true;
}

NATIVE(exc_add_note)
{
	Value notes = get(in, self, "__notes__");

	if (args->pos[0].kind != V_STR)
		return fail(in, args->span, "note must be a str, not '%s'",
		            type_name(args->pos[0]));
	if (notes.kind != V_LIST)
		set(in, self, "__notes__", notes = vlist(in, 0, 0));
	*out = VNONE;
	return vlist_push(in, notes, args->pos[0]);
}

static const Native exc_methods[6] = {
    {"BaseException.__init__", 0, exc_init, 0},
    {"BaseException.__str__", "", exc_str, 0},
    {"BaseException.__repr__", "", exc_repr, 0},
    {"BaseException.with_traceback", "x,/", exc_with_traceback, 0},
    {"BaseException.add_note", "x,/", exc_add_note, 0},
    NATIVE_END,
};

int
exc_getattr(Interp *in, Value v, const Str *name, Value *out)
{
	*out = VNONE;
	if (str_is(name, "__traceback__")) {
		const Raised *r = INSTANCE_OF(v)->raised;
		*out = trace_value(in, r, r ? r->calls : 0);
		return 1;
	}
	if (str_is(name, "args"))
		return *out = INSTANCE_OF(v)->base, 1;
	if (str_is(name, "__suppress_context__"))
		return *out = vbool(false), 1;
	return has_word("__cause__ __context__", name->s) ||
	       (has_word("errno strerror filename filename2", name->s) && is_a(in, v, "OSError")) ||
	       (has_word("name obj path", name->s) &&
	        (is_a(in, v, "ImportError") || is_a(in, v, "NameError") ||
	         is_a(in, v, "AttributeError")));
}

bool
exc_setattr(Interp *in, Value v, const Str *name, Value x, bool *done)
{
	Value list;

	*done = str_is(name, "args");
	if (!*done)
		return true;
	if (!value_to_list(in, x, &list, NOSPAN))
		return *done = false;
	INSTANCE_OF(v)->base = vtuple(in, SEQ_OF(list)->at, SEQ_OF(list)->n);
	return true;
}

/* ---- raising ---- */

static bool
is_exception(Value v)
{
	return v.kind == V_INSTANCE && INSTANCE_OF(v)->cls->exception;
}

/* A class stands for an instance of it without arguments. */
static bool
as_exception(Interp *in, Value v, Value *exc, Span at)
{
	Args none = {.span = at, .callee = at};

	*exc = v;
	if (is_exception(v))
		return true;
	if (v.kind == V_CLASS && CLASS_OF(v)->exception && !class_call(in, v, &none, exc))
		return false;
	if (is_exception(*exc))
		return true;
	return fail(in, at,
	            "'%s' object cannot be raised; expected an exception such as "
	            "ValueError(\"…\")",
	            type_name(v));
}

/* sys.exit(), which is no fault. */
static bool
exits_well(Interp *in, Value exc)
{
	Value code = is_a(in, exc, "SystemExit") ? get(in, exc, "code") : vint(1);

	return code.kind == V_NONE || (code.kind == V_INT && code.i == 0);
}

/* As a message calls it: re.error, where the bare name would say nothing. */
static const char *
name_of(Interp *in, Value exc)
{
	const ClassObj *c = class_of(exc);

	return c->name->s[0] >= 'a' ? arena_printf(in->unit, "%s.%s", c->module, c->name->s)
	                            : c->name->s;
}

static void
say(Interp *in, Value exc, Span at)
{
	Buf b = {0};
	Value cause;

	if (is_a(in, exc, "SystemExit")) {
		Value code = get(in, exc, "code"), words = get(in, exc, "_words");
		if (words.kind == V_STR)
			code = words;
		value_str(in, code, &b);
		diag_error(in->diag, at,
		           code.kind == V_INT ? "the script exits with status %s"
		                              : "the script exits: %s",
		           b.at ? b.at : "");
	} else {
		exc_text(in, exc, &b);
		if (b.n)
			diag_error(in->diag, at, "%s: %s", name_of(in, exc), b.at);
		else
			diag_error(in->diag, at, "%s was raised", name_of(in, exc));
	}
	buf_free(&b);
	interp_note_calls(in);
	cause = get(in, exc, "__cause__");
	if (is_exception(cause) && INSTANCE_OF(cause)->raised) {
		exc_text(in, cause, &b);
		diag_note(in->diag, INSTANCE_OF(cause)->raised->at, "caused by %s: %s",
		          type_name(cause), b.at ? b.at : "");
		buf_free(&b);
	}
}

/* What stood behind exc before does not follow it once more: the chain has an end. */
static void
set_context(Interp *in, Value exc, Value context)
{
	Value o = context, up;

	for (int n = 0; n < 1000 && is_exception(up = get(in, o, "__context__")); n++)
		if (value_is(up, exc))
			set(in, o, "__context__", VNONE);
		else
			o = up;
	set(in, exc, "__context__", context);
}

bool
raise_value(Interp *in, Value v, Span at)
{
	const Raised *r;
	Value exc;

	if (!as_exception(in, v, &exc, at))
		return false;
	if (in->handling.kind != V_UNSET && !value_is(in->handling, exc))
		set_context(in, exc, in->handling);
	r = INSTANCE_OF(exc)->raised;
	if (r || exits_well(in, exc)) {
		attempt_again(in, exc);
		return false;
	}
	in->pending.exc = exc;
	in->pending.ready = true;
	say(in, exc, interp_place(in, at));
	in->pending.ready = false;
	return false;
}

bool
raise_as(Interp *in, Span at, const char *class, const char *fmt, ...)
{
	Buf text = {0};

	WITH_ARGS(fmt, ap, buf_vprintf(&text, fmt, ap));
	in->pending.class = class;
	in->pending.text = buf_keep(&text, in->unit);
	in->pending.ready = true;
	diag_error(in->diag, interp_place(in, at), "%s: %s", class, in->pending.text);
	in->pending.ready = false;
	interp_note_calls(in);
	return false;
}

Flow
exec_raise(Interp *in, const Stmt *s)
{
	Value v, cause;
	Flow flow;

	if (!s->a) {
		if (in->handling.kind == V_UNSET)
			fail(in, s->span,
			     "raise without an exception; write raise ValueError(\"…\")");
		else
			attempt_again(in, in->handling);
		return FLOW_FAIL;
	}
	flow = decisive(in, s->a, &v);
	if (flow != FLOW_NEXT)
		return flow;
	push(in, v);
	if (as_exception(in, v, &v, s->span)) {
		push(in, v);
		if (s->b && !eval(in, s->b, &cause))
			return FLOW_FAIL;
		if (s->b && cause.kind != V_NONE && !is_exception(cause) &&
		    !(cause.kind == V_CLASS && CLASS_OF(cause)->exception)) {
			fail(in, s->b->span, "exception causes must derive from BaseException");
			return FLOW_FAIL;
		}
		if (s->b && cause.kind != V_NONE && !as_exception(in, cause, &cause, s->b->span))
			return FLOW_FAIL;
		if (s->b)
			exc_set_cause(in, v, cause);
		raise_value(in, v, s->span);
		pop(in, 1);
	}
	pop(in, 1);
	return FLOW_FAIL;
}

bool
exc_matches(Interp *in, Value exc, Value type, bool *yes, Span at)
{
	bool tuple = type.kind == V_TUPLE;
	const Value *v = tuple ? SEQ_OF(type)->at : &type;
	uint32_t n = tuple ? SEQ_OF(type)->n : 1;

	*yes = false;
	for (uint32_t i = 0; i < n; i++) {
		if (v[i].kind != V_CLASS || !CLASS_OF(v[i])->exception)
			return fail(in, at,
			            "catching classes that do not inherit from "
			            "BaseException is not allowed");
		*yes |= class_has(in, class_of(exc), v[i]);
	}
	return true;
}
