/* pages.c: milc_pages: the reference of operations as a folder of pages. The scripts of its
 * examples are those of tests/ops, compiled in; what they come to is computed while the pages are
 * made.
 */
#include "api.h"

#include "base/embed.h"
#include "file/fsout.h"
#include "view/reference.h"
#include "view/view.h"

typedef struct Pages {
	Arena arena; /* outlives the examples' units */
	Evidence evidence;
	VEC(Example) example;
	FsOut out;
} Pages;

/* ---- the examples ---- */

/* embed_examples: "=== NAME\n" and the script, one behind the other. */
static const char *
next_example(Arena *a, const char *at, Example *x)
{
	const char *name = at + 4, *line = strchr(name, '\n'), *end = strstr(line, "\n=== ");

	end = end ? end + 1 : line + strlen(line);
	x->name = arena_printf(a, "%.*s", (int)(line - name), name);
	x->script = arena_printf(a, "%.*s", (int)(end - line - 1), line + 1);
	x->options = "";
	if (strncmp(x->script, "# milc: ", 8) == 0) {
		size_t n = strcspn(x->script + 8, "\n");
		x->options = arena_printf(a, "%.*s", (int)n, x->script + 8);
	}
	return *end ? end : NULL;
}

/* What stands behind an option of the first line, or 0. */
static const char *
option_of(Arena *a, const Example *x, const char *option)
{
	const char *at = strstr(x->options, option);

	at = at ? at + strlen(option) : NULL;
	return at ? arena_printf(a, "%.*s", (int)strcspn(at, " "), at) : NULL;
}

static bool
load_example(milc *m, const Example *x)
{
	api_renew(m);
	m->unit.diag.muted = true;
	return unit_open_bytes(&m->unit, arena_printf(&m->unit.arena, "%s.mil", x->name),
	                       arena_strdup(&m->unit.arena, x->script), strlen(x->script)) &&
	       m->unit.models.n;
}

static const char *
kept(Pages *p, Buf *b)
{
	const char *s = arena_strdup(&p->arena, b->at ? b->at : "");

	buf_free(b);
	return s;
}

/* The layers of the network that the example becomes, each once. */
static const char *
layers_of(milc *m, Pages *p, const Example *x)
{
	VEC(const char *) seen = {0};
	Buf b = {0};
	Model *model;
	const Msg *net;

	m->settings.convert_to = "neuralnetwork";
	m->settings.target = m->settings.precision = NULL;
	if (!load_example(m, x))
		return NULL;
	model = api_spec(m, unit_model(&m->unit));
	net = model && model->spec ? msg_get(model->spec, "neuralNetwork") : NULL;
	if (!net)
		return NULL;
	for (size_t i = 0; i < msg_count(net, "layers"); i++) {
		const char *name = msg_case(msg_at(net, "layers", i), "convolution");
		uint32_t k = 0;
		while (name && k < seen.n && strcmp(seen.at[k], name) != 0)
			k++;
		if (!name || k < seen.n)
			continue;
		vec_push(&p->arena, &seen, name);
		buf_printf(&b, "%s%s", k ? ", " : "", name);
	}
	return kept(p, &b);
}

static void
picture_of(milc *m, Pages *p, Model *model, Example *x)
{
	Unit *u = &m->unit;
	Picture pic;
	Buf b = {0};

	view_model(&pic, &u->arena, model, view_paint(NULL));
	picture_layout(&pic);
	picture_svg(&pic, &(SvgLook){true, arena_printf(&u->arena, "%s-", x->name)}, &b);
	x->picture = kept(p, &b);
}

/* All that is shown of an example; false where one of its parts cannot be made. */
static bool
try_example(milc *m, Pages *p, Example *x)
{
	Settings said = m->settings;
	Buf text = {0}, in = {0}, out = {0};
	Model *model;
	bool good;

	m->settings = (Settings){.precision = option_of(&p->arena, x, "--precision "),
	                         .target = option_of(&p->arena, x, "--target "),
	                         .convert_to = option_of(&p->arena, x, "-t "),
	                         .seed = 1};
	good = load_example(m, x);
	model = good ? unit_model(&m->unit) : NULL;
	good = model && unit_values(&m->unit, model);
	if (good)
		picture_of(m, p, model, x);
	good = good && api_text(m, model, true, &text) && api_try(m, model, &in, &out);
	x->text = kept(p, &text);
	x->inputs = kept(p, &in);
	x->outputs = kept(p, &out);
	if (good)
		x->layers = layers_of(m, p, x);
	m->settings = said;
	return good;
}

static void
try_examples(milc *m, Pages *p)
{
	Example x = {0};

	for (const char *at = embed_examples; at; memset(&x, 0, sizeof x)) {
		at = next_example(&p->arena, at, &x);
		if (!try_example(m, p, &x))
			die("the example '%s' of the reference does not run", x.name);
		vec_push(&p->arena, &p->example, x);
	}
}

/* ---- the pages ---- */

static void
put_page(Pages *p, const char *name, Buf *b)
{
	fsout_put(&p->out, arena_printf(&p->arena, "%s.html", name), b->at, b->n);
	buf_free(b);
}

/* "conv" of "conv" and "conv.ios17" */
static bool
is_example_of(const Example *x, const char *op)
{
	size_t n = strlen(op);
	return strncmp(x->name, op, n) == 0 && (x->name[n] == 0 || x->name[n] == '.');
}

static void
put_op(Pages *p, const OpDef *d)
{
	OpPage page = {d, &p->evidence, NULL, 0};
	VEC(Example) own = {0};
	Buf b = {0};

	/* That of the oldest version first. */
	for (int later = 0; later < 2; later++)
		for (uint32_t i = 0; i < p->example.n; i++) {
			const Example *x = &p->example.at[i];
			if (is_example_of(x, d->name) && !strchr(x->name, '.') == !later)
				vec_push(&p->arena, &own, *x);
		}
	page.example = own.at;
	page.n = own.n;
	reference_op(&b, &page);
	put_page(p, d->name, &b);
}

static void
put_pages(Pages *p)
{
	size_t n;
	const OpDef *d = op_rows(&n);
	Buf b = {0};

	for (size_t i = 0; i < n; i++)
		if (reference_has(&d[i]))
			put_op(p, &d[i]);
	reference_index(&b, &p->evidence);
	put_page(p, "index", &b);
	reference_rules(&b, &p->evidence);
	put_page(p, "rules", &b);
	reference_sources(&b, &p->evidence);
	put_page(p, "sources", &b);
	reference_names(&b);
	put_page(p, "names", &b);
}

static int
pages(milc *m, void *folder)
{
	Pages p = {0};
	Unit *u = &m->unit;
	bool good;

	try_examples(m, &p);
	api_renew(m);
	good = evidence_load(&p.evidence, &p.arena, &u->names, &u->diag) &&
	       fsout_begin_own(&p.out, &u->diag, NOSPAN, folder);
	if (good)
		put_pages(&p);
	good = good && fsout_commit(&p.out);
	arena_free(&p.arena);
	return api_status(m, good);
}

int
milc_pages(milc *m, const char *folder)
{
	return api_enter(m, pages, (void *)(uintptr_t)folder);
}
