/* The clock of the benchmark: the counter that the processor reads in a few nanoseconds. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds of the system's monotonic clock: what the counter is measured against. */
uint64_t bench_monotonic_ns(void);

/*
 * bench_ticks: the counter now, cheap; the processor may read it a little early or late.
 * bench_ticks_ordered: the counter once everything before it is done: for the ends of a latency.
 * bench_spin_hint: what a polite spin loop executes once a turn.
 */
#if defined(__x86_64__)
#define BENCH_CLOCK "tsc"
static inline uint64_t bench_ticks(void)
{
    return __builtin_ia32_rdtsc();
}
static inline uint64_t bench_ticks_ordered(void)
{
    __builtin_ia32_lfence();
    return __builtin_ia32_rdtsc();
}
static inline void bench_spin_hint(void)
{
    __builtin_ia32_pause();
}
#elif defined(__aarch64__)
#define BENCH_CLOCK "cntvct"
static inline uint64_t bench_ticks(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
static inline uint64_t bench_ticks_ordered(void)
{
    __asm__ volatile("isb" ::: "memory");
    return bench_ticks();
}
static inline void bench_spin_hint(void)
{
    __asm__ volatile("isb" ::: "memory");
}
#else
#define BENCH_CLOCK "clock_gettime"
static inline uint64_t bench_ticks(void)
{
    return bench_monotonic_ns();
}
static inline uint64_t bench_ticks_ordered(void)
{
    return bench_monotonic_ns();
}
static inline void bench_spin_hint(void)
{
    __asm__ volatile("" ::: "memory");
}
#endif

/* Measures the counter against the monotonic clock, for 50 ms. Call it once, before the others. */
void bench_clock_calibrate(void);
double bench_ns_per_tick(void);
static inline double bench_ns(uint64_t ticks)
{
    return (double)ticks * bench_ns_per_tick();
}
uint64_t bench_ticks_of_ns(double ns);

#ifdef __cplusplus
}
#endif
#endif
