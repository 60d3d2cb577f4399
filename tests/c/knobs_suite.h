/*
 * What holds for a queue whatever knobs of `tune` are in force, and what each knob adds: the slots
 * that the consumer may keep for a while (release), stamps (layout), and what only hints at the
 * machine (prefetch, settle, pause). Included by the small test_knobs_<policy>.c files, built once
 * for each variant of knobs_under_test.h.
 *
 * `quick` tests use one thread, and run from each of the first sequences; the others run once.
 */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "ringc.h"

/* ---- Hints, seen by the tests: taken over before any generated header gives one ------------- */

static void fetched_room(const void *address);
static void fetched_messages(const void *address);
static void settled(uint32_t pauses);
static ringc_wait waits_bare(ringc_wait wait);

#define ringc_prefetch_write(address) fetched_room(address)
#define ringc_prefetch_read(address)  fetched_messages(address)
#define ringc_settle_(pauses)         settled(pauses)
#define ringc_wait_bare(wait)         waits_bare(wait)

#include "cmocka_support.h"
#include "knobs_under_test.h"

#define GUARANTEED (CAPACITY - RELEASE + 1)

/* Of this thread. Where a fetch lies is counted in bytes of the ring from the slot of `from` on. */
static _Thread_local struct {
    size_t rooms, messages, settles, bare;
    size_t farthest_room, farthest_message;
    ringc_seq from;
    uint32_t pauses;
} hints;

/* ---- The queue under test ----------------------------------------------------------------- */

static queue the_queue; /* static memory: its type brings the alignment */
static queue *const ch = &the_queue;
static producer p;
static consumer c;
static ringc_seq first_sequence;

/* Whoever asks for it, what is fetched lies in the ring. */
static size_t bytes_ahead(const void *address)
{
    const size_t bytes = sizeof ch->SLOTS, at = (size_t)((const char *)address - (char *)ch->SLOTS);
    const char *from = (const char *)SLOT((size_t)(hints.from & (CAPACITY - 1)));

    REQUIRE(at < bytes);
    return (at + bytes - (size_t)(from - (char *)ch->SLOTS)) % bytes;
}

RINGC_UNUSED static void fetched_room(const void *address)
{
    const size_t ahead = bytes_ahead(address);

    hints.rooms++;
    if (ahead > hints.farthest_room)
        hints.farthest_room = ahead;
}

RINGC_UNUSED static void fetched_messages(const void *address)
{
    const size_t ahead = bytes_ahead(address);

    hints.messages++;
    if (ahead > hints.farthest_message)
        hints.farthest_message = ahead;
}

RINGC_UNUSED static void settled(uint32_t pauses)
{
    hints.settles++;
    hints.pauses = pauses;
}

RINGC_UNUSED static ringc_wait waits_bare(ringc_wait wait)
{
    hints.bare++;
    wait.bare = true;
    return wait;
}

static int an_open_queue(void **state)
{
    (void)state;
    memset(&the_queue, 0xa5, sizeof the_queue); /* init may not count on zeroed memory */
    assert_status(Q(init_at)(ch, 0, first_sequence), RINGC_OK);
    assert_status(Q(producer_open)(ch, &p), RINGC_OK);
    assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
    memset(&hints, 0, sizeof hints);
    return 0;
}

static int the_end(void **state)
{
    (void)state;
    if (p.channel != NULL)
        Q(producer_close)(&p);
    if (c.channel != NULL)
        Q(consumer_close)(&c);
    Q(destroy)(ch);
    return 0;
}

static void reopen_producer(void)
{
    Q(producer_close)(&p);
    assert_status(Q(producer_open)(ch, &p), RINGC_OK);
}

static void reopen_consumer(void)
{
    Q(consumer_close)(&c);
    assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
}

static ringc_status push_number(uint64_t number)
{
    const q_item item = item_of(0, number);

    return Q(try_push)(&p, &item);
}

static void push_numbers(uint64_t from, size_t n)
{
    for (size_t i = 0; i < n; ++i)
        assert_status(push_number(from + i), RINGC_OK);
}

static void pop_numbers(uint64_t from, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        q_item item;

        assert_status(Q(try_pop)(&c, &item), RINGC_OK);
        assert_item(&item, from + i);
    }
}

/* The three questions about the state agree: `n` slots are not the producer's. */
static void assert_inside(size_t n)
{
    assert_int_equal(Q(size)(ch), n);
    assert_int_equal(Q(is_empty)(ch), n == 0);
    for (size_t want = 0; want <= CAPACITY + 1; ++want)
        assert_int_equal(Q(has_capacity)(ch, want), want <= CAPACITY - n);
}

/* `n` messages are there; the consumer may still hold slots of some that it took. */
static void assert_there(size_t n)
{
    const size_t size = Q(size)(ch);

    assert_true(size >= n);
    assert_true(size <= CAPACITY && size - n < RELEASE);
    assert_inside(size);
}

static void assert_it_is_over(void)
{
    q_item item;

    assert_status(Q(try_pop)(&c, &item), RINGC_CLOSED);
}

/* Every way to take one message and leave its slot. */
enum { TAKES = 6 };

static void take_drained(void *arg, const q_item *message, bool end_of_batch)
{
    *(q_item *)arg = *message;
    REQUIRE(end_of_batch);
}

static ringc_status take_by(size_t way, q_item *item)
{
    size_t n = 7;
    const q_item *slots;

    switch (way) {
    case 0:
        return Q(try_pop)(&c, item);
    case 1:
        return Q(pop)(&c, item);
    case 2:
        return Q(try_pop_n)(&c, item, 1, &n);
    case 3:
        return Q(pop_n)(&c, item, 1, &n);
    case 4:
        return Q(drain_n)(&c, 1, take_drained, item);
    default:
        slots = Q(peek)(&c, &n);
        REQUIRE(slots != NULL && n > 0);
        *item = *slots;
        return Q(release)(&c, 1);
    }
}

/* Every way to look for messages without waiting for one. */
enum { LOOKS = 6 };

static void finds_nothing_by(size_t way)
{
    q_item item;
    size_t n = 7;

    switch (way) {
    case 0:
        assert_status(Q(try_pop)(&c, &item), RINGC_EMPTY);
        break;
    case 1:
        assert_status(Q(try_pop_n)(&c, &item, 1, &n), RINGC_EMPTY);
        break;
    case 2:
        assert_status(Q(pop_for)(&c, &item, 0), RINGC_TIMEOUT);
        break;
    case 3:
        assert_status(Q(drain)(&c, take_drained, &item), RINGC_EMPTY);
        break;
    case 4:
        assert_status(Q(drain_n)(&c, 2, take_drained, &item), RINGC_EMPTY);
        break;
    default:
        assert_null(Q(peek)(&c, &n));
        break;
    }
}

/* ---- What the schema promises -------------------------------------------------------------- */

static void the_header_says_how_many_slots_can_always_be_filled(void **state)
{
    (void)state;
    assert_int_equal(PROMISED, GUARANTEED);
    assert_int_equal(Q(capacity)(ch), CAPACITY);
}

static void a_new_queue_is_empty_and_takes_its_capacity(void **state)
{
    (void)state;
    assert_inside(0);
    push_numbers(0, CAPACITY);
    assert_inside(CAPACITY);
    assert_status(push_number(0), RINGC_FULL);
    pop_numbers(0, CAPACITY);
}

/* ---- release: slots come back together ------------------------------------------------------ */

/* Fills the queue at once and makes the consumer look once, so that it knows of all it can know of.
 */
static void fill_at_once(uint64_t number)
{
    q_item items[CAPACITY];
    size_t n;

    items_of(items, CAPACITY, 0, number);
    assert_status(Q(try_push_n)(&p, items, CAPACITY, &n), RINGC_OK);
    assert_non_null(Q(peek)(&c, &n));
}

static void slots_come_back_when_so_many_are_due_and_not_before(void **state)
{
    uint64_t number = 0;

    (void)state;
    for (size_t way = 0; way < TAKES; ++way) {
        fill_at_once(number);
        for (size_t taken = 1; taken <= CAPACITY; ++taken) {
            q_item item;

            assert_status(take_by(way, &item), RINGC_OK);
            assert_item(&item, number++);
            assert_inside(CAPACITY - taken / RELEASE * RELEASE);
        }
        assert_inside(0);
    }
}

/* Whatever the slots' number, a batch leaves fewer behind than are given back together. */
static void a_batch_counts_each_of_its_slots(void **state)
{
    uint64_t number = 0;

    (void)state;
    for (size_t n = 1; n <= CAPACITY; ++n) {
        q_item items[CAPACITY];
        size_t done;

        fill_at_once(number);
        assert_status(Q(try_pop_n)(&c, items, n, &done), RINGC_OK);
        assert_int_equal(done, n);
        assert_item(&items[n - 1], number + n - 1);
        assert_there(CAPACITY - n);
        pop_numbers(number + n, CAPACITY - n);
        number += CAPACITY;
        finds_nothing_by(0);
    }
}

static void a_look_that_finds_nothing_gives_every_slot_back(void **state)
{
    (void)state;
    for (size_t way = 0; way < LOOKS; ++way) {
        for (size_t taken = 1; taken <= CAPACITY; ++taken) {
            push_numbers(0, taken);
            pop_numbers(0, taken);
            assert_there(0);
            finds_nothing_by(way);
            assert_inside(0);
            push_numbers(0, CAPACITY);
            pop_numbers(0, CAPACITY);
            finds_nothing_by(way);
        }
    }
}

static void closing_the_handle_gives_every_slot_back(void **state)
{
    (void)state;
    for (size_t inside = 1; inside <= CAPACITY; ++inside) {
        for (size_t taken = 0; taken <= inside; ++taken) {
            push_numbers(0, inside);
            pop_numbers(0, taken);
            reopen_consumer();
            assert_inside(inside - taken);
            push_numbers(inside, CAPACITY - inside + taken);
            pop_numbers(taken, CAPACITY);
            finds_nothing_by(0);
        }
    }
}

/* With `inside` messages there and any number of taken ones that are not given back. */
static void so_many_slots_can_always_be_filled_as_the_header_says(void **state)
{
    uint64_t number = 0;

    (void)state;
    for (size_t taken = 0; taken <= CAPACITY; ++taken) {
        for (size_t inside = 0; inside < GUARANTEED; ++inside) {
            if (taken + inside > CAPACITY)
                break;
            push_numbers(number, taken + inside);
            pop_numbers(number, taken);
            push_numbers(number + taken + inside, GUARANTEED - inside);
            pop_numbers(number + taken, GUARANTEED);
            number += taken + GUARANTEED;
            finds_nothing_by(0);
        }
    }
}

static void handles_that_are_reopened_go_on_where_the_last_ones_stopped(void **state)
{
    (void)state;
    for (uint64_t number = 0; number < 3 * CAPACITY; ++number) {
        push_numbers(number, 1);
        reopen_producer();
        reopen_consumer();
        pop_numbers(number, 1);
    }
    for (size_t n = 1; n <= CAPACITY; ++n) { /* and in the middle of a lap, a line, a release */
        push_numbers(0, n);
        reopen_producer();
        pop_numbers(0, n - 1);
        reopen_consumer();
        assert_inside(1);
        push_numbers(n, CAPACITY - 1);
        assert_status(push_number(0), RINGC_FULL);
        pop_numbers(n - 1, CAPACITY);
        finds_nothing_by(0);
    }
}

/* ---- Any sequence of operations, against a plain list ---------------------------------------- */

/* What should be inside: the numbers [from, to). */
struct list {
    uint64_t from, to;
};

static size_t listed(const struct list *list)
{
    return (size_t)(list->to - list->from);
}

/* As many go in as there are slots that are not held. */
static void some_pushes(struct list *list, struct dice *dice)
{
    q_item items[2 * CAPACITY];
    const size_t n = 1 + roll(dice, LENGTH_OF(items)), room = CAPACITY - Q(size)(ch);
    const size_t expected = n < room ? n : room;
    size_t done = 77;

    items_of(items, n, 0, list->to);
    assert_status(Q(try_push_n)(&p, items, n, &done), expected == n ? RINGC_OK : RINGC_FULL);
    assert_int_equal(done, expected);
    list->to += expected;
}

static void some_in_place(struct list *list, struct dice *dice)
{
    const size_t want = 1 + roll(dice, CAPACITY), room = CAPACITY - Q(size)(ch);
    const size_t piece = PIECE - (size_t)(p.position & (PIECE - 1));
    size_t expected = want < room ? want : room, got, n;
    q_item *slots = Q(reserve)(&p, want, &got);

    if (expected > piece)
        expected = piece;
    assert_int_equal(got, expected);
    n = roll(dice, got + 1);
    for (size_t i = 0; i < n; ++i)
        slots[i] = item_of(0, list->to + i);
    assert_status(Q(commit)(&p, n), RINGC_OK);
    list->to += n;
}

static void some_looks(struct list *list, struct dice *dice)
{
    const size_t piece = PIECE - (size_t)(c.position & (PIECE - 1));
    size_t got, n;
    const q_item *slots = Q(peek)(&c, &got);

    assert_int_equal(got > 0, listed(list) > 0);
    assert_true(got <= piece && got <= listed(list));
    for (size_t i = 0; i < got; ++i)
        assert_item(&slots[i], list->from + i);
    assert_status(Q(release)(&c, got + CAPACITY), RINGC_INVALID);
    n = roll(dice, got + 1);
    assert_status(Q(release)(&c, n), RINGC_OK);
    list->from += n;
}

static void some_pops(struct list *list, struct dice *dice)
{
    q_item items[CAPACITY + 2];
    const size_t n = 1 + roll(dice, LENGTH_OF(items));
    size_t done = 77;
    const ringc_status status = Q(try_pop_n)(&c, items, n, &done);

    assert_status(status, listed(list) > 0 ? RINGC_OK : RINGC_EMPTY);
    assert_int_equal(done, n < listed(list) ? n : listed(list));
    for (size_t i = 0; i < done; ++i)
        assert_item(&items[i], list->from + i);
    list->from += done;
    if (done < n)
        assert_inside(0); /* it found the end, and gave all back */
}

struct drained {
    struct list *list;
    size_t n, ends;
};

static void handle(void *arg, const q_item *message, bool end_of_batch)
{
    struct drained *drained = (struct drained *)arg;

    assert_int_equal(drained->ends, 0); /* the end is the last call */
    assert_item(message, drained->list->from++);
    drained->n++;
    drained->ends += end_of_batch;
}

static void some_drains(struct list *list, struct dice *dice)
{
    const size_t max = 1 + roll(dice, CAPACITY), inside = listed(list);
    struct drained drained = { list, 0, 0 };

    assert_status(Q(drain_n)(&c, max, handle, &drained), inside > 0 ? RINGC_OK : RINGC_EMPTY);
    assert_true(drained.n <= max && (drained.n > 0) == (inside > 0));
    assert_int_equal(drained.ends, inside > 0);
}

static void any_sequence_of_operations_behaves_like_a_list(void **state)
{
    struct dice dice = dice_of(1 + first_sequence);
    struct list list = { 0, 0 };

    (void)state;
    for (size_t i = 0; i < 2000; ++i) {
        switch (roll(&dice, 7)) {
        case 0:
            some_pushes(&list, &dice);
            break;
        case 1:
            some_in_place(&list, &dice);
            break;
        case 2:
            some_pops(&list, &dice);
            break;
        case 3:
            some_looks(&list, &dice);
            break;
        case 4:
            some_drains(&list, &dice);
            break;
        case 5:
            reopen_producer();
            break;
        default:
            reopen_consumer();
            assert_inside(listed(&list));
            break;
        }
        assert_there(listed(&list));
    }
}

static void drain_hands_out_all_that_is_there(void **state)
{
    struct list list = { 0, 0 };

    (void)state;
    for (size_t inside = 1; inside <= CAPACITY; ++inside) {
        struct drained drained = { &list, 0, 0 };

        push_numbers(list.to, inside);
        list.to += inside;
        assert_status(Q(drain)(&c, handle, &drained), RINGC_OK);
        assert_int_equal(drained.n, inside);
        assert_int_equal(drained.ends, 1);
        finds_nothing_by(0);
    }
}

/* ---- layout: stamps ------------------------------------------------------------------------- */

#if STAMPED

/* The stamp of every line, as no run of the queue would leave it. */
static void stamp_all(ringc_seq stamp)
{
    for (size_t i = 0; i < LINES; ++i)
        __atomic_store_n(&ch->lines[i].stamp, stamp, __ATOMIC_RELAXED);
}

static void a_queue_made_in_memory_full_of_garbage_is_empty(void **state)
{
    static const ringc_seq behind_and_ahead[] = { 1, (ringc_seq)PIECE, (ringc_seq)CAPACITY, 1000 };

    (void)state;
    for (size_t i = 0; i < 2 * LENGTH_OF(behind_and_ahead); ++i) {
        const ringc_seq by = behind_and_ahead[i / 2];

        the_end(NULL);
        stamp_all(i % 2 ? first_sequence + by : first_sequence - by);
        assert_status(Q(init_at)(ch, 0, first_sequence), RINGC_OK);
        assert_status(Q(producer_open)(ch, &p), RINGC_OK);
        assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
        for (size_t lap = 0; lap < 2; ++lap) {
            for (size_t n = 0; n < CAPACITY; ++n) {
                finds_nothing_by(n % LOOKS);
                push_numbers(n, 1);
                pop_numbers(n, 1);
            }
        }
        assert_there(0);
    }
}

/* Behind by any number: a lap, more than a lap, half of all sequences. */
static void a_stamp_behind_the_position_announces_nothing(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < RINGC_SEQ_BITS; ++bits) {
        stamp_all(c.position - ((ringc_seq)1 << bits) + (ringc_seq)(bits + 1 == RINGC_SEQ_BITS));
        finds_nothing_by(bits % LOOKS);
        stamp_all(c.position);
        finds_nothing_by(bits % LOOKS);
    }
    Q(close)(ch);
    stamp_all(c.position - (ringc_seq)CAPACITY);
    assert_it_is_over();
}

static void the_stamps_of_earlier_laps_announce_nothing(void **state)
{
    uint64_t number = 0;

    (void)state;
    for (size_t inside = 1; inside <= CAPACITY; ++inside) {
        for (size_t turn = 0; turn < 3 * CAPACITY; ++turn) {
            push_numbers(number, inside);
            pop_numbers(number, inside);
            number += inside;
            finds_nothing_by(turn % LOOKS);
        }
    }
}

/* The consumer may be faster than the second of the producer's two stores. */
static void a_message_popped_before_it_counts_leaves_the_size_within_bounds(void **state)
{
    (void)state;
    for (size_t number = 0; number < 2 * CAPACITY; ++number) {
        const ringc_seq before = ch->tail;
        ringc_seq after;

        push_numbers(number, 1);
        after = ch->tail;
        __atomic_store_n(&ch->tail, before, __ATOMIC_RELAXED);
        pop_numbers(number, 1);
        finds_nothing_by(number % LOOKS);
        assert_inside(0);
        __atomic_store_n(&ch->tail, after, __ATOMIC_RELAXED);
        assert_inside(0);
    }
}

#define STAMP_TESTS                                                                                \
    TEST(a_queue_made_in_memory_full_of_garbage_is_empty),                                         \
        TEST(a_stamp_behind_the_position_announces_nothing),                                       \
        TEST(the_stamps_of_earlier_laps_announce_nothing),                                         \
        TEST(a_message_popped_before_it_counts_leaves_the_size_within_bounds),
#else
#define STAMP_TESTS
#endif

/* ---- prefetch, settle, pause: hints --------------------------------------------------------- */

enum { LINE_BYTES = 64 };

/* What was fetched reaches into the line that the schema asks for, or nothing was. */
static void assert_reach(size_t bytes, size_t lines)
{
    assert_int_equal(bytes / LINE_BYTES, lines);
}

static void each_side_fetches_as_far_ahead_as_the_schema_says_and_only_its_own_slots(void **state)
{
    const size_t slot_bytes = sizeof ch->SLOTS / CAPACITY;
    size_t reach_room = 0, reach_messages = 0;

    (void)state;
    for (size_t inside = 1; inside <= CAPACITY; ++inside) {
        for (size_t n = 0; n < inside; ++n) {
            hints.from = p.position;
            hints.farthest_room = 0;
            push_numbers(n, 1);
            assert_true(hints.farthest_room / slot_bytes < CAPACITY - n);
            if (hints.farthest_room > reach_room)
                reach_room = hints.farthest_room;
        }
        for (size_t n = 0; n < inside; ++n) {
            hints.from = c.position;
            hints.farthest_message = 0;
            pop_numbers(n, 1);
            /* A full line lets the consumer guess that the producer is writing further on. */
            assert_true(STAMPED || hints.farthest_message / slot_bytes < inside - n);
            if (hints.farthest_message > reach_messages)
                reach_messages = hints.farthest_message;
        }
        finds_nothing_by(0);
    }
    assert_reach(reach_room, FETCH_ROOM);
    assert_reach(reach_messages, FETCH_MESSAGES);
    assert_int_equal(hints.rooms > 0, FETCH_ROOM > 0);
    assert_int_equal(hints.messages > 0, FETCH_MESSAGES > 0);
}

static void assert_reach_or_beyond(size_t bytes, size_t lines)
{
    assert_true(bytes / LINE_BYTES >= lines);
}

/* Counted from where the batch begins; at the begin of a line, since a stamp in the middle of one
 * may tell of a whole lap. */
static void batches_and_drains_fetch_as_far_ahead(void **state)
{
    q_item items[CAPACITY];
    struct list list = { 0, CAPACITY };
    struct drained drained = { &list, 0, 0 };
    size_t done;

    (void)state;
    while ((p.position & (PIECE - 1)) != 0) {
        push_numbers(0, 1);
        pop_numbers(0, 1);
    }
    finds_nothing_by(0);
    items_of(items, CAPACITY, 0, 0);
    memset(&hints, 0, sizeof hints);
    hints.from = p.position;
    assert_status(Q(try_push_n)(&p, items, CAPACITY, &done), RINGC_OK);
    assert_reach_or_beyond(hints.farthest_room, FETCH_ROOM);
    assert_status(Q(try_pop_n)(&c, items, CAPACITY, &done), RINGC_OK);
    assert_reach_or_beyond(hints.farthest_message, FETCH_MESSAGES);
    finds_nothing_by(0);
    assert_status(Q(try_push_n)(&p, items, CAPACITY, &done), RINGC_OK);
    hints.from = c.position;
    hints.farthest_message = 0;
    assert_status(Q(drain)(&c, handle, &drained), RINGC_OK);
    assert_reach_or_beyond(hints.farthest_message, FETCH_MESSAGES);
}

/* It pauses before its next look and not before the one after that. */
static void assert_settles(size_t times)
{
    assert_int_equal(hints.settles, SETTLE > 0 ? times : 0);
    assert_int_equal(hints.pauses, hints.settles > 0 ? SETTLE : 0);
}

static void a_consumer_that_finds_nothing_after_something_settles_once(void **state)
{
    (void)state;
    finds_nothing_by(0);
    finds_nothing_by(0);
    assert_settles(0);
    for (int round = 0; round < 3; ++round) {
        memset(&hints, 0, sizeof hints);
        push_numbers(0, 1);
        pop_numbers(0, 1);
        finds_nothing_by(0);
        assert_settles(0);
        finds_nothing_by(0);
        assert_settles(1);
        finds_nothing_by(0);
        assert_settles(1);
    }
}

static void a_producer_that_finds_no_room_after_some_settles_once(void **state)
{
    (void)state;
    for (int round = 0; round < 3; ++round) {
        push_numbers(0, CAPACITY);
        memset(&hints, 0, sizeof hints);
        assert_status(push_number(0), RINGC_FULL);
        assert_settles(0);
        assert_status(push_number(0), RINGC_FULL);
        assert_settles(1);
        assert_status(push_number(0), RINGC_FULL);
        assert_settles(1);
        pop_numbers(0, CAPACITY);
        finds_nothing_by(0);
    }
}

static void sides_that_are_far_from_each_other_do_not_settle(void **state)
{
    (void)state;
    for (size_t round = 0; round < 3; ++round) {
        push_numbers(0, CAPACITY);
        pop_numbers(0, CAPACITY);
        assert_settles(0);
        reopen_producer();
        reopen_consumer();
    }
}

#if SETTLE && JOIN3(RELEASE_, QUEUE_VARIANT, ) == 1 && !STAMPED
static void a_side_that_found_little_settles_before_its_next_look(void **state)
{
    (void)state;
    push_numbers(0, 2);
    pop_numbers(0, 2);
    assert_settles(0);
    push_numbers(2, 1);
    pop_numbers(2, 1);
    assert_settles(1);
    reopen_producer();
    push_numbers(3, CAPACITY);
    pop_numbers(3, 2);
    push_numbers(3 + CAPACITY, 2);
    assert_settles(1);
    assert_status(push_number(0), RINGC_FULL);
    assert_settles(2);
}
#define LITTLE_TEST TEST(a_side_that_found_little_settles_before_its_next_look),
#else
#define LITTLE_TEST
#endif

static void a_side_spins_with_a_pause_unless_the_schema_says_otherwise(void **state)
{
    q_item item;

    (void)state;
    assert_status(Q(pop_for)(&c, &item, 0), RINGC_TIMEOUT);
    assert_int_equal(hints.bare, BARE);
#if QUEUE_BLOCKS
    item = item_of(0, 0);
    push_numbers(0, CAPACITY);
    assert_status(Q(push_for)(&p, &item, 0), RINGC_TIMEOUT);
    assert_int_equal(hints.bare, 2 * BARE);
#endif
}

/* ---- Waiting -------------------------------------------------------------------------------- */

#if QUEUE_BLOCKS

/* A push into a full queue, by a thread of its own. */
struct pusher {
    uint32_t started;
    ringc_status status;
};

static void *push_in_thread(void *arg)
{
    struct pusher *pusher = (struct pusher *)arg;
    const q_item item = item_of(0, CAPACITY);
    producer mine = p; /* the main thread lends its handle until the join */

    RAISE_FLAG(&pusher->started);
    pusher->status = Q(push)(&mine, &item);
    p = mine;
    return NULL;
}

static pthread_t a_producer_waits_for_room(struct pusher *pusher)
{
    pthread_t thread;

    finds_nothing_by(0); /* nothing is held */
    push_numbers(0, CAPACITY);
    thread = started(push_in_thread, pusher);
    await_flag(&pusher->started);
    ringc_sleep_ns(A_WHILE);
    return thread;
}

static void a_producer_that_waits_for_room_gets_it_when_so_many_slots_are_due(void **state)
{
    (void)state;
    for (size_t way = 0; way < TAKES; ++way) {
        struct pusher pusher = { 0, RINGC_INVALID };
        const pthread_t thread = a_producer_waits_for_room(&pusher);

        for (size_t taken = 0; taken < RELEASE; ++taken) {
            q_item item;

            REQUIRE(take_by(way, &item) == RINGC_OK && item.seq == taken);
        }
        joined(thread);
        assert_status(pusher.status, RINGC_OK);
        pop_numbers(RELEASE, CAPACITY + 1 - RELEASE);
    }
}

static void a_producer_that_waits_for_room_gets_it_when_the_consumer_leaves(void **state)
{
    struct pusher pusher = { 0, RINGC_INVALID };
    const pthread_t thread = a_producer_waits_for_room(&pusher);
    q_item item;

    (void)state;
    REQUIRE(Q(try_pop)(&c, &item) == RINGC_OK);
    Q(consumer_close)(&c);
    joined(thread);
    assert_status(pusher.status, RINGC_OK);
    assert_inside(CAPACITY);
    assert_status(Q(consumer_open)(ch, &c), RINGC_OK);
    pop_numbers(1, CAPACITY);
}

/* Waits for room as the schema says; then the other side waits for a message. */
static void *push_one_by_one(void *arg)
{
    const size_t messages = *(const size_t *)arg;
    producer mine = p;

    for (uint64_t number = 0; number < messages; ++number) {
        const q_item item = item_of(0, number);

        REQUIRE(Q(push)(&mine, &item) == RINGC_OK);
    }
    p = mine;
    return NULL;
}

static void two_sides_that_wait_for_each_other_never_both_sleep(void **state)
{
    size_t messages = stress_messages();
    const pthread_t thread = started(push_one_by_one, &messages);

    (void)state;
    for (uint64_t number = 0; number < messages; ++number) {
        q_item item;

        REQUIRE(take_by(number % 2 ? 1 : 3, &item) == RINGC_OK); /* pop, pop_n */
        REQUIRE(is_whole(&item) && item.seq == number);
    }
    joined(thread);
    assert_there(0);
}

#define BLOCK_TESTS                                                                                \
    TEST(a_producer_that_waits_for_room_gets_it_when_so_many_slots_are_due),                       \
        TEST(a_producer_that_waits_for_room_gets_it_when_the_consumer_leaves),                     \
        TEST(two_sides_that_wait_for_each_other_never_both_sleep),
#else
#define BLOCK_TESTS
#endif

/* Pushes only what the whole queue has room for: every slot has to come back while the consumer
 * waits. */
static void *push_whole_laps(void *arg)
{
    const size_t laps = *(const size_t *)arg;
    producer mine = p;
    q_item items[CAPACITY];

    for (size_t lap = 0; lap < laps; ++lap) {
        size_t done;

        while (!Q(has_capacity)(ch, CAPACITY))
            ringc_yield();
        items_of(items, CAPACITY, 0, lap * CAPACITY);
        REQUIRE(Q(try_push_n)(&mine, items, CAPACITY, &done) == RINGC_OK);
    }
    p = mine;
    return NULL;
}

static void a_consumer_that_waits_for_messages_holds_no_slots(void **state)
{
    size_t laps = 1 + stress_messages() / CAPACITY / 4;
    const pthread_t thread = started(push_whole_laps, &laps);

    (void)state;
    for (uint64_t number = 0; number < laps * CAPACITY; ++number) {
        q_item item;

        REQUIRE(take_by(number % 2 ? 1 : 3, &item) == RINGC_OK);
        REQUIRE(is_whole(&item) && item.seq == number);
    }
    joined(thread);
    assert_there(0);
}

#include "queue_suite_stress.h"

/* ---- All of them -------------------------------------------------------------------------- */

#define TEST(function) cmocka_unit_test_setup_teardown(function, an_open_queue, the_end)

int main(void)
{
    const struct CMUnitTest quick[] = {
        TEST(the_header_says_how_many_slots_can_always_be_filled),
        TEST(a_new_queue_is_empty_and_takes_its_capacity),
        TEST(slots_come_back_when_so_many_are_due_and_not_before),
        TEST(a_batch_counts_each_of_its_slots),
        TEST(a_look_that_finds_nothing_gives_every_slot_back),
        TEST(closing_the_handle_gives_every_slot_back),
        TEST(so_many_slots_can_always_be_filled_as_the_header_says),
        TEST(handles_that_are_reopened_go_on_where_the_last_ones_stopped),
        TEST(any_sequence_of_operations_behaves_like_a_list),
        TEST(drain_hands_out_all_that_is_there),
        TEST(a_consumer_that_finds_nothing_after_something_settles_once),
        TEST(a_producer_that_finds_no_room_after_some_settles_once),
        TEST(sides_that_are_far_from_each_other_do_not_settle),
        STAMP_TESTS LITTLE_TEST TEST(
            each_side_fetches_as_far_ahead_as_the_schema_says_and_only_its_own_slots),
        TEST(batches_and_drains_fetch_as_far_ahead),
        TEST(a_side_spins_with_a_pause_unless_the_schema_says_otherwise),
    };
    const struct CMUnitTest threads[] = {
        BLOCK_TESTS TEST(a_consumer_that_waits_for_messages_holds_no_slots),
        STRESS_TESTS,
    };
    int failed = 0;

    begin(QUEUE_NAME " and its knobs");
    for (size_t i = 0; i < LENGTH_OF(first_sequences); ++i) {
        first_sequence = first_sequences[i];
        printf("%s from sequence %" PRIu64 "\n", QUEUE_NAME, (uint64_t)first_sequence);
        failed += cmocka_run_group_tests_name(QUEUE_NAME " and its knobs", quick, NULL, NULL);
    }
    first_sequence = (ringc_seq)(UINT64_MAX - 2); /* the rest goes across the last wrap */
    failed += cmocka_run_group_tests_name(QUEUE_NAME " with two threads", threads, NULL, NULL);
    return failed != 0;
}
