# protos.awk: what is in the .proto files and protobuf-c's descriptors do not tell: which file a
# message or an enumeration stands in, what a file hands on of others, the names of oneofs, and the
# order of the values of an enumeration. Reads the .proto files and, behind each, the header that
# protoc-c made of it; writes rows:
#   PROTO(file)  PROTO_IMPORT(other)  PROTO_MESSAGE(descriptor)  PROTO_ENUM(descriptor)  PROTO_END
#   PROTO_ONEOF("message", "oneof", "one of its members")
#   PROTO_VALUE("enumeration", "value"), in their order
function base(path) {
	sub(/.*\//, "", path)
	sub(/\..*/, "", path)
	return path
}

FNR == 1 && FILENAME ~ /\.proto$/ {
	if (open)
		print "PROTO_END"
	open = 1
	depth = 0
	print "PROTO(" base(FILENAME) ")"
}

/^extern const ProtobufC(Message|Enum)Descriptor/ {
	sub(/;/, "", $NF)
	print ($3 ~ /Message/ ? "PROTO_MESSAGE(" : "PROTO_ENUM(") $NF ")"
}

FILENAME !~ /\.proto$/ { next }

{ sub(/\/\/.*/, "") }

/^package / {
	package = $2
	sub(/;/, "", package)
}

/^import public/ {
	gsub(/[";]/, "", $3)
	print "PROTO_IMPORT(" base($3) ")"
}

function scopes(    i, name) {
	name = package
	for (i = 1; i <= depth; i++)
		name = name "." scope[i]
	return name
}

member {
	row[++nrow] = "PROTO_ONEOF(\"" owner "\", \"" member "\", \"" $2 "\")"
	member = ""
}

/^ *(message|oneof|enum) / {
	if ($1 == "oneof") {
		owner = scopes()
		member = $2
	}
	scope[depth + 1] = $2
	kind[depth + 1] = $1
}

depth && kind[depth] == "enum" && $2 == "=" {
	row[++nrow] = "PROTO_VALUE(\"" scopes() "\", \"" $1 "\")"
}

{ depth += gsub(/{/, "{") - gsub(/}/, "}") }

END {
	print "PROTO_END"
	for (i = 1; i <= nrow; i++)
		print row[i]
}
