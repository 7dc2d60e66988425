/* check_blobs.c: the records of weights files that a program refers to: none lies over another, and
 * data are where loaders map them.
 */
#include "reading.h"

#include <stdlib.h>

enum { ALIGN = 64, RECORD = 64 };

/* By file, then by place; records that are the same side by side. */
static int
by_place(const void *a, const void *b)
{
	const BlobSpan *x = a, *y = b;
	int c = strcmp(x->file, y->file);

	if (c)
		return c;
	return x->record != y->record ? (x->record < y->record ? -1 : 1)
	                              : (x->place.at > y->place.at) - (x->place.at < y->place.at);
}

typedef struct Extent { /* a record, or its data */
	const BlobSpan *of;
	uint64_t from, to;
} Extent;

static int
by_start(const void *a, const void *b)
{
	const Extent *x = a, *y = b;
	int c = strcmp(x->of->file, y->of->file);

	if (c)
		return c;
	return x->from != y->from ? (x->from < y->from ? -1 : 1)
	                          : (x->to > y->to) - (x->to < y->to);
}

static void
check_overlaps(Reading *r, Extent *e, size_t n)
{
	const Extent *last = NULL; /* that reaches farthest */

	qsort(e, n, sizeof *e, by_start);
	for (size_t i = 0; i < n; i++) {
		bool same_file = last && !strcmp(last->of->file, e[i].of->file);
		if (same_file && e[i].from < last->to && e[i].of != last->of) {
			r->place = e[i].of->place;
			read_error(r, "the weights at %llu in '%s' lie over those at %llu",
			           (unsigned long long)e[i].of->record, e[i].of->file,
			           (unsigned long long)last->of->record);
			r->bad = true;
		}
		if (!same_file || e[i].to > last->to)
			last = &e[i];
	}
}

bool
read_check_blobs(Reading *r)
{
	Extent *e = newn(r->arena, Extent, 2 * (size_t)r->spans.n + 1);
	size_t n = 0;

	if (r->spans.n)
		qsort(r->spans.at, r->spans.n, sizeof *r->spans.at, by_place);
	for (uint32_t i = 0; i < r->spans.n; i++) {
		const BlobSpan *s = &r->spans.at[i];
		if (i && s->record == s[-1].record && !strcmp(s->file, s[-1].file))
			continue;
		e[n++] = (Extent){s, s->record, s->record + RECORD};
		if (s->size)
			e[n++] = (Extent){s, s->at, s->at + s->size};
		if (s->at % ALIGN == 0)
			continue;
		r->place = s->place;
		read_error(r,
		           "the data of the weight record at %llu lie at %llu, expected a "
		           "multiple of %d",
		           (unsigned long long)s->record, (unsigned long long)s->at, ALIGN);
		r->bad = true;
	}
	check_overlaps(r, e, n);
	return !r->bad;
}
