/* exc.c: exceptions, which exist to be raised: their classes, their instances, and the error that
 * a raise statement is.
 */
#include "run.h"

typedef struct Exc {
	const char *name; /* of the class */
	Value args;       /* V_UNSET: the class itself; else a tuple */
} Exc;

static const char *const classes[] = {
    "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BlockingIOError",
    "BrokenPipeError", "BufferError", "BytesWarning", "ChildProcessError",
    "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError",
    "ConnectionResetError", "DeprecationWarning", "EOFError", "EncodingWarning",
    "EnvironmentError", "Exception", "FileExistsError", "FileNotFoundError",
    "FloatingPointError", "FutureWarning", "GeneratorExit", "IOError", "ImportError",
    "ImportWarning", "IndentationError", "IndexError", "InterruptedError", "IsADirectoryError",
    "KeyError", "KeyboardInterrupt", "LookupError", "MemoryError", "ModuleNotFoundError",
    "NameError", "NotADirectoryError", "NotImplementedError", "OSError", "OverflowError",
    "PendingDeprecationWarning", "PermissionError", "ProcessLookupError", "RecursionError",
    "ReferenceError", "ResourceWarning", "RuntimeError", "RuntimeWarning", "StopAsyncIteration",
    "StopIteration", "SyntaxError", "SyntaxWarning", "SystemError", "SystemExit", "TabError",
    "TimeoutError", "TypeError", "UnboundLocalError", "UnicodeError", "UnicodeWarning",
    "UserWarning", "ValueError", "Warning", "ZeroDivisionError",
};

static bool exc_call(Interp *in, Value self, const Args *args, Value *out);

static int
exc_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Exc *x = self->data;

	if (x->args.kind == V_UNSET && str_is(name, "__name__")) {
		*out = vstrz(in, x->name);
		return 1;
	}
	if (x->args.kind != V_UNSET && str_is(name, "args")) {
		*out = x->args;
		return 1;
	}
	return 0;
}

static void
exc_mark(Interp *in, HostObj *self)
{
	interp_mark(in, ((Exc *)self->data)->args);
}

static void
exc_repr(Interp *in, HostObj *self, Buf *out)
{
	const Exc *x = self->data;

	if (x->args.kind == V_UNSET) {
		buf_printf(out, "<class '%s'>", x->name);
		return;
	}
	buf_puts(out, x->name);
	buf_byte(out, '(');
	for (uint32_t i = 0; i < SEQ_OF(x->args)->n; i++) {
		if (i)
			buf_puts(out, ", ");
		value_repr(in, SEQ_OF(x->args)->at[i], out);
	}
	buf_byte(out, ')');
}

static const HostType class_type = {
    .name = "type", .getattr = exc_getattr, .call = exc_call, .repr = exc_repr, .mark = exc_mark,
};
static const HostType exc_type = {
    .name = "exception", .getattr = exc_getattr, .repr = exc_repr, .mark = exc_mark,
};

NATIVE(exc_call)
{
	Exc *x = new(in->unit, Exc);

	x->name = ((const Exc *)HOST_OF(self)->data)->name;
	if (args->nkw)
		return fail(in, args->span, "%s() takes no keyword arguments", x->name);
	x->args = vtuple(in, args->pos, args->npos);
	*out = vhost(in, &exc_type, x);
	return true;
}

bool
exception_lookup(Interp *in, const Str *name, Value *out)
{
	for (size_t i = 0; i < countof(classes); i++)
		if (str_is(name, classes[i])) {
			Exc *x = new(in->unit, Exc);

			x->name = classes[i];
			*out = vhost(in, &class_type, x);
			return true;
		}
	return false;
}

/* Reports v as the error that it stands for; false. */
bool
raise_value(Interp *in, Value v, Span at)
{
	const Exc *x;
	Buf b = {0};

	if (!is_host(v, &class_type) && !is_host(v, &exc_type))
		return fail(in, at, "'%s' object cannot be raised; expected an exception such as "
		            "ValueError(\"…\")", type_name(v));
	x = HOST_OF(v)->data;
	if (x->args.kind == V_UNSET || SEQ_OF(x->args)->n == 0)
		return fail(in, at, "%s was raised", x->name);
	if (SEQ_OF(x->args)->n > 1)
		value_repr(in, x->args, &b);
	else
		value_str(in, SEQ_OF(x->args)->at[0], &b);
	fail(in, at, "%s: %s", x->name, b.at ? b.at : "");
	buf_free(&b);
	return false;
}
