/* reading.h: what the readers of models share.
 *
 * package_read.c finds the files and takes the specification apart; features.c reads the
 * interface; value_read.c types and constants; mlprogram_read.c functions and operations;
 * program_read.c whole programs. Each function reports and returns false (or 0) at the first thing
 * that is wrong, at the place being read: the file, a function, an operation. Who checks a program
 * wants all of it: with `all` the operation is given up, what it should have made has the type that
 * the file says, and the next one is read.
 */
#ifndef MILC_READING_H
#define MILC_READING_H

#include "read.h"

typedef struct WeightFile WeightFile;
typedef struct BlobSpan { /* one record of a weights file */
	const char *file;
	uint64_t record, at, size;
	Span place; /* of what refers to it */
} BlobSpan;
typedef struct Reading {
	ReadCtx *c;
	Arena *arena;
	Model *m;
	Span place;          /* what is being read */
	Program *prog;
	Func *func;          /* the one being read */
	size_t nop;          /* operations that were begun */
	WeightFile *weights; /* files opened so far */
	bool all;            /* goes on behind what is wrong, and says it all */
	bool strict;         /* with that: also what some loaders refuse */
	bool bad;            /* with that: something was wrong */
	VEC(BlobSpan) spans; /* with that: where constants lie */
} Reading;

bool read_error(Reading *r, const char *fmt, ...) PRINTF(2, 3); /* false */
void *read_none(Reading *r, const char *fmt, ...) PRINTF(2, 3); /* … and NULL */

/* ---- package_read.c ---- */
/* A model of the bytes of a specification, which stay. o may be 0. 0 after reporting. */
Model *read_spec(ReadCtx *c, Origin *o, const char *at, size_t n);
/* A constant of a weights file, which is opened once. 0 after reporting. */
const Tensor *read_weight(Reading *r, const char *name, uint64_t offset, const Type *type);

/* After something wrong was reported: whether reading ends here. */
static inline bool
read_stops(Reading *r)
{
	r->bad = true;
	return !r->all;
}

/* A relative path that stays below its folder. */
bool path_is_safe(const char *p);

/* ---- weights_copy.c ---- */
/* Where the weights file of that name lies, whether or not it is there. */
WeightsAt weights_at(const Model *m, const char *name);
bool weights_inside(const char *name); /* it is one of a file below the model's folder */

/* ---- features.c ---- */
bool read_description(Reading *r, const Msg *description);

/* ---- value_read.c ---- */
const Type *read_type(Reading *r, const Msg *type);
/* What a value holds in place: its "tensor", "list" or "dictionary", or 0. */
const Msg *read_immediate(const Msg *value, const char *kind);
/* A constant; *type is what the file says it is. */
const Tensor *read_value(Reading *r, const Msg *value, const Type **type);

/* ---- mlprogram_read.c ---- */
bool read_function(Reading *r, const char *name, const Msg *function);

/* ---- check_read.c ---- */
bool read_is_identifier(const Str *name);
size_t read_count_operations(const Msg *op); /* with those nested in it */
/* The operands of an operation against its row, its results against its type rule. */
bool read_check_operands(Reading *r, const Inst *i);
bool read_check_results(Reading *r, const Inst *i);

/* ---- check_blobs.c ---- */
/* No two records overlap, and data are aligned. False after reporting. */
bool read_check_blobs(Reading *r);

#endif
