/* rewrite.c: for tests/roundtrip.py: rewrite MODE IN OUT writes the specification of a model file
 * again, with the library.
 *
 *	tree    encoded anew from the tree of messages
 *	author  with description.metadata.author set to "roundtrip", through milc.h
 */
#include <stdio.h>
#include <stdlib.h>

#include "Model.pb-c.h"
#include "api/milc.h"
#include "file/mapfile.h"
#include "pb/msg.h"

static int
from_tree(const char *in, FILE *out)
{
	Arena a = {0};
	Diag d;
	MapFile map;
	const char *error = "it cannot be read";
	Buf b = {0};
	Msg *m = NULL;

	diag_init(&d, &a);
	if (mapfile_map(&map, &d, NOSPAN, in))
		m = msg_read(&a, &core_ml__specification__model__descriptor, map.at, map.n, &error);
	if (!m) {
		fprintf(stderr, "%s: %s\n", in, error);
		return 1;
	}
	msg_reencode(m);
	msg_write(m, &b);
	fwrite(b.at ? b.at : "", 1, b.n, out);
	buf_free(&b);
	mapfile_close(&map);
	arena_free(&a);
	return 0;
}

static void
put(void *out, int what, const char *text, size_t n)
{
	(void)what;
	fwrite(text, 1, n, out);
}

static void
say(void *ctx, const milc_message *m)
{
	(void)ctx;
	fputs(m->rendered, stderr);
}

static int
with_author(const char *in, FILE *out)
{
	milc *m = milc_new();
	int status;

	milc_on_text(m, put, out);
	milc_on_message(m, say, NULL);
	status = milc_load(m, in);
	if (status == MILC_OK)
		status = milc_set_field(milc_model_at(m, 0), "description.metadata.author",
		                        "roundtrip");
	if (status == MILC_OK)
		status = milc_write_text(milc_model_at(m, 0), ".mlmodel");
	milc_free(m);
	return status;
}

int
main(int argc, char **argv)
{
	FILE *out = argc == 4 ? fopen(argv[3], "wb") : NULL;
	int status;

	if (!out) {
		fprintf(stderr, "usage: rewrite tree|author IN OUT\n");
		return 2;
	}
	status = argv[1][0] == 't' ? from_tree(argv[2], out) : with_author(argv[2], out);
	return fclose(out) ? 1 : status;
}
