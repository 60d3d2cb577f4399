/* full: block. One program per variant of knobs_under_test.h: see the Makefile. */
#define QUEUE_POLICY block
#define QUEUE_BLOCKS 1
#define QUEUE_EVICTS 0

#include "knobs_suite.h"
