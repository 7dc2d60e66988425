/* script.c: a point of a grid as a script:
 *
 *	# conv: C=32 k=13 dtype=fp16
 *	import …
 *
 *	C, k = 32, 13
 *	real = np.float16
 *
 *
 *	@mb.program(
 *	    input_specs=[
 *	        mb.TensorSpec((1, C, H, W), dtype=types.fp16),
 *	    ],
 *	    opset_version=ct.target.iOS17,
 *	)
 *	def prog(x):
 *	    return mb.conv(…, name="conv")
 *
 *
 *	model = ct.convert(prog, …)
 *	model.save("conv_k13.mlpackage")
 *
 * Types stay as they are written: converting with single precision adds no casts. The variable
 * dtype is that of inputs without a type of their own; `real` is NumPy's name for it.
 */
#include "probe.h"

#include <ctype.h>

static const char *
value_of(const ProbePoint *p, const char *name)
{
	for (uint32_t i = 0; i < p->grid->n; i++)
		if (strcmp(p->grid->axis[i].name, name) == 0)
			return p->value[i];
	return "fp16";
}

static void
put_value(Buf *b, const char *v)
{
	bool word = isalpha((unsigned char)*v) && strcmp(v, "True") && strcmp(v, "False") &&
	            strcmp(v, "None");

	buf_printf(b, word ? "\"%s\"" : "%s", v);
}

/* "C, k = 32, 13" */
static void
put_variables(Buf *b, const ProbePoint *p)
{
	const Grid *g = p->grid;
	Buf names = {0}, values = {0};

	for (uint32_t i = 0; i < g->n; i++) {
		if (strcmp(g->axis[i].name, "dtype") == 0)
			continue;
		buf_printf(&names, "%s%s", names.n ? ", " : "", g->axis[i].name);
		if (values.n)
			buf_puts(&values, ", ");
		put_value(&values, p->value[i]);
	}
	if (names.n)
		buf_printf(b, "%s = %s\n", names.at, values.at);
	if (strstr(g->probe->text, "real"))
		buf_printf(b, "real = np.float%s\n",
		           strcmp(value_of(p, "dtype"), "fp32") ? "16" : "32");
	buf_free(&names);
	buf_free(&values);
}

/* "x: 1, C, H, W" as a specification; "i: N:int32" with a type of its own, "s: 1, C:state". */
static void
put_input(Buf *b, const char *s, size_t n, const char *dtype)
{
	const char *colon = memchr(s, ':', n), *shape = colon + 1 + strspn(colon + 1, " ");
	const char *end = s + n, *kind = memchr(shape, ':', (size_t)(end - shape));
	int len = (int)((kind ? kind : end) - shape);
	bool state = kind && strncmp(kind, ":state", 6) == 0;

	buf_printf(b, "mb.%sTensorSpec((%.*s%s), dtype=types.", state ? "State" : "", len, shape,
	           memchr(shape, ',', (size_t)len) ? "" : ",");
	if (kind && !state)
		buf_put(b, kind + 1, (size_t)(end - kind - 1));
	else
		buf_puts(b, dtype);
	buf_byte(b, ')');
}

/* The texts of rows have single quotes. */
static void
put_python(Buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_byte(b, s[i] == '\'' ? '"' : s[i]);
}

static void
put_program(Buf *b, const ProbePoint *p)
{
	const ProbeRow *row = p->grid->probe;
	Buf names = {0};

	buf_puts(b, "@mb.program(\n    input_specs=[\n");
	for (const char *s = row->inputs; *s;) {
		size_t n = strcspn(s, ";");
		buf_puts(b, "        ");
		put_input(b, s, n, value_of(p, "dtype"));
		buf_puts(b, ",\n");
		buf_printf(&names, "%s%.*s", names.n ? ", " : "", (int)strcspn(s, ":"), s);
		s += n;
		s += strspn(s, "; ");
	}
	buf_printf(b, "    ],\n    opset_version=ct.target.%s,\n)\ndef prog(%s):\n", row->opset,
	           names.at);
	buf_free(&names);
	if (!row->lines) {
		buf_printf(b, "    return mb.%s(", row->op);
		put_python(b, row->text, strlen(row->text));
		buf_printf(b, ", name=\"%s\")\n", row->op);
		return;
	}
	for (const char *s = row->text; *s; s += *s == '\n') {
		size_t n = strcspn(s, "\n");
		buf_puts(b, n ? "    " : "");
		put_python(b, s, n);
		buf_byte(b, '\n');
		s += n;
	}
}

void
point_script(Buf *b, const ProbePoint *p, const char *name)
{
	const ProbeRow *row = p->grid->probe;

	buf_printf(b, "# %s: ", row->op);
	point_values(b, p);
	buf_puts(b, "\nimport coremltools as ct\nimport numpy as np\n"
	            "from coremltools.converters.mil import Builder as mb\n"
	            "from coremltools.converters.mil.mil import types\n\n");
	put_variables(b, p);
	buf_puts(b, "\n\n");
	put_program(b, p);
	buf_printf(b,
	           "\n\nmodel = ct.convert(\n"
	           "    prog,\n"
	           "    minimum_deployment_target=ct.target.%s,\n"
	           "    compute_precision=ct.precision.FLOAT32,\n"
	           ")\nmodel.save(\"%s.mlpackage\")\n",
	           row->opset, name);
}
