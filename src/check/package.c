/* package.c: the manifest of a package: each item has its four keys and is there. That there is a
 * root model was asked when it was opened.
 */
#include "checking.h"

#include "base/sys.h"
#include "file/json.h"
#include "file/mapfile.h"

static void
check_item(Checking *k, const char *id, const json_t *item, Map *seen)
{
	static const char *const keys[] = {"path", "name", "author", "description"};
	const char *value[countof(keys)];
	const Str *both;
	Span at = diag_object(k->diag, k->place, "item", arena_strdup(k->arena, id));

	for (size_t i = 0; i < countof(keys); i++) {
		value[i] = json_string_value(json_object_get(item, keys[i]));
		if (!value[i])
			diag_error(k->diag, at, "the manifest has no %s for it", keys[i]);
	}
	if (value[0] &&
	    !sys_kind(arena_printf(k->arena, "%s/Data/%s", k->m->origin->path, value[0])))
		diag_error(k->diag, at, "'Data/%s' is not there", value[0]);
	if (!value[1] || !value[2])
		return;
	both = intern_printf(k->c->names, "%s/%s", value[2], value[1]);
	if (map_get(seen, KEY(both)))
		diag_error(k->diag, at, "two items have the name '%s' of the author '%s'", value[1],
		           value[2]);
	map_put(seen, KEY(both), k);
}

void
check_package(Checking *k)
{
	const char *path = arena_printf(k->arena, "%s/Manifest.json", k->m->origin->path);
	MapFile text = {0};
	json_error_t error;
	json_t *j, *items, *item;
	const char *id;
	Map seen;

	if (!mapfile_read(&text, k->diag, k->place, path, false, 1u << 20))
		return;
	j = json_loadb(text.at, text.n, 0, &error);
	mapfile_close(&text);
	if (!j && json_error_code(&error) != json_error_out_of_memory)
		return; /* it was read, so it has changed since */
	j = json_held(j);
	map_init(&seen, k->arena);
	items = json_object_get(j, "itemInfoEntries");
	json_object_foreach(items, id, item) check_item(k, id, item, &seen);
	json_drop(j);
}
