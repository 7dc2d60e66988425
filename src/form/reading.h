/* reading.h: what the readers of models share.
 *
 * package_read.c finds the files and takes the specification apart; features.c reads the
 * interface; value_read.c types and constants; mlprogram_read.c functions and operations. Each
 * function reports and returns false (or 0) at the first thing that is wrong, at the place being
 * read: the file, a function, an operation.
 */
#ifndef MILC_READING_H
#define MILC_READING_H

#include "read.h"

typedef struct WeightFile WeightFile;
typedef struct Reading {
	ReadCtx *c;
	Arena *arena;
	Model *m;
	Span place;          /* what is being read */
	Program *prog;
	Func *func;          /* the one being read */
	size_t nop;          /* operations that were begun */
	WeightFile *weights; /* files opened so far */
} Reading;

bool read_error(Reading *r, const char *fmt, ...) PRINTF(2, 3); /* false */
void *read_none(Reading *r, const char *fmt, ...) PRINTF(2, 3); /* … and NULL */

/* ---- package_read.c ---- */
/* A model of the bytes of a specification, which stay. o may be 0. 0 after reporting. */
Model *read_spec(ReadCtx *c, Origin *o, const char *at, size_t n);
/* A constant of a weights file, which is opened once. 0 after reporting. */
const Tensor *read_weight(Reading *r, const char *name, uint64_t offset, const Type *type);

/* A relative path that stays below its folder. */
bool path_is_safe(const char *p);

/* ---- weights_copy.c ---- */
/* Where the weights file of that name lies, whether or not it is there. */
WeightsAt weights_at(const Model *m, const char *name);

/* ---- features.c ---- */
bool read_description(Reading *r, const Msg *description);

/* ---- value_read.c ---- */
const Type *read_type(Reading *r, const Msg *type);
/* What a value holds in place: its "tensor", "list" or "dictionary", or 0. */
const Msg *read_immediate(const Msg *value, const char *kind);
/* A constant; *type is what the file says it is. */
const Tensor *read_value(Reading *r, const Msg *value, const Type **type);

/* ---- check_read.c ---- */
/* The operands of an operation against its row, its results against its type rule. */
bool read_check_operands(Reading *r, const Inst *i);
bool read_check_results(Reading *r, const Inst *i);

#endif
