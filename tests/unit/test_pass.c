/* test_pass.c: the pass table, pipelines and their edits, and the two sweeping passes. */
#include "pass/pass.h"
#include "world.h"

static uint32_t
count(const Pipeline *pl, const char *name)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < pl->pass.n; i++)
		n += !strcmp(pl->pass.at[i]->name, name);
	return n;
}

static void
test_table(void)
{
	size_t n;
	const PassInfo *t = pass_table(&n);

	CHECK(n == 78);
	for (size_t i = 0; i < n; i++)
		CHECK(pass_find(t[i].name) == &t[i]);
	CHECK(pass_find("common::const_elimination") == pass_find("const_elimination"));
	CHECK(!pass_find("mil_backend::const_elimination"));
	CHECK(!strcmp(pass_nearest("const_eliminaton"), "const_elimination"));
}

static void
test_default(void)
{
	World w;
	Pipeline pl;
	ConvertOptions o = {.format = FORMAT_MLPROGRAM};

	world_init(&w, IOS15);
	pipeline_default(&pl, &w.arena, &o);
	CHECK(pl.pass.n == 77 + 19 + 13 && pl.nfrontend == 96);
	CHECK(count(&pl, "add_fp16_cast") == 1 && count(&pl, "add_int16_cast") == 2);
	o.precision = PRECISION_FP32;
	pipeline_default(&pl, &w.arena, &o);
	CHECK(pl.pass.n == 77 + 19 + 13 - 3);
	o = (ConvertOptions){.target = IOS14};
	pipeline_default(&pl, &w.arena, &o);
	CHECK(pl.pass.n == 77 + 19 + 9 - 3 && count(&pl, "decompose_conv1d") == 1);
	world_free(&w);
}

static void
test_parse(void)
{
	World w;
	Pipeline pl;
	ConvertOptions o = {.format = FORMAT_MLPROGRAM};

	world_init(&w, IOS15);
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "none", &o) && pl.pass.n == 0);
	CHECK(pipeline_parse(
	    &pl, &w.arena, &w.diag,
	    "common::dead_code_elimination,const_elimination[skip_const_by_size=3,x=1]", &o));
	CHECK(pl.pass.n == 2 && pl.option.n == 1);
	CHECK(!strcmp(pl.option.at[0].text, "skip_const_by_size=3,x=1"));
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "-const_elimination", &o));
	CHECK(!count(&pl, "const_elimination") && pl.nfrontend == 96 - 8);
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "+const_elimination", &o));
	CHECK(count(&pl, "const_elimination") == 11 && pl.nfrontend == 97);
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "main=dead_code_elimination", &o));
	CHECK(count(&pl, "dead_code_elimination") == 2 && !count(&pl, "cast_optimization"));
	CHECK(count(&pl, "sanitize_name_strings") == 1);
	CHECK(!pipeline_parse(&pl, &w.arena, &w.diag, "const_eliminaton", &o));
	CHECK(world_heard(&w, "no pass is called 'const_eliminaton'"));
	CHECK(!pipeline_parse(&pl, &w.arena, &w.diag, "-const_elimination,noop_elimination", &o));
	CHECK(world_heard(&w, "--passes mixes edits with plain names"));
	CHECK(!pipeline_parse(&pl, &w.arena, &w.diag, "materialize_symbolic_shape_program", &o));
	CHECK(world_heard(&w, "pass 'materialize_symbolic_shape_program' is not yet supported"));
	world_free(&w);
}

static bool
run(World *w, const char *list)
{
	Pipeline pl;
	Arena scratch = {0};
	ConvertOptions o = {.format = FORMAT_MLPROGRAM};
	PassCtx c = {.prog = w->p, .opt = &o, .arena = &scratch};
	PassRunOptions ro = {.verify = true};
	bool ok = pipeline_parse(&pl, &w->arena, &w->diag, list, &o) && pipeline_run(&pl, &c, &ro);

	arena_free(&scratch);
	return ok;
}

static void
test_sweeps(void)
{
	World w;

	world_init(&w, IOS15);
	Var *dead = world_relu(&w, w.x, 0);
	world_relu(&w, dead, 0);
	/* A shape is known when it is built; its instruction stays until a pass takes it. */
	Var *s = build1(&w.b, OP_shape, world_str(&w, "s"), ARGS(VAR("x", w.x)));
	Var *y = build1(&w.b, OP_reshape, world_str(&w, "y"), ARGS(VAR("x", w.x), VAR("shape", s)));
	world_return(&w, y);
	CHECK(w.f->body->ninst == 4);
	CHECK(run(&w, "dead_code_elimination") && w.f->body->ninst == 2);
	CHECK(run(&w, "const_elimination[skip_const_by_size=1]"));
	CHECK(w.f->body->first->op->code == OP_shape);
	CHECK(run(&w, "const_elimination") && w.f->body->ninst == 2);
	CHECK(var_is_const(inst_arg(y->def, "shape")));
	CHECK(!strcmp(inst_arg(y->def, "shape")->name->s, "s"));
	CHECK(!run(&w, "const_elimination[skip_const_by_size=many]"));
	CHECK(world_heard(&w, "skip_const_by_size is 'many', expected a number"));
	world_free(&w);
}

static bool
take_out(PassCtx *c, Inst *i)
{
	return pass_replace(c, i, inst_arg(i, "x")) || true;
}

static void
test_replace(void)
{
	World w;

	world_init(&w, IOS15);
	PassCtx c = {.prog = w.p};
	Var *a = world_add(&w, w.x, tensor_scalar_f(&w.arena, DT_FP32, 1), "a");
	Var *y = world_relu(&w, a, "y");
	world_return(&w, y);
	CHECK(pass_each(&c, OP_relu, take_out));
	CHECK(w.f->nop[OP_relu] == 0 && w.f->body->out[0]->var == a);
	CHECK(!strcmp(a->name->s, "y")); /* the output keeps its name */
	/* An input cannot take over the name of an output. */
	Var *z = world_relu(&w, w.x, "z");
	world_return(&w, z);
	CHECK(pass_each(&c, OP_relu, take_out) && w.f->nop[OP_relu] == 1);
	world_free(&w);
}

int
main(void)
{
	test_table();
	test_default();
	test_parse();
	test_sweeps();
	test_replace();
	return check_report();
}
