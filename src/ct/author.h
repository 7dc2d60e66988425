/* author.h: passes and operations that a script writes itself. What they derive from is
 * library/_coremltools_author.py, in the script's own language.
 */
#ifndef MILC_AUTHOR_H
#define MILC_AUTHOR_H

#include "bind.h"

/* A member of author.py under its own name, for tables of modules. */
#define AUTHOR_MEMBER(n) MEMBER(n, make_author, 0, 0)
Value make_author(Interp *in, const Member *m);
/* A call of a function of author.py. */
bool author_call(Interp *in, const char *fn, const Value *arg, uint32_t n, Value *out, Span at);
extern const Member author_natives[]; /* what author.py takes from here */

/* ---- script_pass.c ---- */
/* A pass by its whole name, "common::relu", of the script or of milc; 0: there is none. */
const PassInfo *pass_named(Interp *in, Value name);
bool pass_is_scripted(const PassInfo *p);
/* A new instance of a scripted one, as PASS_REGISTRY gives it. */
bool pass_instance(Interp *in, const PassInfo *p, Value *out, Span at);
void pass_classes(Interp *in, Value dict); /* adds the script's, by name */
/* Lists of PassOptions for the conversion that follows: none, or those of one pass. */
void pass_forget_options(Interp *in);
void pass_give_options(const PassInfo *p, Value list);
BuiltinFn add_pass;

/* ---- script_op.c ---- */
/* mb.NAME of an operation that the script registered: 1, or 0: there is none. */
int script_op(Interp *in, const Str *name, Value *out);
BuiltinFn add_op;

#endif
