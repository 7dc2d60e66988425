/* test_json.c: JSON that is read as a tree, and what is wrong with it; JSON that is written. */
#include "check.h"

#include "file/json.h"
#include "file/json_tree.h"

static void
put(Buf *b, Arena *a, const JValue *j)
{
	static const char *const kind[] = {"none", "null", "bool", "int", "float", "text"};

	if (j->kind == J_LIST || j->kind == J_OBJECT) {
		uint32_t n = j->kind == J_LIST ? j->n : 2 * j->n;
		buf_byte(b, j->kind == J_LIST ? '[' : '{');
		for (uint32_t i = 0; i < n; i++)
			put(b, a, &j->item[i]);
		buf_byte(b, j->kind == J_LIST ? ']' : '}');
		return;
	}
	buf_printf(b, "(%s", kind[j->kind]);
	if (j->kind == J_BOOL || j->kind == J_INT)
		buf_printf(b, " %lld", (long long)j->i);
	if (j->kind == J_FLOAT)
		buf_printf(b, " %g", j->f);
	if (j->kind == J_TEXT)
		buf_printf(b, " %s", jtree_text(a, j));
	buf_byte(b, ')');
}

/* What is read, or the message with its byte and line. */
static const char *
read_text(Arena *a, const char *text)
{
	JTreeError why;
	JValue j;
	Buf b = {0};

	if (jtree_read(a, text, strlen(text), &j, &why))
		put(&b, a, &j);
	else
		buf_printf(&b, "%zu, line %d: %s", why.at, why.line, why.what);
	return buf_keep(&b, a);
}

static void
reading(void)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
	    {" [null, true,false ,\r\n\t1] ", "[(null)(bool 1)(bool 0)(int 1)]"},
	    {"[]", "[]"},
	    {"{}", "{}"},
	    {"{\"a\": {\"b\": []}, \"a\": 2}", "{(text a){(text b)[]}(text a)(int 2)}"},
	    {"9223372036854775807", "(int 9223372036854775807)"},
	    {"-9223372036854775808", "(int -9223372036854775808)"},
	    {"9223372036854775808", "(float 9.22337e+18)"},
	    {"-1.5e2", "(float -150)"},
	    {"[NaN, Infinity, -Infinity]", "[(float nan)(float inf)(float -inf)]"},
	    {"\"\\\"\\\\\\/\\u0041\\ud83d\\ude00\\ud83d\\x\"",
	     "(text \"\\/A\xf0\x9f\x98\x80\xef\xbf\xbd\\x)"},
	    {"", "0, line 1: it is cut off"},
	    {"[1,\n", "4, line 2: it is cut off"},
	    {"\"a\\\"", "0, line 1: a text does not end"},
	    {"nul", "0, line 1: expected a value"},
	    {"-a", "0, line 1: expected a value"},
	    {"1-2", "0, line 1: a number cannot be read"},
	    {"{a", "1, line 1: expected the name of a member"},
	    {"{\"a\" 1", "6, line 1: expected ':'"},
	    {"[1,]", "3, line 1: expected another item"},
	    {"[1 2]", "3, line 1: expected ',' or ']'"},
	    {"{\"a\": 1)", "7, line 1: expected ',' or '}'"},
	    {"1 1", "2, line 1: something follows its end"},
	    {"\n\"\xff\"", "2, line 2: it is not UTF-8"},
	};
	Arena a = {0};
	char deep[500], longer[500];

	for (size_t i = 0; i < countof(rows); i++)
		CHECK_STR(read_text(&a, rows[i].text), rows[i].expected);
	memset(deep, '[', sizeof deep);
	deep[401] = 0;
	CHECK_STR(read_text(&a, deep), "400, line 1: it is nested too deeply");
	memset(longer, '1', sizeof longer);
	longer[401] = 0;
	CHECK_STR(read_text(&a, longer), "0, line 1: a number is too long");
	longer[400] = 0;
	CHECK_STR(read_text(&a, longer), "(float inf)");
	arena_free(&a);
}

static void
asking(void)
{
	static const char text[] = "{\"a\": [1, 2.5], \"b\": \"x\\n\", \"c\": null, \"a\": 7}";
	JTreeError why;
	Arena a = {0};
	Interner names;
	JValue j;

	intern_init(&names, &a);
	CHECK(jtree_read(&a, text, sizeof text - 1, &j, &why));
	CHECK_INT(jtree_member(&j, "a")->kind, J_LIST);
	CHECK_NUM(jtree_number(jtree_item(jtree_member(&j, "a"), 0)), 1);
	CHECK_NUM(jtree_number(jtree_item(jtree_member(&j, "a"), 1)), 2.5);
	CHECK_NUM(jtree_number(jtree_member(&j, "b")), 0);
	CHECK_INT(jtree_item(jtree_member(&j, "a"), 2)->kind, J_NONE);
	CHECK_INT(jtree_item(&j, 0)->kind, J_NONE);
	CHECK_INT(jtree_member(jtree_member(&j, "b"), "a")->kind, J_NONE);
	CHECK_STR(jtree_text(&a, jtree_member(&j, "b")), "x\n");
	CHECK(!jtree_text(&a, &j));
	CHECK_STR(jtree_name(&names, &a, &j.item[0])->s, "a");
	CHECK_STR(jtree_name(&names, &a, jtree_member(&j, "b"))->s, "x\n");
	CHECK(!jtree_name(&names, &a, &j));
	CHECK(jtree_absent(jtree_member(&j, "c")) && jtree_absent(jtree_member(&j, "d")));
	CHECK(!jtree_absent(jtree_member(&j, "b")));
	intern_free(&names);
	arena_free(&a);
}

static void
writing(void)
{
	json_t *o = json_new_object(), *list = json_new_list();
	Buf b = {0};

	json_item(list, json_integer(1));
	json_item(list, json_new_list());
	json_member(o, "list", list);
	json_member(o, "none", json_words(NULL));
	json_member(o, "text", json_words("\xc3\xa4"));
	json_member(o, "bytes", json_words("\xe4"));
	json_put(&b, o, JSON_COMPACT);
	json_drop(o);
	CHECK_STR(b.at, "{\"list\":[1,[]],\"none\":null,\"text\":\"\xc3\xa4\",\"bytes\":\"?\"}");
	buf_clear(&b);
	json_put_words(&b, "\xc3\xa4\"", JSON_ENSURE_ASCII);
	CHECK_STR(b.at, "\"\\u00E4\\\"\"");
	buf_free(&b);
}

/* What is under way when a guard ends goes with it. */
static void
left(void *list)
{
	json_t *o = json_new_object();

	json_member(o, "a", json_new_list());
	*(json_t **)list = json_new_list();
	json_item(*(json_t **)list, o);
	json_new_object();
	milc_nomem();
}

int
main(void)
{
	Guard g = {0};
	json_t *list;

	reading();
	asking();
	writing();
	CHECK_INT(guard_run(&g, left, &list), GUARD_NOMEM);
	CHECK(!g.holds);
	return check_report();
}
