/* layers.h: what lowering to layers and lifting from them share. */
#ifndef MILC_NN_LAYERS_H
#define MILC_NN_LAYERS_H

/* Networks inside of each other, the outermost one counted. Each puts three messages around those
 * inside, and protobuf's own limit is PB_MAX_DEPTH. */
enum { MAX_NETS = 30 };

#endif
