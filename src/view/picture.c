/* picture.c: models as pictures, and their files. */
#include "view.h"

#include "form/emit.h"
#include "report.h"

enum { TITLE_NAME = 60 }; /* code points of a function's name */

/* "main: 12 operations", of the cluster that has them all behind it. */
static void
set_title(Picture *p, uint32_t cluster, const Func *f)
{
	uint32_t n = 0;

	for (uint32_t i = cluster + 1; i < p->node.n; i++)
		n += p->node.at[i].inst != NULL;
	p->node.at[cluster].label =
	    arena_printf(p->arena, "%s: %u operation%s", text_cut(p->arena, f->name->s, TITLE_NAME),
	                 n, n == 1 ? "" : "s");
}

void
view_model(Picture *p, Arena *a, const Model *m, const PicPaint *paint)
{
	uint32_t n = m->prog->funcs.n, at = PIC_ROOT;

	picture_init(p, a, NULL);
	for (uint32_t k = 0; k < n; k++) {
		const Func *f = m->prog->funcs.at[k];
		if (n > 1)
			at = picture_node(p, PIC_ROOT, PIC_CLUSTER, NULL, NULL);
		picture_func(p, at, f, paint);
		set_title(p, at, f);
	}
}

/* What the colours mean in this picture; memory from the arena. 0 after reporting. */
static const PicPaint *
paint_of(Arena *a, const Model *m, const EmitCtx *c)
{
	const PicPaint *paint = view_paint(c->color_by);
	int family = c->family ? family_find(c->family) : 0;
	const AneReport **r;
	PicPaint *verdicts;
	Evidence e;

	if (paint->of)
		return paint;
	if (c->family && !family) {
		diag_error(
		    c->diag, c->span,
		    "a picture has the verdicts of one family: --family is '%s', expected H13 "
		    "… H18 or a chip such as M5",
		    c->family);
		return NULL;
	}
	r = newn(a, const AneReport *, m->prog->funcs.n);
	evidence_load(&e, a, m->prog->names, c->diag);
	for (uint32_t i = 0; i < m->prog->funcs.n; i++)
		r[i] = ane_report(a, &e, m, m->prog->funcs.at[i], family ? family : FAMILY_FIRST);
	verdicts = new (a, PicPaint);
	*verdicts = verdict_paint(a, r, m->prog->funcs.n);
	return verdicts;
}

static bool
emit_picture(const Model *m, EmitCtx *c, bool svg)
{
	Arena a = {0};
	Picture p;
	const PicPaint *paint = paint_of(&a, m, c);
	Buf b = {0};
	bool ok;

	if (!paint) {
		arena_free(&a);
		return false;
	}
	view_model(&p, &a, m, paint);
	if (svg) {
		picture_layout(&p);
		picture_svg(&p, NULL, &b);
	} else {
		picture_dot(&p, &b);
	}
	ok = emit_text_file(c, b.at, b.n);
	buf_free(&b);
	arena_free(&a);
	return ok;
}

bool
emit_svg(const Model *m, EmitCtx *c)
{
	return emit_picture(m, c, true);
}

bool
emit_dot(const Model *m, EmitCtx *c)
{
	return emit_picture(m, c, false);
}
