/* writing_net.h: what the files that write the script of a network share, lowest first: net_text.c
 * has values and fields, network_script.c layers, spec_script.c the specification around them.
 */
#ifndef MILC_WRITING_NET_H
#define MILC_WRITING_NET_H

#include "calls.h"
#include "spec_script.h"

typedef struct NetScript {
	Interp *in;
	Arena *arena;
	Diag *diag;
	const DumpOptions *o;
	Span at; /* of the model, for messages */
	Buf *out;
	DumpedWeights *weights;
	Map stored;        /* names in the weights file */
	Msg *made;         /* the specification at hand, as the script makes it */
	unsigned specs;    /* specifications so far */
	unsigned builders; /* inside of others, so far */
	size_t numbers;    /* in the text so far */
	bool np;           /* the script needs NumPy, */
	bool building;     /* a builder, */
	bool messages;     /* messages of its own */
} NetScript;

/* ---- net_text.c ---- */
/* False, reported: more numbers than a text should have, and no file beside it. From there on what
 * is written is not whole. */
bool script_fits(NetScript *n);
void put_argument(NetScript *n, Buf *b, Value v, const char *name); /* name: in the weights file */
/* Assignments that make what `path` is, `got` (0: empty), say what `want` says: whether there are
 * any. */
bool put_fields(NetScript *n, const char *path, const Msg *want, const Msg *got);
/* … but for the layers, which are made; net: the member that has them, 0: the message itself. */
bool put_rest(NetScript *n, const char *path, const Msg *want, const Msg *made, const char *net);

/* ---- network_script.c ---- */
/* The layers of a network on a builder, which the script calls `name`. False after reporting. */
bool put_layers(NetScript *n, const char *name, const Msg *want, Value builder);

#endif
