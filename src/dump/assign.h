/* assign.h: what a message says and another does not, as assignments to fields in Python. */
#ifndef MILC_ASSIGN_H
#define MILC_ASSIGN_H

#include "pb/msg.h"

typedef struct Assigning {
	Arena *arena;
	Buf *out;          /* one line for each assignment */
	const char *about; /* said in a comment above the next one; 0: nothing */
	bool converted;    /* ct.convert and its calls take care of the metadata */
	/* An expression for the elements of a repeated field, or for bytes; 0: a literal.
	 * May be 0. */
	const char *(*large)(void *ctx, const Msg *m, const ProtobufCFieldDescriptor *f);
	void *ctx;
	bool np; /* what was written needs NumPy, for NaN and infinity */
} Assigning;

/* What makes `got` (0: an empty message) say what `want` says, where `path` is an expression for
 * the former. Fields that no descriptor knows are not looked at. */
void assign_differences(Assigning *r, const char *path, const Msg *want, const Msg *got);
/* One field, which is neither a list nor a message. */
void assign_scalar(Assigning *r, const char *path, const ProtobufCFieldDescriptor *f,
                   const Msg *want, const Msg *got);

#endif
