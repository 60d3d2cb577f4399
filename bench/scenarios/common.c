#include <stdlib.h>
#include <string.h>

#include "harness/clock.h"
#include "harness/statistics.h"
#include "scenario.h"

enum { LEAST = 64, SLOWER = 16 };

uint64_t bench_count(const bench_run *run, const bench_settings *settings, double n)
{
    const bool is_slow = run->contender != NULL && (run->contender->traits & BENCH_SLOW) != 0;
    const double count = n * settings->effort / (is_slow ? SLOWER : 1);

    return count < LEAST ? LEAST : (uint64_t)count;
}

size_t bench_grid(bench_point *points, const uint32_t *sizes, size_t n_sizes, const uint32_t *slots,
                  size_t n_slots)
{
    size_t n = 0;

    for (size_t i = 0; i < n_sizes; i++)
        for (size_t k = 0; k < n_slots; k++, n++) {
            points[n].bytes = sizes[i];
            points[n].slots = slots[k];
            points[n].x = 0;
        }
    return n;
}

double bench_ns_per_message(bench_run *run, const bench_settings *settings)
{
    (void)settings;
    return bench_ns(run->ended - run->begun) / (double)run->messages;
}

double bench_median_latency(const bench_run *run)
{
    const size_t bytes = run->messages * sizeof *run->received;
    uint64_t *sorted = malloc(bytes);
    double median;

    if (sorted == NULL)
        abort();
    memcpy(sorted, run->received, bytes);
    bench_sort_ticks(sorted, run->messages);
    median = bench_ns(bench_percentile(sorted, run->messages, 0.5));
    free(sorted);
    return median;
}

void bench_stream_sides(const bench_contender *contender, bench_side **near, bench_side **far)
{
    *near = contender->consume;
    *far = contender->produce;
}

void bench_batch_sides(const bench_contender *contender, bench_side **near, bench_side **far)
{
    *near = contender->consume_batches;
    *far = contender->produce_batches;
}

void bench_burst_sides(const bench_contender *contender, bench_side **near, bench_side **far)
{
    *near = contender->receive_bursts;
    *far = contender->send_bursts;
}

double bench_burst_latency(bench_run *run, const bench_settings *settings)
{
    for (uint64_t b = 0; b < run->messages; b++)
        run->received[b] = bench_ticks_across(&settings->skew, run->sent[b], run->received[b]);
    return bench_median_latency(run);
}
