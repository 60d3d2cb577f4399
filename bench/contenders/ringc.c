/*
 * The generated queues of ringc; BENCH_CHANNEL is the channel's name in the schema (see points.py).
 * The only contender that is compiled for each number of slots: that is what a generator is for.
 *
 * In the streams: `full: reject`, `wait: spin`, and one of the goals of `tune`, balanced, latency
 * or throughput. With BENCH_WAITING, in the wake-up: `full: block` and one of the wait strategies.
 */
#define PASTE_(a, b, c) a##b##c
#define PASTE(a, b, c)  PASTE_(a, b, c)
#define CHANNEL(suffix) PASTE(grid_, BENCH_CHANNEL, suffix)

#include BENCH_HEADER
#define BENCH_VERSION RINGC_VERSION

#define BENCH_MESSAGE PASTE(grid_m, BENCH_BYTES, )
#include "contender.h"

typedef CHANNEL() queue;
typedef CHANNEL(_producer) producer;
typedef CHANNEL(_consumer) consumer;

static queue *queue_create(uint32_t slots)
{
    queue *q = (queue *)bench_memory(sizeof *q);

    (void)slots;
    if (q != NULL && CHANNEL(_init)(q, 0) != RINGC_OK) {
        bench_memory_free(q, sizeof *q);
        return NULL;
    }
    return q;
}

static void queue_destroy(queue *q)
{
    CHANNEL(_destroy)(q);
    bench_memory_free(q, sizeof *q);
}

static bool queue_is_empty(queue *q)
{
    return CHANNEL(_is_empty)(q);
}

static producer producer_open(queue *q)
{
    producer p;

    if (CHANNEL(_producer_open)(q, &p) != RINGC_OK)
        __builtin_trap();
    return p;
}

static consumer consumer_open(queue *q)
{
    consumer c;

    if (CHANNEL(_consumer_open)(q, &c) != RINGC_OK)
        __builtin_trap();
    return c;
}

static void producer_close(producer *p)
{
    CHANNEL(_producer_close)(p);
}

static void consumer_close(consumer *c)
{
    CHANNEL(_consumer_close)(c);
}

#ifdef BENCH_WAITING

static inline bool push(producer *p, const message *m)
{
    return CHANNEL(_push)(p, m) == RINGC_OK;
}

static inline bool pop(consumer *c, message *m)
{
    return CHANNEL(_pop)(c, m) == RINGC_OK;
}

#else

static inline bool push(producer *p, const message *m)
{
    return CHANNEL(_try_push)(p, m) == RINGC_OK;
}

static inline bool pop(consumer *c, message *m)
{
    return CHANNEL(_try_pop)(c, m) == RINGC_OK;
}

#define BENCH_HAS_BATCH
static inline uint32_t push_n(producer *p, const message *m, uint32_t n)
{
    size_t done;

    return CHANNEL(_try_push_n)(p, m, n, &done) == RINGC_INVALID ? 0 : (uint32_t)done;
}

static inline uint32_t pop_n(consumer *c, message *m, uint32_t n)
{
    size_t done;

    return CHANNEL(_try_pop_n)(c, m, n, &done) == RINGC_INVALID ? 0 : (uint32_t)done;
}

#endif

#include "loops.h"
#ifdef BENCH_WAITING
BENCH_CONTENDER(BENCH_WAKES)
#else
BENCH_CONTENDER(BENCH_STREAMS)
#endif
