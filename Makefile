# milc. `make` builds build/milc, build/libmilc.a and build/libmilc.so; `make help` lists the rest.
# A new source file needs no edit here: everything is found by wildcard, everything generated goes
# to $(BUILD).

VERSION  := 0.1.0
BUILD    ?= build
PREFIX   ?= /usr/local
CC       ?= cc
CFLAGS   ?= -O2 -g
LDFLAGS  ?=
V        ?= @

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
        -Wwrite-strings -Wpointer-arith -Wundef
PKGS := libprotobuf-c zlib jansson libxxhash
STD  := -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -DMILC_VERSION='"$(VERSION)"'
INC  := -I$(BUILD)/gen -Igrammar -Isrc -I. $(shell pkg-config --cflags $(PKGS))
LIBS := $(shell pkg-config --libs $(PKGS)) -lm

SRC   := $(sort $(filter-out src/cli/%,$(shell find src runtime -name '*.c')))
CLI   := $(sort $(wildcard src/cli/*.c))
PROTO := $(sort $(wildcard proto/*.proto))
PBC   := $(PROTO:proto/%.proto=$(BUILD)/gen/%.pb-c.c)
GEN   := $(BUILD)/gen/lex.c $(BUILD)/gen/parse.c $(PBC)
OBJ   := $(SRC:%.c=$(BUILD)/obj/%.o) $(GEN:$(BUILD)/gen/%.c=$(BUILD)/obj/gen/%.o)
CLIOBJ := $(CLI:%.c=$(BUILD)/obj/%.o)
UNIT  := $(sort $(wildcard tests/unit/test_*.c))
UNITBIN := $(UNIT:tests/unit/%.c=$(BUILD)/unit/%)

all: $(BUILD)/milc $(BUILD)/libmilc.so $(BUILD)/milc.pc

$(BUILD)/milc: $(CLIOBJ) $(BUILD)/libmilc.a
	@echo "  ld $@"
	$(V)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/libmilc.a: $(OBJ)
	@echo "  ar $@"
	$(V)rm -f $@ && ar qcs $@ $^
$(BUILD)/libmilc.so: $(OBJ) src/api/milc.map
	@echo "  ld $@"
	$(V)$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-soname,libmilc.so.0 \
		-Wl,--version-script=src/api/milc.map -o $@ $(OBJ) $(LIBS)
$(BUILD)/milc.pc: src/api/milc.pc.in
	$(V)sed -e 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' $< >$@

$(BUILD)/obj/%.o: %.c | $(PBC) $(BUILD)/gen/parse.c $(BUILD)/gen/lex.c
	@echo "  cc $<"
	@mkdir -p $(@D)
	$(V)$(CC) $(STD) $(WARN) $(CFLAGS) $(INC) -MMD -MP -c -o $@ $<
# Generated code brings its own warnings.
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@echo "  cc $<"
	@mkdir -p $(@D)
	$(V)$(CC) $(STD) -w $(CFLAGS) $(INC) -MMD -MP -c -o $@ $<

$(BUILD)/gen/lex.c: grammar/lex.re $(BUILD)/gen/parse.c
	@echo "  re2c $<"
	@mkdir -p $(@D)
	$(V)re2c -W -Werror -i --no-generation-date -o $@ $<
$(BUILD)/gen/parse.c: grammar/parse.y
	@echo "  lemon $<"
	@mkdir -p $(@D)
	$(V)lemon -q -s -d$(@D) $< >/dev/null
$(BUILD)/gen/%.pb-c.c: proto/%.proto $(PROTO)
	@echo "  protoc-c $<"
	@mkdir -p $(@D)
	$(V)protoc-c --proto_path=proto --c_out=$(@D) $<

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libmilc.a
	@mkdir -p $(@D)
	$(V)$(CC) $(STD) $(WARN) $(CFLAGS) $(INC) $(LDFLAGS) -o $@ $< $(BUILD)/libmilc.a $(LIBS)

check: all $(UNITBIN)
	$(V)BUILD=$(BUILD) tests/run.sh
asan:
	$(V)$(MAKE) BUILD=$(BUILD)/asan CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' check
fuzz:
	$(V)BUILD=$(BUILD)/fuzz tests/fuzz/run.sh
check-peer: all
	$(V)BUILD=$(BUILD) tests/check_peer.sh
conform: all
	$(V)BUILD=$(BUILD) tests/conform.sh
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

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
		$(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man5
	install -m755 $(BUILD)/milc $(DESTDIR)$(PREFIX)/bin/
	install -m644 $(BUILD)/libmilc.a $(DESTDIR)$(PREFIX)/lib/
	install -m755 $(BUILD)/libmilc.so $(DESTDIR)$(PREFIX)/lib/libmilc.so.$(VERSION)
	ln -sf libmilc.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libmilc.so.0
	ln -sf libmilc.so.0 $(DESTDIR)$(PREFIX)/lib/libmilc.so
	install -m644 $(BUILD)/milc.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	install -m644 src/api/milc.h $(DESTDIR)$(PREFIX)/include/
	install -m644 man/milc.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m644 man/milc.5 $(DESTDIR)$(PREFIX)/share/man/man5/
clean:
	rm -rf $(BUILD)/obj $(BUILD)/gen $(BUILD)/unit $(BUILD)/asan $(BUILD)/fuzz \
		$(BUILD)/milc $(BUILD)/libmilc.a $(BUILD)/libmilc.so $(BUILD)/milc.pc
help:
	@echo 'targets: all check asan fuzz check-peer conform bench accept demo style install clean'

.PHONY: all check asan fuzz check-peer conform bench accept demo deps style install clean help
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
