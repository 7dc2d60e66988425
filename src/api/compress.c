/* compress.c: milc_compress: a model with weights in fewer bits, and what that costs: for each
 * weight, and with inputs for each output. The steps come in the order in which they can be
 * combined: pruning, tables, whole numbers. */
#include "api.h"

#include "compress/compress.h"
#include "form/read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Asked {
	Compression step[3];
	bool wanted[3];
	OpCompress what[3];
} Asked;

/* ---- what was asked for ---- */

/* "per_block=32" -> per_block, 32; the size is the second part's, if there is one. */
static bool
read_granularity(Unit *u, OpCompress *o, bool tables)
{
	static const struct {
		const char *name;
		Granularity g;
		bool sized, tables, whole;
	} known[] = {{"per_tensor", PER_TENSOR, false, true, true},
	             {"per_channel", PER_CHANNEL, false, false, true},
	             {"per_block", PER_BLOCK, true, false, true},
	             {"per_grouped_channel", PER_GROUPED_CHANNEL, true, true, false}};
	const char *text = u->o->granularity, *size = text ? strchr(text, '=') : NULL;
	size_t n = size ? (size_t)(size - text) : text ? strlen(text) : 0;
	char *end = NULL;
	long long v = size ? strtoll(size + 1, &end, 10) : 32;

	o->granularity = tables ? PER_TENSOR : PER_CHANNEL;
	for (size_t k = 0; text && k < countof(known); k++) {
		if (strlen(known[k].name) != n || memcmp(known[k].name, text, n) != 0 ||
		    !(tables ? known[k].tables : known[k].whole))
			continue;
		if (size && (!known[k].sized || *end || end == size + 1 || v < 0 || v > INT32_MAX))
			break;
		o->granularity = known[k].g;
		o->block = o->group_size = v;
		return true;
	}
	return !text || unit_wrong_use(u,
	                               "--granularity is '%s', expected %s",
	                               text,
	                               tables ? "per_tensor or per_grouped_channel=N"
	                                      : "per_tensor, per_channel or per_block=N");
}

static bool
read_linear(Unit *u, OpCompress *o)
{
	const char *mode = u->o->mode;
	bool plain = mode && !strcmp(mode, "linear");

	*o = (OpCompress){.work = WORK_LINEAR, .symmetric = !plain};
	o->dtype = dtype_from_mil(u->o->linear);
	if (!o->dtype || !dtype_is_int(o->dtype) ||
	    (dtype_bits(o->dtype) != 4 && dtype_bits(o->dtype) != 8))
		return unit_wrong_use(u, "--linear is '%s', expected int8, uint8, int4 or uint4",
		                      u->o->linear);
	if (u->o->palettize) { /* what is quantized then are the tables */
		o->granularity = PER_TENSOR;
		return true;
	}
	if (mode && !plain && strcmp(mode, "linear_symmetric") != 0)
		return unit_wrong_use(u,
		                      "--mode is '%s', expected linear or linear_symmetric with "
		                      "--linear",
		                      mode);
	return read_granularity(u, o, false);
}

static bool
read_palette(Unit *u, OpCompress *o)
{
	const char *mode = u->o->mode, *text = u->o->palettize;
	bool unique = !strcmp(text, "unique");
	char *end;

	*o = (OpCompress){.work = WORK_PALETTE, .vector = 1, .mode = PALETTE_UNIQUE};
	o->bits = unique ? 0 : (int)strtol(text, &end, 10);
	if (!unique && (*end || !palette_has_bits(o->bits)))
		return unit_wrong_use(u, "--palettize is '%s', expected 1, 2, 3, 4, 6, 8 or unique",
		                      text);
	if (!unique)
		o->mode = mode && !strcmp(mode, "uniform") ? PALETTE_UNIFORM : PALETTE_KMEANS;
	if (mode && strcmp(mode, "uniform") != 0 && strcmp(mode, "kmeans") != 0)
		return unit_wrong_use(u,
		                      "--mode is '%s', expected kmeans or uniform with --palettize",
		                      mode);
	return read_granularity(u, o, true);
}

/* "0.5", or "2:4" */
static bool
read_prune(Unit *u, OpCompress *o)
{
	const char *text = u->o->prune;
	char *end, *last;

	*o = (OpCompress){.work = WORK_PRUNE_SHARE, .dim = 0};
	o->share = strtod(text, &end);
	if (end != text && !*end && o->share >= 0 && o->share <= 1)
		return true;
	*o = (OpCompress){.work = WORK_PRUNE_SHARE, .dim = 1};
	o->n = strtoll(text, &end, 10);
	if (end != text && *end == ':') {
		o->m = strtoll(end + 1, &last, 10);
		if (last != end + 1 && !*last && o->n >= 0 && o->n <= o->m && o->m > 0 &&
		    o->m < INT32_MAX)
			return true;
	}
	return unit_wrong_use(u,
	                      "--prune is '%s', expected a share from 0 to 1 such as 0.5, or N:M "
	                      "such as 2:4: N of every M are zero",
	                      text);
}

static bool
read_threshold(Unit *u, int64_t *out)
{
	const char *text = u->o->weight_threshold;
	char *end;

	*out = 2048;
	if (!text)
		return true;
	*out = strtoll(text, &end, 10);
	return (end != text && !*end && *out >= 0) ||
	       unit_wrong_use(u, "--weight-threshold is '%s', expected a number of elements", text);
}

static bool
read_asked(Unit *u, Asked *a)
{
	const Settings *o = u->o;
	int64_t threshold;
	bool any = o->linear || o->palettize || o->prune;

	memset(a, 0, sizeof *a);
	if (!o->output || !strcmp(o->output, "-"))
		return unit_wrong_use(u, "a compressed model needs a place: -o OUT");
	if (!api_output_has_form(u))
		return false;
	if (any == o->decompress)
		return unit_wrong_use(
		    u, any ? "--decompress stands alone"
		           : "say what becomes of the weights: --linear TYPE, --palettize BITS, "
		             "--prune SHARE or --decompress");
	if (!read_threshold(u, &threshold) ||
	    (o->prune && !read_prune(u, &a->what[STEP_PRUNE])) ||
	    (o->palettize && !read_palette(u, &a->what[STEP_PALETTIZE])) ||
	    (o->linear && !read_linear(u, &a->what[STEP_QUANTIZE])))
		return false;
	a->wanted[STEP_PRUNE] = o->prune;
	a->wanted[STEP_PALETTIZE] = o->palettize;
	a->wanted[STEP_QUANTIZE] = o->linear;
	for (int k = 0; k < 3; k++) {
		a->what[k].weight_threshold = threshold;
		a->step[k].all = &a->what[k];
	}
	return true;
}

/* ---- what it costs ---- */

/* Bytes of the constants that a value is made of. */
static uint64_t
stored_size(const Var *v, int depth)
{
	uint64_t n = 0;

	if (var_is_const(v))
		return ((uint64_t)v->val->count * (unsigned)dtype_bits(v->val->dtype) + 7) / 8;
	if (!v->def || !(v->def->op->flags & CONSTEXPR) || depth > 8)
		return 0;
	for each_operand (o, v->def)
		n += stored_size(o.var, depth + 1);
	return n;
}

static double
decibels(double signal, double error)
{
	return error > 0 ? 10 * log10(signal / error) : INFINITY;
}

typedef struct Report {
	Unit *u;
	Loss all;
	uint64_t before, after;
	uint32_t n;
} Report;

static void
put_loss(Buf *b, const Loss *l)
{
	buf_printf(b, "  error at most %.3g, rms %.3g", l->most,
	           l->count ? sqrt(l->error / (double)l->count) : 0);
	if (l->error > 0)
		buf_printf(b, ", %.1f dB\n", decibels(l->signal, l->error));
	else
		buf_puts(b, ", exact\n");
}

static void
put_weight(Report *r, const Var *was, const Var *now, const Loss *loss)
{
	const Type *t = was->type;
	uint64_t before = stored_size(was, 0), after = stored_size(now, 0);
	Buf b = {0};

	put_safe(&b, was->name->s);
	buf_printf(&b, ": %s%s  %llu -> %llu bytes", dtype_info[t->dtype].mil,
	           shape_str(&r->u->types, t->dim, t->rank), (unsigned long long)before,
	           (unsigned long long)after);
	put_loss(&b, loss);
	talk_print(&r->u->talk, b.at, b.n);
	buf_free(&b);
	r->all.most = MAX(r->all.most, loss->most);
	r->all.error += loss->error;
	r->all.signal += loss->signal;
	r->all.count += loss->count;
	r->before += before;
	r->after += after;
	r->n++;
}

static void
seen(void *ctx, const Inst *was, const Var *now, const Loss *loss)
{
	put_weight(ctx, was->out[0], now, loss);
}

/* ---- what several steps cost: the weights of the result beside those of the model ---- */

typedef struct Beside {
	Report *report;
	Program *now;
	Map ops, done; /* of the result by name; weights that were compared */
} Beside;

static void
list_ops(Beside *x, const Block *b)
{
	for each_inst (i, b) {
		if (i->name)
			map_put(&x->ops, KEY(intern_cstr(x->now->names, i->name->s)), i);
		for (uint32_t k = 0; k < i->nblock; k++)
			list_ops(x, i->block[k]);
	}
}

static void
put_beside(Beside *x, const Var *was, const Var *now)
{
	Arena a = {0};
	const char *why;
	const Tensor *t = weight_value(&a, now, &why);

	if (t && t->count == was->val->count) {
		Loss loss = loss_between(was->val, t);
		put_weight(x->report, was, now, &loss);
	}
	arena_free(&a);
	map_put(&x->done, KEY(was), x);
}

/* Operations keep their names; their weights do not. */
static void
compare_weights(Beside *x, const Block *b)
{
	for each_inst (i, b) {
		const Inst *j =
		    i->name ? map_get(&x->ops, KEY(intern_cstr(x->now->names, i->name->s))) : NULL;
		for (uint32_t k = 0; k < i->nblock; k++)
			compare_weights(x, i->block[k]);
		for (uint32_t k = 0; j && k < i->op->nparam; k++) {
			const Var *was = i->arg[k].n == 1 ? i->arg[k].u[0]->var : NULL;
			int at = was ? op_param(j->op, i->op->param[k].name) : -1;
			const Var *now = at < 0 ? NULL : inst_argn(j, at);
			if (now && now->def && now->def->op->flags & CONSTEXPR &&
			    var_is_const(was) && !map_get(&x->done, KEY(was)))
				put_beside(x, was, now);
		}
	}
}

static void
put_joint(Report *r, const Program *was, Program *now)
{
	Beside x = {.report = r, .now = now};

	map_init(&x.ops, now->arena);
	map_init(&x.done, now->arena);
	for (uint32_t k = 0; k < now->funcs.n; k++)
		list_ops(&x, now->funcs.at[k]->body);
	for (uint32_t k = 0; k < was->funcs.n; k++)
		compare_weights(&x, was->funcs.at[k]->body);
}

static void
put_total(Report *r)
{
	Buf b = {0};

	if (!r->n) {
		diag_warning(&r->u->diag, NOSPAN,
		             "no weight was compressed: those of up to --weight-threshold=%s "
		             "elements stay as they are, and so does what is compressed already",
		             r->u->o->weight_threshold ? r->u->o->weight_threshold : "2048");
		return;
	}
	buf_printf(&b, "%u weight%s  %llu -> %llu bytes", r->n, r->n == 1 ? "" : "s",
	           (unsigned long long)r->before, (unsigned long long)r->after);
	put_loss(&b, &r->all);
	talk_print(&r->u->talk, b.at, b.n);
	buf_free(&b);
}

/* ---- at the outputs ---- */

static bool
compare_outputs(milc *m, const Model *was, const Model *now)
{
	NamedTensor *a, *b;
	Arena arena = {0};
	uint32_t na, nb;
	Buf text = {0};
	bool ok = api_outputs(m, was, NULL, true, &arena, &a, &na) &&
	          api_outputs(m, now, NULL, true, &arena, &b, &nb);

	for (uint32_t i = 0; ok && i < MIN(na, nb); i++) {
		Loss l;
		if (a[i].t->dtype == DT_STRING || a[i].t->count != b[i].t->count)
			continue;
		l = loss_between(a[i].t, b[i].t);
		buf_puts(&text, "output ");
		put_safe(&text, a[i].name->s);
		buf_puts(&text, ":");
		put_loss(&text, &l);
	}
	talk_print(&m->unit.talk, text.at, text.n);
	buf_free(&text);
	arena_free(&arena);
	return ok;
}

/* ---- the work ---- */

/* The passes that any program goes through, but for the casts to fewer bits. */
static bool
tidy(Unit *u, Model *m)
{
	ConvertOptions o = {.format = FORMAT_MLPROGRAM,
	                    .target = (Opset)m->spec_version,
	                    .precision = PRECISION_FP32,
	                    .passes = "-add_int16_cast",
	                    .implied = true};

	return convert_again(m, &o, &u->pass_run);
}

/* The model after one step; step -1: without any compression. */
static Model *
after_step(milc *m, Model *model, int step, Compression *c)
{
	Unit *u = &m->unit;
	ReadCtx r = unit_reading(u);
	EmitCtx e = api_emit(m, NULL, NOSPAN);
	Model *now = model_fresh(&r, &e, model, IOS16);

	if (!now)
		return NULL;
	if (step < 0 ? !decompress_program(now->prog, NOSPAN)
	             : !compress_program(now->prog, c, (CompressStep)step))
		return NULL;
	return tidy(u, now) ? now : NULL;
}

static Model *
compress_model(milc *m, Model *model, Asked *asked, Report *report)
{
	bool joint = false, several = asked->wanted[0] + asked->wanted[1] + asked->wanted[2] > 1;
	Program *was = model->prog;

	if (m->settings.decompress)
		return after_step(m, model, -1, NULL);
	for (int k = 0; k < 3 && model; k++) {
		Compression *c = &asked->step[k];
		if (!asked->wanted[k])
			continue;
		c->joint = joint;
		c->seen = several ? NULL : seen;
		c->seen_ctx = report;
		talk_progress(&m->unit.talk, "compressing");
		model = after_step(m, model, k, c);
		joint = true;
	}
	if (several && model)
		put_joint(report, was, model->prog);
	return model;
}

static int
compress(milc *m, void *path)
{
	Unit *u = &m->unit;
	Report report = {.u = u};
	Model *model, *now;
	Asked asked;

	api_renew(m);
	if (!read_asked(u, &asked) || !api_load(m, path))
		return api_status(m, false);
	model = unit_model(u);
	if (!model || !unit_values(u, model))
		return api_status(m, false);
	now = compress_model(m, model, &asked, &report);
	if (now && !m->settings.decompress)
		put_total(&report);
	if (!now || (m->settings.input && !compare_outputs(m, model, now)))
		return api_status(m, false);
	now->converted = true;
	return api_status(m, api_write(m, now, m->settings.output, NOSPAN));
}

int
milc_compress(milc *m, const char *path)
{
	return api_enter(m, compress, (void *)(uintptr_t)path);
}
