#define _GNU_SOURCE
#include "harness/pair.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "harness/clock.h"

enum {
    SLEEP_FROM_NS = 5000000, /* a longer gap between bursts is slept, a shorter one spun */
    REST_PART = 8            /* of the time that a run took */
};

typedef struct far_side {
    bench_run *run;
    bench_side *side;
    const bench_placement *placement;
} far_side;

static const bench_run *watched;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

static void give_up(int signal)
{
    (void)signal;
    say("bench: ");
    say(watched->contender != NULL ? watched->contender->name : "a floor");
    say(" did not finish ");
    say(watched->scenario);
    say(": a message was lost, or a side was never woken\n");
    _exit(1);
}

void bench_wrong(const bench_run *run, const uint64_t *words, uint32_t count, uint64_t expected)
{
    const uint64_t first = count > 0 ? words[0] : 0;
    bool is_whole = count > 0;

    for (uint32_t k = 0; k < count; k++)
        is_whole = is_whole && words[k] == first + k;
    fprintf(stderr, "bench: %s, %s: in place of message %llu came ", run->contender->name,
            run->scenario, (unsigned long long)expected);
    if (count == 0)
        fputs("nothing\n", stderr);
    else if (!is_whole)
        fputs("a torn one\n", stderr);
    else
        fprintf(stderr, "message %llu: %s\n", (unsigned long long)(first - 1),
                first - 1 > expected ? "some were lost" : "one came twice, or out of order");
    fflush(NULL);
    _exit(1);
}

void bench_wait_gap(uint64_t ticks)
{
    const uint64_t until = bench_ticks() + ticks;
    const double ns = bench_ns(ticks);

    if (ns >= SLEEP_FROM_NS) {
        struct timespec gap;

        gap.tv_sec = (time_t)(ns / 1e9);
        gap.tv_nsec = (long)(ns - 1e9 * (double)gap.tv_sec);
        nanosleep(&gap, NULL);
        return;
    }
    while (bench_ticks() < until)
        bench_spin_hint();
}

/* What the calling thread has used so far. */
static bench_usage usage_now(void)
{
    struct timespec cpu;
    struct rusage usage;
    bench_usage now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    getrusage(RUSAGE_THREAD, &usage);
    now.wall_ns = bench_monotonic_ns();
    now.cpu_ns = (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec;
    now.switches = (uint64_t)usage.ru_nivcsw;
    return now;
}

static bench_usage usage_since(bench_usage before)
{
    bench_usage usage = usage_now();

    usage.wall_ns -= before.wall_ns;
    usage.cpu_ns -= before.cpu_ns;
    usage.switches -= before.switches;
    return usage;
}

static void meet(bench_run *run, uint64_t sides)
{
    __atomic_fetch_add(&run->arrived, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&run->arrived, __ATOMIC_ACQUIRE) < sides)
        bench_spin_hint();
}

static void *run_far(void *argument)
{
    const far_side *far = argument;
    bench_usage before;

    if (!bench_pin(far->placement->processors[1])) {
        say("bench: a thread could not be pinned\n");
        _exit(2);
    }
    if (far->placement->fifo)
        bench_be_fifo();
    meet(far->run, 2);
    before = usage_now();
    far->side(far->run);
    far->run->usage[1] = usage_since(before);
    return NULL;
}

/* Linux takes the processor from real-time threads that use more than 95 % of a second: stay below
 * it. */
static void rest(const bench_run *run)
{
    const uint64_t ns = run->usage[1].cpu_ns / REST_PART;
    struct timespec pause;

    pause.tv_sec = (time_t)(ns / 1000000000u);
    pause.tv_nsec = (long)(ns % 1000000000u);
    nanosleep(&pause, NULL);
}

void bench_run_sides(bench_run *run, bench_side *near, bench_side *far,
                     const bench_placement *placement, unsigned limit_s)
{
    far_side other = { run, far, placement };
    bench_usage before;
    pthread_t thread;

    watched = run;
    signal(SIGALRM, give_up);
    alarm(limit_s);
    if (far != NULL && pthread_create(&thread, NULL, run_far, &other) != 0) {
        say("bench: a thread could not be started\n");
        _exit(2);
    }
    meet(run, far != NULL ? 2 : 1);
    before = usage_now();
    near(run);
    run->usage[0] = usage_since(before);
    if (far != NULL) {
        pthread_join(thread, NULL);
        if (placement->fifo)
            rest(run);
    }
    alarm(0);
}
