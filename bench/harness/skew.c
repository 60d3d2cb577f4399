#include "harness/skew.h"

#include <string.h>

#include "harness/clock.h"
#include "harness/pair.h"

enum { QUESTIONS = 20000, LIMIT_S = 30 };

static struct {
    __attribute__((aligned(128))) uint64_t asked;
    __attribute__((aligned(128))) uint64_t answered; /* number of the answer, and beside it ... */
    uint64_t far_time;
} shared;

static bench_skew found;

static void answer(bench_run *run)
{
    (void)run;
    for (uint64_t i = 1; i <= QUESTIONS; i++) {
        while (__atomic_load_n(&shared.asked, __ATOMIC_ACQUIRE) != i)
            bench_spin_hint();
        shared.far_time = bench_ticks_ordered();
        __atomic_store_n(&shared.answered, i, __ATOMIC_RELEASE);
    }
}

static void ask(bench_run *run)
{
    uint64_t least = UINT64_MAX;

    (void)run;
    for (uint64_t i = 1; i <= QUESTIONS; i++) {
        const uint64_t before = bench_ticks_ordered();
        uint64_t took;

        __atomic_store_n(&shared.asked, i, __ATOMIC_RELEASE);
        while (__atomic_load_n(&shared.answered, __ATOMIC_ACQUIRE) != i)
            ;
        took = bench_ticks_ordered() - before;
        if (took < least) {
            least = took;
            found.ticks = (int64_t)(shared.far_time - (before + took / 2));
            found.error = (int64_t)(took / 2);
        }
    }
}

bench_skew bench_measure_skew(const bench_placement *placement)
{
    bench_run run;

    memset(&run, 0, sizeof run);
    memset(&shared, 0, sizeof shared);
    run.scenario = "the check of the counters";
    bench_run_sides(&run, ask, answer, placement, LIMIT_S);
    found.corrected = found.ticks > found.error || found.ticks < -found.error;
    return found;
}

uint64_t bench_ticks_across(const bench_skew *skew, uint64_t far, uint64_t near)
{
    const int64_t ticks = (int64_t)(near - far) + (skew->corrected ? skew->ticks : 0);

    return ticks > 0 ? (uint64_t)ticks : 0;
}
