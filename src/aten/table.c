/* table.c: the rows of torch/aten.def, by key. */
#include "aten.h"

static const AtenRow rows[] = {
#define ATEN(key, handler, fronts, becomes, ...)                                                   \
	{key, handle_##handler, fronts, becomes, (const char *const[]){__VA_ARGS__, 0}},
#include "torch/aten.def"
};

const AtenRow *
aten_rows(size_t *n)
{
	*n = countof(rows);
	return rows;
}

static uint64_t
key_hash(const char *s, size_t n)
{
	return hash_bytes(s, n, 0) | 1;
}

Map *
aten_index(Arena *a)
{
	Map *m = new (a, Map);

	map_init(m, a);
	for (size_t i = 0; i < countof(rows); i++)
		map_put(m, key_hash(rows[i].key, strlen(rows[i].key)),
		        (void *)(uintptr_t)&rows[i]);
	return m;
}

static const AtenRow *
find(const Map *index, const char *key, size_t n)
{
	const AtenRow *row = map_get(index, key_hash(key, n));

	return row && strlen(row->key) == n && !memcmp(row->key, key, n) ? row : NULL;
}

const AtenRow *
aten_find(const Map *index, const char *key)
{
	size_t n = strlen(key);
	const AtenRow *row = n && key[n - 1] == '_' ? find(index, key, n - 1) : NULL;

	return row ? row : find(index, key, n);
}
