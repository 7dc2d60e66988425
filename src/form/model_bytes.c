/* model_bytes.c: a Model as bytes. It is measured first, so that what is wrong is known before
 * anything is written, and then goes to a Buf, which may have a drain: weights of a NeuralNetwork
 * go by from where they lie, and operations of a program stand in pieces, which are freed as they
 * are written.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <errno.h>

#include "base/sys.h"
#include "file/fsout.h"
#include "spec.h"

static uint32_t
network_field(const Model *m)
{
	return m->classifier ? MODEL_CLASSIFIER : MODEL_NETWORK;
}

static bool
measure_network(ModelBytes *p)
{
	EmitCtx *c = p->c;
	uint32_t errors = c->diag->nerror;
	Model described = *p->m;
	Msg *net =
	    p->m->network ? p->m->network : c->lower(p->m, c, p->arena, &described.spec_version);

	if (!net || c->diag->nerror != errors) /* with --werror a warning is an error too */
		return false;
	put_description(&p->head, p->arena, &described, c);
	p->tree = net;
	p->size = p->head.n + pb_field_size(network_field(p->m), msg_size(net));
	return true;
}

/* Each block inside of another puts messages inside of messages, and readers follow them only so
 * deep. */
static bool
check_nesting(const Block *b, uint32_t depth, EmitCtx *c)
{
	for (const Inst *i = b->first; i; i = i->next) {
		if (i->nblock && depth == PB_MAX_BLOCKS)
			return diag_error(c->diag, i->span.at ? i->span : c->span,
			                  "the blocks of this %s are nested %d deep, and a model "
			                  "can be read back only with %d: take the innermost ones "
			                  "apart",
			                  i->op->name, PB_MAX_BLOCKS + 1, PB_MAX_BLOCKS);
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!check_nesting(i->block[k], depth + 1, c))
				return false;
	}
	return true;
}

static bool
measure_program(ModelBytes *p)
{
	const Program *prog = p->m->prog;
	SpecOut s = {.m = p->m, .diag = p->c->diag, .at = p->c->span, .arena = p->arena, .w = p->w};
	size_t nrow;

	for (uint32_t k = 0; k < prog->funcs.n; k++)
		if (!check_nesting(prog->funcs.at[k]->body, 0, p->c))
			return false;
	s.rows = op_rows(&nrow);
	s.order = arena_array(p->arena, nrow, sizeof *s.order);
	map_init(&s.types, p->arena);
	put_description(&p->head, p->arena, p->m, p->c);
	if (!program_bytes_make(&p->program, &s))
		return false;
	p->size = p->head.n + pb_field_size(MODEL_PROGRAM, p->program.size);
	return true;
}

static bool
measure(ModelBytes *p)
{
	const Model *m = p->m;

	if (m->spec) {
		p->size = msg_size(m->spec);
		return true;
	}
	return m->format == FORMAT_NEURALNETWORK ? measure_network(p) : measure_program(p);
}

/* Where weights have a file of their own, the network must say so. */
static const char *
way_out(const Model *m)
{
	return m->spec || m->format != FORMAT_NEURALNETWORK
	           ? ""
	           : ": convert it to an ML Program, whose weights have a file of their own";
}

bool
model_measure(ModelBytes *p, Arena *a, const Model *m, EmitCtx *c, Weights *w)
{
	*p = (ModelBytes){.m = m, .arena = a, .c = c, .w = w};
	weights_init(w, a, m);
	if (!measure(p))
		return false;
	return p->size <= PB_MAX_BYTES ||
	       diag_error(c->diag, c->span,
	                  "the %s takes %zu bytes in the model file, more than the 2 GiB that "
	                  "fit%s",
	                  m->spec                             ? "model"
	                  : m->format == FORMAT_NEURALNETWORK ? "network"
	                                                      : "program",
	                  p->size, way_out(m));
}

/* Once, if it is no specification. */
static void
model_put(ModelBytes *p, Buf *b)
{
	if (p->m->spec) {
		msg_write(p->m->spec, b);
		return;
	}
	buf_put(b, p->head.at, p->head.n);
	if (p->tree)
		msg_write_field(p->tree, b, network_field(p->m));
	else
		program_bytes_put(&p->program, b);
}

void
model_bytes_free(ModelBytes *p)
{
	buf_free(&p->head);
	program_bytes_free(&p->program);
}

bool
put_model(Buf *b, Arena *a, const Model *m, EmitCtx *c, Weights *w)
{
	ModelBytes p;
	bool ok = model_measure(&p, a, m, c, w);

	if (ok) {
		buf_reserve(b, p.size);
		model_put(&p, b);
	}
	model_bytes_free(&p);
	return ok;
}

/* ---- to a file ---- */

typedef struct FileDrain {
	Drain drain;
	int fd, error;
	bool hashed;
	XXH3_state_t hash[2];
} FileDrain;

static void
to_file(Drain *d, const char *at, size_t n)
{
	FileDrain *f = (FileDrain *)(void *)d;

	for (uint64_t k = 0; f->hashed && k < countof(f->hash); k++)
		XXH3_64bits_update(&f->hash[k], at, n);
	if (!f->error && !sys_write(f->fd, at, n))
		f->error = errno;
}

void
model_to_file(ModelBytes *p, FsOut *o, const char *name, uint64_t hash[2])
{
	FileDrain f = {.drain.take = to_file, .fd = fsout_create(o, name), .hashed = hash != NULL};
	Buf b = {.drain = &f.drain};

	if (f.fd < 0)
		return;
	sys_expect(f.fd, p->size);
	for (uint64_t k = 0; k < countof(f.hash); k++)
		XXH3_64bits_reset_withSeed(&f.hash[k], k);
	model_put(p, &b);
	buf_drain(&b);
	buf_free(&b);
	for (uint64_t k = 0; hash && k < countof(f.hash); k++)
		hash[k] = XXH3_64bits_digest(&f.hash[k]);
	if (f.error)
		fsout_fail(o, f.error);
	fsout_close(o, f.fd);
}
