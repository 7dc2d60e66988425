/* names.h: what the formulas of names.def are made of. Each is a function of a site; those of a
 * family stand in one file.
 */
#ifndef MILC_NAMES_H
#define MILC_NAMES_H

#include "ane.h"

#define NAME(name, say, formula) NameFn name_##name;
#define PARAM(name, say, formula)
#define OPEN(name, say, why)
#define CALL(name, takes, n, say, formula) CondFn call_##name;
#include "names.def"

/* The first operand that is a tensor (or holds one) and no constant, else the first result; 0:
 * none. */
const Var *site_input(const Site *s);
/* The operation of a name, or of the first of them with that operand; 0: it has none, or left out.
 */
Var *site_operand(const Site *s, const char *name);
bool site_has(const Site *s, const char *param); /* the row has such a parameter */
/* An axis of a value, from the front, or with `at` below 0 from the end; 1 beyond the rank. */
Val var_size(const Var *v, int at);
int var_rank(const Var *v); /* -1: no tensor */
/* Only the run knows the rank: var_rank() is 1 then, and the size unknown. */
bool rank_is_open(const Site *s, const Var *v);
Val dim_val(Dim d);
/* The constant value of a parameter: a number, a text, or a tuple; absent without such a parameter,
 * None where it is left out, unknown where it is computed. */
Val site_param(const Site *s, const char *name);
/* Element `at` of a constant vector (below 0: from its end), or what there is without one. */
Val site_element(const Site *s, const char *param, int at, Val without);
/* Axis 1 of the operation is channels, whatever the rank. */
bool site_channels_first(const Site *s);
/* The type of the operation is one of these. */
bool site_is(const Site *s, Opcode a, Opcode b, Opcode c);
/* Visits the tensors of names.def: operands that are no constants, and results. */
typedef struct SiteTensor {
	uint32_t nth;
	OperandAt operand;
	bool results;
	const Var *v;
} SiteTensor;
bool site_next(const Site *s, SiteTensor *t);
Val val_product(Val a, Val b); /* of sizes */
/* A truth about a value of the function, found once. */
bool var_fact(const Site *s, const Var *v, bool (*fact)(const Var *v));

#endif
