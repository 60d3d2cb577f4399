/* The four channels of the program, and who uses which end. All are in schemas/telemetry.yaml. */
#ifndef CHANNELS_H
#define CHANNELS_H

#include "telemetry/telemetry.h"

struct channels {
    telemetry_records
        records;         /* sampler -> recorder: every sample; a full ring holds the sampler */
    telemetry_live live; /* sampler -> view: the newest; a full ring drops its oldest */
    telemetry_notices notices;   /* sampler -> view: a full ring refuses */
    telemetry_commands commands; /* main -> sampler: the rate; closing it ends the sampler */
};

#endif /* CHANNELS_H */
