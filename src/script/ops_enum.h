/* ops_enum.h: Python's operators as numbers, so that the evaluator dispatches without comparing
 * strings. The order of the rows is the order of the tables everywhere.
 */
#ifndef MILC_OPS_ENUM_H
#define MILC_OPS_ENUM_H

/*  id        sign   numpy ufunc (0: none) */
#define BINOPS(B)                                                                                  \
	B(ADD, "+", "add")                                                                         \
	B(SUB, "-", "subtract")                                                                    \
	B(MUL, "*", "multiply")                                                                    \
	B(TRUEDIV, "/", "divide")                                                                  \
	B(FLOORDIV, "//", "floor_divide")                                                          \
	B(MOD, "%", "remainder")                                                                   \
	B(POW, "**", "power")                                                                      \
	B(MATMUL, "@", "matmul")                                                                   \
	B(LSHIFT, "<<", "left_shift")                                                              \
	B(RSHIFT, ">>", "right_shift")                                                             \
	B(AND, "&", "bitwise_and")                                                                 \
	B(OR, "|", "bitwise_or")                                                                   \
	B(XOR, "^", "bitwise_xor")

#define CMPOPS(C)                                                                                  \
	C(LT, "<", "less")                                                                         \
	C(LE, "<=", "less_equal")                                                                  \
	C(EQ, "==", "equal")                                                                       \
	C(NE, "!=", "not_equal")                                                                   \
	C(GT, ">", "greater")                                                                      \
	C(GE, ">=", "greater_equal")

#define UNOPS(U)                                                                                   \
	U(NEG, "-", "negative")                                                                    \
	U(POS, "+", "positive")                                                                    \
	U(INVERT, "~", "invert")

typedef enum BinOp {
#define B(id, sign, ufunc) BIN_##id,
	BINOPS(B)
#undef B
	BIN_COUNT
} BinOp;

typedef enum CmpOp {
#define C(id, sign, ufunc) CMP_##id,
	CMPOPS(C)
#undef C
	CMP_COUNT
} CmpOp;

typedef enum UnOp {
#define U(id, sign, ufunc) UN_##id,
	UNOPS(U)
#undef U
	UN_COUNT
} UnOp;

/* The sign as written in a script; defined in value.c. */
extern const char *const binop_sign[BIN_COUNT];
extern const char *const cmpop_sign[CMP_COUNT];
extern const char *const unop_sign[UN_COUNT];
extern const char *const binop_ufunc[BIN_COUNT];
extern const char *const cmpop_ufunc[CMP_COUNT];
extern const char *const unop_ufunc[UN_COUNT];

#endif
