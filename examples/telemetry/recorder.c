#include "recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *const cpu_columns[] = { "user",   "nice", "system",  "idle",
                                           "iowait", "irq",  "softirq", "steal" };

static void write_heading(FILE *csv, const telemetry_sample *shape)
{
    fputs("number,time_ns,cost_ns,latency_ns", csv);
    for (int i = 0; i < 8; i++)
        fprintf(csv, ",cpu_%s_ticks", cpu_columns[i]);
    fputs(",memory_total_bytes,memory_free_bytes,memory_available_bytes,memory_cached_bytes", csv);
    fputs(",self_user_ticks,self_system_ticks,self_resident_bytes,self_minor_faults", csv);
    fputs(",self_major_faults,self_threads", csv);
    for (int i = 0; i < shape->n_cores; i++)
        for (int j = 0; j < 8; j++)
            fprintf(csv, ",cpu%" PRIu32 "_%s_ticks", shape->cores[i].number, cpu_columns[j]);
    for (int i = 0; i < shape->n_devices; i++) {
        const char *name = shape->devices[i].name;

        fprintf(csv, ",%s_rx_bytes,%s_rx_packets,%s_rx_dropped", name, name, name);
        fprintf(csv, ",%s_tx_bytes,%s_tx_packets,%s_tx_dropped", name, name, name);
    }
    fputc('\n', csv);
}

/* Writes `n` cells; empty ones if there is nothing true to write. */
static void write_cells(FILE *csv, bool present, const uint64_t *values, int n)
{
    for (int i = 0; i < n; i++) {
        if (present)
            fprintf(csv, ",%" PRIu64, values[i]);
        else
            fputc(',', csv);
    }
}

static void write_times(FILE *csv, bool present, const telemetry_cpu_times *times)
{
    const uint64_t cells[] = { times->user,   times->nice, times->system,  times->idle,
                               times->iowait, times->irq,  times->softirq, times->steal };

    write_cells(csv, present, cells, 8);
}

/* The i-th if it is still the processor of that number, else a search: offline ones move the rest.
 */
static const telemetry_core *find_core(const telemetry_sample *sample, int i, uint32_t number)
{
    if (i < sample->n_cores && sample->cores[i].number == number)
        return &sample->cores[i];
    for (i = 0; i < sample->n_cores; i++)
        if (sample->cores[i].number == number)
            return &sample->cores[i];
    return NULL;
}

static const telemetry_device *find_device(const telemetry_sample *sample, int i, const char *name)
{
    if (i < sample->n_devices && strcmp(sample->devices[i].name, name) == 0)
        return &sample->devices[i];
    for (i = 0; i < sample->n_devices; i++)
        if (strcmp(sample->devices[i].name, name) == 0)
            return &sample->devices[i];
    return NULL;
}

static void write_row(FILE *csv, const telemetry_sample *shape, const telemetry_sample *sample,
                      uint64_t latency_ns)
{
    static const telemetry_core no_core = TELEMETRY_CORE_INIT;
    static const telemetry_device no_device = TELEMETRY_DEVICE_INIT;
    const telemetry_memory *memory = &sample->memory;
    const telemetry_process *process = &sample->process;
    const uint64_t memory_cells[] = { memory->total, memory->free, memory->available,
                                      memory->cached };
    const uint64_t process_cells[] = { process->user,         process->system,
                                       process->resident,     process->minor_faults,
                                       process->major_faults, process->threads };

    fprintf(csv, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, sample->number, sample->time_ns,
            sample->cost_ns, latency_ns);
    write_times(csv, sample->sources & TELEMETRY_SOURCE_STAT, &sample->cpu);
    write_cells(csv, sample->sources & TELEMETRY_SOURCE_MEMINFO, memory_cells, 4);
    write_cells(csv, sample->sources & TELEMETRY_SOURCE_SELF_STAT, process_cells, 6);
    for (int i = 0; i < shape->n_cores; i++) {
        const telemetry_core *core = find_core(sample, i, shape->cores[i].number);

        write_times(csv, core != NULL, core != NULL ? &core->times : &no_core.times);
    }
    for (int i = 0; i < shape->n_devices; i++) {
        const telemetry_device *device = find_device(sample, i, shape->devices[i].name);
        const telemetry_device *d = device != NULL ? device : &no_device;
        const uint64_t cells[] = { d->rx_bytes, d->rx_packets, d->rx_dropped,
                                   d->tx_bytes, d->tx_packets, d->tx_dropped };

        write_cells(csv, device != NULL, cells, 6);
    }
    fputc('\n', csv);
}

/* Writes one sample. After an error nothing more: samples are still taken, so nobody is held up. */
static void record(struct recorder *recorder, uint64_t latency_ns)
{
    FILE *csv = recorder->csv;

    if (csv == NULL || recorder->error != 0)
        return;
    errno = 0;
    if (recorder->tally.taken == 1)
        write_heading(csv, &recorder->shape);
    write_row(csv, &recorder->shape, &recorder->sample, latency_ns);
    if (ferror(csv))
        recorder->error = errno != 0 ? errno : EIO;
    else
        recorder->rows++;
}

void *recorder_run(void *arg)
{
    struct recorder *recorder = arg;
    telemetry_sample *sample = &recorder->sample;
    telemetry_samples_subscriber samples = recorder->samples; /* from here on, this thread's */

    /* It gates, so there is no RINGC_LAGGED: until RINGC_CLOSED, every sample. */
    while (telemetry_samples_recv(&samples, sample) == RINGC_OK) {
        uint64_t latency_ns = ringc_now_ns() - sample->published_ns;

        histogram_add(&recorder->latency, latency_ns);
        tally_add(&recorder->tally, sample);
        if (recorder->tally.taken == 1)
            recorder->shape = *sample;
        record(recorder, latency_ns);
    }
    tally_end(&recorder->tally, &samples);
    if (recorder->csv != NULL && recorder->error == 0 && fflush(recorder->csv) != 0)
        recorder->error = errno;
    return NULL;
}
