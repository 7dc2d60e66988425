/* opcase.h: tests of type rules and evaluators as text. A case is an op, an opset, its operands and
 * what comes out:
 *
 *   {"concat", IOS13, "values=(fp32[2]{1,2};fp32[1]{3}) axis=0", "fp32[3]{1,2,3}"}
 *
 * A value is `dtype[dims]{elements}`, or `dtype[dims]?` for a parameter of the function whose value
 * is not known (a dimension may be a name: a symbol), or the short forms 1, 0.5, true, 'text' and
 * [1,2]. The result is written the same way; a dimension with a new symbol in it is `?`, a value
 * with symbols is (a,b). "!TEXT" means that the op is refused with that message.
 */
#ifndef MILC_TESTS_OPCASE_H
#define MILC_TESTS_OPCASE_H

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "runtime/eval.h"
#include "ir/build.h"
#include "check.h"

typedef struct OpCase {
	const char *op;
	Opset opset;
	const char *args, *expect;
} OpCase;

typedef struct CaseRun {
	Arena arena;
	Interner names;
	Types types;
	Diag diag;
	Program *prog;
	Func *func;
	Builder b;
} CaseRun;

static void
case_said(void *ctx, const char *text, size_t len)
{
	buf_put(ctx, text, len);
}

static char *
case_word(CaseRun *r, const char **s, const char *stop)
{
	size_t n = strcspn(*s, stop);
	char *w = arena_alloc(&r->arena, n + 1);

	memcpy(w, *s, n);
	*s += n;
	return w;
}

static int
case_dims(CaseRun *r, const char **s, Dim *dim)
{
	int rank = 0;

	for (++*s; **s != ']'; *s += **s == ',') {
		const char *w = case_word(r, s, ",]");
		const Str *name = intern_cstr(&r->names, w);
		if (isdigit((unsigned char)*w))
			dim[rank++] = strtoll(w, NULL, 10);
		else if (sym_find(&r->types, name))
			dim[rank++] = sym_find(&r->types, name);
		else
			dim[rank++] = sym_new(&r->types, name);
	}
	++*s;
	return rank;
}

static void
case_element(CaseRun *r, Tensor *t, int64_t i, const char *w)
{
	if (t->dtype == DT_STRING)
		((const Str **)t->data)[i] = intern_cstr(&r->names, w);
	else if (dtype_is_float(t->dtype))
		tensor_set_f(t, i, strtod(w, NULL));
	else
		tensor_set_i(t, i, strtoll(w, NULL, 10));
}

static Operand
case_value(CaseRun *r, const char **s)
{
	Dim dim[TENSOR_MAX_RANK] = {0};
	Operand o = {.kind = A_TENSOR};
	DType t = DT_INT32;
	int rank = 0;
	Tensor *v;

	if (**s == '\'') {
		++*s;
		o.tensor = build_str(&r->b, case_word(r, s, "'"));
		++*s;
		return o;
	}
	if (isalpha((unsigned char)**s)) {
		const char *w = case_word(r, s, "[ ;)");
		if (strcmp(w, "true") == 0 || strcmp(w, "false") == 0) {
			o.tensor = tensor_scalar_bool(&r->arena, *w == 't');
			return o;
		}
		t = dtype_from_mil(w);
		rank = case_dims(r, s, dim);
		if (*(*s)++ == '?') {
			o.kind = A_VAR;
			o.var = block_add_param(r->func->body, intern_cstr(&r->names, "p"),
			                        type_tensor(&r->types, t, dim, (uint32_t)rank));
			return o;
		}
	} else if (**s == '[') {
		const char *p = ++*s;
		rank = 1;
		dim[0] = **s != ']';
		for (; *p != ']'; p++)
			dim[0] += *p == ',';
	} else {
		const char *w = case_word(r, s, " ;)");
		bool whole = !w[strcspn(w, ".e")];
		o.tensor = whole ? tensor_scalar_i(&r->arena, DT_INT32, strtoll(w, NULL, 10))
		                 : tensor_scalar_f(&r->arena, DT_FP32, strtod(w, NULL));
		return o;
	}
	v = tensor_new(&r->arena, t, dim, rank);
	for (int64_t i = 0; i < v->count; i++, *s += **s == ',')
		case_element(r, v, i, case_word(r, s, ",]}"));
	++*s;
	o.tensor = v;
	return o;
}

static uint32_t
case_operands(CaseRun *r, const char *s, Operand *arg)
{
	uint32_t n = 0;

	for (; *s; s += strspn(s, " ")) {
		const char *name = case_word(r, &s, "=");
		s++;
		if (*s == '(') {
			Operand *item = newn(&r->arena, Operand, 20);
			uint32_t k = 0;
			for (s++; *s != ')'; s += *s == ';')
				item[k++] = case_value(r, &s);
			s++;
			arg[n] = (Operand){.kind = A_LIST, .list = {item, k}};
		} else {
			arg[n] = case_value(r, &s);
		}
		arg[n++].name = name;
	}
	return n;
}

/* Dimensions, and values with symbols: those that inference made are ?. */
static void
case_put_dim(CaseRun *r, Buf *b, Dim d)
{
	const char *s = dim_str(&r->types, d), *p = s;

	while ((p = strstr(p, "is")) && !isdigit((unsigned char)p[2]))
		p++;
	buf_puts(b, p ? "?" : s);
}

static void
case_put(CaseRun *r, Buf *b, const Type *t, const Tensor *val, const Dim *symval)
{
	buf_printf(b, "%s[", dtype_info[t->dtype].mil);
	for (uint32_t i = 0; i < t->rank; i++) {
		if (i)
			buf_byte(b, ',');
		case_put_dim(r, b, val ? val->dim[i] : t->dim[i]);
	}
	buf_puts(b, val ? "]{" : symval ? "](" : "]?");
	for (int64_t i = 0; (val || symval) && i < (val ? val->count : t->count); i++) {
		if (i)
			buf_byte(b, ',');
		if (!val)
			case_put_dim(r, b, symval[i]);
		else if (dtype_is_float(val->dtype))
			buf_printf(b, "%.6g", tensor_f(val, i) + 0.0);
		else
			buf_printf(b, "%lld", (long long)tensor_i(val, i));
	}
	buf_puts(b, val ? "}" : symval ? ")" : "");
}

/* What the evaluator makes of an op that is not folded but has known operands. */
static const Tensor *
case_eval(CaseRun *r, const Inst *k, uint32_t out, Buf *b)
{
	EvalArg arg[MAX_PARAMS] = {0};
	RtValue result[20] = {0};
	uint64_t seed = 1;
	Eval e = {.arena = &r->arena, .row = k->op, .arg = arg, .out = result, .nout = k->nout,
	          .out_dtype = k->out[0]->type->dtype, .seed = &seed};

	if (!k->op->eval || (k->op->flags & FOLD))
		return NULL;
	for (uint32_t i = 0; i < k->op->nparam; i++) {
		RtValue *v = newn(&r->arena, RtValue, k->arg[i].n + 1);
		for (uint32_t j = 0; j < k->arg[i].n; j++)
			if (!(v[j].t = k->arg[i].u[j]->var->val))
				return NULL;
		arg[i] = (EvalArg){v, k->arg[i].n};
	}
	if (!k->op->eval(&e)) {
		buf_printf(b, "failed: %s", e.err);
		return NULL;
	}
	return result[out].t;
}

static void
op_case_result(const OpCase *c, Buf *b)
{
	CaseRun r = {0};
	Operand arg[MAX_PARAMS] = {0};
	Var **outs;
	uint32_t n = 0, narg;
	Buf said = {0};

	intern_init(&r.names, &r.arena);
	types_init(&r.types, &r.arena, &r.names);
	diag_init(&r.diag, &r.arena);
	r.diag.sink = case_said;
	r.diag.sink_ctx = &said;
	r.prog = program_new(&r.arena, &r.names, &r.types, &r.diag);
	r.func = func_new(r.prog, intern_cstr(&r.names, "main"), NOSPAN);
	builder_init(&r.b, r.prog, r.func);
	r.b.opset = c->opset;
	narg = case_operands(&r, c->args, arg);
	if (!build_op(&r.b, op_find(c->op, strlen(c->op)), NULL, arg, narg, &outs, &n))
		n = 0;
	for (uint32_t i = 0; i < n; i++) {
		const Tensor *val = outs[i]->val;
		if (i)
			buf_byte(b, ' ');
		if (!val && outs[i]->def)
			val = case_eval(&r, outs[i]->def, i, b);
		case_put(&r, b, outs[i]->type, val, outs[i]->symval);
	}
	diag_flush(&r.diag);
	if (said.n)
		buf_printf(b, "!%s", check_message(said.at));
	buf_free(&said);
	intern_free(&r.names);
	arena_free(&r.arena);
}

static void
op_case(const OpCase *c)
{
	char what[1024];
	Buf b = {0};

	op_case_result(c, &b);
	snprintf(what, sizeof what, "%s for %s of %s", c->op, opset_name(c->opset), c->args);
	check_str(what, b.at, c->expect);
	buf_free(&b);
}

#endif
