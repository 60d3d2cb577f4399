/*
 * What everyone writes first: a ring behind a mutex, with a condition variable for each side. Its
 * push and pop wait by themselves, as such queues do; a batch is put in under one lock.
 */
#include <pthread.h>

#include "contender.h"

typedef struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_full, not_empty;
    uint64_t head, tail;
    uint32_t slots;
    size_t bytes; /* of this struct and the ring */
    message ring[];
} queue;
typedef queue *producer;
typedef queue *consumer;

static queue *queue_create(uint32_t slots)
{
    const size_t bytes = sizeof(queue) + slots * sizeof(message);
    queue *q = bench_memory(bytes);

    if (q == NULL)
        return NULL;
    q->slots = slots;
    q->bytes = bytes;
    pthread_mutex_init(&q->mutex, NULL);
    pthread_cond_init(&q->not_full, NULL);
    pthread_cond_init(&q->not_empty, NULL);
    return q;
}

static void queue_destroy(queue *q)
{
    pthread_cond_destroy(&q->not_empty);
    pthread_cond_destroy(&q->not_full);
    pthread_mutex_destroy(&q->mutex);
    bench_memory_free(q, q->bytes);
}

static bool queue_is_empty(queue *q)
{
    return q->head == q->tail;
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

#define BENCH_HAS_BATCH
/* Waits for one free slot, then fills as many as there are. */
static inline uint32_t push_n(producer *p, const message *m, uint32_t n)
{
    queue *q = *p;
    uint32_t done = 0;

    pthread_mutex_lock(&q->mutex);
    while (q->tail - q->head == q->slots)
        pthread_cond_wait(&q->not_full, &q->mutex);
    while (done < n && q->tail - q->head < q->slots)
        q->ring[q->tail++ & (q->slots - 1)] = m[done++];
    pthread_mutex_unlock(&q->mutex);
    pthread_cond_signal(&q->not_empty);
    return done;
}

/* Waits for one message, then takes as many as there are. */
static inline uint32_t pop_n(consumer *c, message *m, uint32_t n)
{
    queue *q = *c;
    uint32_t done = 0;

    pthread_mutex_lock(&q->mutex);
    while (q->tail == q->head)
        pthread_cond_wait(&q->not_empty, &q->mutex);
    while (done < n && q->tail != q->head)
        m[done++] = q->ring[q->head++ & (q->slots - 1)];
    pthread_mutex_unlock(&q->mutex);
    pthread_cond_signal(&q->not_full);
    return done;
}

static inline bool push(producer *p, const message *m)
{
    return push_n(p, m, 1) == 1;
}

static inline bool pop(consumer *c, message *m)
{
    return pop_n(c, m, 1) == 1;
}

#include "loops.h"
BENCH_CONTENDER(BENCH_STREAMS | BENCH_WAKES | BENCH_SLOW)
