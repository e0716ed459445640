// SPDX-License-Identifier: GPL-2.0
/*
 * The serial interface of a chip: what a byte does to it, and what it answers. Everything here
 * runs with the bench's lock held.
 */
#include "ads1299_bench.h"

/* The read in progress ends here, complete or not. */
void serial_abandon(struct chip *c)
{
	if (c->held)
		c->truth[T_OVERWRITTEN_UNREAD]++;
	c->held = false;
	c->torn = false;
	c->overtaken = false;
	c->pos = c->bench->stream_bytes;
}

static void serial_latch(struct chip *c)
{
	serial_abandon(c);
	memcpy(c->shifting, c->output, sizeof(c->shifting));
	c->shifting_serial = c->serial;
	c->pos = 0;
}

static void serial_complete(struct chip *c)
{
	if (c->torn)
		c->truth[T_TORN_READS]++;
	if (c->overtaken)
		return;
	if (c->held)
		c->held = false;
	else if (c->unread && c->shifting_serial == c->serial)
		c->unread = false;
	else
		return;		/* a second time */
	c->truth[T_FRAMES_READ]++;
}

static void serial_measure_latency(struct chip *c, u64 now)
{
	struct latency *l = &c->latency;
	u64 ns;

	if (!c->unread || c->latency_taken || now < c->drdy_at)
		return;
	ns = now - c->drdy_at;
	c->latency_taken = true;
	l->count++;
	l->sum += ns;
	l->min = min(l->min, ns);
	l->max = max(l->max, ns);
}

static u8 serial_frame_byte(struct chip *c, u8 din, u64 start, u64 end)
{
	u8 dout = 0;

	if (c->pos >= c->bench->stream_bytes)
		return 0;
	if (c->pos == 0) {
		if (c->rdatac) {
			/* commands are judged for themselves */
			if (start < c->ready_at && !din)
				chip_violation(c, T_TIMING_NOT_READY);
			serial_latch(c);
		}
		c->bench->stream_stale = true;
		serial_measure_latency(c, start);
	}
	if (c->rdatac && c->due != NEVER && c->pos < c->end &&
	    end + chip_clocks_ns(c, CLOCKS_COMMAND) > c->due)
		c->torn = true;
	if (c->pos < c->bench->frame_bytes)
		dout = c->shifting[c->pos];
	if (++c->pos == c->end)
		serial_complete(c);
	return dout;
}

static void serial_busy(struct chip *c, u64 from, unsigned int clocks)
{
	c->ready_at = from + chip_clocks_ns(c, clocks);
}

/* The first byte of a command. */
static void serial_command(struct chip *c, u8 opcode, u64 start, u64 end)
{
	struct bench *b = c->bench;

	if (opcode == 0x00)
		return;
	if (start < c->ready_at || !line_is_high(b, LINE_PWDN) || !line_is_high(b, LINE_RESET)) {
		chip_violation(c, T_TIMING_NOT_READY);
		return;
	}
	if (c->standby && opcode != 0x02) {
		c->truth[T_COMMANDS_IN_STANDBY]++;
		return;
	}
	switch (opcode) {
	case 0x02:	/* WAKEUP */
		c->standby = false;
		serial_busy(c, end, CLOCKS_COMMAND);
		chip_update(c, end);
		break;
	case 0x04:	/* STANDBY */
		c->standby = true;
		chip_update(c, end);
		break;
	case 0x06:	/* RESET */
		chip_reset(c);
		serial_busy(c, end, CLOCKS_AFTER_RESET);
		chip_update(c, end);
		break;
	case 0x08:	/* START */
		c->started = true;
		chip_update(c, end);
		break;
	case 0x0a:	/* STOP */
		c->started = false;
		chip_update(c, end);
		break;
	case 0x10:	/* RDATAC */
		c->rdatac = true;
		serial_abandon(c);
		c->pos = 0;
		serial_busy(c, end, CLOCKS_COMMAND);
		break;
	case 0x11:	/* SDATAC */
		c->rdatac = false;
		serial_abandon(c);
		serial_busy(c, end, CLOCKS_COMMAND);
		break;
	case 0x12:	/* RDATA */
		if (c->rdatac)
			c->truth[T_RDATA_IN_RDATAC]++;
		else
			serial_latch(c);
		break;
	case 0x20 ... 0x5f:	/* RREG, WREG */
		if (c->rdatac) {
			c->truth[T_REGISTER_ACCESS_IN_RDATAC]++;
			break;
		}
		c->address = opcode & 0x1f;
		c->state = opcode < 0x40 ? S_READ_COUNT : S_WRITE_COUNT;
		break;
	default:
		c->truth[T_UNKNOWN_OPCODES]++;
	}
}

static void serial_write(struct chip *c, u8 address, u8 value, u64 at)
{
	u8 old;

	/* ID and LOFF_STATx are read only; channels that are not there stay as they are */
	if (address == REG_ID || address >= REGISTERS || address == REG_LOFF_STATP ||
	    address == REG_LOFF_STATN)
		return;
	if (address >= REG_CH1SET + c->bench->channels && address < REG_CH1SET + CHANNELS_MAX)
		return;
	if (fault_is_deaf(c, address))
		return;
	old = c->reg[address];
	c->reg[address] = value;
	if (address == REG_CONFIG1 && old != value && c->converting)
		chip_start_filter(c, at);
	if (address == REG_CONFIG3 && (old ^ value) & CONFIG3_PD_REFBUF)
		c->reference_at = value & CONFIG3_PD_REFBUF ? at + REFERENCE_START_NS : NEVER;
}

static u8 serial_read(struct chip *c, u8 address)
{
	struct fault *wrong = NULL;

	if (address == REG_ID)
		wrong = fault_find(c, F_WRONG_ID, chip_current(c));
	if (!wrong)
		return chip_register(c, address);
	wrong->fired++;
	return wrong->value;
}

/* One byte over the wire; what the chip puts on DOUT. */
u8 serial_byte(struct chip *c, u8 din, u64 start, u64 end)
{
	u64 apart;
	u8 dout;

	if (!chip_drdy(c)) {
		/* high again on the first SCLK, whatever is being clocked */
		chip_set_drdy(c, true);
		chip_arm(c);
	}
	c->frame_at = c->pos;
	dout = serial_frame_byte(c, din, start, end);

	/* each byte must be decoded before the next one ends (tSDECODE) */
	apart = wire_time ? end - c->byte_end : c->bench->step_ns;
	if (c->state != S_COMMAND && apart < chip_clocks_ns(c, CLOCKS_COMMAND)) {
		chip_violation(c, T_TIMING_DECODE);
		c->state = S_COMMAND;
	}
	c->byte_end = end;
	switch (c->state) {
	case S_COMMAND:
		serial_command(c, din, start, end);
		break;
	case S_READ_COUNT:
		c->left = (din & 0x1f) + 1;
		c->state = S_READ;
		break;
	case S_WRITE_COUNT:
		c->left = (din & 0x1f) + 1;
		c->state = S_WRITE;
		break;
	case S_READ:
		dout = serial_read(c, c->address++);
		c->frame_at = c->bench->stream_bytes;
		if (!--c->left)
			c->state = S_COMMAND;
		break;
	case S_WRITE:
		serial_write(c, c->address++, din, end);
		if (!--c->left)
			c->state = S_COMMAND;
		break;
	}
	return dout;
}
