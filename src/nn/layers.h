/* layers.h: the layers of a NeuralNetwork: what each holds, and how it stands to operations.
 *
 * Rows of layers.def, by family, each beginning with the layer: the member of the oneof, or of the
 * oneof inside ("activation.linear").
 *
 *	LAYER("layer", op, "inputs", "fields")   one operation as this layer, both ways
 *	LIFT("layer", min, max, outputs, fn)     bool fn(Lift *) reads it: `min` to `max` inputs
 *	                                         (MANY: no limit) and so many outputs (MANY: one
 *	                                         or more; 0: they are not looked at)
 *	BINARY("layer", op, min, same, with y, with x)
 *	                                         the layer broadcasts x and y of the operation;
 *	                                         others for equal shapes, or for what they can
 *	                                         broadcast themselves, and for a number as y or
 *	                                         as x, which stands in the layer; or NULL
 *	LOWER(op, fn)                            bool fn(Nn *, const Inst *) writes the operation
 *	                                         as as many layers as it takes
 *	BOTH("layer", min, max, outputs, fn, op, fn)
 *	                                         LIFT and LOWER in one
 *	ADD("layer", method, …), ADDS(…)         a method of the builder makes it: builder/builder.h
 *
 * An operation with a LOWER row is written by it, others by their first LAYER row whose fields take
 * operands that are known. A layer with a LIFT row is read by it, others by the first of their
 * LAYER rows that has as many inputs and whose names of enum values are those in the layer. Where
 * functions write and read a layer, its LAYER row names the fields that they leave to nn_fields()
 * and lift_fields().
 *
 * inputs: the operands that become the layer's inputs, "x,y". "*shape" is the shape of the input,
 * ".end" an input of one number; "~x" is read as floats.
 *
 * fields: "field=param" copies a known operand (a number, a vector to a repeated field, a word to
 * an enum; an absent one is left out), "field" alone means the same name on both sides.
 *	"!field=param"    the truth reversed
 *	"+field=param"    axes, counted from the front when written
 *	"?field=param"    written where it is known, and not read
 *	"field|flag"      the flag is set where they are absent; where it is, they are not read
 *	"field/1e-6"      a 0 in the layer stands for that number
 *	"field:1.5"       a number
 *	"field:SQRT"      the enum value of that name
 *
 * tests/unit/test_nn_layers.c holds all rows against the descriptors of the messages and the table
 * of operations.
 */
#ifndef MILC_NN_LAYERS_H
#define MILC_NN_LAYERS_H

#include "ir/ir.h"
#include "pb/msg.h"

enum { MANY = 1 << 16 };
/* Networks inside of each other, the outermost one counted. Each puts three messages around those
 * inside, and protobuf's own limit is PB_MAX_DEPTH. */
enum { MAX_NETS = 30 };

typedef struct Nn Nn;
typedef struct Lift Lift;
typedef enum LayerKind { LAYER_ROW, LAYER_LIFT } LayerKind;
typedef struct LayerDef {
	LayerKind kind;
	const char *name;
	Opcode op;                    /* LAYER_ROW */
	const char *inputs, *fields;
	size_t min, max, outputs;     /* LAYER_LIFT */
	bool (*lift)(Lift *);
} LayerDef;

const LayerDef *layer_defs(size_t *n); /* the whole table */
const LayerDef *layer_row(const char *name); /* the first LAYER row, which there must be */
const ProtobufCMessageDescriptor *layer_message(const char *name); /* of its parameters; or 0 */

/* A column's words: *s moves behind the next one, which is copied. False at the end. */
bool layer_word(const char **s, char *word, size_t size);
/* An entry of a fields column, taken apart. */
typedef struct LayerField {
	char field[64], value[64]; /* name of the field; parameter, number or enum value */
	char flag[64], zero[16];
	bool fixed, negated, axes, maybe;
} LayerField;
bool layer_field(const char **s, LayerField *f);

/* Numbers of enum values: -1 if the field is no enum, or has no such. A word is the value's name,
 * or what follows a prefix that all have, in any case: "sub" is SCATTER_SUB. */
int layer_enum(const ProtobufCMessageDescriptor *d, const char *field, const char *word);
/* The length of what all names begin with, up to an underscore. */
size_t layer_enum_prefix(const ProtobufCEnumDescriptor *e);
/* The word of a number, in the arena; 0 if there is none. */
const char *layer_enum_word(Arena *a, const ProtobufCMessageDescriptor *d, const char *field,
                            int64_t number);

/* The stem, or with a number behind it: free in the map, and taken from now on. The map has,
 * for each name, the number that is to be tried next behind it. */
const Str *name_claimed(Interner *names, Map *taken, const Str *stem);

/* layers.c, for lower.c and lift.c. */
bool lower_operation(Nn *n, const Inst *i);
bool lift_by_table(Lift *l);

#endif
