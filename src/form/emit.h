/* emit.h: writing Models. One row per output form in targets.def:
 *   TARGET(ending, fn, folder, "what it is")    fn: bool emit_fn(const Model *, EmitCtx *)
 * The ending of the output path picks the row.
 */
#ifndef MILC_EMIT_H
#define MILC_EMIT_H

#include "model/model.h"

typedef struct EmitCtx {
	const char *path;  /* final path; written beside it, then renamed (fsout.h) */
	Diag *diag;
	Span span;         /* what asked for it, for errors */
	const char *date;  /* conversion date "2026-01-20" or 0 (SOURCE_DATE_EPOCH) */
	bool failed_io;    /* set when the machine failed, not the input */
} EmitCtx;
typedef struct Target {
	const char *ending; /* ".mlpackage" */
	bool (*emit)(const Model *, EmitCtx *);
	bool folder;
	const char *what;
} Target;
const Target *target_for_path(const char *path); /* 0: unknown ending */
bool emit_model(const Model *m, EmitCtx *c);     /* checks form against format, then writes */

/* Any text to c->path, whole or not at all. */
bool emit_text_file(EmitCtx *c, const char *at, size_t n);
/* MIL text with the BLOBFILE offsets that the package would have. */
bool emit_mil_text(const Model *m, Buf *out);
/* The serialized Model protobuf (no weights file: offsets as they would be). */
bool emit_spec(const Model *m, Diag *d, Span at, Buf *out);

#endif
