/* The command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "scenario.h"

typedef enum bench_wish { BENCH_MEASURE, BENCH_LIST, BENCH_HELP, BENCH_REFUSE } bench_wish;

/* Fills in `settings`. BENCH_REFUSE: it has said what is wrong. */
bench_wish bench_read_options(int argc, char **argv, bench_settings *settings);

void bench_print_help(void);

#endif
