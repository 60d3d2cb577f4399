/*
 * One channel for broadcast.c. Compiled with
 *   -DCHANNEL=single_block_park  the header to include, bc/CHANNEL.h, and what its names begin with
 *   -DEXPORT=name                the name of the `struct broadcast`
 *   -DMULTI                      it has many producers
 *   -DGATED, -DALL_GATE          its full policy is block, not overwrite; all its subscribers gate
 */
#include "broadcast_channel.h"

#define TEXT_(x)    #x
#define TEXT(x)     TEXT_(x)
#define JOIN_(a, b) bc_##a##_##b
#define JOIN(a, b)  JOIN_(a, b)
#define B(name)     JOIN(CHANNEL, name)
#define TYPE_(a)    bc_##a
#define TYPE_OF(a)  TYPE_(a)
/* A path, not a division. */
/* clang-format off */
#define HEADER_(a) TEXT_(bc/a.h)
/* clang-format on */
#define HEADER(a) HEADER_(a)

#include HEADER(CHANNEL)

typedef TYPE_OF(CHANNEL) ring;
typedef B(producer) producer;
typedef B(subscriber) subscriber;

enum { CAPACITY = (int)LENGTH_OF(((ring *)0)->cells) };

RINGC_STATIC_ASSERT(LENGTH_OF(((ring *)0)->places) == SUBSCRIBERS, "the driver counts on it");
RINGC_STATIC_ASSERT(sizeof(subscriber) <= sizeof(((struct stage *)0)->handle), "it fits");

/* ---- The process that is stepped through: a publisher ---------------------------------------- */

static void publish_first(producer *p, ring *ch, size_t n)
{
    REQUIRE(B(producer_open)(ch, p) == RINGC_OK);
    for (size_t i = 0; i < n; ++i) {
        const bc_item message = message_of(i);

        REQUIRE(B(try_publish)(p, &message) == RINGC_OK);
    }
}

static void is_done(struct stage *stage)
{
    __atomic_store_n(&stage->phase, (uint32_t)DONE, __ATOMIC_RELEASE);
}

/* Goes on: publishes one more, but not where that would wake whom the first has not woken. */
static void end_publisher(producer *p, struct stage *stage, const struct operation *op,
                          ringc_status status)
{
    REQUIRE(status == RINGC_OK);
    stage->n = op->before + op->n;
    if (!(op->flags & (CLOSES | SLEEPER))) {
        const bc_item message = message_of(stage->n);

        REQUIRE(B(publish)(p, &message) == RINGC_OK);
        ++stage->n;
    }
    B(producer_close)(p);
    is_done(stage);
}

#define PUBLISHER_STEPS(name, call)                                                                \
    __attribute__((unused)) static void name(void *channel, struct stage *stage,                   \
                                             const struct operation *op)                           \
    {                                                                                              \
        bc_item messages[OUT_MAX];                                                                 \
        size_t done = 0;                                                                           \
        ringc_status status;                                                                       \
        producer p;                                                                                \
                                                                                                   \
        (void)done;                                                                                \
        (void)messages;                                                                            \
        publish_first(&p, (ring *)channel, op->before);                                            \
        for (size_t i = 0; i < op->n; ++i)                                                         \
            messages[i] = message_of(op->before + i);                                              \
        begin_operation(&stage->phase);                                                            \
        status = (call);                                                                           \
        end_operation(&stage->phase);                                                              \
        end_publisher(&p, stage, op, status);                                                      \
    }

RINGC_INLINE ringc_status claim_and_commit(producer *p, const bc_item *message)
{
    bc_item *lent;
    const ringc_status status = B(claim)(p, &lent);

    if (status != RINGC_OK)
        return status;
    *lent = *message;
    return B(commit)(p);
}

RINGC_INLINE ringc_status close_it(ring *ch)
{
    B(close)(ch);
    return RINGC_OK;
}

PUBLISHER_STEPS(step_try_publish, B(try_publish)(&p, messages))
PUBLISHER_STEPS(step_publish_n, B(publish_n)(&p, messages, op->n, &done))
PUBLISHER_STEPS(step_claim, claim_and_commit(&p, messages))
PUBLISHER_STEPS(step_close, close_it((ring *)channel))
#if defined(GATED)
PUBLISHER_STEPS(step_publish, B(publish_with)(&p, messages, ringc_wait_park(0)))
#endif

/* ---- The process that is stepped through: a subscriber --------------------------------------- */

static bool may_lag(const struct operation *op)
{
    return (op->flags & (LOSSY | LET_GO)) != 0;
}

static uint32_t reading_of(const struct operation *op)
{
    return (op->flags & LOSSY) ? RINGC_LOSSY : RINGC_GATING;
}

static void subscribe_first(subscriber *s, ring *ch, struct stage *stage,
                            const struct operation *op)
{
    REQUIRE(B(subscribe)(ch, s, reading_of(op)) == RINGC_OK);
    stage->place = B(place)(s);
}

static void publish_before(ring *ch, size_t n)
{
    producer p;

    publish_first(&p, ch, n);
    B(producer_close)(&p);
}

/* Where it began, and where the `done` messages lay that the operation received. */
static void note_operation(const subscriber *s, struct stage *stage, const struct operation *op,
                           size_t done)
{
    stage->done = done;
    stage->n = done;
    stage->start = (size_t)(s->start - op->first);
    for (size_t i = 0; i < done; ++i)
        stage->at[i] = (size_t)(s->position - op->first) - done + i;
}

/* Goes on: receives all that is left until the channel is closed. */
static void receive_rest(subscriber *s, struct stage *stage, const struct operation *op)
{
    ringc_status status;

    do {
        REQUIRE(stage->n < OUT_MAX);
        stage->at[stage->n] = (size_t)(s->position - op->first);
        status = B(recv)(s, &stage->out[stage->n]);
        REQUIRE(status != RINGC_LAGGED || may_lag(op));
        if (status == RINGC_LAGGED)
            REQUIRE(B(missed)(s) > 0 &&
                    B(missed)(s) == s->position - op->first - stage->at[stage->n]);
        stage->n += status == RINGC_OK;
    } while (status != RINGC_CLOSED);
    REQUIRE(B(received)(s) == stage->n);
    stage->position = (size_t)(s->position - op->first);
}

/* At first it wakes nobody itself: the driver closes the channel when the sleeper is awake. */
static void end_subscriber(subscriber *s, struct stage *stage, const struct operation *op,
                           ringc_status status, size_t done)
{
    REQUIRE(status == RINGC_OK || (may_lag(op) && status == RINGC_LAGGED));
    note_operation(s, stage, op, status == RINGC_OK ? done : 0);
    if (op->flags & SLEEPER)
        while (!B(is_closed)(s->channel))
            ringc_sleep_ns(MS / 10);
    receive_rest(s, stage, op);
    B(unsubscribe)(s);
    is_done(stage);
}

#define SUBSCRIBER_STEPS(name, call)                                                               \
    __attribute__((unused)) static void name(void *channel, struct stage *stage,                   \
                                             const struct operation *op)                           \
    {                                                                                              \
        size_t done = 1;                                                                           \
        ringc_status status;                                                                       \
        subscriber s;                                                                              \
                                                                                                   \
        subscribe_first(&s, (ring *)channel, stage, op);                                           \
        publish_before((ring *)channel, op->before);                                               \
        begin_operation(&stage->phase);                                                            \
        status = (call);                                                                           \
        end_operation(&stage->phase);                                                              \
        end_subscriber(&s, stage, op, status, done);                                               \
    }

struct collected {
    bc_item *out;
    size_t n;
};

static void collect(void *arg, const bc_item *message, bool end_of_batch)
{
    struct collected *collected = (struct collected *)arg;

    (void)end_of_batch;
    collected->out[collected->n++] = *message;
}

RINGC_INLINE ringc_status drain(subscriber *s, bc_item *out, size_t *done)
{
    struct collected collected = { out, 0 };
    const ringc_status status = B(drain)(s, collect, &collected);

    *done = collected.n;
    return status;
}

SUBSCRIBER_STEPS(step_try_recv, B(try_recv)(&s, stage->out))
SUBSCRIBER_STEPS(step_recv, B(recv_with)(&s, stage->out, ringc_wait_park(0)))
SUBSCRIBER_STEPS(step_recv_n, B(recv_n)(&s, stage->out, op->n, &done))
SUBSCRIBER_STEPS(step_latest, B(latest)(&s, stage->out))
SUBSCRIBER_STEPS(step_drain, drain(&s, stage->out, &done))

#if defined(GATED)
RINGC_INLINE ringc_status peek_and_release(subscriber *s, bc_item *out)
{
    const bc_item *shown;
    const ringc_status status = B(peek)(s, &shown);

    if (status != RINGC_OK)
        return status;
    *out = *shown;
    return B(release)(s, 1);
}

SUBSCRIBER_STEPS(step_peek, peek_and_release(&s, stage->out))

__attribute__((unused)) static void step_unsubscribe(void *channel, struct stage *stage,
                                                     const struct operation *op)
{
    subscriber s;

    subscribe_first(&s, (ring *)channel, stage, op);
    publish_before((ring *)channel, op->before);
    begin_operation(&stage->phase);
    B(unsubscribe)(&s);
    end_operation(&stage->phase);
    stage->n = 0;
    is_done(stage);
}
#endif

/* Its handle lies where others see it. */
__attribute__((unused)) static void step_subscribe(void *channel, struct stage *stage,
                                                   const struct operation *op)
{
    subscriber *s = (subscriber *)(void *)stage->handle;
    ringc_status status;

    publish_before((ring *)channel, op->before);
    begin_operation(&stage->phase);
    status = B(subscribe_oldest)((ring *)channel, s, reading_of(op));
    end_operation(&stage->phase);
    end_subscriber(s, stage, op, status, 0);
}

/* ---- Operations ------------------------------------------------------------------------------ */

#define ALL_OF_3 (COUNT(0) | COUNT(1) | COUNT(2) | COUNT(3))

#if defined(ALL_GATE)
#define LAPS 0
#else
#define LAPS (LAGS | KEEPS)
#endif

/* A batch shows at once if there is one producer, else message by message, perhaps with a hole. */
#if defined(MULTI)
#define HOLES   HOLE
#define BATCH_3 ALL_OF_3
#else
#define HOLES   0
#define BATCH_3 NONE_OR(3)
#endif

/*
 * Those that catch most come first, for the self-test's sake. What channels have the same code for
 * is stepped on some of them: most ways to receive with one producer, to join and to leave where
 * lossy subscribers may be.
 */
/* clang-format off */
static const struct operation operations[] = {
    { "try_publish", PRODUCER, 1, 1, NONE_OR(1) | HOLES, 0, 0, step_try_publish },
    { "try_publish, lapping", PRODUCER, CAPACITY, 1, NONE_OR(1) | HOLES | LAPS, WRAPS, 0, step_try_publish },
    { "publish_n, wrapping", PRODUCER, 1, 3, BATCH_3 | HOLES, WRAPS, 0, step_publish_n },
#if defined(GATED)
    { "try_recv", CONSUMER, CAPACITY, 1, NONE_OR(1), 0, 0, step_try_recv },
    { "try_recv, to a sleeper", CONSUMER, CAPACITY, 1, 0, 0, SLEEPER, step_try_recv },
#endif
#if !defined(ALL_GATE)
    { "try_recv, lapped", CONSUMER, CAPACITY, 1, NONE_OR(1), WRAPS, LOSSY | IS_LAPPED | ONLY_FROZEN, step_try_recv },
    { "subscribe_oldest, lossy", CONSUMER, 3, 1, 0, WRAPS, JOINS | LOSSY, step_subscribe },
#endif
#if defined(GATED) && !defined(ALL_GATE)
    { "subscribe_oldest", CONSUMER, 3, 2, NONE_OR(1) | COUNT(2), WRAPS, JOINS, step_subscribe },
    { "unsubscribe", CONSUMER, 2, 1, NONE_OR(1), 0, LEAVES, step_unsubscribe },
    { "unsubscribe, to a sleeper", CONSUMER, CAPACITY, 1, 0, 0, SLEEPER | LEAVES, step_unsubscribe },
    { "try_recv, let go", CONSUMER, CAPACITY, 1, NONE_OR(1), 0, LET_GO | ONLY_FROZEN, step_try_recv },
#endif
    { "claim, commit", PRODUCER, 1, 1, NONE_OR(1) | HOLES, 0, 0, step_claim },
    { "close", PRODUCER, 2, 0, COUNT(0), 0, CLOSES, step_close },
    { "try_publish, to sleepers", PRODUCER, 0, 1, NONE_OR(1) | HOLES, 0, SLEEPER, step_try_publish },
#if !defined(ALL_GATE)
    { "close, to sleepers", PRODUCER, 0, 0, COUNT(0), 0, CLOSES | SLEEPER, step_close },
#endif
#if defined(GATED) && !defined(ALL_GATE)
    { "publish, full", PRODUCER, CAPACITY, 1, COUNT(0), 0, FALLS_ASLEEP | FULL, step_publish },
#endif
#if !defined(MULTI)
    { "publish_n, lapping", PRODUCER, CAPACITY, CAPACITY, NONE_OR(CAPACITY) | LAPS, 0, 0, step_publish_n },
#endif
#if defined(GATED) && !defined(MULTI)
    { "recv_n, wrapping", CONSUMER, CAPACITY, 3, NONE_OR(3), WRAPS, 0, step_recv_n },
    { "peek, release", CONSUMER, CAPACITY, 1, NONE_OR(1), 0, 0, step_peek },
    { "latest", CONSUMER, 3, 3, NONE_OR(3), WRAPS, PASSES_OVER, step_latest },
    { "drain", CONSUMER, 2, 2, NONE_OR(1) | COUNT(2), WRAPS, 0, step_drain },
#endif
#if !defined(ALL_GATE) && !defined(MULTI)
    { "try_recv, lossy", CONSUMER, 2, 1, COUNT(1), 0, LOSSY | ONLY_FROZEN, step_try_recv },
    { "recv_n, lapped", CONSUMER, CAPACITY, 3, ALL_OF_3, WRAPS, LOSSY | IS_LAPPED | ONLY_FROZEN, step_recv_n },
    { "latest, lapped", CONSUMER, CAPACITY, 1, COUNT(1), 0, LOSSY | IS_LAPPED | ONLY_FROZEN, step_latest },
    { "drain, lapped", CONSUMER, 2, 2, NONE_OR(1) | COUNT(2), 0, LOSSY | IS_LAPPED | ONLY_FROZEN, step_drain },
#endif
#if !defined(GATED) && !defined(MULTI)
    { "recv, empty", CONSUMER, 0, 1, COUNT(1), 0, LOSSY | FALLS_ASLEEP | ONLY_FROZEN, step_recv },
#endif
};
/* clang-format on */

/* ---- The survivor ---------------------------------------------------------------------------- */

static producer the_producer;
static subscriber subscribers[SUBSCRIBERS + 1]; /* one too many: it is refused */

static void init(void *channel, ringc_seq first)
{
    REQUIRE(B(init_at)((ring *)channel, RINGC_SHARED, first) == RINGC_OK);
}

static size_t published(const void *channel)
{
    return (size_t)B(published)((const ring *)channel);
}

static bool is_closed(const void *channel)
{
    return B(is_closed)((const ring *)channel);
}

static bool is_parked(const void *channel)
{
    uint32_t parked = RINGC_LOAD(&((const ring *)channel)->subscriber_parked, RINGC_RELAXED);

#if defined(GATED)
    parked |= RINGC_LOAD(&((const ring *)channel)->producer_parked, RINGC_RELAXED);
#endif
    return (parked & 1) != 0;
}

static void close_channel(void *channel)
{
    B(close)((ring *)channel);
}

static ringc_status let_go(void *channel, ringc_place place)
{
#if defined(GATED)
    return B(let_go)((ring *)channel, place);
#else
    (void)channel;
    (void)place;
    return RINGC_INVALID;
#endif
}

static ringc_place place_in(const struct stage *with_handle)
{
    return B(place)((const subscriber *)(const void *)with_handle->handle);
}

static ringc_status open_producer(void *channel)
{
    return B(producer_open)((ring *)channel, &the_producer);
}

static void close_producer(void)
{
    B(producer_close)(&the_producer);
}

static ringc_status try_publish(const bc_item *message)
{
    return B(try_publish)(&the_producer, message);
}

static ringc_status publish(const bc_item *message, uint64_t timeout_ns)
{
#if defined(GATED)
    return B(publish_for)(&the_producer, message, timeout_ns);
#else
    (void)timeout_ns;
    return B(publish)(&the_producer, message);
#endif
}

static ringc_status subscribe(void *channel, size_t who, uint32_t reading)
{
    return B(subscribe)((ring *)channel, &subscribers[who], reading);
}

static void unsubscribe(size_t who)
{
    B(unsubscribe)(&subscribers[who]);
}

static ringc_status try_recv(size_t who, bc_item *message)
{
    return B(try_recv)(&subscribers[who], message);
}

static ringc_status recv_for(size_t who, bc_item *message, uint64_t timeout_ns)
{
    return B(recv_for)(&subscribers[who], message, timeout_ns);
}

static ringc_status latest(size_t who, bc_item *message)
{
    return B(latest)(&subscribers[who], message);
}

static size_t received(size_t who)
{
    return (size_t)B(received)(&subscribers[who]);
}

static size_t lagged(size_t who)
{
    return (size_t)B(lagged)(&subscribers[who]);
}

static size_t missed(size_t who)
{
    return (size_t)B(missed)(&subscribers[who]);
}

extern const struct broadcast EXPORT;
const struct broadcast EXPORT = {
    .is = { TEXT(EXPORT), sizeof(ring), operations, LENGTH_OF(operations) },
    .capacity = CAPACITY,
#if defined(MULTI)
    .is_multi = true,
#endif
#if defined(GATED)
    .is_gated = true,
#endif
#if defined(ALL_GATE)
    .all_gate = true,
#endif
    .init = init,
    .published = published,
    .is_closed = is_closed,
    .is_parked = is_parked,
    .close = close_channel,
    .let_go = let_go,
    .place_in = place_in,
    .producer_open = open_producer,
    .producer_close = close_producer,
    .try_publish = try_publish,
    .publish = publish,
    .subscribe = subscribe,
    .unsubscribe = unsubscribe,
    .try_recv = try_recv,
    .recv_for = recv_for,
    .latest = latest,
    .received = received,
    .lagged = lagged,
    .missed = missed,
};
