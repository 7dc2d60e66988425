/* metadata_json.h: what the files that make metadata.json share: metadata_schema.c describes
 * features, metadata_write.c operations and the whole.
 */
#ifndef MILC_METADATA_JSON_H
#define MILC_METADATA_JSON_H

#include "metadata_write.h"

/* JSON as it stands there: two blanks for each level, texts behind their keys. */
typedef struct Json {
	Buf *b;
	int depth;
	bool first; /* in the object or array at hand */
} Json;

void json_key(Json *j, const char *key);
void json_open(Json *j, const char *key, int bracket); /* key 0: in an array */
void json_close(Json *j, int bracket);
void json_text(Json *j, const char *key, const char *text);
void json_flag(Json *j, const char *key, bool set); /* "1" or "0" */

/* "Float16", "Int32", "UInt8" */
const char *json_type_name(Arena *a, DType t);
void put_schema(Json *j, Arena *a, const char *key, const Features *list);

#endif
