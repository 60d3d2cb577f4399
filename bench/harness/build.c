#include "harness/build.h"

#include <stddef.h>

#include BENCH_RUNTIME_HEADER

const char bench_ringc_version[] = RINGC_VERSION;
const char bench_compiler[] = BENCH_COMPILER;
const char bench_cxx[] = BENCH_CXX;
const char bench_flags[] = BENCH_FLAGS;

/* Lines { "contender", "why" }, written by the Makefile. */
const bench_missing bench_missing_contenders[] = {
#include "missing.inc"
    { NULL, NULL },
};
