/* faults.h: what the messages of the interpreter, the builder and the converter mean to Python. A
 * row for each: the class of the exception, the format of the message, and the format of what str(e)
 * gives, with the same arguments. Rows stand in the faults.def of the room that reports; they are
 * found by the text of the message's format.
 */
#ifndef MILC_FAULTS_H
#define MILC_FAULTS_H

#include <stddef.h>

typedef struct Fault {
	const char *class; /* 0: milc lacks something, which no script may catch */
	const char *says, *text;
} Fault;
typedef struct FaultTable {
	const Fault *at;
	size_t n;
} FaultTable;

#define FAULT(class, says, text) {#class, says, text},
#define SAME(class, says) {#class, says, says}, /* str(e) is what milc says */
#define PEER(class, says) {#class, says, says}, /* the class is the peer's, the text ours */
#define LACK(says) {0, says, says},

#endif
