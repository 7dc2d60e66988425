/* builder.h: coremltools.models.neural_network in scripts: networks described layer by layer.
 *
 * A NeuralNetworkBuilder is a specification and the network in it; for the networks inside of
 * branches and loops, the network alone. Everything it does is done to these messages at once, so a
 * script may mix its methods with assignments to fields, and what the object is worth is its
 * messages.
 *
 * Methods that add layers are the ADD rows of nn/layers.def; this is how they are written:
 *
 *	ADD("layer", method, "parameters", "fields", "rank")
 *	ADDS("layer", method, "parameters", "fields", "rank", fn)
 *
 * builder.add_METHOD(name, …) appends a layer with the inputs that `input_name`, a name, or
 * `input_names`, a list, says, and with the outputs of `output_name` or `output_names`; gives it
 * the parameters of "layer" ("": fn decides which layer it is), fills in fields, and calls fn for
 * all that no column can say.
 *
 * parameters: in the order of the peer's, with their defaults: "axis=0", "mode='NN'", "W=None";
 * "reps=" is absent, not None, if it is not given.
 *
 * fields: "field=param" stores the argument as an assignment in Python does, a repeated field is
 * extended by it; "field" alone means the same name on both sides. An argument that is absent
 * stores nothing, None is refused as in an assignment.
 *	"!field=param"       the truth reversed
 *	"field:1.5"          a constant
 *	"field=param.float"  converted first: float, int (each of a list), bool (each of a list);
 *	                     floats: an array of any shape to a message of weights
 *	"field=param.word"   the name of an enum value, without a prefix that all of them have;
 *	"field=param.upper"  … in any case
 *	"@5"                 the specification is of that version at least
 *	"?field=param"       stored, and "?@5=param" required, only if the argument is true
 *	"#names"             one name may stand for a list of inputs, and a list or tuple for one
 *	"#list"              what is no list of inputs is the name of the only one
 *	"#unlisted"          the builder does not get to know the layer by its name
 *
 * rank: what builder.rank_dict says of the (first) output. "": the rank of the first input.
 *	"3", "-1"            that number; -1 is unknown
 *	"max"                the highest of the inputs, unknown if one is
 *	"+1"                 one more than the first input
 *	"=param"             as many as the argument has items; "+param": so many more than the
 *	                     first input
 *	"second"             the rank of the second input
 *
 * tests/unit/test_builder.c holds all rows against the descriptors of the messages.
 */
#ifndef MILC_BUILDER_H
#define MILC_BUILDER_H

#include "ct/bind.h"
#include "ct/message.h"
#include "nn/layers.h"

typedef struct NetBuilder {
	Msg *spec; /* 0: the network stands inside another one */
	Msg *net;  /* a NeuralNetwork, …Classifier or …Regressor: all have `layers` */
	bool any_rank;
	Value layers, layer_specs, rank_dict, named_parameters;
} NetBuilder;
extern const HostType builder_type;
static inline NetBuilder *
builder_of(Value v)
{
	return HOST_OF(v)->data;
}

/* A call of an add_ method. */
typedef struct Adding Adding;
typedef struct AddRow {
	const char *layer, *fields, *rank;
	bool (*fn)(Adding *);
} AddRow;
struct Adding {
	Interp *in;
	NetBuilder *b;
	const AddRow *row;
	const Args *args;
	Msg *layer, *params; /* params: 0 until it is known which layer it is */
	Value inputs;        /* a V_LIST */
	bool no_value;       /* set by fn: the method returns None */
};

extern const AddRow add_rows[]; /* as numbered by the methods: args_with() */

/* ---- builder.c ---- */
/* A layer that was made becomes known by its name, which must be a new one. */
bool builder_know(Interp *in, NetBuilder *b, Msg *layer, Value name, Span at);
/* The specification, which is described, becomes one with an empty network, if it has none: kind
 * is the member of the oneof. */
void builder_begin(NetBuilder *b, const char *kind);
typedef struct NetKind { /* of specifications with a network */
	const char *member; /* of their oneof */
	const char *mode;   /* mode= that makes one; 0: none */
} NetKind;
const NetKind *net_kind(const Msg *spec); /* 0: it is of another kind */
Msg *network_of(const Msg *spec); /* 0: it is of another kind */
/* The specification is of that version at least. */
void builder_version(NetBuilder *b, int64_t version);

/* ---- add.c: arguments of add_ methods, and what becomes of them. False after reporting. ---- */
BuiltinFn builder_add;
int64_t add_rank(Adding *a, uint32_t input); /* of an input; -1: unknown */
/* What rank_dict says of an output from now on. */
bool add_set_rank(Adding *a, const char *output, int64_t rank);
Value add_arg(Adding *a, const char *param); /* what was given, or the default; V_UNSET: neither */
Value add_default(Interp *in, const char *text); /* of what stands behind "param=" */
Span add_span(const Adding *a, const char *param);
bool add_given(Adding *a, const char *param); /* given, and not None */
bool add_int(Adding *a, const char *param, int64_t *out);
bool add_double(Adding *a, const char *param, double *out);
bool add_true(Adding *a, const char *param, bool *out);
/* A word in upper case; with `fold`: whatever case it is given in. */
bool add_word(Adding *a, const char *param, bool fold, const char **out);
/* Is none of the words: "MAX, AVERAGE". False always. */
bool add_no_word(Adding *a, const char *param, const char *words);
bool add_list(Adding *a, const char *param, Value *list); /* its items */
/* Stores an argument, or a value, in a field of m. A repeated field is extended. */
bool add_field(Adding *a, Msg *m, const char *field, const char *param);
bool add_value(Adding *a, Msg *m, const char *field, Value v, const char *what);
/* Two arguments, appended to a repeated field of the parameters. */
bool add_pair(Adding *a, const char *field, const char *first, const char *second);
/* How many elements a shape has, a repeated field of the parameters; too many: UINT64_MAX. */
uint64_t add_count(const Adding *a, const char *shape);
/* An array as the floats of a message of weights, which is made. */
bool add_floats(Adding *a, Msg *m, const char *field, Value v, const char *what);
bool add_ints(Adding *a, Msg *m, const char *field, const char *param);  /* int() of each */
bool add_bools(Adding *a, Msg *m, const char *field, const char *param); /* bool() of each */
Msg *add_kind(Adding *a, const char *layer); /* it is this layer; sets params */
bool add_fail(Adding *a, const char *param, const char *fmt, ...) PRINTF(3, 4);

/* ---- recurrent.c: activations of gates, by their words; the first of a member is its own ---- */
typedef struct GateWord {
	const char *word, *member; /* of the oneof of ActivationParams */
} GateWord;
enum { GATE_WORDS = 7 };
extern const GateWord gate_words[GATE_WORDS];

/* ---- images.c: padding of convolutions and poolings ---- */
bool add_valid_padding(Adding *a);
bool add_same_padding(Adding *a);
bool add_custom_padding(Adding *a, const char *prefix); /* of parameters: "padding_" */

/* ---- describe.c, inspect.c ---- */
/* Of the model; 0 after reporting that the network stands inside another one. */
Msg *builder_description(Interp *in, Value builder, const Args *args);

/* The layer known by that name, or the loss, and of which type it is; 0 after reporting. */
Msg *builder_layer(Interp *in, NetBuilder *b, Value name, const char **type, Span at);

/* ---- update.c ---- */
/* What inspect_optimizer() prints of a message Optimizer. */
bool optimizer_text(Interp *in, Msg *m, Buf *out);

/* ---- summary.c, listing.c ---- */
typedef struct LayerSummary {
	const char *type, *name;
	Value inputs, outputs; /* lists of names */
	Value params;          /* [[field, what stands there], …] */
} LayerSummary;
/* A line "Input blobs: ['x']". */
void put_blobs(Interp *in, Buf *b, int indent, const char *what, Value names);
bool summarize_layer(Interp *in, const Msg *layer, LayerSummary *sum, Span at);
/* The network as code; inputs and outputs: lists of names, with them it is a def. */
bool put_code(Interp *in, Buf *b, const Msg *net, int64_t depth, Value inputs, Value outputs,
              Span at);
BuiltinFn network_code;

#define ADDS(layer, method, parameters, fields, rank, fn) bool fn(Adding *);
#include "nn/layers.def"
#define BUILDER_METHOD(name, parameters, fn) BuiltinFn fn;
#define BUILDER_METHOD_I(name, parameters, fn, i) BuiltinFn fn;
#define MODULE(name, members) extern const Member members[];
#include "methods.def"

#endif
