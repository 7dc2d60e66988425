/* embed.h: files of the sources that are part of milc, as bytes with a NUL behind them. The
 * Makefile has the list of them.
 */
#ifndef MILC_EMBED_H
#define MILC_EMBED_H

#include <stddef.h>

#define EMBED(name)                                                                                \
	extern const char embed_##name[];                                                          \
	extern const size_t embed_##name##_size
EMBED(ops_tsv); /* src/ane */
EMBED(limits_tsv);
EMBED(sources_tsv);
EMBED(page_css); /* src/view */
EMBED(page_js);
EMBED(report_css);
EMBED(report_js);
EMBED(examples); /* tests/ops: "=== NAME\n" and the script, one behind the other */
#undef EMBED

#endif
