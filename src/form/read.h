/* read.h: reading models back. All input is untrusted: sizes, offsets, depth, names and types are
 * checked, with messages that name the file and the object in it.
 */
#ifndef MILC_READ_H
#define MILC_READ_H

#include "model/io.h"

/* A .mlpackage folder, a .mlmodel file: the specification alone, not looked at but for the kind of
 * its body. 0 after reporting. */
Model *read_package(ReadCtx *c);
Model *read_model_file(ReadCtx *c, const char *at, size_t n); /* the file's bytes, which stay */
Model *read_compiled(ReadCtx *c);
Model *read_mil_text(ReadCtx *c, const char *at, size_t n);
/* kind, format and network, by the member of the specification that is set. */
void find_body(Model *m);
/* Whether the first bytes of a file are those of a specification. */
bool is_model_bytes(const char *p, size_t n);
/* The interface, metadata and version, at the first call. False after reporting. */
bool read_interface(ReadCtx *c, Model *m);
/* The Pipeline message of a BODY_PIPELINE, be it a classifier's or a regressor's; 0: none. */
const Msg *pipeline_of(const Model *m);
/* One of its stages as a model of its own, with its interface, whose weights lie where those of the
 * whole do. 0 after reporting. */
Model *read_stage(ReadCtx *c, const Model *m, size_t k);
/* m->prog of a BODY_PROGRAM, whose interface was read. An operation that is not in the table is
 * held as it is; only running it or asking for its types is an error. False after reporting. */
bool read_program(ReadCtx *c, Model *m);
/* A model like m with a program that nothing else has, made of its specification; functions of an
 * opset older than `least` become of that one, and what the file leaves out is said. m is not
 * changed but that a converted model may know its specification from then on. 0 after reporting. */
Model *model_fresh(ReadCtx *c, EmitCtx *e, Model *m, Opset least);

/* Reports all that is wrong with a BODY_PROGRAM, each at its operation, and makes no program.
 * `strict` warns of parameters that are left out, which some loaders refuse. False if anything was
 * wrong. */
bool read_check_program(ReadCtx *c, Model *m, bool strict);
/* A model that stands inside of `whole`, whose files are its files. */
Model *read_part(ReadCtx *c, const Model *whole, const Msg *spec, Span place);

#endif
