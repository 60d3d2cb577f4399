#define _DEFAULT_SOURCE /* struct winsize */

#include "view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "procfs.h"
#include "telemetry/reflect.h"

/* On a terminal; and the most that are listed one by one elsewhere. */
enum { CORES_PER_LINE = 7, CORES_IN_A_LINE = 16 };

/* ---- numbers ------------------------------------------------------------------------------ */

/* Some counters of the kernel can run back a little (iowait is known for it): that counts as 0. */
static double since(uint64_t now, uint64_t then)
{
    return now > then ? (double)(now - then) : 0.0;
}

double view_busy_percent(const telemetry_cpu_times *now, const telemetry_cpu_times *then)
{
    double idle = since(now->idle, then->idle) + since(now->iowait, then->iowait);
    double busy = since(now->user, then->user) + since(now->nice, then->nice) +
                  since(now->system, then->system) + since(now->irq, then->irq) +
                  since(now->softirq, then->softirq) + since(now->steal, then->steal);

    return busy + idle > 0 ? 100.0 * busy / (busy + idle) : 0.0;
}

char *view_bytes(char text[16], double bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    int unit = 0;

    for (; bytes >= 999.5 && unit < 5; unit++)
        bytes /= 1000.0;
    snprintf(text, 16, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}

static const telemetry_core *core_then(const telemetry_sample *then, uint32_t number)
{
    for (int i = 0; i < then->n_cores; i++)
        if (then->cores[i].number == number)
            return &then->cores[i];
    return NULL;
}

static const telemetry_device *device_then(const telemetry_sample *then, const char *name)
{
    for (int i = 0; i < then->n_devices; i++)
        if (strcmp(then->devices[i].name, name) == 0)
            return &then->devices[i];
    return NULL;
}

/* ---- what has come ------------------------------------------------------------------------ */

/* A telemetry_samples_handler. Only the last of a batch is shown; the others are counted. */
static void take_sample(void *arg, const telemetry_sample *sample, bool end_of_batch)
{
    struct view *view = arg;

    tally_add(&view->tally, sample);
    if (end_of_batch)
        view->newest = *sample;
}

/* The lines that a picture may have on this terminal. */
static int height(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row - 1 : 24;
}

/* Prints one line of a picture over what stood there, if there is room for it. */
__attribute__((format(printf, 2, 3))) static void line(struct view *view, const char *format, ...)
{
    va_list arguments;

    if (view->terminal && view->lines >= view->height)
        return;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    fputs(view->terminal ? "\033[K\n" : "\n", stdout);
    view->lines++;
}

/* A telemetry_notices_handler. */
static void show_notice(void *arg, const telemetry_notice *notice, bool end_of_batch)
{
    struct view *view = arg;
    const char *event = telemetry_event_name(notice->event);

    (void)end_of_batch;
    view->notices_popped++;
    printf("notice: %s: %s (%s)%s\n", procfs_name(notice->source), event != NULL ? event : "?",
           notice->detail, view->terminal ? "\033[K" : "");
    view->lines = 0; /* it stays where it is: the next picture goes below */
}

/* A telemetry_alarms_handler. */
static void show_alarm(void *arg, const telemetry_alarm *alarm, bool end_of_batch)
{
    static const char *const subjects[] = { "processors busy", "memory available" };
    struct view *view = arg;

    (void)end_of_batch;
    view->alarms_popped++;
    view->alarm_gaps += alarm->number - view->next_alarm;
    view->next_alarm = alarm->number + 1;
    printf("alarm: %s: %.1f %%, the threshold is %.1f %%: %s%s\n", subjects[alarm->what],
           alarm->percent, alarm->threshold, alarm->raised ? "raised" : "over",
           view->terminal ? "\033[K" : "");
    view->lines = 0; /* as for a notice */
}

/* ---- the picture on a terminal ------------------------------------------------------------ */

static void draw_processors(struct view *view, const telemetry_sample *now,
                            const telemetry_sample *then)
{
    char cells[CORES_PER_LINE * 10 + 1];
    int used = 0, n = 0;

    for (int i = 0; i < now->n_cores; i++) {
        const telemetry_core *core = &now->cores[i];
        const telemetry_core *before = core_then(then, core->number);

        if (before != NULL) { /* else it came online just now */
            used += snprintf(cells + used, sizeof cells - (size_t)used, "%4u %3.0f%% ",
                             (unsigned)(core->number % 10000),
                             view_busy_percent(&core->times, &before->times));
            n++;
        }
        if (n == CORES_PER_LINE || (i == now->n_cores - 1 && n > 0)) {
            line(view, "  %s", cells);
            used = n = 0;
        }
    }
}

static void draw_devices(struct view *view, const telemetry_sample *now,
                         const telemetry_sample *then, double seconds)
{
    for (int i = 0; i < now->n_devices; i++) {
        const telemetry_device *device = &now->devices[i];
        const telemetry_device *before = device_then(then, device->name);
        char rx[16], tx[16];

        if (before == NULL || device->rx_packets + device->tx_packets == 0)
            continue;
        line(view, "%-15s  rx %10s/s  tx %10s/s", device->name,
             view_bytes(rx, since(device->rx_bytes, before->rx_bytes) / seconds),
             view_bytes(tx, since(device->tx_bytes, before->tx_bytes) / seconds));
    }
}

static double process_percent(const struct view *view, double seconds)
{
    const telemetry_process *now = &view->newest.process, *then = &view->drawn.process;

    return 100.0 * since(now->user + now->system, then->user + then->system) / view->ticks_per_s /
           seconds;
}

/* What matters most stands first: a picture is cut to the height of the terminal. */
static void draw_picture(struct view *view, double seconds, double samples_per_s)
{
    const telemetry_sample *now = &view->newest, *then = &view->drawn;
    const double busy = view_busy_percent(&now->cpu, &then->cpu);
    char used[16], total[16], resident[16];

    view->height = height();
    if (view->lines > 0)
        printf("\033[%dA\r", view->lines);
    fputs("\033[?7l", stdout); /* a line that is too long is cut, not wrapped */
    view->lines = 0;
    if (now->sources & then->sources & TELEMETRY_SOURCE_STAT)
        line(view, "cpu     %5.1f %%  [%-40.*s]", busy, (int)(busy * 0.4 + 0.5),
             "########################################");
    if (now->sources & TELEMETRY_SOURCE_MEMINFO)
        line(view, "memory  %s of %s in use",
             view_bytes(used, since(now->memory.total, now->memory.available)),
             view_bytes(total, (double)now->memory.total));
    if (now->sources & then->sources & TELEMETRY_SOURCE_SELF_STAT)
        line(view, "self    %5.1f %% of a processor, %s resident", process_percent(view, seconds),
             view_bytes(resident, (double)now->process.resident));
    line(view, "samples %.1f/s, %" PRIu64 " so far", samples_per_s, now->number + 1);
    line(view, "view    %.0f %% of them received, %" PRIu64 " missed",
         100.0 * telemetry_samples_receive_ratio(&view->samples),
         (uint64_t)telemetry_samples_lagged(&view->samples));
    draw_processors(view, now, then);
    draw_devices(view, now, then, seconds);
    fputs("\033[?7h\033[J", stdout); /* the last picture may have been taller */
}

/* ---- the line elsewhere ------------------------------------------------------------------- */

static void print_processors(const telemetry_sample *now, const telemetry_sample *then)
{
    printf("  cpu %.1f%%", view_busy_percent(&now->cpu, &then->cpu));
    if (now->n_cores > CORES_IN_A_LINE)
        return;
    fputs(" (", stdout);
    for (int i = 0; i < now->n_cores; i++) {
        const telemetry_core *before = core_then(then, now->cores[i].number);

        if (before != NULL)
            printf(i > 0 ? " %.0f" : "%.0f",
                   view_busy_percent(&now->cores[i].times, &before->times));
    }
    putchar(')');
}

static void print_line(struct view *view, double seconds, double samples_per_s)
{
    const telemetry_sample *now = &view->newest, *then = &view->drawn;
    time_t second = (time_t)(now->time_ns / 1000000000u);
    struct tm date;
    char clock[16], a[16], b[16];

    if (localtime_r(&second, &date) != NULL && strftime(clock, sizeof clock, "%H:%M:%S", &date) > 0)
        fputs(clock, stdout);
    if (now->sources & then->sources & TELEMETRY_SOURCE_STAT)
        print_processors(now, then);
    if (now->sources & TELEMETRY_SOURCE_MEMINFO)
        printf("  mem %s/%s", view_bytes(a, since(now->memory.total, now->memory.available)),
               view_bytes(b, (double)now->memory.total));
    for (int i = 0; i < now->n_devices; i++) {
        const telemetry_device *device = &now->devices[i];
        const telemetry_device *before = device_then(then, device->name);

        if (before != NULL && device->rx_packets + device->tx_packets != 0)
            printf("  %s rx %s/s tx %s/s", device->name,
                   view_bytes(a, since(device->rx_bytes, before->rx_bytes) / seconds),
                   view_bytes(b, since(device->tx_bytes, before->tx_bytes) / seconds));
    }
    if (now->sources & then->sources & TELEMETRY_SOURCE_SELF_STAT)
        printf("  self %.1f%% %s", process_percent(view, seconds),
               view_bytes(a, (double)now->process.resident));
    printf("  %.1f samples/s, %" PRIu64 " missed\n", samples_per_s,
           (uint64_t)telemetry_samples_lagged(&view->samples));
}

/* ---- the view ----------------------------------------------------------------------------- */

bool view_open(struct view *view, struct channels *channels)
{
    memset(view, 0, sizeof *view);
    view->terminal = isatty(STDOUT_FILENO);
    setvbuf(stdout, NULL, _IOFBF, 1 << 16); /* a picture appears at once */
    view->ticks_per_s = (double)sysconf(_SC_CLK_TCK);
    return telemetry_samples_subscribe(&channels->samples, &view->samples, RINGC_LOSSY) ==
               RINGC_OK &&
           telemetry_notices_consumer_open(&channels->notices, &view->notices) == RINGC_OK &&
           telemetry_alarms_consumer_open(&channels->alarms, &view->alarms) == RINGC_OK;
}

/* Takes all samples that are there. RINGC_LAGGED is no end: what was missed is counted, and the
 * next call goes on. */
static ringc_status take_samples(struct view *view)
{
    ringc_status status;

    do
        status = telemetry_samples_drain(&view->samples, take_sample, view);
    while (status == RINGC_LAGGED);
    return status;
}

void view_draw(struct view *view)
{
    ringc_status notices = telemetry_notices_drain(&view->notices, show_notice, view);
    ringc_status alarms = telemetry_alarms_drain(&view->alarms, show_alarm, view);

    if (notices == RINGC_OK || alarms == RINGC_OK)
        fflush(stdout);
    if (take_samples(view) != RINGC_OK)
        return;
    if (view->drawn_samples > 0) {
        double seconds = (double)(view->newest.published_ns - view->drawn.published_ns) / 1e9;
        double samples_per_s = (double)(view->newest.number - view->drawn.number) / seconds;

        if (view->terminal)
            draw_picture(view, seconds, samples_per_s);
        else
            print_line(view, seconds, samples_per_s);
        fflush(stdout);
    }
    view->drawn = view->newest;
    view->drawn_samples++;
}

void view_close(struct view *view)
{
    while (telemetry_notices_drain(&view->notices, show_notice, view) == RINGC_OK)
        continue;
    while (telemetry_alarms_drain(&view->alarms, show_alarm, view) == RINGC_OK)
        continue;
    while (take_samples(view) == RINGC_OK)
        continue;
    telemetry_notices_consumer_close(&view->notices);
    telemetry_alarms_consumer_close(&view->alarms);
    tally_end(&view->tally, &view->samples);
}
