/*
 * Pushes and pops `messages` messages (a multiple of BURST) through each channel on one thread, in bursts that fill the small
 * rings. instructions.py runs it under callgrind with two numbers of messages: what the functions below differ by is the price
 * of exactly the messages in between. It knows the functions by their names.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/b8_1k.h"
#include "bench/g8_1k.h"
#include "bench/m64_1k.h"
#include "bench/m8_1k.h"
#include "bench/mb8_1k.h"
#include "q/block_park.h"
#include "q/block_spin.h"
#include "q/drop_oldest_spin.h"

#define BURST 8
/* A function that keeps its name and its arguments, and is not merged with one like it. */
#if defined(__clang__)
#define ALONE __attribute__((noinline))
#else
#define ALONE __attribute__((noipa))
#endif

static void check(ringc_status status, const char *what)
{
    if (status != RINGC_OK) {
        fprintf(stderr, "%s: %s\n", what, ringc_status_name(status));
        exit(1);
    }
}

/* The handles are in locals for the length of a burst. An error shows as a burst that is too short. */
#define CHANNEL(C, M)                                                         \
    static ALONE size_t push_##C(C##_producer *handle, const M *from)         \
    {                                                                         \
        C##_producer p = *handle;                                             \
        size_t i;                                                             \
                                                                              \
        for (i = 0; i < BURST; i++)                                           \
            if (C##_push(&p, &from[i]) != RINGC_OK)                           \
                break;                                                        \
        *handle = p;                                                          \
        return i;                                                             \
    }                                                                         \
                                                                              \
    static ALONE size_t pop_##C(C##_consumer *handle, M *to)                  \
    {                                                                         \
        C##_consumer c = *handle;                                             \
        size_t i;                                                             \
                                                                              \
        for (i = 0; i < BURST; i++)                                           \
            if (C##_pop(&c, &to[i]) != RINGC_OK)                              \
                break;                                                        \
        *handle = c;                                                          \
        return i;                                                             \
    }                                                                         \
                                                                              \
    static void run_##C(size_t messages)                                      \
    {                                                                         \
        static C channel;                                                     \
        static M from[BURST], to[BURST];                                      \
        C##_producer p;                                                       \
        C##_consumer c;                                                       \
                                                                              \
        check(C##_init(&channel, 0), #C);                                     \
        check(C##_producer_open(&channel, &p), #C);                           \
        check(C##_consumer_open(&channel, &c), #C);                           \
        for (size_t i = 0; i < messages; i += BURST)                          \
            if (push_##C(&p, from) != BURST || pop_##C(&c, to) != BURST)      \
                check(RINGC_INVALID, #C);                                     \
    }

CHANNEL(bench_m8_1k, bench_m8)
CHANNEL(bench_m64_1k, bench_m64)
CHANNEL(q_block_spin, q_item)
CHANNEL(q_block_park, q_item)
CHANNEL(q_drop_oldest_spin, q_item)

/* The same of a broadcast with one subscriber. */
#define BROADCAST(C, M, READING)                                              \
    static ALONE size_t push_##C(C##_producer *handle, const M *from)         \
    {                                                                         \
        C##_producer p = *handle;                                             \
        size_t i;                                                             \
                                                                              \
        for (i = 0; i < BURST; i++)                                           \
            if (C##_publish(&p, &from[i]) != RINGC_OK)                        \
                break;                                                        \
        *handle = p;                                                          \
        return i;                                                             \
    }                                                                         \
                                                                              \
    static ALONE size_t pop_##C(C##_subscriber *handle, M *to)                \
    {                                                                         \
        C##_subscriber s = *handle;                                           \
        size_t i;                                                             \
                                                                              \
        for (i = 0; i < BURST; i++)                                           \
            if (C##_recv(&s, &to[i]) != RINGC_OK)                             \
                break;                                                        \
        *handle = s;                                                          \
        return i;                                                             \
    }                                                                         \
                                                                              \
    static void run_##C(size_t messages)                                      \
    {                                                                         \
        static C channel;                                                     \
        static M from[BURST], to[BURST];                                      \
        C##_producer p;                                                       \
        C##_subscriber s;                                                     \
                                                                              \
        check(C##_init(&channel, 0), #C);                                     \
        check(C##_producer_open(&channel, &p), #C);                           \
        check(C##_subscribe(&channel, &s, READING), #C);                      \
        for (size_t i = 0; i < messages; i += BURST)                          \
            if (push_##C(&p, from) != BURST || pop_##C(&s, to) != BURST)      \
                check(RINGC_INVALID, #C);                                     \
    }

BROADCAST(bench_b8_1k, bench_m8, RINGC_LOSSY)
BROADCAST(bench_g8_1k, bench_m8, RINGC_GATING)
BROADCAST(bench_mb8_1k, bench_m8, RINGC_LOSSY)

/* Every push evicts. */
static ALONE size_t evict_q_drop_oldest_spin(q_drop_oldest_spin_producer *handle, const q_item *from)
{
    q_drop_oldest_spin_producer p = *handle;
    size_t i;

    for (i = 0; i < BURST; i++)
        if (q_drop_oldest_spin_push(&p, &from[i]) != RINGC_OK)
            break;
    *handle = p;
    return i;
}

static void run_evict(size_t messages)
{
    static q_drop_oldest_spin channel;
    static q_item from[BURST];
    q_drop_oldest_spin_producer p;

    check(q_drop_oldest_spin_init(&channel, 0), "evict");
    check(q_drop_oldest_spin_producer_open(&channel, &p), "evict");
    check(push_q_drop_oldest_spin(&p, from) == BURST ? RINGC_OK : RINGC_INVALID, "evict");
    for (size_t i = 0; i < messages; i += BURST)
        if (evict_q_drop_oldest_spin(&p, from) != BURST)
            check(RINGC_INVALID, "evict");
    if (q_drop_oldest_spin_dropped(&channel) != messages)
        check(RINGC_INVALID, "evicted");
}

int main(int argc, char **argv)
{
    const size_t messages = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

    if (messages == 0 || messages % BURST != 0) {
        fprintf(stderr, "usage: %s MESSAGES, a multiple of %d\n", argv[0], BURST);
        return 2;
    }
    run_bench_m8_1k(messages);
    run_bench_m64_1k(messages);
    run_q_block_spin(messages);
    run_q_block_park(messages);
    run_q_drop_oldest_spin(messages);
    run_evict(messages);
    run_bench_b8_1k(messages);
    run_bench_g8_1k(messages);
    run_bench_mb8_1k(messages);
    return 0;
}
