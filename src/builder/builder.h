/* builder.h: NeuralNetworkBuilder and its helpers as scripts have them. */
#ifndef MILC_BUILDER_H
#define MILC_BUILDER_H

#include "ct/bind.h"

/* ---- quantize.c: coremltools.models.neural_network.quantization_utils ---- */
extern const Member quantization_utils_members[];

#endif
