/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How selftest.c reaches the module: its attributes, its lines, its bus; and how it counts what
 * does not hold.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/gpio.h>
#include <linux/spi/spidev.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __printf
#define __printf(string, first) __attribute__((__format__(printf, string, first)))
#endif

#define SYSFS	"/sys/devices/platform/ads1299-bench/"

enum { DRDY, RESET, START, PWDN, ESTOP, DRDY2, DRDY3, DRDY4, DEADMAN, LINES };

static const char *module_path;
static unsigned int checks, failures;
static const char *section = "";

#define CHECK(condition, ...) check(condition, #condition, __LINE__, __VA_ARGS__)

__printf(4, 5)
static void check(bool holds, const char *condition, int line, const char *format, ...);

static void check(bool holds, const char *condition, int line, const char *format, ...)
{
	va_list arguments;

	checks++;
	if (holds)
		return;
	failures++;
	printf("FAILED %s, line %d: %s: ", section, line, condition);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

static _Noreturn void die(const char *what)
{
	printf("FAILED %s: %s: %s\n", section, what, strerror(errno));
	exit(2);
}

static void begin(const char *name)
{
	section = name;
	printf("- %s\n", name);
	fflush(stdout);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void wait_us(int64_t us)
{
	sleep_until(now() + us * 1000);
}

/* ---- the module and its attributes ---- */

__printf(2, 0)
static int try_set_list(const char *name, const char *format, va_list arguments)
{
	char path[128], written[256];
	int fd, error = 0;

	vsnprintf(written, sizeof(written), format, arguments);
	snprintf(path, sizeof(path), SYSFS "%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	if (write(fd, written, strlen(written)) < 0)
		error = errno;
	close(fd);
	return error;
}

/* The error, 0 when there is none */
__printf(2, 3)
static int try_set(const char *name, const char *format, ...)
{
	va_list arguments;
	int error;

	va_start(arguments, format);
	error = try_set_list(name, format, arguments);
	va_end(arguments);
	return error;
}

__printf(2, 3)
static void set(const char *name, const char *format, ...)
{
	va_list arguments;
	int error;

	va_start(arguments, format);
	error = try_set_list(name, format, arguments);
	va_end(arguments);
	CHECK(!error, "%s: %s", name, strerror(error));
}

static char text[32768];

static const char *get(const char *name)
{
	char path[128];
	size_t bytes = 0;
	ssize_t more;
	int fd;

	snprintf(path, sizeof(path), SYSFS "%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die(path);
	while ((more = read(fd, text + bytes, sizeof(text) - 1 - bytes)) > 0)
		bytes += more;
	close(fd);
	text[bytes] = 0;
	return text;
}

static int64_t value_in(const char *all, const char *name)
{
	size_t length = strlen(name);
	const char *line;

	for (line = all; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line, name, length) && line[length] == ' ')
			return strtoll(line + length, NULL, 0);
	failures++;
	printf("FAILED %s: no %s in truth\n", section, name);
	return -2;
}

static int64_t truth(const char *name)
{
	return value_in(get("truth"), name);
}

static void load(const char *parameters)
{
	int fd = open(module_path, O_RDONLY | O_CLOEXEC);
	int tries;

	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0))
		die(parameters);
	close(fd);
	for (tries = 0; access("/dev/spidev0.0", F_OK) && tries < 1000; tries++)
		wait_us(1000);
}

static int unload(void)
{
	return syscall(SYS_delete_module, "ads1299_bench", O_NONBLOCK) ? errno : 0;
}

/* ---- lines ---- */

static int chip_fd = -1, control_fd = -1, edge_fd[4] = { -1, -1, -1, -1 }, spi_fd[4];

static int open_chip(void)
{
	struct gpiochip_info info;
	char path[32];
	int n, fd;

	for (n = 0; n < 16; n++) {
		snprintf(path, sizeof(path), "/dev/gpiochip%d", n);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) &&
		    !strcmp(info.label, "ads1299-bench"))
			return fd;
		close(fd);
	}
	die("no gpio chip");
}

static int request(const uint32_t *lines, unsigned int count, uint64_t flags, uint64_t values,
		   uint32_t buffer)
{
	struct gpio_v2_line_request r = { .num_lines = count, .event_buffer_size = buffer };

	memcpy(r.offsets, lines, count * sizeof(*lines));
	strcpy(r.consumer, "selftest");
	r.config.flags = flags;
	if (flags & GPIO_V2_LINE_FLAG_OUTPUT) {
		r.config.num_attrs = 1;
		r.config.attrs[0].mask = (1u << count) - 1;
		r.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
		r.config.attrs[0].attr.values = values;
	}
	return ioctl(chip_fd, GPIO_V2_GET_LINE_IOCTL, &r) ? -errno : r.fd;
}

static int request_edges(uint32_t line)
{
	return request(&line, 1, GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_FALLING, 0, 64);
}

static void pin(unsigned int line, bool high)
{
	/* requested as RESET, START, PWDN */
	struct gpio_v2_line_values v = { .mask = 1u << (line - RESET) };

	v.bits = high ? v.mask : 0;
	if (ioctl(control_fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &v))
		CHECK(false, "line %u: %s", line, strerror(errno));
}

static bool level(int fd)
{
	struct gpio_v2_line_values v = { .mask = 1 };

	if (ioctl(fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &v))
		CHECK(false, "get: %s", strerror(errno));
	return v.bits & 1;
}

static bool wait_edge(int fd, struct gpio_v2_line_event *event, int milliseconds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	memset(event, 0, sizeof(*event));
	if (poll(&p, 1, milliseconds) != 1 || !(p.revents & POLLIN))
		return false;
	return read(fd, event, sizeof(*event)) == sizeof(*event);
}

static void drain(int fd)
{
	struct gpio_v2_line_event event;

	while (wait_edge(fd, &event, 0))
		;
}

/* ---- SPI ---- */

struct wire {
	uint32_t hertz;
	uint16_t hold_us;
	uint8_t word_delay_us;
};

static const struct wire slow = { 2000000, 3, 0 };

static int exchange(unsigned int chip, const struct wire *w, const void *to, void *from,
		    unsigned int count)
{
	struct spi_ioc_transfer t = {
		.tx_buf = (uintptr_t)to, .rx_buf = (uintptr_t)from, .len = count,
		.speed_hz = w->hertz, .delay_usecs = w->hold_us, .bits_per_word = 8,
		.word_delay_usecs = w->word_delay_us,
	};

	return ioctl(spi_fd[chip], SPI_IOC_MESSAGE(1), &t) < 0 ? -errno : 0;
}

static void command_to(unsigned int chip, uint8_t opcode)
{
	uint8_t answer;

	if (exchange(chip, &slow, &opcode, &answer, 1))
		CHECK(false, "command 0x%02x: %s", opcode, strerror(errno));
	wait_us(opcode == 0x06 ? 20 : 5);
}

static void command(uint8_t opcode)
{
	command_to(0, opcode);
}

static uint8_t read_register_of(unsigned int chip, uint8_t address)
{
	uint8_t to[3] = { 0x20 | address }, from[3] = { 0 };

	exchange(chip, &slow, to, from, 3);
	return from[2];
}

static uint8_t read_register(uint8_t address)
{
	return read_register_of(0, address);
}

static void write_register_of(unsigned int chip, uint8_t address, uint8_t value)
{
	uint8_t to[3] = { 0x40 | address, 0, value }, from[3];

	exchange(chip, &slow, to, from, 3);
}

static void write_register(uint8_t address, uint8_t value)
{
	write_register_of(0, address, value);
}

static void set_mode(unsigned int chip, uint8_t mode)
{
	if (ioctl(spi_fd[chip], SPI_IOC_WR_MODE, &mode))
		CHECK(false, "mode %u: %s", mode, strerror(errno));
}

/* ---- sessions ---- */

static unsigned int chip_count = 1, channel_count = 8;
static bool is_daisy;

static void open_all(const char *parameters, unsigned int chips, unsigned int channels, bool daisy)
{
	const uint32_t controls[3] = { RESET, START, PWDN };
	const uint32_t drdy[4] = { DRDY, DRDY2, DRDY3, DRDY4 };
	unsigned int n;
	char path[32];

	load(parameters);
	wait_us(strcmp(parameters, "channels=8") ? 130000 : 0);
	chip_count = chips;
	channel_count = channels;
	is_daisy = daisy;
	chip_fd = open_chip();
	control_fd = request(controls, 3, GPIO_V2_LINE_FLAG_OUTPUT, 5, 0);
	if (control_fd < 0)
		die("control lines");
	for (n = 0; n < chips; n++) {
		edge_fd[n] = request_edges(drdy[n]);
		if (edge_fd[n] < 0)
			die("DRDY");
		if (daisy && n)
			continue;
		snprintf(path, sizeof(path), "/dev/spidev0.%u", n);
		spi_fd[n] = open(path, O_RDWR | O_CLOEXEC);
		if (spi_fd[n] < 0)
			die(path);
		set_mode(n, SPI_MODE_1);
	}
}

static void close_files(void)
{
	unsigned int n;

	for (n = 0; n < chip_count; n++) {
		close(edge_fd[n]);
		if (!is_daisy || !n)
			close(spi_fd[n]);
	}
	close(control_fd);
	close(chip_fd);
}

static void close_all(void)
{
	int error;

	close_files();
	error = unload();
	CHECK(!error, "unload: %s", strerror(error));
}

/* Reset, SDATAC, reference, rate, inputs at the electrodes; then clean counters. */
static void configure(unsigned int rate_code, uint8_t channel_setting)
{
	unsigned int n, channel, selects = is_daisy ? 1 : chip_count;

	pin(START, false);
	pin(RESET, false);
	wait_us(5);
	pin(RESET, true);
	wait_us(20);
	for (n = 0; n < selects; n++) {
		command_to(n, 0x11);
		write_register_of(n, 1, 0x90 | rate_code);
		write_register_of(n, 3, 0xe0);
		for (channel = 0; channel < channel_count; channel++)
			write_register_of(n, 5 + channel, channel_setting);
	}
	wait_us(151000);
	set("fault", "clear");
	set("truth", "0");
	for (n = 0; n < chip_count; n++)
		drain(edge_fd[n]);
}

struct frame {
	uint8_t bytes[112];
	int status;
	int32_t count[32];
};

static int32_t sign24(const uint8_t *b)
{
	return (int32_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8) >> 8;
}

static int read_frame(unsigned int chip, const struct wire *w, struct frame *f)
{
	unsigned int bytes = 3 + 3 * channel_count, channel;
	uint8_t to[32] = { 0x12 }, from[32];
	int error = exchange(chip, w, to, from, bytes + 1);

	memcpy(f->bytes, from + 1, bytes);
	f->status = from[1] << 16 | from[2] << 8 | from[3];
	for (channel = 0; channel < channel_count; channel++)
		f->count[channel] = sign24(from + 4 + 3 * channel);
	return error;
}

static bool is_ramp(const struct frame *f, int64_t number)
{
	unsigned int channel;

	for (channel = 0; channel < channel_count; channel++)
		if (f->count[channel] != ((number * channel_count + channel) & 0x7fffff))
			return false;
	return true;
}

static bool next_frame(unsigned int chip, const struct wire *w, struct frame *f,
		       struct gpio_v2_line_event *event)
{
	if (!wait_edge(edge_fd[chip], event, 1000)) {
		CHECK(false, "no edge");
		return false;
	}
	return !read_frame(chip, w, f);
}

static const int period_ns[7] = { 62500, 125000, 250000, 500000, 1000000, 2000000, 4000000 };
static const int settling_clocks[7] = { 521, 1033, 2057, 4105, 8201, 16393, 32777 };
static const struct wire fast = { 8000000, 3, 0 };

#endif
