/* syntax.h: from text to the tree. grammar/lex.re makes tokens, syntax.c steers them into the
 * parser of grammar/parse.y (indentation, recovery, what a syntax error says), ast.c, literal.c and
 * fstring.c make the nodes, scope.c resolves the names.
 */
#ifndef MILC_SYNTAX_H
#define MILC_SYNTAX_H

#include "ast.h"

#define LEX_NEST 200   /* open brackets, as CPython */
#define LEX_INDENT 100 /* levels of indentation, as CPython */

typedef struct Token {
	Span span;
	const char *text; /* span.len bytes */
} Token;

typedef struct Lexer {
	const char *text, *cur, *limit; /* *limit is NUL */
	uint32_t base;                  /* of text in the space of spans */
	Diag *diag;
	bool quiet;      /* looking ahead: count errors, say nothing */
	uint32_t nerror;
	bool bol;        /* at the start of a logical line */
	bool in_line;    /* tokens were made since the last NEWLINE */
	bool inner;      /* an expression of an f-string: newlines are blanks */
	bool dead;       /* hopeless: only END follows */
	uint32_t unclosed; /* the bracket that the end of the file found open, or 0 */
	uint32_t nindent, nnest;
	int pending;     /* dedents to hand out */
	uint16_t indent[LEX_INDENT], altindent[LEX_INDENT];
	bool bad_indent; /* the last one mixes tabs and spaces, which was reported */
	char open[LEX_NEST];
	uint32_t open_at[LEX_NEST];
} Lexer;

typedef struct Parser {
	Tree *tree;
	Arena *arena; /* the tree's, as the next two */
	Diag *diag;
	Interner *names;
	Lexer lex;
	Stmt *module; /* result */
	Expr *expr;   /* result in expression mode */
	Expr *last;   /* made most recently: the left neighbour of a syntax error */
	bool dead;
	bool failed;
	/* the logical line being read */
	int first, prev, prev2; /* kinds of its first and of the last two tokens */
	Token first_tok, prev_tok;
	uint32_t ntok;
	bool line_bad, skipping, skip_body, want_block;
	bool match; /* the block that is wanted is one of cases */
	bool cases[LEX_INDENT + 1]; /* the lines of this level are cases */
	uint32_t nerror;
	uint32_t level; /* of indentation */
	bool swallow[LEX_INDENT + 1], bad_header[LEX_INDENT + 1];
} Parser;

/* lex.re. Kinds are those of parse.h; 0 at the end. */
void lex_init(Lexer *l, Diag *d, Arena *a, const char *text, size_t len, uint32_t base);
int lex_next(Lexer *l, Token *t);
const char *lex_token_name(int kind); /* as messages call it: "')'", "a name", "end of line" */

/* textcheck.c */
bool lex_check_text(Diag *d, const Source *src);

/* syntax.c */
bool parse_module(Tree *t, const Source *src);
Expr *parse_inner(Parser *outer, const char *text, size_t len, uint32_t at);
/* A literal for -D: numbers, strings, True, None, lists, tuples, dicts of them. 0: reported. */
Expr *parse_literal(Tree *t, const Source *src);
void parse_unexpected(Parser *p, int kind, const Token *t, const bool *expected, int nexpected);
bool parse_error(Parser *p, Span at, const char *fmt, ...) PRINTF(3, 4); /* false */

/* ast.c, ast_func.c, ast_stmt.c: each is the action of a rule */
Expr *ast_name(Parser *p, Token t);
Expr *ast_const(Parser *p, Span at, Literal l);
Expr *ast_word(Parser *p, Token t, LiteralKind k); /* None, ..., False, True */
Expr *ast_unary(Parser *p, Token op, UnOp o, Expr *a);
Expr *ast_one(Parser *p, ExprKind k, Token op, Expr *a); /* not */
Expr *ast_binary(Parser *p, BinOp o, Expr *a, Expr *b);
Expr *ast_both(Parser *p, ExprKind k, Expr *a, Expr *b); /* and, or, as */
Expr *ast_compare(Parser *p, int op, Expr *a, Expr *b);
Expr *ast_cond(Parser *p, Expr *then, Expr *test, Expr *other);
Expr *ast_attr(Parser *p, Expr *obj, Token name);
Expr *ast_index(Parser *p, Expr *obj, ExprList *l, Token close);
Expr *ast_slice(Parser *p, Token colon, Expr *lo, Expr *hi, Expr *step);
Expr *ast_star(Parser *p, Token star, Expr *a);
Expr *ast_yield(Parser *p, Token kw, Expr *value, bool from);
Expr *ast_paren(Parser *p, Token open, ExprList *l, Token close);
Expr *ast_iterated(Expr *e);
Expr *ast_display(Parser *p, ExprKind k, Token open, ExprList *l, Token close);
Expr *ast_sequence(Parser *p, ExprKind k, const ExprList *l, Span at); /* l may be 0 */
Expr *ast_items(Parser *p, const ExprList *l); /* one item without a comma: itself; else a tuple */
Expr *ast_tuple(Parser *p, const ExprList *l); /* the same, where no star can stand alone */
Expr *ast_target(Parser *p, const ExprList *l, const char *use); /* the same, checked */
Expr *ast_call(Parser *p, Expr *callee, CallExpr *args, Token close);
Expr *ast_lambda(Parser *p, Token kw, ParamList *ps, Expr *body);
Expr *ast_comp(Parser *p, CompKind k, Token open, Expr *item, Expr *value, Comp *c, Token close);
ExprList *ast_list(Parser *p, ExprList *l, Expr *e); /* appends; l may be 0 */
ExprList *ast_pair(Parser *p, ExprList *l, Expr *key, Expr *val);
ExprList *ast_comma(Parser *p, ExprList *l, Token comma);
Comp *ast_for(Parser *p, Comp *c, const ExprList *target, Expr *iter, const ExprList *conds);
CallExpr *ast_args(Parser *p, CallExpr *c, CallArg a);
CallArg ast_arg(Parser *p, Expr *e);
CallArg ast_kwarg(Parser *p, Expr *name, Expr *val);
CallArg ast_star_arg(Parser *p, Token star, Expr *e, int n);
CallArg ast_gen_arg(Parser *p, Expr *item, Comp *c);
ParamList *ast_params(Parser *p, ParamList *ps, ParamDecl q);
ParamDecl ast_param(Parser *p, Token name, Expr *note, Expr *dflt);
ParamDecl ast_param_star(Parser *p, Token star, const Token *name, Expr *note);
ParamList *ast_params_end(Parser *p, ParamList *ps);

Stmt *ast_expr_stmt(Parser *p, ExprList *l);
Stmt *ast_assign(Parser *p, Stmt *chain, ExprList *target, ExprList *value);
Stmt *ast_augment(Parser *p, ExprList *target, Token op, ExprList *value);
Stmt *ast_annotate(Parser *p, ExprList *target, Expr *note, Expr *value);
Stmt *ast_return(Parser *p, Token kw, ExprList *value);
Stmt *ast_plain(Parser *p, StmtKind k, Token kw);
Stmt *ast_two(Parser *p, StmtKind k, Token kw, Expr *a, Expr *b);
Stmt *ast_del(Parser *p, Token kw, ExprList *l);
Stmt *ast_names(Parser *p, StmtKind k, Token kw, ExprList *l); /* nonlocal, global */
Stmt *ast_test(Parser *p, StmtKind k, Token kw, Expr *test, Stmt *body, Stmt *orelse);
Stmt *ast_elif(Parser *p, Stmt *chain, Stmt *link); /* appends to the end of the chain */
Stmt *ast_else(Parser *p, Stmt *s, Stmt *orelse);
Stmt *ast_for_stmt(Parser *p, Token kw, ExprList *target, ExprList *iter, Stmt *body,
                   Stmt *orelse);
Stmt *ast_def(Parser *p, Token kw, Token name, ParamList *ps, Expr *result, Stmt *body);
Stmt *ast_class(Parser *p, Token kw, Token name, CallExpr *bases, Stmt *body);
/* The handlers so far are a statement without a body; kw 0: none yet. */
Stmt *ast_handler(Parser *p, Stmt *s, const Token *kw, Expr *type, const Token *name, Stmt *body);
Stmt *ast_try(Parser *p, Token kw, Stmt *body, Stmt *s, Stmt *orelse, Stmt *final);
Cases *ast_case(Parser *p, Cases *l, Token kw, ExprList *pattern, Expr *guard, Stmt *body);
Stmt *ast_match(Parser *p, Token kw, ExprList *subject, Cases *l);
Stmt *ast_decorate(Parser *p, ExprList *decorators, Stmt *def);
Stmt *ast_import(Parser *p, Token kw, Aliases *l);
Stmt *ast_from(Parser *p, Token kw, Token where, Aliases *l);
Aliases *ast_alias_path(Parser *p, Aliases *l, Token path, const Token *as);
Stmt *ast_with(Parser *p, Token kw, ExprList *items, Stmt *body);
const char *ast_literal_name(const Literal *l); /* "None", "a literal" */
FuncExpr *ast_func(Parser *p, const Str *name, ParamList *ps, Span at, Span name_span);
StmtList ast_append(StmtList l, StmtList more);
Token token_join(Token a, Token b);

/* literal.c */
Expr *ast_number(Parser *p, Token t);
Expr *ast_strings(Parser *p, ExprList *l); /* E_CONST and E_FSTRING, concatenated */
Expr *ast_string(Parser *p, Token t);
/* Appends the text between at and end, with its escapes read unless raw. Reports at its place. */
bool literal_decode(Parser *p, const char *at, const char *end, uint32_t offset, bool raw,
                    bool bytes, Buf *out);
Expr *ast_text(Parser *p, Span at, LiteralKind k, Buf *b); /* frees b */

/* fstring.c */
Expr *ast_fstring(Parser *p, Span whole, const char *at, const char *end, uint32_t offset,
                  bool raw);

/* scope.c: resolves all names of the module; false if it reported an error. */
bool scope_resolve(Tree *t);

#endif
