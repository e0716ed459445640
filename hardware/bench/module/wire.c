// SPDX-License-Identifier: GPL-2.0
/*
 * The wire between the kernel's SPI core and the chips: the controller, chip select, the daisy
 * chain, faults of DOUT. A byte acts at the time at which its bits are on the wire: bytes up to
 * the next conversion are exchanged at once, the others after it.
 */
#include <linux/module.h>
#include <linux/version.h>

#include "ads1299_bench.h"

#define SCLK_MAX_HZ	20000000
/* Shorter waits are spent polling, as spi-bcm2835 does (polling_limit_us). */
#define POLL_NS		30000
/* A longer one sleeps until so long before its end, since waking up takes time too. */
#define WAKE_NS		8000
/* A turn of the loop takes no longer where an instruction takes 1 ns. */
#define ROUND_NS	64

static void wire_wait_until(u64 ns)
{
	u64 now = ktime_get_ns();

	if (ns > now + POLL_NS) {
		ktime_t until = ns_to_ktime(ns - WAKE_NS);

		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_hrtimeout_range(&until, 0, HRTIMER_MODE_ABS_HARD);
	}
	while ((now = ktime_get_ns()) < ns) {
		/* an emulator stops at each look at the clock, and at cpu_relax() */
		for (u64 rounds = (ns - now) / ROUND_NS; rounds; rounds--)
			asm volatile(".rept 60\n\tnop\n\t.endr" : : : "memory");
	}
}

/* What goes wrong with DOUT while the conversion is in the output register. */
static void wire_begin_faults(struct chip *c)
{
	u64 current_number = chip_current(c);

	c->stuck_low = fault_strikes(c, F_MISO_LOW, current_number);
	c->stuck_high = fault_strikes(c, F_MISO_HIGH, current_number);
	c->slip = fault_strikes(c, F_BIT_SLIP, current_number);
}

static u8 wire_dout(struct chip *c, u8 dout)
{
	if (c->slip) {
		u8 slipped = c->carry << 7 | dout >> 1;

		c->carry = dout & 1;
		dout = slipped;
	}
	if (c->stuck_low)
		return 0x00;
	return c->stuck_high ? 0xff : dout;
}

struct bits {
	u8 *to;
	unsigned int count, room;
};

static void bits_put(struct bits *bits, u8 byte, unsigned int width)
{
	unsigned int at = bits->count / 8, shift = bits->count % 8;

	if (at < bits->room)
		bits->to[at] |= (u8)(byte << (8 - width)) >> shift;
	if (shift && at + 1 < bits->room)
		bits->to[at + 1] |= byte << (8 - width) << (8 - shift);
	bits->count += width;
}

/*
 * What the first chip's DOUT carries: its own frame, then what comes in at its DAISY_IN. A fault
 * of a chip's DOUT is one of everything behind it too.
 */
static void wire_build_stream(struct bench *b)
{
	struct bits bits = { .to = b->stream, .room = b->stream_bytes };
	unsigned int n, byte;

	memset(b->stream, 0, sizeof(b->stream));
	for (n = 0; n < b->chips; n++) {
		struct chip *c = &b->chip[n];

		if (c->stuck_low)
			break;
		if (c->slip)
			bits_put(&bits, 0, 1);
		for (byte = 0; byte < b->frame_bytes; byte++)
			bits_put(&bits, c->stuck_high ? 0xff : c->shifting[byte], 8);
		if (c->reg[REG_CONFIG1] & CONFIG1_DAISY_EN)
			break;
		if (c->stuck_high) {
			while (bits.count < b->stream_bytes * 8)
				bits_put(&bits, 1, 1);
			break;
		}
		if (b->gap_bits)
			bits_put(&bits, 1, 1);
	}
	b->stream_stale = false;
}

static u8 wire_exchange(struct bench *b, struct chip *c, u8 din, u64 start, u64 end)
{
	u8 dout = serial_byte(c, din, start, end);
	unsigned int n;

	if (!b->daisy)
		return wire_dout(c, dout);
	for (n = 1; n < b->chips; n++)
		serial_byte(&b->chip[n], din, start, end);
	if (c->frame_at >= b->stream_bytes)
		return wire_dout(c, dout);	/* the answer to a command */
	if (b->stream_stale)
		wire_build_stream(b);
	return b->stream[c->frame_at];
}

/* ---- the SPI controller ---- */

/* The chips that a chip select selects: `count` of them from the first. */
static struct chip *wire_selected(struct bench *b, struct spi_device *spi, unsigned int *count)
{
#if KERNEL_VERSION(6, 3, 0) <= LINUX_VERSION_CODE
	unsigned int select = spi_get_chipselect(spi, 0);
#else
	unsigned int select = spi->chip_select;
#endif

	*count = b->daisy ? b->chips : 1;
	return &b->chip[b->daisy ? 0 : select];
}

static void wire_select(struct chip *c, bool selected, u64 now)
{
	if (selected == c->selected)
		return;
	c->selected = selected;
	serial_abandon(c);
	c->state = S_COMMAND;
	if (!selected) {
		if (wire_time && now < c->byte_end + chip_clocks_ns(c, CLOCKS_SELECT_HOLD))
			chip_violation(c, T_TIMING_SELECT_HOLD);
		c->select_high_at = now;
		return;
	}
	if (wire_time && c->select_high_at &&
	    now < c->select_high_at + chip_clocks_ns(c, CLOCKS_SELECT_PULSE))
		chip_violation(c, T_TIMING_SELECT_PULSE);
	c->byte_end = 0;
	c->carry = 0;
	if (c->rdatac)
		c->pos = 0;
}

/* `high` is the pin's level: 1 deselects. */
static void wire_set_cs(struct spi_device *spi, bool high)
{
	struct bench *b = spi_controller_get_devdata(spi->controller);
	u64 now = ktime_get_ns();
	unsigned int count, n;
	unsigned long flags;
	struct chip *c;

	flags = bench_lock(b);
	c = wire_selected(b, spi, &count);
	for (n = 0; n < count; n++)
		wire_select(&c[n], !high, now);
	bench_unlock(b, flags);
}

/* A transfer begins: what is wrong with it as a whole. */
static int wire_begin(struct chip *c, unsigned int count, bool wrong_mode, bool wrong_speed)
{
	unsigned int n;

	if (fault_strikes(c, F_SPI_ERROR, chip_current(c)))
		return -EIO;
	for (n = 0; n < count; n++) {
		c[n].truth[T_TRANSFERS]++;
		c[n].truth[T_WRONG_MODE] += wrong_mode;
		c[n].truth[T_WRONG_SPEED] += wrong_speed;
		wire_begin_faults(&c[n]);
	}
	c->bench->stream_stale = true;
	return 0;
}

/* When the first of the selected chips converts next */
static u64 wire_next_due(struct chip *c, unsigned int count)
{
	u64 due = NEVER;
	unsigned int n;

	for (n = 0; n < count; n++)
		due = min(due, c[n].due);
	return due;
}

static int wire_transfer(struct spi_controller *controller, struct spi_device *spi,
			 struct spi_transfer *transfer)
{
	struct bench *b = spi_controller_get_devdata(controller);
	const u8 *from = transfer->tx_buf;
	u8 *to = transfer->rx_buf;
	u32 hertz = transfer->speed_hz ? transfer->speed_hz : 1000000;
	u64 began = ktime_get_ns();
	u64 bits_ns = div_u64(8ull * NSEC_PER_SEC, hertz);
	int word_delay = spi_delay_to_ns(&transfer->word_delay, transfer);
	u64 step_ns = bits_ns + max(word_delay, 0);
	bool wrong_mode = (spi->mode & (SPI_CPOL | SPI_CPHA)) != SPI_MODE_1;
	bool wrong_speed = hertz > SCLK_MAX_HZ;
	unsigned int count, n, at = 0;
	unsigned long flags;
	struct chip *c;
	int error;

	flags = bench_lock(b);
	c = wire_selected(b, spi, &count);
	b->step_ns = step_ns;
	error = wire_begin(c, count, wrong_mode, wrong_speed);
	bench_unlock(b, flags);
	if (error)
		return error;

	while (at < transfer->len) {
		u64 due;

		flags = bench_lock(b);
		for (due = wire_next_due(c, count); at < transfer->len; at++) {
			u64 start = wire_time ? began + at * step_ns : began;
			u8 din = from ? from[at] : 0;
			u8 dout;

			if (start >= due)
				break;
			if (wrong_mode)
				din <<= 1;
			dout = wire_exchange(b, c, din, start, wire_time ? start + bits_ns : start);
			if (wrong_mode || wrong_speed)
				dout = dout << 1 | 1;
			if (to)
				to[at] = dout;
			/* a command may have moved it */
			due = wire_next_due(c, count);
		}
		bench_unlock(b, flags);
		if (at < transfer->len) {
			/* these bytes come after a conversion */
			wire_wait_until(due);
			for (n = 0; n < count; n++)
				chip_catch_up(&c[n], ktime_get_ns());
		}
	}
	if (wire_time)
		wire_wait_until(began + transfer->len * step_ns);
	transfer->effective_speed_hz = hertz;
	return 0;
}

static int wire_add_device(struct spi_controller *controller, unsigned int select)
{
	/*
	 * An entry of spidev's own table, which binds in every kernel. Mode 0, as on most boards:
	 * the program must ask for mode 1.
	 */
	struct spi_board_info info = {
		.modalias = "dh2228fv",
		.max_speed_hz = SCLK_MAX_HZ,
		.bus_num = controller->bus_num,
		.chip_select = select,
		.mode = SPI_MODE_0,
	};

	return spi_new_device(controller, &info) ? 0 : -ENODEV;
}

int wire_register(struct bench *b, int bus)
{
	unsigned int select, selects = b->daisy ? 1 : b->chips;
	struct spi_controller *controller;
	int error;

#if KERNEL_VERSION(6, 7, 0) <= LINUX_VERSION_CODE
	controller = spi_alloc_host(b->dev, 0);
#else
	controller = spi_alloc_master(b->dev, 0);
#endif
	if (!controller)
		return -ENOMEM;
	spi_controller_set_devdata(controller, b);
	controller->bus_num = bus;
	controller->num_chipselect = selects;
	controller->mode_bits = SPI_CPOL | SPI_CPHA;
	controller->bits_per_word_mask = SPI_BPW_MASK(8);
	controller->min_speed_hz = 3814;
	controller->max_speed_hz = 125000000;
	controller->set_cs = wire_set_cs;
	controller->transfer_one = wire_transfer;
	error = spi_register_controller(controller);
	if (error) {
		spi_controller_put(controller);
		return error;
	}
	b->controller = controller;
	for (select = 0; select < selects; select++) {
		error = wire_add_device(controller, select);
		if (error) {
			spi_unregister_controller(controller);
			return error;
		}
	}
	return 0;
}

/* Waits for the transfer in progress; later ones fail. */
void wire_unregister(struct bench *b)
{
	spi_unregister_controller(b->controller);
}
