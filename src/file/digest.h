/* digest.h: MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4) of bytes. A library that has them would
 * cost every start of milc a tenth of a millisecond.
 */
#ifndef MILC_DIGEST_H
#define MILC_DIGEST_H

#include "base/base.h"

enum { DIGEST_MOST = 64, DIGEST_BLOCK = 128 };

typedef struct DigestKind {
	const char *name; /* "sha256" */
	uint8_t size, block; /* of a digest and of a block, in bytes */
	bool little; /* numbers have their lowest byte first */
	void (*add)(uint64_t h[8], const uint8_t *p); /* one block */
	uint64_t start[8];
} DigestKind;
const DigestKind *digest_kind(const char *name); /* 0: none has that name */

typedef struct Digest { /* may be copied */
	const DigestKind *kind;
	uint64_t h[8]; /* words of 32 bits too */
	uint64_t n; /* bytes so far */
	uint8_t rest[DIGEST_BLOCK]; /* those of a block that is not full */
} Digest;
Digest digest_start(const DigestKind *kind);
void digest_add(Digest *d, const void *p, size_t n);
void digest_end(const Digest *d, uint8_t *out); /* kind->size bytes; d can go on */

void sha256(const void *p, size_t n, uint8_t out[32]);

#endif
