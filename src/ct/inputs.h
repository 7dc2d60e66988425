/* inputs.h: the arguments of ct.convert(inputs=…). */
#ifndef MILC_BIND_INPUTS_H
#define MILC_BIND_INPUTS_H

#include "nd/nd.h"
#include "bind.h"

extern const HostType tensortype_type; /* data: InputSpec */
bool ct_tensor_type(Interp *in, Value self, const Args *args, Value *out);
bool ct_range_dim(Interp *in, Value self, const Args *args, Value *out);
bool ct_shape(Interp *in, Value self, const Args *args, Value *out);
bool ct_enumerated_shapes(Interp *in, Value self, const Args *args, Value *out);

#endif
