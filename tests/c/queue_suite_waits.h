/*
 * Part of queue_suite.h: one side waits while the main thread does something to it. Times have
 * lower bounds only; a wait that nothing ends is caught by the watchdog.
 */

/* One blocking call, made by a thread of its own. */
struct waiter {
    bool pushes;      /* or pops */
    size_t way;       /* how: see wait_in_thread */
    uint64_t time_ns; /* for the calls that take one */
    uint32_t started;
    ringc_status status;
    MESSAGE item;
    uint64_t took_ns;
};

#if QUEUE_BLOCKS
enum { PUSHES = 4 };

static ringc_status push_by(producer *by, size_t way, const MESSAGE *item, uint64_t timeout_ns)
{
    size_t done = 7;
    ringc_status status;

    switch (way) {
    case 0:
        return Q(push)(by, item);
    case 1:
        return Q(push_for)(by, item, timeout_ns);
    case 2:
        return Q(push_with)(by, item, PRODUCER_PARKS ? ringc_wait_park(0) : ringc_wait_backoff(4));
    default:
        status = Q(push_n)(by, item, 1, &done);
        REQUIRE(done == (status == RINGC_OK));
        return status;
    }
}
#endif

/* Ways beyond the plain calls are `_with` each strategy. */
static void *wait_in_thread(void *arg)
{
    struct waiter *w = (struct waiter *)arg;
    const uint64_t start_ns = ringc_now_ns();

    RAISE_FLAG(&w->started);
#if QUEUE_BLOCKS
    if (w->pushes) {
        producer mine = p; /* the main thread lends its handle until the join */

        w->status = w->way < PUSHES ? push_by(&mine, w->way, &w->item, w->time_ns)
                                    : Q(push_with)(&mine, &w->item, strategies[w->way - PUSHES]);
        p = mine;
    }
#endif
    if (!w->pushes) {
        consumer mine = c;

        w->status = w->way < POPS ? pop_by(&mine, w->way, &w->item, w->time_ns)
                                  : Q(pop_with)(&mine, &w->item, strategies[w->way - POPS]);
        c = mine;
    }
    w->took_ns = ringc_now_ns() - start_ns;
    return NULL;
}

static bool may_wait(const struct waiter *w)
{
#if QUEUE_BLOCKS
    if (w->pushes)
        return w->way < PUSHES || producer_may(strategies[w->way - PUSHES]);
#endif
    return w->way < POPS || consumer_may(strategies[w->way - POPS]);
}

/* Runs one call in a thread, lets it wait for a while, and then does `act`. */
static void waits_until(struct waiter *w, void (*act)(void))
{
    pthread_t thread = started(wait_in_thread, w);

    await_flag(&w->started);
    ringc_sleep_ns(A_WHILE);
    act();
    joined(thread);
}

static void close_it(void)
{
    Q(close)(ch);
}

static void push_17(void)
{
    REQUIRE(push_number(17) == RINGC_OK);
}

static void a_pop_waits_until_a_message_comes(void **state)
{
    (void)state;
    for (size_t way = 0; way < POPS + LENGTH_OF(strategies); ++way) {
        struct waiter w = { false, way, RINGC_FOREVER, 0, RINGC_INVALID, message_of(0), 0 };

        if (!may_wait(&w))
            continue;
        waits_until(&w, push_17);
        assert_status(w.status, RINGC_OK);
        assert_message(&w.item, 17);
    }
}

static void close_wakes_a_consumer_that_waits(void **state)
{
    (void)state;
    for (size_t way = 0; way < POPS + LENGTH_OF(strategies); ++way) {
        struct waiter w = { false, way, RINGC_FOREVER, 0, RINGC_INVALID, message_of(0), 0 };

        if (!may_wait(&w))
            continue;
        the_end(NULL);
        an_open_queue(NULL);
        waits_until(&w, close_it);
        assert_status(w.status, RINGC_CLOSED);
    }
}

static void a_pop_times_out_when_its_time_is_over_and_not_before(void **state)
{
    static const uint64_t times_ns[] = { 0, 1, 1000, 3 * MS };
    MESSAGE item;

    (void)state;
    for (size_t i = 0; i < LENGTH_OF(times_ns); ++i) {
        const uint64_t start_ns = ringc_now_ns();

        assert_status(Q(pop_for)(&c, &item, times_ns[i]), RINGC_TIMEOUT);
        assert_true(ringc_now_ns() - start_ns >= times_ns[i]);
    }
    push_numbers(4, 1); /* and the next pop is none the worse for it */
    assert_status(Q(pop_for)(&c, &item, 0), RINGC_OK);
    assert_message(&item, 4);
}

static void a_pop_that_is_given_time_takes_what_comes_in_time(void **state)
{
    static const uint64_t times_ns[] = { PATIENCE_NS, RINGC_FOREVER - 1, RINGC_FOREVER };

    (void)state;
    for (size_t i = 0; i < LENGTH_OF(times_ns); ++i) {
        struct waiter w = { false, 1, times_ns[i], 0, RINGC_INVALID, message_of(0), 0 };

        waits_until(&w, push_17);
        assert_status(w.status, RINGC_OK);
        assert_message(&w.item, 17);
        assert_true(w.took_ns < PATIENCE_NS);
    }
}

static void on_signal(int number)
{
    (void)number;
}

static void catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal; /* no SA_RESTART: system calls return EINTR */
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
}

static void a_signal_neither_ends_nor_shortens_a_wait(void **state)
{
    (void)state;
    catch_signals();
    for (size_t way = 0; way < 2; ++way) {
        struct waiter w = { false, way, 12 * MS, 0, RINGC_INVALID, message_of(0), 0 };
        pthread_t thread = started(wait_in_thread, &w);

        await_flag(&w.started);
        for (int i = 0; i < 8; ++i) {
            ringc_sleep_ns(MS);
            pthread_kill(thread, SIGUSR1);
        }
        if (way == 0)
            push_17();
        joined(thread);
        assert_status(w.status, way == 0 ? RINGC_OK : RINGC_TIMEOUT);
        assert_true(way == 0 || w.took_ns >= 12 * MS);
    }
}

#if QUEUE_BLOCKS

static void pop_0(void)
{
    MESSAGE item;

    REQUIRE(Q(try_pop)(&c, &item) == RINGC_OK);
    REQUIRE(number_of(&item) == 0);
}

static void a_push_waits_until_there_is_room(void **state)
{
    (void)state;
    for (size_t way = 0; way < PUSHES + LENGTH_OF(strategies); ++way) {
        struct waiter w = { true, way, RINGC_FOREVER, 0, RINGC_INVALID, message_of(CAPACITY), 0 };

        if (!may_wait(&w))
            continue;
        push_numbers(0, CAPACITY);
        waits_until(&w, pop_0);
        assert_status(w.status, RINGC_OK);
        pop_numbers(1, CAPACITY);
    }
}

static void a_release_wakes_a_producer_that_waits(void **state)
{
    (void)state;
    for (int by = 0; by < 3; ++by) {
        struct waiter w = { true, 0, RINGC_FOREVER, 0, RINGC_INVALID, message_of(CAPACITY), 0 };
        struct drained drained = { 0, 0, 0, 0 };
        pthread_t thread;
        size_t done = 0;
        MESSAGE item;

        push_numbers(0, CAPACITY);
        thread = started(wait_in_thread, &w);
        await_flag(&w.started);
        ringc_sleep_ns(A_WHILE);
        switch (by) {
        case 0:
            REQUIRE(Q(peek)(&c, &done) != NULL);
            REQUIRE(Q(release)(&c, 1) == RINGC_OK);
            break;
        case 1:
            REQUIRE(Q(try_pop_n)(&c, &item, 1, &done) == RINGC_OK);
            break;
        default:
            REQUIRE(Q(drain_n)(&c, 1, handle, &drained) == RINGC_OK);
            break;
        }
        joined(thread);
        assert_status(w.status, RINGC_OK);
        pop_numbers(1, CAPACITY);
    }
}

static void close_wakes_a_producer_that_waits_and_nothing_of_its_push_goes_in(void **state)
{
    (void)state;
    for (size_t way = 0; way < PUSHES + LENGTH_OF(strategies); ++way) {
        struct waiter w = { true, way, RINGC_FOREVER, 0, RINGC_INVALID, message_of(CAPACITY), 0 };

        if (!may_wait(&w))
            continue;
        the_end(NULL);
        an_open_queue(NULL);
        push_numbers(0, CAPACITY);
        waits_until(&w, close_it);
        assert_status(w.status, RINGC_CLOSED);
        pop_numbers(0, CAPACITY);
        assert_it_is_over();
    }
}

static void a_push_times_out_when_its_time_is_over_and_not_before(void **state)
{
    static const uint64_t times_ns[] = { 0, 1, 1000, 3 * MS };
    const MESSAGE item = message_of(99);

    (void)state;
    push_numbers(0, CAPACITY);
    for (size_t i = 0; i < LENGTH_OF(times_ns); ++i) {
        const uint64_t start_ns = ringc_now_ns();

        assert_status(Q(push_for)(&p, &item, times_ns[i]), RINGC_TIMEOUT);
        assert_true(ringc_now_ns() - start_ns >= times_ns[i]);
        assert_inside(CAPACITY);
    }
    pop_numbers(0, CAPACITY);
    push_numbers(7, 1);
    pop_numbers(7, 1);
}

static void a_signal_does_not_end_the_wait_of_a_push(void **state)
{
    struct waiter w = { true, 1, 12 * MS, 0, RINGC_INVALID, message_of(99), 0 };
    pthread_t thread;

    (void)state;
    catch_signals();
    push_numbers(0, CAPACITY);
    thread = started(wait_in_thread, &w);
    await_flag(&w.started);
    for (int i = 0; i < 8; ++i) {
        ringc_sleep_ns(MS);
        pthread_kill(thread, SIGUSR1);
    }
    joined(thread);
    assert_status(w.status, RINGC_TIMEOUT);
    assert_true(w.took_ns >= 12 * MS);
    pop_numbers(0, CAPACITY);
}

/* A batch of four times the capacity, pushed by a thread of its own. */
struct batch {
    MESSAGE items[4 * CAPACITY];
    uint32_t started;
    ringc_status status;
    size_t done;
};

static void *push_batch_in_thread(void *arg)
{
    struct batch *batch = (struct batch *)arg;
    producer mine = p;

    RAISE_FLAG(&batch->started);
    batch->status = Q(push_n)(&mine, batch->items, LENGTH_OF(batch->items), &batch->done);
    p = mine;
    return NULL;
}

/* Mistake 10: a batch that goes round the backpressure. */
static void a_batch_larger_than_the_queue_goes_in_whole_and_in_order(void **state)
{
    static struct batch batch;
    pthread_t thread;

    (void)state;
    memset(&batch, 0, sizeof batch);
    messages_of(batch.items, LENGTH_OF(batch.items), 0);
    thread = started(push_batch_in_thread, &batch);
    await_flag(&batch.started);
    for (uint64_t number = 0; number < LENGTH_OF(batch.items); ++number) {
        MESSAGE item;

        REQUIRE(Q(pop)(&c, &item) == RINGC_OK);
        REQUIRE(is_intact(&item) && number_of(&item) == number);
        REQUIRE(Q(size)(ch) <= CAPACITY);
        if (number % 7 == 0)
            ringc_sleep_ns(MS / 4);
    }
    joined(thread);
    assert_status(batch.status, RINGC_OK);
    assert_int_equal(batch.done, LENGTH_OF(batch.items));
    assert_inside(0);
}

static void close_ends_a_batch_that_waits_and_tells_how_many_went_in(void **state)
{
    static struct batch batch;
    pthread_t thread;

    (void)state;
    memset(&batch, 0, sizeof batch);
    messages_of(batch.items, LENGTH_OF(batch.items), 0);
    thread = started(push_batch_in_thread, &batch);
    await_flag(&batch.started);
    while (Q(size)(ch) < CAPACITY)
        ringc_yield();
    ringc_sleep_ns(A_WHILE);
    Q(close)(ch);
    joined(thread);
    assert_status(batch.status, RINGC_CLOSED);
    assert_int_equal(batch.done, CAPACITY);
    pop_numbers(0, CAPACITY);
    assert_it_is_over();
}

#endif /* QUEUE_BLOCKS */

#if CONSUMER_PARKS

/* Waits until the consumer has announced its sleep, and gives it time to fall asleep. */
static void await_sleeper(void)
{
    while (!IS_RAISED(&ch->consumer_parked) || !IS_RAISED(&futex_waits))
        ringc_yield();
    ringc_sleep_ns(A_WHILE);
}

static void a_sleeper_costs_one_wake_up_and_those_awake_none(void **state)
{
    (void)state;
    for (int round = 0; round < 3; ++round) {
        struct waiter w = { false, 0, 0, 0, RINGC_INVALID, message_of(0), 0 };
        pthread_t thread;

        futex_waits = 0;
        futex_wakes = 0;
        thread = started(wait_in_thread, &w);
        await_sleeper();
        push_17();
        joined(thread);
        assert_status(w.status, RINGC_OK);
        assert_int_equal(futex_wakes, 1);
        push_numbers(0, CAPACITY);
        pop_numbers(0, CAPACITY);
        assert_int_equal(futex_wakes, 1);
        assert_int_equal(ch->consumer_parked, 0);
    }
}

static void a_sleeper_that_gave_up_leaves_no_announcement(void **state)
{
    MESSAGE m;

    (void)state;
    assert_status(Q(pop_for)(&c, &m, 3 * MS), RINGC_TIMEOUT);
    assert_int_equal(ch->consumer_parked, 0);
    futex_wakes = 0;
    push_17();
    assert_int_equal(futex_wakes, 0);
    assert_status(Q(try_pop)(&c, &m), RINGC_OK);
}

static void a_wake_up_for_nothing_does_not_end_a_wait(void **state)
{
    (void)state;
    for (size_t way = 0; way < 2; ++way) {
        struct waiter w = { false, way, 12 * MS, 0, RINGC_INVALID, message_of(0), 0 };
        pthread_t thread = started(wait_in_thread, &w);

        await_flag(&w.started);
        for (int i = 0; i < 8; ++i) {
            ringc_sleep_ns(MS);
            if (i % 2 == 0)
                __atomic_store_n(&ch->consumer_parked, 0u, __ATOMIC_RELAXED); /* a late waker */
            __real_ringc_futex_wake(&ch->consumer_parked, 1, init_flags);
        }
        if (way == 0)
            push_17();
        joined(thread);
        assert_status(w.status, way == 0 ? RINGC_OK : RINGC_TIMEOUT);
        assert_true(way == 0 || w.took_ns >= 12 * MS);
    }
}

static void the_futex_is_shared_between_processes_only_where_init_says_so(void **state)
{
    (void)state;
    for (uint32_t flags = 0; flags <= RINGC_SHARED; flags += RINGC_SHARED) {
        struct waiter w = { false, 0, 0, 0, RINGC_INVALID, message_of(0), 0 };
        pthread_t thread;

        the_end(NULL);
        assert_status(Q(init)(ch, flags), RINGC_OK);
        assert_status(Q(producer_open)(ch, &p), RINGC_OK);
        assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
        futex_waits = 0;
        futex_flags = 77;
        thread = started(wait_in_thread, &w);
        await_sleeper();
        push_17();
        joined(thread);
        assert_int_equal(futex_flags, flags);
    }
}

#endif

static void a_side_told_to_wait_without_parking_makes_no_futex_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(strategies); ++i) {
        struct waiter w = { false, POPS + i, 0, 0, RINGC_INVALID, message_of(0), 0 };

        if (strategies[i].strategy == RINGC_PARK)
            continue;
        futex_waits = 0;
        futex_wakes = 0;
        waits_until(&w, push_17);
        assert_status(w.status, RINGC_OK);
        assert_int_equal(futex_waits, 0);
        assert_int_equal(futex_wakes, 0);
    }
}

/* ---- Memory ------------------------------------------------------------------------------- */

static void works_in_memory(void *memory, size_t bytes)
{
    queue *other = (queue *)memory;
    producer op;
    consumer oc;
    MESSAGE item;

    memset(memory, 0xff, bytes);
    assert_status(Q(init_at)(other, init_flags, first_sequence), RINGC_OK);
    assert_status(Q(producer_open)(other, &op), RINGC_OK);
    assert_status(Q(consumer_open)(other, &oc), RINGC_OK);
    for (uint64_t number = 0; number < 5 * CAPACITY; ++number) {
        item = message_of(number);
        assert_status(Q(push)(&op, &item), RINGC_OK);
        item = message_of(0);
        assert_status(Q(pop)(&oc, &item), RINGC_OK);
        assert_message(&item, number);
    }
    Q(producer_close)(&op);
    Q(consumer_close)(&oc);
    Q(close)(other);
    Q(destroy)(other);
}

static void the_memory_may_be_on_the_heap(void **state)
{
    void *memory = aligned_alloc(RINGC_ALIGNOF(queue), sizeof(queue));

    (void)state;
    assert_non_null(memory);
    works_in_memory(memory, sizeof(queue));
    free(memory);
}

static void the_memory_may_be_mapped(void **state)
{
    void *memory =
        mmap(NULL, sizeof(queue), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(memory != MAP_FAILED);
    works_in_memory(memory, sizeof(queue));
    munmap(memory, sizeof(queue));
}

#if QUEUE_BLOCKS
#define BLOCK_WAIT_TESTS                                                                           \
    TEST(a_push_waits_until_there_is_room), TEST(a_release_wakes_a_producer_that_waits),           \
        TEST(close_wakes_a_producer_that_waits_and_nothing_of_its_push_goes_in),                   \
        TEST(a_push_times_out_when_its_time_is_over_and_not_before),                               \
        TEST(a_signal_does_not_end_the_wait_of_a_push),                                            \
        TEST(a_batch_larger_than_the_queue_goes_in_whole_and_in_order),                            \
        TEST(close_ends_a_batch_that_waits_and_tells_how_many_went_in),
#else
#define BLOCK_WAIT_TESTS
#endif

#if CONSUMER_PARKS
#define PARK_TESTS                                                                                 \
    TEST(a_sleeper_costs_one_wake_up_and_those_awake_none),                                        \
        TEST(a_sleeper_that_gave_up_leaves_no_announcement),                                       \
        TEST(a_wake_up_for_nothing_does_not_end_a_wait),                                           \
        TEST(the_futex_is_shared_between_processes_only_where_init_says_so),
#else
#define PARK_TESTS
#endif

#define WAIT_TESTS                                                                                 \
    TEST(a_pop_waits_until_a_message_comes), TEST(close_wakes_a_consumer_that_waits),              \
        TEST(a_pop_times_out_when_its_time_is_over_and_not_before),                                \
        TEST(a_pop_that_is_given_time_takes_what_comes_in_time),                                   \
        TEST(a_signal_neither_ends_nor_shortens_a_wait),                                           \
        BLOCK_WAIT_TESTS PARK_TESTS TEST(a_side_told_to_wait_without_parking_makes_no_futex_call), \
        TEST(the_memory_may_be_on_the_heap), TEST(the_memory_may_be_mapped)
