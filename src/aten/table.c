/* table.c: the rows of torch/aten.def, by key. */
#include "aten.h"

static const struct {
	AtenHandler *handler;
	uint8_t fronts;
} handlers[] = {
#define ATEN(key, handler, fronts, becomes, notes, signatures) {handle_##handler, fronts},
#include "torch/aten.def"
};

/* The row behind this one, or the first if it is all 0. */
static bool
next_row(AtenRow *r)
{
	do
		if (!torch_row_next(&r->text))
			return false;
	while (!*r->text.key);
	r->handler = handlers[r->place].handler;
	r->fronts = handlers[r->place].fronts;
	r->place++;
	return true;
}

const AtenRow *
aten_rows(Arena *a, size_t *n)
{
	AtenRow *rows = newn(a, AtenRow, countof(handlers));

	*n = 0;
	for (AtenRow r = {0}; next_row(&r);)
		rows[(*n)++] = r;
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
	size_t n;
	const AtenRow *rows = aten_rows(a, &n);
	Map *m = new (a, Map);

	map_init(m, a);
	for (size_t i = 0; i < n; i++)
		map_put(m, key_hash(rows[i].text.key, strlen(rows[i].text.key)),
		        (void *)(uintptr_t)&rows[i]);
	return m;
}

static bool
is_key(const AtenRow *row, const char *key, size_t n)
{
	return strlen(row->text.key) == n && !memcmp(row->text.key, key, n);
}

static const AtenRow *
find(const Map *index, const char *key, size_t n)
{
	const AtenRow *row = map_get(index, key_hash(key, n));

	return row && is_key(row, key, n) ? row : NULL;
}

const AtenRow *
aten_find(const Map *index, const char *key)
{
	size_t n = strlen(key);
	const AtenRow *row = n && key[n - 1] == '_' ? find(index, key, n - 1) : NULL;

	return row ? row : find(index, key, n);
}

bool
aten_row(const char *key, AtenRow *out)
{
	size_t n = strlen(key);
	bool in_place = n && key[n - 1] == '_', found = false;

	for (AtenRow r = {0}; next_row(&r);) {
		bool same = is_key(&r, key, n);
		if (!same && !(in_place && is_key(&r, key, n - 1)))
			continue;
		*out = r;
		found = true;
		if (!same || !in_place)
			break;
	}
	return found;
}
