/* files.h: the files of a script, for the modules that read and write them: paths as the script
 * gives them, failures reported as CPython would say them, or as what milc does not allow.
 */
#ifndef MILC_FILES_H
#define MILC_FILES_H

#include "script/interp.h"
#include "store.h"

/* A file or folder to open for reading: what the script wrote under that path, or what the disk has
 * there. The path may name nothing, which opening it tells. 0 after reporting: the script may not
 * read it, or removed it. */
const char *script_read(Interp *in, const char *path, Span at);
/* That path as messages show it: what the script called a file of the layer. */
const char *script_shown(Interp *in, const char *real);
/* It was opened: a make rule depends on it, if it is no file of the layer. */
void script_opened(Interp *in, const char *real);
/* A model was saved under that path: what is to be remembered of it, from the script's folder, and
 * whether that is in a folder of tempfile. 0 after reporting. */
const char *script_save(Interp *in, const char *path, uint32_t model, bool folder, bool *temporary,
                        Span at);
/* The number of the model that the script saved under that path; -1: none, -2: reported. */
int64_t script_saved(Interp *in, const char *path, Span at);

/* A path resolved for a use; false after reporting. */
bool script_resolve(Interp *in, const char *path, StoreUse use, FilePlace *out, Span at);
/* Reports why the store failed for the path; false. */
bool script_failed(Interp *in, const char *path, Span at);
bool script_pair_failed(Interp *in, const char *from, const char *to, Span at); /* of two */
/* OSError, or the class of it for an errno; path may be 0. False. */
bool os_failure(Interp *in, int error, const char *path, Span at);

#endif
