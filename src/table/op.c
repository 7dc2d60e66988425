/* op.c: the table itself, made from the .def rows, and looking things up in it. Rows of one op
 * stand together, oldest first. */
#include "op.h"

/* Of all rules and evaluators: whichever is missing is named by the linker. */
#include "opevals.h"
#include "oprules.h"

#define eval_none NULL /* in the eval column: no evaluator yet */

#define PARAM(n, kind, c, o, group, mask, d) {#n, ARG_##n, kind, c, o, group, mask, d}
#define IN(n, g, m) PARAM(n, P_TENSOR, false, false, g, m, 0)
#define OPT(n, g, m) PARAM(n, P_TENSOR, false, true, g, m, 0)
#define OPT_(n, g, m, d) PARAM(n, P_TENSOR, false, true, g, m, d)
#define ATTR(n, g, m) PARAM(n, P_TENSOR, true, false, g, m, 0)
#define OPTATTR(n, g, m) PARAM(n, P_TENSOR, true, true, g, m, 0)
#define ATTR_(n, g, m, d) PARAM(n, P_TENSOR, true, true, g, m, d)
#define TUPLE(n) PARAM(n, P_TUPLE, false, false, 0, 0, 0)
#define LIST(n) PARAM(n, P_LIST, false, false, 0, 0, 0)
#define STATE(n) PARAM(n, P_STATE, false, false, 0, 0, 0)
#define FN(n) PARAM(n, P_FN, false, false, 0, 0, 0)
#define INTERNAL(n) PARAM(n, P_INTERNAL, false, false, 0, 0, 0)
#define INTERNAL_(n) PARAM(n, P_INTERNAL, false, true, 0, 0, 0)
#define COUNT(...) (sizeof((const Param[]){__VA_ARGS__}) / sizeof(Param))

static const OpDef table[] = {
#define OP(name, row, family, since, rule, eval, flags, ...)                                       \
	{OP_##name, #name, family, since, flags, COUNT(__VA_ARGS__), infer_##rule, eval_##eval,    \
	 {__VA_ARGS__}},
#define OPV OP
#include "oprows.h"
#undef OP
#undef OPV
};

static const uint16_t oldest[OP_COUNT] = {
#define OP(name, row, ...) [OP_##name] = row,
#define OPV(...)
#include "oprows.h"
#undef OP
#undef OPV
};

static const char *const what[OP_COUNT] = {
#define WHAT(name, text) [OP_##name] = text,
#include "ops/what.def"
#undef WHAT
};

const char *
op_what(Opcode code)
{
	return what[code];
}

const OpDef *
op_rows(size_t *n)
{
	*n = countof(table);
	return table;
}

const OpDef *
op_oldest(Opcode code)
{
	return &table[oldest[code]];
}

const OpDef *
op_newer(const OpDef *d)
{
	if (d->flags & OPAQUE)
		return NULL;
	return d + 1 < table + countof(table) && d[1].code == d->code ? d + 1 : NULL;
}

const OpDef *
op_for_opset(Opcode code, Opset o)
{
	const OpDef *best = NULL;

	for (const OpDef *d = op_oldest(code); d; d = op_newer(d))
		if (d->since <= o)
			best = d;
	return best;
}

Opcode
op_find(const char *name, size_t len)
{
	for (size_t i = 0; i < countof(table); i++)
		if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
			return table[i].code;
	return OP_none;
}

int
op_param(const OpDef *d, const char *name)
{
	for (uint32_t i = 0; i < d->nparam; i++)
		if (d->param[i].name == name ||
		    (d->param[i].name[0] == name[0] && !strcmp(d->param[i].name, name)))
			return (int)i;
	return -1;
}

int
op_column(const OpDef *d, ArgName arg)
{
	for (uint32_t i = 0; i < d->nparam; i++)
		if (d->param[i].arg == arg)
			return (int)i;
	return -1;
}

const char *
arg_name(ArgName arg)
{
	static const char *const name[] = {"",
#define ARG(n) #n,
#include "opargs.h"
#undef ARG
	};

	return name[arg];
}

/* What other libraries call an op, or what comes nearest to it. */
static const struct Synonym {
	const char *other, *op;
} synonyms[] = {
    {"argmax", "reduce_argmax"},
    {"argmin", "reduce_argmin"},
    {"avgpool", "avg_pool"},
    {"batchnorm", "batch_norm"},
    {"bmm", "matmul"},
    {"cat", "concat"},
    {"concatenate", "concat"},
    {"constant", "const"},
    {"conv1d", "conv"},
    {"conv2d", "conv"},
    {"conv3d", "conv"},
    {"dense", "linear"},
    {"div", "real_div"},
    {"divide", "real_div"},
    {"dot", "matmul"},
    {"flatten", "flatten2d"},
    {"fully_connected", "linear"},
    {"hardtanh", "clip"},
    {"instancenorm", "instance_norm"},
    {"layernorm", "layer_norm"},
    {"maxpool", "max_pool"},
    {"mean", "reduce_mean"},
    {"mm", "matmul"},
    {"multiply", "mul"},
    {"permute", "transpose"},
    {"power", "pow"},
    {"subtract", "sub"},
    {"sum", "reduce_sum"},
    {"swish", "silu"},
    {"unsqueeze", "expand_dims"},
    {"view", "reshape"},
    {"where", "select"},
};

const char *
op_nearest(const char *name)
{
	const char *names[OP_COUNT];
	size_t n = 0;

	for (size_t i = 0; i < countof(synonyms); i++)
		if (strcmp(synonyms[i].other, name) == 0)
			return synonyms[i].op;

	for (int code = 1; code < OP_COUNT; code++)
		names[n++] = op_oldest((Opcode)code)->name;
	return nearest(name, names, n);
}

static const struct OpsetRow {
	Opset opset;
	const char *ios, *macos, *watchos, *tvos, *coreml, *tag;
} opsets[] = {
    {IOS13, "iOS13", "macOS10_15", "watchOS6", "tvOS13", "CoreML3", "ios13"},
    {IOS14, "iOS14", "macOS11", "watchOS7", "tvOS14", "CoreML4", "ios14"},
    {IOS15, "iOS15", "macOS12", "watchOS8", "tvOS15", "CoreML5", "ios15"},
    {IOS16, "iOS16", "macOS13", "watchOS9", "tvOS16", "CoreML6", "ios16"},
    {IOS17, "iOS17", "macOS14", "watchOS10", "tvOS17", "CoreML7", "ios17"},
    {IOS18, "iOS18", "macOS15", "watchOS11", "tvOS18", "CoreML8", "ios18"},
    {IOS26, "iOS26", "macOS26", "watchOS26", "tvOS26", "CoreML9", "ios26"},
    {IOS14, "iOS14", "macOS10_16", "watchOS7", "tvOS14", "CoreML4", "ios14"},
};

static const struct OpsetRow *
opset_row(Opset o)
{
	for (size_t i = 0; i < countof(opsets); i++)
		if (opsets[i].opset == o)
			return &opsets[i];
	die("no opset %d", (int)o);
}

const char *
opset_name(Opset o)
{
	return opset_row(o)->ios;
}

const char *
opset_coreml(Opset o)
{
	return opset_row(o)->coreml;
}

const char *
opset_mil_tag(Opset o)
{
	return opset_row(o)->tag;
}

Opset
opset_from_name(const char *s)
{
	if (strncmp(s, "ct.target.", 10) == 0)
		s += 10;
	for (size_t i = 0; i < countof(opsets); i++) {
		const struct OpsetRow *r = &opsets[i];
		if (!strcmp(s, r->ios) || !strcmp(s, r->macos) || !strcmp(s, r->watchos) ||
		    !strcmp(s, r->tvos))
			return r->opset;
	}
	return OPSET_NONE;
}
