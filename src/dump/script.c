/* script.c: a script as a whole: its head, the functions, the call of ct.convert, what follows. */
#include <stdio.h>

#include "writing.h"

/* ---- functions ---- */

static void
put_spec(Writing *w, const Type *t)
{
	const Type *tensor = tensor_part(t);
	bool state = t->kind == TY_STATE;

	buf_printf(w->out, "mb.%s(shape=",
	           state ? "StateTensorSpec" : tensor->rank ? "TensorSpec" : "placeholder");
	put_shape(w, tensor, "get_new_symbol()");
	if (tensor->dtype != DT_FP32)
		buf_printf(w->out, ", dtype=types.%s", dtype_info[tensor->dtype].mil);
	if (!tensor->rank && !state)
		buf_puts(w->out, ", allow_rank0_input=True");
	buf_byte(w->out, ')');
}

static bool
has_plain_params(const Block *b)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		if (!is_plain_name(b->param[k]->name->s))
			return false;
	return true;
}

static void
begin_function(Writing *w, const Func *f)
{
	w->f = f;
	map_init(&w->taken, w->arena);
	map_init(&w->name_of, w->arena);
	for (uint32_t k = 0; k < f->body->nparam; k++)
		var_name(w, f->body->param[k]);
	plan_function(w);
}

/* The function's results, but for those that ct.convert makes of a classifier's probabilities. */
static void
put_returned(Writing *w)
{
	const Block *b = w->f->body;
	Block rest = *b;

	if (!w->classify || w->classify->parent != b) {
		put_results(w, b);
		return;
	}
	buf_puts(w->out, var_name(w, w->probabilities));
	rest.out += 2;
	rest.nout -= 2;
	buf_puts(w->out, rest.nout ? ", " : "");
	put_results(w, &rest);
}

static void
put_opset(Writing *w)
{
	if (w->opset)
		buf_printf(w->out, "    opset_version=ct.target.%s,\n", opset_name(w->opset));
}

/* @mb.program(input_specs=[…], opset_version=…) and the def below it. */
static void
put_decorated(Writing *w, const char *decorator, const char *name)
{
	const Block *b = w->f->body;

	buf_printf(w->out, "@mb.%s(\n    input_specs=[\n", decorator);
	for (uint32_t k = 0; k < b->nparam; k++) {
		buf_puts(w->out, "        ");
		put_spec(w, b->param[k]->type);
		buf_printf(w->out, ",  # %s\n", b->param[k]->name->s);
	}
	buf_puts(w->out, "    ],\n");
	put_opset(w);
	buf_printf(w->out, ")\ndef %s(", name);
	for (uint32_t k = 0; k < b->nparam; k++)
		buf_printf(w->out, k ? ", %s" : "%s", var_name(w, b->param[k]));
	buf_puts(w->out, "):\n");
	put_body(w, b, 1);
	buf_puts(w->out, "    return ");
	put_returned(w);
	buf_puts(w->out, "\n\n\n");
}

/* with Function({"in": …}, opset_version=…) as NAME: for names that are no parameters. */
static void
put_with(Writing *w, const char *name)
{
	const Block *b = w->f->body;

	buf_puts(w->out, "with Function(\n    {\n");
	for (uint32_t k = 0; k < b->nparam; k++) {
		buf_puts(w->out, "        ");
		put_quoted_text(w->out, b->param[k]->name->s);
		buf_puts(w->out, ": ");
		put_spec(w, b->param[k]->type);
		buf_puts(w->out, ",\n");
	}
	buf_puts(w->out, "    },\n");
	put_opset(w);
	buf_printf(w->out, ") as %s:\n", name);
	for (uint32_t k = 0; k < b->nparam; k++) {
		buf_printf(w->out, "    %s = %s.inputs[", var_name(w, b->param[k]), name);
		put_quoted_text(w->out, b->param[k]->name->s);
		buf_puts(w->out, "]\n");
	}
	put_body(w, b, 1);
	buf_printf(w->out, "    %s.set_outputs([", name);
	put_returned(w);
	buf_puts(w->out, "])\n\n");
}

/* Only `main`, with names that can be parameters, is one decorated function. */
static bool
is_simple(const Program *p)
{
	return p->funcs.n == 1 && !p->multifunction && str_is(p->funcs.at[0]->name, "main") &&
	       has_plain_params(p->funcs.at[0]->body);
}

static bool
put_functions(Writing *w)
{
	const Program *p = w->m->prog;
	const char **name = newn(w->arena, const char *, p->funcs.n + 1);
	bool simple = is_simple(p);

	map_init(&w->taken, w->arena);
	for (uint32_t k = 0; k < p->funcs.n; k++)
		name[k] = simple ? "prog" : fresh_name(w, p->funcs.at[k]->name->s);
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		const Func *f = p->funcs.at[k];
		begin_function(w, f);
		if (!pick_opset(w, w->m->file_opset ? w->m->file_opset : f->opset))
			return false;
		if (has_plain_params(f->body))
			put_decorated(w, simple ? "program" : "function", name[k]);
		else
			put_with(w, name[k]);
		if (w->failed)
			return false;
	}
	if (simple)
		return true;
	buf_puts(w->out, "prog = Program()\n");
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		buf_puts(w->out, "prog.add_function(");
		put_quoted_text(w->out, p->funcs.at[k]->name->s);
		buf_printf(w->out, ", %s)\n", name[k]);
	}
	if (!str_is(p->default_func, "main")) {
		buf_puts(w->out, "prog.default_function_name = ");
		put_quoted_text(w->out, p->default_func->s);
		buf_byte(w->out, '\n');
	}
	if (p->multifunction)
		buf_puts(w->out, "prog.export_as_multifunction = True\n");
	return true;
}

/* ---- what the passes of the back end would do ---- */

/* Large constants are the same anyway. */
static uint64_t
no_values(void *ctx, const Var *v, const char **path)
{
	(void)ctx;
	*path = "";
	return v->val && v->val->count > DUMP_INLINE ? v->id + 1 : 0;
}

/* An empty pipeline leaves those of the ML Program's back end: this program would not stay what it
 * is. */
static bool
passes_change_it(Writing *w, const ConvertOptions *o)
{
	Program *copy = program_clone(w->m->prog);
	Model model = *w->m;
	PrintOptions po = {.spec_version = IOS18, .offset = no_values};
	Arena scratch = {0};
	PassCtx c = {.prog = copy, .model = &model, .opt = o, .arena = &scratch};
	Buf before = {0}, after = {0};
	Pipeline pl;
	bool ok, changed, muted = w->diag->muted;
	uint32_t nerror = w->diag->nerror;

	model.prog = copy;
	w->diag->muted = true;
	program_print(copy, &po, &before);
	pipeline_main(&pl, w->arena, o->main, o);
	ok = pipeline_run(&pl, &c, NULL);
	program_print(copy, &po, &after);
	w->diag->muted = muted;
	w->diag->nerror = nerror;
	changed = !ok || before.n != after.n || memcmp(before.at, after.at, after.n) != 0;
	buf_free(&before);
	buf_free(&after);
	arena_free(&scratch);
	return changed;
}

/* ---- the whole ---- */

static bool
has(const Buf *b, const char *word)
{
	return b->at && strstr(b->at, word);
}

void
put_weights_file(Buf *b, const DumpOptions *o)
{
	bool safetensors = ends_with(o->weights, strlen(o->weights), ".safetensors");

	if (safetensors)
		buf_puts(b, "from safetensors.numpy import load_file\n");
	buf_printf(b, "\nweights = %s(", safetensors ? "load_file" : "np.load");
	put_quoted_text(b, o->weights);
	buf_puts(b, ")\n");
}

/* What stands above the functions; they say what they need of it. */
static void
put_head(Writing *w, const Buf *body, Buf *out)
{
	static const char *const names[] = {"Function", "Program", "get_new_symbol", "types"};
	const char *file = w->o->weights, *between = " ";
	bool safetensors = file && ends_with(file, strlen(file), ".safetensors");
	bool some = false;

	buf_printf(out, "# Made from %s by milc dump.\n", w->o->from);
	buf_puts(out, has(body, "np.") || (w->weights->n && !safetensors)
	                  ? "import coremltools as ct\nimport numpy as np\n"
	                  : "import coremltools as ct\n");
	buf_puts(out, "from coremltools.converters.mil import Builder as mb\n");
	for (size_t k = 0; k < countof(names); k++)
		if (has(body, arena_printf(w->arena, k == 3 ? "%s." : "%s(", names[k]))) {
			buf_printf(out, "%s%s%s",
			           some ? "" : "from coremltools.converters.mil.mil import",
			           between, names[k]);
			between = ", ";
			some = true;
		}
	buf_puts(out, some ? "\n" : "");
	if (w->weights->n)
		put_weights_file(out, w->o);
	buf_puts(out, "\n\n");
}

static bool
put_all(Writing *w)
{
	ConvertOptions o = make_options(w);
	Model *predicted;

	find_classifier(w);
	if (!put_functions(w))
		return false;
	w->skip_passes = !w->o->open && passes_change_it(w, &o);
	predicted = predict(w, &o);
	if (!predicted)
		return false;
	if (w->skip_passes)
		buf_puts(w->out, "# Passes of the ML Program's back end would change it.\n"
		                 "prog.skip_all_passes = True\n");
	buf_puts(w->out, "model = ct.convert(\n    prog,\n");
	put_options(w, &o);
	buf_puts(w->out, ")\n");
	put_metadata(w, predicted);
	put_raw(w, predicted);
	buf_puts(w->out, "model.save(");
	put_quoted_text(w->out, w->o->save);
	buf_puts(w->out, ")\n");
	return true;
}

/* Functions in the order of their descriptions; a file has them by name. */
static void
order_functions(const Model *m)
{
	Program *p = m->prog;

	for (uint32_t k = 0; k < m->func.n; k++)
		for (uint32_t i = k + 1; i < p->funcs.n; i++)
			if (p->funcs.at[i]->name == m->func.at[k].name) {
				Func *f = p->funcs.at[i];
				memmove(p->funcs.at + k + 1, p->funcs.at + k, (i - k) * sizeof f);
				p->funcs.at[k] = f;
			}
}

bool
dump_script(const Model *m, Diag *d, const DumpOptions *o, Buf *out, DumpedWeights *weights)
{
	Buf body = {0};
	Writing w = {.m = m,
	             .o = o,
	             .diag = d,
	             .arena = m->arena,
	             .out = &body,
	             .weights = weights};
	bool ok;

	order_functions(m);
	map_init(&w.stored, m->arena);
	map_init(&w.stored_names, m->arena);
	map_init(&w.held, m->arena);
	map_init(&w.shown, m->arena);
	map_init(&w.runs, m->arena);
	map_init(&w.counts, m->arena);
	ok = put_all(&w);
	if (ok) {
		put_head(&w, &body, out);
		buf_take(out, &body);
	}
	buf_free(&body);
	return ok;
}
