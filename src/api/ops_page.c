/* ops_page.c: milc_ops_page: the table of operations as a manual page in mdoc, milc-ops(7).
 *
 * A section for each family and a part for each operation that a script can call: what it gives,
 * the parameters of its oldest version, and for each later one those that differ.
 */
#include "api.h"
#include "table/op.h"

#include <ctype.h>

enum { WIDTH = 78 };

static const char head[] =
    ".Dd January 20, 2026\n"
    ".Dt MILC-OPS 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm milc-ops\n"
    ".Nd operations of Core ML programs\n"
    ".Sh DESCRIPTION\n"
    "In a script,\n"
    ".Li mb.NAME(...)\n"
    "adds an operation to the program;\n"
    ".Xr milc 5\n"
    "describes the language.\n"
    "The parameters below are given by name.\n"
    "Besides them each operation takes\n"
    ".Li name .\n"
    ".Pp\n"
    "A parameter takes the types that are listed.\n"
    "Parameters with the same capital letter in parentheses have the same type.\n"
    "A constant is known while the script runs: a number, a list, an array, or what\n"
    "was computed of such.\n"
    "A parameter with a default, and an optional one, may be left out.\n"
    "An operation that folds is computed while the script runs, if all that it needs\n"
    "is known then.\n"
    ".Pp\n"
    "The system after\n"
    ".Dq since\n"
    "is the oldest that knows the operation.\n"
    "Where a newer one brought another version, the parameters that differ follow.\n"
    ".Li opset_version\n"
    "of the program picks the version.\n"
    "Those of the complex dialect are taken apart into real ones before a model is\n"
    "written.\n";

static const char tail[] = ".Sh SEE ALSO\n"
                           ".Xr milc 1 ,\n"
                           ".Xr milc 5\n"
                           ".Pp\n"
                           ".Ql milc ops NAME\n"
                           "prints an operation, version by version.\n";

/* A line of text under way. */
typedef struct Line {
	Buf *b;
	size_t column;
} Line;

/* A word on the line, or on the next. A minus is one, and no hyphen. */
static void
put_word(Line *l, const char *word, size_t n)
{
	if (l->column && l->column + 1 + n > WIDTH) {
		buf_byte(l->b, '\n');
		l->column = 0;
	} else if (l->column) {
		buf_byte(l->b, ' ');
		l->column++;
	}
	for (size_t i = 0; i < n; i++) {
		if (word[i] == '-')
			buf_byte(l->b, '\\');
		buf_byte(l->b, word[i]);
	}
	l->column += n;
}

static void
put_text(Line *l, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " ");
		put_word(l, text, n);
		text += n + (text[n] == ' ');
	}
}

static void
end_line(Line *l)
{
	buf_byte(l->b, '\n');
	l->column = 0;
}

/* "fp16, fp32 or int32" */
static void
list_types(Buf *b, uint32_t mask)
{
	int left = 0;

	for (int t = 1; t < DT_COUNT; t++)
		left += mask >> t & 1;
	for (int t = 1; t < DT_COUNT; t++)
		if (mask & 1u << t)
			buf_printf(b, "%s%s", dtype_info[t].mil,
			           --left > 1  ? ", "
			           : left == 1 ? " or "
			                       : "");
}

/* Whether another parameter must have its type. */
static bool
shares_type(const OpDef *d, const Param *p)
{
	int n = 0;

	for (uint32_t i = 0; p->group && i < d->nparam; i++)
		n += d->param[i].group == p->group;
	return n > 1;
}

static void
describe(Buf *b, const OpDef *d, const Param *p)
{
	static const char *const kind[] = {"", "tuple", "list", "state", "function", "any value"};

	if (p->kind != P_TENSOR)
		buf_puts(b, kind[p->kind]);
	else if (p->mask == M_ANY)
		buf_puts(b, "any type");
	else
		list_types(b, p->mask);
	if (shares_type(d, p))
		buf_printf(b, " (%c)", p->group);
	if (p->constant)
		buf_puts(b, "; constant");
	if (p->dflt)
		buf_printf(b, "; default %s", p->dflt);
	else if (p->optional)
		buf_puts(b, "; optional");
}

/* p: the parameter of d that is described behind `what`, or 0. */
static void
put_item(Buf *b, bool *begun, const char *name, const char *what, const OpDef *d, const Param *p)
{
	Buf text = {0};
	Line l = {b, 0};

	if (!*begun)
		buf_puts(b, ".Bl -tag -width 16n -compact\n");
	*begun = true;
	buf_puts(&text, what);
	if (p)
		describe(&text, d, p);
	buf_byte(&text, 0);
	buf_printf(b, ".It Li %s\n", name);
	put_text(&l, text.at);
	end_line(&l);
	buf_free(&text);
}

/* Some are for passes and files alone. */
static bool
is_given(const Param *p)
{
	return p->kind != P_INTERNAL || strcmp(p->name, "val") == 0;
}

static bool
same_param(const Param *a, const Param *b)
{
	return a->kind == b->kind && a->constant == b->constant && a->optional == b->optional &&
	       a->group == b->group && a->mask == b->mask && !a->dflt == !b->dflt &&
	       (!a->dflt || strcmp(a->dflt, b->dflt) == 0);
}

static void
put_params(Buf *b, const OpDef *d)
{
	Buf text = {0};
	Line l = {b, 0};
	bool begun = false;

	buf_printf(b, ".Ss %s\n", d->name);
	if (op_what(d->code)) {
		buf_printf(&text, "Gives %s.%c", op_what(d->code), 0);
		put_text(&l, text.at);
		end_line(&l);
		buf_free(&text);
	}
	buf_printf(b, "Since %s%s.\n", opset_name(d->since), d->flags & FOLD ? "; folds" : "");
	for (uint32_t i = 0; i < d->nparam; i++)
		if (is_given(&d->param[i]))
			put_item(b, &begun, d->param[i].name, "", d, &d->param[i]);
	if (begun)
		buf_puts(b, ".El\n");
}

/* What is new in d, in the order of d, and then what is gone. */
static void
put_changes(Buf *b, const OpDef *old, const OpDef *d)
{
	bool begun = false;

	buf_printf(b, ".Pp\nFrom %s on:\n", opset_name(d->since));
	for (uint32_t i = 0; i < d->nparam; i++) {
		const Param *p = &d->param[i];
		int was = op_param(old, p->name);
		if (is_given(p) && (was < 0 || !same_param(&old->param[was], p)))
			put_item(b, &begun, p->name, was < 0 ? "new: " : "", d, p);
	}
	for (uint32_t i = 0; i < old->nparam; i++)
		if (is_given(&old->param[i]) && op_param(d, old->param[i].name) < 0)
			put_item(b, &begun, old->param[i].name, "no longer there", d, NULL);
	buf_puts(b, begun ? ".El\n" : "the same parameters.\n");
}

static void
put_family(Buf *b, const char *family)
{
	buf_puts(b, ".Sh ");
	for (; *family; family++)
		buf_byte(b, *family == '_' ? ' ' : toupper((unsigned char)*family));
	buf_byte(b, '\n');
}

static int
page(milc *m, void *ctx)
{
	size_t n;
	const OpDef *rows = op_rows(&n), *last = NULL;
	Buf b = {0};

	(void)ctx;
	buf_puts(&b, head);
	for (const OpDef *d = rows; d < rows + n; d++) {
		if (d->name[0] == '_' || strcmp(d->family, "frontend_dialect") == 0)
			continue;
		if (!last || strcmp(last->family, d->family) != 0)
			put_family(&b, d->family);
		if (last && last->code == d->code)
			put_changes(&b, last, d);
		else
			put_params(&b, d);
		last = d;
	}
	buf_puts(&b, tail);
	api_give(m, &b);
	return MILC_OK;
}

int
milc_ops_page(milc *m)
{
	return api_enter(m, page, NULL);
}
