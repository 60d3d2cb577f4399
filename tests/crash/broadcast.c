/*
 * Kills or freezes one process at every instruction of an operation on a broadcast that it shares
 * with another, and looks at what the others then see. README.md says what must hold.
 *
 *   crash-broadcast              every operation of every channel
 *   crash-broadcast --self-test  broken headers, each of which must be caught
 */
#include "broadcast_channel.h"

static const struct broadcast *bc; /* the one that here.subject is part of */

static bool has(unsigned flag)
{
    return (here.op->flags & flag) != 0;
}

enum { HOLES, LEFT_ASLEEP }; /* noted */

/* ---- What the survivors see ------------------------------------------------------------------ */

/*
 * FIRST gates where one can, and both receive as soon as they are told to. LAGGARD is lossy and has
 * received nothing, NEWEST wants only the latest: where one may be lossy, and a publisher is
 * stepped.
 */
enum { FIRST, SECOND, LAGGARD, NEWEST };

static struct {
    size_t received, lagged;
} readers[SUBSCRIBERS];

static uint64_t numbers[2 * OUT_MAX]; /* of the messages by position, as far as anybody saw them */
static size_t total;                  /* a subscriber is stepped: messages published so far */
static size_t others;                 /* a publisher is stepped: messages of a second producer */

#define UNKNOWN UINT64_MAX

static bool gates(size_t who)
{
    return who == FIRST ? bc->is_gated : bc->all_gate;
}

static size_t at(size_t who)
{
    return readers[who].received + readers[who].lagged;
}

/* Whether all who saw something at this position saw this, once, and in its producer's order. */
static bool belongs(size_t position, const bc_item *message)
{
    const uint64_t number = message->number;

    CHECK(message_is_whole(message));
    CHECK(position < LENGTH_OF(numbers));
    CHECK(bc->is_multi || number == position);
    CHECK(numbers[position] == UNKNOWN || numbers[position] == number);
    numbers[position] = number;
    for (size_t i = 0; i < LENGTH_OF(numbers); ++i)
        if (i != position && numbers[i] != UNKNOWN && numbers[i] / OTHERS == number / OTHERS)
            CHECK((i < position) == (numbers[i] < number));
    return true;
}

static bool adds_up(size_t who)
{
    CHECK(bc->received(who) == readers[who].received);
    CHECK(bc->lagged(who) == readers[who].lagged);
    return true;
}

/* What a reader got: a message, or word of those that it missed. */
static bool got(size_t who, ringc_status status, const bc_item *message)
{
    if (status == RINGC_LAGGED) {
        CHECK(!gates(who) && bc->missed(who) > 0);
        readers[who].lagged += bc->missed(who);
        return true;
    }
    CHECK(belongs(at(who), message));
    ++readers[who].received;
    return true;
}

/* Receives all that is there. */
static bool receives(size_t who)
{
    const bool was_closed = bc->is_closed(our_channel);
    ringc_status status;
    bc_item message;

    while ((status = bc->try_recv(who, &message)) == RINGC_OK || status == RINGC_LAGGED)
        CHECK(got(who, status, &message));
    if (status == RINGC_CLOSED)
        CHECK(bc->is_closed(our_channel));
    else
        CHECK(status == RINGC_EMPTY && !was_closed);
    return adds_up(who);
}

static bool both_receive(void)
{
    CHECK(receives(FIRST) && receives(SECOND));
    CHECK(at(FIRST) == at(SECOND));
    return true;
}

/* Takes the newest that is there, if it is newer than what it has: in [from, to). */
static bool takes_newest(size_t who, size_t from, size_t to)
{
    bc_item message;

    CHECK(bc->latest(who, &message) == RINGC_OK);
    readers[who].lagged += bc->missed(who);
    CHECK(at(who) >= from && at(who) < to);
    CHECK(got(who, RINGC_OK, &message));
    return adds_up(who);
}

static size_t n_readers(void)
{
    return here.op->side == CONSUMER || bc->all_gate ? 2 : SUBSCRIBERS;
}

/* Closes the channel, of which the readers have received all. */
static bool closes(void)
{
    bc_item message = message_of(0);

    bc->close(our_channel);
    CHECK(bc->is_closed(our_channel));
    for (size_t who = FIRST; who < n_readers() && who < NEWEST; ++who) {
        CHECK(bc->try_recv(who, &message) == RINGC_CLOSED);
        CHECK(bc->recv_for(who, &message, POP_NS) == RINGC_CLOSED);
    }
    return true;
}

static bool readers_subscribe(void)
{
    for (size_t who = FIRST; who < n_readers(); ++who)
        CHECK(bc->subscribe(our_channel, who, gates(who) ? RINGC_GATING : RINGC_LOSSY) == RINGC_OK);
    return true;
}

static bool a_side_is_parked(void)
{
    return bc->is_parked(our_channel);
}

/* Until the process that goes on has reached this phase, or for as long as it may take. */
static bool reaches(enum phase wanted)
{
    const uint64_t start = ringc_now_ns();

    while (phase() < wanted && ringc_now_ns() - start < PATIENT_NS) {
        if (here.op->side == PRODUCER)
            CHECK(receives(FIRST) && receives(SECOND));
        ringc_yield();
    }
    return phase() >= wanted;
}

/* ---- A publisher is stepped: the subscribers that sleep -------------------------------------- */

static bc_item slept_for[2];

static ringc_status receives_for(struct sleeper *sleeper)
{
    return bc->recv_for(sleeper->who, &slept_for[sleeper->who], PATIENT_NS);
}

static struct sleeper sleepers[2] = { { .call = receives_for, .who = FIRST },
                                      { .call = receives_for, .who = SECOND } };

static bool both_awake(void)
{
    return IS_RAISED(&sleepers[FIRST].is_awake) && IS_RAISED(&sleepers[SECOND].is_awake);
}

static bool both_have_slept_well(ringc_status or_else)
{
    const bool first = has_slept_well(&sleepers[FIRST], or_else);
    const bool second = has_slept_well(&sleepers[SECOND], or_else);

    CHECK(first && second);
    CHECK(sleepers[FIRST].status == sleepers[SECOND].status);
    for (size_t who = FIRST; who <= SECOND; ++who)
        if (sleepers[who].status == RINGC_OK)
            CHECK(got(who, RINGC_OK, &slept_for[who]));
    return true;
}

static void await_waking(void)
{
    for (int i = 0; i < 20 && !both_awake(); ++i)
        ringc_sleep_ns(MS / 4);
}

static bool other_publishes(void)
{
    const bc_item message = message_of(OTHERS + others);

    CHECK(bc->try_publish(&message) == RINGC_OK);
    ++others;
    return true;
}

/*
 * After a kill, perhaps of the waker: another producer wakes them if their announcement still
 * stands and there is something for them, close does in any case.
 */
static bool sleepers_wake_after_all(struct tally *tally)
{
    const bool announced = bc->is_parked(our_channel);
    bool published = true, visible = false, left_asleep;

    if (bc->is_multi && !has(CLOSES)) {
        published = other_publishes() && receives(LAGGARD);
        visible = at(LAGGARD) > 0;
    }
    if (!announced || visible)
        await_waking();
    left_asleep = !both_awake();
    if (!announced || !visible)
        bc->close(our_channel);
    CHECK(both_have_slept_well(RINGC_CLOSED) && published);
    if (left_asleep && sleepers[FIRST].status == RINGC_OK)
        ++tally->noted[LEFT_ASLEEP];
    return true;
}

/* ---- A publisher is stepped ------------------------------------------------------------------ */

/* How many messages of the operation anybody has seen from its beginning on. */
static size_t seen(void)
{
    size_t n = 0;

    for (size_t i = 0; i < at(FIRST); ++i)
        n += numbers[i] >= here.op->before && numbers[i] < OTHERS;
    return n;
}

static bool lossy_ones_see_it(struct tally *tally)
{
    const struct operation *op = here.op;
    const size_t end = op->before + op->n;

    CHECK(receives(LAGGARD));
    CHECK(at(LAGGARD) == at(FIRST));
    if (op->counts & (LAGS | KEEPS))
        tally->counts |= readers[LAGGARD].lagged > 0 ? LAGS : KEEPS;
    else
        CHECK(readers[LAGGARD].lagged == 0);
    if (others > 0 || at(FIRST) == 0)
        return true;
    if (op->n < bc->capacity) /* else all that it could have may be gone */
        CHECK(takes_newest(NEWEST, op->before == 0 ? 0 : op->before - 1, end));
    return true;
}

/* After a kill, or before the frozen one goes on. With many producers, it may have left a hole. */
static bool look(struct tally *tally, bool *hole)
{
    const size_t claimed = bc->published(our_channel);

    CHECK(both_receive());
    CHECK(at(FIRST) >= here.op->before && readers[FIRST].lagged + readers[SECOND].lagged == 0);
    CHECK(tallied(tally, seen(), bc->is_closed(our_channel)));
    if (!bc->all_gate)
        CHECK(lossy_ones_see_it(tally));
    *hole = bc->is_multi && claimed > at(FIRST);
    if (*hole) {
        CHECK(claimed == at(FIRST) + 1 + others);
        tally->counts |= HOLE;
        ++tally->noted[HOLES];
    } else {
        CHECK(claimed <= at(FIRST) && claimed >= (bc->is_multi ? at(FIRST) : here.op->before));
    }
    return true;
}

static ringc_status publishes_or_waits(struct sleeper *sleeper)
{
    (void)sleeper;
    return bc->publish(&slept_for[0], PATIENT_NS);
}

/* The others go on until they come round to the hole; close wakes everybody who waits there. */
static bool others_stop_at_hole(void)
{
    const size_t hole = at(FIRST);
    struct sleeper sleeper = { .call = publishes_or_waits };
    bool has_slept;

    while (others + 1 < bc->capacity)
        CHECK(other_publishes());
    slept_for[0] = message_of(OTHERS + others);
    CHECK(bc->try_publish(&slept_for[0]) == RINGC_FULL);
    if (bc->is_gated)
        CHECK(bc->publish(&slept_for[0], POP_NS) == RINGC_TIMEOUT);
    CHECK(both_receive() && at(FIRST) == hole);
    CHECK(bc->recv_for(FIRST, &slept_for[1], POP_NS) == RINGC_TIMEOUT);
    /* The latest lies behind the hole, and who has taken it holds nobody: the slot still does. */
    CHECK(takes_newest(FIRST, hole + 1, hole + bc->capacity));
    CHECK(bc->try_publish(&slept_for[0]) == RINGC_FULL);
    fall_asleep(&sleeper);
    bc->close(our_channel);
    has_slept = has_slept_well(&sleeper, RINGC_CLOSED);
    CHECK(has_slept && sleeper.status == RINGC_CLOSED);
    CHECK(receives(SECOND) && at(SECOND) == hole);
    return true;
}

static bool others_go_on(void)
{
    for (size_t i = 0; i < 2 * bc->capacity; ++i) {
        const size_t before = at(FIRST);

        CHECK(other_publishes());
        CHECK(both_receive() && at(FIRST) == before + 1);
    }
    return true;
}

static bool publisher_is_dead(pid_t child, struct tally *tally)
{
    bc_item message = message_of(0);
    bool hole;

    CHECK(killed(child));
    if (has(SLEEPER))
        CHECK(sleepers_wake_after_all(tally));
    CHECK(look(tally, &hole));
    if (!bc->is_closed(our_channel))
        CHECK(bc->recv_for(FIRST, &message, POP_NS) == RINGC_TIMEOUT);
    if (!bc->is_multi)
        CHECK(bc->producer_open(our_channel) == RINGC_LIMIT);
    else if (!bc->is_closed(our_channel))
        CHECK(hole ? others_stop_at_hole() : others_go_on());
    if (!bc->all_gate)
        CHECK(receives(LAGGARD));
    CHECK(closes());
    if (bc->is_multi)
        CHECK(bc->try_publish(&message) == RINGC_CLOSED);
    return true;
}

/* All that the one who went on, and the others, have published has come to everybody. */
static bool all_has_come(void)
{
    const size_t all = the_stage->n + others;

    CHECK(bc->published(our_channel) == all);
    CHECK(both_receive() && at(FIRST) == all);
    for (size_t who = FIRST; who <= SECOND; ++who)
        CHECK(readers[who].lagged == 0 || !gates(who));
    if (bc->all_gate)
        return true;
    CHECK(receives(LAGGARD) && at(LAGGARD) == all);
    if (at(NEWEST) < all)
        CHECK(takes_newest(NEWEST, all - 1, all));
    return true;
}

static bool publisher_goes_on(pid_t child, struct tally *tally)
{
    bool hole;

    if (has(SLEEPER)) {
        bool goes_on;

        await_sleep(&sleepers[FIRST]);
        goes_on = resumed(child);
        CHECK(both_have_slept_well(has(CLOSES) ? RINGC_CLOSED : RINGC_OK) && goes_on);
        CHECK(tallied(tally, seen(), true));
    } else {
        CHECK(look(tally, &hole));
        if (bc->is_multi && !bc->is_closed(our_channel)) {
            const size_t before = at(FIRST);

            CHECK(other_publishes());
            CHECK(both_receive() && at(FIRST) == before + (hole ? 0 : 1));
        }
        CHECK(resumed(child));
    }
    CHECK(reaches(DONE));
    CHECK(ended(child));
    CHECK(all_has_come());
    CHECK(bc->is_multi || bc->producer_open(our_channel) == RINGC_OK);
    return closes();
}

static bool publisher_boundary(struct tally *tally, bool *is_last)
{
    pid_t child;

    if (bc->is_multi)
        CHECK(bc->producer_open(our_channel) == RINGC_OK);
    child = started_child();
    if (!has(FULL))
        CHECK(both_receive());
    if (has(SLEEPER)) {
        fall_asleep(&sleepers[FIRST]);
        fall_asleep(&sleepers[SECOND]);
    }
    CHECK(stepped(child, is_last));
    return (here.kills ? publisher_is_dead : publisher_goes_on)(child, tally);
}

/* ---- A subscriber is stepped ----------------------------------------------------------------- */

/* Publishes as many, both survivors receiving them at once, if nobody stands in the way. */
static bool publishes(size_t n, bool *is_held)
{
    *is_held = false;
    for (size_t i = 0; i < n; ++i) {
        const bc_item message = message_of(total);
        const ringc_status status = bc->try_publish(&message);

        if (status == RINGC_FULL && bc->is_gated) {
            CHECK(bc->publish(&message, POP_NS) == RINGC_TIMEOUT);
            *is_held = true;
            return true;
        }
        CHECK(status == RINGC_OK);
        ++total;
        CHECK(both_receive() && at(FIRST) == total);
    }
    return true;
}

static bool is_held_no_more(void)
{
    bool is_held;

    CHECK(publishes(2 * bc->capacity, &is_held));
    CHECK(!is_held);
    return true;
}

/* Whether the stepped one has a place: the survivors have two, and so many others are free. */
static bool has_place(bool *it_has)
{
    const uint32_t reading = bc->all_gate ? RINGC_GATING : RINGC_LOSSY;
    ringc_status status = RINGC_OK;
    size_t who = 2;

    while (who <= SUBSCRIBERS && (status = bc->subscribe(our_channel, who, reading)) == RINGC_OK)
        ++who;
    for (size_t i = 2; i < who; ++i)
        bc->unsubscribe(i);
    CHECK(status == RINGC_LIMIT);
    CHECK(who == SUBSCRIBERS || who == SUBSCRIBERS - 1);
    *it_has = who == SUBSCRIBERS - 1;
    return true;
}

/* What it has given back, it had copied out before. */
static bool given_back_is_whole(size_t given)
{
    if (has(PASSES_OVER))
        return given == 0 || belongs(given - 1, &the_stage->out[0]);
    for (size_t i = 0; i < given; ++i)
        CHECK(belongs(i, &the_stage->out[i]));
    return true;
}

/* After a kill, or before the frozen one goes on: what it is seen to have done. */
static bool subscriber_shows(struct tally *tally, bool is_held, bool it_has_place)
{
    const size_t given = total - bc->capacity;

    if (has(LOSSY | LET_GO)) {
        CHECK(!is_held);
        CHECK(it_has_place || has(JOINS));
        return true;
    }
    CHECK(!is_held || it_has_place);
    if (has(JOINS)) /* dead with a place that nobody may find, or with one that holds producers */
        return tallied(tally, is_held ? 2 : it_has_place ? 1 : 0, true);
    CHECK(is_held == it_has_place);
    if (has(LEAVES))
        return tallied(tally, is_held ? 0 : 1, true);
    CHECK(is_held && total >= bc->capacity);
    CHECK(tallied(tally, given, true));
    return given_back_is_whole(given);
}

static ringc_place its_place(void)
{
    return has(JOINS) ? bc->place_in(the_stage) : the_stage->place;
}

static bool subscriber_is_dead(pid_t child, struct tally *tally)
{
    bool is_held, it_has_place, still_has_place;

    CHECK(killed(child));
    CHECK(publishes(2 * bc->capacity, &is_held));
    CHECK(total - here.op->before <= bc->capacity || !is_held);
    CHECK(has_place(&it_has_place));
    CHECK(subscriber_shows(tally, is_held, it_has_place));
    CHECK(bc->let_go(our_channel, its_place()) == (is_held ? RINGC_OK : RINGC_INVALID));
    CHECK(bc->let_go(our_channel, its_place()) == RINGC_INVALID);
    CHECK(is_held_no_more());
    CHECK(has_place(&still_has_place) && still_has_place == it_has_place);
    return closes();
}

/* What the one that went on has received: all from its start on, or told what it missed. */
static bool subscriber_received_all(void)
{
    const size_t n = the_stage->n, start = the_stage->start;
    const size_t *position = the_stage->at;

    CHECK(n <= OUT_MAX && the_stage->position == total);
    CHECK(start <= total && (start == 0 || has(JOINS)));
    for (size_t i = 0; i < n; ++i) {
        CHECK(belongs(position[i], &the_stage->out[i]));
        CHECK(i == 0 ? position[i] >= start : position[i] > position[i - 1]);
    }
    if (has(LOSSY | LET_GO))
        return true;
    CHECK(has(JOINS) || the_stage->done >= (has(PASSES_OVER) ? 1 : here.op->n));
    return n == 0 ? start == total
                  : total - position[0] == n && (position[0] == start || has(PASSES_OVER));
}

/* How many messages the survivor has for it while it is frozen. */
static size_t meanwhile(void)
{
    if (!has(LOSSY))
        return 2 * bc->capacity; /* until it holds the producer, if it does */
    return has(IS_LAPPED) ? bc->capacity : 1;
}

static bool subscriber_goes_on(pid_t child, struct tally *tally)
{
    bool is_held, has_place_still;

    if (has(LET_GO))
        CHECK(bc->let_go(our_channel, the_stage->place) == RINGC_OK);
    CHECK(publishes(meanwhile(), &is_held));
    if (!has(JOINS))
        CHECK(subscriber_shows(tally, is_held, is_held || has(LOSSY | LET_GO)));
    CHECK(resumed(child));
    CHECK(reaches(AFTER));
    if (has(LEAVES))
        CHECK(is_held_no_more() && has_place(&has_place_still) && !has_place_still);
    bc->close(our_channel);
    CHECK(ended(child));
    if (!has(LEAVES))
        CHECK(subscriber_received_all());
    if (has(LOSSY | LET_GO) && !has(JOINS))
        CHECK(tallied(tally, the_stage->done < here.op->n ? the_stage->done : here.op->n, true));
    CHECK(both_receive() && at(FIRST) == total);
    return closes();
}

/* ---- A subscriber is stepped for whom the producer sleeps ------------------------------------ */

static ringc_status publishes_for(struct sleeper *sleeper)
{
    const bc_item message = message_of(total);

    (void)sleeper;
    return bc->publish(&message, PATIENT_NS);
}

static struct sleeper waiting_producer = { .call = publishes_for };

static bool producer_has_slept_well(void)
{
    CHECK(has_slept_well(&waiting_producer, RINGC_OK));
    total += waiting_producer.status == RINGC_OK;
    CHECK(both_receive() && at(FIRST) == total);
    return true;
}

/* After a kill, perhaps of the waker: who lets the dead one go wakes the producer in any case. */
static bool dead_to_sleeper(pid_t child)
{
    const bool was_killed = killed(child);
    const ringc_status let_go = bc->let_go(our_channel, the_stage->place);

    CHECK(producer_has_slept_well()); /* whether it was woken by the dead one or by us */
    CHECK(was_killed && (let_go == RINGC_OK || (let_go == RINGC_INVALID && has(LEAVES))));
    return closes();
}

static bool wakes_sleeper(pid_t child)
{
    bool goes_on;

    await_sleep(&waiting_producer);
    goes_on = resumed(child);
    CHECK(producer_has_slept_well() && goes_on);
    bc->close(our_channel);
    CHECK(ended(child));
    if (!has(LEAVES))
        CHECK(subscriber_received_all());
    return closes();
}

static bool subscriber_boundary(struct tally *tally, bool *is_last)
{
    const pid_t child = started_child();

    CHECK(bc->producer_open(our_channel) == RINGC_OK);
    total = here.op->before;
    CHECK(both_receive() && at(FIRST) == total);
    if (has(SLEEPER))
        fall_asleep(&waiting_producer);
    CHECK(stepped(child, is_last));
    if (has(SLEEPER))
        return here.kills ? dead_to_sleeper(child) : wakes_sleeper(child);
    return (here.kills ? subscriber_is_dead : subscriber_goes_on)(child, tally);
}

/* ---- The program ----------------------------------------------------------------------------- */

static bool boundary(struct tally *tally, bool *is_last)
{
    bc = (const struct broadcast *)here.subject;
    bc->init(our_channel, here.op->first);
    memset(readers, 0, sizeof readers);
    memset(numbers, 0xff, sizeof numbers);
    others = 0;
    CHECK(readers_subscribe());
    return (here.op->side == PRODUCER ? publisher_boundary : subscriber_boundary)(tally, is_last);
}

static bool shows(void)
{
    return here.kills != has(LOSSY | LET_GO);
}

extern const struct broadcast single_overwrite_park, single_block_park, single_block_all;
extern const struct broadcast multi_overwrite_park, multi_block_park;
static const struct subject *const channels[] = {
    &single_overwrite_park.is, &single_block_park.is, &single_block_all.is,
    &multi_overwrite_park.is,  &multi_block_park.is,
};

/* By break.py, each named after what it does too early, or blindly, or not at all. */
extern const struct broadcast early_stamp, early_next, first_stamp_first, early_broadcast_wake;
extern const struct broadcast early_cursor, early_cursor_wake, blind_join, silent_let_go,
    looking_let_go;
extern const struct broadcast looking_broadcast_close, blind_copy, no_odd_stamp, blind_claim;
static const struct subject *const broken_channels[] = {
    &early_stamp.is,       &early_next.is,
    &first_stamp_first.is, &early_broadcast_wake.is,
    &early_cursor.is,      &early_cursor_wake.is,
    &blind_join.is,        &silent_let_go.is,
    &looking_let_go.is,    &looking_broadcast_close.is,
    &blind_copy.is,        &no_odd_stamp.is,
    &blind_claim.is,
};

int main(int argc, char **argv)
{
    const struct driver driver = {
        .subjects = channels,
        .n_subjects = LENGTH_OF(channels),
        .broken = broken_channels,
        .n_broken = LENGTH_OF(broken_channels),
        .stage_bytes = sizeof *the_stage,
        .boundary = boundary,
        .shows = shows,
        .is_parked = a_side_is_parked,
        .notes = { [HOLES] = "a hole", [LEFT_ASLEEP] = "left asleep until close" },
    };

    return run(&driver, argc, argv);
}
