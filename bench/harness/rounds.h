/* Measures the contenders of a scenario in rounds: each has its turn in each round. */
#ifndef BENCH_ROUNDS_H
#define BENCH_ROUNDS_H

#include "harness/results.h"

/* Measures every point of a scenario, and appends to `results`. */
void bench_measure_scenario(const bench_scenario *scenario, const bench_settings *settings,
                            bench_results *results);

/* Who is measured in a turn of a round: forward and backward by turns, beginning one further every
 * other round. */
size_t bench_turn(unsigned round, size_t turn, size_t contenders);

/* Whether a name stands in a list with commas between; NULL is a list of all. */
bool bench_is_listed(const char *list, const char *name);

#endif
