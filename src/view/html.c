/* html.c: what pages are made of. */
#include "html.h"

#include "file/json.h"

void
html_text(Buf *b, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '<':
			buf_puts(b, "&lt;");
			break;
		case '>':
			buf_puts(b, "&gt;");
			break;
		case '&':
			buf_puts(b, "&amp;");
			break;
		case '"':
			buf_puts(b, "&quot;");
			break;
		default:
			buf_byte(b, *s);
		}
}

void
html_head(Buf *b, const char *title, const char *const *css, uint32_t n)
{
	buf_puts(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	            "<link rel=\"icon\" href=\"data:,\">\n<title>");
	html_text(b, title);
	buf_puts(b, "</title>\n<style>\n");
	for (uint32_t i = 0; i < n; i++)
		buf_puts(b, css[i]);
	buf_puts(b, "</style>\n</head>\n");
}

void
html_data(Buf *b, const char *id, json_t *data)
{
	Buf text = {0};

	json_put(&text, data, JSON_COMPACT);
	json_drop(data);
	buf_printf(b, "<script type=\"application/json\" id=\"%s\">", id);
	for (size_t i = 0; i < text.n; i++)
		if (text.at[i] == '<') /* only texts have one */
			buf_puts(b, "\\u003c");
		else
			buf_byte(b, text.at[i]);
	buf_puts(b, "</script>\n");
	buf_free(&text);
}
