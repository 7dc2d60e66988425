/* store.h: the files of a script: a layer over the disk in which what it writes lives until the
 * compile has succeeded.
 *
 * A path of a script is resolved first: from its folder, with links and ".." followed, to one that
 * names the file itself (`FilePlace`). Where that lies outside of the folders that the user named,
 * and of that of the script, the layer refuses. The layer then says what stands there: what the
 * script wrote, made, removed or renamed, else the disk. Models that it saved stand there as
 * packages, whose members are written only when somebody asks for one of them. store_commit()
 * brings all of it to the disk, and until then nothing there has changed.
 *
 * Functions that can fail return false (or 0) with the reason in `error`, an errno, or with
 * `refused` set. Nothing here knows scripts: files.h is what modules use.
 */
#ifndef MILC_STORE_H
#define MILC_STORE_H

#include "base/diag.h"
#include "base/sys.h"

/* Where tempfile's folders lie as scripts see them. Nothing of it is on any disk. */
#define STORE_PRIVATE "/tmp/milc.private"
/* Nothing to read, and what is written there is gone: any script may open it. */
#define STORE_NULL "/dev/null"

typedef struct Store Store;
/* What can be done with a place: ask what it is, list what is in it, read it, write it. What may be
 * written may be listed. */
typedef enum StoreUse { STORE_LOOK, STORE_LIST, STORE_READ, STORE_WRITE } StoreUse;

/* The content of a file. Of one on the disk it is mapped when it is first asked for. */
typedef struct FileContent {
	const char *at; /* n bytes, once loaded */
	size_t n;
	Buf own; /* the same, if it may change */
	SysMap *map;
	char *real;                                         /* a file with this content, or 0 */
	enum { NODE_MEMORY, NODE_DISK, NODE_STAGED } where; /* whose `real` is */
	bool loaded;
	double changed;
} FileContent;

typedef enum EntryKind {
	ENTRY_NONE, /* as on the disk */
	ENTRY_GONE,
	ENTRY_FILE,
	ENTRY_FOLDER,
	ENTRY_MODEL,
} EntryKind;
typedef struct StoreEntry {
	const Str *path;
	EntryKind kind;
	FileContent *node;  /* ENTRY_FILE */
	uint32_t model;     /* ENTRY_MODEL: its number for StoreModels */
	bool folder;        /* … a package */
	const char *staged; /* … where it was written to be looked at, or 0 */
	bool implied;       /* ENTRY_FOLDER that only a saved model asks for */
	double changed;
} StoreEntry;

/* Who saves models. */
typedef struct StoreModels {
	bool (*emit)(void *ctx, uint32_t model, const char *path); /* false after reporting */
	/* The script renamed it, or with path 0 removed it; temporary: into STORE_PRIVATE. */
	void (*moved)(void *ctx, uint32_t model, const char *path, bool temporary);
	void *ctx;
} StoreModels;

typedef struct StoreOptions {
	const char *dir;                        /* the script's folder */
	const char *const *read, *const *write; /* further ones */
	size_t nread, nwrite;
	const char *output; /* a folder beside which outputs are written, or 0 */
	bool elsewhere;     /* saved models do not go where the script says */
	uint64_t memory;    /* bytes that may be written; 0: any number */
} StoreOptions;

typedef struct FilePlace {
	const char *path;  /* absolute, without links */
	StoreEntry *entry; /* of that path, or 0 */
	const char
	    *real;  /* what stands for it on the disk: itself, or a member of `entry` staged */
	bool plain; /* no link was followed to get there */
	bool link;  /* its last part is one */
} FilePlace;

struct Store {
	Arena *arena;
	StoreOptions o;
	StoreModels models;
	Interner paths;
	Map index;                 /* interned path -> StoreEntry */
	VEC(StoreEntry *) entries; /* in the order in which they were made */
	VEC(FileContent *) nodes;
	VEC(const char *) may_read, may_write; /* resolved */
	const char *top, *here;   /* the script's folder, and the working one, resolved */
	char *staging;            /* a private folder on the disk, once needed */
	VEC(Hold *) holds;        /* it, and all that is in it */
	VEC(const char *) staged; /* the paths of its numbered folders' files */
	uint32_t ntemp;
	uint64_t bytes; /* in memory */
	int error;
	bool failed;           /* it was reported */
	bool refused, writing; /* the script may not, and what */
	const char *outside;   /* where the path led */
};

Store *store_new(Arena *a, const StoreOptions *o);
void store_free(Store *s); /* what it held outside of the arena, and the staging folder */

/* ---- resolve.c ---- */
bool store_resolve(Store *s, const char *path, StoreUse use, FilePlace *out);
bool store_under(const char *path, const char *folder);
/* The folder in which a path lies, "/" at the top. */
const char *store_folder(Store *s, const char *path);
bool store_enter(Store *s, const char *path); /* os.chdir */

/* ---- store.c ---- */
StoreEntry *store_entry(const Store *s, const char *path); /* 0: as on the disk */
StoreEntry *store_put(Store *s, const char *path, EntryKind kind);
/* What stands at a place. False: error, and for nothing that is ENOENT. */
bool store_facts(Store *s, const FilePlace *p, SysFacts *out);
typedef bool StoreName(void *ctx, const char *name);
/* Calls fn with the names in a folder, sorted as bytes, until it says no. */
bool store_each(Store *s, const FilePlace *folder, StoreName *fn, void *ctx);
bool store_mkdir(Store *s, const FilePlace *p);
bool store_remove(Store *s, const FilePlace *p, bool folder); /* an empty one, or a file */
const char *store_temporary(Store *s);                        /* a fresh folder in STORE_PRIVATE */

/* `name`: of `to` as the script gave it. */
bool store_rename(Store *s, const FilePlace *from, const FilePlace *to, const char *name);

/* ---- models.c ---- */
bool store_save(Store *s, const FilePlace *p, uint32_t model, bool folder);
/* Its members become files of the layer, and it is no model any more. */
bool store_explode(Store *s, StoreEntry *e);
bool store_stage_model(Store *s, StoreEntry *e);
/* What there is below a place, of both layers, as files on the disk for who reads paths. */
const char *store_tree(Store *s, const FilePlace *p);

/* ---- node.c ---- */
typedef enum StoreOpen { STORE_OLD, STORE_ANY, STORE_NEW } StoreOpen; /* what must be there */
FileContent *store_read(Store *s, const FilePlace *p);
/* For writing, loaded; empty where `cut`. */
FileContent *store_write(Store *s, const FilePlace *p, StoreOpen must, bool cut);
FileContent *node_new(Store *s);
bool node_load(Store *s, FileContent *n);
void node_release(Store *s, FileContent *n); /* of the disk: its mapping goes */
bool node_put(Store *s, FileContent *n, size_t at, const void *p, size_t k);
bool node_resize(Store *s, FileContent *n, size_t size);
/* A file on the disk with its content, named as the path is. */
const char *node_real(Store *s, FileContent *n, const char *path);
bool node_size(Store *s, const FileContent *n, uint64_t *size);
char *store_stage(Store *s, const char *path); /* a name for it in the staging folder */
void store_hold(Store *s, const char *path);   /* it will stand there: removed with the rest */

/* ---- commit.c ---- */
/* What a script wrote, on its way to the disk: contents lie beside their places already, folders
 * are made. It ends with all in place, or with nothing changed. `s` may be 0: no script. */
typedef struct Commit Commit;
Commit *commit_begin(Store *s, Arena *a, Diag *d);
bool commit_ready(const Commit *c); /* false: something could not be written, and was reported */
/* The folders on the way to a path, which go again where the commit fails. Reported. */
bool commit_folders(Commit *c, const char *path, Span at);
struct FsBatch *commit_batch(Commit *c); /* for other outputs that are to appear with it */
bool commit_end(Commit *c, bool ok);     /* false after reporting, and where it was not ok */

static inline bool
store_fails(Store *s, int error)
{
	s->error = error;
	s->refused = s->failed = false;
	return false;
}

#endif
