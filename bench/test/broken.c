/*
 * A plain ring with one fault, BENCH_FAULT, in what it does with message FAULTY or at the end; and
 * one without a fault. test_bench.py sees whether the harness catches each. With BENCH_EACH, the
 * same for broadcasts that are made of such queues.
 */
#include "contender.h"

enum { SOUND, LOSES, DOUBLES, REORDERS, TEARS, STOPS, LEAVES_ONE, LIES };
enum { FAULTY = 100, SLOTS_MOST = 1024 };

typedef struct queue {
    __attribute__((aligned(128))) uint64_t tail;
    message held; /* by REORDERS and LIES; and the last, by LEAVES_ONE */
    __attribute__((aligned(128))) uint64_t head;
    __attribute__((aligned(128))) message ring[SLOTS_MOST];
} queue;
typedef queue *producer;
typedef queue *consumer;

static queue *queue_create(uint32_t slots)
{
    return slots <= SLOTS_MOST ? bench_memory(sizeof(queue)) : NULL;
}

static void queue_destroy(queue *q)
{
    bench_memory_free(q, sizeof *q);
}

static bool queue_is_empty(queue *q)
{
    return q->tail == q->head;
}

static producer producer_open(queue *q)
{
    return q;
}

static consumer consumer_open(queue *q)
{
    return q;
}

static void consumer_close(consumer *c)
{
    (void)c;
}

static bool put(queue *q, const message *m)
{
    const uint64_t tail = q->tail;

    if (tail - __atomic_load_n(&q->head, __ATOMIC_ACQUIRE) == SLOTS_MOST)
        return false;
    q->ring[tail % SLOTS_MOST] = *m;
    __atomic_store_n(&q->tail, tail + 1, __ATOMIC_RELEASE);
    return true;
}

/* Puts the second before the first. */
static bool put_in_wrong_order(queue *q, const message *m, uint64_t i)
{
    if (i == FAULTY) {
        q->held = *m;
        return true;
    }
    if (!put(q, m))
        return false;
    while (!put(q, &q->held))
        ;
    return true;
}

/* Says once that the ring was full, and has put the message in all the same. */
static bool put_and_deny(queue *q, const message *m)
{
    const bool is_here = q->held.words[0] == m->words[0];

    q->held = *m;
    return is_here || !put(q, m);
}

static bool push(producer *p, const message *m)
{
    queue *q = *p;
    const uint64_t i = m->words[0] - 1;
    message torn = *m;

    if (BENCH_FAULT == LEAVES_ONE)
        q->held = *m;
    if ((BENCH_FAULT == LOSES && i == FAULTY) || (BENCH_FAULT == STOPS && i >= FAULTY))
        return true;
    if (BENCH_FAULT == DOUBLES && i == FAULTY && !put(q, m))
        return false;
    if (BENCH_FAULT == REORDERS && (i == FAULTY || i == FAULTY + 1))
        return put_in_wrong_order(q, m, i);
    if (BENCH_FAULT == TEARS && i == FAULTY)
        torn.words[BENCH_WORDS - 1]--;
    if (BENCH_FAULT == LIES && i == FAULTY)
        return put_and_deny(q, m);
    return put(q, &torn);
}

static void producer_close(producer *p)
{
    if (BENCH_FAULT == LEAVES_ONE)
        while (!put(*p, &(*p)->held))
            ;
}

static bool pop(consumer *c, message *m)
{
    queue *q = *c;
    const uint64_t head = q->head;

    if (head == __atomic_load_n(&q->tail, __ATOMIC_ACQUIRE))
        return false;
    *m = q->ring[head % SLOTS_MOST];
    __atomic_store_n(&q->head, head + 1, __ATOMIC_RELEASE);
    return true;
}

#include "loops.h"
BENCH_CONTENDER(BENCH_STREAMS)
