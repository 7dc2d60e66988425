/* sort.c: the stable sort of list.sort() and sorted(). Only `<` is asked, as in Python; up to 64
 * items it is asked in CPython's order (a run, then binary insertion), which shows when items have
 * no total order, such as NaNs. Longer lists are merged.
 */
#include "core.h"

typedef struct Item {
	Value key, val;
} Item;

typedef struct Sorter {
	Interp *in;
	Item *at, *tmp;
	Span span;
} Sorter;

static bool
less(Sorter *s, const Item *a, const Item *b, bool *out)
{
	return value_less(s->in, a->key, b->key, out, s->span);
}

static void
reverse_items(Item *at, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++, n--) {
		Item t = at[i];
		at[i] = at[n - 1];
		at[n - 1] = t;
	}
}

/* The length of the run at the start, turned round if it falls. */
static bool
first_run(Sorter *s, Item *at, size_t n, size_t *run)
{
	bool falls, lt;

	*run = n;
	if (n < 2)
		return true;
	if (!less(s, &at[1], &at[0], &falls))
		return false;
	for (*run = 2; *run < n; ++*run) {
		if (!less(s, &at[*run], &at[*run - 1], &lt))
			return false;
		if (lt != falls)
			break;
	}
	if (falls)
		reverse_items(at, *run);
	return true;
}

static bool
insertion(Sorter *s, Item *at, size_t n)
{
	size_t sorted;

	if (!first_run(s, at, n, &sorted))
		return false;
	for (; sorted < n; sorted++) {
		Item pivot = at[sorted];
		size_t lo = 0, hi = sorted;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;
			bool lt;
			if (!less(s, &pivot, &at[mid], &lt))
				return false;
			if (lt)
				hi = mid;
			else
				lo = mid + 1;
		}
		memmove(at + lo + 1, at + lo, (sorted - lo) * sizeof *at);
		at[lo] = pivot;
	}
	return true;
}

static bool
merge(Sorter *s, Item *at, size_t mid, size_t n)
{
	size_t i = 0, j = mid, k = 0;
	bool lt;

	if (!less(s, &at[mid], &at[mid - 1], &lt))
		return false;
	if (!lt)
		return true;
	memcpy(s->tmp, at, mid * sizeof *at);
	while (i < mid && j < n) {
		if (!less(s, &at[j], &s->tmp[i], &lt))
			return false;
		at[k++] = lt ? at[j++] : s->tmp[i++];
	}
	memcpy(at + k, s->tmp + i, (mid - i) * sizeof *at);
	return true;
}

static bool
sort_items(Sorter *s, Item *at, size_t n)
{
	size_t mid = n / 2;

	if (n < 64)
		return insertion(s, at, n);
	return interp_steps(s->in, n) && sort_items(s, at, mid) &&
	       sort_items(s, at + mid, n - mid) && merge(s, at, mid, n);
}

static bool
make_keys(Sorter *s, Value items, Value key)
{
	uint32_t n = SEQ_OF(items)->n;
	Value keys = items;

	if (key.kind != V_UNSET && key.kind != V_NONE) {
		keys = vlist(s->in, 0, n);
		interp_push(s->in, keys);
		for (uint32_t i = 0; i < n; i++) {
			Value k = VPOISON;
			if (!call_values(s->in, key, &SEQ_OF(items)->at[i], 1, &k, s->span) ||
			    is_poison(k)) {
				interp_pop(s->in, 1);
				return false;
			}
			SEQ_OF(keys)->at[i] = k;
		}
		interp_pop(s->in, 1);
	}
	for (uint32_t i = 0; i < n; i++)
		s->at[i] = (Item){SEQ_OF(keys)->at[i], SEQ_OF(items)->at[i]};
	return true;
}

bool
sort_values(Interp *in, Value list, Value key, bool reverse, Span at)
{
	Value items = vlist(in, SEQ_OF(list)->at, SEQ_OF(list)->n);
	uint32_t n = SEQ_OF(items)->n;
	Sorter s = {.in = in, .span = at};
	bool ok;

	if (!interp_memory(in, (size_t)n * 2 * sizeof(Item)))
		return false;
	s.at = xmalloc((size_t)n * 2 * sizeof(Item) + 1);
	s.tmp = s.at + n;
	interp_push(in, list);
	interp_push(in, items);
	ok = make_keys(&s, items, key);
	interp_pop(in, 2);
	if (ok && reverse)
		reverse_items(s.at, n);
	ok = ok && sort_items(&s, s.at, n);
	if (ok && reverse)
		reverse_items(s.at, n);
	if (ok && SEQ_OF(list)->n != n)
		ok = fail(in, at, "the list was changed while it was being sorted");
	for (uint32_t i = 0; ok && i < n; i++)
		SEQ_OF(list)->at[i] = s.at[i].val;
	xfree(s.at);
	return ok;
}
