/*
 * What the tests share: checks that threads may use, a seeded random sequence, messages that
 * carry their own proof, and a watchdog, for a lost wake-up shows as a hang.
 *
 * RINGC_SEED repeats a run; RINGC_STRESS_MESSAGES sets the length of one stress run.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "q/types.h"

#define MS               UINT64_C(1000000)
#define A_WHILE          (3 * MS)     /* long enough for another thread to fall asleep, mostly */
#define PATIENCE_NS      (20000 * MS) /* nothing that works takes as long */
#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A check for any thread: cmocka's asserts jump, so only the main thread may use those. */
#define REQUIRE(condition)                                                                         \
    ((condition) ? (void)0 : required(#condition, __FILE__, __LINE__, __func__))

static inline void required(const char *condition, const char *file, int line, const char *where)
{
    fprintf(stderr, "%s:%d: %s: not true: %s\n", file, line, where, condition);
    fflush(NULL);
    abort();
}

/* ---- Settings from the environment -------------------------------------------------------- */

static inline uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL && *text != '\0' ? strtoull(text, NULL, 0) : otherwise;
}

static uint64_t the_seed;

/* Picks and prints the seed, and ends the program when it hangs. */
static inline void begin(const char *name)
{
    the_seed = setting("RINGC_SEED", ringc_now_ns());
    printf("%s: RINGC_SEED=%" PRIu64 "\n", name, the_seed);
    fflush(stdout);
    alarm((unsigned)setting("RINGC_TEST_TIMEOUT", 300));
}

static inline size_t stress_messages(void)
{
    return (size_t)setting("RINGC_STRESS_MESSAGES", 3000);
}

/* ---- Random numbers ----------------------------------------------------------------------- */

static inline uint64_t mixed(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

struct dice {
    uint64_t state;
};

/* Dice that fall alike for one seed and `salt`. */
static inline struct dice dice_of(uint64_t salt)
{
    struct dice dice = { mixed(the_seed ^ mixed(salt)) };

    return dice;
}

/* A number below `n`. */
static inline size_t roll(struct dice *dice, size_t n)
{
    dice->state += UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed(dice->state) % n);
}

/* ---- Messages that carry their own proof -------------------------------------------------- */

static inline uint32_t check_of(const q_item *item)
{
    return (uint32_t)(mixed(item->seq ^ mixed(item->value ^ item->producer)) >> 16);
}

static inline q_item item_of(uint32_t producer, uint64_t seq)
{
    q_item item = { seq, 0, producer, 0 };

    item.value = mixed(seq);
    item.check = check_of(&item);
    return item;
}

static inline void items_of(q_item *items, size_t n, uint32_t producer, uint64_t first)
{
    for (size_t i = 0; i < n; ++i)
        items[i] = item_of(producer, first + i);
}

static inline bool is_whole(const q_item *item)
{
    return item->value == mixed(item->seq) && item->check == check_of(item);
}

/* Where sequences start: around every power of two that some width could take for special. */
static const ringc_seq first_sequences[] = {
    (ringc_seq)0,
    (ringc_seq)((UINT64_C(1) << 16) - 1),
    (ringc_seq)((UINT64_C(1) << 16) + 1),
    (ringc_seq)((UINT64_C(1) << 31) - 1),
    (ringc_seq)((UINT64_C(1) << 31) + 1),
    (ringc_seq)((UINT64_C(1) << 32) - 2),
    (ringc_seq)((UINT64_C(1) << 32) + 2),
    (ringc_seq)((UINT64_C(1) << 63) - 1),
    (ringc_seq)((UINT64_C(1) << 63) + 1),
    (ringc_seq)(UINT64_MAX - 2), /* 2^64 - 3 */
};

/* ---- Threads ------------------------------------------------------------------------------ */

static inline pthread_t started(void *(*body)(void *), void *arg)
{
    pthread_t thread;

    REQUIRE(pthread_create(&thread, NULL, body, arg) == 0);
    return thread;
}

static inline void joined(pthread_t thread)
{
    REQUIRE(pthread_join(thread, NULL) == 0);
}

#define RAISE_FLAG(flag) __atomic_store_n((flag), 1u, __ATOMIC_RELEASE)
#define IS_RAISED(flag)  (__atomic_load_n((flag), __ATOMIC_ACQUIRE) != 0)

/* Waits until another thread raises a flag. */
static inline void await_flag(const uint32_t *flag)
{
    while (!IS_RAISED(flag))
        ringc_yield();
}

#endif /* SUPPORT_H */
