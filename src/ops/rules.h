/* rules.h: type rules that several families share, beside the shape helpers of shapes.h. */
#ifndef MILC_RULES_H
#define MILC_RULES_H

#include "shapes.h"

/* The operand, if given, has exactly one element. */
bool rule_scalar(Infer *c, const char *param);
/* a and b broadcast together, with element type d; 0 after reporting. */
const Type *rule_broadcast_type(Infer *c, const char *a, const char *b, DType d);
/* The types of a nested block's outputs become the results'. */
bool rule_outputs_of(Infer *c, const Block *b);

#endif
