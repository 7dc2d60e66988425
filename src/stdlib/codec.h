/* codec.h: text as bytes: the encodings and newlines that text files are read and written with. */
#ifndef MILC_CODEC_H
#define MILC_CODEC_H

#include "script/interp.h"

typedef enum Encoding { ENC_UTF8, ENC_ASCII, ENC_LATIN1 } Encoding;
typedef enum TextErrors { ERRORS_STRICT, ERRORS_IGNORE, ERRORS_REPLACE } TextErrors;
/* What newline= says: which ends of lines there are, and whether they become "\n". */
typedef enum Newline { NL_ANY, NL_KEEP, NL_LF, NL_CR, NL_CRLF } Newline;

bool encoding_find(const char *name, Encoding *e);

/* The character at p < end and its bytes; where there is none, *why says what is wrong with so many
 * bytes: decode_cut, if more of them could make it one. */
extern const char decode_cut[];
size_t decode_one(Encoding e, const char *p, const char *end, uint32_t *cp, const char **why);
/* UnicodeDecodeError for bytes [from, from + n) of those at p; false. */
bool decode_failed(Interp *in, Encoding e, const char *p, size_t from, size_t n, const char *why,
                   Span at);
/* A string as bytes, its "\n" as the newline has it. False after reporting. */
bool encode_text(Interp *in, Encoding e, TextErrors errors, Newline nl, const StrObj *s, Buf *out,
                 Span at);

#endif
