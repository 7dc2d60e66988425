/* shape.h: which shapes an input takes: those of its type, and of them the ones in the range or the
 * list of its description.
 */
#ifndef MILC_SHAPE_H
#define MILC_SHAPE_H

#include "model.h"

/* The shapes that would do, as words in the arena, when that of t does not; 0: it does. `ty` is the
 * input's type; f its description, or 0, which leaves the first `lead` dimensions out. */
const char *shape_expected(const Type *ty, const Feature *f, uint32_t lead, const Tensor *t,
                           Arena *a);

#endif
