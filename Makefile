# ringc: `make help` says what there is. All that is built goes to build/.

PYTHON   ?= /usr/bin/python3
CC       := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS   ?= -O2 -g
JOBS     ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX   ?= /usr/local
DESTDIR  ?=
DEMO_SECONDS ?= 5

WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow
SCHEMAS := $(sort $(wildcard schemas/*.yaml))
RINGC    = RINGC_PYTHON=$(PYTHON) ./ringc
COMPILE  = $(CC) -std=c11 $(CFLAGS) $(WARNINGS) -Igenerated -MMD -MP
# Sub-makes share the jobs of a `make -j`, and else get JOBS of their own.
SUBMAKE  = $(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))

.PHONY: help demo degradation test bench bench-full bench-quick bench-compiler check gen install clean nightly
.PHONY: test-compiler test-c test-generic test-tsan test-asan test-cross test-matrix test-mutants
.PHONY: test-mutants-sample test-crash test-valgrind test-cross-suites coverage soak model model-mutants model-mutants-all model-long test-shape
.DELETE_ON_ERROR:

help:
	@echo 'make demo      build examples/telemetry from its generated headers and run it for $(DEMO_SECONDS) seconds'
	@echo 'make degradation  build examples/degradation and run it: a slow reader, and a dead one, some 3 seconds'
	@echo 'make test      check, and the tests of the compiler and of the generated C'
	@echo 'make bench     compare generated queues with others, some six minutes: build/bench/report/report.html'
	@echo 'make gen       write generated/ again, and what else is made from the compiler'
	@echo 'make check     see whether generated/ is what the schemas say'
	@echo 'make install   to PREFIX ($(PREFIX)), below DESTDIR'
	@echo 'make clean     remove what was built'
	@echo
	@echo 'parts of test: test-compiler test-c'
	@echo 'longer tests:  test-matrix test-generic test-tsan test-asan test-cross test-mutants test-mutants-sample test-shape'
	@echo '               test-crash test-valgrind test-cross-suites coverage soak (SOAK_SECONDS=600)'
	@echo 'model checker: model (every scenario), model-mutants (a sample of weakened orders), model-mutants-all, model-long'
	@echo 'benchmark:     bench-full (every size), bench-compiler (the compiler itself), bench-quick (whether it works)'
	@echo 'nightly:       what takes too long for every commit'
	@echo 'variables:     PYTHON=$(PYTHON) CC=$(CC) CFLAGS="$(CFLAGS)" JOBS=$(JOBS)'

# ---- demo ---------------------------------------------------------------------------------------

DEMO_SOURCES := $(wildcard examples/telemetry/*.c) generated/telemetry/reflect.c generated/ringc.c
DEMO_OBJECTS := $(patsubst %.c,build/demo/%.o,$(notdir $(DEMO_SOURCES)))

demo:
	@$(RINGC) gen --check schemas/telemetry.yaml -o generated
	@$(MAKE) --no-print-directory build/demo/telemetry
	build/demo/telemetry --seconds $(DEMO_SECONDS) --csv build/telemetry.csv

build/demo/telemetry: $(DEMO_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread $^ -o $@

vpath %.c examples/telemetry generated/telemetry generated
build/demo/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -pthread -c $< -o $@

-include $(wildcard build/demo/*.d)

DEGRADATION_OBJECTS := $(addprefix build/degradation/,degradation.o ringc.o)

degradation:
	@$(RINGC) gen --check schemas/degradation.yaml -o generated
	@$(MAKE) --no-print-directory build/degradation/degradation
	build/degradation/degradation

build/degradation/degradation: $(DEGRADATION_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread $^ -o $@

build/degradation/%.o: examples/degradation/%.c
	@mkdir -p $(@D)
	$(COMPILE) -pthread -c $< -o $@
build/degradation/%.o: generated/%.c
	@mkdir -p $(@D)
	$(COMPILE) -pthread -c $< -o $@

-include $(wildcard build/degradation/*.d)

# ---- tests --------------------------------------------------------------------------------------

test: check test-compiler test-c

# On all processors, where pytest-xdist is there.
test-compiler:
	$(PYTHON) -m pytest -q $(if $(shell $(PYTHON) -c 'import xdist; print(1)' 2>/dev/null),-n $(JOBS)) tests/compiler

test-c:
	+$(SUBMAKE) -C tests/c test

test-generic test-tsan test-asan test-cross test-cross-suites test-matrix test-mutants test-mutants-sample test-valgrind: test-%:
	+$(SUBMAKE) -C tests/c $*

coverage soak:
	+$(SUBMAKE) -C tests/c $@ PYTHON=$(PYTHON)

test-shape:
	+$(SUBMAKE) -C tests/shape all PYTHON=$(PYTHON)

test-crash:
	+$(SUBMAKE) -C tests/crash all PYTHON=$(PYTHON)

model:
	+$(SUBMAKE) -C tests/model model PYTHON=$(PYTHON)

model-mutants:
	+$(SUBMAKE) -C tests/model mutants-sample PYTHON=$(PYTHON)

model-mutants-all:
	+$(SUBMAKE) -C tests/model mutants PYTHON=$(PYTHON)

model-long:
	+$(SUBMAKE) -C tests/model model-long PYTHON=$(PYTHON)

SOAK_SECONDS ?= 600

nightly:
	$(MAKE) model-mutants-all
	$(MAKE) test-mutants
	$(MAKE) test-tsan test-asan test-generic FULL=1
	$(MAKE) test-cross-suites
	$(MAKE) coverage
	$(MAKE) soak SOAK_SECONDS=$(SOAK_SECONDS)
	$(MAKE) model-long

# ---- generated/ ---------------------------------------------------------------------------------

check:
	$(RINGC) gen --check $(SCHEMAS) -o generated

gen: build/ringc.schema.json build/schema.md
	$(RINGC) gen $(SCHEMAS) -o generated
	cmp -s build/ringc.schema.json schemas/ringc.schema.json || cp build/ringc.schema.json schemas/
	cmp -s build/schema.md docs/schema.md || cp build/schema.md docs/

.PHONY: build/ringc.schema.json build/schema.md
build/ringc.schema.json build/schema.md:
	@mkdir -p build
	@$(RINGC) schema $(if $(filter %.md,$@),--reference) > $@

# ---- bench --------------------------------------------------------------------------------------

BENCH = $(MAKE) --no-print-directory -C bench BUILD=$(abspath build/bench) PYTHON=$(PYTHON)

bench:
	+$(BENCH) -j$(JOBS) build
	+$(BENCH) bench
	$(PYTHON) bench/report/report.py build/bench/results.json -o build/bench/report --text

bench-full:
	+$(BENCH) bench-full
	$(PYTHON) bench/report/report.py build/bench/full/results.json -o build/bench/report --text

# What the compiler itself takes, and what its headers cost those who include them. A minute or two.
bench-compiler:
	$(PYTHON) bench/compiler/measure.py -o build/bench/compiler.json

# Does the benchmark work, does it notice queues that lose, double, swap or tear, does the report tell what was measured?
bench-quick:
	+$(BENCH) -j$(JOBS) build
	+$(BENCH) bench-selftest
	$(PYTHON) bench/report/report.py build/bench/quick.json -o build/bench/quick-report --text >/dev/null
	$(PYTHON) -m pytest -q -p no:cacheprovider bench/report bench/tune

# ---- the rest -----------------------------------------------------------------------------------

# The launcher finds the compiler beside itself, through the link.
install:
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/lib/ringc/generator/profiles' \
	    '$(DESTDIR)$(PREFIX)/lib/ringc/templates/partials'
	install -m 644 generator/*.py '$(DESTDIR)$(PREFIX)/lib/ringc/generator'
	install -m 644 generator/profiles/*.yaml '$(DESTDIR)$(PREFIX)/lib/ringc/generator/profiles'
	install -m 644 templates/*.j2 '$(DESTDIR)$(PREFIX)/lib/ringc/templates'
	install -m 644 templates/partials/* '$(DESTDIR)$(PREFIX)/lib/ringc/templates/partials'
	install -d '$(DESTDIR)$(PREFIX)/lib/ringc/bench'
	cp -R bench/Makefile bench/contender.h bench/loops.h bench/scenario.h bench/points.py bench/harness bench/scenarios bench/contenders \
	    bench/tune '$(DESTDIR)$(PREFIX)/lib/ringc/bench'
	install -m 755 ringc '$(DESTDIR)$(PREFIX)/lib/ringc/ringc'
	ln -sf ../lib/ringc/ringc '$(DESTDIR)$(PREFIX)/bin/ringc'
	$(PYTHON) -m compileall -q $(if $(DESTDIR),-s '$(DESTDIR)' -p /) '$(DESTDIR)$(PREFIX)/lib/ringc/generator'

clean:
	rm -rf build .pytest_cache
	find generator tests -name __pycache__ -type d -prune -exec rm -rf {} +
