// moodycamel::ConcurrentQueue, made for many producers and consumers, with an explicit token for
// each side, as its documentation advises, and try_enqueue, which never allocates. It is first in
// first out for each producer. Memory for `slots` messages of one explicit producer is taken at
// once.
#include <concurrentqueue/concurrentqueue.h>
#include <new>

#include "contender.h"

using queue = moodycamel::ConcurrentQueue<message>;

namespace {
struct producer {
    explicit producer(queue *q_) : q(q_), token(*q_)
    {
    }
    queue *q;
    moodycamel::ProducerToken token;
};

struct consumer {
    explicit consumer(queue *q_) : q(q_), token(*q_)
    {
    }
    queue *q;
    moodycamel::ConsumerToken token;
};
} // namespace

static queue *queue_create(uint32_t slots)
{
    return new (std::nothrow) queue(slots, 1, 0);
}

static void queue_destroy(queue *q)
{
    delete q;
}

static bool queue_is_empty(queue *q)
{
    return q->size_approx() == 0; // exact once both sides have stopped
}

static producer producer_open(queue *q)
{
    return producer(q);
}

static consumer consumer_open(queue *q)
{
    return consumer(q);
}

static void producer_close(producer *)
{
}

static void consumer_close(consumer *)
{
}

static inline bool push(producer *p, const message *m)
{
    return p->q->try_enqueue(p->token, *m);
}

static inline bool pop(consumer *c, message *m)
{
    return c->q->try_dequeue(c->token, *m);
}

#define BENCH_HAS_BATCH
static inline uint32_t push_n(producer *p, const message *m, uint32_t n)
{
    return p->q->try_enqueue_bulk(p->token, m, n) ? n : 0;
}

static inline uint32_t pop_n(consumer *c, message *m, uint32_t n)
{
    return static_cast<uint32_t>(c->q->try_dequeue_bulk(c->token, m, n));
}

#include "loops.h"
BENCH_CONTENDER(BENCH_STREAMS)
