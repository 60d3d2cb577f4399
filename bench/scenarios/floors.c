/*
 * What the machine itself takes, without any queue: cache lines handed over between the two
 * processors. No queue can be expected to beat these, though one that needs fewer lines than the
 * floor for its scenario does.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/clock.h"
#include "harness/pace.h"
#include "harness/pair.h"
#include "scenario.h"

enum { LINE = 64, WORDS = LINE / 8, CHUNK_LINES = 1024, CHUNKS = 8, LIMIT_S = 60 };

typedef struct padded {
    __attribute__((aligned(128))) uint64_t word;
} padded;

static padded there, back;

static bench_run run_of(const bench_settings *settings, const char *what, double messages)
{
    bench_run run;

    memset(&run, 0, sizeof run);
    run.scenario = what;
    run.pause = settings->pause;
    run.messages = bench_count(&run, settings, messages);
    run.warm_up = 1000;
    __atomic_store_n(&there.word, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&back.word, 0, __ATOMIC_SEQ_CST);
    return run;
}

static inline void await(const uint64_t *word, uint64_t value, bool pause)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
        if (pause)
            bench_spin_hint();
}

/* Returns the median of latencies that `run` is to collect, in ns. */
static double median_of(bench_run *run, const bench_settings *settings, bench_side *near,
                        bench_side *far)
{
    double median;

    run->received = malloc(run->messages * sizeof *run->received);
    if (run->received == NULL)
        abort();
    bench_run_sides(run, near, far, &settings->placement, LIMIT_S);
    median = bench_median_latency(run);
    free(run->received);
    return median;
}

/* ---- lines in bulk -------------------------------------------------------------------------- */

static struct chunk {
    padded full, empty; /* how often it has been filled, and emptied */
    __attribute__((aligned(128))) uint64_t words[CHUNK_LINES * WORDS];
} * chunks;

static void fill_lines(bench_run *run)
{
    for (uint64_t i = 0; i < run->warm_up + run->messages; i++) {
        struct chunk *chunk = &chunks[i % CHUNKS];

        await(&chunk->empty.word, i / CHUNKS, run->pause);
        for (uint64_t k = 0; k < CHUNK_LINES * WORDS; k++)
            chunk->words[k] = i + k;
        __atomic_store_n(&chunk->full.word, i / CHUNKS + 1, __ATOMIC_RELEASE);
    }
}

static void read_lines(bench_run *run)
{
    const bench_contender floor = { .name = "raw lines" };

    run->contender = &floor;
    for (uint64_t i = 0; i < run->warm_up + run->messages; i++) {
        struct chunk *chunk = &chunks[i % CHUNKS];
        uint64_t difference = 0;

        if (i == run->warm_up)
            run->begun = bench_ticks_ordered();
        await(&chunk->full.word, i / CHUNKS + 1, run->pause);
        for (uint64_t k = 0; k < CHUNK_LINES * WORDS; k++)
            difference |= chunk->words[k] ^ (i + k);
        if (difference != 0)
            bench_wrong(run, chunk->words, CHUNK_LINES * WORDS, i);
        __atomic_store_n(&chunk->empty.word, i / CHUNKS + 1, __ATOMIC_RELEASE);
    }
    run->ended = bench_ticks_ordered();
    run->contender = NULL;
}

/* ns for the bytes of a message when whole lines are handed over 64 KB at a time, 8 such in flight.
 */
double bench_floor_lines(const bench_settings *settings, const bench_point *point)
{
    bench_run run = run_of(settings, "raw lines", 500);

    run.warm_up = 2 * CHUNKS;
    chunks = bench_memory(CHUNKS * sizeof *chunks);
    if (chunks == NULL)
        abort();
    bench_run_sides(&run, read_lines, fill_lines, &settings->placement, LIMIT_S);
    bench_memory_free(chunks, CHUNKS * sizeof *chunks);
    return bench_ns_per_message(&run, settings) / CHUNK_LINES * point->bytes / LINE;
}

/* ---- ping-pong ------------------------------------------------------------------------------ */

static inline void note(bench_run *run, uint64_t i, uint64_t *last)
{
    const uint64_t now = bench_ticks_ordered();

    if (i >= run->warm_up)
        run->received[i - run->warm_up] = now - *last;
    *last = now;
}

static void ask_two_lines(bench_run *run)
{
    uint64_t last = bench_ticks_ordered();

    for (uint64_t i = 0; i < run->warm_up + run->messages; i++) {
        __atomic_store_n(&there.word, i + 1, __ATOMIC_RELEASE);
        await(&back.word, i + 1, run->pause);
        note(run, i, &last);
    }
}

static void answer_two_lines(bench_run *run)
{
    for (uint64_t i = 0; i < run->warm_up + run->messages; i++) {
        await(&there.word, i + 1, run->pause);
        __atomic_store_n(&back.word, i + 1, __ATOMIC_RELEASE);
    }
}

double bench_floor_two_lines(const bench_settings *settings, const bench_point *point)
{
    bench_run run = run_of(settings, "raw, two lines", 20e3);

    (void)point;
    return median_of(&run, settings, ask_two_lines, answer_two_lines);
}

static void ask_one_line(bench_run *run)
{
    uint64_t last = bench_ticks_ordered();

    for (uint64_t i = 0; i < run->warm_up + run->messages; i++) {
        __atomic_store_n(&there.word, 2 * i + 1, __ATOMIC_RELEASE);
        await(&there.word, 2 * i + 2, run->pause);
        note(run, i, &last);
    }
}

static void answer_one_line(bench_run *run)
{
    for (uint64_t i = 0; i < run->warm_up + run->messages; i++) {
        await(&there.word, 2 * i + 1, run->pause);
        __atomic_store_n(&there.word, 2 * i + 2, __ATOMIC_RELEASE);
    }
}

double bench_floor_one_line(const bench_settings *settings, const bench_point *point)
{
    bench_run run = run_of(settings, "raw, one line", 20e3);

    (void)point;
    return median_of(&run, settings, ask_one_line, answer_one_line);
}

/* ---- one line one way ----------------------------------------------------------------------- */

enum { GAP_NS = 3000 };

/* Sends the time itself, and waits until the other side has had a look. */
static void send_time(bench_run *run)
{
    for (uint64_t i = 0; i < run->messages; i++) {
        bench_wait_gap(run->gap_ticks);
        __atomic_store_n(&there.word, bench_ticks_ordered(), __ATOMIC_RELEASE);
        await(&back.word, i + 1, true);
    }
}

static void receive_time(bench_run *run)
{
    uint64_t last = 0;

    for (uint64_t i = 0; i < run->messages; i++) {
        uint64_t sent;

        while ((sent = __atomic_load_n(&there.word, __ATOMIC_ACQUIRE)) == last)
            if (run->pause)
                bench_spin_hint();
        run->received[i] = bench_ticks_ordered();
        run->sent[i] = last = sent;
        __atomic_store_n(&back.word, i + 1, __ATOMIC_RELEASE);
    }
    /* The latencies are what median_of expects. */
    for (uint64_t i = 0; i < run->messages; i++) {
        const uint64_t received = run->received[i] + run->start;

        run->received[i] = received > run->sent[i] ? received - run->sent[i] : 0;
    }
}

double bench_floor_one_way(const bench_settings *settings, const bench_point *point)
{
    bench_run run = run_of(settings, "raw, one way", 5e3);
    double median;

    (void)point;
    run.gap_ticks = bench_ticks_of_ns(GAP_NS);
    run.start = settings->skew.corrected ? (uint64_t)settings->skew.ticks : 0;
    run.sent = malloc(run.messages * sizeof *run.sent);
    if (run.sent == NULL)
        abort();
    median = median_of(&run, settings, receive_time, send_time);
    free(run.sent);
    return median;
}

/* ---- the pace ------------------------------------------------------------------------------- */

enum { PACE_MESSAGES = 100000 };

/* Where the near side runs: the two processors are taken to be alike. */
double bench_floor_pace(const bench_settings *settings, const bench_point *point)
{
    const double n = PACE_MESSAGES * settings->effort;

    return bench_pace_alone(n < 1000 ? 1000 : (uint64_t)n, bench_steps_of_ns(point->x));
}

/* ---- messages written into memory, on one thread ------------------------------------------------
 */

enum { WRITTEN_BYTES = 10000000, WRITTEN_MOST = 100000 };

static struct {
    uint64_t *words;
    uint32_t bytes, slots;
    bool reads;
} written;

static inline __attribute__((always_inline)) void write_messages(bench_run *run, uint32_t n)
{
    const uint64_t mask = written.slots - 1;
    const bool reads = written.reads;

    for (uint64_t i = 0; i < run->warm_up + run->messages; i++) {
        uint64_t *message = written.words + (i & mask) * n, difference = 0;

        if (i == run->warm_up)
            run->begun = bench_ticks_ordered();
        for (uint32_t k = 0; k < n; k++)
            message[k] = i + 1 + k;
        __asm__ volatile("" ::: "memory");
        for (uint32_t k = 0; reads && k < n; k++)
            difference |= message[k] ^ (i + 1 + k);
        __asm__ volatile("" ::"r"(difference));
    }
    run->ended = bench_ticks_ordered();
}

/* The sizes of the scenarios as constants, as the contenders have them. */
static void write_near(bench_run *run)
{
    switch (written.bytes) {
    case 8:
        write_messages(run, 1);
        break;
    case 56:
        write_messages(run, 7);
        break;
    case 120:
        write_messages(run, 15);
        break;
    case 256:
        write_messages(run, 32);
        break;
    case 1024:
        write_messages(run, 128);
        break;
    case 4096:
        write_messages(run, 512);
        break;
    default:
        write_messages(run, written.bytes / 8);
    }
}

static double floor_of_writing(const bench_settings *settings, const bench_point *point, bool reads)
{
    const uint32_t most = WRITTEN_BYTES / point->bytes;
    const size_t bytes = (size_t)point->slots * point->bytes;
    bench_run run = run_of(settings, "raw, written", most < WRITTEN_MOST ? most : WRITTEN_MOST);

    run.warm_up = 2 * point->slots;
    written.words = bench_memory(bytes);
    written.bytes = point->bytes;
    written.slots = point->slots;
    written.reads = reads;
    if (written.words == NULL)
        abort();
    bench_run_sides(&run, write_near, NULL, &settings->placement, LIMIT_S);
    bench_memory_free(written.words, bytes);
    return bench_ns_per_message(&run, settings);
}

double bench_floor_write(const bench_settings *settings, const bench_point *point)
{
    return floor_of_writing(settings, point, false);
}

double bench_floor_write_and_read(const bench_settings *settings, const bench_point *point)
{
    return floor_of_writing(settings, point, true);
}
