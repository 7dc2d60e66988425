/* view.h: what people look at: pictures of models. The rows of form/targets.def name the emitters:
 * bool emit_svg(const Model *, EmitCtx *), bool emit_dot(…).
 */
#ifndef MILC_VIEW_H
#define MILC_VIEW_H

#include "draw/draw.h"
#include "model/io.h"

/* What colours can mean: rows of paint.c.
 *
 *	family    which kind of operation it is; the default
 *	dtype     the element type of its result
 *	verdict   what runs on the Neural Engine
 *
 * The paint for a word of --color-by, or for NULL; 0: there is no such word. That of verdict has no
 * `of`: verdict_paint() makes one of reports (report.h). */
const PicPaint *view_paint(const char *word);
/* The picture of a model whose program is there: its default function, or each of several as a
 * cluster. */
void view_model(Picture *p, Arena *a, const Model *m, const PicPaint *paint);

#endif
