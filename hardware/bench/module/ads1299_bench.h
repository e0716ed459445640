/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtual TI ADS1299 behind a real SPI controller and a real GPIO chip.
 *
 * One raw spinlock guards everything that the conversion timers (hard interrupt context) touch.
 * Interrupts of the lines are raised after it is released: see struct edges.
 *
 * SBAS499 is the chip's data sheet; times are in periods of the chip's clock, tCLK.
 */
#ifndef ADS1299_BENCH_H
#define ADS1299_BENCH_H

#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/spi/spi.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define CHIPS_MAX		4
#define CHANNELS_MAX		8
#define REGISTERS		24
#define FRAME_MAX		(3 + 3 * CHANNELS_MAX)
/* Four frames and three bits that do not matter */
#define STREAM_MAX		(CHIPS_MAX * FRAME_MAX + 1)
#define FAULTS_MAX		48
#define NEVER			U64_MAX
#define COUNT_MAX		8388607
#define COUNT_MIN		(-8388608)

/* Registers that this module gives a meaning to */
#define REG_ID			0x00
#define REG_CONFIG1		0x01
#define REG_CONFIG2		0x02
#define REG_CONFIG3		0x03
#define REG_LOFF		0x04
#define REG_CH1SET		0x05
#define REG_LOFF_SENSP		0x0f
#define REG_LOFF_SENSN		0x10
#define REG_LOFF_FLIP		0x11
#define REG_LOFF_STATP		0x12
#define REG_LOFF_STATN		0x13
#define REG_GPIO		0x14
#define REG_CONFIG4		0x17

#define CONFIG1_DAISY_EN	BIT(6)	/* 1: does not pass on what DAISY_IN brings */
#define CONFIG2_INT_CAL		BIT(4)
#define CONFIG2_CAL_AMP		BIT(2)
#define CONFIG3_PD_REFBUF	BIT(7)
#define CONFIG4_PD_LOFF_COMP	BIT(1)

/* tCLK; SBAS499A p. 8, 29, 37 */
#define CLOCKS_POWER_ON		BIT(18)
#define CLOCKS_AFTER_RESET	18
#define CLOCKS_RESET_PULSE	2
#define CLOCKS_COMMAND		4
#define CLOCKS_SELECT_PULSE	2
#define CLOCKS_SELECT_HOLD	4
#define CLOCKS_DRDY_PULSE	4
/* How far apart chips with clocks of their own begin to convert */
#define CLOCKS_PHASE		389
#define REFERENCE_START_NS	(150 * NSEC_PER_MSEC)

enum line {
	LINE_DRDY, LINE_RESET, LINE_START, LINE_PWDN, LINE_ESTOP,
	LINE_DRDY2, LINE_DRDY3, LINE_DRDY4, LINE_DEADMAN, LINES
};

enum signal { SIGNAL_REGISTERS, SIGNAL_RAMP, SIGNAL_FEED };

/* What really happened; names in attributes.c */
enum truth {
	T_CONVERSIONS, T_FRAMES_READ, T_OVERWRITTEN_UNREAD, T_DISCARDED_UNREAD, T_EDGES_LOST,
	T_STALLED_PERIODS, T_TORN_READS, T_REGISTER_ACCESS_IN_RDATAC, T_RDATA_IN_RDATAC,
	T_UNKNOWN_OPCODES, T_COMMANDS_IN_STANDBY, T_WRONG_MODE, T_WRONG_SPEED,
	T_TIMING_VIOLATIONS, T_TIMING_DECODE, T_TIMING_NOT_READY, T_TIMING_RESET_PULSE,
	T_TIMING_SELECT_PULSE, T_TIMING_SELECT_HOLD, T_RESETS, T_STARTS, T_BROWN_OUTS,
	T_TRANSFERS, TRUTHS
};

struct latency {
	u64 count, sum, min, max;
};

enum fault_kind {
	F_LOST_EDGE, F_STALL, F_BAD_STATUS, F_BIT_SLIP, F_MISO_LOW, F_MISO_HIGH, F_BROWN_OUT,
	F_WRONG_ID, F_DEAF_REGISTER, F_FREEZE_DRDY, F_SPI_ERROR, FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	u8 chip;
	u8 value;		/* of the ID; of a deaf register: its address */
	bool forever;
	bool until_reset;
	bool over;
	u64 at, count, fired;
	u64 ends_ns;		/* by time, too: while nothing is converted */
};

enum serial_state { S_COMMAND, S_READ_COUNT, S_READ, S_WRITE_COUNT, S_WRITE };

/* Interrupts to raise once the lock is released, a bit a line; rising ones first */
struct edges {
	u32 rise, fall;
};

struct bench;

struct chip {
	struct bench *bench;
	unsigned int index;
	struct hrtimer timer;

	/* registers and what opcodes set */
	u8 reg[REGISTERS];
	bool rdatac, standby, started;
	u64 ready_at;		/* commands are refused until then */
	u64 reference_at;	/* the internal reference has settled then */
	u64 reset_low_at;

	/* the converter: conversion k of this run of the filter is due at
	 * base_ns + (settling + k * period - base_clocks) * tCLK
	 */
	s32 ppm;		/* how much longer than nominal tCLK is */
	bool converting, stalled, frozen;
	u64 base_ns, base_clocks, k, due;
	u64 since_start;
	u64 last_start;		/* the number of the first conversion since START */
	u64 settled_from;
	u64 drdy_at;		/* when the last conversion was due */

	/* the output register */
	u8 output[FRAME_MAX];
	u64 serial;		/* of the conversion in it; never zeroed */
	bool unread, latency_taken;

	/* the serial interface */
	enum serial_state state;
	u8 address, left;
	unsigned int pos;	/* of the next byte of the frame; stream_bytes: none */
	unsigned int frame_at;	/* which byte of the frame came out last, likewise */
	unsigned int end;	/* after so many bytes this chip's frame is complete */
	u8 shifting[FRAME_MAX];
	u64 shifting_serial;
	bool held;		/* a conversion was overwritten while RDATA was reading it */
	bool torn;		/* this read was counted */
	bool overtaken;
	bool selected;
	u64 byte_end;		/* when the last bit was clocked */
	u64 select_high_at;
	bool stuck_low, stuck_high, slip;	/* during this transfer */
	u8 carry;

	/* electrodes */
	u8 detached_p, detached_n;
	u32 ohms_p[CHANNELS_MAX], ohms_n[CHANNELS_MAX];

	u32 faults;		/* kinds that are armed, a bit each */
	u64 truth[TRUTHS];
	struct latency latency;
};

struct bench {
	struct device *dev;
	struct spi_controller *controller;
	struct gpio_chip gc;
	raw_spinlock_t lock;
	struct edges edges;	/* under the lock, taken with bench_unlock */
	bool gone;

	unsigned int chips, channels, frame_bytes, stream_bytes, gap_bits;
	bool daisy, shared_clock;
	struct chip chip[CHIPS_MAX];
	u8 stream[STREAM_MAX];
	bool stream_stale;
	u64 step_ns;		/* from byte to byte of the transfer in progress */

	u32 level;		/* of the lines, a bit each */
	unsigned long irq_on;
	u8 irq_type[LINES];
	u64 estop_ns;		/* since 1970: ESTOP was moved */
	u64 deadman_ns;		/* since 1970: the newest edge of DEADMAN */
	u64 deadman_edges;

	enum signal signal;
	struct fault fault[FAULTS_MAX];
	unsigned int faults;

	struct mutex text_lock;	/* of the two below */
	char *text;		/* the truth, as it was when its reading began */
	size_t text_bytes;
};

/* bench.c */
extern bool wire_time;

static inline unsigned long bench_lock(struct bench *b)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&b->lock, flags);
	return flags;
}

/* chip.c */
void chip_init(struct chip *c);
u64 chip_clocks_ns(struct chip *c, u64 clocks);
void chip_set_ppm(struct chip *c, s32 ppm, u64 now);
void chip_reset(struct chip *c);
void chip_arm(struct chip *c);
void chip_start_filter(struct chip *c, u64 at);
void chip_update(struct chip *c, u64 at);
void chip_violation(struct chip *c, enum truth kind);
void chip_catch_up(struct chip *c, u64 now);
void chip_set_drdy(struct chip *c, bool high);
bool chip_drdy(const struct chip *c);
u64 chip_current(const struct chip *c);
void chip_end_stall(struct chip *c, u64 now);
u8 chip_register(struct chip *c, unsigned int address);
unsigned int chip_rate(const struct chip *c);
unsigned int chip_period(const struct chip *c);

/* input.c */
s32 input_measure(struct chip *c, unsigned int channel, u64 number);

/* serial.c */
void serial_abandon(struct chip *c);
u8 serial_byte(struct chip *c, u8 din, u64 start, u64 end);

/* wire.c */
int wire_register(struct bench *b, int bus);
void wire_unregister(struct bench *b);

/* lines.c */
int lines_register(struct bench *b);
void lines_unregister(struct bench *b);
void bench_unlock(struct bench *b, unsigned long flags);
void line_drive(struct bench *b, enum line which, bool high);
bool line_is_high(const struct bench *b, enum line which);

/* faults.c */
struct fault *fault_find(struct chip *c, enum fault_kind kind, u64 number);
bool fault_strikes(struct chip *c, enum fault_kind kind, u64 number);
bool fault_is_deaf(struct chip *c, u8 address);
void faults_reset(struct chip *c);
ssize_t faults_show(struct bench *b, char *page);
int faults_store(struct bench *b, char *line);

/* electrodes.c */
ssize_t electrodes_show(struct bench *b, char *page);
int electrodes_store(struct bench *b, char *line);
s64 electrodes_lead_off_nanovolts(struct chip *c, unsigned int channel);

/* attributes.c */
extern const struct attribute_group *bench_groups[];

/* recording.c */
int recording_register(void);
void recording_unregister(void);
u64 recording_records(const struct bench *b);
s32 recording_count(const struct bench *b, u64 record, unsigned int column);

#endif
