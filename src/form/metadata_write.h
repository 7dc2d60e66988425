/* metadata_write.h: metadata.json of compiled models. */
#ifndef MILC_METADATA_WRITE_H
#define MILC_METADATA_WRITE_H

#include "model/model.h"

struct Weights;

/* Of a model; of a pipeline with its stages, which are ML Programs. The class that Xcode makes is
 * named after the last part of `path`. w tells what is stored in a made model's weights file. */
void put_metadata_json(Buf *b, Arena *a, const Model *m, const Model *const *stage, size_t nstage,
                       const char *path);

#endif
