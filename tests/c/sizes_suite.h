/*
 * Slots of unusual sizes, one queue an inclusion: SIZE_QUEUE, SIZE_MESSAGE, SIZE_EVICTS, and
 * SIZE_BLOCKS where its policy is block. Bytes are compared, so a copy that is short, long or
 * misplaced shows.
 */
#ifndef SIZES_SUITE_WAYS
#define SIZES_SUITE_WAYS

/* The ways in and out of a queue; not every policy has each. */
enum { TRY_PUSH, PUSH, PUSH_FOR, PUSH_WITH, PUSH_EVICT, TRY_PUSH_N, PUSH_N, RESERVE, WAYS_IN };
enum { TRY_POP, POP, POP_FOR, POP_WITH, TRY_POP_N, POP_N, DRAIN, DRAIN_N, PEEK, WAYS_OUT };

#endif

#define S_JOIN_(a, b) a##b
#define S_JOIN(a, b)  S_JOIN_(a, b)
#define S(word)       S_JOIN(S_JOIN(S_JOIN(q_, SIZE_QUEUE), _), word)
#define S_MESSAGE     S_JOIN(q_, SIZE_MESSAGE)
#define S_QUEUE       S_JOIN(q_, SIZE_QUEUE)
#define S_PRODUCER    S(producer)
#define S_CONSUMER    S(consumer)
#define S_TEST(word)  S_JOIN(S_JOIN(SIZE_QUEUE, _), word)

/* Bytes that tell the message's number and their own place. */
static void S_TEST(write)(S_MESSAGE *message, uint64_t number)
{
    unsigned char *bytes = (unsigned char *)message;

    for (size_t i = 0; i < sizeof *message; ++i)
        bytes[i] = (unsigned char)(number + 7 * i);
}

static bool S_TEST(reads)(const S_MESSAGE *message, uint64_t number)
{
    const unsigned char *bytes = (const unsigned char *)message;

    for (size_t i = 0; i < sizeof *message; ++i)
        if (bytes[i] != (unsigned char)(number + 7 * i))
            return false;
    return true;
}

/* Pushes `n` messages in this way, or returns false where the queue does not have it. */
static bool S_TEST(puts)(S_PRODUCER *p, size_t way, const S_MESSAGE *messages, size_t n)
{
    size_t done = 77;

    switch (way) {
    case TRY_PUSH:
        for (size_t i = 0; i < n; ++i)
            assert_status(S(try_push)(p, &messages[i]), RINGC_OK);
        return true;
    case PUSH:
        for (size_t i = 0; i < n; ++i)
            assert_status(S(push)(p, &messages[i]), RINGC_OK);
        return true;
#if SIZE_BLOCKS
    case PUSH_FOR:
        for (size_t i = 0; i < n; ++i)
            assert_status(S(push_for)(p, &messages[i], 0), RINGC_OK);
        return true;
    case PUSH_WITH:
        for (size_t i = 0; i < n; ++i)
            assert_status(S(push_with)(p, &messages[i], ringc_wait_spin_yield(1)), RINGC_OK);
        return true;
#endif
#if SIZE_EVICTS
    case PUSH_EVICT:
        for (size_t i = 0; i < n; ++i) {
            static S_MESSAGE evicted;

            assert_status(S(push_evict)(p, &messages[i], &evicted, &done), RINGC_OK);
            assert_int_equal(done, 0);
        }
        return true;
#endif
    case TRY_PUSH_N:
        assert_status(S(try_push_n)(p, messages, n, &done), RINGC_OK);
        assert_int_equal(done, n);
        return true;
    case PUSH_N:
        assert_status(S(push_n)(p, messages, n, &done), RINGC_OK);
        assert_int_equal(done, n);
        return true;
#if !SIZE_EVICTS
    case RESERVE:
        for (size_t i = 0; i < n; i += done) { /* in two pieces where the ring ends */
            S_MESSAGE *slots = S(reserve)(p, n - i, &done);

            assert_non_null(slots);
            memcpy(slots, &messages[i], done * sizeof *slots);
            assert_status(S(commit)(p, done), RINGC_OK);
        }
        return true;
#endif
    default:
        return false;
    }
}

struct S_TEST(copies) {
    S_MESSAGE *to;
    size_t n;
};

static void S_TEST(copy)(void *arg, const S_MESSAGE *message, bool end_of_batch)
{
    struct S_TEST(copies) *copies = (struct S_TEST(copies) *)arg;

    (void)end_of_batch;
    memcpy(&copies->to[copies->n++], message, sizeof *message);
}

/* Takes `n` messages, which are all there are, or returns false where it does not have the way. */
static bool S_TEST(takes)(S_CONSUMER *c, size_t way, S_MESSAGE *messages, size_t n)
{
    struct S_TEST(copies) copies = { messages, 0 };

    while (copies.n < n) {
        S_MESSAGE *next = &messages[copies.n];
        size_t left = n - copies.n, done = 1;

        switch (way) {
        case TRY_POP:
            assert_status(S(try_pop)(c, next), RINGC_OK);
            break;
        case POP:
            assert_status(S(pop)(c, next), RINGC_OK);
            break;
        case POP_FOR:
            assert_status(S(pop_for)(c, next, 0), RINGC_OK);
            break;
        case POP_WITH:
            assert_status(S(pop_with)(c, next, ringc_wait_spin_yield(1)), RINGC_OK);
            break;
        case TRY_POP_N:
            assert_status(S(try_pop_n)(c, next, left + 1, &done), RINGC_OK);
            break;
        case POP_N:
            assert_status(S(pop_n)(c, next, left + 1, &done), RINGC_OK);
            break;
        case DRAIN:
            assert_status(S(drain)(c, S_TEST(copy), &copies), RINGC_OK);
            done = 0;
            break;
        case DRAIN_N:
            assert_status(S(drain_n)(c, left, S_TEST(copy), &copies), RINGC_OK);
            done = 0;
            break;
#if !SIZE_EVICTS
        case PEEK: {
            const S_MESSAGE *slots = S(peek)(c, &done);

            assert_non_null(slots);
            memcpy(next, slots, done * sizeof *slots);
            assert_status(S(release)(c, done), RINGC_OK);
            break;
        }
#endif
        default:
            return false;
        }
        copies.n += done;
    }
    assert_int_equal(copies.n, n);
    return true;
}

static void S_TEST(assert_inside)(const S_QUEUE *ch, size_t n)
{
    assert_int_equal(S(size)(ch), n);
    assert_int_equal(S(is_empty)(ch), n == 0);
    assert_true(S(has_capacity)(ch, S(capacity)(ch) - n));
    assert_false(S(has_capacity)(ch, S(capacity)(ch) - n + 1));
}

/* `n` messages in one way and out another: the same bytes, and none beside where they belong. */
static bool S_TEST(passes)(S_PRODUCER *p, S_CONSUMER *c, size_t in, size_t out, uint64_t number,
                           size_t n)
{
    static S_MESSAGE sent[2], got[4], untouched;

    for (size_t i = 0; i < n; ++i)
        S_TEST(write)(&sent[i], number + i);
    memset(got, 0x5a, sizeof got);
    memset(&untouched, 0x5a, sizeof untouched);
    if (!S_TEST(puts)(p, in, sent, n))
        return false;
    S_TEST(assert_inside)(c->channel, n);
    if (!S_TEST(takes)(c, out, &got[1], n))
        assert_true(S_TEST(takes)(c, TRY_POP, &got[1], n));
    for (size_t i = 0; i < n; ++i)
        assert_true(S_TEST(reads)(&got[1 + i], number + i));
    assert_memory_equal(&got[0], &untouched, sizeof untouched);
    assert_memory_equal(&got[n + 1], &untouched, sizeof untouched);
    assert_status(S(try_pop)(c, &got[0]), RINGC_EMPTY); /* gives back slots that come together */
    S_TEST(assert_inside)(c->channel, 0);
    return true;
}

static void S_TEST(keeps_every_byte)(void **state)
{
    static S_QUEUE ch;
    S_PRODUCER p;
    S_CONSUMER c;
    uint64_t number = 0;

    (void)state;
    assert_status(S(init_at)(&ch, 0, (ringc_seq)(UINT64_MAX - 1)), RINGC_OK);
    memset(ch.guard, 0x77, sizeof ch.guard);
    assert_status(S(producer_open)(&ch, &p), RINGC_OK);
    assert_status(S(consumer_open)(&ch, &c), RINGC_OK);
    for (size_t in = 0; in < WAYS_IN; ++in)
        for (size_t out = 0; out < WAYS_OUT; ++out)
            for (size_t turn = 0; turn <= S(capacity)(&ch); ++turn)
                for (size_t n = 1; n <= 2; ++n)
                    if (S_TEST(passes)(&p, &c, in, out, number, n))
                        number += n;
    assert_true(number > 300); /* each byte has had every value */
    for (size_t i = 0; i < sizeof ch.guard; ++i)
        assert_int_equal(ch.guard[i], 0x77);
    S(producer_close)(&p);
    S(consumer_close)(&c);
    S(destroy)(&ch);
}

static void S_TEST(gives_the_rest_after_close)(void **state)
{
    static S_QUEUE ch;
    static S_MESSAGE message;
    S_PRODUCER p;
    S_CONSUMER c;

    (void)state;
    assert_status(S(init)(&ch, 0), RINGC_OK);
    assert_status(S(producer_open)(&ch, &p), RINGC_OK);
    assert_status(S(consumer_open)(&ch, &c), RINGC_OK);
    assert_false(S(is_closed)(&ch));
    S_TEST(write)(&message, 77);
    assert_status(S(try_push)(&p, &message), RINGC_OK);
    S(close)(&ch);
    assert_true(S(is_closed)(&ch));
    assert_status(S(try_push)(&p, &message), RINGC_CLOSED);
    memset(&message, 0, sizeof message);
    assert_status(S(pop)(&c, &message), RINGC_OK);
    assert_true(S_TEST(reads)(&message, 77));
    assert_status(S(pop)(&c, &message), RINGC_CLOSED);
    S(producer_close)(&p);
    S(consumer_close)(&c);
    S(destroy)(&ch);
}

/* One message at a time from a thread; under drop_oldest a slot is overwritten while it is read. */
static void *S_TEST(produce)(void *arg)
{
    S_QUEUE *ch = (S_QUEUE *)arg;
    const size_t n = stress_messages() / 2;
    static S_MESSAGE message;
    S_PRODUCER p;

    REQUIRE(S(producer_open)(ch, &p) == RINGC_OK);
    for (uint64_t number = 0; number < n;) {
        S_TEST(write)(&message, number);
        if (S(try_push)(&p, &message) == RINGC_OK)
            ++number;
        else
            ringc_yield();
        if (number % 32 == 0)
            ringc_yield();
    }
    S(producer_close)(&p);
    S(close)(ch);
    return NULL;
}

static void S_TEST(tears_nothing)(void **state)
{
    static S_QUEUE ch;
    static S_MESSAGE message;
    S_CONSUMER c;
    pthread_t thread;
    uint64_t received = 0;

    (void)state;
    assert_status(S(init)(&ch, 0), RINGC_OK);
    assert_status(S(consumer_open)(&ch, &c), RINGC_OK);
    thread = started(S_TEST(produce), &ch);
    while (S(pop)(&c, &message) == RINGC_OK) {
        const unsigned char first = *(const unsigned char *)&message;

        REQUIRE(S_TEST(reads)(&message, first));
        REQUIRE(SIZE_EVICTS || first == (unsigned char)received);
        ++received;
    }
    joined(thread);
#if SIZE_EVICTS
    assert_true(received + S(dropped)(&ch) == stress_messages() / 2);
#else
    assert_true(received == stress_messages() / 2);
#endif
    S(consumer_close)(&c);
    S(destroy)(&ch);
}

#undef S_JOIN_
#undef S_JOIN
#undef S
#undef S_MESSAGE
#undef S_QUEUE
#undef S_PRODUCER
#undef S_CONSUMER
#undef S_TEST
#undef SIZE_QUEUE
#undef SIZE_MESSAGE
#undef SIZE_EVICTS
#undef SIZE_BLOCKS
