// A real EEG recording inside the binary: what the model of the ADS1299 plays when nothing else is
// named, so that `acquire run` needs no file. See ATTRIBUTION.md.
#pragma once

/// A whole BDF+C file: 8 channels, 250 samples a second, about two minutes.
///
/// A function, because Swift does not import an array of unknown length. The memory is the
/// program's own and lives as long as it does.
const unsigned char *sample_feed_bytes(void);

/// Its size in bytes.
extern const unsigned long sample_feed_byte_count;
