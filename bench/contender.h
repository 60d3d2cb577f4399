/*
 * What a file in contenders/ gives and gets. See README.md, "Adding a contender".
 *
 * Such a file is compiled once for each message size, with BENCH_BYTES set, and is plain code in
 * C11 or C++17: a queue of `message`, a handle for each side, and a few small functions. It ends
 * with
 *
 *     #include "loops.h"
 *     BENCH_CONTENDER(BENCH_STREAMS)
 */
#ifndef BENCH_CONTENDER_H
#define BENCH_CONTENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench_run;
typedef void bench_side(struct bench_run *run);

/* Where a contender takes part, and what is known of it. */
enum {
    BENCH_STREAMS = 1,    /* in all scenarios but the wake-up and the broadcasts */
    BENCH_WAKES = 2,      /* in the wake-up: its pop waits by itself */
    BENCH_SLOW = 4,       /* system calls: fewer messages do, and more would take minutes */
    BENCH_BROADCASTS = 8, /* in the broadcast scenarios */
    BENCH_GATES = 16,     /* in that in which a subscriber holds the publisher */
    BENCH_LOSES = 32      /* in that in which the publisher waits for nobody */
};

typedef struct bench_contender {
    const char *name, *version;
    uint32_t bytes; /* of a message */
    uint32_t slots; /* that it is made for; 0: chosen at run time */
    unsigned traits;
    /* NULL: it could not. Queues look at the slots only. lossy: the publisher waits for nobody. */
    void *(*create)(uint32_t slots, uint32_t subscribers, bool lossy);
    void (*destroy)(void *queue);
    bool (*is_empty)(void *queue);
    /* The two ends of each scenario: see loops.h. */
    bench_side *produce, *consume;
    bench_side *produce_batches, *consume_batches;
    bench_side *send_at_times, *receive_at_times;
    bench_side *send_bursts, *receive_bursts;
    bench_side *ask, *answer;
    bench_side *alternate;
    /* Of broadcasts only: see harness/broadcast_loops.h. */
    uint32_t fewest, most; /* subscribers that it is made for */
    bench_side *publish_alone;
    bench_side *publish_on, *receive_some;
    struct bench_contender *next;
} bench_contender;

/* Adds a contender to those that the program knows; called before main. */
void bench_register(bench_contender *contender);

/* The first of those that the program knows, sorted by name, bytes and slots. */
bench_contender *bench_contenders(void);

/* Zeroed memory on pages of its own, touched; NULL if there is none. For queues that take the
 * caller's. */
void *bench_memory(size_t bytes);
void bench_memory_free(void *memory, size_t bytes);

#ifdef __cplusplus
}
#endif

#ifdef BENCH_BYTES
enum { BENCH_WORDS = BENCH_BYTES / 8, BENCH_BATCH = 64 };
enum { BENCH_SUBSCRIBERS = 10 }; /* of a broadcast, at most */

#ifdef BENCH_MESSAGE /* the contender's own type, which has `words` */
typedef BENCH_MESSAGE message;
#elif defined(__cplusplus)
/* Nameless, because the linker takes templates of the same name for the same, whatever the size. */
namespace {
struct message {
    uint64_t words[BENCH_WORDS];
};
} // namespace
#else
typedef struct message {
    uint64_t words[BENCH_WORDS];
} message;
#endif
#endif

#endif
