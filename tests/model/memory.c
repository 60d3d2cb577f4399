#include "memory.h"

#include "broken.h"
#include "races.h"

#include <string.h>

enum { BUCKETS = 256, MAX_VIEWS = 16 };

static location locations[MAX_LOCATIONS];
static unsigned location_count;
static uint8_t buckets[BUCKETS]; /* number + 1 of the location with that hash; open addressing */

static knowledge *threads[MAX_THREADS];
static unsigned thread_count;
static view *loose_views[MAX_VIEWS];
static unsigned loose_view_count;

static view sc_view; /* what the seq_cst fences so far knew */

void memory_reset(void)
{
    location_count = 0;
    thread_count = 0;
    loose_view_count = 0;
    memset(buckets, 0, sizeof buckets);
    memset(&sc_view, 0, sizeof sc_view);
    memory_watch_view(&sc_view);
}

void memory_watch_thread(knowledge *who)
{
    threads[thread_count++] = who;
}

void memory_watch_view(view *v)
{
    if (loose_view_count == MAX_VIEWS)
        model_fail(NULL, "too many futex words: raise MAX_VIEWS");
    loose_views[loose_view_count++] = v;
}

/* ---- Locations ------------------------------------------------------------------------------------------------- */

static unsigned bucket_of(uintptr_t address)
{
    return (unsigned)((address >> 2) * 0x9E3779B1u >> 7) % BUCKETS;
}

static uint64_t value_in_memory(const volatile void *p, size_t bytes)
{
    switch (bytes) {
    case 1:
        return *(const volatile uint8_t *)p;
    case 2:
        return *(const volatile uint16_t *)p;
    case 4:
        return *(const volatile uint32_t *)p;
    default:
        return *(const volatile uint64_t *)p;
    }
}

static uint64_t cut_to_width(uint64_t value, unsigned bytes)
{
    return bytes == 8 ? value : value & ((UINT64_C(1) << (8 * bytes)) - 1);
}

static unsigned add_location(const model_site *site, const volatile void *p, size_t bytes)
{
    location *l;

    if (location_count == MAX_LOCATIONS)
        model_fail(site, "more than %d atomic locations: raise MAX_LOCATIONS", MAX_LOCATIONS);
    if ((bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) || (uintptr_t)p % bytes != 0)
        model_fail(site, "an atomic access of %zu bytes at %p: no such width, or not aligned", bytes,
                   (const void *)(uintptr_t)p);
    races_check_guard(site, (uintptr_t)p, bytes);
    l = &locations[location_count];
    l->address = (uintptr_t)p;
    l->bytes = (uint8_t)bytes;
    l->count = 1;
    memset(&l->messages[0], 0, sizeof l->messages[0]);
    l->messages[0].value = value_in_memory(p, bytes);
    return location_count++;
}

unsigned memory_locate(const model_site *site, const volatile void *p, size_t bytes)
{
    unsigned b = bucket_of((uintptr_t)p);

    for (; buckets[b] != 0; b = (b + 1) % BUCKETS) {
        const location *l = &locations[buckets[b] - 1];

        if (l->address != (uintptr_t)p)
            continue;
        if (l->bytes != bytes)
            model_fail(site, "mixed sizes: %zu bytes here, %u bytes at the same place before", bytes, l->bytes);
        return buckets[b] - 1u;
    }
    buckets[b] = (uint8_t)(add_location(site, p, bytes) + 1);
    return buckets[b] - 1u;
}

const location *memory_location(unsigned number)
{
    return &locations[number];
}

void memory_initialise(unsigned number, uint64_t value)
{
    locations[number].messages[0].value = cut_to_width(value, locations[number].bytes);
}

/* ---- Views ----------------------------------------------------------------------------------------------------- */

void memory_join_views(view *into, const view *from)
{
    for (unsigned i = 0; i < MAX_LOCATIONS; i++)
        into->seen[i] = into->seen[i] > from->seen[i] ? into->seen[i] : from->seen[i];
    for (unsigned i = 0; i < MAX_THREADS; i++)
        into->clock[i] = into->clock[i] > from->clock[i] ? into->clock[i] : from->clock[i];
}

static void move_up(view *v, unsigned number, unsigned index)
{
    if (v->seen[number] >= index)
        v->seen[number]++;
}

/* Makes a gap at `index`: every view that points there or beyond must follow its message. */
static void make_gap(unsigned number, unsigned index)
{
    location *l = &locations[number];

    memmove(&l->messages[index + 1], &l->messages[index], (l->count - index) * sizeof l->messages[0]);
    for (unsigned i = 0; i < thread_count; i++) {
        move_up(&threads[i]->current, number, index);
        move_up(&threads[i]->acquired, number, index);
        move_up(&threads[i]->released, number, index);
    }
    for (unsigned i = 0; i < loose_view_count; i++)
        move_up(loose_views[i], number, index);
    for (unsigned i = 0; i < location_count; i++)
        for (unsigned k = 0; k < locations[i].count; k++)
            if (i != number || k != index)
                move_up(&locations[i].messages[k].released, number, index);
    /* the last one, which the loop above does not reach: the list is longer by one, its count not yet */
    move_up(&l->messages[l->count].released, number, index);
}

/* ---- Steps ----------------------------------------------------------------------------------------------------- */

bool memory_has_room_after(unsigned number, unsigned index)
{
    const location *l = &locations[number];

    if (index + 1u == l->count)
        return true;
    if (BROKEN(BREAK_MID_ORDER))
        return false;
    return BROKEN(BREAK_ATOMICITY) || !l->messages[index + 1].by_rmw;
}

void memory_read(knowledge *who, unsigned number, unsigned index, model_order order)
{
    const message *m = &locations[number].messages[index];

    if (who->current.seen[number] < index && !BROKEN(BREAK_COHERENCE))
        who->current.seen[number] = (uint8_t)index;
    memory_join_views(&who->acquired, &m->released);
    if (order_acquires(order) && !BROKEN(BREAK_ACQUIRE))
        memory_join_views(&who->current, &m->released);
}

void memory_write(knowledge *who, const memory_store *store)
{
    location *l = &locations[store->location];
    message *m = &l->messages[store->index];

    if (l->count == MAX_MESSAGES)
        model_fail(NULL, "more than %d stores to one location: raise MAX_MESSAGES or lower the bounds", MAX_MESSAGES);
    if (store->index < l->count)
        make_gap(store->location, store->index);
    l->count++;
    who->current.seen[store->location] = (uint8_t)store->index;
    m->value = cut_to_width(store->value, l->bytes);
    m->born = store->step;
    m->writer = (int8_t)store->thread;
    m->by_rmw = store->by_rmw;
    m->released = order_releases(store->order) && !BROKEN(BREAK_RELEASE) ? who->current : who->released;
    if ((store->by_rmw && !BROKEN(BREAK_RELEASE_SEQUENCE)) || (BROKEN(BREAK_PLAIN_SEQUENCE) && store->index > 0))
        memory_join_views(&m->released, &l->messages[store->index - 1].released);
    if (m->released.seen[store->location] < store->index)
        m->released.seen[store->location] = (uint8_t)store->index;
}

void memory_barrier(knowledge *who, view *shared)
{
    memory_join_views(&who->current, shared);
    *shared = who->current;
    memset(shared->clock, 0, sizeof shared->clock);
}

/* Index of the newest message that the thread has stored; 0, which everybody has seen, if there is none. */
static uint8_t newest_by(int thread, unsigned number)
{
    const location *l = &locations[number];
    unsigned i = l->count;

    while (i-- > 1)
        if (l->messages[i].writer == thread && l->messages[i].born != 0)
            return (uint8_t)i;
    return 0;
}

bool memory_has_stored(int thread, unsigned number)
{
    return newest_by(thread, number) != 0;
}

static void show_stores(int writer, int reader)
{
    view *v = &threads[reader]->current;

    for (unsigned i = 0; i < location_count; i++) {
        uint8_t newest = newest_by(writer, i);

        v->seen[i] = v->seen[i] > newest ? v->seen[i] : newest;
    }
}

void memory_barrier_for_all(int number)
{
    for (int i = 0; i < (int)thread_count && !BROKEN(BREAK_MEMBARRIER); i++) {
        show_stores(i, number);
        show_stores(number, i);
    }
}

void memory_fence(knowledge *who, model_order order)
{
    if (order_acquires(order) && !BROKEN(BREAK_ACQUIRE_FENCE))
        memory_join_views(&who->current, &who->acquired);
    if (order == MODEL_SEQ_CST && !BROKEN(BREAK_SC_FENCE))
        memory_barrier(who, &sc_view);
    if (order_releases(order) && !BROKEN(BREAK_RELEASE_FENCE))
        who->released = who->current;
}
