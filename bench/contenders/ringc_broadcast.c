/*
 * The generated broadcasts of ringc; BENCH_CHANNEL is the channel's name in the schema (see
 * points.py), made for the number of slots and for at most BENCH_MOST subscribers.
 *
 * BENCH_KIND: overwrite, `full: overwrite`; its subscribers are lossy. gated, `full: block`, with
 * subscribers that hold the publisher, but for the scenario in which it waits for nobody. all_gate,
 * the same with `lossy: false`. All have `wait: spin`; the calls are those that do not wait.
 */
#define PASTE_(a, b, c) a##b##c
#define PASTE(a, b, c)  PASTE_(a, b, c)
#define CHANNEL(suffix) PASTE(grid_, BENCH_CHANNEL, suffix)

#include BENCH_HEADER
#define BENCH_VERSION RINGC_VERSION

#define BENCH_MESSAGE PASTE(grid_m, BENCH_BYTES, )
#include "contender.h"

enum { overwrite, gated, all_gate };

typedef CHANNEL(_producer) publisher;
typedef CHANNEL(_subscriber) subscriber;

typedef struct channel {
    CHANNEL() ring;
    subscriber subscribers[BENCH_SUBSCRIBERS];
    uint32_t n;
} channel;

static channel *channel_create(uint32_t slots, uint32_t subscribers, bool lossy)
{
    channel *ch = (channel *)bench_memory(sizeof *ch);
    const uint32_t reading = lossy || BENCH_KIND == overwrite ? RINGC_LOSSY : RINGC_GATING;

    (void)slots;
    if (ch == NULL)
        return NULL;
    if (CHANNEL(_init)(&ch->ring, 0) != RINGC_OK)
        __builtin_trap();
    for (; ch->n < subscribers; ch->n++)
        if (CHANNEL(_subscribe)(&ch->ring, &ch->subscribers[ch->n], reading) != RINGC_OK)
            __builtin_trap();
    return ch;
}

static void channel_destroy(channel *ch)
{
    for (uint32_t k = 0; k < ch->n; k++)
        CHANNEL(_unsubscribe)(&ch->subscribers[k]);
    CHANNEL(_destroy)(&ch->ring);
    bench_memory_free(ch, sizeof *ch);
}

static bool channel_is_empty(const channel *ch)
{
    for (uint32_t k = 0; k < ch->n; k++)
        if (CHANNEL(_pending)(&ch->subscribers[k]) != 0)
            return false;
    return true;
}

static subscriber *channel_subscriber(channel *ch, uint32_t k)
{
    return &ch->subscribers[k];
}

static publisher publisher_open(channel *ch)
{
    publisher p;

    if (CHANNEL(_producer_open)(&ch->ring, &p) != RINGC_OK)
        __builtin_trap();
    return p;
}

static void publisher_close(publisher *p)
{
    CHANNEL(_producer_close)(p);
}

static inline bool publish(publisher *p, const message *m, uint32_t n)
{
    (void)n;
    return CHANNEL(_try_publish)(p, m) == RINGC_OK;
}

static inline uint64_t publisher_dropped(const publisher *p)
{
    (void)p;
    return 0;
}

static inline bool receive(subscriber *s, message *m)
{
    return CHANNEL(_try_recv)(s, m) == RINGC_OK;
}

static uint64_t subscriber_missed(const subscriber *s)
{
    return CHANNEL(_lagged)(s);
}

#include "harness/broadcast_loops.h"
BENCH_BROADCAST(BENCH_BROADCASTS | (BENCH_KIND != overwrite ? BENCH_GATES : 0) |
                    (BENCH_KIND != all_gate ? BENCH_LOSES : 0),
                BENCH_SLOTS, BENCH_MOST == 1 ? 0 : 2, BENCH_MOST)
