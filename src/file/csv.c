/* csv.c: see csv.h. Ends of lines may be those of other systems; empty lines are left out. */
#include "csv.h"

/* One field: bare, or in quotes, where two stand for one. */
static const char *
field(Csv *c)
{
	Buf b = {0};
	bool quoted = c->at < c->end && *c->at == '"';

	c->at += quoted;
	for (; c->at < c->end; c->at++) {
		if (quoted && *c->at == '"') {
			if (c->at + 1 == c->end || c->at[1] != '"') {
				quoted = false;
				continue;
			}
			c->at++;
		} else if (!quoted && (*c->at == ',' || *c->at == '\n' || *c->at == '\r')) {
			break;
		}
		buf_byte(&b, *c->at);
	}
	return buf_keep(&b, c->arena);
}

static bool
record(Csv *c, CsvRow *r)
{
	const char *from;

	while (c->at < c->end && (*c->at == '\n' || *c->at == '\r'))
		c->at++;
	if (c->at >= c->end)
		return false;
	from = c->at;
	for (r->n = 0;;) {
		const char *s = field(c);
		if (r->n < CSV_COLUMNS)
			r->s[r->n++] = s;
		if (c->at >= c->end || *c->at != ',')
			break;
		c->at++;
	}
	r->at = diag_span(c->src, (size_t)(from - c->src->text), (size_t)(c->at - from));
	return true;
}

/* A column without a name may be there as often as it likes. */
static bool
names_differ(Diag *d, const CsvRow *head)
{
	for (uint32_t i = 0; i < head->n; i++)
		if (*head->s[i] && csv_column(head, head->s[i]) != (int)i)
			return diag_error(d, head->at, "two columns are called '%s': rename one",
			                  head->s[i]);
	return true;
}

bool
csv_begin(Csv *c, CsvRow *head, Arena *a, Diag *d, const char *path, const char *text, size_t n,
          const char *like)
{
	/* What spreadsheets put in front of UTF-8. */
	size_t mark = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	*c = (Csv){text + mark, text + n, diag_add_source(d, path, text, n), d, a};
	return c->src && (record(c, head) || diag_error(d, diag_span(c->src, 0, 0),
	                                                "no line of names; expected '%s'", like)) &&
	       names_differ(d, head);
}

bool
csv_row(Csv *c, const CsvRow *head, CsvRow *r, bool *ok)
{
	if (!record(c, r))
		return false;
	*ok = r->n == head->n || diag_error(c->diag, r->at,
	                                    "%u fields, where the first line has %u", r->n,
	                                    head->n);
	return *ok;
}

int
csv_column(const CsvRow *head, const char *name)
{
	for (uint32_t i = 0; i < head->n; i++)
		if (strcmp(head->s[i], name) == 0)
			return (int)i;
	return -1;
}
