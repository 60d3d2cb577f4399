#define _POSIX_C_SOURCE 200809L

#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- text: everything below reads [at, end) and never a byte beyond ----------------------- */

struct text {
    const char *at;
    const char *end;
};

/* Takes the next whole line; a last one without a newline may have been cut off, so it is left. */
static bool take_line(struct text *text, struct text *line)
{
    const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));

    if (newline == NULL)
        return false;
    line->at = text->at;
    line->end = newline;
    text->at = newline + 1;
    return true;
}

static void skip_blanks(struct text *line)
{
    while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
        line->at++;
}

/* Takes `word` off the front of the line if it is there. */
static bool take_word(struct text *line, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(line->end - line->at) < length || memcmp(line->at, word, length) != 0)
        return false;
    line->at += length;
    return true;
}

/* Takes blanks and a number; the largest value stands for all that do not fit. */
static bool take_number(struct text *line, uint64_t *value)
{
    const char *first;

    skip_blanks(line);
    first = line->at;
    *value = 0;
    for (; line->at < line->end && *line->at >= '0' && *line->at <= '9'; line->at++) {
        uint64_t digit = (uint64_t)(*line->at - '0');

        *value = *value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *value * 10 + digit;
    }
    return line->at != first;
}

/* Takes up to `n` numbers and returns how many there were. */
static size_t take_numbers(struct text *line, uint64_t *values, size_t n)
{
    size_t taken = 0;

    while (taken < n && take_number(line, &values[taken]))
        taken++;
    return taken;
}

/* Passes over `n` fields that blanks separate. */
static void skip_fields(struct text *line, size_t n)
{
    for (; n > 0; n--) {
        skip_blanks(line);
        while (line->at < line->end && *line->at != ' ')
            line->at++;
    }
}

/* ---- what is in each file ----------------------------------------------------------------- */

/* Tells the listener, the first time that this comes up. */
static void say_once(struct procfs *proc, int file, telemetry_event event, const char *detail)
{
    if (proc->told[file] & (UINT32_C(1) << event))
        return;
    proc->told[file] |= UINT32_C(1) << event;
    proc->listener(proc->arg, (telemetry_source)(1 << file), event, detail);
}

/* The numbers of a cpu line. Kernels have added to them over the years; the first four were always
 * there. */
static bool parse_cpu_times(struct text *line, telemetry_cpu_times *times)
{
    uint64_t v[8] = { 0 };

    if (take_numbers(line, v, 8) < 4)
        return false;
    times->user = v[0];
    times->nice = v[1];
    times->system = v[2];
    times->idle = v[3];
    times->iowait = v[4];
    times->irq = v[5];
    times->softirq = v[6];
    times->steal = v[7];
    return true;
}

static bool parse_stat(struct procfs *proc, int file, struct text text, telemetry_sample *sample)
{
    struct text line;
    bool total = false;

    while (take_line(&text, &line) && take_word(&line, "cpu")) {
        uint64_t number;
        telemetry_core *core = &sample->cores[sample->n_cores];

        if (line.at < line.end && *line.at == ' ') {
            total = parse_cpu_times(&line, &sample->cpu);
        } else if (sample->n_cores == TELEMETRY_MAX_CORES) {
            say_once(proc, file, TELEMETRY_EVENT_TOO_MANY,
                     "more processors than MAX_CORES in the schema");
            break;
        } else if (take_number(&line, &number) && parse_cpu_times(&line, &core->times)) {
            core->number = (uint32_t)number;
            sample->n_cores++;
        }
    }
    return total;
}

static bool parse_meminfo(struct procfs *proc, int file, struct text text, telemetry_sample *sample)
{
    telemetry_memory *memory = &sample->memory;
    const struct {
        const char *key;
        uint64_t *bytes;
    } wanted[] = {
        { "MemTotal:", &memory->total },
        { "MemFree:", &memory->free },
        { "MemAvailable:", &memory->available },
        { "Cached:", &memory->cached },
    };
    unsigned found = 0;
    struct text line;

    while (found != 0xf && take_line(&text, &line)) {
        for (unsigned i = 0; i < 4; i++) {
            uint64_t kib;

            if (take_word(&line, wanted[i].key) && take_number(&line, &kib)) {
                *wanted[i].bytes = kib > UINT64_MAX / 1024 ? UINT64_MAX : kib * 1024;
                found |= 1u << i;
            }
        }
    }
    if ((found & 3) != 3)
        return false;
    if (!(found & 4)) { /* Linux before 3.14 */
        say_once(proc, file, TELEMETRY_EVENT_FIELD_MISSING, "MemAvailable: free + cached instead");
        memory->available = memory->free + memory->cached;
    }
    return true;
}

/* Copies a device's name, less what could upset a terminal or a CSV file. */
static void copy_name(char name[16], const char *from, const char *end)
{
    size_t n = 0;

    memset(name, 0, 16);
    for (; from < end && n < 15; from++) {
        bool plain = (*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z') ||
                     (*from >= '0' && *from <= '9') || strchr("._-@:+", *from) != NULL;

        name[n++] = *from != '\0' && plain ? *from : '_';
    }
}

static bool parse_net_dev(struct procfs *proc, int file, struct text text, telemetry_sample *sample)
{
    struct text line;

    if (text.at == text.end)
        return false;
    while (take_line(&text, &line)) {
        telemetry_device *device = &sample->devices[sample->n_devices];
        uint64_t v[12];
        const char *name, *colon;

        skip_blanks(&line);
        name = line.at;
        colon = memchr(name, ':', (size_t)(line.end - name));
        if (colon == NULL)
            continue; /* the two lines of headings */
        /* An alias has a colon in its name; the one that ends the name comes last. */
        for (const char *at = colon; at < line.end; at++)
            if (*at == ':')
                colon = at;
        line.at = colon + 1;
        if (take_numbers(&line, v, 12) < 12)
            return false;
        if (sample->n_devices == TELEMETRY_MAX_DEVICES) {
            say_once(proc, file, TELEMETRY_EVENT_TOO_MANY,
                     "more devices than MAX_DEVICES in the schema");
            break;
        }
        copy_name(device->name, name, colon);
        device->rx_bytes = v[0];
        device->rx_packets = v[1];
        device->rx_dropped = v[3];
        device->tx_bytes = v[8];
        device->tx_packets = v[9];
        device->tx_dropped = v[11];
        sample->n_devices++;
    }
    if (sample->n_devices == 0)
        say_once(proc, file, TELEMETRY_EVENT_MISSING, "no network device in this namespace");
    return true;
}

/* "pid (name) state ppid ...": the name may hold anything, a parenthesis too. See proc(5). */
static bool parse_self_stat(struct procfs *proc, int file, struct text text,
                            telemetry_sample *sample)
{
    telemetry_process *process = &sample->process;
    struct text line;
    uint64_t threads, pages;

    (void)file;
    if (!take_line(&text, &line))
        return false;
    for (const char *at = line.at; at < line.end; at++)
        if (*at == ')')
            line.at = at + 1; /* the last one ends the name */
    skip_fields(&line, 7);    /* 3 state to 9 flags */
    if (!take_number(&line, &process->minor_faults))
        return false;
    skip_fields(&line, 1); /* 11 cminflt */
    if (!take_number(&line, &process->major_faults))
        return false;
    skip_fields(&line, 1); /* 13 cmajflt */
    if (!take_number(&line, &process->user) || !take_number(&line, &process->system))
        return false;
    skip_fields(&line, 4); /* 16 cutime to 19 nice */
    if (!take_number(&line, &threads))
        return false;
    skip_fields(&line, 3); /* 21 itrealvalue to 23 vsize */
    if (!take_number(&line, &pages))
        return false;
    process->threads = (uint32_t)threads;
    process->resident = pages * proc->page_bytes;
    return true;
}

/* ---- the files ---------------------------------------------------------------------------- */

/* In the order of the bits of telemetry_source. */
static const struct {
    const char *name;
    bool (*parse)(struct procfs *proc, int file, struct text text, telemetry_sample *sample);
} sources[PROCFS_FILES] = {
    { "stat", parse_stat },
    { "meminfo", parse_meminfo },
    { "net/dev", parse_net_dev },
    { "self/stat", parse_self_stat },
};

RINGC_STATIC_ASSERT(TELEMETRY_SOURCE_STAT == 1 << 0 && TELEMETRY_SOURCE_MEMINFO == 1 << 1 &&
                        TELEMETRY_SOURCE_NET_DEV == 1 << 2 && TELEMETRY_SOURCE_SELF_STAT == 1 << 3,
                    "the table above is indexed by the bits of telemetry_source");

const char *procfs_name(telemetry_source source)
{
    for (int file = 0; file < PROCFS_FILES; file++)
        if (source == 1 << file)
            return sources[file].name;
    return "?";
}

/* Tells the listener when a file begins to fail and when it is back. */
static void set_failing(struct procfs *proc, int file, bool failing, telemetry_event event,
                        const char *detail)
{
    if (proc->files[file].failing == failing)
        return;
    proc->files[file].failing = failing;
    proc->listener(proc->arg, (telemetry_source)(1 << file), event, detail);
}

int procfs_open(struct procfs *proc, const char *root, procfs_listener listener, void *arg)
{
    int opened = 0;

    memset(proc, 0, sizeof *proc);
    proc->listener = listener;
    proc->arg = arg;
    proc->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    for (int file = 0; file < PROCFS_FILES; file++) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", root, sources[file].name);

        errno = ENAMETOOLONG;
        proc->files[file].fd = length < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (proc->files[file].fd >= 0)
            opened++;
        else
            set_failing(proc, file, true, TELEMETRY_EVENT_MISSING, strerror(errno));
    }
    return opened;
}

/* Reads the file from its start into proc->text. Returns the bytes, or -1 and errno. */
static ssize_t read_text(struct procfs *proc, int fd)
{
    size_t length = 0;

    while (length < PROCFS_TEXT) {
        ssize_t got = pread(fd, proc->text + length, PROCFS_TEXT - length, (off_t)length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

/* Sets the counters that `file` stands for to zero. */
static void clear(telemetry_sample *sample, int file)
{
    switch (1 << file) {
    case TELEMETRY_SOURCE_STAT:
        memset(&sample->cpu, 0, sizeof sample->cpu);
        memset(sample->cores, 0, sizeof sample->cores);
        sample->n_cores = 0;
        break;
    case TELEMETRY_SOURCE_MEMINFO:
        memset(&sample->memory, 0, sizeof sample->memory);
        break;
    case TELEMETRY_SOURCE_NET_DEV:
        memset(sample->devices, 0, sizeof sample->devices);
        sample->n_devices = 0;
        break;
    default:
        memset(&sample->process, 0, sizeof sample->process);
        break;
    }
}

static void read_file(struct procfs *proc, int file, telemetry_sample *sample)
{
    ssize_t length;
    struct text text;

    clear(sample, file);
    if (proc->files[file].fd < 0)
        return;
    length = read_text(proc, proc->files[file].fd);
    if (length < 0) {
        set_failing(proc, file, true, TELEMETRY_EVENT_UNREADABLE, strerror(errno));
        return;
    }
    text.at = proc->text;
    text.end = proc->text + length;
    if (!sources[file].parse(proc, file, text, sample)) {
        clear(sample, file);
        set_failing(proc, file, true, TELEMETRY_EVENT_MALFORMED, "not as this program knows it");
        return;
    }
    set_failing(proc, file, false, TELEMETRY_EVENT_BACK, "readable again");
    sample->sources |= (telemetry_source)(1 << file);
}

void procfs_read(struct procfs *proc, telemetry_sample *sample)
{
    sample->sources = 0;
    for (int file = 0; file < PROCFS_FILES; file++)
        read_file(proc, file, sample);
}

void procfs_close(struct procfs *proc)
{
    for (int file = 0; file < PROCFS_FILES; file++)
        if (proc->files[file].fd >= 0)
            close(proc->files[file].fd);
}
