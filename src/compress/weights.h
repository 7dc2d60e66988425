/* weights.h: the constant at hand while a program is compressed, and what the steps share. */
#ifndef MILC_WEIGHTS_H
#define MILC_WEIGHTS_H

#include "compress.h"
#include "pass/match.h"

typedef struct Job {
	const Compression *c;
	CompressStep step;
	Program *prog;
	Arena *arena; /* of the program: results stay */
	Inst *op;     /* the const, or the constexpr operation to be pruned */
	const OpCompress *what;
	bool failed;
} Job;

/* Refuses the whole; false. */
bool job_error(Job *j, const char *fmt, ...) PRINTF(2, 3);
/* …, since it is possible from iOS18 on alone: `what` is it, "blocks are". */
bool job_needs_ios18(Job *j, const char *what);
/* The weight stays as it is: "weight 'w' is not …: " and why. */
void job_skip(Job *j, const char *fmt, ...) PRINTF(2, 3);
static inline Opset
job_opset(const Job *j)
{
	return j->op->parent->func->opset;
}
/* The operation that takes it first, and the last one's value in a chain of constexpr ones. */
Inst *weight_user(const Var *v);
bool is_constexpr(const Inst *i);

/* The axes of channels, by the kinds of operation that use the value; -1: they do not agree. */
typedef struct Channels {
	int64_t in, out;
} Channels;
Channels weight_channels(Job *j, const Var *v);

/* The new value takes the old one's place, and the const goes. */
void job_replace(Job *j, Var *by, const Loss *loss);
Builder job_builder(Job *j, Inst *before);
const Str *job_name(Job *j, const char *ending);

/* A sparse weight as a dense one, if that is what the const is the values of; else 0. */
Inst *sparse_user(const Job *j);

void quantize_weight(Job *j);
void palettize_weight(Job *j);
void prune_weight(Job *j);

#endif
