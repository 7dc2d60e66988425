/* dft.h: Fourier transforms by real operations, for lower_complex_dialect_ops. */
#ifndef MILC_DFT_H
#define MILC_DFT_H

#include "match.h"

typedef struct ReIm { /* a complex value */
	Var *re, *im;
} ReIm;

typedef struct Lower {
	PassCtx *c;
	Builder b; /* before: */
	Inst *i;
	Map done; /* complex Var -> ReIm */
} Lower;

Var *make(Lower *l, Opcode code, const Operand *arg, uint32_t narg); /* with a name of its own */
#define MAKE(code, ...) make(l, OP_##code, ARGS(__VA_ARGS__))
#define INTS(name, v, n) TENSOR(name, ints_tensor(l->c, (v), (int)(n)))
#define INT(name, v) INTC(&l->b, name, v)
#define NUMBER(name, v) TENSOR(name, tensor_scalar_f(l->c->prog->arena, DT_FP32, (v)))

Var *make_const(Lower *l, const Tensor *t);
/* The first `size` along the axis, or as many with zeros behind. */
Var *resize(Lower *l, Var *x, int64_t axis, int64_t size);
/* Along one axis, of which n elements count; the norm is that of l->i. */
ReIm fft(Lower *l, ReIm p, int64_t n, int64_t axis, bool inverse);
/* Of real numbers, without the half that mirrors the other. */
ReIm rfft(Lower *l, Var *x, int64_t n, int64_t axis);
/* The whole spectrum of n elements (0: as many as the half has room for) of half of it. */
ReIm mirror(Lower *l, ReIm p, int64_t n, int64_t axis);
/* Under a window that moves, as l->i (a complex_stft) says; signal.im may be 0. */
ReIm stft(Lower *l, ReIm signal);

#endif
