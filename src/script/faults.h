/* faults.h: what the messages of the interpreter, the builder and the converter mean to Python. A
 * row for each: the class of the exception, the format of the message, and the format of what
 * str(e) gives, with the same arguments. Rows stand in the faults.def of the room that reports;
 * they are found by the text of the message's format.
 *
 * A table is one text, three strings with a NUL behind each for a row: pointers would have to be
 * set at every start.
 */
#ifndef MILC_FAULTS_H
#define MILC_FAULTS_H

#include <stddef.h>

typedef struct Fault {
	const char *class; /* "": milc lacks something, which no script may catch */
	const char *says, *text;
} Fault;
typedef struct FaultTable {
	const char *at;
	size_t size;
} FaultTable;

#define FAULT(class, says, text) #class "\0" says "\0" text "\0"
#define SAME(class, says)        FAULT(class, says, says) /* str(e) is what milc says */
#define PEER(class, says)        FAULT(class, says, says) /* only the class is the peer's */
#define LACK(says)               "\0" says "\0" says "\0"

/* ISO C guarantees literals of 4095 characters only; gcc and clang have no limit. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

#endif
