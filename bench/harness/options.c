#define _GNU_SOURCE
#include "harness/options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    { "size", required_argument, NULL, 's' },
    { "scenario", required_argument, NULL, 'c' },
    { "contender", required_argument, NULL, 'n' },
    { "reference", required_argument, NULL, 'r' },
    { "rounds", required_argument, NULL, 'R' },
    { "effort", required_argument, NULL, 'e' },
    { "spin", required_argument, NULL, 'p' },
    { "processors", required_argument, NULL, 'P' },
    { "bytes", required_argument, NULL, 'b' },
    { "limit", required_argument, NULL, 'L' },
    { "points", required_argument, NULL, 'x' },     { "no-fifo", no_argument, NULL, 'F' },
    { "output", required_argument, NULL, 'o' },
    { "commit", required_argument, NULL, 'C' },
    { "list", no_argument, NULL, 'l' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

void bench_print_help(void)
{
    puts("usage: bench [option]...\n"
         "Measures queues and broadcasts between two threads, and prints what they cost.\n\n"
         "  --size=quick|normal|full  how much: seconds, about six minutes, the whole grid\n"
         "  --scenario=A,B            these only; see --list\n"
         "  --contender=A,B           these only; see --list\n"
         "  --bytes=N                 messages of this size only\n"
         "  --points=BYTESxSLOTS,...  measure there instead (ringc: where it was generated for)\n"
         "  --reference=A             compare with this one (ringc balanced, ringc park)\n"
         "  --rounds=N                rounds of each point (15; quick: 2)\n"
         "  --effort=F                factor on the number of messages (1; quick: 0.01)\n"
         "  --spin=pause|bare         whether spin loops pause (pause)\n"
         "  --processors=A,B          the consumer's and the producer's\n"
         "  --limit=S                 seconds after which a run counts as stuck (120)\n"
         "  --no-fifo                 no SCHED_FIFO for the far side\n"
         "  --output=FILE             write the results there, as JSON\n"
         "  --commit=TEXT             what is measured, for the JSON\n"
         "  --list                    scenarios and contenders");
}

static bool read_size(const char *text, bench_settings *settings)
{
    static const char *const names[] = { "quick", "normal", "full" };

    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            settings->size = (bench_size)i;
            settings->rounds = settings->size == BENCH_QUICK ? 2 : 15;
            settings->effort = settings->size == BENCH_QUICK ? 0.01 : 1;
            return true;
        }
    return false;
}

static bool read_number(const char *text, double least, double most, double *value)
{
    char *end;

    *value = strtod(text, &end);
    return end != text && *end == '\0' && *value >= least && *value <= most;
}

static bool read_count(const char *text, unsigned most, unsigned *count)
{
    double value;

    if (!read_number(text, 1, most, &value))
        return false;
    *count = (unsigned)value;
    return true;
}

static bool read_spin(const char *text, bench_settings *settings)
{
    settings->pause = strcmp(text, "pause") == 0;
    return settings->pause || strcmp(text, "bare") == 0;
}

static bool read_processors(const char *text, bench_settings *settings)
{
    char rest;

    return sscanf(text, "%d,%d%c", &settings->wanted_processors[0], &settings->wanted_processors[1],
                  &rest) == 2;
}

static bool read_points(const char *text, bench_settings *settings)
{
    for (settings->n_points = 0; settings->n_points < BENCH_POINTS; text++) {
        bench_point *point = &settings->points[settings->n_points];
        int length = 0;

        if (sscanf(text, "%" SCNu32 "x%" SCNu32 "%n", &point->bytes, &point->slots, &length) != 2)
            return false;
        settings->n_points++;
        text += length;
        if (*text != ',')
            return *text == '\0';
    }
    return false;
}

static bool read_option(int option, const char *text, bench_settings *settings)
{
    switch (option) {
    case 's':
        return read_size(text, settings);
    case 'c':
        settings->scenarios = text;
        return true;
    case 'n':
        settings->contenders = text;
        return true;
    case 'r':
        settings->reference = text;
        return true;
    case 'R':
        return read_count(text, 1000, &settings->rounds);
    case 'e':
        return read_number(text, 1e-6, 1e6, &settings->effort);
    case 'p':
        return read_spin(text, settings);
    case 'P':
        return read_processors(text, settings);
    case 'b':
        return read_count(text, 1 << 20, &settings->bytes);
    case 'x': return read_points(text, settings);
    case 'L':
        return read_count(text, 100000, &settings->limit_s);
    case 'F':
        settings->wants_fifo = false;
        return true;
    case 'o':
        settings->output = text;
        return true;
    case 'C':
        settings->commit = text;
        return true;
    default:
        return false;
    }
}

bench_wish bench_read_options(int argc, char **argv, bench_settings *settings)
{
    int option, index = 0;

    memset(settings, 0, sizeof *settings);
    read_size("normal", settings);
    settings->pause = true;
    settings->wants_fifo = true;
    settings->commit = "";
    settings->limit_s = 120;
    settings->wanted_processors[0] = settings->wanted_processors[1] = -1;
    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (option == 'l')
            return BENCH_LIST;
        if (option == 'h')
            return BENCH_HELP;
        if (option == '?')
            return BENCH_REFUSE;
        if (!read_option(option, optarg, settings)) {
            fprintf(stderr, "bench: --%s does not take '%s'\n", options[index].name, optarg);
            return BENCH_REFUSE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "bench: '%s' is no option; see --help\n", argv[optind]);
        return BENCH_REFUSE;
    }
    return BENCH_MEASURE;
}
