/* package.c: the manifest of a package: each item has its four keys and is there. That there is a
 * root model was asked when it was opened.
 */
#include "checking.h"

#include "base/sys.h"
#include "file/json_tree.h"
#include "file/mapfile.h"

static void
check_item(Checking *k, const JValue *id, const JValue *item, Map *seen)
{
	static const char *const keys[] = {"path", "name", "author", "description"};
	const char *value[countof(keys)];
	const Str *both;
	Span at = diag_object(k->diag, k->place, "item", jtree_text(k->arena, id));

	for (size_t i = 0; i < countof(keys); i++) {
		value[i] = jtree_text(k->arena, jtree_member(item, keys[i]));
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
	JTreeError error;
	JValue j;
	const JValue *items;
	Map seen;

	if (!mapfile_read(&text, k->diag, k->place, path, false, 1u << 20))
		return;
	map_init(&seen, k->arena);
	items = jtree_read(k->arena, text.at, text.n, &j, &error) /* else it has changed since */
	            ? jtree_member(&j, "itemInfoEntries")
	            : &jtree_nothing;
	for (uint32_t i = 0; items->kind == J_OBJECT && i < items->n; i++)
		check_item(k, &items->item[2 * i], &items->item[2 * i + 1], &seen);
	mapfile_close(&text);
}
