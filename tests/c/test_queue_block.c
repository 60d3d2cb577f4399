/* full: block. One program per wait strategy and per small capacity: see QUEUE_VARIANT in the Makefile. */
#define QUEUE_POLICY block
#define QUEUE_BLOCKS 1
#define QUEUE_EVICTS 0

#include "queue_suite.h"
