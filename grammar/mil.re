/* mil.re: MIL text to tokens. White space means nothing, comments run to the end of the line; a
 * token that stands for itself is its character.
 */
#include "form/text_parse.h"

int
text_token(TextLexer *l)
{
	const char *marker;

again:
	l->at = l->cur;
	/*!re2c
	re2c:define:YYCTYPE = "unsigned char";
	re2c:define:YYCURSOR = "l->cur";
	re2c:define:YYLIMIT = "l->limit";
	re2c:define:YYMARKER = "marker";
	re2c:yyfill:enable = 0;
	re2c:eof = 0;

	digits = [0-9]+;
	exp    = [eE] [+-]? digits;

	[ \t\r\n]+       { goto again; }
	"//" [^\n]*      { goto again; }
	$                { return TEXT_END; }

	[A-Za-z_\x80-\xff] [A-Za-z0-9_.$:@\x80-\xff]* { return TEXT_NAME; }
	"-"? digits                                   { return TEXT_INT; }
	"-"? (digits "." [0-9]* exp? | "." digits exp? | digits exp)          { return TEXT_FLOAT; }
	"-"? "0" [xX] [0-9a-fA-F]+ ("." [0-9a-fA-F]*)? [pP] [+-]? digits      { return TEXT_FLOAT; }
	"-" ("inf" | "nan")                           { return TEXT_FLOAT; }
	["] ([^"\\\n\x00] | "\\" [^\n\x00])* ["]      { return TEXT_STRING; }
	"->"                                          { return TEXT_ARROW; }
	[()<>{}=,;?] | "[" | "]"                      { return *l->at; }
	"..."                                         { return TEXT_DOTS; }
	*                                             { return TEXT_BAD; }
	*/
}
