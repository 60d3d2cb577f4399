/*
 * telemetry: samples this machine's own counters, shows them, records them and watches them. Four
 * threads and four generated channels, one of them a broadcast:
 *
 *     main --commands--> sampler --samples--+--> recorder (gating) --> CSV file
 *      ^                    |               +--> view in main (lossy)
 *      +------notices-------+               +--> alarm (lossy, the newest only)
 *      +------alarms---------------------------------+
 *
 * See README.md, and schemas/telemetry.yaml for the channels.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alarm.h"
#include "recorder.h"
#include "sampler.h"
#include "view.h"

#define NS_PER_S UINT64_C(1000000000)

enum { EXIT_COUNTS_DISAGREE = 1, EXIT_TROUBLE = 2 };

struct options {
    double rate;
    double seconds;   /* 0: until a signal */
    double busy;      /* percent */
    double available; /* percent */
    const char *csv;
    const char *proc;
};

/* Too large for a stack, and alive as long as any thread. */
static struct channels channels;
static struct procfs proc;
static struct sampler sampler;
static struct recorder recorder;
static struct view view;
static struct alarm_watch watch;

/* ---- options ------------------------------------------------------------------------------ */

static const char usage[] =
    "usage: telemetry [--rate HZ] [--seconds N] [--csv FILE] [--proc DIR]\n"
    "                 [--busy PERCENT] [--available PERCENT]\n"
    "\n"
    "Samples the kernel's counters, shows rates, and says at the end what went through its "
    "queues.\n"
    "\n"
    "  --rate HZ            samples a second, 0 for as many as there can be (default 50)\n"
    "  --seconds N          end after N seconds (default: at SIGINT or SIGTERM)\n"
    "  --csv FILE           record every sample in FILE\n"
    "  --proc DIR           where the proc file system is (default /proc)\n"
    "  --busy PERCENT       say when the processors are busier than that (default 90)\n"
    "  --available PERCENT  say when less memory than that is available (default 10)\n"
    "  --help               print this\n"
    "\n"
    "Exit status: 0; 1 if messages got lost or doubled; 2 for bad usage or a failed read or "
    "write.\n";

/* A number in [0, limit], or exit. */
static double number_or_exit(const char *option, const char *text, double limit)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= 0.0 && value <= limit)) {
        fprintf(stderr, "telemetry: --%s wants a number from 0 to %.0f, not '%s'\n", option, limit,
                text);
        exit(EXIT_TROUBLE);
    }
    return value;
}

static struct options parse_or_exit(int argc, char **argv)
{
    static const struct option known[] = {
        { "rate", required_argument, NULL, 'r' }, { "seconds", required_argument, NULL, 's' },
        { "csv", required_argument, NULL, 'c' },  { "proc", required_argument, NULL, 'p' },
        { "busy", required_argument, NULL, 'b' }, { "available", required_argument, NULL, 'a' },
        { "help", no_argument, NULL, 'h' },       { NULL, 0, NULL, 0 },
    };
    struct options options = { 50.0, 0.0, 90.0, 10.0, NULL, "/proc" };
    int option;

    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        switch (option) {
        case 'r':
            options.rate = number_or_exit("rate", optarg, 1e6);
            break;
        case 's':
            options.seconds = number_or_exit("seconds", optarg, 1e9);
            break;
        case 'c':
            options.csv = optarg;
            break;
        case 'p':
            options.proc = optarg;
            break;
        case 'b':
            options.busy = number_or_exit("busy", optarg, 100);
            break;
        case 'a':
            options.available = number_or_exit("available", optarg, 100);
            break;
        case 'h':
            fputs(usage, stdout);
            exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_TROUBLE);
        default:
            fputs("try: telemetry --help\n", stderr);
            exit(EXIT_TROUBLE);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "telemetry: what is '%s'? try: telemetry --help\n", argv[optind]);
        exit(EXIT_TROUBLE);
    }
    return options;
}

/* ---- the run ------------------------------------------------------------------------------ */

static void complain(const char *what, int error)
{
    fprintf(stderr, "telemetry: %s: %s\n", what, strerror(error));
}

static bool init_channels(void)
{
    return telemetry_samples_init(&channels.samples, 0) == RINGC_OK &&
           telemetry_notices_init(&channels.notices, 0) == RINGC_OK &&
           telemetry_alarms_init(&channels.alarms, 0) == RINGC_OK &&
           telemetry_commands_init(&channels.commands, 0) == RINGC_OK;
}

static void destroy_channels(void)
{
    telemetry_samples_destroy(&channels.samples);
    telemetry_notices_destroy(&channels.notices);
    telemetry_alarms_destroy(&channels.alarms);
    telemetry_commands_destroy(&channels.commands);
}

/* Tells the sampler how often to sample. False if `commands` is full or closed. */
static bool send_rate(telemetry_commands_producer *commands, double rate)
{
    telemetry_command command = TELEMETRY_COMMAND_INIT;

    command.rate = rate;
    return telemetry_commands_try_push(commands, &command) == RINGC_OK;
}

/* Sleeps until `until_ns` on the monotonic clock. True if one of `signals` came first. */
static bool told_to_end(const sigset_t *signals, uint64_t until_ns)
{
    uint64_t now_ns;

    while ((now_ns = ringc_now_ns()) < until_ns) {
        const uint64_t left_ns = until_ns - now_ns;
        struct timespec left = { (time_t)(left_ns / NS_PER_S), (long)(left_ns % NS_PER_S) };

        if (sigtimedwait(signals, NULL, &left) > 0)
            return true;
    }
    return false;
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

/* Draws until the time is up (at 0 there is no end) or one of `signals` comes. */
static void show_until_told(const sigset_t *signals, double seconds)
{
    const uint64_t interval_ns = view.terminal ? NS_PER_S / 2 : NS_PER_S;
    const uint64_t now_ns = ringc_now_ns();
    const uint64_t end_ns = seconds > 0 ? now_ns + (uint64_t)(seconds * 1e9) : RINGC_FOREVER;

    /* An early look, for the first picture to have something to compare with. */
    if (told_to_end(signals, earlier(now_ns + NS_PER_S / 10, end_ns)))
        return;
    view_draw(&view);
    for (uint64_t next_ns = now_ns + interval_ns; next_ns <= end_ns; next_ns += interval_ns) {
        if (told_to_end(signals, next_ns))
            return;
        view_draw(&view);
    }
    (void)told_to_end(signals, end_ns);
}

/* Subscribes all three before the sampler starts: so each has every sample either received or
 * missed. */
static bool open_ends(void)
{
    return telemetry_samples_subscribe(&channels.samples, &recorder.samples, RINGC_GATING) ==
               RINGC_OK &&
           telemetry_samples_subscribe(&channels.samples, &watch.samples, RINGC_LOSSY) ==
               RINGC_OK &&
           view_open(&view, &channels) &&
           telemetry_notices_producer_open(&channels.notices, &sampler.notices_producer) ==
               RINGC_OK;
}

/* Starts the threads that read `samples`; without the second, the first is told to end. Returns 0
 * or an errno. */
static int start_readers(pthread_t *recorder_thread, pthread_t *alarm_thread)
{
    int error = pthread_create(recorder_thread, NULL, recorder_run, &recorder);

    if (error != 0)
        return error;
    error = pthread_create(alarm_thread, NULL, alarm_run, &watch);
    if (error != 0) {
        telemetry_samples_close(&channels.samples);
        pthread_join(*recorder_thread, NULL);
    }
    return error;
}

/* Starts the threads, shows what comes, ends them. Returns 0 or an errno. */
static int run(const struct options *options, const sigset_t *signals)
{
    telemetry_commands_producer commands;
    pthread_t sampler_thread, recorder_thread, alarm_thread;
    int error;

    if (telemetry_commands_producer_open(&channels.commands, &commands) != RINGC_OK ||
        !send_rate(&commands, options->rate))
        return EBUSY; /* impossible: the channel is new */
    error = start_readers(&recorder_thread, &alarm_thread);
    if (error != 0)
        return error;
    error = pthread_create(&sampler_thread, NULL, sampler_run, &sampler);
    if (error == 0) {
        show_until_told(signals, options->seconds);
        pthread_sigmask(SIG_UNBLOCK, signals, NULL); /* a second Ctrl-C ends it at once */
        telemetry_commands_producer_close(&commands);
        telemetry_commands_close(&channels.commands); /* the sampler ends, and closes the others */
        pthread_join(sampler_thread, NULL);
    } else {
        telemetry_samples_close(&channels.samples);
    }
    pthread_join(recorder_thread, NULL);
    pthread_join(alarm_thread, NULL);
    view_close(&view);
    return error;
}

/* ---- what is true at the end -------------------------------------------------------------- */

static void print_machine(double seconds)
{
    const telemetry_sample *first = &sampler.first, *last = &sampler.last;
    char a[16], b[16];

    if (first->sources & last->sources & TELEMETRY_SOURCE_STAT && seconds > 0)
        printf("machine  %u processors, %.1f %% busy over the run\n", (unsigned)last->n_cores,
               view_busy_percent(&last->cpu, &first->cpu));
    if (last->sources & TELEMETRY_SOURCE_MEMINFO)
        printf("memory   %s, %s available\n", view_bytes(a, (double)last->memory.total),
               view_bytes(b, (double)last->memory.available));
    for (int i = 0; i < last->n_devices && i < first->n_devices; i++) {
        const telemetry_device *now = &last->devices[i], *then = &first->devices[i];

        if (strcmp(now->name, then->name) == 0 &&
            now->rx_packets + now->tx_packets > then->rx_packets + then->tx_packets)
            printf("network  %s: %s received, %s sent\n", now->name,
                   view_bytes(a, (double)(now->rx_bytes - then->rx_bytes)),
                   view_bytes(b, (double)(now->tx_bytes - then->tx_bytes)));
    }
    if (last->sources & first->sources & TELEMETRY_SOURCE_SELF_STAT && seconds > 0)
        printf("self     %.1f %% of a processor, %s resident\n",
               100.0 *
                   (double)(last->process.user + last->process.system - first->process.user -
                            first->process.system) /
                   view.ticks_per_s / seconds,
               view_bytes(a, (double)last->process.resident));
}

static void print_subscriber(const char *name, const struct tally *tally)
{
    printf("%-18s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n", name, sampler.samples,
           tally->received, tally->lagged);
}

static void print_channels(uint64_t dropped)
{
    const struct histogram *latency = &recorder.latency;

    printf("\n%-18s %12s %12s %12s\n", "samples", "published", "received", "lagged");
    print_subscriber("recorder (gating)", &recorder.tally);
    print_subscriber("view (lossy)", &view.tally);
    print_subscriber("alarm (latest)", &watch.tally);
    printf("\n%-18s %12s %12s %12s %12s\n", "queue", "pushed", "popped", "dropped", "refused");
    printf("%-18s %12" PRIu64 " %12" PRIu64 " %12s %12" PRIu64 "\n", "notices", sampler.notices,
           view.notices_popped, "-", sampler.notices_refused);
    printf("%-18s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12s\n", "alarms", watch.alarms,
           view.alarms_popped, dropped, "-");
    printf("\nsampler to recorder: p50 %" PRIu64 " ns, p99 %" PRIu64 " ns, max %" PRIu64 " ns\n",
           histogram_percentile(latency, 50), histogram_percentile(latency, 99), latency->max);
    if (sampler.held > 0)
        printf("the recorder held the sampler up %" PRIu64 " times, %.3f s in all\n", sampler.held,
               (double)sampler.held_ns / 1e9);
}

static bool agree(const char *who, const char *what, uint64_t a, uint64_t b)
{
    if (a != b)
        fprintf(stderr, "telemetry: %s: %s: %" PRIu64 " is not %" PRIu64 "\n", who, what, a, b);
    return a == b;
}

/* Whether a subscriber got or knowingly missed every sample, and the samples' own numbers say the
 * same. */
static bool tally_agrees(const char *who, const struct tally *tally)
{
    const uint64_t gaps = tally->gaps + (sampler.samples - tally->next_number);
    bool good = agree(who, "published, and received + lagged", sampler.samples,
                      tally->received + tally->lagged);

    good &= agree(who, "received, and taken", tally->received, tally->taken);
    good &= agree(who, "lagged, and the gaps between numbers", tally->lagged, gaps);
    good &= agree(who, "out of order", tally->backward, 0);
    return good;
}

/* Whether every message is accounted for. It looks at all, so that all that is wrong is said. */
static bool counts_agree(uint64_t dropped)
{
    bool good = agree("sampler", "published, by the ring's count",
                      (uint64_t)telemetry_samples_published(&channels.samples), sampler.samples);

    good &= tally_agrees("recorder", &recorder.tally);
    good &= agree("recorder", "lagged", recorder.tally.lagged, 0);
    good &= tally_agrees("view", &view.tally);
    good &= tally_agrees("alarm", &watch.tally);
    good &= agree("notices", "pushed and popped", sampler.notices, view.notices_popped);
    good &=
        agree("alarms", "pushed, and popped + dropped", watch.alarms, view.alarms_popped + dropped);
    good &= agree("alarms", "dropped, and the gaps between numbers", dropped,
                  view.alarm_gaps + (watch.alarms - view.next_alarm));
    if (recorder.csv != NULL && recorder.error == 0)
        good &= agree("recorder", "rows in the file, and samples", recorder.rows, sampler.samples);
    return good;
}

static int report(const struct options *options)
{
    const uint64_t dropped = telemetry_alarms_dropped(&channels.alarms);
    const uint64_t span_ns = sampler.last.published_ns - sampler.first.published_ns;
    const double seconds = (double)span_ns / 1e9;
    bool good;

    if (sampler.samples == 0) {
        fputs("telemetry: no sample was taken\n", stderr);
        return EXIT_TROUBLE;
    }
    printf("\nsamples  %" PRIu64 " in %.2f s", sampler.samples, seconds);
    if (span_ns > 0)
        printf(", %.1f/s", (double)(sampler.samples - 1) / seconds);
    printf("; reading the counters took %.1f us each\n",
           (double)sampler.cost_ns / (double)sampler.samples / 1e3);
    if (sampler.skipped > 0)
        printf("         %" PRIu64 " were due while another was being taken, and left out\n",
               sampler.skipped);
    print_machine(seconds);
    print_channels(dropped);
    fflush(stdout);
    good = counts_agree(dropped);
    if (good)
        puts("every message is accounted for: published = received + lagged for each subscriber, "
             "pushed = popped + dropped in each queue");
    if (options->csv != NULL && recorder.error == 0)
        printf("%" PRIu64 " samples are in %s\n", recorder.rows, options->csv);
    return good ? EXIT_SUCCESS : EXIT_COUNTS_DISAGREE;
}

int main(int argc, char **argv)
{
    const struct options options = parse_or_exit(argc, argv);
    sigset_t signals;
    int error, status;

    /* Signals wait until main asks for them; the other threads inherit that. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    if (!init_channels()) {
        fputs("telemetry: the channels are not aligned\n", stderr);
        return EXIT_TROUBLE;
    }
    sampler.channels = &channels;
    sampler.proc = &proc;
    watch.channels = &channels;
    watch.busy_percent = options.busy;
    watch.available_percent = options.available;
    if (!open_ends())
        return EXIT_TROUBLE; /* impossible: the channels are new */
    if (procfs_open(&proc, options.proc, sampler_notice, &sampler) == 0) {
        complain(options.proc, errno);
        return EXIT_TROUBLE;
    }
    if (options.csv != NULL && (recorder.csv = fopen(options.csv, "w")) == NULL) {
        complain(options.csv, errno);
        return EXIT_TROUBLE;
    }

    error = run(&options, &signals);
    if (error != 0) {
        complain("cannot start a thread", error);
        return EXIT_TROUBLE;
    }
    status = report(&options);
    procfs_close(&proc);
    destroy_channels();
    if (recorder.csv != NULL && fclose(recorder.csv) != 0 && recorder.error == 0)
        recorder.error = errno;
    if (recorder.error != 0) {
        complain(options.csv, recorder.error);
        status = EXIT_TROUBLE;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("standard output", errno);
        status = EXIT_TROUBLE;
    }
    return status;
}
