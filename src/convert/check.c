/* check.c: what ct.convert refuses. Errors stand where the cause is: at an argument of the call, at
 * an operation, at a function; the call itself is added as a note.
 */
#include "convert.h"

bool
convert_error(Convert *c, Span at, const char *fmt, ...)
{
	Span call = c->o->span, place = at.at && !c->adding ? at : call;

	WITH_ARGS(fmt, ap, diag_vreport(c->d, DIAG_ERROR, place, fmt, ap));
	if (c->adding && at.at)
		diag_note(c->d, at, "it is here");
	else if (call.at && call.at != place.at)
		diag_note(c->d, call, "while converting the program here");
	return false;
}

static bool
check_target(Convert *c)
{
	const ConvertOptions *o = c->o;
	Span at = o->target_span.at ? o->target_span : o->format_span;

	if (o->target == OPSET_NONE || o->format == FORMAT_AUTO)
		return true;
	if (o->format == FORMAT_MLPROGRAM && o->target < IOS15)
		return convert_error(
		    c, at,
		    "an ML Program needs iOS15 or newer, but the target is %s: raise "
		    "minimum_deployment_target or convert to neuralnetwork",
		    opset_name(o->target));
	if (o->format == FORMAT_NEURALNETWORK && o->target >= IOS15)
		return convert_error(
		    c, at,
		    "a NeuralNetwork is for targets up to iOS14, but the target is %s: convert to "
		    "mlprogram or lower minimum_deployment_target",
		    opset_name(o->target));
	return true;
}

static bool
check_input_range(Convert *c, const InputSpec *in)
{
	for (uint32_t k = 0; k < in->rank && in->has_shape && !in->nshape; k++) {
		const DimRange *r = &in->dim[k];
		const char *name = in->name ? in->name->s : "?";
		if (r->upper == RANGE_UNSAID)
			continue;
		if (r->upper < 0 && c->format == FORMAT_MLPROGRAM)
			return convert_error(c, in->span,
			                     "dimension %u of input '%s' has no upper bound: an ML "
			                     "Program needs one, give RangeDim an upper_bound",
			                     k, name);
		if (r->upper >= 0 && r->lower > r->upper)
			return convert_error(c, in->span,
			                     "dimension %u of input '%s' has lower bound %lld "
			                     "above its upper bound %lld",
			                     k, name, (long long)r->lower, (long long)r->upper);
		if (r->dflt < r->lower || (r->upper >= 0 && r->dflt > r->upper))
			return convert_error(c, in->span,
			                     "dimension %u of input '%s' has the default %lld "
			                     "outside of its range %lld to %lld",
			                     k, name, (long long)r->dflt, (long long)r->lower,
			                     (long long)r->upper);
	}
	return true;
}

/* What inputs and outputs may be made of depends on the target that was asked for. */
static bool
check_dtype(Convert *c, const InputSpec *s, const char *what)
{
	Opset need = s->dtype == DT_FP16 ? IOS16 : s->dtype == DT_INT8 ? IOS26 : IOS13;

	if (need == IOS13 || c->o->target >= need)
		return true;
	return convert_error(c, s->span,
	                     "%s '%s' asks for dtype %s, which needs minimum_deployment_target %s "
	                     "or newer",
	                     what, s->name ? s->name->s : "?", dtype_info[s->dtype].mil,
	                     opset_name(need));
}

static bool
check_inputs(Convert *c)
{
	const InputSpec *flexible = 0;

	for (uint32_t i = 0; i < c->o->ninput; i++) {
		const InputSpec *in = &c->o->input[i];
		const char *name = in->name ? in->name->s : "?";
		if (!in->name && (c->format == FORMAT_MLPROGRAM || in->color))
			return convert_error(c, in->span,
			                     "an element of inputs has no name: give the name of "
			                     "the input it describes");
		if (in->channel_last && !in->has_shape)
			return convert_error(c, in->span,
			                     "image input '%s' with channel_first=False needs "
			                     "shape= beside it",
			                     name);
		if (!check_dtype(c, in, "input") || !check_input_range(c, in))
			return false;
		if (!in->nshape || c->format != FORMAT_MLPROGRAM)
			continue;
		if (flexible && c->o->target < IOS18)
			return convert_error(c, in->span,
			                     "input '%s' is the second one with enumerated shapes: "
			                     "before iOS18 only one input may have them",
			                     name);
		if (flexible && flexible->nshape != in->nshape)
			return convert_error(c, in->span,
			                     "input '%s' has %u enumerated shapes, but '%s' has "
			                     "%u: all inputs need the same number",
			                     name, in->nshape, flexible->name->s, flexible->nshape);
		flexible = in;
	}
	for (uint32_t i = 0; i < c->o->noutput; i++)
		if (!check_dtype(c, &c->o->output[i], "output"))
			return false;
	return true;
}

bool
check_options(Convert *c)
{
	if (!check_target(c))
		return false;
	if (c->format == FORMAT_NEURALNETWORK && c->o->precision != PRECISION_AUTO)
		return convert_error(
		    c, c->o->precision_span,
		    c->o->precision_span.at
		        ? "compute_precision is for ML Programs, but the format is neuralnetwork: "
		          "leave it out"
		        : "--precision is for ML Programs, but the format is neuralnetwork: leave "
		          "it out, or convert with -t mlprogram");
	return check_inputs(c);
}

/* ---- the program ---- */

/* The rows of the op table that the program uses, each with the first operation of it. */
typedef struct Rows {
	const OpDef *row;
	size_t n;
	const Inst **first;
} Rows;

static void
see_block(Rows *r, const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nblock; k++)
			see_block(r, i->block[k]);
		if (!(i->op->flags & OPAQUE) && !r->first[i->op - r->row])
			r->first[i->op - r->row] = i;
	}
}

static const Inst *
newest_inst(const Rows *r)
{
	const Inst *newest = 0;

	for (size_t k = 0; k < r->n; k++)
		if (r->first[k] && r->row[k].since > (newest ? newest->op->since : IOS13))
			newest = r->first[k];
	return newest;
}

static bool
check_outdated(Convert *c, const Rows *r, Opset newest, const Inst *because)
{
	const Inst *old = 0;

	for (size_t k = 0; k < r->n; k++) {
		const OpDef *want = op_for_opset(r->row[k].code, newest);
		if (r->first[k] && want && want != &r->row[k] && !(r->row[k].flags & DIALECT) &&
		    (!old || r->first[k]->span.at < old->span.at))
			old = r->first[k];
	}
	if (!old)
		return true;
	convert_error(
	    c, old->span,
	    "%s is the version of %s here, outdated beside operations of %s: give @mb.program "
	    "opset_version=ct.target.%s",
	    old->op->name, opset_name(old->op->since), opset_name(newest), opset_name(newest));
	if (because && because->span.at)
		diag_note(c->d, because->span, "%s is of %s", because->op->name,
		          opset_name(newest));
	return false;
}

static bool
check_function_opset(Convert *c, Func *f, Opset newest)
{
	const Func *first = c->prog->funcs.at[0];

	if (f->opset == OPSET_NONE)
		f->opset = newest;
	if (f->opset < newest)
		return convert_error(
		    c, f->span,
		    "function '%s' has opset_version %s, but the program uses operations of %s",
		    f->name->s, opset_name(f->opset), opset_name(newest));
	if (f->opset != first->opset)
		return convert_error(
		    c, f->span,
		    "function '%s' has opset_version %s and function '%s' %s: all functions of a "
		    "program need the same",
		    f->name->s, opset_name(f->opset), first->name->s, opset_name(first->opset));
	return true;
}

static void
see_program(Rows *r, const Program *p, Arena *a)
{
	r->row = op_rows(&r->n);
	r->first = newn(a, const Inst *, r->n);
	for (uint32_t k = 0; k < p->funcs.n; k++)
		see_block(r, p->funcs.at[k]->body);
}

/* The versions of a program's operations against each other and against its functions. */
static bool
check_rows(Convert *c, const Rows *r)
{
	const Inst *because = newest_inst(r);
	Opset newest = because ? because->op->since : IOS13;
	bool ok = check_outdated(c, r, newest, because);

	for (uint32_t k = 0; k < c->prog->funcs.n && ok; k++)
		ok = check_function_opset(c, c->prog->funcs.at[k], newest);
	return ok;
}

bool
check_functions(Program *p, Span call)
{
	Convert c = {.prog = p, .o = &(ConvertOptions){.span = call}, .d = p->diag, .adding = true};
	Arena a = {0};
	Rows r;
	bool ok;

	see_program(&r, p, &a);
	ok = check_rows(&c, &r);
	arena_free(&a);
	return ok;
}

static bool
check_versions(Convert *c)
{
	Arena a = {0};
	Rows r;
	bool ok = true;

	see_program(&r, c->prog, &a);
	const Inst *because = newest_inst(&r);
	Opset newest = because ? because->op->since : IOS13;
	if (c->exact && !c->o->target) {
		/* A single pass is looked at: the model is for whatever the program is for. */
		c->spec = MAX(c->spec, newest);
		for (uint32_t k = 0; k < c->prog->funcs.n; k++)
			c->spec = MAX(c->spec, c->prog->funcs.at[k]->opset);
	}
	if (newest > c->spec)
		ok = convert_error(c, because->span,
		                   "%s is an operation of %s, but the model is for %s: set %s%s",
		                   because->op->name, opset_name(newest), opset_name(c->spec),
		                   c->o->implied ? "--target "
		                                 : "minimum_deployment_target=ct.target.",
		                   opset_name(newest));
	ok = ok && check_rows(c, &r);
	arena_free(&a);
	return ok;
}

/* Two different outputs, or an output and an input, of one name. */
static bool
check_names(Convert *c, const Func *f)
{
	Map taken;
	bool ok = true;
	Arena a = {0};

	map_init(&taken, &a);
	for (uint32_t k = 0; k < f->body->nparam; k++)
		map_put(&taken, KEY(f->body->param[k]->name), f->body->param[k]);
	for (uint32_t k = 0; k < f->body->nout && ok; k++) {
		const Var *v = f->body->out[k]->var, *w = map_get(&taken, KEY(v->name));
		Span at = v->def ? v->def->span : f->span;
		if (w && w != v && w->param_of)
			ok = convert_error(
			    c, at,
			    "output '%s' has the name of an input: give it another with name=",
			    v->name->s);
		else if (w && w != v)
			ok = convert_error(
			    c, at, "two outputs are named '%s': rename one with name=", v->name->s);
		map_put(&taken, KEY(v->name), f->body->out[k]->var);
	}
	arena_free(&a);
	return ok;
}

bool
check_program(Convert *c)
{
	Program *p = c->prog;

	if (!c->main)
		return convert_error(c, p->span,
		                     "the program has no function '%s': it cannot be converted",
		                     p->default_func->s);
	if (c->format == FORMAT_NEURALNETWORK && !c->described)
		return convert_error(c, p->span,
		                     "a NeuralNetwork is made of the function 'main', which the "
		                     "program does not have");
	if (c->format == FORMAT_NEURALNETWORK && p->funcs.n != 1)
		return convert_error(
		    c, p->span, "the program has %u functions, but a NeuralNetwork holds only one",
		    p->funcs.n);
	if (p->multifunction && c->spec < IOS18 && !c->exact)
		return convert_error(
		    c, p->span,
		    "a multi-function model needs iOS18, but the target is %s: set "
		    "minimum_deployment_target=ct.target.iOS18",
		    opset_name(c->spec));
	if (p->multifunction && c->o->classifier)
		return convert_error(
		    c, c->o->classifier->span,
		    "a multi-function model cannot be a classifier: leave out classifier_config");
	if (!check_versions(c))
		return false;
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (!check_names(c, p->funcs.at[k]))
			return false;
	return true;
}

/* ---- the result ---- */

static bool
feeds_only_constexpr(const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (!u->user || !(u->user->op->flags & CONSTEXPR))
			return false;
	return true;
}

/* An input of i with more dimensions than Core ML has: the cause, where the user can change it. */
static const Var *
input_of_rank(const Inst *i, uint32_t rank)
{
	for (uint32_t k = 0; k < i->op->nparam; k++)
		for (uint32_t n = 0; n < i->arg[k].n; n++) {
			const Var *v = arg_at(&i->arg[k], n);
			if (v->param_of && !v->param_of->parent && v->type->rank >= rank)
				return v;
		}
	return NULL;
}

static bool
check_rank(Convert *c, const Inst *i)
{
	const Var *in;

	for (uint32_t k = 0; k < i->nout; k++) {
		const Type *t = i->out[k]->type;
		if (t->kind != TY_TENSOR || t->rank <= 5)
			continue;
		if ((i->op->code == OP_const || i->op->flags & CONSTEXPR) &&
		    feeds_only_constexpr(i->out[k]))
			continue;
		in = input_of_rank(i, 6);
		if (in)
			return convert_error(
			    c, in->param_of->func->param_span[in->index],
			    "input '%s' has rank %u: a Core ML model takes tensors up to rank 5",
			    in->name->s, in->type->rank);
		return convert_error(
		    c, i->span,
		    "%s '%s' has a result of rank %u: a Core ML model takes tensors up to rank 5",
		    i->op->name, i->name->s, t->rank);
	}
	return true;
}

static bool
check_constants(Convert *c, const Inst *i)
{
	for (uint32_t k = 0; k < i->op->nparam; k++) {
		const Var *v = i->arg[k].n == 1 ? i->arg[k].u[0]->var : 0;
		if (!v || !i->op->param[k].constant || v->val)
			continue;
		if (v->def && v->def->op->flags & CONSTEXPR)
			continue;
		return convert_error(c, i->span,
		                     "operand %s of %s '%s' must be a constant, but '%s' is "
		                     "computed when the model runs",
		                     i->op->param[k].name, i->op->name, i->name->s, v->name->s);
	}
	return true;
}

/* Names that nothing made sane, as where --passes leaves that out. */
static bool
check_text(Convert *c, Span at, const Str *name)
{
	Buf shown = {0};
	bool ok = !name || !memchr(name->s, 0, name->len);

	for (uint32_t k = 0; !ok && k < name->len; k++)
		if (name->s[k])
			buf_byte(&shown, name->s[k]);
		else
			buf_puts(&shown, "\\x00");
	if (!ok)
		convert_error(c, at,
		              "the name '%s' has a NUL, which no file holds: leave it out, or let "
		              "the pass sanitize_name_strings do that",
		              shown.at);
	buf_free(&shown);
	return ok;
}

static bool
check_texts(Convert *c, const Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++)
		if (!check_text(c, i->span, i->out[k]->name))
			return false;
	for (uint32_t k = 0; k < i->nblock; k++)
		for (uint32_t n = 0; n < i->block[k]->nparam; n++)
			if (!check_text(c, i->span, i->block[k]->param[n]->name))
				return false;
	return check_text(c, i->span, i->name);
}

static bool
check_block(Convert *c, const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!check_block(c, i->block[k]))
				return false;
		if (!check_texts(c, i))
			return false;
		if (!c->exact && (!check_rank(c, i) || !check_constants(c, i)))
			return false;
		if (i->op->flags & DIALECT && i->op->code != OP_coreml_update_state)
			return convert_error(c, i->span,
			                     "%s '%s' is no Core ML operation and no pass of this "
			                     "conversion lowers it",
			                     i->op->name, i->name->s);
		if (c->format == FORMAT_NEURALNETWORK && i->op->code == OP_coreml_update_state)
			return convert_error(
			    c, i->span,
			    "%s '%s' updates a state, which a NeuralNetwork does not have",
			    i->op->name, i->name->s);
	}
	return true;
}

bool
check_result(Convert *c)
{
	for (uint32_t k = 0; k < c->prog->funcs.n; k++) {
		const Func *f = c->prog->funcs.at[k];
		for (uint32_t n = 0; n < f->body->nparam; n++)
			if (!check_text(c, f->span, f->body->param[n]->name))
				return false;
		if (!check_text(c, f->span, f->name) || !check_block(c, f->body))
			return false;
	}
	return true;
}
