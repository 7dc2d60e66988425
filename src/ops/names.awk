# names.awk: what most files need of the table of ops is names alone: opcodes.h has the enumerators,
# oprules.h and opevals.h the prototypes of type rules and evaluators. `make` writes them anew only
# when a name changes, so that a changed row is compiled with op.c alone.
BEGIN { FS = "[(,)] *" }
/^OPV?\(/ {
	while (NF < 6 && (getline more) > 0) { # the evaluator may stand on the next line
		sub(/^ +/, "", more)
		$0 = $0 more
	}
}
/^OP\(/ { print "OP_" $2 "," > (out "/opcodes.h.new") }
/^OPV?\(/ {
	if (!rule[$4]++)
		print "bool infer_" $4 "(Infer *);" > (out "/oprules.h.new")
	if (!eval[$5]++)
		print "bool eval_" $5 "(Eval *);" > (out "/opevals.h.new")
}
