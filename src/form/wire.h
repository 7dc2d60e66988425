/* wire.h: numbers of the fields that are written without a tree (msg.h), because a program has so
 * many of them. tests/unit/test_emit.c holds them against the descriptors. In an entry of a map 1
 * is the key and 2 the value.
 */
#ifndef MILC_WIRE_H
#define MILC_WIRE_H

#include "pb/pb.h"

enum { MODEL_PIPELINE = 202, MODEL_CLASSIFIER = 403, MODEL_NETWORK = 500, MODEL_PROGRAM = 502 };
enum { PROGRAM_VERSION = 1, PROGRAM_FUNCTION, PROGRAM_ATTRIBUTE = 4 };
enum { FUNCTION_INPUT = 1, FUNCTION_OPSET, FUNCTION_BLOCK };
enum { BLOCK_INPUT = 1, BLOCK_OUTPUT, BLOCK_OPERATION };
enum {
	OPERATION_TYPE = 1,
	OPERATION_INPUT,
	OPERATION_OUTPUT,
	OPERATION_BLOCK,
	OPERATION_ATTRIBUTE
};
enum { VT_TENSOR = 1, VT_LIST, VT_TUPLE, VT_DICT, VT_STATE }; /* ValueType */
enum { VALUE_TYPE = 2, VALUE_IMMEDIATE, VALUE_BLOB = 5 };
enum { IV_TENSOR = 1, IV_TUPLE, IV_LIST, IV_DICT }; /* ImmediateValue */
enum { TV_FLOATS = 1, TV_INTS, TV_BOOLS, TV_STRINGS, TV_LONGS, TV_DOUBLES, TV_BYTES };

#endif
