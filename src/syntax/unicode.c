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

static bool
in_ranges(const Range *r, size_t n, uint32_t cp)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (cp > r[mid].last)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && r[lo].first <= cp;
}
#define IN(table, cp) in_ranges(table, countof(table), cp)

bool
uc_is_space(uint32_t cp)
{
	if (cp < 128)
		return cp == ' ' || (cp >= 9 && cp <= 13) || (cp >= 28 && cp <= 31);
	return IN(space, cp);
}

bool
uc_is_printable(uint32_t cp)
{
	if (cp < 128)
		return cp >= 32 && cp != 127;
	return !IN(unprintable, cp);
}

bool
uc_is_upper(uint32_t cp)
{
	return cp < 128 ? cp >= 'A' && cp <= 'Z' : IN(upper, cp);
}

bool
uc_is_lower(uint32_t cp)
{
	return cp < 128 ? cp >= 'a' && cp <= 'z' : IN(lower, cp);
}

bool
uc_is_title(uint32_t cp)
{
	return cp >= 128 && IN(titled, cp);
}

bool
uc_is_alpha(uint32_t cp)
{
	return cp < 128 ? uc_is_upper(cp) || uc_is_lower(cp) : IN(alpha, cp);
}

bool
uc_is_decimal(uint32_t cp)
{
	return cp < 128 ? cp >= '0' && cp <= '9' : IN(decimal, cp);
}

bool
uc_is_digit(uint32_t cp)
{
	return cp < 128 ? cp >= '0' && cp <= '9' : IN(digit, cp);
}

bool
uc_is_numeric(uint32_t cp)
{
	return cp < 128 ? cp >= '0' && cp <= '9' : IN(numeric, cp);
}

bool
uc_is_cased(uint32_t cp)
{
	return uc_is_upper(cp) || uc_is_lower(cp) || uc_is_title(cp);
}

bool
uc_is_case_ignorable(uint32_t cp)
{
	if (cp < 128)
		return cp == '\'' || cp == '.' || cp == ':' || cp == '^' || cp == '`';
	return IN(ignorable, cp);
}

bool
uc_is_id_start(uint32_t cp)
{
	return cp < 128 ? uc_is_alpha(cp) || cp == '_' : IN(id_start, cp);
}

bool
uc_is_id_part(uint32_t cp)
{
	return cp < 128 ? uc_is_id_start(cp) || uc_is_decimal(cp) : IN(id_part, cp);
}

static int
map_case(const Delta *d, size_t nd, const Multi *m, size_t nm, uint32_t cp, uint32_t out[3])
{
	size_t lo = 0, hi = nm;
	int n = 0;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (m[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < nm && m[lo].cp == cp) {
		for (; n < 3 && m[lo].to[n]; n++)
			out[n] = m[lo].to[n];
		return n;
	}
	out[0] = cp;
	for (lo = 0, hi = nd; lo < hi;) {
		size_t mid = (lo + hi) / 2;
		if (d[mid].last < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < nd && d[lo].first <= cp && (cp - d[lo].first) % (uint32_t)d[lo].step == 0)
		out[0] = (uint32_t)((int32_t)cp + d[lo].delta);
	return 1;
}
#define MAP(table, cp, out)                                                                        \
	map_case(table, countof(table), table##_multi, countof(table##_multi), cp, out)

int
uc_lower(uint32_t cp, uint32_t out[3])
{
	if (cp >= 128)
		return MAP(to_lower, cp, out);
	out[0] = uc_is_upper(cp) ? cp + 32 : cp;
	return 1;
}

int
uc_upper(uint32_t cp, uint32_t out[3])
{
	if (cp >= 128)
		return MAP(to_upper, cp, out);
	out[0] = uc_is_lower(cp) ? cp - 32 : cp;
	return 1;
}

int
uc_title(uint32_t cp, uint32_t out[3])
{
	if (cp >= 128)
		return MAP(to_title, cp, out);
	return uc_upper(cp, out);
}

int
uc_fold(uint32_t cp, uint32_t out[3])
{
	if (cp >= 128)
		return MAP(to_fold, cp, out);
	return uc_lower(cp, out);
}
