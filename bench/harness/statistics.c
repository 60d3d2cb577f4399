#include "harness/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t n, double p)
{
    const double place = p * (double)(n - 1);
    const size_t below = (size_t)place;
    const size_t above = below + 1 < n ? below + 1 : below;

    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

bench_summary bench_summarise(const double *values, size_t n)
{
    bench_summary summary = { NAN, NAN, NAN };
    double *sorted;

    if (n == 0)
        return summary;
    sorted = malloc(n * sizeof *sorted);
    if (sorted == NULL)
        return summary;
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    summary.median = quantile(sorted, n, 0.5);
    summary.lower = quantile(sorted, n, 0.25);
    summary.upper = quantile(sorted, n, 0.75);
    free(sorted);
    return summary;
}

double bench_spread(bench_summary summary)
{
    return (summary.upper - summary.lower) / 2 / summary.median;
}

static int by_ticks(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void bench_sort_ticks(uint64_t *ticks, size_t n)
{
    qsort(ticks, n, sizeof *ticks, by_ticks);
}

uint64_t bench_percentile(const uint64_t *sorted, size_t n, double p)
{
    const size_t rank = (size_t)ceil(p * (double)n);

    return sorted[rank == 0 ? 0 : rank - 1];
}

double bench_upper_edge_ns(size_t class_)
{
    return exp2((double)(class_ + 1) / 16);
}

size_t bench_class_of_ns(double ns)
{
    size_t class_;

    if (ns <= bench_upper_edge_ns(0))
        return 0;
    class_ = (size_t)ceil(log2(ns) * 16) - 1;
    return class_ < BENCH_CLASSES ? class_ : BENCH_CLASSES - 1;
}
