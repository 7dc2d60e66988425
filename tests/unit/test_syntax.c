/* The parser alone: a tree needs an arena, an interner and a Diag, no interpreter. */
#include "syntax/syntax.h"
#include "check.h"

static Buf said;

static void
keep(void *ctx, const char *text, size_t n)
{
	buf_put(ctx, text, n);
}

static bool
parse(Tree *t, Arena *a, Interner *names, Diag *d, const char *text)
{
	intern_init(names, a);
	diag_init(d, a);
	d->sink = keep;
	d->sink_ctx = &said;
	tree_init(t, a, names, d);
	return parse_module(t, diag_add_source(d, "t.mil", text, strlen(text))) && scope_resolve(t);
}

static void
test_literals(void)
{
	Arena a = {0};
	Interner names;
	Diag d;
	Tree t;
	const Stmt *s;

	CHECK(parse(&t, &a, &names, &d,
	            "x = 0x10\ny = 12345678901234567890\nz = x, 'a\\x41' 'b'\n"));
	s = t.module;
	CHECK_INT(s->value->lit->kind, LIT_INT);
	CHECK_INT(s->value->lit->i, 16);
	CHECK_INT(s->target.at[0]->kind, E_GLOBAL);
	CHECK_INT(s->target.at[0]->slot, 0);
	s = s->next;
	CHECK_INT(s->value->lit->kind, LIT_BIG);
	CHECK_INT(big_bits(s->value->lit->big), 64);
	s = s->next;
	CHECK_INT(s->value->kind, E_TUPLE);
	CHECK_INT(s->value->at[0]->slot, 0);
	CHECK_INT(s->value->at[1]->lit->len, 3);
	CHECK(memcmp(s->value->at[1]->lit->s, "aAb", 3) == 0);
	CHECK_INT(t.global->at.n, 3);
	CHECK_STR(t.global->at.at[2]->s, "z");
	CHECK(t.literal.at[s->value->at[1]->nth] == s->value->at[1]->lit);
	intern_free(&names);
	arena_free(&a);
}

static void
test_errors(void)
{
	Arena a = {0};
	Interner names;
	Diag d;
	Tree t;

	CHECK(!parse(&t, &a, &names, &d, "x = '\\xg'\nreturn 1\n"));
	diag_flush(&d);
	CHECK(said.at && strstr(said.at, "truncated escape"));
	intern_free(&names);
	arena_free(&a);
	buf_free(&said);
}

int
main(void)
{
	test_literals();
	test_errors();
	return check_report();
}
