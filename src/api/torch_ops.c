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
	buf_printf(b, "%s\n    becomes  %s\n", r->text.key,
	           *r->text.becomes ? r->text.becomes : "nothing");
	if (r->fronts != BOTH)
		buf_printf(b, "    known    in %s files alone\n", front_name(r->fronts));
	if (*r->text.notes)
		buf_printf(b, "    note     %s\n", r->text.notes);
	for (const char *s = r->text.signature; *s; s = text_behind(s))
		buf_printf(b, "    %s\n", s);
}

static json_t *
row_json(const AtenRow *r)
{
	json_t *o = json_new_object(), *signatures = json_new_list();

	for (const char *s = r->text.signature; *s; s = text_behind(s))
		json_item(signatures, json_words(s));
	json_member(o, "key", json_words(r->text.key));
	json_member(o, "becomes", json_words(r->text.becomes));
	json_member(o, "files", json_words(front_name(r->fronts)));
	json_member(o, "note", json_words(r->text.notes));
	json_member(o, "signatures", signatures);
	return o;
}

typedef struct Wanted {
	const char *key;
	bool json;
} Wanted;

/* The key that was perhaps meant, or 0. */
static const char *
near_key(Arena *a, const char *key)
{
	size_t n;
	const AtenRow *rows = aten_rows(a, &n);
	const char **keys = newn(a, const char *, n);

	for (size_t i = 0; i < n; i++)
		keys[i] = rows[i].text.key;
	return nearest(key, keys, n);
}

static void
put_all(Buf *b, const AtenRow *rows, size_t n, bool json)
{
	json_t *all;

	for (size_t i = 0; i < n && !json; i++)
		put_row(b, &rows[i]);
	if (!json)
		return;
	all = json_new_list();
	for (size_t i = 0; i < n; i++)
		json_item(all, row_json(&rows[i]));
	json_put(b, all, JSON_INDENT(1));
	buf_byte(b, '\n');
	json_drop(all);
}

static int
torch_ops(milc *m, void *ctx)
{
	const Wanted *w = ctx;
	Arena a = {0};
	Buf b = {0};
	/* "aten::conv2d.default" is "conv2d" */
	const char *key = w->key ? torch_key(&a, w->key) : NULL, *near;
	size_t n = 1;
	AtenRow row;
	bool ok = !key || aten_row(key, &row);

	if (!ok) {
		near = near_key(&a, key);
		api_say(
		    m,
		    near ? "the operation '%.60s' of PyTorch is not converted; did you mean '%s'?"
		         : "the operation '%.60s' of PyTorch is not converted",
		    w->key, near);
	} else {
		const AtenRow *rows = key ? &row : aten_rows(&a, &n);
		put_all(&b, rows, n, w->json);
	}
	arena_free(&a);
	if (!ok)
		return MILC_WRONG_INPUT;
	api_give(m, &b);
	return MILC_OK;
}

int
milc_torch_ops(milc *m, const char *key, int json)
{
	return api_enter(m, torch_ops, &(Wanted){key, json != 0});
}
