/* diag.h: sources, places in them, and what is said to the user.
 *
 * All sources of one run share one space of byte offsets, so a Span is 8 bytes and needs no file
 * pointer; diag_place() finds file, line and column. Columns count code points from 1, as clang
 * counts bytes and people count characters.
 *
 * What has no lines (a model file, a package, an archive) has named places instead: objects inside
 * objects, "net.mlpackage: function main, operation relu_3". They are Spans too, so that
 * instructions read from a file carry them and whoever speaks of an instruction need not know where
 * it came from.
 *
 * A message is lower case, has no full stop, says what was found and what was expected, and uses
 * the user's words. The format of every message stands as a literal in the call that issues it:
 * tests/err/check_coverage.py collects them and demands a test for each.
 *
 * A diagnostic is held until the next one begins (or diag_flush), so that notes join it: as text
 * they follow it, with --diagnostics=json they are its "notes".
 */
#ifndef MILC_DIAG_H
#define MILC_DIAG_H

#include "base.h"

typedef struct Span {
	uint32_t at, len; /* at == 0: no place */
} Span;
_Static_assert(sizeof(Span) == 8, "spans ride in every node and instruction");
#define NOSPAN ((Span){0, 0})

typedef struct Source {
	const char *name; /* as the user wrote it */
	const char *text;
	uint32_t len, base; /* offsets [base, base+len] belong to it */
	uint32_t *line;     /* start of each line, made on first use */
	uint32_t nline;
	bool inner;         /* stands in a file that was read, not in what the user wrote */
} Source;

typedef struct Object { /* a named place; the outermost one is the file and has no kind */
	uint32_t outer; /* number of the object around it, 0: none */
	const char *kind, *name;
} Object;

typedef enum Severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE } Severity;

typedef struct DiagNote {
	Severity severity; /* of the first: error or warning; then notes */
	Span span;
	const char *text;
} DiagNote;
/* A note with its place found: line and column from 1, or 0 where there is none. */
typedef struct DiagRecord {
	Severity severity;
	const char *file, *object; /* or 0 */
	uint32_t line, col, end_line, end_col, offset, len;
	const char *text;
} DiagRecord;

typedef struct Diag Diag;
typedef void DiagSink(void *ctx, const char *text, size_t len); /* finished lines, for stderr */
/* A diagnostic as it is: the first of n is it, the others its notes. */
typedef void DiagTell(void *ctx, const Diag *d, const DiagNote *note, uint32_t n);

/* Errors that perhaps will not be said, since a script may catch them. */
typedef struct DiagTrial {
	VEC(DiagNote) note; /* each error with its notes */
	bool open;          /* what was said last is the last of them */
	void (*first)(void *ctx, const char *fmt, va_list ap); /* of the first error; may be 0 */
	void *ctx;
} DiagTrial;

struct Diag {
	Arena *arena;
	VEC(Source *) sources;
	VEC(Object) objects;
	uint32_t next_base;
	DiagTell *tell; /* instead of sink, where it is set */
	DiagSink *sink; /* 0: stderr */
	void *sink_ctx;
	bool json, color, werror;
	bool muted; /* a trial: its messages count, but are not said */
	bool once;  /* a text runs: what its next turn says at the same place again is left out */
	bool again; /* so was the last, and its notes go with it */
	Span call; /* a script reads a file here: messages about what is in it stand here */
	bool machine; /* an error was the machine's (space, I/O): the exit status is 3, not 1 */
	uint32_t nerror, nwarning;
	uint32_t nagain;     /* errors left out as said before; max_errors counts the others */
	uint32_t max_errors; /* after so many, one line says that the rest is left out; 20 */
	VEC(DiagNote) held;
	DiagTrial *trial; /* errors go there, while it is set; they count */
	Map said; /* with `once`: the hashes of places and texts */
};

void diag_init(Diag *d, Arena *a);
/* The text must outlive d. Returns 0 (and reports) if the sources exceed 4 GiB together. */
Source *diag_add_source(Diag *d, const char *name, const char *text, size_t len);
/* A named place, inside another or (with NOSPAN) the file itself; kind and name are kept. */
Span diag_object(Diag *d, Span outer, const char *kind, const char *name);
/* A diagnostic as text, or as an object of JSON if d says so. */
void diag_render(const Diag *d, const DiagNote *note, uint32_t n, Buf *b);
DiagRecord diag_record(const Diag *d, const DiagNote *n); /* object: text from d's arena */
/* Text for a terminal: controls and what changes its direction become '?'. */
void put_safe(Buf *b, const char *s);
Span diag_span(const Source *s, size_t at, size_t len);
Span span_join(Span a, Span b); /* from the start of a to the end of b */
const Source *diag_place(const Diag *d, uint32_t at, uint32_t *line, uint32_t *col);

bool diag_error(Diag *d, Span at, const char *fmt, ...) PRINTF(3, 4); /* false */
void diag_warning(Diag *d, Span at, const char *fmt, ...) PRINTF(3, 4);
/* Joins the diagnostic issued last; with NOSPAN it is a hint without a place. */
void diag_note(Diag *d, Span at, const char *fmt, ...) PRINTF(3, 4);
void diag_vreport(Diag *d, Severity sev, Span at, const char *fmt, va_list ap);
void diag_flush(Diag *d);
/* Says what a trial has kept. */
void diag_replay(Diag *d, const DiagNote *note, uint32_t n);

#endif
