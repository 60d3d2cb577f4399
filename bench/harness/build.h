/* How the program was built; harness/build.c is compiled with the Makefile's answers. */
#ifndef BENCH_BUILD_H
#define BENCH_BUILD_H

typedef struct bench_missing {
    const char *contender, *why;
} bench_missing;

extern const char bench_ringc_version[], bench_compiler[], bench_flags[];
extern const char bench_cxx[]; /* of the contenders in C++; "" if there are none */
extern const bench_missing bench_missing_contenders[]; /* ends with NULLs */

#endif
