/* torchfile.h: archives as PyTorch writes them, made by hand, and what is said of them. */
#ifndef MILC_TESTS_TORCHFILE_H
#define MILC_TESTS_TORCHFILE_H

#include "torch/pickle.h"
#include "torch/torch.h"
#include "check.h"
#include "zipmaker.h"

typedef struct World {
	Arena arena;
	Interner names;
	Diag diag;
	Buf said;
} World;

static inline void
hear(void *ctx, const char *text, size_t n)
{
	buf_put(ctx, text, n);
}

static inline void
begin(World *w)
{
	*w = (World){0};
	intern_init(&w->names, &w->arena);
	diag_init(&w->diag, &w->arena);
	w->diag.sink = hear;
	w->diag.sink_ctx = &w->said;
}

static inline void
end(World *w)
{
	intern_free(&w->names);
	buf_free(&w->said);
	arena_free(&w->arena);
}

#endif
