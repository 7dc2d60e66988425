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
#define TPICK(a, b, c, d, e, name, ...) name
#define T(...) TPICK(__VA_ARGS__, T5, T4, T3, T2, T1, unused)(__VA_ARGS__)
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

#define LATER(name, space, triggers, what)                                                         \
	static const Opcode trigger_##name[] = {triggers OP_none, OP_none};
#define PASS LATER
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
#define LATER PASS
#define FUNC PASS
#define REWRITE PASS
#include "passes.def"
	ROW_COUNT
};

static bool
unwritten(PassCtx *c)
{
	(void)c;
	return true;
}

static const PassInfo rows[ROW_COUNT] = {
#define PASS(n, sp, triggers, text) {#n, #sp, pass_##n, trigger_##n, text},
#define FUNC PASS
#define LATER(n, sp, triggers, text) {#n, #sp, unwritten, trigger_##n, text},
#define REWRITE(n, sp, how, triggers, text) {#n, #sp, pass_##n, trigger_##n, text},
#include "passes.def"
};

enum { IN_MAIN = 1, IN_MLPROGRAM = 2, IN_NEURALNETWORK = 4 };
static const struct Entry {
	uint8_t row, in;
} entries[] = {
#define MAIN(n) {ROW_##n, IN_MAIN},
#define CLEANUP MAIN
#define MLPROGRAM(n) {ROW_##n, IN_MLPROGRAM},
#define NEURALNETWORK(n) {ROW_##n, IN_NEURALNETWORK},
#include "pipelines.def"
};
_Static_assert(ROW_COUNT <= 255, "rows are kept in a byte");

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
		if (strcmp(rows[i].name, bare) != 0)
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

bool
pass_is_written(const PassInfo *p)
{
	return p->run != unwritten;
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
add_rows(Pipeline *pl, Arena *a, uint8_t in, bool fp16)
{
	for (const struct Entry *e = entries; e < entries + countof(entries); e++) {
		bool cast = e->row == ROW_add_fp16_cast || e->row == ROW_add_int16_cast;
		if (e->in == in && (fp16 || !cast))
			vec_push(a, &pl->pass, &rows[e->row]);
	}
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
	add_rows(pl, a, IN_MAIN, options_fp16(o));
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

/* An added pass runs last of those that do not belong to a back end. */
static void
pipeline_add(Pipeline *pl, Arena *a, const PassInfo *p)
{
	vec_push(a, &pl->pass, p);
	if (strcmp(p->space, "common") != 0)
		return;
	for (uint32_t i = pl->pass.n - 1; i > pl->nfrontend; i--)
		pl->pass.at[i] = pl->pass.at[i - 1];
	pl->pass.at[pl->nfrontend++] = p;
}

/* One word of a list: NAME or NAME[option=value,…]; the brackets end up as an option. */
static const PassInfo *
parse_word(Pipeline *pl, Arena *a, Diag *d, const char *s, size_t n, bool strict)
{
	const char *open = memchr(s, '[', n);
	size_t len = open ? (size_t)(open - s) : n;
	char *name = arena_dup(a, s, len + 1);
	name[len] = 0;
	const PassInfo *p = pass_find(name);

	if (!p) {
		const char *near = pass_nearest(name);
		diag_error(d, NOSPAN, "no pass is called '%s'", name);
		if (near)
			diag_note(d, NOSPAN, "did you mean '%s'? --print-passes lists them", near);
		return 0;
	}
	if (strict && !pass_is_written(p)) {
		diag_error(d, NOSPAN, "pass '%s' is not yet supported: leave it out of --passes",
		    p->name);
		return 0;
	}
	if (open) {
		char *text = arena_dup(a, open + 1, n - len);
		text[n - len - 1] = 0;
		if (n - len >= 2 && text[n - len - 2] == ']')
			text[n - len - 2] = 0;
		vec_push(a, &pl->option, (PassOption){p, text});
	}
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

static bool
parse_exact(Pipeline *pl, Arena *a, Diag *d, const char *list, bool strict)
{
	bool ok = true;

	for (const char *s = list; *s;) {
		size_t n = word_length(s);
		const PassInfo *p = n ? parse_word(pl, a, d, s, n, strict) : 0;
		if (p)
			vec_push(a, &pl->pass, p);
		ok &= p || !n;
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
		const PassInfo *p = n ? parse_word(pl, a, d, s + 1, n - 1, add) : 0;
		ok &= p || !n;
		if (p && add)
			pipeline_add(pl, a, p);
		else if (p)
			pipeline_drop(pl, p);
		s += n + (s[n] == ',');
	}
	return ok;
}

/* A pass that the default has and the list has not is skipped in the back end's part too. */
static bool
parse_main(Pipeline *pl, Arena *a, Diag *d, const char *list, const ConvertOptions *o)
{
	Pipeline back = {0};
	bool ok = parse_exact(pl, a, d, list, false);

	if (!options_fp16(o)) {
		pipeline_drop(pl, &rows[ROW_add_fp16_cast]);
		pipeline_drop(pl, &rows[ROW_add_int16_cast]);
	}
	add_backend(&back, a, o);
	for (const struct Entry *e = entries; e < entries + countof(entries); e++)
		if (e->in == IN_MAIN && !pipeline_has(pl, &rows[e->row]))
			pipeline_drop(&back, &rows[e->row]);
	for (uint32_t i = 0; i < back.pass.n; i++)
		vec_push(a, &pl->pass, back.pass.at[i]);
	return ok;
}

bool
pipeline_parse(Pipeline *pl, Arena *a, Diag *d, const char *list, const ConvertOptions *o)
{
	memset(pl, 0, sizeof *pl);
	if (!strcmp(list, "none"))
		return true;
	if (!strncmp(list, "main=", 5))
		return parse_main(pl, a, d, list + 5, o);
	if (*list == '-' || *list == '+')
		return parse_edits(pl, a, d, list, o);
	return parse_exact(pl, a, d, list, true);
}

/* ---- running ---- */

static bool
triggered(const PassInfo *p, const Program *prog)
{
	const Opcode *t = p->trigger;

	if (*t == OP_none)
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

static const char *
option_of(const Pipeline *pl, const PassInfo *p)
{
	for (uint32_t i = pl->option.n; i > 0; i--)
		if (pl->option.at[i - 1].pass == p)
			return pl->option.at[i - 1].text;
	return 0;
}

static bool
run_one(const PassInfo *p, const Pipeline *pl, PassCtx *c, const PassRunOptions *o)
{
	ArenaMark m = arena_mark(c->arena);
	double t = o && o->time ? now_ms() : 0;

	c->option = option_of(pl, p);
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

/* Nothing has changed since the start of p's last run, that run included: it would find nothing. */
static bool
settled(const PassInfo *p, const uint64_t *seen, const PassCtx *c)
{
	return seen[p - rows] == c->prog->edits + 1;
}

bool
pipeline_run(const Pipeline *pl, PassCtx *c, const PassRunOptions *o)
{
	uint64_t seen[ROW_COUNT] = {0}; /* edits + 1 when each pass last began */
	PassCheck *check = o && o->verify ? pass_check_new(c) : NULL;
	bool ok = true;

	for (uint32_t i = 0; i < pl->pass.n && ok; i++) {
		const PassInfo *p = pl->pass.at[i];
		if (p->run == unwritten || !triggered(p, c->prog) || settled(p, seen, c)) {
			if (o)
				print_after(p, c, o);
			continue;
		}
		seen[p - rows] = c->prog->edits + 1;
		c->pipeline = pl;
		c->place = i;
		if (o)
			talk_progress(&o->talk, p->name);
		ok = run_one(p, pl, c, o) && (!check || pass_check_run(check, p));
	}
	pass_check_end(check, ok);
	return ok;
}

/* ---- for passes ---- */

const char *
pass_option(const PassCtx *c, const char *key)
{
	size_t n = strlen(key);
	bool has = c->option && strncmp(c->option, key, n) == 0 && c->option[n] == '=';

	return has ? c->option + n + 1 : NULL;
}

bool
pass_follows(const PassCtx *c, const char *name)
{
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
