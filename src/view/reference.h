/* reference.h: the reference of operations as pages that link to each other: an index, one page
 * for each operation, the rules about the Neural Engine, its sources, the names of conditions.
 */
#ifndef MILC_REFERENCE_H
#define MILC_REFERENCE_H

#include "ane/ane.h"

typedef struct Example { /* a script of one operation, and what milc makes of it */
	const char *name;    /* "conv", "conv.ios17" */
	const char *options; /* "--precision fp32" */
	const char *script, *text, *picture; /* MIL text; an svg element */
	const char *inputs, *outputs;        /* numbers, as `milc run --seed 1` prints them */
	const char *layers;  /* "convolution, activation.ReLU", or 0: no network has it */
} Example;

typedef struct OpPage {
	const OpDef *op; /* the oldest version */
	const Evidence *evidence;
	const Example *example;
	uint32_t n;
} OpPage;

void reference_op(Buf *b, const OpPage *p);
void reference_index(Buf *b, const Evidence *e);
void reference_rules(Buf *b, const Evidence *e);
void reference_sources(Buf *b, const Evidence *e);
void reference_names(Buf *b);
/* Has a page: is no form of a front end alone. */
bool reference_has(const OpDef *d);

#endif
