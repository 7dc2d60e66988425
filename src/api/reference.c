/* reference.c: milc_ops and milc_passes: the tables as text and JSON. */
#include "api.h"
#include "file/json.h"
#include "table/op.h"
#include "pass/pass.h"

#include <protobuf-c/protobuf-c.h>
#include <stdio.h>
#include <xxhash.h>
#include <zlib.h>

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
	if (d == op_oldest(d->code) && op_what(d->code))
		buf_printf(b, "    %s\n", op_what(d->code));
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
param_json(const Param *p)
{
	json_t *o = json_new_object(), *types = json_new_list();

	for (int t = 1; p->mask != M_ANY && t < DT_COUNT; t++)
		if (p->mask & 1u << t)
			json_item(types, json_words(dtype_info[t].mil));
	json_member(o, "name", json_words(p->name));
	json_member(o, "kind", json_words(kind_name[p->kind]));
	json_member(o, "const", json_boolean(p->constant));
	json_member(o, "optional", json_boolean(p->optional));
	json_member(o, "dtypes", types);
	json_member(o, "group", json_words(p->group ? (char[]){p->group, 0} : NULL));
	json_member(o, "default", json_words(p->dflt));
	return o;
}

static json_t *
op_json(const OpDef *d)
{
	json_t *o = json_new_object(), *params = json_new_list();

	for (uint32_t i = 0; i < d->nparam; i++)
		json_item(params, param_json(&d->param[i]));
	json_member(o, "name", json_words(d->name));
	json_member(o, "family", json_words(d->family));
	json_member(o, "description", json_words(op_what(d->code)));
	json_member(o, "since", json_words(opset_name(d->since)));
	json_member(o, "folds", json_boolean(d->flags & FOLD));
	json_member(o, "evaluator", json_boolean(runs(d)));
	json_member(o, "parameters", params);
	return o;
}

static bool
shown(const OpDef *d, const char *name)
{
	if (name)
		return strcmp(d->name, name) == 0;
	return !(d->flags & DIALECT) && d->name[0] != '_';
}

typedef struct Wanted {
	const char *name;
	bool json;
} Wanted;

static void
put_rows(Buf *b, const Wanted *w)
{
	size_t n;
	const OpDef *rows = op_rows(&n);

	for (size_t i = 0; i < n; i++)
		if (shown(&rows[i], w->name))
			op_text(b, &rows[i]);
}

static void
put_rows_json(Buf *b, const Wanted *w)
{
	size_t n;
	const OpDef *rows = op_rows(&n);
	json_t *all = json_new_list();

	for (size_t i = 0; i < n; i++)
		if (shown(&rows[i], w->name))
			json_item(all, op_json(&rows[i]));
	json_put(b, all, JSON_INDENT(1));
	buf_byte(b, '\n');
	json_drop(all);
}

static int
ops(milc *m, void *ctx)
{
	const Wanted *w = ctx;
	Buf b = {0};

	if (w->name && op_find(w->name, strlen(w->name)) == OP_none) {
		const char *near = op_nearest(w->name);
		api_say(m,
		        near ? "there is no op '%.60s'; did you mean '%s'?"
		             : "there is no op '%.60s'",
		        w->name, near);
		return MILC_WRONG_INPUT;
	}
	if (w->json)
		put_rows_json(&b, w);
	else
		put_rows(&b, w);
	api_give(m, &b);
	return MILC_OK;
}

int
milc_ops(milc *m, const char *name, int json)
{
	return api_enter(m, ops, &(Wanted){name, json != 0});
}

static void
put_pass(Buf *b, const char *number, const PassInfo *p)
{
	buf_printf(b, "%4s  %s::%-48s %s\n", number, p->space, p->name, p->what);
}

static void
put_pipeline(Buf *b, const char *title, const Pipeline *pl)
{
	char number[16];

	buf_printf(b, "%s:\n", title);
	for (uint32_t i = 0; i < pl->pass.n; i++) {
		snprintf(number, sizeof number, "%u", (unsigned)i + 1);
		put_pass(b, number, pl->pass.at[i]);
	}
}

static bool
is_in(const Pipeline *pl, uint32_t n, const PassInfo *p)
{
	for (; n > 0; n--, pl++)
		for (uint32_t i = 0; i < pl->pass.n; i++)
			if (pl->pass.at[i] == p)
				return true;
	return false;
}

static int
passes(milc *m, void *ctx)
{
	static const ConvertOptions form[] = {{.format = FORMAT_MLPROGRAM},
	                                      {.format = FORMAT_NEURALNETWORK}};
	static const char *const title[] = {"mlprogram", "neuralnetwork",
	                                    "ane (--passes=ane, milc rewrite --ane)"};
	Pipeline pl[countof(title)];
	Arena a = {0};
	Diag d;
	Buf b = {0};
	size_t n;
	const PassInfo *row = pass_table(&n);

	(void)ctx;
	diag_init(&d, &a);
	for (size_t i = 0; i < countof(form); i++)
		pipeline_default(&pl[i], &a, &form[i]);
	pipeline_parse(&pl[countof(form)], &a, &d, "ane", &form[0]);
	for (size_t i = 0; i < countof(title); i++)
		put_pipeline(&b, title[i], &pl[i]);
	buf_puts(&b, "in none of these (--passes=+NAME adds one):\n");
	for (size_t i = 0; i < n; i++)
		if (!is_in(pl, countof(title), &row[i]))
			put_pass(&b, "", &row[i]);
	api_give(m, &b);
	arena_free(&a);
	return MILC_OK;
}

int
milc_passes(milc *m)
{
	return api_enter(m, passes, NULL);
}

int
milc_version_number(void)
{
	return MILC_VERSION_NUMBER;
}

const char *
milc_version(void)
{
	return MILC_VERSION;
}

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

const char *
milc_libraries(void)
{
	return "protobuf-c " PROTOBUF_C_VERSION ", jansson " JANSSON_VERSION ", zlib " ZLIB_VERSION
	       ", xxHash " TEXT(XXH_VERSION_MAJOR) "." TEXT(XXH_VERSION_MINOR) "." TEXT(
	           XXH_VERSION_RELEASE);
}
