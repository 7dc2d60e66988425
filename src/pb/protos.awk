# protos.awk: what is in the .proto files and protobuf-c's descriptors do not tell: which file a
# message or an enumeration stands in, what a file hands on of others, and the names of oneofs. Reads
# the .proto files and, behind each, the header that protoc-c made of it; writes rows:
#   PROTO(file)  PROTO_IMPORT(other)  PROTO_MESSAGE(descriptor)  PROTO_ENUM(descriptor)  PROTO_END
#   PROTO_ONEOF("message", "oneof", "one of its members")
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

member {
	oneofs[++noneof] = "PROTO_ONEOF(\"" owner "\", \"" member "\", \"" $2 "\")"
	member = ""
}

/^ *(message|oneof|enum) / {
	if ($1 == "oneof") {
		owner = package
		for (i = 1; i <= depth; i++)
			owner = owner "." scope[i]
		member = $2
	}
	scope[depth + 1] = $2
}

{ depth += gsub(/{/, "{") - gsub(/}/, "}") }

END {
	print "PROTO_END"
	for (i = 1; i <= noneof; i++)
		print oneofs[i]
}
