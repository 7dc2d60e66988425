/* mlmodel_write.c: the forms that are one file: .mlmodel, the protobuf alone, and .mil, MIL text. */
#include "spec.h"

bool
emit_mlmodel(const Model *m, EmitCtx *c)
{
	Arena a = {0};
	Buf spec = {0};
	Weights w;

	weights_init(&w, &a, m);
	bool ok = put_model(&spec, &a, m, c, &w) && emit_text_file(c, spec.at, spec.n);
	buf_free(&spec);
	arena_free(&a);
	return ok;
}

bool
emit_mil(const Model *m, EmitCtx *c)
{
	Buf text = {0};
	bool ok = emit_mil_text(m, &text) && emit_text_file(c, text.at, text.n);

	buf_free(&text);
	return ok;
}
