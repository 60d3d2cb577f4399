/* Prints the results of a scenario for a terminal. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "harness/results.h"

/* From `first` on, all results of its scenario. */
void bench_print_scenario(const bench_result *first, const char *reference);

#endif
