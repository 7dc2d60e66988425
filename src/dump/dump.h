/* dump.h: a model as text for people: as a script that makes it again, and in summary.
 *
 * The script converts what it builds with PassPipeline.EMPTY, so that the model has the operations
 * that stand there and no others:
 *
 *	head       what it came from, imports, weights = np.load("net.npz")
 *	functions  @mb.program(…) above one `main`; else @mb.function(…) and a Program. Where the
 *	           name of an input is no name of Python's: with Function({…}) as f
 *	           one line per operation: VARIABLE = mb.OP(…, name="NAME")  # dtype (shape)
 *	convert    model = ct.convert(prog, …), metadata, descriptions
 *	rest       fields of the specification that no call sets, each under a comment
 *	save       model.save("net.mlpackage")
 *
 * How an operation is called is read off its row (table/op.h): operands go by the names of its
 * columns; what is a function there is written in front of it, one for each nested block. Files
 * of this folder, lowest first: names.c makes names of Python's, literal.c writes values, calls.c
 * operations and blocks, script.c what stands around them; summary.c needs none of these.
 *
 * Constants. The builder makes a constant of a value in a call: right before the operation, in the
 * order of the arguments, as OPNAME_PARAM_n. A constant that would come out just so stands in the
 * call; each other one has a line of its own, with its name.
 */
#ifndef MILC_DUMP_H
#define MILC_DUMP_H

#include "model/io.h"

/* More elements than this lie in the weights file, if there is one. */
enum { DUMP_INLINE = 64 };

typedef struct DumpOptions {
	const char *from;    /* what is dumped, as the user named it */
	const char *save;    /* "net.mlpackage", for model.save() */
	const char *weights; /* the file beside the script, by its ending .npz or .safetensors, for
	                        larger constants; 0: all stand in the text */
	/* For programs that have not gone through passes yet: */
	bool open;           /* --passes may run on it, whatever they change */
	bool converts;       /* … and without that the default ones do, */
	bool single;         /* … in single precision */
} DumpOptions;
typedef VEC(NamedTensor) DumpedWeights;

/* The script, and what belongs into its weights file. False after reporting: an operation or a
 * constant that no call makes is named. The program is there (unit_program). */
bool dump_script(const Model *m, Diag *d, const DumpOptions *o, Buf *out, DumpedWeights *weights);

/* Interface, operations or layers by number, sizes of weights, metadata: of a model of any kind
 * whose body is its specification. False after reporting. */
bool dump_summary(ReadCtx *c, Model *m, Buf *out);

#endif
