/*
 * Streams messages from one thread to another through a generated queue and through two that a
 * user might write instead, and prints what a message costs. See README.md for what the figures
 * mean. Exit status: 0; 1 if a message was lost, doubled, torn or out of order; 2 for trouble.
 */
#define _GNU_SOURCE

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

enum {
    CONTESTANTS = 3,
    ROUNDS = 15,
    WARM_UP_LAPS = 4,
    LOCK_FREE_MESSAGES = 1000000, /* timed in a round */
    LOCKED_MESSAGES = 100000
};

static const char *const names[CONTESTANTS] = { "ringc", "plain ring", "mutex + condvar" };

struct contestant {
    void (*reset)(void);
    void (*produce)(uint64_t n);                    /* the numbers 0 to n - 1 */
    uint64_t (*consume)(uint64_t from, uint64_t n); /* from `from` on; 0 if all were right */
    uint64_t messages;
};

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(2);
}

#define SCENARIO m8_1k
#define MESSAGE  m8
#define CAPACITY 1024
#define BYTES    8
#include "scenario.h"

#define SCENARIO m8_4k
#define MESSAGE  m8
#define CAPACITY 4096
#define BYTES    8
#include "scenario.h"

#define SCENARIO m64_1k
#define MESSAGE  m64
#define CAPACITY 1024
#define BYTES    64
#include "scenario.h"

#define SCENARIO m64_4k
#define MESSAGE  m64
#define CAPACITY 4096
#define BYTES    64
#include "scenario.h"

static const struct {
    const char *name;
    uint64_t capacity;
    const struct contestant *contestants;
} scenarios[] = {
    { " 8 bytes, 1024 slots", 1024, scenario_m8_1k },
    { " 8 bytes, 4096 slots", 4096, scenario_m8_4k },
    { "64 bytes, 1024 slots", 1024, scenario_m64_1k },
    { "64 bytes, 4096 slots", 4096, scenario_m64_4k },
};

/* ---- one run -------------------------------------------------------------------------------- */

static size_t processors[2]; /* the consumer's and the producer's */

static void pin(size_t processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    check(pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0, "pinning a thread");
}

struct job {
    const struct contestant *contestant;
    uint64_t messages;
    pthread_barrier_t *start;
};

static void *produce(void *arg)
{
    const struct job *job = arg;

    pin(processors[1]);
    pthread_barrier_wait(job->start);
    job->contestant->produce(job->messages);
    return NULL;
}

/* Returns ns per message, as the consumer sees it, after some laps that are not timed. */
static double run(const struct contestant *contestant, uint64_t capacity)
{
    const uint64_t warm_up = WARM_UP_LAPS * capacity;
    pthread_barrier_t start;
    struct job job = { contestant, warm_up + contestant->messages, &start };
    pthread_t producer;
    uint64_t begun_ns, ended_ns, wrong;

    contestant->reset();
    pthread_barrier_init(&start, NULL, 2);
    check(pthread_create(&producer, NULL, produce, &job) == 0, "starting a thread");
    pthread_barrier_wait(&start);
    wrong = contestant->consume(0, warm_up);
    begun_ns = ringc_now_ns();
    wrong |= contestant->consume(warm_up, contestant->messages);
    ended_ns = ringc_now_ns();
    pthread_join(producer, NULL);
    pthread_barrier_destroy(&start);
    if (wrong != 0) {
        fputs("bench: a message was lost, doubled, torn or out of order\n", stderr);
        exit(1);
    }
    return (double)(ended_ns - begun_ns) / (double)contestant->messages;
}

/* ---- figures -------------------------------------------------------------------------------- */

struct figures {
    double median, min, max;
};

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct figures figures_of(const double *values)
{
    double sorted[ROUNDS];
    struct figures figures;

    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, ROUNDS, sizeof *sorted, by_size);
    figures.median = sorted[ROUNDS / 2];
    figures.min = sorted[0];
    figures.max = sorted[ROUNDS - 1];
    return figures;
}

/* All rounds of a scenario: every contestant in each, the order rotated from round to round. */
static void compare(size_t scenario)
{
    double ns[CONTESTANTS][ROUNDS], ratios[CONTESTANTS][ROUNDS];

    for (int round = 0; round < ROUNDS; round++) {
        for (int turn = 0; turn < CONTESTANTS; turn++) {
            const int who = (round + turn) % CONTESTANTS;

            ns[who][round] =
                run(&scenarios[scenario].contestants[who], scenarios[scenario].capacity);
        }
        for (int who = 0; who < CONTESTANTS; who++)
            ratios[who][round] = ns[who][round] / ns[0][round];
    }
    printf("\n%s\n", scenarios[scenario].name);
    for (int who = 0; who < CONTESTANTS; who++) {
        const struct figures cost = figures_of(ns[who]), ratio = figures_of(ratios[who]);

        printf("  %-16s %8.2f ns [%8.2f .. %8.2f]", names[who], cost.median, cost.min, cost.max);
        if (who != 0)
            printf("   %6.2f x [%6.2f .. %6.2f]", ratio.median, ratio.min, ratio.max);
        putchar('\n');
    }
    fflush(stdout);
}

/* ---- where --------------------------------------------------------------------------------- */

/* Sets `processors` to the first two that this process may use; false if there is one only. */
static bool find_processors(void)
{
    cpu_set_t allowed;
    int found = 0;

    check(sched_getaffinity(0, sizeof allowed, &allowed) == 0, "sched_getaffinity");
    for (size_t i = 0; i < CPU_SETSIZE && found < 2; i++)
        if (CPU_ISSET(i, &allowed))
            processors[found++] = i;
    return found == 2;
}

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void print_machine(void)
{
    char line[256], model[256] = "unknown processor";
    double load = 0;
    FILE *file = fopen("/proc/cpuinfo", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "model name", 10) == 0 && sscanf(line, "%*[^:]: %255[^\n]", model) == 1)
            break;
    if (file != NULL)
        fclose(file);
    if (getloadavg(&load, 1) != 1)
        load = -1;
    printf("ringc %s; %s, processors %zu and %zu, load %.2f; " COMPILER "; %s\n", RINGC_VERSION,
           model, processors[0], processors[1], load, BENCH_FLAGS);
    if (load > 1.0)
        puts("the machine has been busy with something else: trust nothing below");
}

int main(void)
{
    if (!find_processors()) {
        puts("bench: fewer than 2 processors here: threads that take turns on one say nothing "
             "about a "
             "queue; nothing measured");
        return 0;
    }
    pin(processors[0]);
    print_machine();
    printf("ns per message, median [min .. max] of %d rounds; cost of the others as a multiple of "
           "ringc's "
           "in the same round\n",
           ROUNDS);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        compare(i);
    return 0;
}
