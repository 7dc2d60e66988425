#!/usr/bin/env python3
"""Compare proto/*.proto with coremltools' own descriptors.

Usage: check_proto.py [PROTO_FOLDER]. Needs protoc-c, and a Python that has coremltools. Each
message, field (number, type, label, oneof, packing), enum and value must be the same on both sides.
"""
import glob
import importlib
import os
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

NOT_USED = {"NamedParameters"}  # no model refers to it, and its generated code is out of date


def own_files(folder):
    """The descriptors protoc-c makes of our files, by file name."""
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "all.pb")
        files = sorted(glob.glob(os.path.join(folder, "*.proto")))
        options = ["--proto_path=" + folder, "--descriptor_set_out=" + out]
        subprocess.run(["protoc-c"] + options + files, check=True)
        with open(out, "rb") as f:
            found = descriptor_pb2.FileDescriptorSet.FromString(f.read())
    return {f.name: f for f in found.file}


def peer_files():
    import coremltools.proto as package

    found = {}
    for path in sorted(glob.glob(os.path.join(os.path.dirname(package.__file__), "*_pb2.py"))):
        name = os.path.basename(path)[:-len("_pb2.py")]
        if name in NOT_USED:
            continue
        module = importlib.import_module("coremltools.proto." + name + "_pb2")
        one = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(one)
        found[one.name] = one
    return found


def facts_of_enum(prefix, enum):
    return {"%s.%s" % (prefix, v.name): v.number for v in enum.value}


def facts_of_message(prefix, m):
    """One fact per line: the path of a thing, and what is said of it."""
    facts = {prefix: "message" + (" of a map" if m.options.map_entry else "")}
    for f in m.field:
        oneof = m.oneof_decl[f.oneof_index].name if f.HasField("oneof_index") else ""
        packed = f.options.packed if f.options.HasField("packed") else "default"
        facts["%s.%s" % (prefix, f.name)] = (f.number, f.type, f.type_name, f.label, oneof, packed)
    for n in m.nested_type:
        facts.update(facts_of_message(prefix + "." + n.name, n))
    for e in m.enum_type:
        facts.update(facts_of_enum(prefix + "." + e.name, e))
    return facts


def facts_of_file(f):
    facts = {"package": f.package, "syntax": f.syntax, "imports": sorted(f.dependency)}
    for m in f.message_type:
        facts.update(facts_of_message(m.name, m))
    for e in f.enum_type:
        facts.update(facts_of_enum(e.name, e))
    return facts


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ours = own_files(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "proto"))
    theirs = peer_files()
    good = bad = 0
    for name in sorted(set(ours) | set(theirs)):
        a = facts_of_file(ours[name]) if name in ours else {}
        b = facts_of_file(theirs[name]) if name in theirs else {}
        for key in sorted(set(a) | set(b)):
            if a.get(key) == b.get(key):
                good += 1
                continue
            bad += 1
            print("%s: %s: ours %s, peer's %s" % (name, key, a.get(key), b.get(key)))
    print("%d passed, %d failed" % (good, bad))
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
