/*
 * Memory as messages and views.
 *
 * Each location has a list of messages, its modification order. A view says, for each location, which message is the
 * oldest that may still be read: everything before it has been overwritten, as far as whoever holds the view can know. A
 * message carries the view that its writer released with it; an acquire load joins it to the reader's own. Beside the
 * messages a view carries a vector clock: what happens before, for the race detector.
 *
 * After "A Promising Semantics for Relaxed-Memory Concurrency" (Kang, Hur, Lahav, Vafeiadis, Dreyer, POPL 2017) without
 * promises, which leaves RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017): coherence, release sequences through
 * read-modify-writes (as C++20 has them: a plain store ends one), fences, no load buffering.
 */
#ifndef MODEL_MEMORY_H
#define MODEL_MEMORY_H

#include "model.h"

enum {
    MAX_THREADS = 8,
    MAX_LOCATIONS = 48,
    MAX_MESSAGES = 64 /* of one location in one execution */
};

typedef struct view {
    uint8_t seen[MAX_LOCATIONS];  /* index of the oldest message that may still be read */
    uint16_t clock[MAX_THREADS];  /* what happens before, a step count for each thread */
} view;

typedef struct message {
    uint64_t value;
    view released;  /* what a reader learns that acquires */
    uint32_t born;  /* the step that wrote it; 0: it was there from the start */
    int8_t writer;  /* the thread that wrote it */
    bool by_rmw;    /* then nothing may come between it and its predecessor */
} message;

typedef struct location {
    uintptr_t address;
    uint8_t bytes;
    uint8_t count;
    message messages[MAX_MESSAGES];
} location;

/* What one thread knows. */
typedef struct knowledge {
    view current;  /* governs what its loads may return */
    view acquired; /* what it has read by now, for a later acquire fence */
    view released; /* what it knew at its last release fence, for a later relaxed store */
} knowledge;

void memory_reset(void);

/* The number of the location at p; a new one starts with what lies in memory there. */
unsigned memory_locate(const model_site *site, const volatile void *p, size_t bytes);
const location *memory_location(unsigned number);

static inline unsigned memory_newest(unsigned number)
{
    return memory_location(number)->count - 1u;
}

/* Gives the location a new initial value: before there are threads. */
void memory_initialise(unsigned number, uint64_t value);

/* Whether a store may land right after the message at `index`. */
bool memory_has_room_after(unsigned number, unsigned index);

/* `who` reads the message at `index`. */
void memory_read(knowledge *who, unsigned number, unsigned index, model_order order);

typedef struct memory_store {
    unsigned location;
    unsigned index;       /* where in the modification order it lands: those from there on move up */
    uint64_t value;
    model_order order;
    bool by_rmw;          /* it carries on the release sequence of the message before it */
    int thread;
    uint32_t step;
} memory_store;

void memory_write(knowledge *who, const memory_store *store);

/* A fence of any order. The caller counts the thread's clock on. */
void memory_fence(knowledge *who, model_order order);

/* A barrier through something that everyone passes in turn, kept in *shared: orders memory, gives no happens-before. */
void memory_barrier(knowledge *who, view *shared);

/* As model_membarrier: thread `number` sees what each of the others has stored, and they see what it has. */
void memory_barrier_for_all(int number);

/* Whether the thread has stored to the location. */
bool memory_has_stored(int thread, unsigned location);

void memory_join_views(view *into, const view *from);

/* Views that are not held by threads or messages must be told to memory, since stores in the middle move indices. */
void memory_watch_thread(knowledge *who);
void memory_watch_view(view *v);

static inline bool order_acquires(model_order order)
{
    return order == MODEL_ACQUIRE || order == MODEL_ACQ_REL || order == MODEL_SEQ_CST;
}

static inline bool order_releases(model_order order)
{
    return order == MODEL_RELEASE || order == MODEL_ACQ_REL || order == MODEL_SEQ_CST;
}

#endif
