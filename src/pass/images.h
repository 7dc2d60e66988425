/* images.h: the inputs of main that ct.convert was given as images. */
#ifndef MILC_IMAGES_H
#define MILC_IMAGES_H

#include "match.h"

Func *image_func(PassCtx *c); /* main; 0: there is none, or no inputs were described */
/* The parameter that InputSpec k of the options describes, if that is an image; else 0. */
Var *image_input(PassCtx *c, Func *f, uint32_t k);
/* It is not returned, too, where that would be another value then; or false, reported. */
bool image_stays(PassCtx *c, uint32_t k, const Var *v);

#endif
