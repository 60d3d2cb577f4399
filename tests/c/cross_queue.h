/*
 * The essential checks of one queue of q_item, without cmocka: cross_main.c includes this once for
 * each queue. CROSS_QUEUE names it; CROSS_EVICTS is 1 for drop_oldest.
 */
#define X_JOIN_(a, b) a##b
#define X_JOIN(a, b)  X_JOIN_(a, b)
#define X_QUEUE       X_JOIN(q_, CROSS_QUEUE)
#define X(word)       X_JOIN(X_JOIN(X_QUEUE, _), word)
#define X_TEST(word)  X_JOIN(X_JOIN(CROSS_QUEUE, _), word)
#define X_CAPACITY    (sizeof(((X_QUEUE *)0)->slots) / sizeof(q_item))

static X_QUEUE X_TEST(ring);

/* One thread: order, full, empty, batches, drain, close, from a sequence on. */
static void X_TEST(alone)(ringc_seq first)
{
    X_QUEUE *ch = &X_TEST(ring);
    X(producer) p, p2;
    X(consumer) c, c2;
    q_item items[X_CAPACITY + 1], out[X_CAPACITY + 1];
    uint64_t number = 0;
    size_t done;

    REQUIRE(X(init_at)((X_QUEUE *)(void *)((char *)ch + 8), 0, first) == RINGC_INVALID);
    REQUIRE(X(init_at)(ch, 0, first) == RINGC_OK);
    REQUIRE(X(producer_open)(ch, &p) == RINGC_OK && X(producer_open)(ch, &p2) == RINGC_LIMIT);
    REQUIRE(X(consumer_open)(ch, &c) == RINGC_OK && X(consumer_open)(ch, &c2) == RINGC_LIMIT);
    for (size_t lap = 0; lap < 3; ++lap) {
        for (size_t i = 0; i < X_CAPACITY; ++i) {
            items[0] = item_of(0, number + i);
            REQUIRE(X(try_push)(&p, items) == RINGC_OK);
            REQUIRE(X(size)(ch) == i + 1);
        }
        items[0] = item_of(0, number + X_CAPACITY);
        REQUIRE(X(try_push)(&p, items) == (CROSS_EVICTS ? RINGC_OK : RINGC_FULL));
        if (CROSS_EVICTS)
            ++number; /* the oldest is gone */
        for (size_t i = 0; i < X_CAPACITY; ++i, ++number) {
            REQUIRE(X(try_pop)(&c, out) == RINGC_OK);
            REQUIRE(is_whole(out) && out->seq == number);
        }
        REQUIRE(X(try_pop)(&c, out) == RINGC_EMPTY);
        REQUIRE(X(pop_for)(&c, out, 0) == RINGC_TIMEOUT);
        REQUIRE(X(pop_for)(&c, out, 1000) == RINGC_TIMEOUT);
        for (size_t n = 1; n <= X_CAPACITY; ++n) {
            items_of(items, n, 0, number);
            REQUIRE(X(push_n)(&p, items, n, &done) == RINGC_OK && done == n);
            REQUIRE(X(pop_n)(&c, out, X_CAPACITY + 1, &done) == RINGC_OK && done == n);
            for (size_t i = 0; i < n; ++i, ++number)
                REQUIRE(is_whole(&out[i]) && out[i].seq == number);
        }
    }
#if !CROSS_EVICTS
    {
        q_item *slots = X(reserve)(&p, 1, &done);
        const q_item *shown;

        REQUIRE(slots != NULL && done == 1);
        *slots = item_of(0, number);
        REQUIRE(X(commit)(&p, 2) == RINGC_INVALID && X(commit)(&p, 1) == RINGC_OK);
        shown = X(peek)(&c, &done);
        REQUIRE(shown == slots && done == 1 && shown->seq == number);
        REQUIRE(X(release)(&c, 2) == RINGC_INVALID && X(release)(&c, 1) == RINGC_OK);
    }
#endif
    items[0] = item_of(0, number);
    REQUIRE(X(push)(&p, items) == RINGC_OK);
    X(close)(ch);
    REQUIRE(X(push)(&p, items) == RINGC_CLOSED);
    REQUIRE(X(pop)(&c, out) == RINGC_OK && out->seq == number);
    REQUIRE(X(pop)(&c, out) == RINGC_CLOSED);
    X(producer_close)(&p);
    X(consumer_close)(&c);
    X(destroy)(ch);
}

static void *X_TEST(produce)(void *arg)
{
    struct dice dice = dice_of(1);
    const size_t n = stress_messages();
    X(producer) p;
    q_item items[5];

    (void)arg;
    REQUIRE(X(producer_open)(&X_TEST(ring), &p) == RINGC_OK);
    for (uint64_t number = 0; number < n;) {
        size_t want = 1 + roll(&dice, LENGTH_OF(items)), done = 0;

        if (want > n - number)
            want = (size_t)(n - number);
        items_of(items, want, 1, number);
        if (want == 1)
            done = X(push)(&p, items) == RINGC_OK;
        else
            (void)!X(push_n)(&p, items, want, &done);
        number += done;
        if (done < want || roll(&dice, 16) == 0)
            ringc_yield();
    }
    X(producer_close)(&p);
    X(close)(&X_TEST(ring));
    return NULL;
}

static void X_TEST(with_two_threads)(void)
{
    X_QUEUE *ch = &X_TEST(ring);
    struct dice dice = dice_of(2);
    X(consumer) c;
    pthread_t thread;
    uint64_t next = 0, received = 0;
    ringc_status status = RINGC_OK;

    REQUIRE(X(init_at)(ch, RINGC_SHARED, (ringc_seq)(UINT64_MAX - 9)) == RINGC_OK);
    REQUIRE(X(consumer_open)(ch, &c) == RINGC_OK);
    thread = started(X_TEST(produce), NULL);
    while (status != RINGC_CLOSED) {
        q_item out[5];
        size_t done = 0;

        if (roll(&dice, 2) == 0)
            done = (status = X(pop)(&c, out)) == RINGC_OK;
        else
            status = X(pop_n)(&c, out, LENGTH_OF(out), &done);
        for (size_t i = 0; i < done; ++i) {
            REQUIRE(is_whole(&out[i]) && out[i].seq >= next);
            REQUIRE(CROSS_EVICTS || out[i].seq == next);
            next = out[i].seq + 1;
            ++received;
        }
        REQUIRE(X(size)(ch) <= X_CAPACITY);
    }
    joined(thread);
#if CROSS_EVICTS
    received += X(dropped)(ch);
#endif
    REQUIRE(received == stress_messages());
    X(consumer_close)(&c);
    X(destroy)(ch);
}

static void X_TEST(check)(void)
{
    for (size_t i = 0; i < LENGTH_OF(first_sequences); ++i)
        X_TEST(alone)(first_sequences[i]);
    X_TEST(with_two_threads)();
    printf("ok  %s\n", TEXT(CROSS_QUEUE));
    fflush(stdout);
}

#undef X_JOIN_
#undef X_JOIN
#undef X_QUEUE
#undef X
#undef X_TEST
#undef X_CAPACITY
#undef CROSS_QUEUE
#undef CROSS_EVICTS
