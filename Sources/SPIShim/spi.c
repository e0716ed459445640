#define _GNU_SOURCE
#include "spi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <sys/ioctl.h>

_Static_assert(sizeof(struct spi_ioc_transfer) == 32, "spidev's transfer is 32 bytes");

int shim_spi_open(const char *path) {
  int descriptor = open(path, O_RDWR | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int shim_spi_configure(int descriptor, const struct shim_spi_configuration *configuration) {
  if (ioctl(descriptor, SPI_IOC_WR_MODE32, &configuration->mode) < 0) return -errno;
  if (ioctl(descriptor, SPI_IOC_WR_BITS_PER_WORD, &configuration->bits_per_word) < 0)
    return -errno;
  if (ioctl(descriptor, SPI_IOC_WR_MAX_SPEED_HZ, &configuration->hertz) < 0) return -errno;
  return 0;
}

int shim_spi_read_configuration(int descriptor, struct shim_spi_configuration *configuration) {
  if (ioctl(descriptor, SPI_IOC_RD_MODE32, &configuration->mode) < 0) return -errno;
  if (ioctl(descriptor, SPI_IOC_RD_BITS_PER_WORD, &configuration->bits_per_word) < 0)
    return -errno;
  if (ioctl(descriptor, SPI_IOC_RD_MAX_SPEED_HZ, &configuration->hertz) < 0) return -errno;
  return 0;
}

static struct spi_ioc_transfer message(const struct shim_spi_transfer *transfer) {
  return (struct spi_ioc_transfer){
      .tx_buf = (uintptr_t)transfer->transmit,
      .rx_buf = (uintptr_t)transfer->receive,
      .len = transfer->byte_count,
      .speed_hz = transfer->hertz,
      .delay_usecs = transfer->delay_microseconds,
      .bits_per_word = transfer->bits_per_word,
      .cs_change = transfer->change_select,
  };
}

int shim_spi_exchange(int descriptor, const struct shim_spi_transfer *first,
                      const struct shim_spi_transfer *second) {
  struct spi_ioc_transfer messages[2] = {message(first)};
  if (second) messages[1] = message(second);
  int result = second ? ioctl(descriptor, SPI_IOC_MESSAGE(2), messages)
                      : ioctl(descriptor, SPI_IOC_MESSAGE(1), messages);
  return result < 0 ? -errno : result;
}
