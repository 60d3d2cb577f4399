#include "story.h"

#include "schedule.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NAMES = 64, MAX_LINES = 4096, LINE_BYTES = 320, SCRATCH = 8 };

typedef struct named {
    uintptr_t address;
    size_t bytes;
    const char *name;
} named;

static named names[MAX_NAMES];
static unsigned name_count;
static char lines[MAX_LINES][LINE_BYTES];
static unsigned line_count;
static bool told;

void story_tell(bool on)
{
    told = on;
}

bool story_is_told(void)
{
    return told;
}

void story_reset(void)
{
    line_count = 0;
    name_count = 0;
}

/* ---- Names and values ------------------------------------------------------------------------------------------ */

void story_add_name(uintptr_t address, size_t bytes, const char *name)
{
    if (name_count < MAX_NAMES)
        names[name_count++] = (named){ address, bytes, name };
}

static char *scratch(void)
{
    static char texts[SCRATCH][64];
    static unsigned next;

    return texts[next++ % SCRATCH];
}

const char *story_name(uintptr_t address)
{
    char *text = scratch();

    for (unsigned i = 0; i < name_count; i++) {
        uintptr_t offset = address - names[i].address;

        if (offset >= names[i].bytes)
            continue;
        if (offset == 0 && names[i].bytes <= 8)
            return names[i].name;
        snprintf(text, 64, "%s+%u", names[i].name, (unsigned)offset);
        return text;
    }
    snprintf(text, 64, "%#" PRIxPTR, address);
    return text;
}

const char *story_value(uint64_t value, unsigned bytes)
{
    char *text = scratch();
    uint64_t sign = UINT64_C(1) << (8 * bytes - 1);
    int64_t number = (int64_t)((value ^ sign) - sign);

    if (number < 0 && number > -1000)
        snprintf(text, 64, "%" PRId64, number);
    else if (value < 100000)
        snprintf(text, 64, "%" PRIu64, value);
    else
        snprintf(text, 64, "%#" PRIx64, value);
    return text;
}

/* ---- Lines ----------------------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

void story_line(const model_site *site, const char *format, ...)
{
    char where[128] = "";
    char what[192];
    va_list args;

    if (!told || line_count == MAX_LINES)
        return;
    if (site != NULL)
        snprintf(where, sizeof where, "%s:%d %s", base_name(site->file), site->line, site->function);
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(lines[line_count++], LINE_BYTES, "%4u  %-10s %-62s %s", schedule_steps(),
             schedule_thread_name(schedule_current_number()), where, what);
}

void story_print(void)
{
    printf("step  thread     where%58swhat\n", "");
    for (unsigned i = 0; i < line_count; i++)
        puts(lines[i]);
    if (line_count == MAX_LINES)
        puts("      ... too long: the rest is not shown");
}
