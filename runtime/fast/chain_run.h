/* chain_run.h: chains for one instruction set; see chain.h. */
#ifndef MILC_CHAIN_RUN_H
#define MILC_CHAIN_RUN_H

#include "isa.h"
#include "runtime/chain.h"

#define chain_run FAST(chain_run)
void chain_run(const Chain *c, int64_t at, int64_t n, const float *first, void *scratch);
extern const ChainApi FAST(chain_api);

#define KERNEL(op, name)
#define MAP(op, name) bool FAST(map_##name)(const Eval *, const bool *known, MapOp *);
#include "runtime/fast.def"
#undef MAP
#undef KERNEL

#endif
