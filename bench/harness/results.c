#include "harness/results.h"

#include <stdio.h>
#include <stdlib.h>

void *bench_allocate(size_t n, size_t bytes)
{
    void *memory = calloc(n == 0 ? 1 : n, bytes);

    if (memory == NULL) {
        fputs("bench: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

bench_result *bench_results_add(bench_results *results)
{
    bench_result *result = bench_allocate(1, sizeof *result);

    if (results->last == NULL)
        results->first = result;
    else
        results->last->next = result;
    results->last = result;
    return result;
}

double bench_received(const bench_row *row)
{
    return 1 - (double)row->lost / (double)row->published;
}
