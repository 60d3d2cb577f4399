/*
 * Sleep sets checked against no sleep sets: random small programs must have the same outcomes with and without. An outcome
 * is what each load returned and what each location holds in the end.
 *
 *     random_programs [COUNT [SEED]]
 */
#include "model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 3, OPS = 4, LOCATIONS = 2, MAX_OUTCOMES = 1 << 16 };

typedef enum op_kind {
    OP_LOAD,
    OP_STORE,
    OP_ADD,
    OP_CAS,
    OP_FENCE,
    OP_AWAIT, /* a spin loop of two rounds */
    OP_WAIT,
    OP_WAKE,
    OP_MEMBARRIER,
    OP_KINDS
} op_kind;

typedef struct op {
    op_kind kind;
    unsigned location;
    uint32_t value;
    model_order order;
} op;

typedef struct outcomes {
    uint64_t hashes[MAX_OUTCOMES]; /* sorted */
    size_t count;
} outcomes;

static op program[THREADS][OPS];
static int lengths[THREADS];
static int thread_numbers[THREADS] = { 0, 1, 2 };
static int threads_used;

static uint32_t memory[LOCATIONS];
static uint32_t seen[THREADS][OPS];
static outcomes *collected;
static uint64_t state;

static uint32_t draw(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % n);
}

/* ---- Outcomes -------------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3) ^ (hash >> 29);
}

static void collect(uint64_t hash)
{
    size_t low = 0, high = collected->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (collected->hashes[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < collected->count && collected->hashes[low] == hash)
        return;
    if (collected->count == MAX_OUTCOMES) {
        fputs("random_programs: too many outcomes\n", stderr);
        exit(2);
    }
    memmove(&collected->hashes[low + 1], &collected->hashes[low], (collected->count - low) * sizeof hash);
    collected->hashes[low] = hash;
    collected->count++;
}

/* ---- Programs -------------------------------------------------------------------------------------------------- */

static uint32_t do_op(const op *what, uint32_t *p)
{
    uint64_t expected = what->value - 1;
    uint32_t round;

    switch (what->kind) {
    case OP_LOAD:
        return (uint32_t)model_load(MODEL_SITE, p, sizeof *p, what->order);
    case OP_STORE:
        model_store(MODEL_SITE, p, sizeof *p, what->value, what->order);
        return 0;
    case OP_ADD:
        return (uint32_t)model_rmw(MODEL_SITE, p, sizeof *p, MODEL_ADD, 16, what->order);
    case OP_CAS:
        model_cas(MODEL_SITE, p, sizeof *p, &expected, what->value, what->order, MODEL_RELAXED);
        return (uint32_t)expected;
    case OP_MEMBARRIER:
        model_membarrier(MODEL_SITE);
        break;
    case OP_FENCE:
        model_fence(MODEL_SITE, what->order);
        return 0;
    case OP_AWAIT:
        for (round = 0; round < 2 && model_load(MODEL_SITE, p, sizeof *p, MODEL_RELAXED) == 0; round++)
            model_pause(MODEL_SITE);
        return round;
    case OP_WAIT:
        return model_futex_wait(MODEL_SITE, p, 0, 1);
    case OP_WAKE:
        model_futex_wake(MODEL_SITE, p, 1);
        return 0;
    case OP_KINDS:
        break;
    }
    return 0;
}

static void run_thread(void *arg)
{
    int t = *(int *)arg;

    for (int i = 0; i < lengths[t]; i++)
        seen[t][i] = do_op(&program[t][i], &memory[program[t][i].location]);
}

static void run_program(void)
{
    uint64_t hash = 7;

    memset(memory, 0, sizeof memory);
    memset(seen, 0, sizeof seen);
    for (int t = 0; t < threads_used; t++)
        model_thread("T", run_thread, &thread_numbers[t]);
    model_join();
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < OPS; i++)
            hash = mix(hash, seen[t][i]);
    for (int l = 0; l < LOCATIONS; l++)
        hash = mix(hash, model_load(MODEL_SITE, &memory[l], sizeof memory[l], MODEL_RELAXED));
    collect(hash);
}

static model_order draw_order(op_kind kind)
{
    static const model_order loads[] = { MODEL_RELAXED, MODEL_ACQUIRE };
    static const model_order stores[] = { MODEL_RELAXED, MODEL_RELEASE };
    static const model_order both[] = { MODEL_RELAXED, MODEL_ACQUIRE, MODEL_RELEASE, MODEL_ACQ_REL };
    static const model_order fences[] = { MODEL_SEQ_CST, MODEL_SEQ_CST, MODEL_ACQUIRE, MODEL_RELEASE };

    switch (kind) {
    case OP_LOAD:
        return loads[draw(2)];
    case OP_STORE:
        return stores[draw(2)];
    case OP_FENCE:
        return fences[draw(4)];
    default:
        return both[draw(4)];
    }
}

static void draw_program(void)
{
    threads_used = 2 + (int)draw(2);
    for (int t = 0; t < threads_used; t++) {
        lengths[t] = threads_used == 2 ? 2 + (int)draw(3) : 1 + (int)draw(3);
        for (int i = 0; i < lengths[t]; i++) {
            op_kind kind = (op_kind)draw(OP_KINDS);

            program[t][i] = (op){ draw(3) ? kind : (op_kind)draw(2), draw(LOCATIONS), 1 + draw(2), MODEL_RELAXED };
            program[t][i].order = draw_order(program[t][i].kind);
        }
    }
}

/* ---- Comparing ------------------------------------------------------------------------------------------------- */

static model_result explore(outcomes *into, bool every_order)
{
    model_options options = { .quiet = true, .every_order = every_order, .max_executions = 300000, .stale_rounds = 8 };

    collected = into;
    into->count = 0;
    return model_explore(run_program, &options);
}

static void print_program(void)
{
    static const char *const kinds[] = { "load", "store", "add", "cas", "fence", "await", "wait", "wake", "membarrier" };

    for (int t = 0; t < threads_used; t++)
        for (int i = 0; i < lengths[t]; i++)
            printf("  T%d: %s location %u value %u order %d\n", t, kinds[program[t][i].kind], program[t][i].location,
                   program[t][i].value, (int)program[t][i].order);
}

int main(int argc, char **argv)
{
    static outcomes fast, full;
    long count = argc > 1 ? atol(argv[1]) : 300;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    uint64_t fast_total = 0, full_total = 0;
    long compared = 0, wrong = 0;

    for (long i = 0; i < count; i++) {
        model_result a, b;

        state = (seed << 20) + (uint64_t)i;
        draw_program();
        b = explore(&full, true);
        if (!b.complete || b.failed)
            continue;
        a = explore(&fast, false);
        compared++;
        fast_total += a.executions + a.pruned;
        full_total += b.executions;
        if (a.failed || a.executions > b.executions || fast.count != full.count ||
            memcmp(fast.hashes, full.hashes, fast.count * sizeof fast.hashes[0]) != 0) {
            printf("program %ld of seed %" PRIu64 ": %zu outcomes with sleep sets, %zu without\n", i, seed, fast.count,
                   full.count);
            print_program();
            wrong++;
        }
    }
    printf("random programs: %ld compared, seed %" PRIu64 ", %ld differ; %" PRIu64 " executions with sleep sets, %" PRIu64
           " without\n", compared, seed, wrong, fast_total, full_total);
    return wrong != 0 || compared == 0;
}
