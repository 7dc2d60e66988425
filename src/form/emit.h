/* emit.h: writing Models. One row per output form in targets.def:
 *
 *	TARGET(ending, fn, made, holds, "what it is")   bool emit_FN(const Model *, EmitCtx *)
 *
 * The ending of the output path picks the row. holds: the kinds of body that the form can have;
 * HOLDS_SAME: an ML Program that was read from a model file. made: of the specification, of the
 * program, of the program as nothing but text, or of that of any model that has one, as a picture
 * (src/view).
 */
#ifndef MILC_EMIT_H
#define MILC_EMIT_H

#include "model/io.h"

enum { HOLDS_PROGRAM = 1, HOLDS_NETWORK = 2, HOLDS_OTHER = 4, HOLDS_SAME = 8,
	HOLDS_PIPELINE = 16 };
enum { OF_SPEC, OF_PROGRAM, AS_TEXT, AS_PICTURE };
typedef struct Target {
	const char *ending; /* ".mlpackage" */
	bool (*emit)(const Model *, EmitCtx *);
	int made;
	unsigned holds;
	const char *what;   /* "a package: model, weights and manifest" */
} Target;
#define TARGET(ending, fn, made, holds, what) bool fn(const Model *, EmitCtx *);
#include "targets.def"
#undef TARGET
const Target *target_for_path(const char *path); /* 0: unknown ending */
const Target *emit_target(Diag *d, Span at, const char *path); /* 0: unknown, and reported */
/* False after reporting that the body of a compiled model cannot be read. */
bool model_is_open(const Model *m, Diag *d, Span at);
bool emit_model(const Model *m, EmitCtx *c);     /* checks form against format, then writes */
bool emit_spares_script(const EmitCtx *c);       /* false after reporting */

/* Any text to c->path, whole or not at all. */
bool emit_text_file(EmitCtx *c, const char *at, size_t n);
/* MIL text with the BLOBFILE offsets that the package would have. */
bool emit_mil_text(const Model *m, Buf *out);
/* The same model with the specification as its body, made in the arena, which keeps its constants;
 * its weights file is in memory. Of a model that has one: m itself. 0 after reporting. */
Model *model_as_spec(Arena *a, Model *m, EmitCtx *c);
/* The serialized Model protobuf (no weights file: offsets as they would be). */
bool emit_spec(const Model *m, EmitCtx *c, Buf *out);

#endif
