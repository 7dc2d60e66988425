/* edit.c: milc_edit: a model, what is to be changed, and where it goes. */
#include "api.h"

#include "check/check.h"
#include "edit/edit.h"
#include "form/read.h"

static Words
words_of(Unit *u, const char *const *list, size_t n)
{
	Words w = {0};

	for (size_t i = 0; i < n; i++)
		vec_push(&u->arena, &w, list[i]);
	return w;
}

/* The model of a script, for the opset of the model that it is to follow; 0 after reporting. */
static Model *
open_script_for(milc *m, const Model *model, const char *path)
{
	Unit *u = &m->unit;
	const Msg *functions = msg_at(msg_get(model->spec, "mlProgram"), "functions", 0);
	const char *opset = msg_get_string(msg_get(functions, "value"), "opset");

	for (int o = IOS15; o <= IOS26; o++)
		if (!strcmp(opset_coreml((Opset)o), opset))
			u->said.target = opset_name((Opset)o);
	return api_second(m, path);
}

/* Of the form OLD=NEW, with something in front of the sign. */
static bool
are_pairs(Unit *u, const char *const *list, size_t n, const char *form)
{
	for (size_t i = 0; i < n; i++) {
		const char *eq = strchr(list[i], '=');
		if (!eq || eq == list[i] || (!eq[1] && form[2] == 'r'))
			return unit_wrong_use(u, "%s: found '%s'", form, list[i]);
	}
	return true;
}

static bool
read_edits(milc *m, Model *model, Edits *x)
{
	const Settings *s = &m->settings;
	Unit *u = &m->unit;

	*x = (Edits){.extract = s->extract,
	             .tap = words_of(u, s->tap, s->ntap),
	             .drop = words_of(u, s->drop, s->ndrop),
	             .io = s->fp16   ? DT_FP16
	                   : s->fp32 ? DT_FP32
	                             : DT_NONE,
	             .rename = words_of(u, s->rename, s->nrename),
	             .set = words_of(u, s->set, s->nset),
	             .target = u->flags.target};
	if (s->fp16 && s->fp32)
		return unit_wrong_use(u, "--fp16 and --fp32 contradict each other");
	if (!are_pairs(u, s->rename, s->nrename, "--rename takes OLD=NEW") ||
	    !are_pairs(u, s->set, s->nset, "--set takes KEY=VALUE"))
		return false;
	if (s->extract && !strstr(s->extract, ".."))
		return unit_wrong_use(u,
		                      "--extract takes A..B, the names of values, one of which may "
		                      "be left out: found '%s'",
		                      s->extract);
	if (!s->append)
		return true;
	x->append = open_script_for(m, model, s->append);
	return x->append != NULL;
}

/* The program is read anew from what it is now. */
static Model *
read_again(Unit *u, const Model *m)
{
	ReadCtx c = unit_reading(u);
	Model *out = read_part(&c, m, m->spec, model_place(m));
	Origin *o = new (&u->arena, Origin);

	if (!m->origin)
		return out;
	*o = *m->origin;
	o->at = NULL; /* operations stand elsewhere */
	out->origin = o;
	return out;
}

static bool
edit_loaded(milc *m, const char *out)
{
	Model *model = unit_model(&m->unit);
	ReadCtx c = unit_reading(&m->unit);
	bool text = !strcmp(out, "-");
	Buf b = {0};
	Edits x;

	model = model ? api_spec(m, model) : NULL;
	if (!model || !read_edits(m, model, &x) || !edit_model(&c, model, &x))
		return false;
	model = read_again(&m->unit, model);
	if (x.target && !check_model(&c, model, false))
		return false;
	model->converted = true; /* --target was heeded */
	if (!text)
		return api_write(m, model, out, NOSPAN);
	if (!api_text(m, model, true, &b))
		return false;
	api_give(m, &b);
	return true;
}

static int
edit(milc *m, void *path)
{
	const char *out = m->settings.output;

	api_renew(m);
	if (!out)
		return api_status(m,
		                  unit_wrong_use(&m->unit, "edit writes to OUT: give it with -o"));
	if (strcmp(out, "-") != 0 && !api_output_has_form(&m->unit))
		return api_status(m, false);
	return api_status(m, api_load(m, path) && edit_loaded(m, out));
}

int
milc_edit(milc *m, const char *path)
{
	return api_enter(m, edit, (void *)(uintptr_t)path);
}
