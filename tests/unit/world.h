/* world.h: a program with one input, for the tests of passes, conversion, writers and readers. */
#ifndef MILC_TESTS_WORLD_H
#define MILC_TESTS_WORLD_H

#include "check.h"
#include "convert/convert.h"
#include "form/emit.h"
#include "form/read.h"
#include "ir/build.h"
#include "nn/lift.h"
/* nn/lower.h, without its macros */
Msg *lower_network(const Model *m, EmitCtx *c, Arena *a, int *version);

#include "file/mapfile.h"

#include <sys/stat.h>

typedef struct World {
	Arena arena;
	Interner names;
	Types types;
	Diag diag;
	Program *p;
	Func *f;
	Builder b;
	Var *x; /* fp32[2, 3] */
	Buf said;
	Maps maps;
} World;

static inline void
world_hear(void *ctx, const char *text, size_t n)
{
	buf_put(ctx, text, n);
}

static inline const Str *
world_str(World *w, const char *s)
{
	return intern_cstr(&w->names, s);
}

static inline Var *
world_input(World *w, const char *name, DType t, Dim a, Dim b)
{
	Dim dim[2] = {a, b};

	return block_add_param(w->f->body, world_str(w, name), type_tensor(&w->types, t, dim, 2));
}

static inline void
world_init(World *w, Opset opset)
{
	memset(w, 0, sizeof *w);
	w->maps.arena = &w->arena;
	intern_init(&w->names, &w->arena);
	types_init(&w->types, &w->arena, &w->names);
	diag_init(&w->diag, &w->arena);
	w->diag.sink = world_hear;
	w->diag.sink_ctx = &w->said;
	w->p = program_new(&w->arena, &w->names, &w->types, &w->diag);
	w->p->default_func = world_str(w, "main");
	w->f = func_new(w->p, w->p->default_func, NOSPAN);
	w->f->opset = opset;
	builder_init(&w->b, w->p, w->f);
	w->b.opset = opset;
	w->b.counts = name_counts_new(&w->arena);
	w->x = world_input(w, "x", DT_FP32, 2, 3);
}

static inline void
world_free(World *w)
{
	buf_free(&w->said);
	maps_close(&w->maps);
	intern_free(&w->names);
	arena_free(&w->arena);
}

/* The messages since the last call contain `want`. */
static inline bool
world_heard(World *w, const char *want)
{
	diag_flush(&w->diag);
	bool found = w->said.at && strstr(w->said.at, want);
	if (!found)
		fprintf(stderr, "\tsaid: %s\n", w->said.at ? w->said.at : "nothing");
	buf_clear(&w->said);
	return found;
}

static inline Var *
world_relu(World *w, Var *v, const char *name)
{
	return build1(&w->b, OP_relu, name ? world_str(w, name) : 0, ARGS(VAR("x", v)));
}

static inline Var *
world_add(World *w, Var *v, const Tensor *t, const char *name)
{
	return build1(&w->b, OP_add, name ? world_str(w, name) : 0,
	              ARGS(VAR("x", v), TENSOR("y", t)));
}

static inline void
world_return(World *w, Var *v)
{
	block_set_outputs(w->f->body, &v, 1);
}

/* The operations of the function in order: "relu add". */
static inline const char *
world_ops(World *w)
{
	Buf b = {0};

	for (const Inst *i = w->f->body->first; i; i = i->next)
		buf_printf(&b, "%s%s", b.n ? " " : "", i->op->name);
	const char *ops = arena_strdup(&w->arena, b.n ? b.at : "");
	buf_free(&b);
	return ops;
}

static inline const Tensor *
world_ramp(World *w, DType t, int64_t a, int64_t b)
{
	int64_t dim[2] = {a, b};
	Tensor *r = tensor_new(&w->arena, t, dim, 2);

	for (int64_t i = 0; i < r->count; i++)
		tensor_set_f(r, i, (double)i);
	return r;
}

/* A model from a file or package, with its program; 0 after reporting. */
static inline Model *
world_read(World *w, const char *path)
{
	ReadCtx c = {.arena = &w->arena,
	             .names = &w->names,
	             .types = &w->types,
	             .diag = &w->diag,
	             .path = path,
	             .maps = &w->maps};
	struct stat st;
	MapFile *map;
	Model *m = 0;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		m = read_package(&c);
	else if ((map = maps_map(&w->maps, &w->diag, NOSPAN, path)))
		m = read_model_file(&c, map->at, map->n);
	if (!m || !read_interface(&c, m))
		return 0;
	return (m->kind == BODY_NETWORK ? read_network(&c, m) : read_program(&c, m)) ? m : 0;
}

static inline EmitCtx
world_emit(World *w, const char *path)
{
	return (EmitCtx){.path = path, .diag = &w->diag, .lower = lower_network};
}

#endif
