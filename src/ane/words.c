/* words.c: the words of the tables of evidence, looked up. */
#include "evidence.h"

static const TableWord words[] = {
#define WORD(kind, word, sentence) {WORD_##kind, word, sentence},
#include "words.def"
#undef WORD
};

const TableWord *
table_words(size_t *n)
{
	*n = countof(words);
	return words;
}

const TableWord *
table_word(WordKind kind, const char *word)
{
	for (size_t i = 0; i < countof(words); i++)
		if (words[i].kind == kind && strcmp(words[i].word, word) == 0)
			return &words[i];
	return NULL;
}
