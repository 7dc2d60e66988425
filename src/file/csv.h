/* csv.h: tables of fields with commas between them, a record a line; a field in double quotes may
 * hold commas and ends of lines, and two quotes there stand for one. The first record names the
 * columns.
 */
#ifndef MILC_CSV_H
#define MILC_CSV_H

#include "base/diag.h"

enum { CSV_COLUMNS = 16 }; /* more are read and dropped */

typedef struct Csv {
	const char *at, *end;
	Source *src;
	Diag *diag;
	Arena *arena;
} Csv;

typedef struct CsvRow {
	const char *s[CSV_COLUMNS];
	uint32_t n;
	Span at;
} CsvRow;

/* Begins with the names of the columns; the text outlives d, the fields are the arena's. False
 * after reporting, also that there are none, where `like` says what was expected, or two alike. */
bool csv_begin(Csv *c, CsvRow *head, Arena *a, Diag *d, const char *path, const char *text,
               size_t n, const char *like);
/* The next record. False at the end, and with `*ok` false after reporting that it does not have as
 * many fields as the first. */
bool csv_row(Csv *c, const CsvRow *head, CsvRow *r, bool *ok);
int csv_column(const CsvRow *head, const char *name); /* -1: none is called so */

#endif
