/* test_digest.c: the examples of FIPS 180-4 and RFC 1321, lengths around the borders of blocks, and
 * bytes that come in pieces.
 */
#include "check.h"

#include "file/digest.h"

static const char *
digest(const char *kind, const char *s, size_t n, size_t piece)
{
	static char text[2 * DIGEST_MOST + 1];
	Digest d = digest_start(digest_kind(kind));
	uint8_t out[DIGEST_MOST];

	for (size_t i = 0; i < n; i += piece)
		digest_add(&d, s + i, MIN(piece, n - i));
	digest_end(&d, out);
	for (int i = 0; i < d.kind->size; i++)
		sprintf(text + 2 * i, "%02x", out[i]);
	return text;
}

static void
examples(void)
{
	static const struct {
		const char *kind, *none, *abc;
	} known[] = {
	    {"md5", "d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72"},
	    {"sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	     "a9993e364706816aba3e25717850c26c9cd0d89d"},
	    {"sha224", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
	     "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
	    {"sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"sha384",
	     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
	     "274edebfe76f65fbd51ad2f14898b95b",
	     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	     "8086072ba1e7cc2358baeca134c825a7"},
	    {"sha512",
	     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
	     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	};

	for (size_t i = 0; i < countof(known); i++) {
		CHECK_STR(digest(known[i].kind, "", 0, 1), known[i].none);
		CHECK_STR(digest(known[i].kind, "abc", 3, 3), known[i].abc);
		CHECK_STR(digest(known[i].kind, "abc", 3, 1), known[i].abc);
	}
	CHECK(!digest_kind("sha3"));
}

static void
borders(void)
{
	static char as[1000000];
	char whole[2 * DIGEST_MOST + 1];
	uint8_t out[32];

	memset(as, 'a', sizeof as);
	CHECK_STR(digest("sha256", as, 55, 55),
	          "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	CHECK_STR(digest("sha256", as, 64, 64),
	          "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
	CHECK_STR(digest("sha256", as, sizeof as, 1000),
	          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	CHECK_STR(digest("md5", as, sizeof as, 777), "7707d6ae4e027c70eea2a935c2296f21");
	CHECK_STR(digest("sha1", as, sizeof as, 63), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
	for (size_t n = 50; n < 260; n++)
		for (size_t piece = 1; piece < 140; piece += 31) {
			strcpy(whole, digest("sha512", as, n, n));
			CHECK_STR(digest("sha512", as, n, piece), whole);
			strcpy(whole, digest("md5", as, n, n));
			CHECK_STR(digest("md5", as, n, piece), whole);
		}
	sha256("abc", 3, out);
	CHECK_INT(out[0], 0xba);
	CHECK_INT(out[31], 0xad);
}

int
main(void)
{
	examples();
	borders();
	return check_report();
}
