/*
 * The model: what a harness, and ringc_model.h for the generated headers, may use.
 *
 * A test is a function without arguments that is run again and again, each time under another schedule and with other
 * choices of what its loads read, until all have been seen (or for a number of random runs):
 *
 *     static void test(void)
 *     {
 *         queue_init(&queue);                   // alone: nothing to choose yet
 *         model_thread("producer", produce, NULL);
 *         model_thread("consumer", consume, NULL);
 *         model_join();                         // they run now
 *         model_assert(everything_arrived());   // alone again
 *     }
 *
 * It must do the same thing each time but for what it reads through the model, and set up its memory itself.
 *
 * The memory model is C11 as repaired by RC11 (Lahav et al., PLDI 2017), told operationally with views as in the promising
 * semantics without promises (Kang et al., POPL 2017): a load may return any message of its location that is not older
 * than what its thread has seen, a store may land in the middle of a location's modification order. Not in it: load
 * buffering (a load never sees a store that comes later in some thread's program order), accesses of several sizes to one
 * location, seq_cst accesses (seq_cst fences are there), consume.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Where in the source a step was written -------------------------------------------------------------------- */

typedef struct model_site {
    const char *file;
    int line;
    const char *function;
} model_site;

#define MODEL_SITE \
    __extension__({ static const model_site site_ = { __FILE__, __LINE__, __func__ }; &site_; })

/* ---- Steps of a thread ----------------------------------------------------------------------------------------- */

typedef enum model_order { MODEL_RELAXED, MODEL_ACQUIRE, MODEL_RELEASE, MODEL_ACQ_REL, MODEL_SEQ_CST } model_order;
typedef enum model_rmw_op { MODEL_EXCHANGE, MODEL_ADD, MODEL_SUB, MODEL_OR, MODEL_AND } model_rmw_op;

uint64_t model_load(const model_site *site, const volatile void *p, size_t bytes, model_order order);
void model_store(const model_site *site, volatile void *p, size_t bytes, uint64_t value, model_order order);
uint64_t model_rmw(const model_site *site, volatile void *p, size_t bytes, model_rmw_op op, uint64_t operand,
                   model_order order);

/* Strong compare-and-swap. On failure *expected is what was read, with order `failed`. */
bool model_cas(const model_site *site, volatile void *p, size_t bytes, uint64_t *expected, uint64_t desired,
               model_order done, model_order failed);
void model_fence(const model_site *site, model_order order);

/*
 * As ringc_membarrier: a fence on every thread. Less than the kernel gives: what the caller has stored by now, the others see
 * from now on, and the reverse; two others learn nothing of each other, and nobody happens before anybody.
 */
void model_membarrier(const model_site *site);

/* One word between a slot, where it is a relaxed atomic, and a message, where it is plain and private. */
void model_word_store(const model_site *site, void *slot, const void *message, size_t bytes);
void model_word_load(const model_site *site, void *message, const void *slot, size_t bytes);

/* A plain access comes next: it must be ordered by happens-before with every access that conflicts with it. */
void model_plain_read(const model_site *site, const void *p, size_t bytes);
void model_plain_write(const model_site *site, const void *p, size_t bytes);

/* One turn of a spin loop: the thread goes on when something that it read since its last pause has changed. */
void model_pause(const model_site *site);

/* As ringc_futex_wait and ringc_futex_wake. A sleep with a timeout may time out at any moment. */
bool model_futex_wait(const model_site *site, uint32_t *word, uint32_t expected, uint64_t timeout_ns);
void model_futex_wake(const model_site *site, uint32_t *word, uint32_t count);

/* A clock for each thread; it moves when that thread sleeps, times out, or spins while nobody else can run. */
uint64_t model_now_ns(void);
void model_sleep(const model_site *site, uint64_t ns);

/* ---- A test ---------------------------------------------------------------------------------------------------- */

/* Adds a thread. `name` is kept: give a literal. */
void model_thread(const char *name, void (*body)(void *), void *arg);

/* As model_thread; the thread may be killed before any of its steps, as by SIGKILL. */
void model_killable_thread(const char *name, void (*body)(void *), void *arg);

/* Runs the threads to their ends. What they did happens before what comes after. */
void model_join(void);

/* Whether the thread that calls could have been killed, and how many were. */
unsigned model_killed(void);

/* Any of 0 .. n-1; all of them are explored. */
unsigned model_choose(unsigned n);

/* How the story shall call the memory at p. `name` is kept: give a literal, or memory that stays. */
void model_name(const volatile void *p, size_t bytes, const char *name);

/* Nothing may touch these bytes: an access fails. */
void model_guard(const volatile void *p, size_t bytes);

/* A line in the story, said by the thread that calls. */
void model_note(const model_site *site, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the execution as failed, and with it the exploration. */
_Noreturn void model_fail(const model_site *site, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define model_assert(condition) \
    do { \
        if (!(condition)) \
            model_fail(MODEL_SITE, "this does not hold: %s", #condition); \
    } while (0)

/* ---- Exploring ------------------------------------------------------------------------------------------------- */

typedef struct model_options {
    uint64_t random_runs;    /* 0: exhaustive, depth first with sleep sets */
    uint64_t seed;           /* of the random runs */
    uint64_t first_run;      /* number of the first random run: repeats one that failed */
    uint64_t max_executions; /* 0: no bound */
    double max_seconds;      /* 0: no bound */
    unsigned stale_rounds;   /* how many rounds of a spin loop may read the same outdated message; 0: the default, 2 */
    bool every_order;        /* no sleep sets: every interleaving, to check the explorer itself */
    bool quiet;              /* no story */
} model_options;

typedef struct model_result {
    bool failed;
    bool complete;       /* all executions were seen, or all random runs done */
    uint64_t executions; /* run to their ends */
    uint64_t pruned;     /* given up half-way: equivalent to one that was seen */
    uint64_t steps;
    double seconds;
    uint64_t failed_run; /* its number, of the random runs */
    char message[512];
} model_result;

/* Explores `test`. On failure prints the story of the failing execution on stdout unless options->quiet. */
model_result model_explore(void (*test)(void), const model_options *options);

#endif
