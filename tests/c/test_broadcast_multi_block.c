/* Any number of producers, full: block. One program per variant: see the Makefile. */
#define BROADCAST_ROW    multi_block
#define BROADCAST_MULTI  1
#define BROADCAST_GATED  1
#define BROADCAST_BLOCKS 1

#include "broadcast_suite.h"
