/* calls.h: a layer as a call of the builder: what the rows of calls.def and of nn/layers.def say,
 * read backwards. Whether the call makes that very layer, it has to show.
 */
#ifndef MILC_CALLS_H
#define MILC_CALLS_H

#include "builder.h"

enum { MAX_CALLS = 16 }; /* rows of one layer */
typedef struct CallRow {
	const char *layer; /* the member of the oneof, "activation.ReLU" */
	const char *needs, *args;
	int row; /* of the method: add_rows[row], builder_type.methods[row] */
} CallRow;
typedef struct LayerArg {
	const char *param; /* its name, in the arena */
	Value v;
} LayerArg;
typedef struct LayerCall {
	const Native *method;
	LayerArg arg[NATIVE_ARGS];
	uint32_t n;
} LayerCall;

const CallRow *call_table(size_t *n); /* the whole of it */
/* The rows that may make the layer, in the order in which to try them; how many. */
uint32_t call_rows(Arena *a, const Msg *layer, CallRow out[MAX_CALLS]);
/* The arguments that a row gives, without those that are what is the default anyhow; None for what
 * the layer does not have and the method wants. */
void call_of(Interp *in, const CallRow *row, const Msg *layer, LayerCall *out);
/* Makes the layer. False after reporting. */
bool call_run(Interp *in, const LayerCall *c, Value builder, Value *layer);

#endif
