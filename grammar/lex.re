/* lex.re: a script's text to tokens.
 *
 * Indentation is not in the rules: line_start() measures the first line of a logical line with
 * CPython's two counts (tabs as 8 columns and as 1) and lays up indents and dedents, which
 * lex_next() hands out one at a time. Inside brackets a newline is a blank.
 * The lexer allocates nothing and can be copied, to look ahead.
 */
#include <stdarg.h>

#include "parse.h"
#include "syntax/syntax.h"
#include "syntax/unicode.h"

static void lex_error(Lexer *l, const char *at, size_t n, const char *fmt, ...) PRINTF(4, 5);

static Span
span_of(const Lexer *l, const char *at, size_t n)
{
	return (Span){l->base + (uint32_t)(at - l->text), (uint32_t)n};
}

static void
lex_error(Lexer *l, const char *at, size_t n, const char *fmt, ...)
{
	va_list ap;

	l->nerror++;
	if (l->quiet)
		return;
	va_start(ap, fmt);
	diag_vreport(l->diag, DIAG_ERROR, span_of(l, at, n), fmt, ap);
	va_end(ap);
}

static uint32_t
line_of(const Lexer *l, const char *at)
{
	uint32_t line = 0, col;

	diag_place(l->diag, l->base + (uint32_t)(at - l->text), &line, &col);
	return line;
}

void
lex_init(Lexer *l, Diag *d, Arena *a, const char *text, size_t len, uint32_t base)
{
	char *copy = arena_alloc(a, len + 1);

	memset(l, 0, sizeof *l);
	if (len)
		memcpy(copy, text, len);
	l->text = l->cur = copy;
	l->limit = copy + len;
	l->base = base;
	l->diag = d;
	l->bol = true;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		l->cur += 3;
}

/* The length of the newline at p, or 0. */
static size_t
newline_at(const char *p)
{
	if (*p == '\r')
		return p[1] == '\n' ? 2 : 1;
	return *p == '\n';
}

static void
skip_line(Lexer *l)
{
	while (l->cur < l->limit && !newline_at(l->cur))
		l->cur++;
}

static int
tab_error(Lexer *l, const char *at, const char *end)
{
	lex_error(l, at, (size_t)(end - at),
	          "inconsistent use of tabs and spaces in indentation; use only one of them");
	return 0;
}

/* Compares the line's indentation with the stack; sets pending (positive: one indent). */
static int
set_indent(Lexer *l, unsigned col, unsigned alt, const char *at)
{
	uint32_t n = l->nindent;
	unsigned top = n ? l->indent[n - 1] : 0, alttop = n ? l->altindent[n - 1] : 0;

	if (col == top)
		return alt == alttop ? 0 : tab_error(l, at, l->cur);
	if (col > top) {
		l->bad_indent = alt <= alttop;
		if (l->bad_indent)
			tab_error(l, at, l->cur);
		if (n == LEX_INDENT - 1) { /* CPython counts the margin too */
			lex_error(l, at, (size_t)(l->cur - at), "too many levels of indentation");
			l->dead = true;
			return 0;
		}
		l->indent[n] = (uint16_t)MIN(col, 60000u);
		l->altindent[n] = (uint16_t)MIN(alt, 60000u);
		l->nindent++;
		return 1;
	}
	while (l->nindent && col < l->indent[l->nindent - 1]) {
		l->nindent--;
		l->pending--;
	}
	n = l->nindent;
	if (col != (n ? l->indent[n - 1] : 0))
		lex_error(l, at, (size_t)(l->cur - at),
		          "unindent does not match any outer indentation level");
	else if (alt != (n ? l->altindent[n - 1] : 0))
		tab_error(l, at, l->cur);
	return 0;
}

/* Skips blank and comment lines; leaves cur at the first token of a line. 1: an indent. */
static int
line_start(Lexer *l)
{
	unsigned col = 0, alt = 0, fixed = 0, fixedalt = 0;
	const char *at = l->cur;
	bool split = false;

	for (;; l->cur++) {
		switch (*l->cur) {
		case ' ':
			col++, alt++;
			continue;
		case '\t':
			col = (col / 8 + 1) * 8, alt++;
			continue;
		case '\f':
			col = alt = 0;
			continue;
		case '#':
			skip_line(l);
			break;
		case '\\': /* the first line's indentation counts */
			if (newline_at(l->cur + 1) && l->cur + 1 < l->limit) {
				if (!split)
					fixed = col, fixedalt = alt;
				split = true;
				l->cur += newline_at(l->cur + 1);
				continue;
			}
			break;
		}
		if (l->cur < l->limit && newline_at(l->cur)) {
			l->cur += newline_at(l->cur) - 1;
			at = l->cur + 1;
			col = alt = 0;
			split = false;
			continue;
		}
		break;
	}
	l->bol = false;
	if (l->cur >= l->limit) {
		l->pending = -(int)l->nindent;
		l->nindent = 0;
		return 0;
	}
	return set_indent(l, split ? fixed : col, split ? fixedalt : alt, at);
}

/* A broken token: the rest of the line means nothing, and brackets may have been swallowed. */
static int
broken_line(Lexer *l)
{
	skip_line(l);
	l->nnest = 0;
	return T_BAD;
}

static int
open_bracket(Lexer *l, int c, int kind)
{
	if (l->nnest == LEX_NEST) {
		lex_error(l, l->cur - 1, 1, "too many nested brackets (more than %d)", LEX_NEST);
		l->dead = true;
		return T_BAD;
	}
	l->open[l->nnest] = (char)c;
	l->open_at[l->nnest++] = (uint32_t)(l->cur - 1 - l->text);
	return kind;
}

static int
close_bracket(Lexer *l, int c)
{
	int opened, want;
	uint32_t line;

	if (!l->nnest) {
		lex_error(l, l->cur - 1, 1, "unmatched '%c'", c);
		return T_BAD;
	}
	opened = l->open[--l->nnest];
	want = opened == '(' ? ')' : opened == '[' ? ']' : '}';
	line = c == want || l->quiet ? 0 : line_of(l, l->text + l->open_at[l->nnest]);
	if (c != want && line == (l->quiet ? 0 : line_of(l, l->cur - 1)))
		lex_error(l, l->cur - 1, 1, "closing '%c' does not match opening '%c'", c, opened);
	else if (c != want)
		lex_error(l, l->cur - 1, 1, "closing '%c' does not match opening '%c' on line %u",
		          c, opened, line);
	return want == ')' ? T_RPAR : want == ']' ? T_RSQB : T_RBRACE;
}

static bool
name_byte(int c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	       (unsigned char)c >= 0x80;
}

/* CPython lets these words touch a number: 1if x else 2 */
static bool
word_after_number(const char *p)
{
	static const char *const word[] = {"and", "else", "for", "if", "in", "is", "or", "not"};

	for (size_t i = 0; i < countof(word); i++)
		if (strncmp(p, word[i], strlen(word[i])) == 0)
			return true;
	return false;
}

static int
bad_number(Lexer *l, const char *at, const char *kind)
{
	while (name_byte(*l->cur) && l->cur < l->limit)
		l->cur++;
	lex_error(l, at, (size_t)(l->cur - at), "invalid %s literal", kind);
	return T_NUMBER;
}

static int
number(Lexer *l, const char *at, int base)
{
	const char *p;
	int c = *l->cur;

	if (base == 10 && l->cur - at == 1 && *at == '0') {
		base = (c | 32) == 'x' ? 16 : (c | 32) == 'o' ? 8 : (c | 32) == 'b' ? 2 : 10;
		if (base < 10 && l->cur[1] >= '0' && l->cur[1] <= '9')
			c = *++l->cur;
	}
	if (base < 10 && c >= '0' && c <= '9') {
		lex_error(l, l->cur, 1, "invalid digit '%c' in %s literal", c,
		          base == 8 ? "octal" : "binary");
		while (name_byte(*l->cur) && l->cur < l->limit)
			l->cur++;
		return T_NUMBER;
	}
	if (base == 10 && *at == '0') { /* 0123, but not 00 or 0123.5 */
		for (p = at; p < l->cur && (*p == '0' || *p == '_'); p++)
			;
		if (p < l->cur && *p >= '1' && *p <= '9' && !name_byte(c)) {
			lex_error(l, at, (size_t)(l->cur - at),
			          "leading zeros in a decimal number are not allowed; an octal "
			          "number begins with 0o");
			return T_NUMBER;
		}
	}
	if (l->cur < l->limit && name_byte(c) && (base == 10 ? l->cur - at > 0 : 1) &&
	    !(word_after_number(l->cur) && (base == 10 || base == 0 || l->cur - at > 2)))
		return bad_number(l, at,
		                  base == 16  ? "hexadecimal"
		                  : base == 8 ? "octal"
		                  : base == 2 ? "binary"
		                              : "decimal");
	return T_NUMBER;
}

static int
imaginary(Lexer *l, const char *at)
{
	lex_error(l, at, (size_t)(l->cur - at), "complex numbers are not part of the language");
	return T_NUMBER;
}

/* From the opening quote (cur is behind it) to behind the closing one. */
static int
string(Lexer *l, const char *at)
{
	char q = l->cur[-1];
	bool triple = l->cur[0] == q && l->cur[1] == q && l->limit - l->cur >= 2;
	const char *p = l->cur + (triple ? 2 : 0);

	for (; p < l->limit; p++) {
		if (*p == '\\' && p + 1 < l->limit) {
			p += p[1] == '\r' && p + 2 < l->limit && p[2] == '\n' ? 2 : 1;
		} else if (!triple && newline_at(p)) {
			break;
		} else if (*p == q && (!triple || (p[1] == q && p[2] == q && l->limit - p >= 3))) {
			l->cur = p + (triple ? 3 : 1);
			return T_STRING;
		}
	}
	l->cur = MIN(p, l->limit);
	if (triple)
		lex_error(l, at, 3, "unterminated triple-quoted string");
	else
		lex_error(l, at, (size_t)(l->cur - at), "unterminated string");
	return broken_line(l);
}

static uint32_t
code_point(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
	uint32_t c = more == 3 ? *p & 7 : more == 2 ? *p & 15 : more ? *p & 31 : *p;

	for (p++; more; more--)
		c = c << 6 | (*p++ & 63);
	*at = (const char *)p;
	return c;
}

/* The text was checked to be UTF-8, so that code points are whole. */
static int
name(Lexer *l, const char *at)
{
	const char *p = at, *q;
	uint32_t c;

	while (p < l->cur) {
		q = p;
		c = code_point(&p);
		if (c >= 0x80 && !(q == at ? uc_is_id_start(c) : uc_is_id_part(c))) {
			lex_error(l, q, (size_t)(p - q), "invalid character '%.*s' (U+%04X)",
			          (int)(p - q), q, c);
			return T_BAD;
		}
	}
	return T_NAME;
}

static int
stray(Lexer *l, const char *at)
{
	unsigned char c = (unsigned char)*at;

	if (c == '!')
		lex_error(l, at, 1, "'!' alone is no operator; negation is written not");
	else if (c < 32 || c == 127)
		lex_error(l, at, 1, "invalid non-printable character U+%04X", c);
	else
		lex_error(l, at, 1, "invalid character '%c'", c);
	return T_BAD;
}

static int
at_end(Lexer *l)
{
	if (l->nnest) {
		l->unclosed = l->base + l->open_at[l->nnest - 1];
		lex_error(l, l->text + l->open_at[l->nnest - 1], 1, "'%c' was never closed",
		          l->open[l->nnest - 1]);
		l->nnest = 0;
		l->dead = true;
		return T_BAD;
	}
	if (l->in_line && !l->inner) {
		l->in_line = false;
		l->bol = true;
		return T_NEWLINE;
	}
	return 0;
}

static int
backslash(Lexer *l, const char *at)
{
	if (newline_at(l->cur)) {
		l->cur += newline_at(l->cur);
		if (l->cur < l->limit)
			return -1;
		lex_error(l, at, 1, "the file ends after a line continuation");
		return T_BAD;
	}
	lex_error(l, at, 1, "unexpected character after line continuation character '\\'");
	return T_BAD;
}

/* The next token from cur on; -1 for what is no token. */
static int
scan(Lexer *l, const char **start)
{
	const char *at = l->cur, *marker;

	*start = at;
	/*!re2c
	re2c:define:YYCTYPE = "unsigned char";
	re2c:define:YYCURSOR = "l->cur";
	re2c:define:YYLIMIT = "l->limit";
	re2c:define:YYMARKER = "marker";
	re2c:yyfill:enable = 0;
	re2c:eof = 0;

	dec    = [0-9] ("_"? [0-9])*;
	exp    = [eE] [+-]? dec;
	float  = dec? "." dec exp? | dec "." exp? | dec exp;
	prefix = [uUrRbBfF] | [rR] [bBfF] | [bBfF] [rR];

	[ \t\f]+                     { return -1; }
	"#" [^\r\n]*                 { return -1; }
	"\r\n" | "\n" | "\r"         { return l->nnest || l->inner ? -1 : T_NEWLINE; }
	"\\"                         { return backslash(l, at); }
	$                            { return at_end(l); }

	"False"    { return T_FALSE; }
	"None"     { return T_NONE; }
	"True"     { return T_TRUE; }
	"and"      { return T_AND; }
	"as"       { return T_AS; }
	"assert"   { return T_ASSERT; }
	"async"    { return T_ASYNC; }
	"await"    { return T_AWAIT; }
	"break"    { return T_BREAK; }
	"class"    { return T_CLASS; }
	"continue" { return T_CONTINUE; }
	"def"      { return T_DEF; }
	"del"      { return T_DEL; }
	"elif"     { return T_ELIF; }
	"else"     { return T_ELSE; }
	"except"   { return T_EXCEPT; }
	"finally"  { return T_FINALLY; }
	"for"      { return T_FOR; }
	"from"     { return T_FROM; }
	"global"   { return T_GLOBAL; }
	"if"       { return T_IF; }
	"import"   { return T_IMPORT; }
	"in"       { return T_IN; }
	"is"       { return T_IS; }
	"lambda"   { return T_LAMBDA; }
	"nonlocal" { return T_NONLOCAL; }
	"not"      { return T_NOT; }
	"or"       { return T_OR; }
	"pass"     { return T_PASS; }
	"raise"    { return T_RAISE; }
	"return"   { return T_RETURN; }
	"try"      { return T_TRY; }
	"while"    { return T_WHILE; }
	"with"     { return T_WITH; }
	"yield"    { return T_YIELD; }

	[A-Za-z_\x80-\xff] [A-Za-z0-9_\x80-\xff]* { return name(l, at); }
	prefix? ['"]                 { return string(l, at); }
	float [jJ] | dec [jJ]        { return imaginary(l, at); }
	float                        { return number(l, at, 0); }
	dec                          { return number(l, at, 10); }
	"0" [xX] ("_"? [0-9a-fA-F])+ { return number(l, at, 16); }
	"0" [oO] ("_"? [0-7])+       { return number(l, at, 8); }
	"0" [bB] ("_"? [01])+        { return number(l, at, 2); }

	"("   { return open_bracket(l, '(', T_LPAR); }
	"["   { return open_bracket(l, '[', T_LSQB); }
	"{"   { return open_bracket(l, '{', T_LBRACE); }
	")"   { return close_bracket(l, ')'); }
	"]"   { return close_bracket(l, ']'); }
	"}"   { return close_bracket(l, '}'); }
	","   { return T_COMMA; }
	":"   { return T_COLON; }
	":="  { return T_WALRUS; }
	";"   { return T_SEMI; }
	"."   { return T_DOT; }
	"..." { return T_ELLIPSIS; }
	"="   { return T_ASSIGN; }
	"->"  { return T_ARROW; }
	"+"   { return T_PLUS; }
	"-"   { return T_MINUS; }
	"*"   { return T_STAR; }
	"**"  { return T_POW; }
	"/"   { return T_SLASH; }
	"//"  { return T_FLOORDIV; }
	"%"   { return T_PERCENT; }
	"@"   { return T_AT; }
	"<<"  { return T_LSHIFT; }
	">>"  { return T_RSHIFT; }
	"&"   { return T_AMP; }
	"|"   { return T_BAR; }
	"^"   { return T_CARET; }
	"~"   { return T_TILDE; }
	"<"   { return T_LT; }
	">"   { return T_GT; }
	"<="  { return T_LE; }
	">="  { return T_GE; }
	"=="  { return T_EQ; }
	"!="  { return T_NE; }
	[-+*/%@&|^]"=" | "**=" | "//=" | "<<=" | ">>=" { return T_AUGMENT; }
	*     { return stray(l, at); }
	*/
}

int
lex_next(Lexer *l, Token *t)
{
	const char *at = l->cur;
	int kind = -1;

	if (l->dead && !l->in_line && !l->pending && !l->nindent)
		kind = 0;
	if (kind < 0 && l->dead) { /* close what is open, then end */
		l->cur = l->limit;
		l->nnest = 0;
		if (l->in_line)
			l->bol = true;
	}
	if (kind < 0 && l->bol && !l->nnest && !l->inner && !l->in_line) {
		if (line_start(l)) {
			l->bol = false;
			t->span = span_of(l, l->cur, 0);
			t->text = l->cur;
			return T_INDENT;
		}
		at = l->cur;
	}
	if (kind < 0 && l->pending < 0) {
		l->pending++;
		kind = T_DEDENT;
	}
	while (kind < 0)
		kind = scan(l, &at);
	l->bol = kind == T_NEWLINE;
	l->in_line = kind != T_NEWLINE && kind != T_DEDENT && kind != 0;
	t->text = at;
	t->span = span_of(l, at, kind == T_DEDENT ? 0 : (size_t)(l->cur - at));
	return kind;
}

/* As messages name it. */
const char *
lex_token_name(int kind)
{
	static const char *const names[] = {
	    [0] = "end of file", [T_NAME] = "a name", [T_NUMBER] = "a number",
	    [T_STRING] = "a string", [T_NEWLINE] = "end of line",
	    [T_INDENT] = "an indented line", [T_DEDENT] = "end of the block",
	    [T_COMMA] = "','", [T_COLON] = "':'", [T_WALRUS] = "':='", [T_SEMI] = "';'",
	    [T_DOT] = "'.'", [T_ELLIPSIS] = "'...'", [T_ASSIGN] = "'='", [T_ARROW] = "'->'",
	    [T_PLUS] = "'+'", [T_MINUS] = "'-'", [T_STAR] = "'*'", [T_POW] = "'**'",
	    [T_SLASH] = "'/'", [T_FLOORDIV] = "'//'", [T_PERCENT] = "'%'", [T_AT] = "'@'",
	    [T_LSHIFT] = "'<<'", [T_RSHIFT] = "'>>'", [T_AMP] = "'&'", [T_BAR] = "'|'",
	    [T_CARET] = "'^'", [T_TILDE] = "'~'", [T_LT] = "'<'", [T_GT] = "'>'",
	    [T_LE] = "'<='", [T_GE] = "'>='", [T_EQ] = "'=='", [T_NE] = "'!='",
	    [T_AUGMENT] = "an operator with '='", [T_LPAR] = "'('", [T_RPAR] = "')'",
	    [T_LSQB] = "'['", [T_RSQB] = "']'", [T_LBRACE] = "'{'", [T_RBRACE] = "'}'",
	    [T_FALSE] = "'False'", [T_NONE] = "'None'", [T_TRUE] = "'True'", [T_AND] = "'and'",
	    [T_AS] = "'as'", [T_ASSERT] = "'assert'", [T_ASYNC] = "'async'", [T_AWAIT] = "'await'",
	    [T_BREAK] = "'break'", [T_CLASS] = "'class'", [T_CONTINUE] = "'continue'",
	    [T_DEF] = "'def'", [T_DEL] = "'del'", [T_ELIF] = "'elif'", [T_ELSE] = "'else'",
	    [T_EXCEPT] = "'except'", [T_FINALLY] = "'finally'", [T_FOR] = "'for'",
	    [T_FROM] = "'from'",
	    [T_GLOBAL] = "'global'", [T_IF] = "'if'", [T_IMPORT] = "'import'", [T_IN] = "'in'",
	    [T_IS] = "'is'", [T_LAMBDA] = "'lambda'", [T_NONLOCAL] = "'nonlocal'",
	    [T_NOT] = "'not'",
	    [T_OR] = "'or'", [T_PASS] = "'pass'", [T_RAISE] = "'raise'", [T_RETURN] = "'return'",
	    [T_TRY] = "'try'", [T_WHILE] = "'while'", [T_WITH] = "'with'", [T_YIELD] = "'yield'",
	    [T_CASE] = "'case'",
	};

	return kind >= 0 && kind < (int)countof(names) && names[kind] ? names[kind] : "it";
}
