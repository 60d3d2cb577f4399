/*
 * One channel for crash.c. Compiled with
 *   -DCHANNEL=block_4   the header to include, q/CHANNEL.h, and what its names begin with
 *   -DEXPORT=name       the name of the `struct channel`
 *   -DEVICTS, -DBLOCKS  its full policy, if it is not reject
 *   -DPARKS             its sides park when they wait
 */
#include "channel.h"

#define TEXT_(x)    #x
#define TEXT(x)     TEXT_(x)
#define JOIN_(a, b) q_##a##_##b
#define JOIN(a, b)  JOIN_(a, b)
#define Q(name)     JOIN(CHANNEL, name)
#define TYPE_(a)    q_##a
#define TYPE_OF(a)  TYPE_(a)
/* A path, not a division. */
/* clang-format off */
#define HEADER_(a) TEXT_(q/a.h)
/* clang-format on */
#define HEADER(a) HEADER_(a)

#include HEADER(CHANNEL)

typedef TYPE_OF(CHANNEL) ring;
typedef Q(producer) producer;
typedef Q(consumer) consumer;

enum { CAPACITY = (int)(sizeof(((ring *)0)->slots) / sizeof(q_item)) };

#define TIMEOUT (3 * MS) /* of an operation: some 10 us for each instruction that is stepped */

/* ---- The process that is stepped through --------------------------------------------------- */

static void begin_producer(ring *ch, producer *p, size_t before)
{
    REQUIRE(Q(producer_open)(ch, p) == RINGC_OK);
    for (size_t i = 0; i < before; ++i) {
        const q_item item = item_of(1, i);

        REQUIRE(Q(try_push)(p, &item) == RINGC_OK);
    }
}

/* Goes on: pushes one more, but not where that would wake whom the first has not woken. */
static void end_producer(producer *p, struct stage *stage, const struct operation *op,
                         ringc_status status)
{
    stage->n = op->before;
    if (!(op->flags & CLOSES)) {
        REQUIRE(status == RINGC_OK || ((op->flags & MAY_FAIL) && status == RINGC_TIMEOUT));
        stage->n += status == RINGC_OK ? op->n : 0;
    }
    if (!(op->flags & (CLOSES | SLEEPER))) {
        const q_item item = item_of(1, stage->n);

        REQUIRE(Q(try_push)(p, &item) == RINGC_OK);
        ++stage->n;
    }
    Q(producer_close)(p);
    __atomic_store_n(&stage->phase, (uint32_t)DONE, __ATOMIC_RELEASE);
}

/* Goes on: takes all that is left until the channel is closed, but at first wakes nobody itself. */
static void end_consumer(consumer *c, struct stage *stage, const struct operation *op,
                         ringc_status status, size_t done)
{
    REQUIRE(status == RINGC_OK || ((op->flags & MAY_FAIL) && status == RINGC_TIMEOUT));
    stage->n = status == RINGC_OK ? done : 0;
    if (op->flags & SLEEPER)
        while (!Q(is_closed)(c->channel))
            ringc_sleep_ns(MS / 10);
    do {
        REQUIRE(stage->n < OUT_MAX);
        status = Q(pop)(c, &stage->out[stage->n]);
        stage->n += status == RINGC_OK;
    } while (status == RINGC_OK);
    REQUIRE(status == RINGC_CLOSED);
    Q(consumer_close)(c);
    __atomic_store_n(&stage->phase, (uint32_t)DONE, __ATOMIC_RELEASE);
}

#define PRODUCER_STEPS(name, call)                                                                 \
    static void name(void *channel, struct stage *stage, const struct operation *op)               \
    {                                                                                              \
        q_item items[OUT_MAX];                                                                     \
        size_t done = 0;                                                                           \
        ringc_status status;                                                                       \
        producer p;                                                                                \
                                                                                                   \
        (void)done;                                                                                \
        begin_producer((ring *)channel, &p, op->before);                                           \
        items_of(items, op->n, 1, op->before);                                                     \
        begin_operation(&stage->phase);                                                            \
        status = (call);                                                                           \
        end_operation(&stage->phase);                                                              \
        end_producer(&p, stage, op, status);                                                       \
    }

#define CONSUMER_STEPS(name, call)                                                                 \
    static void name(void *channel, struct stage *stage, const struct operation *op)               \
    {                                                                                              \
        size_t done = 1;                                                                           \
        ringc_status status;                                                                       \
        consumer c;                                                                                \
                                                                                                   \
        REQUIRE(Q(consumer_open)((ring *)channel, &c) == RINGC_OK);                                \
        begin_operation(&stage->phase);                                                            \
        status = (call);                                                                           \
        end_operation(&stage->phase);                                                              \
        end_consumer(&c, stage, op, status, done);                                                 \
    }

RINGC_INLINE ringc_status close_it(ring *ch)
{
    Q(close)(ch);
    return RINGC_OK;
}

PRODUCER_STEPS(step_try_push, Q(try_push)(&p, items))
PRODUCER_STEPS(step_push_n, Q(push_n)(&p, items, op->n, &done))
PRODUCER_STEPS(step_close, close_it((ring *)channel))
CONSUMER_STEPS(step_try_pop, Q(try_pop)(&c, stage->out))
CONSUMER_STEPS(step_pop_n, Q(pop_n)(&c, stage->out, op->n, &done))
CONSUMER_STEPS(step_pop_for, Q(pop_for)(&c, stage->out, TIMEOUT))

#if defined(EVICTS)

RINGC_INLINE ringc_status push_evict(producer *p, struct stage *stage, const q_item *item)
{
    size_t evicted;
    const ringc_status status = Q(push_evict)(p, item, stage->out, &evicted);

    stage->evicted = (uint32_t)evicted;
    return status;
}

PRODUCER_STEPS(step_push_evict, push_evict(&p, stage, items))

#else

RINGC_INLINE ringc_status reserve_and_commit(producer *p, const q_item *items, size_t n)
{
    size_t got;
    q_item *slots = Q(reserve)(p, n, &got);

    if (got != n)
        return RINGC_FULL;
    for (size_t i = 0; i < n; ++i)
        slots[i] = items[i];
    return Q(commit)(p, n);
}

RINGC_INLINE ringc_status peek_and_release(consumer *c, q_item *out, size_t *done)
{
    const q_item *slots = Q(peek)(c, done);

    for (size_t i = 0; i < *done; ++i)
        out[i] = slots[i];
    return Q(release)(c, *done);
}

struct collected {
    q_item *out;
    size_t n;
};

static void collect(void *arg, const q_item *message, bool end_of_batch)
{
    struct collected *collected = (struct collected *)arg;

    (void)end_of_batch;
    collected->out[collected->n++] = *message;
}

RINGC_INLINE ringc_status drain(consumer *c, q_item *out, size_t *done)
{
    struct collected collected = { out, 0 };
    const ringc_status status = Q(drain)(c, collect, &collected);

    *done = collected.n;
    return status;
}

PRODUCER_STEPS(step_reserve, reserve_and_commit(&p, items, op->n))
CONSUMER_STEPS(step_peek, peek_and_release(&c, stage->out, &done))
CONSUMER_STEPS(step_drain, drain(&c, stage->out, &done))

#if defined(BLOCKS)
PRODUCER_STEPS(step_push_for, Q(push_for)(&p, items, TIMEOUT))
#endif
#endif

/* ---- Operations ---------------------------------------------------------------------------- */

static const struct operation operations[] = {
    { "try_push", PRODUCER, 1, 1, NONE_OR(1), 0, 0, step_try_push },
    { "close", PRODUCER, 2, 0, COUNT(0), 0, CLOSES, step_close },
    { "try_pop", CONSUMER, CAPACITY, 1, NONE_OR(1), 0, 0, step_try_pop },
    { "pop_for, empty", CONSUMER, 0, 1, COUNT(0), 0, MAY_FAIL, step_pop_for },
#if defined(EVICTS)
    { "push_n, wrapping", PRODUCER, 1, 3, NONE_OR(1) | COUNT(2) | COUNT(3), WRAPS, 0, step_push_n },
    { "try_push, evicting", PRODUCER, CAPACITY, 1, NONE_OR(1), 0, 0, step_try_push },
    { "push_evict", PRODUCER, CAPACITY, 1, NONE_OR(1), WRAPS, HANDS_BACK, step_push_evict },
    { "push_n, evicting", PRODUCER, CAPACITY, 3, NONE_OR(1) | COUNT(2) | COUNT(3), WRAPS, 0,
      step_push_n },
    { "pop_n, wrapping", CONSUMER, CAPACITY, 3, NONE_OR(3), WRAPS, 0, step_pop_n },
#else
    { "push_n, wrapping", PRODUCER, 1, 3, NONE_OR(1) | COUNT(3), WRAPS, 0, step_push_n },
    { "reserve, commit", PRODUCER, 1, 2, NONE_OR(2), 0, 0, step_reserve },
    { "pop_n, wrapping", CONSUMER, CAPACITY, 3, NONE_OR(2) | COUNT(3), WRAPS, 0, step_pop_n },
    { "peek, release", CONSUMER, CAPACITY, CAPACITY, NONE_OR(CAPACITY), 0, 0, step_peek },
    { "drain", CONSUMER, 3, 3, NONE_OR(1) | COUNT(2) | COUNT(3), WRAPS, 0, step_drain },
#if defined(BLOCKS)
    { "push_for, full", PRODUCER, CAPACITY, 1, COUNT(0), 0, MAY_FAIL, step_push_for },
#if defined(PARKS)
    { "try_pop, to a sleeper", CONSUMER, CAPACITY, 1, NONE_OR(1), 0, SLEEPER, step_try_pop },
#endif
#endif
#endif
#if defined(PARKS)
    { "try_push, to a sleeper", PRODUCER, 0, 1, NONE_OR(1), 0, SLEEPER, step_try_push },
    { "close, to a sleeper", PRODUCER, 0, 0, COUNT(0), 0, CLOSES | SLEEPER, step_close },
#endif
};

/* ---- The survivor --------------------------------------------------------------------------- */

static producer the_producer;
static consumer the_consumer;

static void init(void *channel, ringc_seq first)
{
    REQUIRE(Q(init_at)((ring *)channel, RINGC_SHARED, first) == RINGC_OK);
}

static size_t size(const void *channel)
{
    return Q(size)((const ring *)channel);
}

static bool is_empty(const void *channel)
{
    return Q(is_empty)((const ring *)channel);
}

static bool is_closed(const void *channel)
{
    return Q(is_closed)((const ring *)channel);
}

static bool is_parked(const void *channel)
{
    uint32_t parked = 0;

    (void)channel;
#if defined(PARKS)
    parked |= RINGC_LOAD(&((const ring *)channel)->consumer_parked, RINGC_RELAXED);
#if defined(BLOCKS)
    parked |= RINGC_LOAD(&((const ring *)channel)->producer_parked, RINGC_RELAXED);
#endif
#endif
    return parked != 0;
}

static ringc_seq dropped(const void *channel)
{
#if defined(EVICTS)
    return Q(dropped)((const ring *)channel);
#else
    (void)channel;
    return 0;
#endif
}

static void close_channel(void *channel)
{
    Q(close)((ring *)channel);
}

static ringc_status open_producer(void *channel)
{
    return Q(producer_open)((ring *)channel, &the_producer);
}

static ringc_status open_consumer(void *channel)
{
    return Q(consumer_open)((ring *)channel, &the_consumer);
}

static void close_producer(void)
{
    Q(producer_close)(&the_producer);
}

static void close_consumer(void)
{
    Q(consumer_close)(&the_consumer);
}

static void bury_consumer(void *channel)
{
    RINGC_STORE(&((ring *)channel)->consumer_held, 0u, RINGC_RELEASE);
}

static ringc_status try_push(const q_item *item)
{
    return Q(try_push)(&the_producer, item);
}

static ringc_status push_for(const q_item *item, uint64_t timeout_ns)
{
#if defined(BLOCKS)
    return Q(push_for)(&the_producer, item, timeout_ns);
#else
    (void)timeout_ns;
    return Q(try_push)(&the_producer, item);
#endif
}

static ringc_status try_pop(q_item *item)
{
    return Q(try_pop)(&the_consumer, item);
}

static ringc_status pop_for(q_item *item, uint64_t timeout_ns)
{
    return Q(pop_for)(&the_consumer, item, timeout_ns);
}

extern const struct channel EXPORT;
const struct channel EXPORT = {
    .is = { TEXT(EXPORT), sizeof(ring), operations, LENGTH_OF(operations) },
    .capacity = CAPACITY,
#if defined(EVICTS)
    .evicts = true,
#endif
#if defined(BLOCKS)
    .blocks = true,
#endif
    .init = init,
    .size = size,
    .is_empty = is_empty,
    .is_closed = is_closed,
    .is_parked = is_parked,
    .dropped = dropped,
    .close = close_channel,
    .producer_open = open_producer,
    .consumer_open = open_consumer,
    .producer_close = close_producer,
    .consumer_close = close_consumer,
    .bury_consumer = bury_consumer,
    .try_push = try_push,
    .push_for = push_for,
    .try_pop = try_pop,
    .pop_for = pop_for,
};
