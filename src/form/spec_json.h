/* spec_json.h: messages as JSON, both ways: fields by the names in the .proto files, maps as
 * objects, enums by name, bytes in base64, "NaN" and "Infinity" as strings. What has its default
 * is left out; unknown fields are.
 */
#ifndef MILC_SPEC_JSON_H
#define MILC_SPEC_JSON_H

#include "pb/msg.h"

/* Lines begin with `lead` ("// "); short lists of numbers stand in one. */
void put_json(Buf *b, const Msg *m, const char *lead);
void put_json_string(Buf *b, const char *s);
void put_base64(Buf *b, const uint8_t *p, size_t n); /* with padding */
/* Fills an empty message. 0, or what is wrong. */
const char *read_json(Msg *m, const char *text, size_t n);

#endif
