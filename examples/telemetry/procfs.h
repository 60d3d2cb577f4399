/* Reads the kernel's own counters from the proc file system. One thread; nothing here allocates. */
#ifndef PROCFS_H
#define PROCFS_H

#include "telemetry/types.h"

enum { PROCFS_FILES = 4, PROCFS_TEXT = 64 * 1024 };

/* Told of what is wrong with a source, once for each change. `detail` lives only during the call.
 */
typedef void (*procfs_listener)(void *arg, telemetry_source source, telemetry_event event,
                                const char *detail);

struct procfs {
    struct {
        int fd;       /* -1: it could not be opened */
        bool failing; /* the last reading was not used; the listener knows */
    } files[PROCFS_FILES];
    uint32_t told[PROCFS_FILES]; /* by file, a bit for each event that is said only once */
    uint64_t page_bytes;
    procfs_listener listener;
    void *arg;
    char text[PROCFS_TEXT];
};

/*
 * Opens the files below `root` (usually "/proc") and keeps them open. A file that is not there is
 * the listener's to hear of and no error. Returns how many could be opened.
 */
int procfs_open(struct procfs *proc, const char *root, procfs_listener listener, void *arg);

/*
 * Fills all counters of `sample`; sample->sources says which files they could be read from, the
 * others' counters are 0. Does not touch number and times.
 */
void procfs_read(struct procfs *proc, telemetry_sample *sample);

void procfs_close(struct procfs *proc);

/* The file that a source is, below the root of the proc file system; "?" for no single source. */
const char *procfs_name(telemetry_source source);

#endif /* PROCFS_H */
