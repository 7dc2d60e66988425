/* test_ane.c: the tables of evidence and their language: what conditions come to, what wrong rows
 * say. */
#include "ane/names.h"
#include "world.h"

static const char head_ops[] =
    "op\tvocab\tcategory\tverdict\tassume\tconditions\tearliest\tH13\tH14\tH15\tH16\tsweep"
    "\trewrite\tsources\tconfidence\tnotes\n";
static const char head_limits[] =
    "id\tscope\tstatement\tcondition\tseverity\tconsequence\tsources\tconfidence\t"
    "instead\n";
static const char head_sources[] = "key\ttitle\turl\tdate\ton\tlayer\tconfidence\tnote\n"
                                   "me\tA book\thttp://x\t2026\tM1\t-\thigh\t-\n";

static Evidence
tables(World *w, const char *ops, const char *limits)
{
	Evidence e;
	char *o = arena_printf(&w->arena, "%s%s", head_ops, ops);
	char *l = arena_printf(&w->arena, "%s%s", head_limits, limits);
	TableText t[3] = {{"ops.tsv", o, strlen(o)},
	                  {"limits.tsv", l, strlen(l)},
	                  {"sources.tsv", head_sources, sizeof head_sources - 1}};

	evidence_read(&e, &w->arena, &w->names, &w->diag, t);
	return e;
}

/* What is said of a row of ops first, but for operations that have none. */
static void
check_row(const char *row, const char *want)
{
	World w;
	Evidence e;
	char *end;

	world_init(&w, IOS17);
	w.diag.max_errors = 0;
	e = tables(&w, row, "");
	evidence_check(&e, &w.diag);
	diag_flush(&w.diag);
	buf_reserve(&w.said, 1);
	w.said.at[w.said.n] = 0;
	end = strstr(w.said.at, "milc: error: src/ane/ops.tsv has no row of") == w.said.at
	          ? w.said.at
	          : strchr(w.said.at, '\n');
	if (end)
		*end = 0;
	CHECK_STR(w.said.at, want);
	world_free(&w);
}

#define ROW(op, verdict, assume, conditions, cell, sources)                                        \
	op "\tiOS15\tx\t" verdict "\t" assume "\t" conditions "\t-\t" cell                         \
	   "\t-\t-\t-\t-\t-\t" sources "\thigh\t-\n"

static void
test_rows(void)
{
	check_row(ROW("relu", "native", "ane", "-", "native", "me"), "");
	check_row(ROW("relu", "sure", "ane", "-", "native", "me"),
	          "ops.tsv:2:14: error: 'sure' is no verdict");
	check_row(ROW("relu", "native", "often", "-", "native", "me"),
	          "ops.tsv:2:21: error: 'often' is no word for what to assume");
	check_row(ROW("relv", "native", "ane", "-", "native", "me"),
	          "ops.tsv:2:1: error: there is no operation 'relv'");
	check_row(ROW("relu", "native", "ane", "-", "perhaps", "me"),
	          "ops.tsv:2:1: error: 'perhaps' is no word for a family");
	check_row("relu\tiOS15\tx\tnative\tane\t-\t-\tnative\t-\t-\t-\tsometimes\t-\tme\thigh\t-\n",
	          "ops.tsv:2:1: error: 'sometimes' is no word for what a test came to");
	check_row(ROW("relu", "native", "ane", "-", "native", "me you"),
	          "ops.tsv:2:1: error: there is no source 'you'");
	check_row(ROW("relu", "native", "ane", "-", "native", "me")
	              ROW("relu", "native", "ane", "-", "native", "me"),
	          "ops.tsv:3:1: error: there is another row of 'relu'");
	check_row("relu\tiOS15\n", "ops.tsv:2:1: error: 2 columns, not 16");
	check_row(ROW("-", "native", "ane", "-", "native", "me"),
	          "ops.tsv:2:1: error: the row has no name");
}

#define CONDITION(c) ROW("relu", "native", "ane", c, "native", "me")

static void
test_wrong_conditions(void)
{
	check_row(CONDITION("G; rank<=5; ~W%64==0; # words; #! more words"), "");
	check_row(
	    CONDITION("rakn<=5"),
	    "ops.tsv:2:25: error: there is no name of conditions 'rakn'; did you mean 'rank'?");
	check_row(CONDITION("rank<=5; zzzzz"),
	          "ops.tsv:2:34: error: there is no name of conditions 'zzzzz'");
	check_row(CONDITION("const('y')"), "ops.tsv:2:31: error: there is no operand 'y'");
	check_row(CONDITION("const(x)"), "ops.tsv:2:31: error: const takes texts in quotes");
	check_row(CONDITION("const('x', 'x')"), "ops.tsv:2:25: error: const takes 1 texts, not 2");
	check_row(CONDITION("feeds('matmull')"),
	          "ops.tsv:2:31: error: there is no operation 'matmull'; did you mean 'matmul'?");
	check_row(CONDITION("sum(rank)"),
	          "ops.tsv:2:25: error: there is no function of conditions 'sum'");
	check_row(CONDITION("rank[0]"), "ops.tsv:2:25: error: conditions have no such expression");
	check_row(CONDITION("rank<="), "ops.tsv:2:31: error: unexpected end of the expression, "
	                               "expected an expression");
}

static void
test_wrong_limits(void)
{
	World w;
	Evidence e;

	world_init(&w, IOS17);
	w.diag.max_errors = 0;
	e = tables(&w, "",
	           "T1\ttensor\tAll.\trank<=5\thard\t-\tme\thigh\t-\n"
	           "T1\ttensor\tAll.\trank<=5\tmild\t-\tyou\thigh\t-\n");
	evidence_check(&e, &w.diag);
	diag_flush(&w.diag);
	CHECK(strstr(w.said.at, "limits.tsv:3:24: error: 'mild' is no severity\n"));
	CHECK(strstr(w.said.at, "limits.tsv:3:1: error: there is another rule 'T1'\n"));
	CHECK(strstr(w.said.at, "limits.tsv:3:1: error: there is no source 'you'\n"));
	CHECK(strstr(w.said.at, "milc: error: src/ane/ops.tsv has no row of 'cond'\n"));
	CHECK(evidence_limit(&e, "T1")->global);
	world_free(&w);
}

static void
test_same_source(void)
{
	World w;
	Evidence e;
	char *s;
	TableText t[3];

	world_init(&w, IOS17);
	s = arena_printf(&w.arena, "%sme\tB\thttp://y\t2026\tM1\t-\thigh\t-\n", head_sources);
	t[0] = (TableText){"o", head_ops, strlen(head_ops)};
	t[1] = (TableText){"l", head_limits, strlen(head_limits)};
	t[2] = (TableText){"sources.tsv", s, strlen(s)};
	w.diag.max_errors = 0;
	evidence_read(&e, &w.arena, &w.names, &w.diag, t);
	evidence_check(&e, &w.diag);
	diag_flush(&w.diag);
	CHECK(strstr(w.said.at, "sources.tsv:3:1: error: there is another source 'me'\n"));
	world_free(&w);
}

/* ---- what conditions come to ---- */

/* A program with one relu of x, fp16[2, 3]. */
static Finding
ask(World *w, const char *condition, int family)
{
	static const char *const flex = "none";
	Evidence e = tables(
	    w,
	    arena_printf(&w->arena, ROW("relu", "native", "ane", "%s", "native", "me"), condition),
	    "");
	Whole *whole = new (&w->arena, Whole);
	Site s = {whole, w->f->body->last, family, &w->arena};

	whole->func = w->f;
	whole->flex = flex;
	whole->nop = 1;
	whole->segments = -1;
	return clause_find(&s, &e.op.at[0].clauses.at[0]);
}

static void
expect(const char *condition, int family, Tri want, const char *why)
{
	World w;
	Finding f;
	Var *x;

	world_init(&w, IOS17);
	x = world_input(&w, "h", DT_FP16, 2, 3);
	world_relu(&w, x, "y");
	f = ask(&w, condition, family);
	diag_flush(&w.diag);
	CHECK_INT(f.holds, want);
	CHECK_STR(f.why ? f.why : "", why);
	CHECK_INT(w.said.n, 0);
	world_free(&w);
}

static void
test_conditions(void)
{
	expect("rank<=5", 13, TRI_YES, "");
	expect("rank==4", 13, TRI_NO, "rank is 2, not 4");
	expect("rank>=3", 13, TRI_NO, "rank is 2, less than 3");
	expect("2<=rank<=4", 13, TRI_YES, "");
	expect("3<=rank<=4", 13, TRI_NO, "rank is 2, less than 3");
	expect("rank in (3, 4)", 13, TRI_NO, "rank is 2, none of (3, 4)");
	expect("rank not in (1, 2)", 13, TRI_NO, "rank is 2, one of (1, 2)");
	expect("W%2==0", 13, TRI_NO, "W%2 is 1, not 0");
	expect("W<=(4 if fam<16 else 2)", 15, TRI_YES, "");
	expect("W<=(4 if fam<16 else 2)", 16, TRI_NO, "width is 3, more than 2");
	expect("cap==16384", 15, TRI_YES, "");
	expect("cap==65536", 16, TRI_YES, "");
	expect("prime_factors(W, 4, 1)<={2,3}", 13, TRI_YES, "");
	expect("prime_factors(10)<={2,3}", 13, TRI_NO,
	       "prime_factors(10) is {2, 5}, with others than {2, 3}");
	expect("max(W, 7)==7 and min(W, 7)==3", 13, TRI_YES, "");
	expect("len((1, 2))==2 and len(set((1, 1)))==1", 13, TRI_YES, "");
	expect("sorted((3, 1, W, 2))==(1, 2, 3, 3)", 13, TRI_YES, "");
	expect("sorted(('b', 'a'))==('a', 'b')", 13, TRI_YES, "");
	expect("1e6>1_000 and 2**20==1048576 and 7//2==3 and -1<0", 13, TRI_YES, "");
	expect("dtype=='fp32'", 13, TRI_NO, "data type is fp16, not fp32");
	expect("dtype=='fp32' or rank==1", 13, TRI_NO,
	       "data type is fp16, not fp32, and rank is 2, not 1");
	expect("rank==2 and dtype=='fp32'", 13, TRI_NO, "data type is fp16, not fp32");
	expect("static_shape", 13, TRI_YES, "");
	expect("not static_shape", 13, TRI_NO, "each size is known before the run");
	expect("not bcast_ok", 13, TRI_NO, "bcast_ok holds");
	expect("W>=32 or not is_io", 13, TRI_NO,
	       "width is 3, less than 32, and it is an input or output of the program");
	expect("not (rank==2 and W<=3)", 13, TRI_NO, "rank is 2, and width is 3, not more than 3");
	expect("not (rank==3 or W<4)", 13, TRI_NO, "width is 3, less than 4");
	expect("not 1<W<=3", 13, TRI_NO, "width is 3, not more than 3");
	expect("not not dtype=='fp32'", 13, TRI_NO, "data type is fp16, not fp32");
	expect("W!=3", 13, TRI_NO, "width is 3");
	expect("W<3 and W>4", 13, TRI_NO, "width is 3, not less than 3");
	expect("4>=W>3", 13, TRI_NO, "width is 3, not more than 3");
	expect("W>rank_in+H", 13, TRI_NO, "width is 3, not more than 4");
	expect("W<=rank", 13, TRI_NO, "width is 3, more than 2, the rank");
	expect("fan_in is None or bytes_per_elem==4", 13, TRI_ABSENT, "not known: fan_in");
	expect("bytes_per_elem==4", 13, TRI_NO, "bytes of an element are 2, not 4");
	expect("has_op('gelu')", 13, TRI_NO, "gelu is not in the program");
	expect("not has_op('relu')", 13, TRI_NO, "relu is in the program");
	expect("not True", 13, TRI_NO, "it holds");
	expect("False", 13, TRI_NO, "it does not hold");
	expect("const('x')", 13, TRI_NO, "x is computed at run time");
	expect("None is None and True and not False", 13, TRI_YES, "");
	expect("False", 13, TRI_NO, "it does not hold");
	expect("op=='relu'", 13, TRI_YES, "");
	expect("lone", 13, TRI_YES, "");
}

/* What only the run knows, and what makes no sense here. */
static void
test_unknown(void)
{
	expect("max_abs<=256", 13, TRI_UNKNOWN, "not known: max_abs");
	expect("not max_abs", 13, TRI_UNKNOWN, "not known: max_abs");
	expect("max_abs<=256 and rank==2", 13, TRI_UNKNOWN, "not known: max_abs");
	expect("max_abs<=256 and rank==3", 13, TRI_NO, "rank is 2, not 3");
	expect("max_abs<=256 or rank==2", 13, TRI_YES, "");
	expect("max_abs<=256 or max_abs>max_index", 13, TRI_UNKNOWN,
	       "not known: max_abs, max_index");
	expect("1<=max_abs<=2", 13, TRI_UNKNOWN, "not known: max_abs");
	expect("max_abs in (1, 2)", 13, TRI_UNKNOWN, "not known: max_abs");
	expect("max(max_abs, 2)<3", 13, TRI_UNKNOWN, "not known: max_abs");
	expect("kW<=7", 13, TRI_ABSENT, "not known: kW");
	expect("kW<=7 or rank==2", 13, TRI_ABSENT, "not known: kW");
	expect("kW<=7 and max_abs<2", 13, TRI_ABSENT, "not known: kW, max_abs");
	expect("n_segments<=3", 13, TRI_UNKNOWN, "not known: n_segments");
	expect("2>1>kW", 13, TRI_ABSENT, "not known: kW");
	expect("1>2>kW", 13, TRI_ABSENT, "not known: kW");
	expect("2>1>max_abs", 13, TRI_UNKNOWN, "not known: max_abs");
	expect("(max_abs, 1)==(1, 2)", 13, TRI_NO, "(max_abs, 1) is (?, 1), not (1, 2)");
	expect("(max_abs, 2)==(1, 2)", 13, TRI_UNKNOWN, "not known: max_abs");
	expect("len(set((max_abs, 1)))==2", 13, TRI_UNKNOWN, "not known: max_abs");
	expect("W/0>1", 13, TRI_UNKNOWN, "not known: ");
	expect("W%0==1", 13, TRI_UNKNOWN, "not known: ");
	expect("dtype<3", 13, TRI_UNKNOWN, "not known: ");
}

static void
test_families(void)
{
	CHECK_INT(family_find("H13"), 13);
	CHECK_INT(family_find("M1"), 13);
	CHECK_INT(family_find("A15"), 14);
	CHECK_INT(family_find("M3"), 15);
	CHECK_INT(family_find("A17"), 16);
	CHECK_INT(family_find("M5"), 17);
	CHECK_INT(family_find("M6"), 18);
	CHECK_INT(family_find("M7"), 0);
	CHECK_STR(family_name(17), "H17");
	CHECK_STR(family_chips(16), "A17 Pro, M4");
	CHECK_INT(family_cell(15), 2);
	CHECK_INT(family_cell(18), 3);
}

/* The tables that are compiled in are sound: the build asks the same. */
/* What the tables may say is explained. */
static void
check_words(void)
{
	static const struct {
		WordKind kind;
		const char *const *word;
	} all[] = {{WORD_VERDICT, row_verdict_name},
	           {WORD_ASSUME, assume_name},
	           {WORD_SEVERITY, limit_severity_name}};

	for (size_t i = 0; i < countof(all); i++)
		for (const char *const *w = all[i].word; *w; w++)
			CHECK(table_word(all[i].kind, *w));
	CHECK(!table_word(WORD_CELL, "pass"));
}

static void
explained(const Evidence *e, const char *key, uint32_t width, const char *want)
{
	Buf b = {0};

	CHECK(ane_explain(&b, e, key, width));
	buf_byte(&b, 0);
	CHECK_STR(b.at, want);
	buf_free(&b);
}

static void
test_width(void)
{
	Buf b = {0};
	World w;
	Evidence e;

	ane_wrap(&b, "one  two three ", 5, 2, 12);
	ane_wrap(&b, "a-word-that-is-too-long é é é é", 0, 1, 8);
	ane_wrap(&b, "", 0, 4, 8);
	buf_byte(&b, 0);
	CHECK_STR(b.at, "one two\n  three\na-word-that-is-too-long\n é é é é\n\n");
	buf_free(&b);
	world_init(&w, IOS17);
	CHECK(evidence_load(&e, &w.arena, &w.names, &w.diag));
	explained(&e, "bridge", 0,
	          "bridge: Of a family: it takes the operation only inside of a wrapper or of a\n"
	          "  layer made by hand.\n");
	explained(&e, "bridge", 200,
	          "bridge: Of a family: it takes the operation only inside of a wrapper or of a "
	          "layer made by hand.\n");
	explained(&e, "bridge", 1,
	          "bridge: Of a family: it takes the\n  operation only inside of a wrapper or\n"
	          "  of a layer made by hand.\n");
	CHECK(!ane_explain(&b, &e, "nobody", 0) && b.n == 0);
	world_free(&w);
}

static void
test_tables(void)
{
	World w;
	Evidence e;

	world_init(&w, IOS17);
	CHECK(evidence_load(&e, &w.arena, &w.names, &w.diag));
	CHECK(evidence_check(&e, &w.diag));
	check_words();
	CHECK(evidence_op(&e, "conv")->clauses.n > 10);
	CHECK(!evidence_op(&e, "no such"));
	CHECK_STR(evidence_proof(&e, "af-sweep")->confidence, "high");
	world_free(&w);
}

int
main(void)
{
	test_rows();
	test_wrong_conditions();
	test_wrong_limits();
	test_same_source();
	test_conditions();
	test_unknown();
	test_families();
	test_tables();
	test_width();
	return check_report();
}
