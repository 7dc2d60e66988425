# rows.awk: the table of ops from the rows of the .def files (op.h says how they are written), and
# the lists of names that are all most files need of it. Into `out` go
#   oprows.h   the rows, each with all its parameters and its number: OP(name, row, family, since,
#              rule, eval, flags, …), and OPV(…) for a later version
#   opcodes.h  the enumerators of ops; opargs.h, those of operands: ARG(name)
#   oprules.h, opevals.h  the prototypes of type rules and evaluators
# `make` writes each anew only when it changes: a changed row is compiled with op.c alone.
function fail(what) {
	print FILENAME ": " row ": " what > "/dev/stderr"
	status = 1
	exit 1
}

# The arguments of a macro between its parentheses, split at the commas outside of any others.
function arguments(text, arg,    n, depth, quoted, c, i) {
	n = 1
	split("", arg)
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "\"")
			quoted = !quoted
		depth += quoted ? 0 : (c == "(") - (c == ")")
		if (c == "," && depth == 0 && !quoted)
			n++
		else if (c != " " || arg[n] != "")
			arg[n] = arg[n] c
	}
	return n
}

# Is the row in `row` whole?
function closed(    text) {
	text = row
	gsub(/"[^"]*"/, "", text)
	return gsub(/\(/, "", text) == gsub(/\)/, "", text)
}

function operand(param) {
	sub(/^[A-Z_]+\(/, "", param)
	sub(/[,)].*/, "", param)
	return param
}

# The parameters of row `from`, changed as the arguments from column `first` on say, are those of `to`.
function change(from, to, arg, n, first,    i, j, name) {
	count[to] = count[from]
	for (i = 1; i <= count[from]; i++)
		param[to, i] = param[from, i]
	for (; first <= n; first++) {
		name = operand(arg[first])
		for (i = 1; i <= count[to] && operand(param[to, i]) != name; i++)
			;
		if (arg[first] !~ /^DROP/) {
			param[to, i] = arg[first]
			count[to] = i > count[to] ? i : count[to]
			continue
		}
		if (i > count[to])
			fail("no " name " to drop")
		for (j = i; j < count[to]; j++)
			param[to, j] = param[to, j + 1]
		count[to]--
	}
}

# The parameter with its group as C has it: 'T', or 0 for _.
function grouped(text) {
	sub(/, _, /, ", 0, ", text)
	if (match(text, /, [A-Z], /))
		text = substr(text, 1, RSTART + 1) "\047" substr(text, RSTART + 2, 1) "\047" substr(text, RSTART + 3)
	return text
}

function names(file, key, text) {
	if (!seen[file, key]++)
		print text > (out "/" file ".new")
}

function write(kind, name, since,    i, line) {
	rows += 0
	line = kind "(" name ", " rows++ ", \"" family "\", " since ", " rule[name] ", " eval[name] ", " flags[name]
	for (i = 1; i <= count[name]; i++) {
		line = line ", " grouped(param[name, i])
		names("opargs.h", operand(param[name, i]), "ARG(" operand(param[name, i]) ")")
	}
	print line ")" > (out "/oprows.h.new")
	if (kind == "OP")
		change(name, name " at first", none, 0, 1)
	names("opcodes.h", name, "OP_" name ",")
	names("oprules.h", rule[name], "bool infer_" rule[name] "(Infer *);")
	names("opevals.h", eval[name], "bool eval_" eval[name] "(Eval *);")
}

FNR == 1 {
	family = FILENAME
	gsub(/.*\/|\.def$/, "", family)
}

/^(OP|OPV|LIKE)\(/ {
	row = $0
	while (!closed() && (getline more) > 0) {
		sub(/^ +/, " ", more)
		row = row more
	}
	kind = substr(row, 1, index(row, "(") - 1)
	n = arguments(substr(row, length(kind) + 2, length(row) - length(kind) - 2), arg)
	name = arg[1]
	if (kind == "OP") {
		later = name in since
		since[name] = arg[2]
		rule[name] = arg[3]
		eval[name] = arg[4]
		flags[name] = arg[5]
		count[name] = 0
		change(name, name, arg, n, 6)
		write(later ? "OPV" : "OP", name, arg[2])
	} else if (kind == "LIKE") {
		if (!(arg[2] in since))
			fail("no op above it")
		since[name] = since[arg[2]]
		rule[name] = rule[arg[2]]
		eval[name] = eval[arg[2]] == arg[2] ? name : eval[arg[2]]
		flags[name] = flags[arg[2]]
		change(arg[2] " at first", name, arg, n, 3)
		write("OP", name, since[name])
	} else {
		if (!(name in since))
			fail("no op above it")
		change(name, name, arg, n, 3)
		write("OPV", name, arg[2])
	}
}

END { exit status }
