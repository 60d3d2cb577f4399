/*
 * Work for a producer between two messages: a chain of multiplications, each of which waits for
 * the one before, and which touches no memory.
 */
#ifndef BENCH_PACE_H
#define BENCH_PACE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Does `steps` multiplications on `x`. The empty asm keeps the compiler from folding them. */
static inline uint64_t bench_work(uint64_t x, uint32_t steps)
{
    for (; steps > 0; steps--) {
        x *= 0x9e3779b97f4a7c15u;
        __asm__ volatile("" : "+r"(x));
    }
    return x;
}

/* How many multiplications take `ns` here, at least one; none for 0. Measured at the first call. */
uint32_t bench_steps_of_ns(double ns);

/* Does the work of `n` messages without a queue. Returns ns per message. */
double bench_pace_alone(uint64_t n, uint32_t steps);

#ifdef __cplusplus
}
#endif
#endif
