/* unicode.c: classes and case of code points (unicode.h), by binary search in generated tables. */
#include "unicode.h"

typedef struct Range {
	uint32_t first, last;
} Range;
typedef struct Delta { /* first, first+step … last are mapped by adding delta */
	uint32_t first, last;
	int32_t step, delta;
} Delta;
typedef struct Multi {
	uint32_t cp, to[3];
} Multi;

#include "unicode.inc"

/* The first of n rows of which the number at `key` is not below cp; n: none. */
static size_t
search(const void *key, size_t size, size_t n, uint32_t cp)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (*(const uint32_t *)((const char *)key + mid * size) < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
in_ranges(const Range *r, size_t n, uint32_t cp)
{
	size_t i = search(&r->last, sizeof *r, n, cp);

	return i < n && r[i].first <= cp;
}
#define IN(table, cp) in_ranges(table, countof(table), cp)

/* What is so among the first 128 code points, by an expression, and above, by a table. */
#define CLASS(name, ascii, table)                                                                  \
	bool uc_is_##name(uint32_t cp)                                                             \
	{                                                                                          \
		return cp < 128 ? (ascii) : IN(table, cp);                                         \
	}
CLASS(space, cp == ' ' || (cp >= 9 && cp <= 13) || (cp >= 28 && cp <= 31), space)
CLASS(upper, cp >= 'A' && cp <= 'Z', upper)
CLASS(lower, cp >= 'a' && cp <= 'z', lower)
CLASS(title, false, titled)
CLASS(alpha, uc_is_upper(cp) || uc_is_lower(cp), alpha)
CLASS(decimal, cp >= '0' && cp <= '9', decimal)
CLASS(digit, cp >= '0' && cp <= '9', digit)
CLASS(numeric, cp >= '0' && cp <= '9', numeric)
CLASS(case_ignorable, cp == '\'' || cp == '.' || cp == ':' || cp == '^' || cp == '`', ignorable)
CLASS(id_start, uc_is_alpha(cp) || cp == '_', id_start)
CLASS(id_part, uc_is_id_start(cp) || uc_is_decimal(cp), id_part)

bool
uc_is_printable(uint32_t cp)
{
	return cp < 128 ? cp >= 32 && cp != 127 : !IN(unprintable, cp);
}

bool
uc_is_cased(uint32_t cp)
{
	return uc_is_upper(cp) || uc_is_lower(cp) || uc_is_title(cp);
}

static int
map_case(const Delta *d, size_t nd, const Multi *m, size_t nm, uint32_t cp, uint32_t out[3])
{
	size_t i = search(&m->cp, sizeof *m, nm, cp);
	int n = 0;

	if (i < nm && m[i].cp == cp) {
		for (; n < 3 && m[i].to[n]; n++)
			out[n] = m[i].to[n];
		return n;
	}
	out[0] = cp;
	i = search(&d->last, sizeof *d, nd, cp);
	if (i < nd && d[i].first <= cp && (cp - d[i].first) % (uint32_t)d[i].step == 0)
		out[0] = (uint32_t)((int32_t)cp + d[i].delta);
	return 1;
}
/* The same for cases: an expression, a table. */
#define CASE(name, ascii)                                                                          \
	int uc_##name(uint32_t cp, uint32_t out[3])                                                \
	{                                                                                          \
		if (cp >= 128)                                                                     \
			return map_case(to_##name, countof(to_##name), to_##name##_multi,          \
			                countof(to_##name##_multi), cp, out);                      \
		out[0] = (ascii);                                                                  \
		return 1;                                                                          \
	}
CASE(lower, uc_is_upper(cp) ? cp + 32 : cp)
CASE(upper, uc_is_lower(cp) ? cp - 32 : cp)
CASE(title, uc_is_lower(cp) ? cp - 32 : cp)
CASE(fold, uc_is_upper(cp) ? cp + 32 : cp)
