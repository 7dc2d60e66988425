/* spec_script.h: a specification as a script: a NeuralNetwork layer by layer, a pipeline model by
 * model, and all else field by field.
 *
 *	head       what it came from, imports, weights = np.load("net.npz")
 *	builder    of each network: NeuralNetworkBuilder(…) with the features of its description
 *	layers     one call for each; what no call makes is a layer field by field; networks inside
 *	           of branches and loops have builders of their own, behind the call
 *	rest       fields of the specification that no call sets; models put into pipelines
 *	save       model.save("net.mlmodel")
 *
 * Each call is made here, too, and written only if it makes the layer that stands in the model.
 */
#ifndef MILC_SPEC_SCRIPT_H
#define MILC_SPEC_SCRIPT_H

#include "dump/dump.h"

/* Of one that was read at that place and has no ML Program. False after reporting. */
bool spec_script(Arena *a, Interner *names, Diag *d, Span at, const Msg *spec,
                 const DumpOptions *o, Buf *out, DumpedWeights *weights);

#endif
