/* pass.c: the table of passes, the pipelines, and the manager that runs them.
 *
 * A pass is skipped when none of the opcodes it looks for is in the program; Func.nop, kept by the
 * functions of ir.h, answers that without a walk.
 */
#include "pass.h"

#include "match.h"
#include "verify_run.h"

/* T(a, b, …) of a row becomes the opcodes OP_a, OP_b, … and the end mark. */
#define T1(a) OP_##a,
#define T2(a, b) OP_##a, OP_##b,
#define T3(a, b, c) OP_##a, OP_##b, OP_##c,
#define T4(a, b, c, d) T3(a, b, c) OP_##d,
#define T5(a, b, c, d, e) T4(a, b, c, d) OP_##e,
#define T6(a, b, c, d, e, f) T5(a, b, c, d, e) OP_##f,
#define TPICK(a, b, c, d, e, f, name, ...) name
#define T(...) TPICK(__VA_ARGS__, T6, T5, T4, T3, T2, T1, unused)(__VA_ARGS__)
#define NEEDS(op) OP_none, OP_##op,
#define ALWAYS

static bool
each_func(PassCtx *c, bool (*fn)(PassCtx *c, Func *f))
{
	for (uint32_t f = 0; f < c->prog->funcs.n; f++)
		if (!fn(c, c->prog->funcs.at[f]))
			return false;
	return true;
}

#define PASS(name, space, triggers, what)                                                          \
	static const Opcode trigger_##name[] = {triggers OP_none, OP_none};
#define IDLE(name, space, what)                                                                    \
	static const Opcode trigger_##name[] = {OP_none, OP_none};
#define FUNC(name, space, triggers, what)                                                          \
	static const Opcode trigger_##name[] = {triggers OP_none, OP_none};                        \
	static bool pass_##name(PassCtx *c)                                                        \
	{                                                                                          \
		return each_func(c, func_##name);                                                  \
	}
#define REWRITE(name, space, how, triggers, what)                                                  \
	static const Opcode trigger_##name[] = {triggers OP_none, OP_none};                        \
	static bool pass_##name(PassCtx *c)                                                        \
	{                                                                                          \
		rewrite_##how(c, trigger_##name, rewrite_##name);                                  \
		return true;                                                                       \
	}
#include "passes.def"

enum {
#define PASS(name, ...) ROW_##name,
#define FUNC PASS
#define REWRITE PASS
#define IDLE PASS
#include "passes.def"
	ROW_COUNT
};

static bool
idle(PassCtx *c)
{
	(void)c;
	return true;
}

static const PassInfo rows[ROW_COUNT] = {
#define PASS(n, sp, triggers, text) {#n, #sp, pass_##n, trigger_##n, text},
#define FUNC PASS
#define IDLE(n, sp, text) {#n, #sp, idle, trigger_##n, text},
#define REWRITE(n, sp, how, triggers, text) {#n, #sp, pass_##n, trigger_##n, text},
#include "passes.def"
};

enum { IN_MAIN = 1, IN_CLEANUP = 2, IN_DEFAULT = 3, IN_MLPROGRAM = 4, IN_NEURALNETWORK = 8,
	IN_PALETTIZATION = 16, IN_SPARSIFICATION = 32, IN_PYTORCH = 64, IN_TENSORFLOW1 = 128,
	IN_TENSORFLOW2 = 256, IN_ANE = 512 };
static const struct Entry {
	uint16_t row, in;
} entries[] = {
#define SECTION(n, in) {ROW_##n, in},
#define PALETTIZATION(n) SECTION(n, IN_PALETTIZATION)
#define SPARSIFICATION(n) SECTION(n, IN_SPARSIFICATION)
#define MAIN(n) SECTION(n, IN_MAIN)
#define CLEANUP(n) SECTION(n, IN_CLEANUP)
#define MLPROGRAM(n) SECTION(n, IN_MLPROGRAM)
#define NEURALNETWORK(n) SECTION(n, IN_NEURALNETWORK)
#define PYTORCH(n) SECTION(n, IN_PYTORCH)
#define TENSORFLOW1(n) SECTION(n, IN_TENSORFLOW1)
#define TENSORFLOW2(n) SECTION(n, IN_TENSORFLOW2)
#define ANE(n) SECTION(n, IN_ANE)
#include "pipelines.def"
};

/* The sections of the lists that have names, in the peer's order. */
static const struct Named {
	const char *name;
	uint16_t in;
} named[] = {
    {"default", IN_DEFAULT},
    {"cleanup", IN_CLEANUP},
    {"default_palettization", IN_PALETTIZATION | IN_DEFAULT},
    {"default_sparsification", IN_SPARSIFICATION | IN_DEFAULT},
    {"empty", 0},
    {"frontend_milinternal", 0},
    {"frontend_pytorch", IN_PYTORCH},
    {"frontend_tensorflow", IN_TENSORFLOW1},
    {"frontend_tensorflow2", IN_TENSORFLOW2},
    {"backend_mlprogram", IN_MLPROGRAM},
    {"backend_neuralnetwork", IN_NEURALNETWORK},
    {"backend_milinternal", 0},
};
const PassInfo *
pass_table(size_t *n)
{
	*n = ROW_COUNT;
	return rows;
}

const PassInfo *
pass_find(const char *name)
{
	const char *colon = strstr(name, "::");
	const char *bare = colon ? colon + 2 : name;

	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (*rows[i].name != *bare || strcmp(rows[i].name, bare) != 0)
			continue;
		size_t n = (size_t)(colon ? colon - name : 0);
		if (!colon || (strlen(rows[i].space) == n && !memcmp(rows[i].space, name, n)))
			return &rows[i];
	}
	return 0;
}

const char *
pass_nearest(const char *name)
{
	const char *names[ROW_COUNT];
	const char *colon = strstr(name, "::");

	for (size_t i = 0; i < ROW_COUNT; i++)
		names[i] = rows[i].name;
	return nearest(colon ? colon + 2 : name, names, ROW_COUNT);
}

Format
options_format(const ConvertOptions *o)
{
	if (o->format != FORMAT_AUTO)
		return o->format;
	return o->target != OPSET_NONE && o->target < IOS15 ? FORMAT_NEURALNETWORK
	                                                    : FORMAT_MLPROGRAM;
}

static bool
options_fp16(const ConvertOptions *o)
{
	return options_format(o) == FORMAT_MLPROGRAM && o->precision != PRECISION_FP32;
}

static void
add_rows(Pipeline *pl, Arena *a, uint16_t in, bool fp16)
{
	for (const struct Entry *e = entries; e < entries + countof(entries); e++) {
		bool cast = e->row == ROW_add_fp16_cast || e->row == ROW_add_int16_cast;
		if (e->in & in && (fp16 || !cast))
			vec_push(a, &pl->pass, &rows[e->row]);
	}
}

/* What runs first on a program that was made of a PyTorch file. */
static void
add_reader(Pipeline *pl, Arena *a, const ConvertOptions *o)
{
	if (o->source)
		add_rows(pl, a, IN_PYTORCH, true);
}

static void
add_backend(Pipeline *pl, Arena *a, const ConvertOptions *o)
{
	pl->nfrontend = pl->pass.n;
	add_rows(pl, a, options_format(o) == FORMAT_MLPROGRAM ? IN_MLPROGRAM : IN_NEURALNETWORK,
	         true);
}

void
pipeline_default(Pipeline *pl, Arena *a, const ConvertOptions *o)
{
	memset(pl, 0, sizeof *pl);
	add_reader(pl, a, o);
	add_rows(pl, a, IN_DEFAULT, options_fp16(o));
	add_backend(pl, a, o);
}

static bool
pipeline_has(const Pipeline *pl, const PassInfo *p)
{
	for (uint32_t i = 0; i < pl->pass.n; i++)
		if (pl->pass.at[i] == p)
			return true;
	return false;
}

const char *
pipeline_name(size_t i)
{
	return i < countof(named) ? named[i].name : 0;
}

void
pipeline_named(Pipeline *pl, Arena *a, size_t i)
{
	memset(pl, 0, sizeof *pl);
	add_rows(pl, a, named[i].in, true);
}

static void
pipeline_drop(Pipeline *pl, const PassInfo *p)
{
	uint32_t n = 0, front = pl->nfrontend;

	for (uint32_t i = 0; i < pl->pass.n; i++) {
		if (pl->pass.at[i] != p)
			pl->pass.at[n++] = pl->pass.at[i];
		else if (i < front)
			pl->nfrontend--;
	}
	pl->pass.n = n;
}

void
pipeline_main(Pipeline *pl, Arena *a, const Pipeline *main, const ConvertOptions *o)
{
	Pipeline back = {0};

	memset(pl, 0, sizeof *pl);
	add_reader(pl, a, o);
	add_backend(&back, a, o);
	for (const struct Entry *e = entries; e < entries + countof(entries); e++)
		if (e->in & IN_DEFAULT && !pipeline_has(main, &rows[e->row])) {
			pipeline_drop(pl, &rows[e->row]);
			pipeline_drop(&back, &rows[e->row]);
		}
	for (uint32_t i = 0; i < main->pass.n; i++)
		vec_push(a, &pl->pass, main->pass.at[i]);
	pl->option = main->option;
	pl->nfrontend = pl->pass.n;
	for (uint32_t i = 0; i < back.pass.n; i++)
		vec_push(a, &pl->pass, back.pass.at[i]);
}

/* An added pass runs last of those that do not belong to a back end. */
static void
pipeline_add(Pipeline *pl, Arena *a, const PassInfo *p)
{
	vec_push(a, &pl->pass, p);
	if (strcmp(p->space, "common") != 0 && strcmp(p->space, "ane") != 0)
		return;
	for (uint32_t i = pl->pass.n - 1; i > pl->nfrontend; i--)
		pl->pass.at[i] = pl->pass.at[i - 1];
	pl->pass.at[pl->nfrontend++] = p;
}

PassOptionKind
pass_option_kind(const PassInfo *p, const char *name)
{
	static const struct {
		uint16_t row;
		const char *name;
		PassOptionKind kind;
	} known[] = {
#define COMPRESSION(row)                                                                           \
	{row, "config", PASS_CONFIG}, {row, "op_selector", PASS_SELECTOR},                         \
	    {row, "fake_compression", PASS_FLAG}
	    {ROW_add_fp16_cast, "skip_ops_by_type", PASS_WORD},
	    {ROW_add_fp16_cast, "op_selector", PASS_SELECTOR},
	    {ROW_add_int16_cast, "op_selector", PASS_SELECTOR},
	    {ROW_ane_attention_heads, "heads", PASS_POSITIVE},
	    {ROW_ane_cumsum, "limit", PASS_POSITIVE},
	    {ROW_ane_finite_mask, "value", PASS_NUMBER},
	    {ROW_ane_gather_to_matmul, "limit", PASS_POSITIVE},
	    {ROW_ane_gather_to_slice, "limit", PASS_POSITIVE},
	    {ROW_ane_large_kernel, "height", PASS_POSITIVE},
	    {ROW_ane_large_kernel, "width", PASS_POSITIVE},
	    {ROW_ane_rms_norm, "cap", PASS_POSITIVE},
	    {ROW_ane_split_wide, "cap", PASS_POSITIVE},
	    {ROW_const_deduplication, "const_threshold", PASS_COUNT},
	    {ROW_const_elimination, "skip_const_by_size", PASS_NUMBER},
	    {ROW_materialize_symbolic_shape_program, "function_name_to_materialization_map",
	     PASS_SHAPES},
	    {ROW_materialize_symbolic_shape_program, "source_function_name", PASS_WORD},
	    {ROW_scaled_dot_product_attention_sliced_q, "min_seq_length", PASS_NATURAL},
	    {ROW_scaled_dot_product_attention_sliced_q, "seq_length_divider", PASS_POSITIVE},
	    COMPRESSION(ROW_linear_quantize_weights),
	    {ROW_linear_quantize_weights, "joint_compression", PASS_FLAG},
	    COMPRESSION(ROW_palettize_weights),
	    {ROW_palettize_weights, "joint_compression", PASS_FLAG},
	    COMPRESSION(ROW_prune_weights),
	    {ROW_prune_weights, "joint_compression", PASS_FLAG},
	    {ROW_WeightDecompressor, "op_selector", PASS_SELECTOR},
	    COMPRESSION(ROW_insert_prefix_quantize_dequantize_pair),
	    {ROW_insert_prefix_quantize_dequantize_pair, "activation_stats", PASS_STATS},
	    {ROW_insert_suffix_quantize_dequantize_pair, "config", PASS_CONFIG},
	    {ROW_insert_suffix_quantize_dequantize_pair, "activation_stats", PASS_STATS},
	};

	for (size_t i = 0; i < countof(known); i++)
		if (&rows[known[i].row] == p && strcmp(known[i].name, name) == 0)
			return known[i].kind;
	return PASS_NO_OPTION;
}

/* Length of a value: up to a comma that another NAME=… follows. */
static size_t
value_length(const char *s)
{
	size_t n = strcspn(s, ",");

	while (s[n] && s[n + 1 + strcspn(s + n + 1, ",=")] != '=')
		n += 1 + strcspn(s + n + 1, ",");
	return n;
}

/* NAME=VALUE,… from between the brackets behind a pass. */
static bool
parse_options(Pipeline *pl, Arena *a, Diag *d, const PassInfo *p, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "="), len = s[n] ? value_length(s + n + 1) : 0;
		const char *name = arena_printf(a, "%.*s", (int)n, s);
		PassOptionKind kind = pass_option_kind(p, name);
		if (kind == PASS_NO_OPTION)
			return diag_error(d, NOSPAN, "pass '%s' has no option '%s'", p->name, name);
		if (kind > PASS_WORD)
			return diag_error(d, NOSPAN,
			                  "only a script can give option '%s' of pass '%s'", name,
			                  p->name);
		if (!s[n])
			return diag_error(d, NOSPAN, "option '%s' of pass '%s' needs a value", name,
			                  p->name);
		vec_push(a, &pl->option,
		         (PassOption){p, name, arena_printf(a, "%.*s", (int)len, s + n + 1), 0});
		s += n + 1 + len;
		s += *s == ',';
	}
	return true;
}

/* One word of a list: NAME or NAME[option=value,…]. */
static const PassInfo *
parse_word(Pipeline *pl, Arena *a, Diag *d, const char *s, size_t n)
{
	const char *open = memchr(s, '[', n);
	size_t len = open ? (size_t)(open - s) : n;
	const char *name = arena_printf(a, "%.*s", (int)len, s);
	const PassInfo *p = pass_find(name);
	bool closed = open && s[n - 1] == ']';

	if (!p) {
		const char *near = pass_nearest(name);
		bool edits = *name == '-' || *name == '+';
		diag_error(d, NOSPAN,
		           near ? "no pass is called '%s'; did you mean '%s'?"
		                : "no pass is called '%s'",
		           name, near);
		diag_note(d, NOSPAN,
		          edits ? "a list either names all passes, or all its entries begin with "
		                  "'-' or '+'"
		                : "milc --print-passes lists them");
		return 0;
	}
	if (open && !parse_options(pl, a, d, p,
	                           arena_printf(a, "%.*s", (int)(n - len - 1 - closed), open + 1)))
		return 0;
	return p;
}

/* Length of the word at s: up to a comma that is not in brackets. */
static size_t
word_length(const char *s)
{
	size_t n = 0;
	bool in = false;

	for (; s[n] && (in || s[n] != ','); n++)
		in = s[n] == '[' || (in && s[n] != ']');
	return n;
}

/* "ane", or "ane[cap=N]": the list for the Neural Engine. */
static bool
parse_ane(Pipeline *pl, Arena *a, const char *s, size_t n)
{
	static const char cap[] = "ane[cap=";
	size_t len = sizeof cap - 1;

	if (n > len + 1 && memcmp(s, cap, len) == 0 && s[n - 1] == ']') {
		for (size_t k = 0; k < ROW_COUNT; k++)
			if (strncmp(rows[k].name, "ane_", 4) == 0 &&
			    pass_option_kind(&rows[k], "cap"))
				vec_push(a, &pl->option,
				         (PassOption){&rows[k], "cap",
				                      arena_printf(a, "%.*s", (int)(n - len - 1),
				                                   s + len),
				                      0});
	} else if (n != 3 || memcmp(s, cap, n) != 0) {
		return false;
	}
	add_rows(pl, a, IN_ANE, true);
	return true;
}

static bool
parse_exact(Pipeline *pl, Arena *a, Diag *d, const char *list)
{
	bool ok = true;

	for (const char *s = list; *s;) {
		size_t n = word_length(s);
		bool list_of = parse_ane(pl, a, s, n);
		const PassInfo *p = n && !list_of ? parse_word(pl, a, d, s, n) : 0;
		if (p)
			vec_push(a, &pl->pass, p);
		ok &= p || list_of || !n;
		s += n + (s[n] == ',');
	}
	pl->nfrontend = pl->pass.n;
	return ok;
}

static bool
parse_edits(Pipeline *pl, Arena *a, Diag *d, const char *list, const ConvertOptions *o)
{
	bool ok = true;

	pipeline_default(pl, a, o);
	for (const char *s = list; *s;) {
		size_t n = word_length(s);
		bool add = *s == '+';
		if (n && !add && *s != '-')
			return diag_error(
			    d, NOSPAN,
			    "--passes mixes edits with plain names: write +%.*s or -%.*s", (int)n,
			    s, (int)n, s);
		const PassInfo *p = n ? parse_word(pl, a, d, s + 1, n - 1) : 0;
		ok &= p || !n;
		if (p && add)
			pipeline_add(pl, a, p);
		else if (p)
			pipeline_drop(pl, p);
		s += n + (s[n] == ',');
	}
	return ok;
}

bool
pipeline_parse(Pipeline *pl, Arena *a, Diag *d, const char *list, const ConvertOptions *o)
{
	memset(pl, 0, sizeof *pl);
	if (!strcmp(list, "none"))
		return true;
	if (*list == '-' || *list == '+')
		return parse_edits(pl, a, d, list, o);
	return parse_exact(pl, a, d, list);
}

/* ---- running ---- */

static bool
triggered(const PassInfo *p, const Program *prog)
{
	const Opcode *t = p->trigger;

	if (!t || *t == OP_none)
		return true;
	while (*t != OP_none)
		t++;
	t = t[1] ? t + 1 : p->trigger;
	for (uint32_t f = 0; f < prog->funcs.n; f++)
		for (const Opcode *op = t; *op != OP_none; op++)
			if (prog->funcs.at[f]->nop[*op])
				return true;
	return false;
}

static void
print_after(const PassInfo *p, PassCtx *c, const PassRunOptions *o)
{
	Buf b = {0};
	PrintOptions po = {.spec_version = c->model ? c->model->spec_version : 0};

	if (!o->print_after || (strcmp(o->print_after, "all") && pass_find(o->print_after) != p))
		return;
	buf_printf(&b, "// after %s::%s\n", p->space, p->name);
	program_print(c->prog, &po, &b);
	buf_byte(&b, '\n');
	talk_print(&o->talk, b.at, b.n);
	buf_free(&b);
}

static bool
run_one(const PassInfo *p, PassCtx *c, const PassRunOptions *o)
{
	ArenaMark m = arena_mark(c->arena);
	double t = o && o->time ? now_ms() : 0;

	c->name = p->name;
	bool ok = p->run(c) && !c->failed;
	arena_release(c->arena, m);
	if (o && o->time) {
		Buf b = {0};
		buf_printf(&b, "%9.3f ms  %s::%s\n", now_ms() - t, p->space, p->name);
		talk_print(&o->talk, b.at, b.n);
		buf_free(&b);
	}
	if (ok && o)
		print_after(p, c, o);
	if (ok && o && o->verify && !program_verify(c->prog)) {
		diag_note(c->prog->diag, NOSPAN, "pass %s::%s left the program like this", p->space,
		    p->name);
		return false;
	}
	return ok;
}

/* Nothing has changed since the start of p's last run, that run included: it would find nothing.
 * Who knows what a pass does that is no row: it runs each time. */
static bool
settled(const PassInfo *p, const uint64_t *seen, const PassCtx *c)
{
	return p->trigger && seen[p - rows] == c->prog->edits + 1;
}

bool
pipeline_run(const Pipeline *pl, PassCtx *c, const PassRunOptions *o)
{
	uint64_t seen[ROW_COUNT] = {0}; /* edits + 1 when each pass last began */
	PassCheck *check = o && o->verify ? pass_check_new(c) : NULL;
	bool ok = true;

	c->prog->npipeline++;
	c->changes = o ? o->changes : NULL;
	for (uint32_t i = 0; i < pl->pass.n && ok; i++) {
		const PassInfo *p = pl->pass.at[i];
		if (!triggered(p, c->prog) || settled(p, seen, c)) {
			if (o)
				print_after(p, c, o);
			continue;
		}
		if (p->trigger)
			seen[p - rows] = c->prog->edits + 1;
		c->pipeline = pl;
		c->place = i;
		if (o)
			talk_progress(&o->talk, p->name);
		pass_check_before(check, p);
		ok = run_one(p, c, o) && (!check || pass_check_run(check, p, o)) &&
		     (!o || !o->after || o->after(o->after_ctx, p));
	}
	pass_check_end(check, ok);
	return ok;
}

/* ---- for passes ---- */

static const PassOption *
option_of(const PassCtx *c, const char *name)
{
	for (uint32_t i = c->pipeline ? c->pipeline->option.n : 0; i > 0; i--) {
		const PassOption *o = &c->pipeline->option.at[i - 1];
		if (!strcmp(o->pass->name, c->name) && !strcmp(o->name, name))
			return o;
	}
	return 0;
}

const char *
pass_option(const PassCtx *c, const char *name)
{
	const PassOption *o = option_of(c, name);

	return o ? o->text : 0;
}

const void *
pass_value(const PassCtx *c, const char *name)
{
	const PassOption *o = option_of(c, name);

	return o ? o->value : 0;
}

bool
pass_follows(const PassCtx *c, const char *name)
{
	for (uint32_t i = 0; c->pipeline && i < c->pipeline->option.n; i++)
		if (!strcmp(c->pipeline->option.at[i].pass->name, name))
			return false;
	for (uint32_t i = c->place + 1; c->pipeline && i < c->pipeline->pass.n; i++)
		if (strcmp(c->pipeline->pass.at[i]->name, name) == 0)
			return true;
	return false;
}

void
func_changed(Func *f)
{
	f->prog->edits++;
}

Builder
pass_builder_before(PassCtx *c, Inst *i)
{
	Builder b;

	builder_init(&b, c->prog, i->parent->func);
	b.block = i->parent;
	b.before = i;
	b.span = i->span;
	return b;
}
