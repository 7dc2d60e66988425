/* print.c: a program as Apple's compiler prints it: one operation per line, arguments and
 * parameters in byte order of their names. Nested blocks, for which no print of Apple's is known,
 * stand between the attributes and the semicolon, separated by commas.
 */
#include <stdlib.h>

#include "ir.h"

typedef struct Printer {
	const PrintOptions *o;
	Buf *out;
	bool bare; /* dialect 1.3: rank-0 types without tensor<> */
} Printer;

enum { BARE_FROM = 9 };

static void print_ops(Printer *p, const Block *b, int depth);

static void
indent(Printer *p, int columns)
{
	buf_printf(p->out, "%*s", columns, "");
}

/* A byte of the names that stand in text as they are. */
static bool
is_plain(unsigned char c, bool first)
{
	return ((c | 32u) >= 'a' && (c | 32u) <= 'z') || c == '_' || c >= 0x80 ||
	       (!first && ((c >= '0' && c <= '9') || (c && strchr(".$:@", c))));
}

/* Any other name, which a file may have, in quotes. */
static void
put_word(Buf *out, const char *s, size_t n)
{
	bool plain = n > 0;

	for (size_t i = 0; i < n && plain; i++)
		plain = is_plain((unsigned char)s[i], i == 0);
	if (plain)
		buf_put(out, s, n);
	else
		string_print(out, s, n);
}

static void
put_name(Printer *p, const Var *v)
{
	if (v->name)
		put_word(p->out, v->name->s, v->name->len);
	else
		buf_printf(p->out, "_%u", (unsigned)v->id);
}

static void
put_typed(Printer *p, const Var *v)
{
	type_put_mil(p->out, v->type, p->bare);
	buf_byte(p->out, ' ');
	put_name(p, v);
}

static void
put_text(Printer *p, const char *s)
{
	buf_puts(p->out, p->bare ? "string(" : "tensor<string, []>(");
	string_print(p->out, s, strlen(s));
	buf_byte(p->out, ')');
}

static void
put_value(Printer *p, const Var *v)
{
	const char *path = NULL;
	uint64_t at = p->o->offset ? p->o->offset(p->o->ctx, v, &path) : 0;

	if (at == 0) {
		value_print(p->out, v->type, v->val, p->bare);
		return;
	}
	type_put_mil(p->out, v->type, p->bare);
	buf_puts(p->out, "(BLOBFILE(path = ");
	put_text(p, path);
	buf_printf(p->out, ", offset = %s(%llu)))", p->bare ? "uint64" : "tensor<uint64, []>",
	           (unsigned long long)at);
}

/* ---- which constants are written where they are used ---- */

static bool
is_inline(const Printer *p, const Var *v)
{
	return var_is_const(v) && v->val &&
	       (!v->name || (p->o->as_read && v->in_place) || v->type->kind == TY_LIST);
}

/* All that use it hold it themselves. */
static bool
is_held(const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (!use_is_held(u))
			return false;
	return v->uses != NULL;
}

static bool
is_hidden(const Printer *p, const Inst *i)
{
	return inst_is(i, OP_const) &&
	       (is_inline(p, i->out[0]) || (p->o->as_read && i->out[0]->unsaid) ||
	        is_held(i->out[0]));
}

/* ---- operations ---- */

static void
put_binding(Printer *p, const Var *v, bool holds)
{
	if (is_inline(p, v) || (holds && var_is_const(v)))
		put_value(p, v);
	else
		put_name(p, v);
}

/* The columns that are there, by name: operands, or what the file keeps as attributes. */
static uint32_t
sorted_args(const Printer *p, const Inst *i, bool attributes, uint8_t *column)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->op->nparam; k++) {
		uint32_t at = n;
		if (i->arg[k].n == 0 || inst_attribute(i, k) != attributes ||
		    (p->o->as_read && i->arg[k].u[0]->var->unsaid))
			continue;
		while (at > 0 &&
		       strcmp(i->op->param[column[at - 1]].name, i->op->param[k].name) > 0) {
			column[at] = column[at - 1];
			at--;
		}
		column[at] = (uint8_t)k;
		n++;
	}
	return n;
}

static void
put_arg(Printer *p, const Inst *i, uint32_t k)
{
	const Arg *a = &i->arg[k];

	put_word(p->out, i->op->param[k].name, strlen(i->op->param[k].name));
	buf_puts(p->out, " = ");
	if (a->n > 1)
		buf_byte(p->out, '(');
	for (uint32_t j = 0; j < a->n; j++) {
		buf_puts(p->out, j ? ", " : "");
		put_binding(p, a->u[j]->var, use_is_held(a->u[j]));
	}
	if (a->n > 1)
		buf_byte(p->out, ')');
}

static bool
is_named(const Printer *p, const Inst *i)
{
	return i->name && !(p->o->as_read && i->unnamed);
}

/* Between brackets: the name, and what else the file keeps as attributes, by name. */
static void
put_attrs(Printer *p, const Inst *i)
{
	uint8_t column[MAX_PARAMS];
	uint32_t n = sorted_args(p, i, true, column), k = 0;
	bool is_const = inst_is(i, OP_const);
	bool named = is_named(p, i);
	const char *between = "";

	if (!n && !named && !is_const)
		return;
	buf_byte(p->out, '[');
	for (; k < n && strcmp(i->op->param[column[k]].name, "name") < 0; k++) {
		buf_puts(p->out, between);
		put_arg(p, i, column[k]);
		between = ", ";
	}
	if (named) {
		buf_printf(p->out, "%sname = ", between);
		put_text(p, i->name->s);
		between = ", ";
	}
	for (; k < n; k++) {
		buf_puts(p->out, between);
		put_arg(p, i, column[k]);
		between = ", ";
	}
	if (is_const) {
		buf_printf(p->out, "%sval = ", between);
		put_value(p, i->out[0]);
	}
	buf_byte(p->out, ']');
}

static void
put_args(Printer *p, const Inst *i)
{
	uint8_t column[MAX_PARAMS];
	uint32_t n = sorted_args(p, i, false, column);

	for (uint32_t k = 0; k < n; k++) {
		buf_puts(p->out, k ? ", " : "");
		put_arg(p, i, column[k]);
	}
}

static void
put_outputs(Printer *p, const Block *b)
{
	buf_puts(p->out, "} -> (");
	for (uint32_t k = 0; k < b->nout; k++) {
		buf_puts(p->out, k ? ", " : "");
		put_name(p, b->out[k]->var);
	}
	buf_byte(p->out, ')');
}

static void
print_nested(Printer *p, const Block *b, int depth)
{
	buf_byte(p->out, '(');
	for (uint32_t k = 0; k < b->nparam; k++) {
		buf_puts(p->out, k ? ", " : "");
		put_typed(p, b->param[k]);
	}
	buf_puts(p->out, ") {\n");
	print_ops(p, b, depth + 8);
	indent(p, depth + 4);
	put_outputs(p, b);
}

static void
print_op(Printer *p, const Inst *i, int depth)
{
	indent(p, depth);
	for (uint32_t k = 0; k < i->nout; k++) {
		buf_puts(p->out, k ? ", " : "");
		put_typed(p, i->out[k]);
	}
	buf_puts(p->out, i->nout ? " = " : "");
	put_word(p->out, i->op->name, strlen(i->op->name));
	buf_byte(p->out, '(');
	put_args(p, i);
	buf_byte(p->out, ')');
	put_attrs(p, i);
	for (uint32_t k = 0; k < i->nblock; k++) {
		buf_puts(p->out, k ? ", " : " ");
		print_nested(p, i->block[k], depth);
	}
	buf_puts(p->out, ";\n");
}

/* One of the two operations that an update of a state is in files. */
static void
put_state_part(Printer *p, const Inst *i, const char *suffix)
{
	Buf name = {0};

	buf_puts(p->out, "input = ");
	put_name(p, inst_arg(i, "state"));
	buf_byte(p->out, ')');
	if (i->name && !(p->o->as_read && i->unnamed)) {
		buf_printf(&name, "%s%s", i->name->s, suffix);
		buf_puts(p->out, "[name = ");
		put_text(p, name.at);
		buf_byte(p->out, ']');
		buf_free(&name);
	}
	buf_puts(p->out, ";\n");
}

/* A write and, where the result is used, a read. */
static void
print_state_update(Printer *p, const Inst *i, int depth)
{
	indent(p, depth);
	buf_puts(p->out, "write_state(data = ");
	put_binding(p, inst_arg(i, "value"), false);
	buf_puts(p->out, ", ");
	put_state_part(p, i, "_write_state");
	if (!i->out[0]->uses)
		return;
	indent(p, depth);
	put_typed(p, i->out[0]);
	buf_puts(p->out, " = read_state(");
	put_state_part(p, i, "");
}

static void
print_ops(Printer *p, const Block *b, int depth)
{
	for (const Inst *i = b->first; i; i = i->next) {
		if (is_hidden(p, i))
			continue;
		if (inst_is(i, OP_coreml_update_state))
			print_state_update(p, i, depth);
		else
			print_op(p, i, depth);
	}
}

/* ---- functions ---- */

static int
by_str(const Str *x, const Str *y)
{
	if (!x || !y)
		return (x != NULL) - (y != NULL);
	int c = memcmp(x->s, y->s, MIN(x->len, y->len));
	return c ? c : (x->len > y->len) - (x->len < y->len);
}

static int
by_var_name(const void *a, const void *b)
{
	return by_str((*(Var *const *)a)->name, (*(Var *const *)b)->name);
}

static int
by_func_name(const void *a, const void *b)
{
	return by_str((*(Func *const *)a)->name, (*(Func *const *)b)->name);
}

static void
print_params(Printer *p, const Block *b)
{
	Var **v = xcalloc(b->nparam, sizeof *v);

	for (uint32_t k = 0; k < b->nparam; k++)
		v[k] = b->param[k];
	qsort(v, b->nparam, sizeof *v, by_var_name);
	for (uint32_t k = 0; k < b->nparam; k++) {
		buf_puts(p->out, k ? ", " : "");
		put_typed(p, v[k]);
	}
	xfree(v);
}

static void
print_func(Printer *p, const Func *f)
{
	Opset opset = p->o->opset ? p->o->opset : f->opset;

	buf_puts(p->out, "    func ");
	put_word(p->out, f->name->s, f->name->len);
	if (opset != OPSET_NONE)
		buf_printf(p->out, "<%s>", opset_mil_tag(opset));
	buf_byte(p->out, '(');
	print_params(p, f->body);
	buf_byte(p->out, ')');
	if (p->o->func_attrs) {
		Buf attrs = {0};
		p->o->func_attrs(p->o->ctx, f, &attrs);
		if (attrs.n)
			buf_printf(p->out, " [%s]", attrs.at);
		buf_free(&attrs);
	}
	buf_puts(p->out, " {\n");
	print_ops(p, f->body, 12);
	indent(p, 8);
	put_outputs(p, f->body);
	buf_puts(p->out, ";\n");
}

void
program_print(const Program *prog, const PrintOptions *o, Buf *out)
{
	Printer p = {o, out, o->spec_version >= BARE_FROM};
	Func **f = xcalloc(prog->funcs.n, sizeof *f);

	buf_puts(out, p.bare ? "program(1.3)\n" : "program(1.0)\n");
	if (o->attrs)
		buf_printf(out, "[%s]\n", o->attrs);
	buf_puts(out, "{\n");
	for (uint32_t k = 0; k < prog->funcs.n; k++)
		f[k] = prog->funcs.at[k];
	qsort(f, prog->funcs.n, sizeof *f, by_func_name);
	for (uint32_t k = 0; k < prog->funcs.n; k++)
		print_func(&p, f[k]);
	buf_byte(out, '}');
	xfree(f);
}
