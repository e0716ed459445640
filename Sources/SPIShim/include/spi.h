// spidev: one chip select of an SPI bus.
#pragma once

#include <stdint.h>

#include "attributes.h"

/// How a spidev node is set up, and what it says when asked again.
struct shim_spi_configuration {
  /// SPI mode bits of <linux/spi/spi.h>; 1 is CPOL 0, CPHA 1.
  uint32_t mode;
  uint32_t hertz;
  uint8_t bits_per_word;
};

/// One transfer: chip select low, `byte_count` bytes both ways, chip select high.
struct shim_spi_transfer {
  const void *transmit;
  void *receive;
  uint32_t byte_count;
  uint32_t hertz;
  /// Chip select stays low for so long after the last clock.
  uint16_t delay_microseconds;
  /// 1: chip select goes high between this transfer and the next of its message; on the last
  /// transfer it stays low instead (spidev's meaning).
  uint8_t change_select;
  uint8_t bits_per_word;
};

/// Opens a spidev node, close-on-exec. The descriptor, or -errno.
int shim_spi_open(const char *path);

/// Sets mode, word size and highest clock. 0, or -errno.
int shim_spi_configure(int descriptor, const struct shim_spi_configuration *configuration);

/// Reads back what the kernel holds. 0, or -errno.
int shim_spi_read_configuration(int descriptor, struct shim_spi_configuration *configuration);

/// One SPI_IOC_MESSAGE, one system call, of one transfer or of two (`second` may be null). The
/// number of bytes exchanged, or -errno.
SHIM_REALTIME int shim_spi_exchange(int descriptor, const struct shim_spi_transfer *first,
                                    const struct shim_spi_transfer *second);
