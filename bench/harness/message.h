/*
 * What every loop does with a message, compiled into each contender: see loops.h and
 * harness/broadcast_loops.h. Word k of message i is i + 1 + k.
 */
#ifndef BENCH_MESSAGE_H
#define BENCH_MESSAGE_H

#include "harness/run.h"

#define BENCH_INLINE static inline __attribute__((always_inline))

/* Waits for `done`, as every contender waits. */
#define BENCH_AWAIT(run_pauses, done)                                                              \
    while (!(done))                                                                                \
        if (run_pauses)                                                                            \
            bench_spin_hint();

BENCH_INLINE void bench_fill(message *m, uint64_t i)
{
    for (uint64_t k = 0; k < BENCH_WORDS; k++)
        m->words[k] = i + 1 + k;
}

BENCH_INLINE void bench_examine(const bench_run *run, const message *m, uint64_t i)
{
    uint64_t difference = 0;

    for (uint64_t k = 0; k < BENCH_WORDS; k++)
        difference |= m->words[k] ^ (i + 1 + k);
    if (__builtin_expect(difference != 0, 0))
        bench_wrong(run, m->words, BENCH_WORDS, i);
}

#endif
