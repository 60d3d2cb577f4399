/*
 * What each harness of generated channels does with its table of scenarios: bounds and expectations from executions.txt,
 * options, reports, main. Included at the end of a harness, which defines CHANNEL, TEXT, init_flags, struct scenario,
 * scenarios and SCENARIOS, and may define RECORD_EXECUTIONS and RECORD_SECONDS (how many an exhaustive search may take when it
 * is recorded, and how long; 0: no bound) and RANDOM_RUNS (how many random ones stand in for a longer one).
 */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#ifndef RECORD_EXECUTIONS
#define RECORD_EXECUTIONS 250000
#define RECORD_SECONDS 0
#define RANDOM_RUNS 20000
#endif

/* ---- Bounds and expectations: executions.txt ------------------------------------------------------------------------ */

typedef struct bound {
    bool exhaustive;
    bool known_bug;      /* random, and must fail */
    uint64_t executions; /* exhaustive: about so many are expected, within a factor of 2; else how many random runs */
} bound;

enum { FAST_EXECUTIONS = 8000, DEFAULT_SEED = 1 };

static const char *expectations = "executions.txt";

static bool read_bound(const char *name, bound *b)
{
    FILE *f = fopen(expectations, "r");
    char line[256], channel[64], scene[64], kind[16];
    bool found = false;

    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL)
        found = sscanf(line, "%63s %63s %15s %" SCNu64, channel, scene, kind, &b->executions) == 4 &&
                strcmp(channel, TEXT(CHANNEL)) == 0 && strcmp(scene, name) == 0;
    if (f != NULL)
        fclose(f);
    b->exhaustive = found && strcmp(kind, "exhaustive") == 0;
    b->known_bug = found && strcmp(kind, "fails") == 0;
    return found;
}

typedef struct run_options {
    bool fast, record, random;
    uint64_t seed, first, runs;
    double long_seconds; /* 0: as executions.txt says */
} run_options;

static void report(const scenario *s, const run_options *o, const bound *b, bool exhaustive, const model_result *result,
                   bool good)
{
    printf("%-7s %-24s %-27s %s %9" PRIu64 " executions, %8" PRIu64 " pruned, %5.2f s", good ? "ok" : "FAILED",
           TEXT(CHANNEL), s->name, !exhaustive ? "random" : result->complete || result->failed ? "exhaustive" : "NOT FINISHED", result->executions, result->pruned,
           result->seconds);
    if (!exhaustive)
        printf(", seed %" PRIu64, o->seed);
    if (b->known_bug)
        printf(result->failed ? " (a known bug)" : ": expected to fail, and does not: mend executions.txt");
    else if (result->failed && !exhaustive)
        printf("; repeat: --seed %" PRIu64 " --first %" PRIu64 " --runs 1 %s", o->seed, result->failed_run, s->name);
    else if (!result->failed && !good)
        printf("; expected about %" PRIu64 ": if this is right, mend executions.txt", b->executions);
    printf("%s%s\n", result->failed ? "\n        " : "", result->failed ? result->message : "");
    fflush(stdout);
}

static bool as_expected(const run_options *o, const bound *b, bool exhaustive, const model_result *result)
{
    if (result->failed || b->known_bug)
        return result->failed && b->known_bug;
    if (o->fast || o->long_seconds > 0)
        return true;
    if (!result->complete)
        return false;
    return !exhaustive || (result->executions <= 2 * b->executions && 2 * result->executions >= b->executions);
}

static bool run_scenario(const scenario *s, const run_options *o)
{
    bound b = { false, false, RANDOM_RUNS };
    model_options options = { .seed = o->seed, .first_run = o->first, .max_seconds = 120 };
    model_result result;
    bool exhaustive, good;

    init_flags = s->init_flags;
    (void)read_bound(s->name, &b);
    if (b.known_bug && o->fast)
        return true;
    exhaustive = b.exhaustive && !o->random;
    if (o->long_seconds > 0) {
        exhaustive = true;
        options.max_seconds = o->long_seconds;
    }
    if (!exhaustive)
        options.random_runs = o->runs ? o->runs : o->fast ? b.executions / 10 + 1 : b.executions;
    options.max_executions = o->fast ? FAST_EXECUTIONS : 0;
    options.quiet = o->fast || (b.known_bug && !o->random);
    result = model_explore(s->run, &options);
    good = as_expected(o, &b, exhaustive, &result);
    report(s, o, &b, exhaustive, &result, good);
    return good;
}

static void record(const scenario *s)
{
    model_options options = { .max_executions = RECORD_EXECUTIONS, .max_seconds = RECORD_SECONDS, .quiet = true };
    model_result result;
    bool endless; /* a retry without a pause may read the same outdated word again and again: at random it does not */

    init_flags = s->init_flags;
    result = model_explore(s->run, &options);
    endless = result.failed && strstr(result.message, "a loop without model_pause") != NULL;
    if (endless || (!result.failed && !result.complete)) {
        options = (model_options){ .random_runs = RANDOM_RUNS, .seed = DEFAULT_SEED, .quiet = true };
        result = model_explore(s->run, &options);
        result.complete = false;
    }
    if (result.failed)
        fprintf(stderr, "%s %s fails: %s\n", TEXT(CHANNEL), s->name, result.message);
    printf("%-25s %-28s %-10s %8" PRIu64 "\n", TEXT(CHANNEL), s->name,
           result.failed ? "fails" : result.complete ? "exhaustive" : "random",
           result.complete && !result.failed ? result.executions : (uint64_t)RANDOM_RUNS);
    fflush(stdout);
}

static bool wanted(const char *name, int argc, char **argv, int from)
{
    bool any = false;

    for (int i = from; i < argc; i++) {
        any = true;
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return !any;
}

int main(int argc, char **argv)
{
    run_options o = { .seed = DEFAULT_SEED };
    int i, failed = 0;

    for (i = 1; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            for (int s = 0; s < SCENARIOS; s++)
                puts(scenarios[s].name);
            return 0;
        } else if (strcmp(argv[i], "--record") == 0) {
            o.record = true;
        } else if (strcmp(argv[i], "--fast") == 0) {
            o.fast = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--expect") == 0) {
            expectations = argv[++i];
        } else if (i + 1 < argc && strcmp(argv[i], "--long") == 0) {
            o.long_seconds = atof(argv[++i]);
        } else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            o.seed = strtoull(argv[++i], NULL, 0);
        } else if (i + 1 < argc && strcmp(argv[i], "--first") == 0) {
            o.first = strtoull(argv[++i], NULL, 0);
            o.random = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--runs") == 0) {
            o.runs = strtoull(argv[++i], NULL, 0);
            o.random = true;
        } else {
            fprintf(stderr, "unknown option %s: see the top of the harness\n", argv[i]);
            return 2;
        }
    }
    for (int s = 0; s < SCENARIOS; s++) {
        if (!wanted(scenarios[s].name, argc, argv, i))
            continue;
        if (o.record)
            record(&scenarios[s]);
        else
            failed += !run_scenario(&scenarios[s], &o);
        if (failed && o.fast)
            break;
    }
    return failed != 0;
}

#endif
