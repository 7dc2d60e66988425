/* datatypes.h: coremltools.models.datatypes, and the lists of features that are made of them. */
#ifndef MILC_DATATYPES_H
#define MILC_DATATYPES_H

#include "bind.h"
#include "pb/msg.h"

typedef enum DataKind { DATA_INT64, DATA_DOUBLE, DATA_STRING, DATA_ARRAY, DATA_DICT } DataKind;
typedef struct DataType {
	DataKind kind;
	DataKind key; /* of a dictionary */
	uint32_t rank;
	const int64_t *dim;
} DataType;
typedef struct NamedType {
	const Str *name;
	DataType type;
} NamedType;
typedef VEC(NamedType) NamedTypes;

extern const Member datatypes_members[], pipeline_members[], vectorizer_members[],
    extractor_members[];
bool datatype_same(const DataType *a, const DataType *b);
/* How many numbers a value of the type is; -1: that varies. */
int64_t datatype_count(const DataType *t);
/* A type given in any of Python's ways: an instance, a class, int, "Double"; false: it is none. */
bool datatype_of(Value v, DataType *out);
Value datatype_value(Interp *in, const DataType *t); /* an instance */
void datatype_put(Msg *to, const DataType *t); /* sets a FeatureType; arrays hold doubles */
/* A list of (name, type), of names, or a dict of names and places; n: so many numbers in all, or
 * -1. False after reporting. */
bool features_arg(Interp *in, Value v, int64_t n, NamedTypes *out, Span at);
/* [(name, type), …] and nothing else; false, not reported. */
bool features_listed(Interp *in, Value v, NamedTypes *out);
/* Appends them to one of the lists of a description. */
void features_put(Msg *spec, const char *list, const NamedTypes *f);
/* Appends a list of (name, type or None) to the training inputs. False after reporting. */
bool training_features(Interp *in, Msg *spec, Value v, Span at);

#endif
