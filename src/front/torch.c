/* torch.c: the front for files of PyTorch: what ct.convert makes of them, with the settings of the
 * command line in the place of its arguments.
 */
#include "front.h"

#include "aten/aten.h"
#include "torch/torch.h"

bool
is_archive(const Input *in)
{
	return in->n > 4 && memcmp(in->at, "PK\3\4", 4) == 0;
}

bool
open_torch(Unit *u, const Input *in)
{
	TorchOpen o = {.arena = &u->arena,
	               .names = &u->names,
	               .diag = &u->diag,
	               .at = diag_object(&u->diag, NOSPAN, NULL, in->path),
	               .path = in->path,
	               .data = in->at,
	               .n = in->n,
	               .training = true};
	AtenImport im = {
	    .o = &u->flags, .counts = name_counts_new(&u->arena), .types = &u->types};
	TGraph *g = torch_open(&o);
	Model *m;

	u->flags.implied = true;
	if (!g || !features_said(u, g->source == TORCH_SCRIPT, NULL, &u->flags.input,
	                         &u->flags.ninput))
		return false;
	if (u->o->nodes && g->source == TORCH_SCRIPT && !u->flags.ninput)
		return aten_check(g, &im);
	m = aten_convert(g, &im, &u->pass_run, NULL);
	if (!m)
		return false;
	m->converted = true;
	vec_push(&u->arena, &u->models, m);
	return true;
}
