/* Unit tests of diag.c: places, the text and JSON forms, cutting, limits. */
#include <stdlib.h>

#include "base/diag.h"
#include "check.h"

typedef struct Fixture {
	Arena a;
	Diag d;
	Buf out;
} Fixture;

static void
collect(void *ctx, const char *text, size_t len)
{
	buf_put(ctx, text, len);
}

static void
begin(Fixture *f)
{
	*f = (Fixture){0};
	diag_init(&f->d, &f->a);
	f->d.sink = collect;
	f->d.sink_ctx = &f->out;
}

static void
end(Fixture *f)
{
	buf_free(&f->out);
	arena_free(&f->a);
}

/* Flushes, compares, and forgets what was said. */
static bool
said(Fixture *f, const char *want)
{
	bool same;

	diag_flush(&f->d);
	same = strcmp(f->out.at ? f->out.at : "", want) == 0;
	if (!same)
		fprintf(stderr, "said:\n%s\nwanted:\n%s\n", f->out.at ? f->out.at : "", want);
	buf_clear(&f->out);
	return same;
}

static Source *
add(Fixture *f, const char *name, const char *text)
{
	return diag_add_source(&f->d, name, text, strlen(text));
}

static void
test_places(void)
{
	Fixture f;
	Source *s, *t;
	uint32_t line, col;

	begin(&f);
	s = add(&f, "a.mil", "ab\n\xc3\xa9t\xc3\xa9 = 1\n");
	t = add(&f, "b.mil", "");
	CHECK(diag_place(&f.d, diag_span(s, 0, 1).at, &line, &col) == s);
	CHECK_INT(line, 1);
	CHECK_INT(col, 1);
	CHECK(diag_place(&f.d, diag_span(s, 2, 1).at, &line, &col) == s);
	CHECK_INT(line, 1);
	CHECK_INT(col, 3);
	CHECK(diag_place(&f.d, diag_span(s, 8, 1).at, &line, &col) == s);
	CHECK_INT(line, 2);
	CHECK_INT(col, 4);
	CHECK(diag_place(&f.d, diag_span(s, 99, 1).at, &line, &col) == s);
	CHECK_INT(line, 3);
	CHECK_INT(col, 1);
	CHECK(diag_place(&f.d, diag_span(t, 0, 0).at, &line, &col) == t);
	CHECK_INT(line, 1);
	CHECK_INT(col, 1);
	CHECK(!diag_place(&f.d, 0, &line, &col) && !diag_place(&f.d, 1000, &line, &col));
	CHECK_INT(span_join(diag_span(s, 1, 1), diag_span(s, 5, 2)).len, 6);
	CHECK_INT(span_join(NOSPAN, diag_span(s, 5, 2)).len, 2);
	CHECK_INT(span_join(diag_span(s, 1, 3), NOSPAN).len, 3);
	CHECK(!diag_add_source(&f.d, "big", "", UINT32_MAX));
	CHECK(said(
	    &f, "milc: error: big: 4294967295 bytes: all sources together must be under 2 GiB\n"));
	end(&f);
}

static void
test_text(void)
{
	Fixture f;
	Source *s;

	begin(&f);
	s = add(&f, "n.mil", "x = f(one\n\ty = \xe4\xbd\xa0 + zz\r\nlast");
	diag_error(&f.d, diag_span(s, 6, 3), "unknown name '%s'", "one");
	diag_note(&f.d, diag_span(s, 0, 1), "in the value of x");
	diag_note(&f.d, NOSPAN, "did you mean 'once'");
	CHECK(said(&f, "n.mil:1:7: error: unknown name 'one'\nx = f(one\n      ^~~\n"
	               "n.mil:1:1: note: in the value of x\nx = f(one\n^\n"
	               "note: did you mean 'once'\n"));
	diag_warning(&f.d, diag_span(s, 21, 2), "odd");
	CHECK(said(&f, "n.mil:2:10: warning: odd\n        y = \xe4\xbd\xa0 + zz\n"
	               "                 ^~\n"));
	diag_error(&f.d, diag_span(s, 6, 17), "two lines");
	CHECK(said(&f, "n.mil:1:7: error: two lines\nx = f(one\n      ^~~\n"));
	diag_error(&f.d, diag_span(s, 99, 0), "end");
	CHECK(said(&f, "n.mil:3:5: error: end\nlast\n    ^\n"));
	diag_error(&f.d, NOSPAN, "no place");
	CHECK(said(&f, "milc: error: no place\n"));
	CHECK_INT(f.d.nerror, 4);
	CHECK_INT(f.d.nwarning, 1);
	f.d.werror = true;
	diag_warning(&f.d, NOSPAN, "strict");
	CHECK(said(&f, "milc: error: strict\n"));
	CHECK_INT(f.d.nerror, 5);
	f.d.color = true;
	diag_error(&f.d, diag_span(s, 0, 1), "c");
	CHECK(said(&f, "\033[1mn.mil:1:1: \033[1;31merror: \033[0m\033[1mc\033[0m\nx = f(one\n"
	               "\033[1;32m^\033[0m\n"));
	end(&f);
}

static void
test_odd_text(void)
{
	Fixture f;
	Source *s;
	char line[1001];
	int i;

	begin(&f);
	s = add(&f, "n.mil", "a\033[31mb\xff\xe2\x80\xae!");
	diag_error(&f.d, diag_span(s, 11, 1), "has \x1b in it");
	CHECK(said(&f, "n.mil:1:10: error: has ? in it\na?[31mb?\?!\n         ^\n"));
	for (i = 0; i < 1000; i++)
		line[i] = (char)('0' + i % 10);
	line[1000] = 0;
	s = add(&f, "long.mil", line);
	diag_error(&f.d, diag_span(s, 500, 3), "here");
	diag_flush(&f.d);
	CHECK(strstr(f.out.at, "\n...0123456789") && strstr(f.out.at, "...\n   "));
	CHECK_INT(strlen(strrchr(f.out.at, '^') - 53), 57);
	CHECK(strlen(f.out.at) < 300);
	buf_clear(&f.out);
	diag_error(&f.d, diag_span(s, 2, 900), "wide");
	diag_flush(&f.d);
	CHECK(strlen(f.out.at) < 300);
	end(&f);
}

static void
test_json(void)
{
	Fixture f;
	Source *s;

	begin(&f);
	f.d.json = true;
	s = add(&f, "q\"\\.mil", "x\n\xc3\xa9 = 1");
	diag_error(&f.d, diag_span(s, 0, 4), "bad \"%s\"\n\t\x01\xff", "n");
	diag_note(&f.d, NOSPAN, "hint");
	CHECK(said(&f, "{\"severity\":\"error\",\"file\":\"q\\\"\\\\.mil\",\"line\":1,\"column\":1,"
	               "\"endLine\":2,\"endColumn\":2,\"offset\":0,\"length\":4,"
	               "\"message\":\"bad \\\"n\\\"\\n\\t\\u0001\\ufffd\","
	               "\"notes\":[{\"severity\":\"note\",\"message\":\"hint\"}]}\n"));
	end(&f);
}

static void
test_limit(void)
{
	Fixture f;
	int i;

	begin(&f);
	f.d.max_errors = 2;
	for (i = 0; i < 5; i++) {
		diag_error(&f.d, NOSPAN, "e%d", i);
		diag_note(&f.d, NOSPAN, "n%d", i);
		diag_warning(&f.d, NOSPAN, "w%d", i);
	}
	CHECK(said(&f, "milc: error: e0\nnote: n0\nmilc: warning: w0\nmilc: error: e1\nnote: n1\n"
	               "milc: warning: w1\nnote: more than 2 errors: the rest is left out\n"));
	CHECK_INT(f.d.nerror, 5);
	CHECK_INT(f.d.nwarning, 5);
	end(&f);
}

int
main(void)
{
	test_places();
	test_text();
	test_odd_text();
	test_json();
	test_limit();
	return check_report();
}
