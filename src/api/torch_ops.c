/* torch_ops.c: milc_torch_ops: the operations of PyTorch and what becomes of them. */
#include "api.h"
#include "aten/aten.h"
#include "file/json.h"

static const char *
front_name(uint8_t fronts)
{
	return fronts == BOTH ? "both" : fronts == SCRIPTED ? "TorchScript" : "torch.export";
}

static void
put_row(Buf *b, const AtenRow *r)
{
	buf_printf(b, "%s\n    becomes  %s\n", r->key, *r->becomes ? r->becomes : "nothing");
	if (r->fronts != BOTH)
		buf_printf(b, "    known    in %s files alone\n", front_name(r->fronts));
	if (*r->text[0])
		buf_printf(b, "    note     %s\n", r->text[0]);
	for (const char *const *s = r->text + 1; *s; s++)
		buf_printf(b, "    %s\n", *s);
}

static json_t *
row_json(const AtenRow *r)
{
	json_t *signatures = json_array();

	for (const char *const *s = r->text + 1; *s; s++)
		json_array_append_new(signatures, json_string(*s));
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "key", r->key, "becomes", r->becomes, "files",
	                 front_name(r->fronts), "note", r->text[0], "signatures", signatures);
}

typedef struct Wanted {
	const char *key;
	bool json;
} Wanted;

/* "aten::conv2d.default" is "conv2d". */
static const AtenRow *
wanted_row(Arena *a, const char *name, const char **near)
{
	const AtenRow *row = aten_find(aten_index(a), torch_key(a, name));
	const AtenRow *rows;
	const char **keys;
	size_t n;

	if (row)
		return row;
	rows = aten_rows(&n);
	keys = newn(a, const char *, n);
	for (size_t i = 0; i < n; i++)
		keys[i] = rows[i].key;
	*near = nearest(torch_key(a, name), keys, n);
	return NULL;
}

static void
put_all(Buf *b, const AtenRow *rows, size_t n, bool json)
{
	json_t *all;

	for (size_t i = 0; i < n && !json; i++)
		put_row(b, &rows[i]);
	if (!json)
		return;
	all = json_held(json_array());
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(all, row_json(&rows[i])) < 0)
			milc_nomem();
	json_put(b, all, JSON_INDENT(1));
	buf_byte(b, '\n');
	json_drop(all);
}

static int
torch_ops(milc *m, void *ctx)
{
	const Wanted *w = ctx;
	const char *near = NULL;
	Arena a = {0};
	Buf b = {0};
	size_t n;
	const AtenRow *rows = aten_rows(&n);

	if (w->key) {
		rows = wanted_row(&a, w->key, &near);
		n = 1;
	}
	if (rows)
		put_all(&b, rows, n, w->json);
	else
		api_say(
		    m,
		    near ? "the operation '%.60s' of PyTorch is not converted; did you mean '%s'?"
		         : "the operation '%.60s' of PyTorch is not converted",
		    w->key, near);
	arena_free(&a);
	if (!rows)
		return MILC_WRONG_INPUT;
	api_give(m, &b);
	return MILC_OK;
}

int
milc_torch_ops(milc *m, const char *key, int json)
{
	return api_enter(m, torch_ops, &(Wanted){key, json != 0});
}
