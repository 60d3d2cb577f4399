/* Writes the results as JSON. The format is described in README.md. */
#ifndef BENCH_RESULTS_JSON_H
#define BENCH_RESULTS_JSON_H

#include <stdbool.h>

#include "harness/machine.h"
#include "harness/results.h"

/* Returns false if the file cannot be written. */
bool bench_write_json(const char *path, const bench_machine *machine,
                      const bench_settings *settings, const bench_results *results);

#endif
