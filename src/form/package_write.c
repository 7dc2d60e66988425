/* package_write.c: .mlpackage folders: the model, its weights and a manifest that lists both.
 *
 * The identifiers in the manifest are made from the content of the model, so that the same input
 * gives the same bytes. The folder for weights is there even when it is empty: loaders look for it.
 */
#include <stdio.h>

#include "base/sys.h"
#include "file/fsout.h"
#include "spec.h"

#define DATA           "Data/"
#define AUTHOR         "com.apple.CoreML"
#define MODEL_FILE     AUTHOR "/model.mlmodel"
#define WEIGHTS_FOLDER AUTHOR "/weights"
#define WEIGHTS_FILE   WEIGHTS_FOLDER "/weight.bin"

static void
put_uuid(char out[37], uint64_t a, uint64_t b)
{
	a = (a & ~0xf000ull) | 0x4000;        /* version 4, */
	b = (b & ~(3ull << 62)) | 2ull << 62; /* the usual variant */
	snprintf(out, 37, "%08X-%04X-%04X-%04X-%012llX", (unsigned)(a >> 32),
	         (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff), (unsigned)(b >> 48),
	         (unsigned long long)(b & 0xffffffffffff));
}

static void
put_item(Buf *b, const char *id, const char *what, const char *name, const char *path, bool last)
{
	buf_printf(b,
	           "        \"%s\": {\n"
	           "            \"author\": \"" AUTHOR "\",\n"
	           "            \"description\": \"CoreML Model %s\",\n"
	           "            \"name\": \"%s\",\n"
	           "            \"path\": \"%s\"\n"
	           "        }%s\n",
	           id, what, name, path, last ? "" : ",");
}

static void
put_manifest(Buf *b, const uint64_t hash[2], bool weights)
{
	char model[37], folder[37];
	bool second;

	put_uuid(model, hash[0], hash[1]);
	put_uuid(folder, hash_bytes(hash, sizeof *hash, 2), hash_bytes(hash, sizeof *hash, 3));
	second = strcmp(folder, model) < 0;
	buf_puts(b, "{\n    \"fileFormatVersion\": \"1.0.0\",\n    \"itemInfoEntries\": {\n");
	if (weights && second)
		put_item(b, folder, "Weights", "weights", WEIGHTS_FOLDER, false);
	put_item(b, model, "Specification", "model.mlmodel", MODEL_FILE, !weights || second);
	if (weights && !second)
		put_item(b, folder, "Weights", "weights", WEIGHTS_FOLDER, true);
	buf_printf(b, "    },\n    \"rootModelIdentifier\": \"%s\"\n}\n", model);
}

void
write_weights(FsOut *o, const char *name, const Weights *w)
{
	BlobWriter out;
	int fd = fsout_create(o, name);

	if (fd < 0)
		return;
	sys_expect(fd, w->plan.size);
	blob_begin(&out, fd);
	for (uint32_t i = 0; i < w->list.n; i++) {
		uint64_t at = blob_add(&out, w->list.at[i].t);
		if (at != w->list.at[i].offset && !out.error)
			die("weight %u is at %llu, not at %llu as planned", i,
			    (unsigned long long)at, (unsigned long long)w->list.at[i].offset);
	}
	if (!blob_end(&out))
		fsout_fail(o, out.error);
	fsout_close(o, fd);
}

/* The weights files that a specification names. A network has none, and need not be searched. */
static WeightsFiles
files_of(const Model *m)
{
	WeightsFiles files = {0};
	Buf spec = {0};

	if (m->spec && m->kind != BODY_NETWORK) {
		msg_write(m->spec, &spec);
		files = weights_files(m, &spec);
		buf_free(&spec);
	}
	return files;
}

static void
write_new(FsOut *o, ModelBytes *p)
{
	const Model *m = p->m;
	WeightsFiles files = files_of(m);
	bool weights = files.n || (m->kind == BODY_PROGRAM && m->format != FORMAT_NEURALNETWORK);
	uint64_t hash[2] = {0};
	Buf manifest = {0};

	model_to_file(p, o, DATA MODEL_FILE, hash);
	put_manifest(&manifest, hash, weights);
	fsout_put(o, "Manifest.json", manifest.at, manifest.n);
	buf_free(&manifest);
	if (!weights || o->failed)
		return;
	fsout_folder(o, DATA WEIGHTS_FOLDER);
	for (uint32_t k = 0; k < files.n; k++)
		if (!weights_copy(o, &files.at[k],
		                  arena_printf(m->arena, DATA AUTHOR "/%s",
		                               files.at[k].name + strlen("@model_path/"))))
			return;
	if (p->w->list.n)
		write_weights(o, DATA WEIGHTS_FILE, p->w);
}

/* A package that was read is written with all that lay in it, and weights that came to it. */
static void
write_again(FsOut *o, ModelBytes *p)
{
	const Model *m = p->m;
	const char *in = m->origin->file + strlen(m->origin->path), *to;

	in += *in == '/';
	fsout_copy(o, NULL, m->origin->path, m->origin->file);
	model_to_file(p, o, in, NULL);
	for (uint32_t k = 0; k < m->weights.n && !o->failed; k++) {
		to = m->weights.at[k].name + strlen("@model_path/");
		to = arena_printf(m->arena, "%.*s%s", (int)(path_base(in) - in), in, to);
		weights_copy(o, &m->weights.at[k], to);
	}
}

bool
emit_package(const Model *m, EmitCtx *c)
{
	Arena a = {0};
	ModelBytes p;
	Weights w;
	FsOut o;
	bool ok = false;

	if (model_measure(&p, &a, m, c, &w) && fsout_begin(&o, c->diag, c->span, c->path, true)) {
		if (m->spec && m->origin && m->origin->package)
			write_again(&o, &p);
		else
			write_new(&o, &p);
		ok = fsout_later(c->batch, &o);
	}
	model_bytes_free(&p);
	arena_free(&a);
	return ok;
}
