/* test_sha256.c: the examples of FIPS 180-4, and lengths around the borders of blocks. */
#include "check.h"

#include "file/sha256.h"

static const char *
digest(const char *s, size_t n)
{
	static char text[65];
	uint8_t out[32];

	sha256(s, n, out);
	for (int i = 0; i < 32; i++)
		sprintf(text + 2 * i, "%02x", out[i]);
	return text;
}

static void
examples(void)
{
	CHECK_STR(digest("", 0),
	          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK_STR(digest("abc", 3),
	          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK_STR(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
	          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void
borders(void)
{
	static char as[1000000];

	memset(as, 'a', sizeof as);
	CHECK_STR(digest(as, 55),
	          "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	CHECK_STR(digest(as, 64),
	          "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
	CHECK_STR(digest(as, sizeof as),
	          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int
main(void)
{
	examples();
	borders();
	return check_report();
}
