/* check.h: whether a model keeps the rules of the format: its interface, its kind, what its
 * program, network or pipeline consists of, and the package around it.
 *
 * A model of any form is its specification here, so one set of rules serves all. What rules there
 * are stands in tables:
 *
 *	kinds.def    each kind of model: features that it takes and gives, what it may have
 *	fields.def   single fields: set, not empty, within bounds
 *	layers.def   each layer of a NeuralNetwork (layer.h)
 *
 * and in files by noun: features.c one feature, interface.c the lists of them, program.c functions
 * against descriptions, pipeline.c, network.c, update.c, trees.c and so on. Operations of a program
 * are judged by its reader (form/read.h), which goes on behind what is wrong.
 *
 * Interfaces and kinds are judged as Apple's validator does; what it lets pass and is worth a word
 * all the same is a warning.
 */
#ifndef MILC_CHECK_H
#define MILC_CHECK_H

#include "model/io.h"

/* Reports all that is wrong with a model that was read, each at its place. `strict` warns of what
 * some loaders refuse, too. False if there was an error. */
bool check_model(ReadCtx *c, Model *m, bool strict);

#endif
