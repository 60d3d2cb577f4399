// boost::lockfree::spsc_queue, its capacity chosen at run time as that of the other peers is. Its
// push and pop of ranges are its calls for batches.
#include <boost/lockfree/spsc_queue.hpp>
#include <new>

#include "contender.h"

using queue = boost::lockfree::spsc_queue<message>;
using producer = queue *;
using consumer = queue *;

static queue *queue_create(uint32_t slots)
{
    return new (std::nothrow) queue(slots);
}

static void queue_destroy(queue *q)
{
    delete q;
}

static bool queue_is_empty(queue *q)
{
    return q->read_available() == 0;
}

static producer producer_open(queue *q)
{
    return q;
}

static consumer consumer_open(queue *q)
{
    return q;
}

static void producer_close(producer *)
{
}

static void consumer_close(consumer *)
{
}

static inline bool push(producer *p, const message *m)
{
    return (*p)->push(*m);
}

static inline bool pop(consumer *c, message *m)
{
    return (*c)->pop(*m);
}

#define BENCH_HAS_BATCH
static inline uint32_t push_n(producer *p, const message *m, uint32_t n)
{
    return static_cast<uint32_t>((*p)->push(m, n));
}

static inline uint32_t pop_n(consumer *c, message *m, uint32_t n)
{
    return static_cast<uint32_t>((*c)->pop(m, n));
}

#include "loops.h"
BENCH_CONTENDER(BENCH_STREAMS)
