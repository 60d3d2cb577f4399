/*
 * Part of broadcast_suite.h: any sequence of operations, by one thread, against a plain model.
 */

/* A subscriber, and what should be true of it. */
struct reader {
    subscriber by;
    bool open, holds, gates;
    uint32_t start, next; /* numbers of the messages */
    uint32_t released;
    uint64_t lagged;
};

struct model {
    struct reader readers[SUBSCRIBERS];
    struct dice dice;
};

static uint32_t model_limit(const struct model *model)
{
    uint32_t limit = UINT32_MAX;

    for (size_t i = 0; i < SUBSCRIBERS; ++i) {
        const struct reader *reader = &model->readers[i];

        if (reader->open && reader->gates && reader->released + ROOM < limit)
            limit = reader->released + (uint32_t)ROOM;
    }
    return limit;
}

static void some_publish(struct model *model)
{
    const uint32_t limit = model_limit(model);
    const size_t there = limit - published;
    MESSAGE messages[2 * CAPACITY];
    size_t n = roll(&model->dice, LENGTH_OF(messages) + 1), done = 77;
    const size_t expected = n < there ? n : there;
    MESSAGE *lent;

    switch (roll(&model->dice, 3)) {
    case 0:
        messages_of(messages, n, published);
        assert_status(B(try_publish_n)(&p, messages, n, &done),
                      expected < n ? RINGC_FULL : RINGC_OK);
        assert_int_equal(done, expected);
        published += (uint32_t)expected;
        break;
    case 1:
        assert_status(publish_number(published), there ? RINGC_OK : RINGC_FULL);
        published += there != 0;
        break;
    default:
        if (there == 0)
            break;
        assert_status(B(claim)(&p, &lent), RINGC_OK);
        *lent = message_of(published);
        if (roll(&model->dice, 4) == 0) {
            B(abort)(&p);
            break;
        }
        assert_status(B(commit)(&p), RINGC_OK);
        ++published;
        break;
    }
}

static void some_join(struct model *model, struct reader *reader)
{
    const size_t back = roll(&model->dice, CAPACITY + 3);
    const size_t held = published < CAPACITY ? published : CAPACITY;
    uint32_t reading = PLAIN_READING;

    if (!ALL_GATE && roll(&model->dice, 2) == 0)
        reading = roll(&model->dice, 2) ? RINGC_LOSSY : RINGC_TRACKED;
    if (reading != RINGC_LOSSY && roll(&model->dice, 3) == 0)
        reading |= RINGC_HOLDING;
    switch (roll(&model->dice, 3)) {
    case 0:
        assert_status(B(subscribe)(ch, &reader->by, reading), RINGC_OK);
        assert_true(B(pending)(&reader->by) == 0);
        break;
    case 1:
        assert_status(B(subscribe_oldest)(ch, &reader->by, reading), RINGC_OK);
        assert_true(B(pending)(&reader->by) <= held);
        break;
    default:
        assert_status(B(subscribe_back)(ch, &reader->by, back, reading), RINGC_OK);
        assert_true(B(pending)(&reader->by) <= (held < back ? held : back));
        break;
    }
    reader->open = true;
    reader->gates = (reading & ~RINGC_HOLDING) == RINGC_GATING;
    reader->holds = (reading & RINGC_HOLDING) != 0;
    reader->next = published - (uint32_t)B(pending)(&reader->by);
    reader->start = reader->next;
    reader->released = reader->next;
    reader->lagged = 0;
}

static void passed(struct reader *reader, size_t n)
{
    reader->next += (uint32_t)n;
    if (!reader->holds)
        reader->released = reader->next;
}

static void some_recv(struct model *model, struct reader *reader)
{
    const uint32_t oldest = published < CAPACITY ? 0 : published - (uint32_t)CAPACITY;
    const uint32_t missing = reader->next < oldest ? oldest - reader->next : 0;
    const size_t there = published - reader->next;
    const ringc_status expected = missing ? RINGC_LAGGED : there ? RINGC_OK : RINGC_EMPTY;
    struct drained drained = { reader->next, 0, 0, false };
    MESSAGE messages[CAPACITY + 1];
    const size_t n = 1 + roll(&model->dice, CAPACITY + 1);
    const size_t least = n < there ? n : there;
    size_t done = 77;

    switch (roll(&model->dice, 4)) {
    case 0:
        assert_status(B(try_recv)(&reader->by, messages), expected);
        if (expected == RINGC_OK)
            assert_message(messages, reader->next);
        passed(reader, expected == RINGC_OK);
        break;
    case 1:
        assert_status(B(try_recv_n)(&reader->by, messages, n, &done), expected);
        assert_int_equal(done, expected == RINGC_OK ? least : 0);
        for (size_t i = 0; i < done; ++i)
            assert_message(&messages[i], reader->next + (uint32_t)i);
        passed(reader, done);
        break;
    case 2:
        assert_status(B(drain_n)(&reader->by, n, handle, &drained), expected);
        assert_int_equal(drained.n, expected == RINGC_OK ? least : 0);
        passed(reader, drained.n);
        break;
    default:
        assert_status(B(latest)(&reader->by, messages), there ? RINGC_OK : RINGC_EMPTY);
        if (there) {
            assert_message(messages, published - 1);
            assert_true(B(missed)(&reader->by) == there - 1);
            reader->lagged += there - 1;
            passed(reader, there);
        }
        return;
    }
    if (missing) {
        assert_true(B(missed)(&reader->by) == missing);
        reader->lagged += missing;
        reader->next = oldest;
        reader->released = oldest;
    }
}

#if BROADCAST_GATED
static void some_peek(struct model *model, struct reader *reader)
{
    const size_t there = published - reader->next;
    const MESSAGE *shown;

    if (!reader->gates)
        return;
    assert_status(B(peek)(&reader->by, &shown), there ? RINGC_OK : RINGC_EMPTY);
    if (there == 0)
        return;
    assert_message(shown, reader->next);
    if (roll(&model->dice, 3) == 0)
        return;
    /* All that it holds, and what was shown. */
    assert_status(B(release)(&reader->by, reader->next - reader->released + 1), RINGC_OK);
    ++reader->next;
    reader->released = reader->next;
}

static void some_let_go(struct reader *reader)
{
    if (ALL_GATE || !reader->gates)
        return;
    assert_status(B(let_go)(ch, B(place)(&reader->by)), RINGC_OK);
    assert_int_equal(futex_wakes, PRODUCERS_PARK); /* whether a producer sleeps or not */
    futex_wakes = 0;
    B(unsubscribe)(&reader->by); /* it notices */
    reader->open = false;
}
#endif

static void some_release(struct model *model, struct reader *reader)
{
    const size_t held = reader->next - reader->released;
    const size_t n = roll(&model->dice, held + 1);

    if (!reader->holds)
        return;
    assert_status(B(release)(&reader->by, n), RINGC_OK);
    reader->released += (uint32_t)n;
}

static void some_deed(struct model *model)
{
    struct reader *reader = &model->readers[roll(&model->dice, SUBSCRIBERS)];
    const size_t what = roll(&model->dice, 16);

    if (what < 5) {
        some_publish(model);
    } else if (what == 5) {
        B(producer_close)(&p);
        assert_status(B(producer_open)(ch, &p), RINGC_OK);
    } else if (!reader->open) {
        some_join(model, reader);
    } else if (what == 6) {
        B(unsubscribe)(&reader->by);
        reader->open = false;
    } else if (what < 12) {
        some_recv(model, reader);
    } else if (what < 14) {
        some_release(model, reader);
    }
#if BROADCAST_GATED
    else if (what == 14) {
        some_peek(model, reader);
    } else if (roll(&model->dice, 4) == 0) {
        some_let_go(reader);
    }
#endif
}

static void any_sequence_of_operations_behaves_like_the_model(void **state)
{
    static struct model model;

    (void)state;
    memset(&model, 0, sizeof model);
    model.dice = dice_of(1 + first_sequence);
    B(unsubscribe)(&s);
    for (size_t i = 0; i < (sizeof(MESSAGE) > 1000 ? 500 : 2500); ++i) {
        some_deed(&model);
        assert_true(B(published)(ch) == published);
        for (size_t n = 0; n < SUBSCRIBERS; ++n) {
            const struct reader *reader = &model.readers[n];

            if (!reader->open)
                continue;
            assert_counts(&reader->by, reader->next - reader->start - reader->lagged,
                          reader->lagged);
            assert_true(B(pending)(&reader->by) == published - reader->next);
        }
    }
    for (size_t n = 0; n < SUBSCRIBERS; ++n)
        if (model.readers[n].open)
            B(unsubscribe)(&model.readers[n].by);
    assert_int_equal(futex_waits, 0);
    assert_int_equal(futex_wakes, 0); /* no system call while nobody sleeps */
}
