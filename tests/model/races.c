#include "races.h"

#include "broken.h"
#include "schedule.h"
#include "story.h"

#include <string.h>

enum { WORD_BYTES = 8, MAX_WORDS = 128, BUCKETS = 512 };

typedef struct access_record {
    uint16_t clock; /* of the thread, when it did it; 0: never */
    uint32_t step;
} access_record;

typedef struct word {
    uintptr_t address;
    int writer;
    access_record write;
    access_record reads[MAX_THREADS];
} word;

static word words[MAX_WORDS];
static unsigned word_count;
static uint8_t buckets[BUCKETS];

static uintptr_t guard_address;
static size_t guard_bytes;

void races_guard(const volatile void *p, size_t bytes)
{
    guard_address = (uintptr_t)p;
    guard_bytes = bytes;
}

void races_check_guard(const model_site *site, uintptr_t address, size_t bytes)
{
    if (address < guard_address + guard_bytes && guard_address < address + bytes)
        model_fail(site, "an access beyond the slots, %zu bytes into the guard", (size_t)(address - guard_address));
}

void races_reset(void)
{
    guard_bytes = 0;
    word_count = 0;
    memset(buckets, 0, sizeof buckets);
}

static word *find_word(const model_site *site, uintptr_t address)
{
    unsigned b = (unsigned)(address / WORD_BYTES * 0x9E3779B1u >> 7) % BUCKETS;

    for (; buckets[b] != 0; b = (b + 1) % BUCKETS)
        if (words[buckets[b] - 1].address == address)
            return &words[buckets[b] - 1];
    if (word_count == MAX_WORDS)
        model_fail(site, "more than %d words of plain memory: raise MAX_WORDS in races.c", MAX_WORDS);
    buckets[b] = (uint8_t)(word_count + 1);
    memset(&words[word_count], 0, sizeof words[0]);
    words[word_count].address = address;
    return &words[word_count++];
}

static bool ordered(const access_record *earlier, int thread, const view *now)
{
    return earlier->clock <= now->clock[thread];
}

static void check(const model_site *site, const word *w, int thread, const view *current, bool writes)
{
    if (w->writer != thread && !ordered(&w->write, w->writer, current))
        model_fail(site, "data race on %s: this %s is not ordered with the write of %s at its step %u",
                   story_name(w->address), writes ? "write" : "read", schedule_thread_name(w->writer), w->write.step);
    for (int t = 0; writes && t < MAX_THREADS; t++)
        if (t != thread && !ordered(&w->reads[t], t, current))
            model_fail(site, "data race on %s: this write is not ordered with the read of %s at its step %u",
                       story_name(w->address), schedule_thread_name(t), w->reads[t].step);
}

void races_access(const model_site *site, int thread, const view *current, const void *p, size_t bytes, bool writes,
                  uint32_t step)
{
    uintptr_t first = (uintptr_t)p / WORD_BYTES * WORD_BYTES;
    access_record record = { current->clock[thread], step };

    races_check_guard(site, (uintptr_t)p, bytes);
    if (BROKEN(BREAK_RACES))
        return;
    for (uintptr_t address = first; address < (uintptr_t)p + bytes; address += WORD_BYTES) {
        word *w = find_word(site, address);

        check(site, w, thread, current, writes);
        if (writes) {
            w->writer = thread;
            w->write = record;
        } else {
            w->reads[thread] = record;
        }
    }
}
