/* re.c: the module _re: programs of PCRE2, and what they find in a text or bytes.
 *
 * _re.compile(text, istext) takes what _repattern.py writes; _re.scan() gives matches as
 * re.py says. A callout in front of the program counts every start that is tried, one behind it
 * tells which group was closed last, which Python's lastindex is.
 *
 * Matching is bounded by the script's steps. PCRE2 gives up after a number of calls of its own;
 * then the start that needed more of them is tried again with MORE_CALLS times as many, which count
 * before. So a start counts one step, and those that need more than FIRST_CALLS count what they may
 * take, on every machine alike.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "natives.h"

enum { FIRST_CALLS = 1000, CALLS_A_STEP = 16, MORE_CALLS = 4, HEAP_MIB = 64 };
enum { HOW_MATCH, HOW_FULL, HOW_SEARCH };
enum { CALLOUT_END = 1, CALLOUT_START = 2 };

typedef struct Regex {
	Interp *in;
	pcre2_code *code;
	pcre2_match_context *context;
	uint32_t groups;
	bool text; /* of code points, not bytes */
	/* of the match that is tried */
	size_t start;
	uint32_t last; /* group closed last */
} Regex;

static const HostType program_type = {.name = "_re.Program"};

static void *
take_arena(size_t n, void *arena)
{
	return arena_alloc(arena, n);
}

static void
leave_arena(void *p, void *arena)
{
	(void)p, (void)arena;
}

static void *
take_heap(size_t n, UNUSED void *none)
{
	return xmalloc(n);
}

static void
leave_heap(void *p, UNUSED void *none)
{
	xfree(p);
}

static int
called_out(pcre2_callout_block *b, void *program)
{
	Regex *p = program;

	if (b->callout_number == CALLOUT_END) {
		p->last = b->capture_last;
		return 0;
	}
	p->start = b->start_match;
	return interp_steps(p->in, 1) ? 0 : PCRE2_ERROR_CALLOUT;
}

NATIVE(re_compile)
{
	Regex *p;
	pcre2_general_context *arena;
	pcre2_compile_context *c;
	PCRE2_UCHAR why[256];
	Buf text = {0};
	size_t where;
	int error;

	if (args->v[0].kind != V_STR || args->v[1].kind != V_BOOL)
		return natives_wrong(args);
	p = natives_object(in, &program_type, sizeof *p, out);
	if (!p)
		return false;
	p->in = in;
	p->text = args->v[1].b;
	arena = pcre2_general_context_create(take_arena, leave_arena, interp_arena(in));
	c = pcre2_compile_context_create(arena);
	pcre2_set_newline(c, PCRE2_NEWLINE_LF);
	pcre2_set_compile_extra_options(c, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
	buf_printf(&text, "(?C%d)(?:%s)(?C%d)", CALLOUT_START, STR_OF(args->v[0])->s, CALLOUT_END);
	p->code = pcre2_compile((PCRE2_SPTR)text.at, text.n,
	                        PCRE2_DOTALL | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C |
	                            (p->text ? PCRE2_UTF : 0),
	                        &error, &where, c);
	buf_free(&text);
	if (!p->code) {
		pcre2_get_error_message(error, why, sizeof why);
		return fail(in, args->span, "milc cannot run this regular expression: %s",
		            (char *)why);
	}
	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &p->groups);
	p->context = pcre2_match_context_create(arena);
	pcre2_set_heap_limit(p->context, HEAP_MIB * 1024);
	pcre2_set_callout(p->context, called_out, p);
	return true;
}

/* One match from byte `at` on: what pcre2_match() gives. */
static int
find(Regex *p, const StrObj *s, size_t end, size_t at, uint32_t options, pcre2_match_data *found)
{
	uint32_t calls = FIRST_CALLS;

	for (;;) {
		int got;

		p->last = 0;
		pcre2_set_match_limit(p->context, calls);
		got = pcre2_match(p->code, (PCRE2_SPTR)s->s, end, at, options, found, p->context);
		if (got != PCRE2_ERROR_MATCHLIMIT)
			return got;
		calls = calls < UINT32_MAX / MORE_CALLS ? calls * MORE_CALLS : UINT32_MAX;
		if (!interp_steps(p->in, calls / CALLS_A_STEP))
			return PCRE2_ERROR_CALLOUT;
		if (p->start > at)
			options &= ~PCRE2_NOTEMPTY_ATSTART;
		at = p->start;
	}
}

/* ---- places: code points of a text are counted on from the one counted last ---- */

typedef struct Place {
	const StrObj *s;
	size_t byte;
	int64_t cp;
} Place;

static int64_t
place_at(Place *p, size_t byte)
{
	if (p->s->ncp == p->s->len)
		return (int64_t)byte;
	for (; p->byte < byte; p->byte++)
		p->cp += !utf8_continues(p->s->s[p->byte]);
	for (; p->byte > byte; p->byte--)
		p->cp -= !utf8_continues(p->s->s[p->byte - 1]);
	return p->cp;
}

static Value
match_value(Regex *p, const pcre2_match_data *found, uint32_t set, Place *place)
{
	size_t *at = pcre2_get_ovector_pointer((pcre2_match_data *)found);
	uint32_t n = 2 * (p->groups + 1);
	Value v = vtuple(p->in, 0, n + 1);

	for (uint32_t i = 0; i < n; i++)
		SEQ_OF(v)->at[i] =
		    vint(i / 2 >= set || at[i] == PCRE2_UNSET ? -1 : place_at(place, at[i]));
	SEQ_OF(v)->at[n] = vint(p->last);
	return v;
}

/* False: reported. The list gets all matches, or the first `most`. */
static bool
find_all(Regex *p, const StrObj *s, const size_t range[2], uint32_t options, int64_t most,
         pcre2_match_data *found, Value list)
{
	size_t at = range[0], *span = pcre2_get_ovector_pointer(found);
	Place place = {.s = s};
	uint32_t fresh = 0;
	int got;

	for (;;) {
		got = find(p, s, range[1], at, options | fresh, found);
		if (got < 0)
			break;
		if (!vlist_push(p->in, list, match_value(p, found, (uint32_t)got, &place)))
			return false;
		if (most && SEQ_OF(list)->n == most)
			return true;
		fresh = span[1] == span[0] ? PCRE2_NOTEMPTY_ATSTART : 0;
		at = span[1];
	}
	return got == PCRE2_ERROR_NOMATCH ||
	       (got != PCRE2_ERROR_CALLOUT &&
	        fail(p->in, NOSPAN,
	             "milc needs more than %d MiB to match this regular expression here",
	             HEAP_MIB));
}

NATIVE(re_scan)
{
	static const uint32_t how[] = {
	    [HOW_MATCH] = PCRE2_ANCHORED,
	    [HOW_FULL] = PCRE2_ANCHORED | PCRE2_ENDANCHORED,
	    [HOW_SEARCH] = 0,
	};
	const Value *v = args->v;
	Regex *p = natives_data(v[0], &program_type);
	pcre2_general_context *heap;
	pcre2_match_data *found;
	const StrObj *s;
	size_t range[2];
	bool ok;

	for (int i = 2; i < 6; i++)
		if (!p || v[1].kind != (p->text ? V_STR : V_BYTES) || v[i].kind != V_INT)
			return natives_wrong(args);
	s = STR_OF(v[1]);
	if (v[4].i < 0 || v[4].i > HOW_SEARCH)
		return natives_wrong(args);
	for (int i = 0; i < 2; i++)
		range[i] = (size_t)MIN(MAX(v[2 + i].i, 0), (int64_t)s->ncp);
	*out = vlist(in, 0, 0);
	if (range[0] > range[1])
		return true;
	if (!interp_steps(in, s->len / 256))
		return false;
	for (int i = 0; i < 2; i++)
		range[i] = (size_t)(str_at_cp(s, (int64_t)range[i]) - s->s);
	heap = pcre2_general_context_create(take_heap, leave_heap, 0);
	found = pcre2_match_data_create(p->groups + 1, heap);
	ok = find_all(p, s, range, how[v[4].i] | PCRE2_NO_UTF_CHECK, v[5].i, found, *out);
	pcre2_match_data_free(found);
	pcre2_general_context_free(heap);
	return ok;
}

static const Native re_functions[] = {
    METHOD_AS(_re, compile, re_compile, "text,istext"),
    METHOD_AS(_re, scan, re_scan, "program,text,pos,endpos,how,most"),
    NATIVE_END,
};

const StdModule re_native = {"_re", re_functions, 0};
