/* network_script.h: a NeuralNetwork as a script that describes it layer by layer.
 *
 *	head       what it came from, imports, weights = np.load("net.npz")
 *	builder    NeuralNetworkBuilder(…) with the features of the description
 *	layers     one call for each; what no call makes is a layer field by field; networks inside
 *	           of branches and loops have builders of their own, behind the call
 *	rest       fields of the specification that no call sets
 *	save       model.save("net.mlmodel")
 *
 * Each call is made here, too, and written only if it makes the layer that stands in the model.
 */
#ifndef MILC_NETWORK_SCRIPT_H
#define MILC_NETWORK_SCRIPT_H

#include "dump/dump.h"

/* Of a specification that holds a NeuralNetwork and was read at that place. False after reporting. */
bool network_script(Arena *a, Interner *names, Diag *d, Span at, const Msg *spec,
                    const DumpOptions *o, Buf *out, DumpedWeights *weights);

#endif
