# milc. `make` builds build/milc, build/libmilc.a and build/libmilc.so; `make help` lists the rest.
# A new source file needs no edit here: everything is found by wildcard, everything generated goes
# to $(BUILD).

VERSION  := 0.1.0
BUILD    ?= build
PREFIX   ?= /usr/local
LIBDIR   ?= $(PREFIX)/lib
CC       ?= cc
AR       ?= ar
PKG_CONFIG ?= pkg-config
CFLAGS   ?= -O2 -g
LDFLAGS  ?=
V        ?= @

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
        -Wwrite-strings -Wpointer-arith -Wundef
PKGS := libprotobuf-c zlib jansson libxxhash
PIC  := -fPIC
# Kernels are compiled for each instruction set of x86-64, too: runtime/fast/isa.h.
X86   := $(shell $(CC) -dM -E -x c /dev/null 2>/dev/null | sed -n 's/.*__x86_64__ 1/-DMILC_FAST_X86/p')
# Fused multiplications would give other bits on other processors.
STD  := -std=c11 -D_GNU_SOURCE -ffp-contract=off -fvisibility=hidden -DMILC_VERSION='"$(VERSION)"' $(X86)
PKGFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
# PCRE2, which few scripts need, is linked into milc: a library more to load is a tenth of a start.
PCRE  := $(firstword $(wildcard $(shell $(PKG_CONFIG) --variable=libdir libpcre2-8 2>/dev/null)/libpcre2-8.a) \
           -lpcre2-8)
PKGLIBS := $(shell $(PKG_CONFIG) --libs $(STATIC) $(PKGS) libpcre2-8 >/dev/null 2>&1 && \
           $(PKG_CONFIG) --libs $(STATIC) $(PKGS) && echo $(PCRE))
INC  := -I$(BUILD)/gen -Igrammar -Isrc -I. $(PKGFLAGS)
LIBS := $(PKGLIBS) -lm
FLAGS := $(lastword $(CC)) $(STD) $(WARN) $(PIC) $(CFLAGS) $(PKGFLAGS)

SRC   := $(sort $(filter-out src/cli/%,$(shell find src runtime -name '*.c')))
CLI   := $(sort $(wildcard src/cli/*.c))
PROTO := $(sort $(wildcard proto/*.proto))
PBC   := $(PROTO:proto/%.proto=$(BUILD)/gen/%.pb-c.c)
GEN   := $(BUILD)/gen/lex.c $(BUILD)/gen/parse.c $(BUILD)/gen/mil.c $(BUILD)/gen/embed.c \
         $(BUILD)/gen/library.c $(PBC)
LIBRARY := $(sort $(shell find src -name '*.py' -path '*/library/*'))
TABLES := $(addprefix src/ane/,ops.tsv limits.tsv sources.tsv)
EXAMPLES := $(sort $(wildcard tests/ops/*.mil))
EMBED := $(TABLES) $(addprefix src/view/,page.css page.js report.css report.js) $(BUILD)/gen/examples
ROWS  := $(addprefix $(BUILD)/gen/,oprows.h opcodes.h opargs.h oprules.h opevals.h)
PROTOS := $(BUILD)/gen/protorows.h
FASTSRC := $(sort $(wildcard runtime/fast/*.c))
FASTX86 := $(if $(X86),$(foreach i,avx2 avx512,$(FASTSRC:%.c=$(BUILD)/obj/%.$i.o)))
OBJ   := $(SRC:%.c=$(BUILD)/obj/%.o) $(FASTX86) $(GEN:$(BUILD)/gen/%.c=$(BUILD)/obj/gen/%.o)
CLIOBJ := $(CLI:%.c=$(BUILD)/obj/%.o)
UNIT  := $(sort $(wildcard tests/unit/test_*.c))
UNITBIN := $(UNIT:tests/unit/%.c=$(BUILD)/unit/%)

all: $(BUILD)/milc $(BUILD)/libmilc.so $(BUILD)/evidence.checked $(BUILD)/milc-ops.7

$(BUILD)/milc: $(CLIOBJ) $(BUILD)/libmilc.a
	@echo "  ld $@"
	$(V)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/libmilc.a: $(OBJ)
	@echo "  ar $@"
	$(V)rm -f $@ && $(AR) qcs $@ $^
$(BUILD)/libmilc.so: $(OBJ) src/api/milc.map
	@echo "  ld $@"
	$(V)$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-z,defs -Wl,-soname,libmilc.so.0 \
		-Wl,--version-script=src/api/milc.map -o $@ $(OBJ) $(LIBS)
$(BUILD)/milc-ops.7: $(BUILD)/milc
	$(V)$(BUILD)/milc ops --man >$@
# A program that needs nothing on the machine where it runs.
static:
	$(V)$(MAKE) BUILD=$(BUILD)/static PIC=-fno-pie STATIC=--static \
		LDFLAGS='$(LDFLAGS) -static -no-pie' $(BUILD)/static/milc

# Other flags make other objects.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@test -n '$(PKGLIBS)' || { echo 'milc needs $(PKGS) libpcre2-8: make deps installs them' >&2; exit 1; }
	@echo '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS))' >$@
FORCE:

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(ROWS) $(PROTOS) $(PBC) $(BUILD)/gen/parse.c $(BUILD)/gen/lex.c
	@echo "  cc $<"
	@mkdir -p $(@D)
	$(V)$(CC) $(STD) $(WARN) $(PIC) $(CFLAGS) $(INC) -MMD -MP -c -o $@ $<
$(BUILD)/obj/runtime/fast/%.avx2.o: STD += -DMILC_AVX2 -mavx2 -mfma -mf16c
$(BUILD)/obj/runtime/fast/%.avx512.o: STD += -DMILC_AVX512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma -mf16c
define FASTRULE
$$(BUILD)/obj/runtime/fast/%.$1.o: runtime/fast/%.c $$(BUILD)/flags | $$(ROWS)
	@echo "  cc $$< ($1)"
	@mkdir -p $$(@D)
	$$(V)$$(CC) $$(STD) $$(WARN) $$(PIC) $$(CFLAGS) $$(INC) -MMD -MP -c -o $$@ $$<
endef
$(foreach i,avx2 avx512,$(eval $(call FASTRULE,$i)))
# Arrays: wider steps of the same loops, with the same bits.
$(patsubst %,$(BUILD)/obj/src/nd/nd_%.o,cast kernels_float kernels_int linalg): CFLAGS += -O3
# Generated code brings its own warnings.
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@echo "  cc $<"
	@mkdir -p $(@D)
	$(V)$(CC) $(STD) -w $(PIC) $(CFLAGS) $(INC) -MMD -MP -c -o $@ $<

$(BUILD)/gen/%.c: grammar/%.re $(BUILD)/gen/parse.c
	@echo "  re2c $<"
	@mkdir -p $(@D)
	$(V)re2c -W -Werror -i --no-generation-date -o $@ $<
$(BUILD)/gen/parse.c: grammar/parse.y
	@echo "  lemon $<"
	@mkdir -p $(@D)
	$(V)lemon -q -s -d$(@D) $< >/dev/null
# The table of ops: written only where it changes, which the stamp lets make see.
$(ROWS): $(BUILD)/gen/rows.stamp ;
$(BUILD)/gen/rows.stamp: src/ops/rows.awk $(wildcard src/ops/*.def)
	@mkdir -p $(@D)
	$(V)sed -n 's|^#include "\(.*\)"|src/ops/\1|p' src/ops/ops.def | \
		xargs awk -v out=$(@D) -f src/ops/rows.awk
	$(V)for h in $(ROWS); do cmp -s $$h.new $$h || mv $$h.new $$h; done; touch $@
$(BUILD)/gen/%.pb-c.c: proto/%.proto $(PROTO)
	@echo "  protoc $<"
	@mkdir -p $(@D)
	$(V)protoc --proto_path=proto --c_out=$(@D) $<
# Which message stands in which file, and the names of oneofs.
$(PROTOS): src/pb/protos.awk $(PROTO) $(PBC)
	$(V)awk -f src/pb/protos.awk $(foreach p,$(PROTO:proto/%.proto=%), \
		proto/$p.proto $(BUILD)/gen/$p.pb-c.h) >$@.new && mv $@.new $@

# Files that are part of milc, as bytes: ops.tsv is embed_ops_tsv.
$(BUILD)/gen/embed.c: $(EMBED)
	@mkdir -p $(@D)
	$(V){ echo '#include "base/embed.h"'; for f in $(EMBED); do n=embed_$$(basename $$f | tr . _); \
		echo "const char $$n[] = {"; \
		od -An -v -td1 $$f | sed 's/  */,/g; s/^,//; s/$$/,/'; \
		echo "0}; const size_t $${n}_size = sizeof $$n - 1;"; done; } >$@.new && mv $@.new $@
# Modules in the language of scripts, by their names: json.py, os.path.py.
$(BUILD)/gen/library.c: $(LIBRARY) Makefile
	@mkdir -p $(@D)
	$(V){ echo '#include "script/library.h"'; k=0; for f in $(LIBRARY); do k=$$((k+1)); \
		echo "static const char t$$k[] = {"; \
		od -An -v -td1 $$f | sed 's/  */,/g; s/^,//; s/$$/,/'; echo '0};'; done; \
		echo 'const LibraryRow library_rows[] = {'; k=0; for f in $(LIBRARY); do k=$$((k+1)); \
		echo "{\"$$(basename $$f .py)\", t$$k},"; done; echo '{0, 0}};'; } >$@.new && mv $@.new $@
$(BUILD)/gen/examples: $(EXAMPLES)
	@mkdir -p $(@D)
	$(V)for f in $(EXAMPLES); do echo "=== $$(basename $$f .mil)"; cat $$f; done >$@
# A row of evidence that says what there is not ends the build.
$(BUILD)/evidence.checked: $(TABLES) $(BUILD)/tools/evidence
	$(V)$(BUILD)/tools/evidence && touch $@

$(BUILD)/unit/%: tests/unit/%.c $(wildcard tests/unit/*.h) $(BUILD)/libmilc.a
	@mkdir -p $(@D)
	$(V)$(CC) $(STD) $(WARN) $(CFLAGS) $(INC) $(LDFLAGS) -o $@ $< $(BUILD)/libmilc.a $(LIBS)

$(BUILD)/tools/%: tests/tools/%.c $(BUILD)/libmilc.a
	@mkdir -p $(@D)
	$(V)$(CC) $(STD) $(WARN) $(CFLAGS) $(INC) $(LDFLAGS) -o $@ $< $(BUILD)/libmilc.a $(LIBS)

check: all $(UNITBIN)
	$(V)BUILD=$(BUILD) tests/run.sh
asan:
	$(V)$(MAKE) BUILD=$(BUILD)/asan CFLAGS='-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' check
# Eight threads at once under the thread sanitizer.
tsan:
	$(V)$(MAKE) BUILD=$(BUILD)/tsan CFLAGS='-O1 -g1 -fsanitize=thread' $(BUILD)/tsan/threads
	$(V)cd $(BUILD)/tsan && ./threads
$(BUILD)/threads: tests/lib/threads.c $(BUILD)/libmilc.a
	$(V)$(CC) $(STD) $(WARN) $(CFLAGS) -Isrc/api $(LDFLAGS) -pthread -o $@ $^ $(LIBS)
fuzz:
	$(V)BUILD=$(BUILD)/fuzz tests/fuzz/run.sh
# Random programs through every pass, and in every way to compute: SEED and COUNT say which.
SEED ?= 1
COUNT ?= 10000
fuzz-passes: all
	$(V)MILC=$(BUILD)/milc python3 tests/gen_passes.py --seed $(SEED) --count $(COUNT) --counts \
		--least $$(($(COUNT) / 200)) --keep $(BUILD)/fuzz/passes
fuzz-kernels: all
	$(V)MILC=$(BUILD)/milc python3 tests/gen_passes.py --kernels --seed $(SEED) --count $(COUNT) \
		--keep $(BUILD)/fuzz/kernels
# Faults planted in passes, each of which must be found and reduced. PLANT: names of some.
plant: all
	$(V)BUILD=$(BUILD) tests/plant/run.sh $(PLANT)
check-peer: all
	$(V)BUILD=$(BUILD) tests/check_peer.sh
check-torch: all
	$(V)BUILD=$(BUILD) tests/check_torch.sh $(SEEDS)
# ANE: models, or folders of them; by default those of the corpus.
check-ane: all
	$(V)BUILD=$(BUILD) tests/check_ane.sh $(ANE)
conform: all
	$(V)BUILD=$(BUILD) tests/conform.sh
# ROUNDTRIP: folders with models; by default those that the tests make of scripts.
roundtrip: all $(BUILD)/tools/rewrite
	$(V)BUILD=$(BUILD) tests/roundtrip.sh $(ROUNDTRIP)
dump-roundtrip: all
	$(V)BUILD=$(BUILD) tests/dump.sh $(ROUNDTRIP)
# Playground, reference and course in one folder, which needs no server. The compiler for WASI is a
# package of PyPI: see tests/cross.sh.
site: all
	$(V)OPTIMIZE=-Oz BUILD=$(BUILD) BUILD_ONLY=wasm32-wasi tests/cross.sh
	$(V)src/site/build.sh $(BUILD)/milc $(BUILD)/cross/wasm32-wasi/milc $(BUILD)/site
bench: all
	$(V)BUILD=$(BUILD) tests/bench.sh
accept: all
	$(V)BUILD=$(BUILD) ACCEPT=1 tests/run.sh
demo: deps
	$(V)$(MAKE) all
	$(V)BUILD=$(BUILD) examples/demo.sh
deps:
	$(V)tests/deps.sh
style:
	$(V)tests/style.sh
cross: all
	$(V)BUILD=$(BUILD) tests/cross.sh

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig \
		$(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man3 $(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/man/man7
	install -m755 $(BUILD)/milc $(DESTDIR)$(PREFIX)/bin/
	install -m644 $(BUILD)/libmilc.a $(DESTDIR)$(LIBDIR)/
	install -m755 $(BUILD)/libmilc.so $(DESTDIR)$(LIBDIR)/libmilc.so.$(VERSION)
	ln -sf libmilc.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libmilc.so.0
	ln -sf libmilc.so.0 $(DESTDIR)$(LIBDIR)/libmilc.so
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' \
		src/api/milc.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/milc.pc
	install -m644 src/api/milc.h $(DESTDIR)$(PREFIX)/include/
	install -m644 man/milc.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m644 man/milc.3 $(DESTDIR)$(PREFIX)/share/man/man3/
	install -m644 man/milc.5 $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m644 man/milc-ane.7 $(DESTDIR)$(PREFIX)/share/man/man7/
	install -m644 $(BUILD)/milc-ops.7 $(DESTDIR)$(PREFIX)/share/man/man7/
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/milc $(DESTDIR)$(LIBDIR)/libmilc.a \
		$(DESTDIR)$(LIBDIR)/libmilc.so $(DESTDIR)$(LIBDIR)/libmilc.so.0 \
		$(DESTDIR)$(LIBDIR)/libmilc.so.$(VERSION) $(DESTDIR)$(LIBDIR)/pkgconfig/milc.pc \
		$(DESTDIR)$(PREFIX)/include/milc.h $(DESTDIR)$(PREFIX)/share/man/man1/milc.1 \
		$(DESTDIR)$(PREFIX)/share/man/man3/milc.3 $(DESTDIR)$(PREFIX)/share/man/man5/milc.5 \
		$(DESTDIR)$(PREFIX)/share/man/man7/milc-ane.7 \
		$(DESTDIR)$(PREFIX)/share/man/man7/milc-ops.7
clean:
	rm -rf $(BUILD)/obj $(BUILD)/gen $(BUILD)/unit $(BUILD)/asan $(BUILD)/tsan $(BUILD)/fuzz \
		$(BUILD)/static $(BUILD)/cross $(BUILD)/flags $(BUILD)/milc $(BUILD)/libmilc.a \
		$(BUILD)/libmilc.so $(BUILD)/milc-ops.7
help:
	@echo 'targets: all static check asan tsan fuzz fuzz-passes fuzz-kernels plant check-peer \
		check-torch check-ane conform cross bench accept demo site style install uninstall clean'

.PHONY: all static check asan tsan fuzz fuzz-passes fuzz-kernels plant check-peer check-torch check-ane conform \
        cross bench accept demo site deps style install uninstall clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
