/* library.h: modules that are written in the language itself. Their texts stand in the folders
 * named library (src/stdlib/library/json.py, os.path.py …), and are part of the program.
 */
#ifndef MILC_LIBRARY_H
#define MILC_LIBRARY_H

typedef struct LibraryRow {
	const char *path, *text;
} LibraryRow;
extern const LibraryRow library_rows[]; /* a row of zeros ends it */

#endif
