#include "SampleFeed.h"

const unsigned char sample_feed[] = {
#embed "motor-imagery-8ch-250hz.bdf"
};

const unsigned long sample_feed_byte_count = sizeof sample_feed;
