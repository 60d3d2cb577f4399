#include "harness/pace.h"

#include "harness/clock.h"

enum { CALIBRATION_STEPS = 64, CALIBRATION_LOOPS = 20000, CALIBRATION_TRIES = 7 };

double bench_pace_alone(uint64_t n, uint32_t steps)
{
    const uint64_t begun = bench_ticks_ordered();
    uint64_t x = begun | 1;

    for (uint64_t i = 0; i < n; i++)
        x = bench_work(x, steps);
    __asm__ volatile("" ::"r"(x));
    return bench_ns(bench_ticks_ordered() - begun) / (double)n;
}

/* The least of several tries: what disturbs a try only ever makes it longer. */
static double ns_per_step(void)
{
    double least = bench_pace_alone(CALIBRATION_LOOPS, CALIBRATION_STEPS);

    for (int i = 1; i < CALIBRATION_TRIES; i++) {
        const double ns = bench_pace_alone(CALIBRATION_LOOPS, CALIBRATION_STEPS);

        if (ns < least)
            least = ns;
    }
    return least / CALIBRATION_STEPS;
}

uint32_t bench_steps_of_ns(double ns)
{
    static double step_ns;
    uint32_t steps;

    if (ns <= 0)
        return 0;
    if (step_ns <= 0)
        step_ns = ns_per_step();
    steps = (uint32_t)(ns / step_ns + 0.5);
    return steps == 0 ? 1 : steps;
}
