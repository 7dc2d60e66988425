/* model.c: from the graph of a PyTorch file to a model: ct.convert of such a file. */
#include "aten.h"
#include "convert/convert.h"

Model *
aten_convert(TGraph *g, AtenImport *im, const PassRunOptions *run, Program **made)
{
	ConvertOptions *o = new (g->arena, ConvertOptions);
	Program *p;

	*o = *im->o;
	o->source = g->version ? arena_printf(g->arena, "torch==%s", g->version) : "torch";
	o->dialect = g->source == TORCH_EXPORT ? "TorchExport::ATEN" : "TorchScript";
	im->o = o;
	p = aten_import(g, im);
	if (made)
		*made = p;
	if (!p)
		return NULL;
	o->input = im->input;
	o->ninput = im->ninput;
	o->output = im->output;
	o->noutput = im->noutput;
	return convert(p, o, run);
}
