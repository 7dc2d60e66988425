/* report.h: a report about the Neural Engine as a page: one file that needs nothing else.
 */
#ifndef MILC_REPORT_H
#define MILC_REPORT_H

#include "ane/ane.h"
#include "draw/draw.h"

typedef struct ReportPage {
	const char *title;  /* the file's name */
	const char *source; /* the script, or MIL text */
	const Evidence *evidence;
	const AneReport *const *report; /* of each function all families, one behind the other */
	uint32_t n;
	const Diag *diag;
} ReportPage;
void view_report(Buf *b, Arena *a, const ReportPage *v);
/* Colours by verdict for functions, one report each; an operation's id is "op-FUNCTION-PLACE". */
PicPaint verdict_paint(Arena *a, const AneReport *const *r, uint32_t n);

#endif
