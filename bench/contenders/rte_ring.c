/*
 * DPDK's rte_ring with elements of the message's size (the _elem calls), single producer and single
 * consumer, in memory of our own and without DPDK's environment layer. Slots are a power of two, of
 * which it uses all but one. Its burst calls are its calls for batches.
 */
#include <sys/types.h> /* rte_ring.h needs it and does not include it */

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "contender.h"

typedef struct rte_ring queue;
typedef queue *producer;
typedef queue *consumer;

static size_t bytes_for(uint32_t slots)
{
    return (size_t)rte_ring_get_memsize_elem(sizeof(message), slots);
}

static queue *queue_create(uint32_t slots)
{
    const size_t bytes = bytes_for(slots);
    queue *q = bench_memory(bytes);

    if (q != NULL && rte_ring_init(q, "bench", slots, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
        bench_memory_free(q, bytes);
        return NULL;
    }
    return q;
}

static void queue_destroy(queue *q)
{
    bench_memory_free(q, bytes_for(rte_ring_get_size(q)));
}

static bool queue_is_empty(queue *q)
{
    return rte_ring_empty(q) != 0;
}

static producer producer_open(queue *q)
{
    return q;
}

static consumer consumer_open(queue *q)
{
    return q;
}

static void producer_close(producer *p)
{
    (void)p;
}

static void consumer_close(consumer *c)
{
    (void)c;
}

static inline bool push(producer *p, const message *m)
{
    return rte_ring_sp_enqueue_elem(*p, (void *)m, sizeof *m) == 0;
}

static inline bool pop(consumer *c, message *m)
{
    return rte_ring_sc_dequeue_elem(*c, m, sizeof *m) == 0;
}

#define BENCH_HAS_BATCH
static inline uint32_t push_n(producer *p, const message *m, uint32_t n)
{
    return rte_ring_sp_enqueue_burst_elem(*p, m, sizeof *m, n, NULL);
}

static inline uint32_t pop_n(consumer *c, message *m, uint32_t n)
{
    return rte_ring_sc_dequeue_burst_elem(*c, m, sizeof *m, n, NULL);
}

#include "loops.h"
BENCH_CONTENDER(BENCH_STREAMS)
