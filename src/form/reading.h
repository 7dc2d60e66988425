/* reading.h: what the readers of model files share.
 *
 * package.c finds the files, unpacks the protobuf and maps weights; features.c reads the interface;
 * values.c types and constants; mlprogram.c functions and operations; nn.c NeuralNetworks. Each
 * function reports and returns false (or 0) at the first thing that is wrong.
 */
#ifndef MILC_READ_INTERNAL_H
#define MILC_READ_INTERNAL_H

#include "Model.pb-c.h"
#include "read.h"

#define PB(name)        CoreML__Specification__MILSpec__##name
#define SPEC(name)      CoreML__Specification__##name
#define SPEC_CASE(name) CORE_ML__SPECIFICATION__##name
#define MIL_CASE(name)  CORE_ML__SPECIFICATION__MILSPEC__##name

typedef struct WeightFile WeightFile;
typedef struct Reading {
	ReadCtx *c;
	Arena *arena;
	Model *m;
	Program *prog;
	Func *func;          /* the one being read */
	const char *op;      /* name of the operation being read, or 0 */
	const char *folder;  /* of the model file: @model_path */
	const char *stem;    /* of a bare model file, else 0 */
	WeightFile *weights; /* files opened so far */
} Reading;

/* "PATH: in function F, operation OP: …"; returns false. */
bool read_error(Reading *r, const char *fmt, ...) PRINTF(2, 3);

/* ---- package.c ---- */
/* The weights file that a value refers to, opened once. 0 after reporting. */
const struct BlobFile *read_weights(Reading *r, const char *name);

/* ---- features.c ---- */
bool read_description(Reading *r, const SPEC(ModelDescription) * d);

/* ---- values.c ---- */
const Type *read_type(Reading *r, const PB(ValueType) * t);
/* A constant; *type is what the file says it is. */
const Tensor *read_value(Reading *r, const PB(Value) * v, const Type **type);

/* ---- mlprogram.c ---- */
bool read_program(Reading *r, const PB(Program) * p);
/* ---- check.c ---- */
/* The operands of an operation against its row, its results against its type rule. */
bool read_check_operands(Reading *r, const Inst *i);
bool read_check_results(Reading *r, const Inst *i);

/* ---- nn.c ---- */
bool read_nn(ReadCtx *c, const SPEC(Model) * spec, Model *m);

#endif
