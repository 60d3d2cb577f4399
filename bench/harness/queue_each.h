/*
 * A broadcast as one builds it of queues: one for each subscriber, and the publisher pushes to
 * each. Made of what a contender's file defines for loops.h. Where the publisher waits for nobody,
 * a message that finds a queue full is dropped for that subscriber.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/message.h"

#ifdef __cplusplus
namespace {
#endif

typedef struct subscriber {
    queue *from;
    consumer handle;
} subscriber;

typedef struct channel {
    subscriber subscribers[BENCH_SUBSCRIBERS];
    uint32_t n;
    bool lossy;
} channel;

typedef struct publisher {
    producer to[BENCH_SUBSCRIBERS];
    uint32_t n;
    uint32_t done; /* how many of them have the message already */
    bool lossy;
    uint64_t dropped;
} publisher;

#ifdef __cplusplus
} // namespace
#endif

static void channel_destroy(channel *ch)
{
    for (uint32_t k = 0; k < ch->n; k++) {
        consumer_close(&ch->subscribers[k].handle);
        queue_destroy(ch->subscribers[k].from);
    }
    free(ch);
}

static channel *channel_create(uint32_t slots, uint32_t subscribers, bool lossy)
{
    channel *ch = (channel *)calloc(1, sizeof *ch);

    if (ch == NULL)
        return NULL;
    ch->lossy = lossy;
    for (; ch->n < subscribers; ch->n++) {
        subscriber *s = &ch->subscribers[ch->n];

        s->from = queue_create(slots);
        if (s->from == NULL) {
            channel_destroy(ch);
            return NULL;
        }
        s->handle = consumer_open(s->from);
    }
    return ch;
}

static bool channel_is_empty(const channel *ch)
{
    for (uint32_t k = 0; k < ch->n; k++)
        if (!queue_is_empty(ch->subscribers[k].from))
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

#ifdef BENCH_HAS_BATCH /* not used here */
    (void)push_n;
    (void)pop_n;
#endif
    memset(&p, 0, sizeof p);
    p.n = ch->n;
    p.lossy = ch->lossy;
    for (uint32_t k = 0; k < ch->n; k++)
        p.to[k] = producer_open(ch->subscribers[k].from);
    return p;
}

static void publisher_close(publisher *p)
{
    for (uint32_t k = 0; k < p->n; k++)
        producer_close(&p->to[k]);
}

BENCH_INLINE bool publish(publisher *p, const message *m, uint32_t n)
{
    for (uint32_t k = p->done; k < n; k++) {
        if (push(&p->to[k], m))
            continue;
        if (!p->lossy) {
            p->done = k;
            return false;
        }
        p->dropped++;
    }
    p->done = 0;
    return true;
}

BENCH_INLINE uint64_t publisher_dropped(const publisher *p)
{
    return p->dropped;
}

BENCH_INLINE bool receive(subscriber *s, message *m)
{
    return pop(&s->handle, m);
}

static uint64_t subscriber_missed(const subscriber *s)
{
    (void)s;
    return 0;
}

#include "harness/broadcast_loops.h"

#define BENCH_EACH_TRAITS (BENCH_BROADCASTS | BENCH_GATES | BENCH_LOSES)
#ifdef BENCH_SLOTS
#define BENCH_CONTENDER(traits)                                                                    \
    BENCH_BROADCAST(BENCH_EACH_TRAITS, BENCH_SLOTS, 1, BENCH_SUBSCRIBERS)
#else
#define BENCH_CONTENDER(traits) BENCH_BROADCAST(BENCH_EACH_TRAITS, 0, 1, BENCH_SUBSCRIBERS)
#endif
