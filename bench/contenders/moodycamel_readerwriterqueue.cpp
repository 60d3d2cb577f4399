// moodycamel::ReaderWriterQueue, made for one producer and one consumer, with memory for `slots`
// messages taken at once, and try_enqueue, which never allocates. It has no calls for batches.
#include <new>
#include <readerwriterqueue/readerwriterqueue.h>

#include "contender.h"

using queue = moodycamel::ReaderWriterQueue<message>;
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
    return q->peek() == nullptr;
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
    return (*p)->try_enqueue(*m);
}

static inline bool pop(consumer *c, message *m)
{
    return (*c)->try_dequeue(*m);
}

#include "loops.h"
BENCH_CONTENDER(BENCH_STREAMS)
