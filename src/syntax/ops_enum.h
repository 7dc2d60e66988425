/* ops_enum.h: Python's operators as numbers, so that the evaluator dispatches without comparing
 * strings. The order of the rows is the order of the tables everywhere.
 */
#ifndef MILC_OPS_ENUM_H
#define MILC_OPS_ENUM_H

/*  id        sign */
#define BINOPS(B)                                                                                  \
	B(ADD, "+")                                                                                \
	B(SUB, "-")                                                                                \
	B(MUL, "*")                                                                                \
	B(TRUEDIV, "/")                                                                            \
	B(FLOORDIV, "//")                                                                          \
	B(MOD, "%")                                                                                \
	B(POW, "**")                                                                               \
	B(MATMUL, "@")                                                                             \
	B(LSHIFT, "<<")                                                                            \
	B(RSHIFT, ">>")                                                                            \
	B(AND, "&")                                                                                \
	B(OR, "|")                                                                                 \
	B(XOR, "^")

#define CMPOPS(C)                                                                                  \
	C(LT, "<")                                                                                 \
	C(LE, "<=")                                                                                \
	C(EQ, "==")                                                                                \
	C(NE, "!=")                                                                                \
	C(GT, ">")                                                                                 \
	C(GE, ">=")

#define UNOPS(U)                                                                                   \
	U(NEG, "-")                                                                                \
	U(POS, "+")                                                                                \
	U(INVERT, "~")

typedef enum BinOp {
#define B(id, sign) BIN_##id,
	BINOPS(B)
#undef B
	BIN_COUNT
} BinOp;

typedef enum CmpOp {
#define C(id, sign) CMP_##id,
	CMPOPS(C)
#undef C
	CMP_COUNT
} CmpOp;

typedef enum UnOp {
#define U(id, sign) UN_##id,
	UNOPS(U)
#undef U
	UN_COUNT
} UnOp;

/* The sign as written in a script; defined in ast.c. */
extern const char *const binop_sign[BIN_COUNT];
extern const char *const cmpop_sign[CMP_COUNT];

#endif
