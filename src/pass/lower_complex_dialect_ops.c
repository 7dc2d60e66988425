/* lower_complex_dialect_ops.c: complex numbers become two real ones, and what is done with them
 * what that is for the parts (dft.c).
 *
 *   %z = complex(real_data=%a, imag_data=%b)
 *   %y = complex_real(data=%z)                ->  %y = identity(x=%a)
 */
#include "dft.h"

/* ---- operations ---- */

static ReIm
part(Lower *l, Var *v)
{
	const ReIm *p = map_get(&l->done, KEY(v));

	return p ? *p : (ReIm){NULL, NULL};
}

static ReIm
operand(Lower *l)
{
	return part(l, inst_argn(l->i, 0));
}

/* The operand of a transform; a real one gets zeros beside it. */
static ReIm
complex_operand(Lower *l)
{
	Var *x = inst_argn(l->i, 0), *shape, *zero;

	if (x->type->dtype == DT_COMPLEX64)
		return part(l, x);
	shape = MAKE(shape, VAR("x", x));
	zero = make_const(l, tensor_scalar_f(l->c->prog->arena, DT_FP32, 0));
	zero = MAKE(cast, VAR("x", zero), STRP(l->c, "dtype", "fp32"));
	return (ReIm){x, MAKE(fill, VAR("shape", shape), VAR("value", zero))};
}

static ReIm
lower_complex(Lower *l)
{
	return (ReIm){inst_arg(l->i, "real_data"), inst_arg(l->i, "imag_data")};
}

static ReIm
lower_complex_real(Lower *l)
{
	return (ReIm){MAKE(identity, VAR("x", operand(l).re)), NULL};
}

static ReIm
lower_complex_imag(Lower *l)
{
	return (ReIm){MAKE(identity, VAR("x", operand(l).im)), NULL};
}

static ReIm
lower_complex_abs(Lower *l)
{
	ReIm p = operand(l);

	p.re = MAKE(square, VAR("x", p.re));
	p.im = MAKE(square, VAR("x", p.im));
	p.re = MAKE(add, VAR("x", p.re), VAR("y", p.im));
	return (ReIm){MAKE(sqrt, VAR("x", p.re)), NULL};
}

/* What a transform of one axis or several is told. */
typedef struct Axes {
	uint32_t n;
	int64_t axis[TENSOR_MAX_RANK], size[TENSOR_MAX_RANK];
	bool said; /* the sizes are the script's */
} Axes;

static void
read_axes(Lower *l, bool several, Axes *a)
{
	const Type *t = inst_argn(l->i, 0)->type;
	const uint32_t rank = t->rank;
	const Tensor *size = inst_val(l->i, several ? "shapes" : "n");
	const Tensor *axis = inst_val(l->i, several ? "dims" : "dim");

	a->n = axis ? (uint32_t)axis->count : size ? (uint32_t)size->count : t->rank;
	a->said = size != NULL;
	for (uint32_t k = 0; k < a->n; k++) {
		a->axis[k] = axis ? tensor_i(axis, k) : t->rank - a->n + k;
		a->size[k] = size ? tensor_i(size, k) : t->dim[axis_from_front(a->axis[k], rank)];
	}
}

/* The constants that the peer hands on; nothing else uses them. */
static void
pass_on(Lower *l, int64_t size, int64_t axis)
{
	make_const(l, build_int(&l->b, size));
	make_const(l, build_int(&l->b, axis));
}

static ReIm
along_all(Lower *l, ReIm p, const Axes *a, uint32_t n, bool inverse)
{
	for (uint32_t k = 0; k < n; k++) {
		pass_on(l, a->size[k], a->axis[k]);
		p = fft(l, p, a->size[k], a->axis[k], inverse);
	}
	return p;
}

static ReIm
lower_complex_fft(Lower *l)
{
	ReIm p = complex_operand(l);
	Axes a;

	read_axes(l, false, &a);
	return fft(l, p, a.size[0], a.axis[0], false);
}

static ReIm
lower_complex_ifft(Lower *l)
{
	Axes a;

	read_axes(l, false, &a);
	return fft(l, operand(l), a.size[0], a.axis[0], true);
}

static ReIm
lower_complex_fftn(Lower *l)
{
	ReIm p = complex_operand(l);
	Axes a;

	read_axes(l, true, &a);
	return along_all(l, p, &a, a.n, false);
}

static ReIm
lower_complex_ifftn(Lower *l)
{
	Axes a;

	read_axes(l, true, &a);
	return along_all(l, operand(l), &a, a.n, true);
}

static ReIm
lower_complex_rfft(Lower *l)
{
	Axes a;

	read_axes(l, false, &a);
	return rfft(l, inst_argn(l->i, 0), a.size[0], a.axis[0]);
}

static ReIm
lower_complex_rfftn(Lower *l)
{
	Axes a;
	ReIm p;

	read_axes(l, true, &a);
	pass_on(l, a.size[a.n - 1], a.axis[a.n - 1]);
	p = rfft(l, inst_argn(l->i, 0), a.size[a.n - 1], a.axis[a.n - 1]);
	return along_all(l, p, &a, a.n - 1, false);
}

static ReIm
lower_complex_irfft(Lower *l)
{
	Axes a;
	ReIm p;

	read_axes(l, false, &a);
	p = mirror(l, operand(l), a.said ? a.size[0] : 0, a.axis[0]);
	if (!a.said)
		a.size[0] = 2 * (a.size[0] - 1);
	pass_on(l, a.size[0], a.axis[0]);
	return (ReIm){fft(l, p, a.size[0], a.axis[0], true).re, NULL};
}

static ReIm
lower_complex_irfftn(Lower *l)
{
	int64_t *size, axis;
	Axes a;
	ReIm p;

	read_axes(l, true, &a);
	size = &a.size[a.n - 1];
	axis = a.axis[a.n - 1];
	if (!a.said)
		*size = 2 * (*size - 1);
	p = along_all(l, operand(l), &a, a.n - 1, true);
	pass_on(l, *size, axis);
	p = mirror(l, p, *size, axis);
	p = fft(l, p, *size, axis, true);
	return (ReIm){resize(l, p.re, axis, *size), NULL};
}

static ReIm
lower_complex_stft(Lower *l)
{
	Var *x = inst_argn(l->i, 0);

	return stft(l, x->type->dtype == DT_COMPLEX64 ? part(l, x) : (ReIm){x, NULL});
}

static const struct {
	Opcode op;
	ReIm (*lower)(Lower *l);
	bool sizes; /* works with the sizes of its operand, which must be known */
} lowerings[] = {
    {OP_complex, lower_complex, false},
    {OP_complex_real, lower_complex_real, false},
    {OP_complex_imag, lower_complex_imag, false},
    {OP_complex_abs, lower_complex_abs, false},
    {OP_complex_fft, lower_complex_fft, true},
    {OP_complex_fftn, lower_complex_fftn, true},
    {OP_complex_ifft, lower_complex_ifft, true},
    {OP_complex_ifftn, lower_complex_ifftn, true},
    {OP_complex_rfft, lower_complex_rfft, true},
    {OP_complex_rfftn, lower_complex_rfftn, true},
    {OP_complex_irfft, lower_complex_irfft, true},
    {OP_complex_irfftn, lower_complex_irfftn, true},
    {OP_complex_stft, lower_complex_stft, false},
};

/* ---- the pass ---- */

static bool
is_complex(const Var *v)
{
	return v->type->kind == TY_TENSOR && v->type->dtype == DT_COMPLEX64;
}

static bool
refuse(Lower *l, Span at, const char *fmt, const char *a, const char *b)
{
	diag_error(l->c->prog->diag, at, fmt, a, b);
	return false;
}

/* What is complex in the operands has been taken apart. */
static bool
check_operands(Lower *l, bool sizes)
{
	const Var *x = inst_argn(l->i, 0);
	Types *t = l->c->prog->types;

	for each_operand (o, l->i)
		if (is_complex(o.var) && !map_get(&l->done, KEY(o.var)))
			return refuse(l, l->i->span,
			              "%s takes the complex value %s, which no complex operation "
			              "of the same block has made",
			              l->i->op->name, o.var->name->s);
	if (sizes && !type_all_known(x->type))
		return refuse(l, l->i->span,
		              "%s needs a value whose shape is known, but this one has %s",
		              l->i->op->name, shape_str(t, x->type->dim, x->type->rank));
	return true;
}

static bool
lower_one(Lower *l, Inst *i)
{
	ReIm p = {NULL, NULL}, *kept;
	size_t k = 0;

	while (k < countof(lowerings) && lowerings[k].op != i->op->code)
		k++;
	if (inst_is(i, OP_complex_shape))
		return refuse(l, i->span,
		              "%s cannot be converted: write mb.shape(x=%s) of a real part of it",
		              i->op->name, "…");
	if (k == countof(lowerings))
		return true;
	l->i = i;
	l->b = pass_builder_before(l->c, i);
	if (!check_operands(l, lowerings[k].sizes))
		return false;
	p = lowerings[k].lower(l);
	if (!p.re || (is_complex(i->out[0]) && !p.im))
		return refuse(l, i->span, "%s, which makes %s, cannot be done with real numbers",
		              i->op->name, i->out[0]->name->s);
	if (!is_complex(i->out[0]))
		return pass_replace(i->out[0], p.re, NULL, 0);
	kept = new(l->c->arena, ReIm);
	*kept = p;
	map_put(&l->done, KEY(i->out[0]), kept);
	return true;
}

/* Last first: what used a complex value goes before it. */
static bool
drop_lowered(Lower *l, Block *b)
{
	for (Inst *i = b->last, *prev; i; i = prev) {
		size_t k = 0;
		prev = i->prev;
		while (k < countof(lowerings) && lowerings[k].op != i->op->code)
			k++;
		if (k == countof(lowerings))
			continue;
		if (i->out[0]->uses) {
			const Inst *user = i->out[0]->uses->user;
			return refuse(l, user ? user->span : i->span,
			              "%s takes the complex value %s: only complex operations of "
			              "the same block do",
			              user ? user->op->name : "a nested block",
			              i->out[0]->name->s);
		}
		inst_remove(i);
	}
	return true;
}

bool
func_lower_complex_dialect_ops(PassCtx *c, Func *f)
{
	Lower l = {.c = c};
	Block *b = f->body;

	map_init(&l.done, c->arena);
	for (uint32_t k = 0; k < b->nout; k++)
		if (is_complex(b->out[k]->var))
			return refuse(&l, b->out[k]->var->def ? b->out[k]->var->def->span : f->span,
			              "the output %s is complex: return its parts, as "
			              "mb.complex_real(data=%s) and mb.complex_imag",
			              b->out[k]->var->name->s, b->out[k]->var->name->s);
	for each_inst (i, b)
		if (!lower_one(&l, i))
			return false;
	return drop_lowered(&l, b);
}
