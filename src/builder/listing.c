/* listing.c: a network as if it were code, in the terminal's colours: a line for each layer, what
 * loops and branches hold further in.
 */
#include "builder.h"
#include "classes.h"

#include "script/core.h"

typedef enum Colour { RED = 91, LIGHT_PURPLE = 94, PURPLE } Colour;

typedef struct Lines {
	Interp *in;
	Buf *b;
	Span at;
} Lines;

static bool put_network(Lines *c, const Msg *net, int64_t depth);

static void
put_tabs(Lines *c, int64_t n)
{
	while (n-- > 0)
		buf_byte(c->b, '\t');
}

/* Text within a colour, where a blank comes first. */
static void
put_coloured(Lines *c, Colour k, int64_t depth, const char *text)
{
	buf_printf(c->b, "\x1b[%dm ", k);
	put_tabs(c, depth);
	buf_printf(c->b, "%s\x1b[00m", text);
}

static void
put_heading(Lines *c, Colour k, int64_t depth, const char *text)
{
	put_coloured(c, k, depth, text);
	buf_byte(c->b, '\n');
}

static void
put_joined(Lines *c, const Msg *m, const char *field)
{
	for (size_t i = 0; i < msg_count(m, field); i++)
		buf_printf(c->b, "%s%s", i ? ", " : "", msg_string_at(m, field, i));
}

/* The inputs, and one more where there is one. */
static void
put_inputs(Lines *c, const Msg *layer, const char *more)
{
	buf_printf(c->b, "\x1b[%dm (", LIGHT_PURPLE);
	put_joined(c, layer, "input");
	if (*more)
		buf_printf(c->b, "%s%s", msg_count(layer, "input") ? ", " : "", more);
	buf_puts(c->b, ")\x1b[00m\n");
}

/* ---- constants: their shape, and their values if they are few ---- */

enum { FEW = 4 };

static double
put_shape(Lines *c, const Msg *m, bool five)
{
	size_t n = msg_count(m, "shape");
	double size = 1;

	buf_puts(c->b, five ? "(1, 1" : "(");
	for (size_t i = 0; i < n; i++) {
		uint64_t d = (uint64_t)msg_int_at(m, "shape", i);
		buf_printf(c->b, "%s%llu", i || five ? ", " : "", (unsigned long long)d);
		size *= (double)d;
	}
	buf_puts(c->b, n == 1 && !five ? ",)" : ")");
	return size;
}

static void
put_value(Lines *c, const Msg *weights)
{
	Buf b = {0};
	const char *s;

	for (size_t i = 0; i < msg_count(weights, "floatValue"); i++) {
		double v = msg_float_at(weights, "floatValue", i);
		buf_puts(&b, i ? "," : "");
		buf_printf(&b, v != v ? " nan" : "% .1f", v);
	}
	for (s = b.at; *s == ' ';)
		s++;
	buf_puts(c->b, ", ");
	put_coloured(c, LIGHT_PURPLE, 0, "value = ");
	buf_printf(c->b, "[%s]", s);
	buf_free(&b);
}

static void
put_constant(Lines *c, const Msg *m, bool five)
{
	const Msg *weights = msg_get(m, "data");
	double size;

	put_coloured(c, LIGHT_PURPLE, 0, "(shape = ");
	size = put_shape(c, m, five);
	if (size < FEW && msg_count(weights, "floatValue"))
		put_value(c, weights);
	put_heading(c, LIGHT_PURPLE, 0, ")");
}

/* ---- layers ---- */

static bool
put_condition(Lines *c, const Msg *net, int64_t depth)
{
	if (!msg_count(net, "layers"))
		return true;
	put_heading(c, PURPLE, depth, "Condition Network: ");
	return put_network(c, net, depth);
}

static bool
put_loop(Lines *c, const Msg *layer, int64_t depth)
{
	const Msg *loop = msg_get(layer, "loop"), *condition = msg_get(loop, "conditionNetwork");

	if (!put_condition(c, condition, depth))
		return false;
	put_coloured(c, RED, depth, "loop");
	put_inputs(c, layer, msg_get_string(loop, "conditionVar"));
	return put_network(c, msg_get(loop, "bodyNetwork"), depth + 1) &&
	       put_condition(c, condition, depth + 1);
}

static bool
put_branch(Lines *c, const Msg *layer, int64_t depth)
{
	const Msg *branch = msg_get(layer, "branch"), *other = msg_get(branch, "elseBranch");

	put_coloured(c, RED, depth, "branch");
	put_inputs(c, layer, "");
	put_heading(c, RED, depth, "IfBranch:");
	if (!put_network(c, msg_get(branch, "ifBranch"), depth + 1) || !msg_count(other, "layers"))
		return msg_count(other, "layers") == 0;
	put_heading(c, RED, depth, "ElseBranch:");
	return put_network(c, other, depth + 1);
}

static bool
put_layer(Lines *c, const Msg *layer, int64_t depth)
{
	const char *kind = msg_case(layer, "convolution");

	if (!kind)
		kind = "None";
	if (!strcmp(kind, "loop"))
		return put_loop(c, layer, depth);
	if (!strcmp(kind, "branch"))
		return put_branch(c, layer, depth);
	if (!strcmp(kind, "loopBreak") || !strcmp(kind, "loopContinue")) {
		put_heading(c, RED, depth, kind);
		return true;
	}
	put_tabs(c, depth);
	put_joined(c, layer, "output");
	buf_puts(c->b, " =");
	put_coloured(c, RED, 0, kind);
	if (!strncmp(kind, "loadConstant", 12))
		put_constant(c, msg_get(layer, kind), !kind[12]);
	else
		put_inputs(c, layer, "");
	return true;
}

static bool
put_network(Lines *c, const Msg *net, int64_t depth)
{
	if (interp_deep(c->in, c->at))
		return false;
	for (size_t i = 0; i < msg_count(net, "layers"); i++)
		if (!interp_item(c->in) || !put_layer(c, msg_at(net, "layers", i), depth))
			return false;
	return true;
}

static void
put_list(Lines *c, Value names)
{
	for (uint32_t i = 0; i < SEQ_OF(names)->n; i++) {
		buf_puts(c->b, i ? ", " : "");
		value_str(c->in, SEQ_OF(names)->at[i], c->b);
	}
}

bool
put_code(Interp *in, Buf *b, const Msg *net, int64_t depth, Value inputs, Value outputs, Span at)
{
	Lines c = {in, b, at};

	if (SEQ_OF(inputs)->n) {
		buf_puts(b, "def model(");
		put_list(&c, inputs);
		buf_puts(b, "):\n");
		depth++;
	}
	if (!put_network(&c, net, depth))
		return false;
	if (SEQ_OF(outputs)->n) {
		buf_printf(b, "\x1b[%dm \n", RED);
		put_tabs(&c, depth);
		buf_puts(b, "return \x1b[00m");
		put_list(&c, outputs);
		buf_byte(b, '\n');
	}
	return true;
}

static bool
names_arg(Interp *in, Value v, Value *list, Span at)
{
	*list = vlist(in, NULL, 0);
	return !given(v) || value_to_list(in, v, list, at);
}

enum { MAX_DEPTH = 1000 };

NATIVE_EXTERN(network_code)
{
	Value v = args->v[0], inputs, outputs;
	int64_t depth = 0;
	Buf b = {0};
	bool ok;

	*out = VNONE;
	if (!is_message(v) ||
	    !protobuf_c_message_descriptor_get_field_by_name(message_of(v)->descriptor, "layers"))
		return v.kind != V_POISON &&
		       fail(in, args->span, "expected a network, found '%s'", type_name(v));
	if ((args->v[1].kind != V_UNSET &&
	     !as_int(in, args->v[1], &depth, "indentation", args->span)) ||
	    !names_arg(in, args->v[2], &inputs, args->span) ||
	    !names_arg(in, args->v[3], &outputs, args->span))
		return false;
	ok = put_code(in, &b, message_of(v), MIN(depth, MAX_DEPTH), inputs, outputs, args->span);
	if (ok && b.n)
		interp_print(in, b.at, b.n);
	buf_free(&b);
	return ok;
}
