/*
 * Kills or freezes one process at every instruction of an operation on a channel that it shares
 * with another, and looks at what the other then sees. README.md says what must hold.
 *
 *   crash              every operation of every channel
 *   crash --self-test  broken headers, each of which must be caught
 */
#include "channel.h"

static const struct channel *ch; /* the one that here.subject is part of */

/* ---- What the survivor sees ------------------------------------------------------------------ */

/* Messages that came out, numbers [first, next). */
struct account {
    uint64_t first, next;
    bool any;
};

static bool count_in(struct account *account, const q_item *item)
{
    CHECK(is_whole(item) && item->producer == 1);
    CHECK(!account->any || item->seq == account->next);
    if (!account->any)
        account->first = item->seq;
    account->any = true;
    account->next = item->seq + 1;
    return true;
}

/* Pops all that is there; nobody else is doing anything. */
static bool pop_all(struct account *account)
{
    const size_t size = ch->size(our_channel);
    ringc_status status;
    size_t popped = 0;
    q_item item;

    CHECK(size <= ch->capacity);
    CHECK(ch->is_empty(our_channel) == (size == 0));
    while ((status = ch->try_pop(&item)) == RINGC_OK) {
        CHECK(popped < size);
        CHECK(count_in(account, &item));
        ++popped;
    }
    CHECK(popped == size);
    CHECK(ch->size(our_channel) == 0 && ch->is_empty(our_channel));
    CHECK(status == (ch->is_closed(our_channel) ? RINGC_CLOSED : RINGC_EMPTY));
    CHECK(ch->pop_for(&item, POP_NS) == (status == RINGC_CLOSED ? RINGC_CLOSED : RINGC_TIMEOUT));
    return true;
}

/* Closes the channel, of which nothing is left. */
static bool closes(void)
{
    q_item item;

    ch->close(our_channel);
    CHECK(ch->is_closed(our_channel));
    CHECK(ch->try_pop(&item) == RINGC_CLOSED);
    CHECK(ch->pop_for(&item, POP_NS) == RINGC_CLOSED);
    return true;
}

/* ---- A survivor that sleeps ------------------------------------------------------------------ */

static q_item slept_for; /* the message that the sleeper waits for, or waits to push */

static ringc_status pops(struct sleeper *sleeper)
{
    (void)sleeper;
    return ch->pop_for(&slept_for, PATIENT_NS);
}

static ringc_status pushes(struct sleeper *sleeper)
{
    (void)sleeper;
    return ch->push_for(&slept_for, PATIENT_NS);
}

static struct sleeper sleeper;

static bool a_side_is_parked(void)
{
    return ch->is_parked(our_channel);
}

static void other_side_falls_asleep(void)
{
    slept_for = item_of(1, here.op->before);
    sleeper.call = here.op->side == PRODUCER ? pops : pushes;
    fall_asleep(&sleeper);
}

/* After a kill, perhaps of the waker between the flag and the futex: close wakes whoever sleeps. */
static bool close_wakes(void)
{
    ch->close(our_channel);
    return has_slept_well(&sleeper, RINGC_CLOSED);
}

/* The frozen one goes on, after a time in which the sleeper may wake for nothing and sleep on. */
static bool goes_on_and_wakes(pid_t child)
{
    bool goes_on;

    await_sleep(&sleeper);
    goes_on = resumed(child);
    CHECK(has_slept_well(&sleeper, (here.op->flags & CLOSES) ? RINGC_CLOSED : RINGC_OK) && goes_on);
    return true;
}

/* ---- One boundary ---------------------------------------------------------------------------- */

enum { UNCOUNTED }; /* noted: evictions that dropped() did not count yet */

static bool evictions_add_up(struct tally *tally, uint64_t evicted)
{
    const uint64_t dropped = ch->dropped(our_channel);

    CHECK(ch->evicts || evicted == 0);
    if (phase() == INSIDE && dropped + 1 == evicted) /* between claiming it and counting it */
        ++tally->noted[UNCOUNTED];
    else
        CHECK(dropped == evicted);
    if (evicted > 0 && (here.op->flags & HANDS_BACK))
        CHECK(is_whole(&the_stage->out[0]) && the_stage->out[0].seq == 0);
    return true;
}

/* After a kill, or before the frozen one goes on. */
static bool look(struct tally *tally, struct account *account)
{
    CHECK(pop_all(account));
    CHECK(account->next >= here.op->before);
    CHECK(tallied(tally, (size_t)(account->next - here.op->before), ch->is_closed(our_channel)));
    return evictions_add_up(tally, account->first);
}

static bool producer_is_dead(pid_t child, struct tally *tally)
{
    struct account account = { 0, 0, false };

    CHECK(killed(child));
    if (here.op->flags & SLEEPER) {
        CHECK(close_wakes());
        if (sleeper.status == RINGC_OK)
            CHECK(count_in(&account, &slept_for));
    }
    CHECK(look(tally, &account));
    CHECK(ch->producer_open(our_channel) == RINGC_LIMIT);
    return closes();
}

static bool producer_goes_on(pid_t child, struct tally *tally)
{
    struct account account = { 0, 0, false };

    if (here.op->flags & SLEEPER) {
        CHECK(ch->size(our_channel) <= ch->capacity);
        CHECK(goes_on_and_wakes(child));
        if (sleeper.status == RINGC_OK)
            CHECK(count_in(&account, &slept_for));
        CHECK(tallied(tally, (size_t)account.next, ch->is_closed(our_channel)));
    } else {
        CHECK(look(tally, &account));
        CHECK(resumed(child));
    }
    CHECK(ended(child));
    CHECK(pop_all(&account));
    CHECK(account.next == the_stage->n);
    CHECK(evictions_add_up(tally, account.first));
    if (the_stage->evicted > 0)
        CHECK(account.first == 1);
    CHECK(ch->producer_open(our_channel) == RINGC_OK);
    ch->producer_close();
    return closes();
}

static bool producer_boundary(struct tally *tally, bool *is_last)
{
    pid_t child;

    CHECK(ch->consumer_open(our_channel) == RINGC_OK);
    child = started_child();
    if (here.op->flags & SLEEPER)
        other_side_falls_asleep();
    CHECK(stepped(child, is_last));
    return (here.kills ? producer_is_dead : producer_goes_on)(child, tally);
}

/* The producer goes on until it is full, or beyond: how many it has pushed in all. */
static bool push_more(size_t *pushed, size_t taken)
{
    const size_t room = ch->capacity - (here.op->before - taken);
    const size_t more = ch->evicts ? room + 2 : room;
    q_item item;

    for (size_t i = 0; i < more; ++i) {
        item = item_of(1, *pushed);
        CHECK(ch->try_push(&item) == RINGC_OK);
        ++*pushed;
        CHECK(ch->size(our_channel) <= ch->capacity);
    }
    CHECK(ch->size(our_channel) == ch->capacity && !ch->is_empty(our_channel));
    CHECK(ch->dropped(our_channel) == more - room);
    if (!ch->evicts) {
        item = item_of(1, *pushed);
        CHECK(ch->try_push(&item) == RINGC_FULL);
        if (ch->blocks)
            CHECK(ch->push_for(&item, POP_NS) == RINGC_TIMEOUT);
    }
    return true;
}

static bool taken_are_whole(size_t taken)
{
    for (size_t i = 0; i < taken; ++i)
        CHECK(is_whole(&the_stage->out[i]) && the_stage->out[i].seq == i);
    return true;
}

static bool consumer_is_dead(pid_t child, size_t taken)
{
    struct account account = { 0, 0, false };
    size_t pushed = here.op->before;

    CHECK(killed(child));
    CHECK(push_more(&pushed, taken));
    CHECK(taken_are_whole(taken));
    CHECK(ch->consumer_open(our_channel) == RINGC_LIMIT);
    ch->bury_consumer(our_channel);
    CHECK(ch->consumer_open(our_channel) == RINGC_OK);
    CHECK(pop_all(&account));
    CHECK(account.first == taken + ch->dropped(our_channel));
    CHECK(account.next == pushed);
    return closes();
}

static bool consumer_goes_on(pid_t child, size_t taken)
{
    size_t pushed = here.op->before;
    ringc_seq dropped;

    CHECK(push_more(&pushed, taken));
    CHECK(taken_are_whole(taken));
    ch->close(our_channel);
    CHECK(resumed(child) && ended(child));
    dropped = ch->dropped(our_channel);
    CHECK(the_stage->n <= OUT_MAX && the_stage->n + dropped == pushed);
    for (size_t i = 0; i < the_stage->n; ++i) {
        CHECK(is_whole(&the_stage->out[i]) && the_stage->out[i].producer == 1);
        CHECK(the_stage->out[i].seq == i + (i < taken ? 0 : dropped));
    }
    CHECK(ch->size(our_channel) == 0);
    CHECK(ch->consumer_open(our_channel) == RINGC_OK);
    return closes();
}

/* The same where the producer sleeps in push_for and is to be woken; it may push before we look. */
static bool consumer_is_dead_to_sleeper(pid_t child, struct tally *tally)
{
    struct account account = { 0, 0, false };

    CHECK(killed(child));
    CHECK(close_wakes());
    CHECK(ch->consumer_open(our_channel) == RINGC_LIMIT);
    ch->bury_consumer(our_channel);
    CHECK(ch->consumer_open(our_channel) == RINGC_OK);
    CHECK(pop_all(&account));
    CHECK(account.next == here.op->before + (sleeper.status == RINGC_OK ? 1 : 0));
    CHECK(tallied(tally, (size_t)account.first, ch->is_closed(our_channel)));
    return taken_are_whole((size_t)account.first);
}

static bool consumer_wakes_sleeper(pid_t child, struct tally *tally)
{
    CHECK(goes_on_and_wakes(child));
    ch->close(our_channel);
    CHECK(ended(child));
    CHECK(the_stage->n == here.op->before + 1);
    CHECK(taken_are_whole(the_stage->n));
    CHECK(tallied(tally, here.op->n, ch->is_closed(our_channel)));
    return ch->size(our_channel) == 0;
}

static bool consumer_boundary(struct tally *tally, bool *is_last)
{
    pid_t child;
    size_t size;

    CHECK(ch->producer_open(our_channel) == RINGC_OK);
    for (size_t i = 0; i < here.op->before; ++i) {
        const q_item item = item_of(1, i);

        CHECK(ch->try_push(&item) == RINGC_OK);
    }
    child = started_child();
    if (here.op->flags & SLEEPER)
        other_side_falls_asleep();
    CHECK(stepped(child, is_last));
    if (here.op->flags & SLEEPER)
        return (here.kills ? consumer_is_dead_to_sleeper : consumer_wakes_sleeper)(child, tally);
    size = ch->size(our_channel);
    CHECK(size <= here.op->before && ch->is_empty(our_channel) == (size == 0));
    CHECK(tallied(tally, here.op->before - size, ch->is_closed(our_channel)));
    return (here.kills ? consumer_is_dead : consumer_goes_on)(child, here.op->before - size);
}

static bool boundary(struct tally *tally, bool *is_last)
{
    ch = (const struct channel *)here.subject;
    the_stage->evicted = 0;
    ch->init(our_channel, here.op->first);
    return (here.op->side == PRODUCER ? producer_boundary : consumer_boundary)(tally, is_last);
}

static bool shows(void)
{
    return here.kills && !(here.op->flags & MAY_FAIL);
}

/* ---- The program ----------------------------------------------------------------------------- */

extern const struct channel reject_spin, block_4, block_park, drop_oldest_park;
static const struct subject *const channels[] = { &reject_spin.is, &block_4.is, &block_park.is,
                                                  &drop_oldest_park.is };

/* By break.py, each named after what it does too early, or blindly. */
extern const struct channel early_tail, early_batch, early_head, early_wake, early_wake_of_producer;
extern const struct channel looking_close, early_claim, early_tail_evicting, blind_evict;
static const struct subject *const broken_channels[] = {
    &early_tail.is,
    &early_batch.is,
    &early_head.is,
    &early_wake.is,
    &early_wake_of_producer.is,
    &looking_close.is,
    &early_claim.is,
    &early_tail_evicting.is,
    &blind_evict.is,
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
        .notes = { [UNCOUNTED] = "dropped() behind by 1" },
    };

    return run(&driver, argc, argv);
}
