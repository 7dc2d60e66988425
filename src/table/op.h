/* op.h: the table of operations, one row per op and opset version.
 *
 * The rows stand in src/ops/FAMILY.def:
 *
 *   OP(name, since, rule, eval, flags, params…)
 *   OPV(name, since, changes…)      a later version: what differs from the one before it
 *   LIKE(name, other, changes…)     another op with the columns of the oldest `other` above; where
 *                                   that one's evaluator has its name, each has its own
 *
 *   since    first opset with this version; the first row of an op makes its opcode
 *   rule     type rule: `bool infer_RULE(Infer *)` in src/ops/; `unsupported` reports that
 *   eval     evaluator: `bool eval_EVAL(Eval *)` in runtime/; `none` when there is none yet
 *   flags    FOLD: the output value is computed when the required operands are known (always by the
 *            runtime's evaluator); SYMFOLD: the type rule may set symval too; EFFECT: must stay in
 *            order and is never dead; VARIADIC_OUT, BLOCKS, CONSTEXPR, WALK, and what passes ask
 *   params   in signature order (the peer's):
 *            IN(name, group, mask)            required operand
 *            OPT(name, group, mask)           may be absent, no default
 *            OPT_(name, group, mask, "…")     may be absent, with a default
 *            ATTR OPTATTR ATTR_               the same three, but known at compile time
 *            TUPLE(name) LIST(name) STATE(name) FN(name) INTERNAL(name) INTERNAL_(name)
 *            group: operands of one group (T, U …; `_` none) must have the same dtype
 *            default: a Python literal, or in words what the family file computes: "ones[spatial]"
 *            (see src/ops/defaults.c)
 *   changes  a parameter takes the place of the one with its name, or comes last; DROP(name).
 *            An OP row below the op's first is a version that shares too little
 *
 * From the rows come the enums below, argument checking, defaults, both encoders' generic part
 * and `milc ops`. rows.awk makes whole rows of them. A missing function is a link error that
 * names it.
 */
#ifndef MILC_OP_H
#define MILC_OP_H

#include "tensor/tensor.h"

/* Opsets are numbered by the specification version that introduced them. */
typedef enum Opset {
	OPSET_NONE = 0,
	IOS13 = 4,
	IOS14 = 5,
	IOS15 = 6,
	IOS16 = 7,
	IOS17 = 8,
	IOS18 = 9,
	IOS26 = 10,
} Opset;
const char *opset_name(Opset o);       /* "iOS17" */
const char *opset_coreml(Opset o);     /* "CoreML7"; the function's opset in the file */
const char *opset_mil_tag(Opset o);    /* "ios17" */
/* iOS17, macOS14, watchOS10, tvOS17, with or without ct.target. before it. */
Opset opset_from_name(const char *s);

typedef enum Opcode {
	OP_none,
#include "opcodes.h" /* generated from the rows */
	OP_COUNT
} Opcode;

/* Names of operands, over all rows: ARG_weight. Generated too. */
typedef enum ArgName {
	ARG_none,
#define ARG(name) ARG_##name,
#include "opargs.h"
#undef ARG
	ARG_COUNT
} ArgName;

/* Sets of dtypes a parameter takes: bit 1 << DT_x. */
#define M(t) (1u << DT_##t)
#define M_FLT (M(FP16) | M(FP32))
#define M_I32 M(INT32)
#define M_NUM (M_FLT | M_I32)
#define M_BOOL M(BOOL)
#define M_SMALL (M(INT8) | M(UINT8) | M(INT16) | M(UINT16))
#define M_SIGNED (M(INT8) | M(INT16) | M_I32)
#define M_WIDE (M_NUM | M_BOOL | M_SMALL)
#define M_STR M(STRING)
#define M_ANY 0xffffffffu

typedef enum ParamKind { P_TENSOR, P_TUPLE, P_LIST, P_STATE, P_FN, P_INTERNAL } ParamKind;
typedef struct Param {
	const char *name;
	uint16_t arg;     /* ArgName */
	uint8_t kind;     /* ParamKind */
	bool constant;    /* must be known at compile time */
	bool optional;
	char group;       /* 'T', 'U', …; 0 when independent */
	uint32_t mask;    /* dtypes; 0 for non-tensors */
	const char *dflt; /* 0: none */
} Param;

enum {
	FOLD = 1,         /* needs all required operands' values */
	SYMFOLD = 2,      /* its rule handles symbolic values too */
	EFFECT = 4,       /* read_state, write_state, print … */
	VARIADIC_OUT = 8,
	BLOCKS = 16,
	CONSTEXPR = 32,   /* parameters are attributes (<= iOS17) or inline inputs in the file */
	DIALECT = 64,     /* never reaches a file: lowered by a pass */
	OPAQUE = 128,     /* not in the table: as a file has it or a script made it, not run */
	WALK = 256,       /* done by the walk of a run itself (src/exec), not by an evaluator */
	POINTWISE = 512,  /* an element of the result is made of that of the first operand
	                     alone, and passes move transposes through it */
	REDUCES = 1024,   /* along `axes`, which stay with `keep_dims` */
	NO_HALF = 2048,   /* it stays as it is where float work becomes fp16 */
	MIXED = 4096,     /* from iOS17 on all but its first operand do then */
	SHORT = 8192,     /* its indices may have 16 bits */
	CUSTOM = 16384,   /* OPAQUE, and the row is that of a CustomOp */
};

typedef struct Infer Infer;
typedef struct Eval Eval;
#define MAX_PARAMS 24
typedef struct OpDef {
	Opcode code;
	const char *name;
	const char *family;
	Opset since;
	uint32_t flags;
	uint32_t nparam;
	bool (*infer)(Infer *);
	bool (*eval)(Eval *); /* 0: none */
	Param param[MAX_PARAMS];
} OpDef;

/* A row that a script made, CUSTOM: how the operation stands in a NeuralNetwork, as a layer that an
 * app computes. */
typedef struct CustomOp {
	OpDef row;
	const char *class_name; /* 0: the name of the operation at hand */
	const char *description;
	const char *const *input, *const *parameter; /* names of operands, */
	uint32_t ninput, nparameter;                 /* so many */
	const Tensor *const *weight;                 /* vectors of fp32 */
	uint32_t nweight;
} CustomOp;
static inline const CustomOp *
op_custom(const OpDef *d) /* 0: it is none */
{
	return d->flags & CUSTOM ? (const CustomOp *)(const void *)d : NULL;
}

const char *op_what(Opcode code); /* what it does (src/ops/what.def); 0: nobody says */
const OpDef *op_oldest(Opcode code);
const OpDef *op_newer(const OpDef *d);                  /* the next version of the same op, or 0 */
const OpDef *op_for_opset(Opcode code, Opset o);  /* newest version at or below o; 0 if none */
Opcode op_find(const char *name, size_t len);     /* OP_none if unknown */
int op_param(const OpDef *d, const char *name);   /* column, or -1 */
int op_column(const OpDef *d, ArgName arg);       /* the same; versions differ in columns */
const char *arg_name(ArgName arg);
const char *op_nearest(const char *name);         /* did you mean, or 0 */
const OpDef *op_rows(size_t *n);                  /* the whole table, oldest version first per op */

#endif
