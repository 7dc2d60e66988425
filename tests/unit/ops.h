/* ops.h: tests of single ops, written as text. An operand is `name=VALUE`, operands are separated
 * by `;`. VALUE is `fp32[2,3] 1 2 3 4 5 6` (a constant; `1*` repeats the last number to the end),
 * `fp32[2,n]` without numbers (a value that only the run knows, n a symbol), `"text"`,
 * `list 3 fp32[2]` or `fixed 3 fp32[2]` (a list of 3, that may grow or not), or `{VALUE | VALUE}`
 * for a tuple. A result that starts with `!` is an error with the rest as its text.
 */
#ifndef MILC_TESTS_OPS_H
#define MILC_TESTS_OPS_H

#include "runtime/eval.h"
#include "ir/build.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

enum { OPS_MAX = 64 };

typedef struct OpsCtx {
	Arena arena;
	Interner names;
	Types types;
	Diag diag;
	Program *prog;
	Func *func;
	Builder b;
	Buf text; /* messages */
} OpsCtx;

static inline void
ops_sink(void *ctx, const char *text, size_t n)
{
	buf_put(ctx, text, n);
}

static inline void
ops_init(OpsCtx *c)
{
	memset(c, 0, sizeof *c);
	intern_init(&c->names, &c->arena);
	types_init(&c->types, &c->arena, &c->names);
	diag_init(&c->diag, &c->arena);
	c->diag.sink = ops_sink;
	c->diag.sink_ctx = &c->text;
	c->prog = program_new(&c->arena, &c->names, &c->types, &c->diag);
	c->func = func_new(c->prog, intern_cstr(&c->names, "main"), NOSPAN);
	builder_init(&c->b, c->prog, c->func);
}

static inline void
ops_free(OpsCtx *c)
{
	buf_free(&c->text);
	intern_free(&c->names);
	arena_free(&c->arena);
}

/* What an operand says. Without numbers `val` is 0. */
typedef struct OpsValue {
	DType dtype;
	Dim dim[8];
	int rank;
	const Tensor *val;
	const Type *list; /* of a list */
} OpsValue;

static inline const char *
ops_skip(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

static inline const char *
ops_dims(OpsCtx *c, const char *s, OpsValue *v)
{
	char *end;

	for (s++; *s != ']'; s += *s == ',') {
		if (*s >= '0' && *s <= '9') {
			v->dim[v->rank++] = strtoll(s, &end, 10);
			s = end;
		} else {
			size_t n = strcspn(s, ",]");
			const Str *name = intern(&c->names, s, n);
			Dim d = sym_find(&c->types, name);
			v->dim[v->rank++] = d ? d : sym_new(&c->types, name);
			s += n;
		}
	}
	return s + 1;
}

static inline const char *ops_value(OpsCtx *c, const char *s, OpsValue *v);

static inline const Type *
ops_type(OpsCtx *c, const OpsValue *v)
{
	return v->rank ? type_tensor(&c->types, v->dtype, v->dim, (uint32_t)v->rank)
	               : type_scalar(&c->types, v->dtype);
}

static inline const char *
ops_list(OpsCtx *c, const char *s, OpsValue *v)
{
	bool dynamic = *s == 'l';
	char *end;
	int64_t n = strtoll(s + (dynamic ? 5 : 6), &end, 10);

	s = ops_value(c, end, v);
	v->list = type_list(&c->types, ops_type(c, v), n, dynamic);
	return s;
}

static inline const char *
ops_numbers(const char *s, Tensor *t)
{
	bool again = false;
	double d = 0;

	for (int64_t i = 0; i < t->count; i++) {
		char *end;
		s = ops_skip(s);
		if (!again) {
			if (strchr("tTfF", *s) && *s)
				d = *s == 't' || *s == 'T', end = (char *)(uintptr_t)s + 1;
			else
				d = strtod(s, &end);
			if (end == s)
				die("too few numbers at %s", s);
			again = *end == '*';
			s = end + again;
		}
		if (dtype_is_int(t->dtype))
			tensor_set_i(t, i, (int64_t)d);
		else
			tensor_set_f(t, i, d);
	}
	return ops_skip(s);
}

static inline const char *
ops_value(OpsCtx *c, const char *s, OpsValue *v)
{
	char name[16] = {0};
	size_t n;
	Tensor *t;
	int64_t count = 1;

	memset(v, 0, sizeof *v);
	s = ops_skip(s);
	if (strncmp(s, "list ", 5) == 0 || strncmp(s, "fixed ", 6) == 0)
		return ops_list(c, s, v);
	if (*s == '"') {
		n = strcspn(s + 1, "\"");
		v->dtype = DT_STRING;
		v->val = tensor_scalar_str(&c->arena, intern(&c->names, s + 1, n));
		return s + n + 2;
	}
	n = strcspn(s, "[ ;|}");
	memcpy(name, s, n < 15 ? n : 15);
	v->dtype = dtype_from_mil(name);
	if (v->dtype == DT_NONE)
		die("bad type in %s", s);
	s += n;
	if (*s == '[')
		s = ops_dims(c, s, v);
	s = ops_skip(s);
	for (int i = 0; i < v->rank; i++)
		count *= v->dim[i] < 0 ? 1 : v->dim[i];
	if (count && (!*s || strchr(";|}", *s)))
		return s;
	v->val = t = tensor_new(&c->arena, v->dtype, v->dim, v->rank);
	return ops_numbers(s, t);
}

/* One operand: up to `max` values. Returns what follows it. */
static inline const char *
ops_operand(OpsCtx *c, const char *s, char *name, OpsValue *v, int *n, bool *tuple)
{
	size_t k = strcspn(s = ops_skip(s), "=");

	memcpy(name, s, k);
	name[k] = 0;
	s = ops_skip(s + k + 1);
	*tuple = *s == '{';
	*n = 0;
	if (*tuple) {
		for (s = ops_skip(s + 1); *s != '}'; s = ops_skip(s + (*s == '|')))
			s = ops_skip(ops_value(c, s, &v[(*n)++]));
		s++;
	} else {
		s = ops_value(c, s, &v[(*n)++]);
	}
	s = ops_skip(s);
	return *s == ';' ? ops_skip(s + 1) : s;
}

static inline bool
ops_near(DType d, double got, double want)
{
	double eps = d == DT_FP16 ? 1.0 / 1024 : 1e-6;

	if (isnan(want) || isnan(got))
		return isnan(want) && isnan(got);
	if (got == want)
		return true;
	return dtype_is_float(d) && fabs(got - want) <= eps * fabs(want) + 1e-12;
}

static inline bool
ops_same(const Tensor *got, const OpsValue *want)
{
	if (got->dtype != want->dtype || got->rank != want->rank)
		return false;
	for (int i = 0; i < got->rank; i++)
		if (got->dim[i] != want->dim[i])
			return false;
	for (int64_t i = 0; i < got->count; i++)
		if (!ops_near(got->dtype, tensor_f(got, i), tensor_f(want->val, i)))
			return false;
	return true;
}

static inline void
ops_put(Buf *b, const Tensor *t)
{
	buf_printf(b, "%s[", dtype_info[t->dtype].mil);
	for (int i = 0; i < t->rank; i++)
		buf_printf(b, "%s%lld", i ? "," : "", (long long)t->dim[i]);
	buf_puts(b, "]");
	for (int64_t i = 0; i < t->count && i < 40; i++)
		buf_printf(b, dtype_is_int(t->dtype) ? " %.12g" : " %.9g", tensor_f(t, i));
}

/* Counts a row; of one that failed, both results. */
static inline void
ops_report(const char *file, int line, const char *op, const char *in, bool ok, const char *got,
           const char *expect)
{
	char what[1024];

	snprintf(what, sizeof what, "%s:%d: %s of %s", file, line, op, in);
	if (!check_count(what, ok))
		fprintf(stderr, "  expected %s\n  got      %s\n", expect, got ? got : "no value");
}

/* Evaluates the op on constants and compares output `which`. */
static inline void
ops_eval_out(const char *file, int line, const char *op, Opset opset, const char *in,
             uint32_t which, const char *expect)
{
	OpsCtx c;
	const OpDef *d = op_for_opset(op_find(op, strlen(op)), opset);
	EvalArg arg[MAX_PARAMS] = {0};
	RtValue out[8] = {0};
	OpsValue v[OPS_MAX], want;
	uint64_t seed = 1;
	bool tuple, ok;
	char name[64];
	Buf text = {0};
	int n;
	Eval e;

	ops_init(&c);
	for (const char *s = in; *s;) {
		RtValue *r;
		int k;
		s = ops_operand(&c, s, name, v, &n, &tuple);
		k = op_param(d, name);
		if (k < 0)
			die("%s has no %s", op, name);
		r = newn(&c.arena, RtValue, (size_t)n + 1);
		for (int i = 0; i < n; i++)
			r[i].t = v[i].val;
		arg[k] = (EvalArg){r, (uint32_t)n};
	}
	e = (Eval){.arena = &c.arena, .row = d, .arg = arg, .out = out, .nout = 8, .seed = &seed};
	if (*expect != '!')
		ops_value(&c, expect, &want), e.out_dtype = which ? DT_NONE : want.dtype;
	ok = d->eval(&e);
	if (*expect == '!') {
		ok = !ok && strcmp(e.err, expect + 1) == 0;
		buf_printf(&text, "!%s", e.err);
	} else if (ok) {
		ok = out[which].t && ops_same(out[which].t, &want);
		if (out[which].t)
			ops_put(&text, out[which].t);
	} else {
		buf_printf(&text, "!%s", e.err);
	}
	ops_report(file, line, op, in, ok, text.at, expect);
	buf_free(&text);
	ops_free(&c);
}

#define EVAL(op, in, expect) ops_eval_out(__FILE__, __LINE__, op, IOS13, in, 0, expect)
#define EVALV(op, opset, in, expect) ops_eval_out(__FILE__, __LINE__, op, opset, in, 0, expect)
#define EVAL_OUT(op, in, which, expect)                                                            \
	ops_eval_out(__FILE__, __LINE__, op, IOS13, in, which, expect)

static inline Operand
ops_given(OpsCtx *c, const char *name, const OpsValue *v)
{
	Operand o = {.name = name};

	if (v->val) {
		o.kind = A_TENSOR;
		o.tensor = v->val;
	} else {
		o.kind = A_VAR;
		o.var = block_add_param(c->func->body, intern_cstr(&c->names, name),
		                        v->list ? v->list : ops_type(c, v));
	}
	return o;
}

/* Builds the op and compares the type of output `which`, or the message. */
static inline void
ops_infer(const char *file, int line, const char *op, Opset opset, const char *in, uint32_t which,
          const char *expect)
{
	OpsCtx c;
	Operand arg[MAX_PARAMS];
	uint32_t narg = 0, nout = 0;
	OpsValue v[OPS_MAX];
	char name[64];
	Var **out = NULL;
	bool tuple, ok;
	const char *got = "";
	int n;

	ops_init(&c);
	c.b.opset = opset;
	for (const char *s = in; *s;) {
		s = ops_operand(&c, s, name, v, &n, &tuple);
		char *key = arena_strdup(&c.arena, name);
		if (tuple) {
			Operand *item = newn(&c.arena, Operand, (size_t)n + 1);
			for (int i = 0; i < n; i++)
				item[i] = ops_given(&c, key, &v[i]);
			arg[narg] = (Operand){.kind = A_LIST, .name = key};
			arg[narg].list.item = item;
			arg[narg++].list.n = (uint32_t)n;
		} else {
			arg[narg++] = ops_given(&c, key, &v[0]);
		}
	}
	ok = build_op(&c.b, op_find(op, strlen(op)), NULL, arg, narg, &out, &nout);
	diag_flush(&c.diag);
	if (!ok)
		got = c.text.n ? check_message(c.text.at) : "failed without a message";
	else if (which < nout)
		got = type_str(&c.types, out[which]->type);
	ok = ok == (*expect != '!') && strcmp(got, expect + (*expect == '!')) == 0;
	ops_report(file, line, op, in, ok, got, expect);
	ops_free(&c);
}

#define INFER(op, in, expect) ops_infer(__FILE__, __LINE__, op, OPSET_NONE, in, 0, expect)
#define INFERV(op, opset, in, expect) ops_infer(__FILE__, __LINE__, op, opset, in, 0, expect)
#define INFER_OUT(op, in, which, expect)                                                           \
	ops_infer(__FILE__, __LINE__, op, OPSET_NONE, in, which, expect)

#endif
