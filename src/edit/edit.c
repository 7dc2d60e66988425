/* edit.c: the edits one after the other, and those of single fields and of the target. */
#include "editing.h"

Words
split_words(Arena *a, const char *s, size_t n)
{
	Words w = {0};

	while (n) {
		const char *comma = memchr(s, ',', n);
		size_t k = comma ? (size_t)(comma - s) : n;
		if (k)
			vec_push(a, &w, arena_printf(a, "%.*s", (int)k, s));
		s += k + (comma != NULL);
		n -= k + (comma != NULL);
	}
	return w;
}

bool
is_word(const Words *w, const char *s)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (!strcmp(w->at[i], s))
			return true;
	return false;
}

/* ---- fields ---- */

static const struct {
	const char *key, *field;
} metadata[] = {
    {"author", "author"},
    {"license", "license"},
    {"version", "versionString"},
    {"versionString", "versionString"},
    {"description", "shortDescription"},
    {"shortDescription", "shortDescription"},
    {"short_description", "shortDescription"}, /* as scripts call it */
};

/* The path of what KEY means. */
static const char *
path_of(Editing *e, const char *key)
{
	const char *first = arena_printf(e->arena, "%.*s", (int)strcspn(key, ".["), key);

	for (size_t i = 0; i < countof(metadata); i++)
		if (!strcmp(metadata[i].key, key))
			return arena_printf(e->arena, "description.metadata.%s", metadata[i].field);
	if (strchr(key, '[') ||
	    protobuf_c_message_descriptor_get_field_by_name(e->spec->descriptor, first))
		return key;
	return arena_printf(e->arena, "description.metadata.userDefined[%s]", key);
}

static bool
edit_set(Editing *e, const char *pair)
{
	const char *eq = strchr(pair, '=');
	const char *key = arena_printf(e->arena, "%.*s", (int)(eq - pair), pair);
	const char *why = msg_set_path(e->spec, path_of(e, key), eq + 1);

	return !why || diag_error(e->diag, e->place, "--set %s: %s", key, why);
}

/* ---- targets ---- */

/* The block of a function is found by its opset. */
static void
set_opset(Msg *function, Opset target)
{
	const char *old = msg_get_string(function, "opset"), *opset = opset_coreml(target);

	for (size_t i = 0; i < msg_count(function, "block_specializations"); i++) {
		Msg *e = msg_mutable(msg_at(function, "block_specializations", i));
		if (!strcmp(msg_get_string(e, "key"), old))
			msg_string(e, "key", opset);
	}
	msg_string(function, "opset", opset);
}

static void
set_target(Editing *e, Opset target, bool raise)
{
	const Msg *program = msg_get(e->spec, "mlProgram");

	if (!raise || msg_get_int(e->spec, "specificationVersion") < (int64_t)target)
		msg_int(e->spec, "specificationVersion", target);
	for (size_t i = 0; i < msg_count(program, "functions"); i++) {
		Msg *f = msg_mutable(msg_get(msg_at(program, "functions", i), "value"));
		if (f && (!raise || strcmp(msg_get_string(f, "opset"), opset_coreml(target)) < 0))
			set_opset(f, target);
	}
}

void
raise_target(Editing *e, Opset least)
{
	set_target(e, least, true);
}

static bool
edit_target(Editing *e, Opset target)
{
	if (e->m->kind == BODY_PROGRAM && target < IOS15)
		return diag_error(e->diag, e->place,
		                  "--target: an ML Program needs iOS15 or later");
	set_target(e, target, false);
	return true;
}

/* ---- all of them ---- */

static bool
each_word(Editing *e, const Words *w, bool (*edit)(Editing *, const char *))
{
	for (uint32_t i = 0; i < w->n; i++)
		if (!edit(e, w->at[i]))
			return false;
	return true;
}

bool
edit_model(ReadCtx *c, Model *m, const Edits *x)
{
	Editing e = {.c = c,
	             .arena = c->arena,
	             .diag = c->diag,
	             .m = m,
	             .spec = m->spec,
	             .description = msg_edit(m->spec, "description"),
	             .place = model_place(m)};

	return (!x->extract || edit_extract(&e, x->extract)) &&
	       (!x->append || edit_append(&e, x->append)) && each_word(&e, &x->tap, edit_tap) &&
	       each_word(&e, &x->drop, edit_drop) && (!x->io || edit_io(&e, x->io)) &&
	       each_word(&e, &x->rename, edit_rename) && each_word(&e, &x->set, edit_set) &&
	       (!x->target || edit_target(&e, x->target));
}
