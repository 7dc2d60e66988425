/* fileobj.h: what open() gives, and sys.stdin, sys.stdout and sys.stderr. */
#ifndef MILC_FILEOBJ_H
#define MILC_FILEOBJ_H

#include "codec.h"
#include "files.h"

typedef struct File {
	Store *store; /* 0: a stream of the process */
	FileContent *content;
	enum { FILE_DISK, FILE_STDIN, FILE_STDOUT, FILE_STDERR } stream;
	bool binary, reads, writes, append, closed;
	bool walking; /* lines are taken one by one: tell() would lie */
	Encoding encoding;
	TextErrors errors;
	Newline newline;
	const char *encoding_said; /* f.encoding */
	const char *mode;          /* f.mode */
	const char *path;
	Value name;
	size_t pos;     /* bytes; the end of what was read or written */
	size_t checked; /* text: up to here the bytes are known to be good, */
	size_t fetched; /* and up to here they were looked at */
} File;

extern const HostType text_file_type, reader_type, writer_type, random_type;
static inline File *
file_of(Value v)
{
	return HOST_OF(v)->data;
}
/* file, mode, buffering, encoding, errors, newline, closefd, opener. */
BuiltinFn file_open;
Value file_stream(Interp *in, int stream);

/* ---- textread.c ---- */
/* Up to so many characters, SIZE_MAX: all; or a line. False after reporting. */
bool text_read(Interp *in, File *f, size_t n, bool line, Buf *out, Span at);

#endif
