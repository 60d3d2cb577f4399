/*
 * Slots of unusual sizes, one queue an inclusion: SIZE_QUEUE, SIZE_MESSAGE, SIZE_EVICTS. Bytes
 * are compared, so a copy that is short, long or misplaced shows.
 */
#define S_JOIN_(a, b) a##b
#define S_JOIN(a, b)  S_JOIN_(a, b)
#define S(word)       S_JOIN(S_JOIN(S_JOIN(q_, SIZE_QUEUE), _), word)
#define S_MESSAGE     S_JOIN(q_, SIZE_MESSAGE)
#define S_QUEUE       S_JOIN(q_, SIZE_QUEUE)
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

static void S_TEST(keeps_every_byte)(void **state)
{
    static S_QUEUE ch;
    static S_MESSAGE in[3], out[3];
    S(producer) p;
    S(consumer) c;
    uint64_t number = 0;

    (void)state;
    assert_status(S(init_at)(&ch, 0, (ringc_seq)(UINT64_MAX - 1)), RINGC_OK);
    memset(ch.guard, 0x77, sizeof ch.guard);
    assert_status(S(producer_open)(&ch, &p), RINGC_OK);
    assert_status(S(consumer_open)(&ch, &c), RINGC_OK);
    for (; number < 300; ++number) {
        S_TEST(write)(&in[0], number);
        assert_status(S(push)(&p, &in[0]), RINGC_OK);
        memset(out, 0, sizeof out);
        assert_status(S(pop)(&c, &out[1]), RINGC_OK);
        assert_true(S_TEST(reads)(&out[1], number));
        for (size_t i = 0; i < sizeof out[0]; ++i) { /* and nothing beyond its ends */
            assert_int_equal(((const unsigned char *)&out[0])[i], 0);
            assert_int_equal(((const unsigned char *)&out[2])[i], 0);
        }
    }
    for (; number < 600; number += 2) {
        size_t done = 7;

        S_TEST(write)(&in[0], number);
        S_TEST(write)(&in[1], number + 1);
        assert_status(S(push_n)(&p, in, 2, &done), RINGC_OK);
        assert_int_equal(done, 2);
        memset(out, 0, sizeof out);
        assert_status(S(pop_n)(&c, out, 2, &done), RINGC_OK);
        assert_int_equal(done, 2);
        assert_true(S_TEST(reads)(&out[0], number) && S_TEST(reads)(&out[1], number + 1));
    }
    for (size_t i = 0; i < sizeof ch.guard; ++i)
        assert_int_equal(ch.guard[i], 0x77);
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
    S(producer) p;

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
    S(consumer) c;
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
#undef S_TEST
#undef SIZE_QUEUE
#undef SIZE_MESSAGE
#undef SIZE_EVICTS
