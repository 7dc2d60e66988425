/* reference.c: milc_ops and milc_passes: the tables as text and JSON. */
#include "milc.h"
#include "ops/op.h"
#include "pass/pass.h"

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zlib.h>

static void
out(const milc_common *c, const Buf *b)
{
	if (c->print)
		c->print(c->print_ctx, b->at ? b->at : "", b->n);
	else
		fwrite(b->at, 1, b->n, stdout);
}

/* "fp16|fp32"; groups as "T={fp16|fp32}". */
static void
put_mask(Buf *b, const Param *p)
{
	bool first = true;

	if (p->mask == M_ANY || p->mask == 0) {
		buf_puts(b, p->mask ? "any" : "");
		return;
	}
	if (p->group)
		buf_printf(b, "%c={", p->group);
	for (int t = 1; t < DT_COUNT; t++)
		if (p->mask & 1u << t) {
			buf_printf(b, "%s%s", first ? "" : "|", dtype_info[t].mil);
			first = false;
		}
	if (p->group)
		buf_byte(b, '}');
}

static const char *const kind_name[] = {"tensor", "tuple", "list", "state", "function", "internal"};

static bool
runs(const OpDef *d)
{
	return d->eval || d->flags & WALK;
}

static void
op_text(Buf *b, const OpDef *d)
{
	buf_printf(b, "%s  (%s, since %s%s%s)\n", d->name, d->family, opset_name(d->since),
	           d->flags & FOLD ? ", folds" : "", runs(d) ? "" : ", no evaluator yet");
	for (uint32_t i = 0; i < d->nparam; i++) {
		const Param *p = &d->param[i];
		if (p->kind == P_INTERNAL)
			continue;
		buf_printf(b, "    %-24s %s%s%s ", p->name, p->constant ? "const " : "",
		           p->optional ? "optional " : "", kind_name[p->kind]);
		put_mask(b, p);
		if (p->dflt)
			buf_printf(b, " = %s", p->dflt);
		buf_byte(b, '\n');
	}
}

static json_t *
op_json(const OpDef *d)
{
	json_t *params = json_array();

	for (uint32_t i = 0; i < d->nparam; i++) {
		const Param *p = &d->param[i];
		json_t *types = json_array();
		for (int t = 1; p->mask != M_ANY && t < DT_COUNT; t++)
			if (p->mask & 1u << t)
				json_array_append_new(types, json_string(dtype_info[t].mil));
		json_array_append_new(params, json_pack("{s:s, s:s, s:b, s:b, s:o, s:s?, s:s?}",
		                                        "name", p->name, "kind", kind_name[p->kind],
		                                        "const", (int)p->constant, "optional",
		                                        (int)p->optional, "dtypes", types, "group",
		                                        p->group ? (char[]){p->group, 0} : NULL,
		                                        "default", p->dflt));
	}
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:o}", "name", d->name, "family", d->family,
	                 "since", opset_name(d->since), "folds", (int)(d->flags & FOLD),
	                 "evaluator", (int)runs(d), "parameters", params);
}

static bool
shown(const OpDef *d, const char *name)
{
	if (name)
		return strcmp(d->name, name) == 0;
	return !(d->flags & DIALECT) && d->name[0] != '_';
}

static int
append(const char *s, size_t n, void *b)
{
	buf_put(b, s, n);
	return 0;
}

int
milc_ops(const char *name, bool json, const milc_common *c)
{
	json_t *all = json ? json_array() : NULL;
	const OpDef *rows, *d;
	Buf b = {0};
	size_t n;

	rows = op_rows(&n);
	if (name && op_find(name, strlen(name)) == OP_none) {
		const char *near = op_nearest(name);
		fprintf(stderr, near ? "milc: there is no op '%s'; did you mean '%s'?\n"
		                     : "milc: there is no op '%s'\n",
		        name, near);
		json_decref(all);
		return MILC_WRONG_INPUT;
	}
	for (size_t i = 0; i < n; i++) {
		d = &rows[i];
		if (!shown(d, name))
			continue;
		if (!json)
			op_text(&b, d);
		else if (json_array_append_new(all, op_json(d)) < 0)
			milc_nomem();
	}
	if (json) {
		if (json_dump_callback(all, append, &b, JSON_INDENT(1)) < 0)
			milc_nomem();
		buf_byte(&b, '\n');
		json_decref(all);
	}
	out(c, &b);
	buf_free(&b);
	return MILC_OK;
}

static void
list_pipeline(Buf *b, Arena *a, const char *title, const ConvertOptions *o)
{
	Pipeline pl = {0};

	pipeline_default(&pl, a, o);
	buf_printf(b, "%s:\n", title);
	for (uint32_t i = 0; i < pl.pass.n; i++)
		buf_printf(b, "%4u  %s::%-48s %s\n", i + 1, pl.pass.at[i]->space,
		           pl.pass.at[i]->name,
		           pass_is_written(pl.pass.at[i]) ? pl.pass.at[i]->what
		                                          : "(not yet supported: skipped)");
}

int
milc_passes(const milc_common *c)
{
	Arena a = {0};
	Buf b = {0};

	list_pipeline(&b, &a, "mlprogram", &(ConvertOptions){.format = FORMAT_MLPROGRAM});
	list_pipeline(&b, &a, "neuralnetwork", &(ConvertOptions){.format = FORMAT_NEURALNETWORK});
	out(c, &b);
	buf_free(&b);
	arena_free(&a);
	return MILC_OK;
}

const char *
milc_version(void)
{
	return MILC_VERSION;
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *
milc_libraries(void)
{
	return "protobuf-c " PROTOBUF_C_VERSION ", jansson " JANSSON_VERSION ", zlib " ZLIB_VERSION
	       ", xxHash " TEXT(XXH_VERSION_MAJOR) "." TEXT(
	           XXH_VERSION_MINOR) "." TEXT(XXH_VERSION_RELEASE);
}
