/* full: reject. One program per variant of knobs_under_test.h: see the Makefile. */
#define QUEUE_POLICY reject
#define QUEUE_BLOCKS 0
#define QUEUE_EVICTS 0

#include "knobs_suite.h"
