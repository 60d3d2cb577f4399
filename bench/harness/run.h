/* One run: what the two ends of a contender's queue are told, and what they report. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "contender.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bench_usage {
    uint64_t switches; /* times that the thread had to give way to another */
    uint64_t cpu_ns;   /* time that it ran ... */
    uint64_t wall_ns;  /* ... of the time that passed */
} bench_usage;

typedef struct bench_run {
    const char *scenario;
    const bench_contender *contender;
    void *queue[2];        /* the second is for the way back */
    uint64_t warm_up;      /* messages before the clock starts */
    uint64_t messages;     /* messages that are timed, or bursts, or round trips */
    uint32_t work;         /* multiplications before each push */
    uint32_t burst;        /* messages in a burst */
    uint64_t gap_ticks;    /* from the end of a burst to the next */
    uint64_t period_ticks; /* from a message's time to the next one's */
    bool pause;            /* spin loops pause */
    uint32_t subscribers;  /* of a broadcast */
    bool lossy;            /* its publisher waits for none of them */

    /* Reported. */
    uint64_t begun, ended; /* ticks at the consumer */
    uint64_t start;        /* tick at which the first timed message is due, at the producer */
    uint64_t *sent;        /* ticks at the producer, for each burst */
    uint64_t *received;    /* ticks at the consumer, for each message or burst; or round trips */
    uint64_t lost;         /* messages that did not arrive, where some may be lost */
    uint64_t published;    /* messages in all, where some may be lost; else 0 */
    uint64_t told[2];      /* how many of them publisher and subscriber say were lost */
    bench_usage usage[2];  /* of the near side, of the far side */

    __attribute__((aligned(128)))
    uint64_t acknowledged;                          /* bursts that the consumer has had in full */
    __attribute__((aligned(128))) uint64_t arrived; /* sides that are ready */
    __attribute__((aligned(128))) char guard[128];
} bench_run;

/* Spins for a while, or sleeps if the while is 5 ms or more. */
void bench_wait_gap(uint64_t ticks);

/* Says what is wrong with the message that came in place of number `expected`; ends the program
 * with 1. */
void bench_wrong(const bench_run *run, const uint64_t *words, uint32_t count, uint64_t expected)
    __attribute__((noreturn, cold));

#ifdef __cplusplus
}
#endif
#endif
