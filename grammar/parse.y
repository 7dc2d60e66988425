/* parse.y: the grammar. Every action is one call into ast.c or its siblings.
 *
 * What Python has and this language has not (async, await) are tokens that no rule takes;
 * parse_unexpected() says what to do instead. `match` and `case` are tokens where they begin such a
 * statement, which syntax.c finds out; patterns are read as the expressions that they look like,
 * so that `as` may stand in displays and calls: the resolver refuses it elsewhere. Blocks that are
 * missing, lines indented for no reason and bodies of wrong headers are dealt with in syntax.c, so
 * that recovery here is by whole lines only.
 */
%name milc_parse
%token_prefix T_
%token_type {Token}
%extra_context {Parser *p}
%start_symbol start
%stack_size 2500

%include {
#include "syntax/syntax.h"

#define NDEBUG 1
}

/* The order is that of lex_token_name() only by name. */
%token NAME NUMBER STRING NEWLINE INDENT DEDENT.
%token ASYNC AWAIT ARROW BAD FSTART.

%left BAR.
%left CARET.
%left AMP.
%left LSHIFT RSHIFT.
%left PLUS MINUS.
%left STAR SLASH FLOORDIV PERCENT AT.
%right UNARY TILDE.
%right POW.

%syntax_error {
	bool ok[YYNTOKEN];
	for (int i = 0; i < YYNTOKEN; i++)
		ok[i] = yy_find_shift_action((YYCODETYPE)i, yypParser->yytos->stateno) !=
		        YY_ERROR_ACTION;
	parse_unexpected(p, yymajor, &TOKEN, ok, YYNTOKEN);
}
%stack_overflow {
	parse_error(p, p->prev_tok.span, "nested too deeply; give the inner parts names");
	p->dead = true;
}
%parse_failure {
	p->dead = true;
}

start ::= stmts(L).                             {p->module = L.first;}
start ::= FSTART items(L).                      {p->expr = ast_tuple(p, L);}

/* ---- statements ---- */
%type stmts {StmtList}
%type stmt {StmtList}
%type line {StmtList}
%type simples {StmtList}
%type simple {Stmt *}
%type compound {Stmt *}
%type block {Stmt *}
%type chain {Stmt *}

stmts(A) ::= .                                  {A = (StmtList){0};}
stmts(A) ::= stmts(A) stmt(S).                  {A = ast_append(A, S);}
stmt(A) ::= line(A).
stmt(A) ::= compound(S).                        {A = (StmtList){S, S};}
stmt(A) ::= error NEWLINE.                      {A = (StmtList){0}; yypParser->yyerrcnt = -1;}

line(A) ::= simples(A) NEWLINE.
line(A) ::= simples(A) SEMI NEWLINE.
simples(A) ::= simple(S).                       {A = (StmtList){S, S};}
simples(A) ::= simples(A) SEMI simple(S).       {A = ast_append(A, (StmtList){S, S});}

block(A) ::= line(L).                           {A = L.first;}
block(A) ::= NEWLINE INDENT stmts(L) DEDENT.    {A = L.first;}

simple(A) ::= items(L).                         {A = ast_expr_stmt(p, L);}
simple(A) ::= chain(A).
chain(A) ::= items(T) ASSIGN items(V).          {A = ast_assign(p, 0, T, V);}
chain(A) ::= chain(A) ASSIGN items(V).          {A = ast_assign(p, A, 0, V);}
chain(A) ::= items(T) ASSIGN yield(V).          {A = ast_assign(p, 0, T, ast_list(p, 0, V));}
chain(A) ::= chain(A) ASSIGN yield(V).          {A = ast_assign(p, A, 0, ast_list(p, 0, V));}
simple(A) ::= items(T) AUGMENT(O) yield(V).     {A = ast_augment(p, T, O, ast_list(p, 0, V));}
simple(A) ::= yield(Y).                         {A = ast_expr_stmt(p, ast_list(p, 0, Y));}
%type yield {Expr *}
yield(A) ::= YIELD(K).                          {A = ast_yield(p, K, 0, false);}
yield(A) ::= YIELD(K) items(V).                 {A = ast_yield(p, K, ast_tuple(p, V), false);}
yield(A) ::= YIELD(K) FROM test(V).             {A = ast_yield(p, K, V, true);}
simple(A) ::= items(T) AUGMENT(O) items(V).     {A = ast_augment(p, T, O, V);}
simple(A) ::= items(T) COLON test(N).           {A = ast_annotate(p, T, N, 0);}
simple(A) ::= items(T) COLON test(N) ASSIGN items(V).
                                                {A = ast_annotate(p, T, N, ast_tuple(p, V));}
simple(A) ::= PASS(K).                          {A = ast_plain(p, S_PASS, K);}
simple(A) ::= BREAK(K).                         {A = ast_plain(p, S_BREAK, K);}
simple(A) ::= CONTINUE(K).                      {A = ast_plain(p, S_CONTINUE, K);}
simple(A) ::= RETURN(K).                        {A = ast_return(p, K, 0);}
simple(A) ::= RETURN(K) items(V).               {A = ast_return(p, K, V);}
simple(A) ::= RAISE(K).                         {A = ast_two(p, S_RAISE, K, 0, 0);}
simple(A) ::= RAISE(K) test(X).                 {A = ast_two(p, S_RAISE, K, X, 0);}
simple(A) ::= RAISE(K) test(X) FROM test(Y).    {A = ast_two(p, S_RAISE, K, X, Y);}
simple(A) ::= ASSERT(K) test(X).                {A = ast_two(p, S_ASSERT, K, X, 0);}
simple(A) ::= ASSERT(K) test(X) COMMA test(Y).  {A = ast_two(p, S_ASSERT, K, X, Y);}
simple(A) ::= DEL(K) targets(L).                {A = ast_del(p, K, L);}
simple(A) ::= NONLOCAL(K) names(L).             {A = ast_names(p, S_NONLOCAL, K, L);}
simple(A) ::= GLOBAL(K) names(L).               {A = ast_names(p, S_GLOBAL, K, L);}
%type names {ExprList *}
names(A) ::= NAME(N).                           {A = ast_list(p, 0, ast_name(p, N));}
names(A) ::= names(L) COMMA NAME(N).            {A = ast_list(p, L, ast_name(p, N));}

/* ---- imports ---- */
%type modules {Aliases *}
%type members {Aliases *}
%type member_list {Aliases *}
%type from_where {Token}
%type dots {Token}
simple(A) ::= IMPORT(K) modules(L).             {A = ast_import(p, K, L);}
modules(A) ::= dotted(D).                       {A = ast_alias_path(p, 0, D, 0);}
modules(A) ::= dotted(D) AS NAME(N).            {A = ast_alias_path(p, 0, D, &N);}
modules(A) ::= modules(L) COMMA dotted(D).      {A = ast_alias_path(p, L, D, 0);}
modules(A) ::= modules(L) COMMA dotted(D) AS NAME(N).
                                                {A = ast_alias_path(p, L, D, &N);}
simple(A) ::= FROM(K) from_where(W) IMPORT members(L).
                                                {A = ast_from(p, K, W, L);}
from_where(A) ::= dotted(D).                    {A = D;}
from_where(A) ::= dots(D).                      {A = D;}
from_where(A) ::= dots(D) dotted(E).            {A = token_join(D, E);}
dots(A) ::= DOT(D).                             {A = D;}
dots(A) ::= ELLIPSIS(D).                        {A = D;}
dots(A) ::= dots(D) DOT(E).                     {A = token_join(D, E);}
dots(A) ::= dots(D) ELLIPSIS(E).                {A = token_join(D, E);}
members(A) ::= STAR(S).                         {A = ast_alias_path(p, 0, S, 0);}
members(A) ::= member_list(A).
members(A) ::= LPAR member_list(L) RPAR.        {A = L;}
members(A) ::= LPAR member_list(L) COMMA RPAR.  {A = L;}
member_list(A) ::= NAME(M).                     {A = ast_alias_path(p, 0, M, 0);}
member_list(A) ::= NAME(M) AS NAME(N).          {A = ast_alias_path(p, 0, M, &N);}
member_list(A) ::= member_list(L) COMMA NAME(M).
                                                {A = ast_alias_path(p, L, M, 0);}
member_list(A) ::= member_list(L) COMMA NAME(M) AS NAME(N).
                                                {A = ast_alias_path(p, L, M, &N);}
%type dotted {Token}
dotted(A) ::= NAME(N).                          {A = N;}
dotted(A) ::= dotted(D) DOT NAME(N).            {A = token_join(D, N);}

/* ---- compound statements ---- */
%type elifs {Stmt *}
%type orelse {Stmt *}
compound(A) ::= IF(K) named(T) COLON block(B) elifs(E) orelse(O).
                                                {A = ast_test(p, S_IF, K, T, B, ast_else(p, E, O));}
elifs(A) ::= .                                  {A = 0;}
elifs(A) ::= elifs(E) ELIF(K) named(T) COLON block(B).
                                                {A = ast_elif(p, E, ast_test(p, S_IF, K, T, B, 0));}
orelse(A) ::= .                                 {A = 0;}
orelse(A) ::= ELSE COLON block(B).              {A = B;}
compound(A) ::= WHILE(K) named(T) COLON block(B) orelse(O).
                                                {A = ast_test(p, S_WHILE, K, T, B, O);}
compound(A) ::= FOR(K) targets(T) IN items(I) COLON block(B) orelse(O).
                                                {A = ast_for_stmt(p, K, T, I, B, O);}
compound(A) ::= WITH(K) with_items(L) COLON block(B).
                                                {A = ast_with(p, K, L, B);}
%type with_items {ExprList *}
%type with_item {Expr *}
with_items(A) ::= with_item(E).                 {A = ast_list(p, 0, E);}
with_items(A) ::= with_items(L) COMMA with_item(E).
                                                {A = ast_list(p, L, E);}
with_item(A) ::= test(A).
with_item(A) ::= test(E) AS expr(T).            {A = ast_both(p, E_AS, E, T);}

%type handlers {Stmt *}
%type final {Stmt *}
compound(A) ::= TRY(K) COLON block(B) handlers(H) orelse(O) final(F).
                                                {A = ast_try(p, K, B, H, O, F);}
handlers(A) ::= .                               {A = ast_handler(p, 0, 0, 0, 0, 0);}
handlers(A) ::= handlers(L) EXCEPT(K) COLON block(B).
                                                {A = ast_handler(p, L, &K, 0, 0, B);}
handlers(A) ::= handlers(L) EXCEPT(K) test(T) COLON block(B).
                                                {A = ast_handler(p, L, &K, T, 0, B);}
handlers(A) ::= handlers(L) EXCEPT(K) test(T) AS NAME(N) COLON block(B).
                                                {A = ast_handler(p, L, &K, T, &N, B);}
final(A) ::= .                                  {A = 0;}
final(A) ::= FINALLY COLON block(B).            {A = B;}

%type cases {Cases *}
%type guard {Expr *}
%type patterns {ExprList *}
%type pattern_list {ExprList *}
%type pattern {Expr *}
compound(A) ::= MATCH(K) items(E) COLON NEWLINE INDENT cases(L) DEDENT.
                                                {A = ast_match(p, K, E, L);}
cases(A) ::= CASE(K) patterns(P) guard(G) COLON block(B).
                                                {A = ast_case(p, 0, K, P, G, B);}
cases(A) ::= cases(L) CASE(K) patterns(P) guard(G) COLON block(B).
                                                {A = ast_case(p, L, K, P, G, B);}
patterns(A) ::= pattern_list(A).
patterns(A) ::= pattern_list(L) COMMA(C).       {A = ast_comma(p, L, C);}
pattern_list(A) ::= pattern(E).                 {A = ast_list(p, 0, E);}
pattern_list(A) ::= pattern_list(L) COMMA pattern(E).
                                                {A = ast_list(p, L, E);}
pattern(A) ::= expr(A).
pattern(A) ::= star(A).
pattern(A) ::= expr(E) AS expr(T).              {A = ast_both(p, E_AS, E, T);}
guard(A) ::= .                                  {A = 0;}
guard(A) ::= IF named(E).                       {A = E;}

%type funcdef {Stmt *}
%type decorators {ExprList *}
compound(A) ::= funcdef(A).
compound(A) ::= decorators(D) funcdef(F).       {A = ast_decorate(p, D, F);}
funcdef(A) ::= CLASS(K) NAME(N) COLON block(B). {A = ast_class(p, K, N, 0, B);}
funcdef(A) ::= CLASS(K) NAME(N) LPAR args(L) RPAR COLON block(B).
                                                {A = ast_class(p, K, N, L, B);}
funcdef(A) ::= DEF(K) NAME(N) LPAR params(Q) RPAR result(R) COLON block(B).
                                                {A = ast_def(p, K, N, Q, R, B);}
%type result {Expr *}
result(A) ::= .                                 {A = 0;}
result(A) ::= ARROW test(T).                    {A = T;}
decorators(A) ::= AT test(E) NEWLINE.           {A = ast_list(p, 0, E);}
decorators(A) ::= decorators(L) AT test(E) NEWLINE.
                                                {A = ast_list(p, L, E);}

%type params {ParamList *}
%type param_list {ParamList *}
%type param {ParamDecl}
%type lparams {ParamList *}
%type lparam_list {ParamList *}
%type lparam {ParamDecl}
%type dflt {Expr *}
params(A) ::= .                                 {A = 0;}
params(A) ::= param_list(L).                    {A = ast_params_end(p, L);}
params(A) ::= param_list(L) COMMA.              {A = ast_params_end(p, L);}
param_list(A) ::= param(Q).                     {A = ast_params(p, 0, Q);}
param_list(A) ::= param_list(L) COMMA param(Q). {A = ast_params(p, L, Q);}
param(A) ::= NAME(N) note(T) dflt(D).           {A = ast_param(p, N, T, D);}
param(A) ::= STAR(S) NAME(N) starnote(T).       {A = ast_param_star(p, S, &N, T);}
param(A) ::= STAR(S).                           {A = ast_param_star(p, S, 0, 0);}
param(A) ::= POW(S) NAME(N) note(T).            {A = ast_param_star(p, S, &N, T);}
param(A) ::= SLASH(S).                          {A = ast_param_star(p, S, 0, 0);}
%type note {Expr *}
note(A) ::= .                                   {A = 0;}
note(A) ::= COLON test(T).                      {A = T;}
%type starnote {Expr *}
starnote(A) ::= .                               {A = 0;}
starnote(A) ::= COLON test(T).                  {A = T;}
starnote(A) ::= COLON star(T).                  {A = T;}
dflt(A) ::= .                                   {A = 0;}
dflt(A) ::= ASSIGN test(E).                     {A = E;}
lparams(A) ::= .                                {A = 0;}
lparams(A) ::= lparam_list(L).                  {A = ast_params_end(p, L);}
lparams(A) ::= lparam_list(L) COMMA.            {A = ast_params_end(p, L);}
lparam_list(A) ::= lparam(Q).                   {A = ast_params(p, 0, Q);}
lparam_list(A) ::= lparam_list(L) COMMA lparam(Q).
                                                {A = ast_params(p, L, Q);}
lparam(A) ::= NAME(N) dflt(D).                  {A = ast_param(p, N, 0, D);}
lparam(A) ::= STAR(S) NAME(N).                  {A = ast_param_star(p, S, &N, 0);}
lparam(A) ::= STAR(S).                          {A = ast_param_star(p, S, 0, 0);}
lparam(A) ::= POW(S) NAME(N).                   {A = ast_param_star(p, S, &N, 0);}
lparam(A) ::= SLASH(S).                         {A = ast_param_star(p, S, 0, 0);}

/* ---- lists of expressions ---- */
%type items {ExprList *}
%type item_list {ExprList *}
%type item {Expr *}
%type star {Expr *}
%type targets {ExprList *}
%type target_list {ExprList *}
%type target {Expr *}
items(A) ::= item_list(A).
items(A) ::= item_list(L) COMMA(C).             {A = ast_comma(p, L, C);}
item_list(A) ::= item(E).                       {A = ast_list(p, 0, E);}
item_list(A) ::= item_list(L) COMMA item(E).    {A = ast_list(p, L, E);}
item(A) ::= named(A).
item(A) ::= star(A).
%type named {Expr *}
named(A) ::= test(A).
named(A) ::= NAME(N) WALRUS test(V).            {A = ast_both(p, E_WALRUS, ast_name(p, N), V);}
star(A) ::= STAR(S) expr(E).                    {A = ast_star(p, S, E);}
targets(A) ::= target_list(A).
targets(A) ::= target_list(L) COMMA(C).         {A = ast_comma(p, L, C);}
target_list(A) ::= target(E).                   {A = ast_list(p, 0, E);}
target_list(A) ::= target_list(L) COMMA target(E).
                                                {A = ast_list(p, L, E);}
target(A) ::= expr(A).
target(A) ::= star(A).

/* ---- expressions, loosest first ---- */
%type test {Expr *}
%type disj {Expr *}
%type conj {Expr *}
%type inv {Expr *}
%type cmp {Expr *}
%type expr {Expr *}
%type primary {Expr *}
%type atom {Expr *}
%type compare_op {int}
test(A) ::= disj(A).
test(A) ::= disj(X) IF disj(T) ELSE test(Y).    {A = ast_cond(p, X, T, Y);}
test(A) ::= LAMBDA(K) lparams(Q) COLON test(E). {A = ast_lambda(p, K, Q, E);}
disj(A) ::= conj(A).
disj(A) ::= disj(X) OR conj(Y).                 {A = ast_both(p, E_OR, X, Y);}
conj(A) ::= inv(A).
conj(A) ::= conj(X) AND inv(Y).                 {A = ast_both(p, E_AND, X, Y);}
inv(A) ::= cmp(A).
inv(A) ::= NOT(K) inv(X).                       {A = ast_one(p, E_NOT, K, X);}
cmp(A) ::= expr(A).
cmp(A) ::= cmp(X) compare_op(O) expr(Y).        {A = ast_compare(p, O, X, Y);}
compare_op(A) ::= LT.                           {A = CMP_LT;}
compare_op(A) ::= GT.                           {A = CMP_GT;}
compare_op(A) ::= LE.                           {A = CMP_LE;}
compare_op(A) ::= GE.                           {A = CMP_GE;}
compare_op(A) ::= EQ.                           {A = CMP_EQ;}
compare_op(A) ::= NE.                           {A = CMP_NE;}
compare_op(A) ::= IN.                           {A = CMP_IN;}
compare_op(A) ::= NOT IN.                       {A = CMP_NOT_IN;}
compare_op(A) ::= IS.                           {A = CMP_IS;}
compare_op(A) ::= IS NOT.                       {A = CMP_IS_NOT;}
expr(A) ::= expr(X) BAR expr(Y).                {A = ast_binary(p, BIN_OR, X, Y);}
expr(A) ::= expr(X) CARET expr(Y).              {A = ast_binary(p, BIN_XOR, X, Y);}
expr(A) ::= expr(X) AMP expr(Y).                {A = ast_binary(p, BIN_AND, X, Y);}
expr(A) ::= expr(X) LSHIFT expr(Y).             {A = ast_binary(p, BIN_LSHIFT, X, Y);}
expr(A) ::= expr(X) RSHIFT expr(Y).             {A = ast_binary(p, BIN_RSHIFT, X, Y);}
expr(A) ::= expr(X) PLUS expr(Y).               {A = ast_binary(p, BIN_ADD, X, Y);}
expr(A) ::= expr(X) MINUS expr(Y).              {A = ast_binary(p, BIN_SUB, X, Y);}
expr(A) ::= expr(X) STAR expr(Y).               {A = ast_binary(p, BIN_MUL, X, Y);}
expr(A) ::= expr(X) SLASH expr(Y).              {A = ast_binary(p, BIN_TRUEDIV, X, Y);}
expr(A) ::= expr(X) FLOORDIV expr(Y).           {A = ast_binary(p, BIN_FLOORDIV, X, Y);}
expr(A) ::= expr(X) PERCENT expr(Y).            {A = ast_binary(p, BIN_MOD, X, Y);}
expr(A) ::= expr(X) AT expr(Y).                 {A = ast_binary(p, BIN_MATMUL, X, Y);}
expr(A) ::= expr(X) POW expr(Y).                {A = ast_binary(p, BIN_POW, X, Y);}
expr(A) ::= MINUS(O) expr(X). [UNARY]           {A = ast_unary(p, O, UN_NEG, X);}
expr(A) ::= PLUS(O) expr(X). [UNARY]            {A = ast_unary(p, O, UN_POS, X);}
expr(A) ::= TILDE(O) expr(X). [UNARY]           {A = ast_unary(p, O, UN_INVERT, X);}
expr(A) ::= primary(A).
primary(A) ::= atom(A).
primary(A) ::= primary(X) DOT NAME(N).          {A = ast_attr(p, X, N);}
primary(A) ::= primary(X) LPAR args(L) RPAR(C). {A = ast_call(p, X, L, C);}
primary(A) ::= primary(X) LSQB subs(L) RSQB(C). {A = ast_index(p, X, L, C);}

%type strings {ExprList *}
atom(A) ::= NAME(N).                            {A = ast_name(p, N);}
atom(A) ::= NUMBER(N).                          {A = ast_number(p, N);}
atom(A) ::= strings(L).                         {A = ast_strings(p, L);}
atom(A) ::= TRUE(K).                            {A = ast_word(p, K, LIT_TRUE);}
atom(A) ::= FALSE(K).                           {A = ast_word(p, K, LIT_FALSE);}
atom(A) ::= NONE(K).                            {A = ast_word(p, K, LIT_NONE);}
atom(A) ::= ELLIPSIS(K).                        {A = ast_word(p, K, LIT_ELLIPSIS);}
strings(A) ::= STRING(S).                       {A = ast_list(p, 0, ast_string(p, S));}
strings(A) ::= strings(L) STRING(S).            {A = ast_list(p, L, ast_string(p, S));}

/* ---- brackets ---- */
%type pitems {ExprList *}
%type pitem_list {ExprList *}
%type pitem {Expr *}
%type pairs {ExprList *}
%type comp {Comp *}
%type conds {ExprList *}
atom(A) ::= LPAR(O) RPAR(C).                    {A = ast_paren(p, O, 0, C);}
atom(A) ::= LPAR(O) pitems(L) RPAR(C).          {A = ast_paren(p, O, L, C);}
atom(A) ::= LPAR(O) yield(E) RPAR(C).           {A = ast_paren(p, O, ast_list(p, 0, E), C);}
atom(A) ::= LPAR(O) item(E) comp(K) RPAR(C).    {A = ast_comp(p, COMP_GEN, O, E, 0, K, C);}
atom(A) ::= LSQB(O) RSQB(C).                    {A = ast_display(p, E_LIST, O, 0, C);}
atom(A) ::= LSQB(O) pitems(L) RSQB(C).          {A = ast_display(p, E_LIST, O, L, C);}
atom(A) ::= LSQB(O) item(E) comp(K) RSQB(C).    {A = ast_comp(p, COMP_LIST, O, E, 0, K, C);}
atom(A) ::= LBRACE(O) RBRACE(C).                {A = ast_display(p, E_DICT, O, 0, C);}
atom(A) ::= LBRACE(O) items(L) RBRACE(C).       {A = ast_display(p, E_SET, O, L, C);}
atom(A) ::= LBRACE(O) item(E) comp(K) RBRACE(C).
                                                {A = ast_comp(p, COMP_SET, O, E, 0, K, C);}
atom(A) ::= LBRACE(O) pairs(L) RBRACE(C).       {A = ast_display(p, E_DICT, O, L, C);}
atom(A) ::= LBRACE(O) pairs(L) COMMA RBRACE(C). {A = ast_display(p, E_DICT, O, L, C);}
atom(A) ::= LBRACE(O) test(E) COLON test(V) comp(K) RBRACE(C).
                                                {A = ast_comp(p, COMP_DICT, O, E, V, K, C);}
pitems(A) ::= pitem_list(A).
pitems(A) ::= pitem_list(L) COMMA(C).           {A = ast_comma(p, L, C);}
pitem_list(A) ::= pitem(E).                     {A = ast_list(p, 0, E);}
pitem_list(A) ::= pitem_list(L) COMMA pitem(E). {A = ast_list(p, L, E);}
pitem(A) ::= item(A).
pitem(A) ::= test(E) AS expr(T).                {A = ast_both(p, E_AS, E, T);}
pairs(A) ::= test(K) COLON entry(V).            {A = ast_pair(p, 0, K, V);}
pairs(A) ::= POW expr(E).                       {A = ast_pair(p, 0, 0, E);}
pairs(A) ::= pairs(L) COMMA test(K) COLON entry(V).
                                                {A = ast_pair(p, L, K, V);}
pairs(A) ::= pairs(L) COMMA POW expr(E).        {A = ast_pair(p, L, 0, E);}
%type entry {Expr *}
entry(A) ::= test(A).
entry(A) ::= test(E) AS expr(T).                {A = ast_both(p, E_AS, E, T);}
comp(A) ::= FOR targets(T) IN disj(I) conds(C).
                                                {A = ast_for(p, 0, T, I, C);}
comp(A) ::= comp(B) FOR targets(T) IN disj(I) conds(C).
                                                {A = ast_for(p, B, T, I, C);}
conds(A) ::= .                                  {A = 0;}
conds(A) ::= conds(L) IF disj(E).               {A = ast_list(p, L, E);}

%type subs {ExprList *}
%type sub_list {ExprList *}
%type sub {Expr *}
%type bound {Expr *}
subs(A) ::= sub_list(A).
subs(A) ::= sub_list(L) COMMA(C).               {A = ast_comma(p, L, C);}
sub_list(A) ::= sub(E).                         {A = ast_list(p, 0, E);}
sub_list(A) ::= sub_list(L) COMMA sub(E).       {A = ast_list(p, L, E);}
sub(A) ::= item(A).
sub(A) ::= bound(X) COLON(C) bound(Y).          {A = ast_slice(p, C, X, Y, 0);}
sub(A) ::= bound(X) COLON(C) bound(Y) COLON bound(Z).
                                                {A = ast_slice(p, C, X, Y, Z);}
bound(A) ::= .                                  {A = 0;}
bound(A) ::= test(A).

%type args {CallExpr *}
%type arg_list {CallExpr *}
%type arg {CallArg}
args(A) ::= .                                   {A = 0;}
args(A) ::= arg_list(A).
args(A) ::= arg_list(A) COMMA.
arg_list(A) ::= arg(E).                         {A = ast_args(p, 0, E);}
arg_list(A) ::= arg_list(L) COMMA arg(E).       {A = ast_args(p, L, E);}
arg(A) ::= named(E).                            {A = ast_arg(p, E);}
arg(A) ::= test(E) AS expr(T).                  {A = ast_arg(p, ast_both(p, E_AS, E, T));}
arg(A) ::= test(N) ASSIGN entry(E).             {A = ast_kwarg(p, N, E);}
arg(A) ::= STAR(S) test(E).                     {A = ast_star_arg(p, S, E, 1);}
arg(A) ::= POW(S) test(E).                      {A = ast_star_arg(p, S, E, 2);}
arg(A) ::= named(E) comp(C).                     {A = ast_gen_arg(p, E, C);}
