// SPDX-License-Identifier: GPL-2.0
/*
 * selftest MODULE.ko [FRAMES]: loads the module with one set of parameters after the other,
 * exercises it through /dev/spidevB.C and the GPIO v2 uAPI, and compares with what it must have
 * counted. As root, on a machine or a guest in which nothing else uses bus 0. FRAMES are read at
 * each rate, 400 without. Exit status: 0 when all is well.
 */
#define _GNU_SOURCE
#include "selftest.h"

/* ---- what is tested ---- */

static void test_lines(void)
{
	static const char * const names[LINES] = {
		"DRDY", "RESET", "START", "PWDN", "ESTOP", "DRDY2", "DRDY3", "DRDY4", "DEADMAN"
	};
	struct gpio_v2_line_event event;
	struct gpiochip_info info;
	unsigned int line;
	int fd;

	begin("lines: names, directions, the e-stop");
	ioctl(chip_fd, GPIO_GET_CHIPINFO_IOCTL, &info);
	CHECK(info.lines == LINES, "%u lines", info.lines);
	for (line = 0; line < LINES; line++) {
		struct gpio_v2_line_info l = { .offset = line };
		bool is_output = line == RESET || line == START || line == PWDN || line == DEADMAN;

		ioctl(chip_fd, GPIO_V2_GET_LINEINFO_IOCTL, &l);
		CHECK(!strcmp(l.name, names[line]), "line %u is %s", line, l.name);
		CHECK(!!(l.flags & GPIO_V2_LINE_FLAG_OUTPUT) == is_output, "line %u", line);
	}
	line = DRDY;
	CHECK(request(&line, 1, GPIO_V2_LINE_FLAG_OUTPUT, 0, 0) == -EBUSY, "a busy line");
	line = DRDY4;
	CHECK(request(&line, 1, GPIO_V2_LINE_FLAG_OUTPUT, 0, 0) < 0, "DRDY4 as output");
	fd = request_edges(ESTOP);
	CHECK(level(fd), "ESTOP is high at first");
	set("estop", "0");
	CHECK(wait_edge(fd, &event, 100), "no edge of ESTOP");
	CHECK(!level(fd), "ESTOP stays high");
	CHECK(!strcmp(get("estop"), "0\n"), "estop says %s", text);
	set("estop", "1");
	CHECK(!wait_edge(fd, &event, 10), "an edge that was not asked for");
	close(fd);
}

static void test_power_on(void)
{
	begin("power-up: no command before 2^18 tCLK");
	command(0x11);
	CHECK(truth("timing_not_ready") == 1, "%" PRId64, truth("timing_not_ready"));
	wait_us(130000);
	set("truth", "0");
	CHECK(read_register(0) == 0, "a register is read in RDATAC");
	CHECK(truth("register_access_in_rdatac") == 1, "not counted");
	CHECK(truth("timing_violations") == 0, "%" PRId64, truth("timing_violations"));
	command(0x11);
	CHECK(read_register(0) == 0x3c + channel_count / 2 - 2, "ID 0x%02x", read_register(0));
	pin(PWDN, false);
	wait_us(10);
	pin(PWDN, true);
	wait_us(100000);
	set("truth", "0");
	command(0x11);
	CHECK(truth("timing_not_ready") == 1, "after PWDN");
	wait_us(40000);
}

static void test_registers(void)
{
	static const uint8_t reset[24] = {
		0x00, 0x96, 0xc0, 0x60, 0x00, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61,
		[0x14] = 0x0f,
	};
	uint8_t to[26] = { 0x20, 23 }, from[26], address, value;

	begin("registers: reset values, what can be written");
	configure(6, 0x61);
	command(0x06);
	command(0x11);
	exchange(0, &slow, to, from, 26);
	for (address = 1; address < 24; address++)
		CHECK(from[2 + address] == reset[address], "0x%02x is 0x%02x", address,
		      from[2 + address]);
	for (address = 0; address < 24; address++) {
		bool is_fixed = address == 0 || address == 0x12 || address == 0x13 ||
				(address >= 5 + channel_count && address <= 12);
		uint8_t written = address == 1 ? 0xd5 : address == 0x14 ? 0xa0 : 0x5a;

		write_register(address, written);
		value = read_register(address);
		if (is_fixed)
			CHECK(value == from[2 + address], "0x%02x took a value", address);
		else
			CHECK(value == written, "0x%02x is 0x%02x", address, value);
	}
	write_register(0x14, 0xff);
	CHECK(read_register(0x14) == 0x0f, "inputs read low, 0x%02x", read_register(0x14));
	CHECK(truth("timing_violations") == 0, "%" PRId64, truth("timing_violations"));
	CHECK(truth("unknown_opcodes") == 0, "%" PRId64, truth("unknown_opcodes"));
	CHECK(strlen(get("registers")) == 72, "registers: %s", text);
}

static void test_rates(unsigned int frames, const struct wire *w)
{
	struct gpio_v2_line_event event;
	int64_t started, first, last;
	unsigned int code, k, wrong, sequence = 0;
	struct frame f;
	char name[96];

	snprintf(name, sizeof(name), "all rates, RDATA at %u kHz", w->hertz / 1000);
	begin(name);
	set("signal", "ramp");
	for (code = 0; code < 7; code++) {
		int64_t due, drift, spread = 0;

		configure(code, 0x60);
		first = 0;
		last = 0;
		wrong = 0;
		started = now();
		pin(START, true);
		CHECK(level(edge_fd[0]), "DRDY is low while the filter settles");
		for (k = 0; k < frames && next_frame(0, w, &f, &event); k++) {
			last = event.timestamp_ns;
			first = k ? first : last;
			due = first + k * (int64_t)period_ns[code];
			if (llabs(last - due) > spread)
				spread = llabs(last - due);
			sequence = k ? sequence : event.line_seqno;
			if (event.line_seqno != sequence + k)
				wrong++;
			if (f.status != 0xc00000 || !is_ramp(&f, k))
				wrong++;
		}
		pin(START, false);
		get("truth");
		CHECK(wrong == 0, "code %u: %u frames are wrong", code, wrong);
		CHECK(value_in(text, "frames_read") == frames, "code %u: %" PRId64, code,
		      value_in(text, "frames_read"));
		CHECK(value_in(text, "conversions") - value_in(text, "frames_read") ==
		      value_in(text, "unread"), "code %u: conversions do not add up", code);
		CHECK(value_in(text, "overwritten_unread") == 0, "code %u", code);
		CHECK(value_in(text, "timing_violations") == 0, "code %u", code);
		due = started + settling_clocks[code] * 15625ll / 32;
		CHECK(first >= due && first < due + 200000, "code %u settled after %" PRId64 " ns",
		      code, first - started);
		/* an interrupt may be late; the last one tells whether conversions drift */
		drift = last - first - (frames - 1) * (int64_t)period_ns[code];
		CHECK(llabs(drift) < 50000, "code %u: drifted %" PRId64 " ns", code, drift);
		printf("  %5d SPS: edges within %" PRId64 " ns, DRDY to first byte %" PRId64 "/%"
		       PRId64 "/%" PRId64 " ns\n", 1000000000 / period_ns[code], spread,
		       value_in(text, "latency_min_nanoseconds"),
		       value_in(text, "latency_mean_nanoseconds"),
		       value_in(text, "latency_max_nanoseconds"));
	}
}

static void test_rdatac(void)
{
	const struct wire crawl = { 600000, 3, 0 };
	uint8_t to[27] = { 0 }, from[27];
	struct gpio_v2_line_event event;
	unsigned int k, wrong = 0, mixed = 0, first = 0;
	struct frame f;

	begin("RDATAC: frames without opcode, torn when the next conversion overtakes");
	set("signal", "ramp");
	configure(4, 0x60);
	command(0x10);
	pin(START, true);
	for (k = 0; k < 50; k++) {
		CHECK(wait_edge(edge_fd[0], &event, 1000), "no edge");
		exchange(0, &fast, to, from, 27);
		if (from[0] != 0xc0 || sign24(from + 3) != (int)k * 8)
			wrong++;
	}
	CHECK(!wrong, "%u frames are wrong", wrong);
	CHECK(truth("torn_reads") == 0, "%" PRId64, truth("torn_reads"));
	CHECK(truth("frames_read") == 50, "%" PRId64, truth("frames_read"));
	/* 27 bytes at 600 kHz last 360 us: begin 800 us into the period of 1 ms */
	for (k = 0; k < 10; k++) {
		int64_t number;

		drain(edge_fd[0]);
		CHECK(wait_edge(edge_fd[0], &event, 1000), "no edge");
		sleep_until(event.timestamp_ns + 800000);
		exchange(0, &crawl, to, from, 27);
		number = sign24(from + 3) / 8;
		if (sign24(from + 24) == (number + 1) * 8 + 7)
			mixed++;
	}
	CHECK(truth("torn_reads") == 10, "%" PRId64, truth("torn_reads"));
	CHECK(mixed == 10, "%u of 10 are mixed", mixed);
	pin(START, false);
	command(0x11);
	CHECK(!read_frame(0, &slow, &f), "stop");

	begin("RDATA overlaps the next DRDY unharmed");
	configure(4, 0x60);
	pin(START, true);
	CHECK(wait_edge(edge_fd[0], &event, 1000), "no edge");
	for (k = 0, wrong = 0, first = event.line_seqno; k < 20; k++) {
		sleep_until(event.timestamp_ns + 800000);
		CHECK(!read_frame(0, &crawl, &f), "read");
		if (!is_ramp(&f, k))
			wrong++;
		CHECK(wait_edge(edge_fd[0], &event, 1000), "no edge");
		if (event.line_seqno != first + k + 1)
			wrong++;
	}
	pin(START, false);
	CHECK(!wrong, "%u frames are wrong", wrong);
	CHECK(truth("frames_read") == 20, "%" PRId64, truth("frames_read"));
	CHECK(truth("overwritten_unread") == 0, "%" PRId64, truth("overwritten_unread"));
	CHECK(truth("torn_reads") == 0, "%" PRId64, truth("torn_reads"));

	begin("unread conversions: an edge each, the last one stays");
	configure(5, 0x60);
	pin(START, true);
	for (k = 0; k < 20; k++) {
		CHECK(wait_edge(edge_fd[0], &event, 1000), "no edge");
		first = k ? first : event.line_seqno;
		CHECK(event.line_seqno == first + k, "edge %u is %u", k, event.line_seqno - first);
	}
	CHECK(!level(edge_fd[0]), "DRDY is high though nobody has read");
	CHECK(!read_frame(0, &fast, &f), "read");
	CHECK(level(edge_fd[0]), "DRDY is low though it was read");
	pin(START, false);
	CHECK(is_ramp(&f, 19), "%d", f.count[0]);
	CHECK(truth("overwritten_unread") == 19, "%" PRId64, truth("overwritten_unread"));
	CHECK(truth("frames_read") == 1, "%" PRId64, truth("frames_read"));
	CHECK(!read_frame(0, &fast, &f), "read");
	CHECK(is_ramp(&f, 19), "RDATA again gives the same");
	CHECK(truth("frames_read") == 1, "the same one is counted once");

	begin("unread conversions: DRDY pulses high before the next");
	close(edge_fd[0]);
	edge_fd[0] = request(&(uint32_t){ DRDY }, 1,
			     GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING, 0, 64);
	configure(5, 0x60);
	pin(START, true);
	for (k = 0; k < 20; k++)
		CHECK(wait_edge(edge_fd[0], &event, 1000), "no rising edge");
	pin(START, false);
	CHECK(truth("conversions") == 20 || truth("conversions") == 21, "%" PRId64,
	      truth("conversions"));
	close(edge_fd[0]);
	edge_fd[0] = request_edges(DRDY);
}

static void test_without_wire_time(void)
{
	struct gpio_v2_line_event event;
	unsigned int k, wrong = 0;
	struct frame f;

	begin("transfers that take no time");
	set("signal", "ramp");
	configure(4, 0x60);
	CHECK(read_register(0) == 0x3e, "ID 0x%02x", read_register(0));
	pin(START, true);
	for (k = 0; k < 50; k++)
		wrong += !next_frame(0, &slow, &f, &event) || !is_ramp(&f, k);
	pin(START, false);
	CHECK(!wrong, "%u frames are wrong", wrong);
	CHECK(truth("timing_violations") == 0, "%" PRId64, truth("timing_violations"));
	CHECK(truth("frames_read") == 50, "%" PRId64, truth("frames_read"));
	exchange(0, &fast, (uint8_t[]){ 0x20, 0, 0 }, f.bytes, 3);
	CHECK(truth("timing_decode") == 1, "%" PRId64, truth("timing_decode"));
}

static void feed(const int32_t *records, size_t count, int flags)
{
	int fd = open("/dev/ads1299_bench", O_WRONLY | flags);
	size_t half = count * 4 / 2 - 3;	/* in pieces that are not whole records */

	if (fd < 0)
		die("/dev/ads1299_bench");
	CHECK(write(fd, records, half) == (ssize_t)half, "feed");
	CHECK(write(fd, (const char *)records + half, count * 4 - half) ==
	      (ssize_t)(count * 4 - half), "feed");
	close(fd);
}

static void test_feed(void)
{
	enum { RECORDS = 40000 };
	int32_t *records = calloc(RECORDS * channel_count, 4);
	struct gpio_v2_line_event event;
	unsigned int k, channel, run, wrong = 0;
	uint32_t random = 1;
	struct frame f;

	begin("a recording comes out count by count, from its first record at each start");
	for (k = 0; k < RECORDS * channel_count; k++) {
		random = random * 1664525 + 1013904223;
		records[k] = (int32_t)random >> 8;
	}
	set("signal", "feed");
	feed(records, RECORDS * channel_count, O_TRUNC);
	CHECK(truth("table_records") == RECORDS, "%" PRId64, truth("table_records"));
	feed(records, 30 * channel_count, O_TRUNC);
	CHECK(truth("table_records") == 30, "%" PRId64, truth("table_records"));
	configure(3, 0x60);
	for (run = 0; run < 2; run++) {
		pin(START, true);
		for (k = 0; k < 70 && next_frame(0, &fast, &f, &event); k++)
			for (channel = 0; channel < channel_count; channel++)
				if (f.count[channel] != records[k % 30 * channel_count + channel])
					wrong++;
		pin(START, false);
		CHECK(truth("starts") == run + 1, "%" PRId64, truth("starts"));
		CHECK(truth("conversion_of_last_start") == run * 70, "%" PRId64,
		      truth("conversion_of_last_start"));
	}
	CHECK(!wrong, "%u counts are wrong", wrong);
	CHECK(truth("conversions") == 140, "%" PRId64, truth("conversions"));
	feed(records, RECORDS * channel_count, 0);
	CHECK(truth("table_records") == RECORDS + 30, "append: %" PRId64, truth("table_records"));
	free(records);
}

static int32_t measure(unsigned int channel)
{
	struct gpio_v2_line_event event;
	struct frame f;

	drain(edge_fd[0]);
	pin(START, true);
	CHECK(next_frame(0, &fast, &f, &event), "no frame");
	pin(START, false);
	return f.count[channel];
}

static void test_inputs(void)
{
	struct gpio_v2_line_event event;
	int fd = open("/dev/ads1299_bench", O_WRONLY | O_TRUNC);
	struct frame f;
	int64_t edges = 0, k;
	int32_t before;

	begin("inputs: shorted, test signal, temperature, supply, powered down, no reference");
	close(fd);
	set("signal", "registers");
	configure(2, 0x60);
	CHECK(measure(0) == 0, "nothing at the electrodes");
	set("signal", "ramp");
	set("truth", "0");
	write_register(5, 0xe0);
	write_register(6, 0x61);
	write_register(7, 0x63);
	write_register(8, 0x64);
	write_register(2, 0xd0);
	write_register(9, 0x05);
	write_register(10, 0x60);
	pin(START, true);
	next_frame(0, &fast, &f, &event);
	CHECK(f.count[0] == 0 && f.count[1] == 0, "%d %d", f.count[0], f.count[1]);
	CHECK(f.count[2] == 0x7fffff, "825 mV at gain 24 clip, %d", f.count[2]);
	CHECK(f.count[3] == 6500611, "145.3 mV at gain 24, %d", f.count[3]);
	CHECK(f.count[4] == -3495, "test signal, %d", f.count[4]);
	CHECK(f.count[5] == 5, "ramp, %d", f.count[5]);
	for (k = 1, before = -3495; k < 4000 * 3 && wait_edge(edge_fd[0], &event, 100); k++) {
		read_frame(0, &fast, &f);
		if (f.count[4] != before)
			edges++;
		before = f.count[4];
	}
	pin(START, false);
	/* 0.977 Hz has a half period of 2^20 tCLK: 512 ms; 3 s of conversions */
	CHECK(edges == 5, "%" PRId64 " edges in 3 s", edges);
	write_register(2, 0xd7);
	write_register(9, 0x65);
	CHECK(measure(4) == -167772, "2x at gain 24, standing: %d", measure(4));
	write_register(3, 0x60);
	write_register(3, 0xe0);
	CHECK(measure(5) == 0x7fffff, "before the reference has settled: %d", measure(5));
	CHECK(truth("settled_from") == -1, "%" PRId64, truth("settled_from"));
	wait_us(150000);
	CHECK(measure(5) != 0x7fffff, "the reference has settled");
	CHECK(truth("settled_from") == truth("conversion_of_last_start"), "settled");
}

static void test_protocol(void)
{
	const struct wire quick = { 8000000, 3, 0 }, spaced = { 8000000, 3, 2 };
	const struct wire unheld = { 2000000, 0, 0 }, beyond = { 25000000, 3, 0 };
	uint8_t rreg[3] = { 0x20 }, from[3], op = 0x11, answer;
	struct gpio_v2_line_event event;
	struct frame f;
	int64_t first;

	begin("the chip's rules: refused, and counted");
	set("signal", "ramp");
	configure(6, 0x60);
	exchange(0, &quick, rreg, from, 3);
	CHECK(from[2] == 0 && truth("timing_decode") == 1, "tSDECODE: %02x", from[2]);
	exchange(0, &spaced, rreg, from, 3);
	CHECK(from[2] == 0x3e && truth("timing_decode") == 1, "spaced: %02x", from[2]);
	exchange(0, &unheld, rreg, from, 3);
	CHECK(from[2] == 0x3e && truth("timing_select_hold") == 1, "tSCCS %" PRId64,
	      truth("timing_select_hold"));
	CHECK(truth("timing_violations") == 2, "%" PRId64, truth("timing_violations"));
	exchange(0, &beyond, rreg, from, 3);
	CHECK(truth("wrong_speed") == 1, "%" PRId64, truth("wrong_speed"));
	set_mode(0, SPI_MODE_0);
	CHECK(read_register(0) != 0x3e, "mode 0 is understood");
	CHECK(truth("wrong_mode") == 1, "%" PRId64, truth("wrong_mode"));
	set_mode(0, SPI_MODE_1);
	set("truth", "0");
	op = 0x99;
	exchange(0, &slow, &op, &answer, 1);
	CHECK(truth("unknown_opcodes") == 1, "%" PRId64, truth("unknown_opcodes"));
	command(0x04);
	CHECK(read_register(0) == 0, "STANDBY answers");
	CHECK(truth("commands_in_standby") == 1, "%" PRId64, truth("commands_in_standby"));
	command(0x02);
	CHECK(read_register(0) == 0x3e, "WAKEUP");
	{
		uint8_t both[4] = { 0x11, 0x20, 0x00, 0x00 }, out[4];

		exchange(0, &slow, both, out, 4);
		CHECK(out[3] == 0 && truth("timing_not_ready") == 1, "after SDATAC: %" PRId64,
		      truth("timing_not_ready"));
	}
	{
		/* an RREG that chip select cuts short leaves nothing behind */
		uint8_t half = 0x20;

		exchange(0, &slow, &half, &answer, 1);
		CHECK(read_register(0) == 0x3e, "CS high resets the interface");
	}

	begin("START by opcode, STOP, a write to CONFIG1, RESET");
	configure(3, 0x60);
	command(0x08);
	next_frame(0, &fast, &f, &event);
	CHECK(is_ramp(&f, 0), "START opcode");
	first = now();
	write_register(1, 0x94);
	CHECK(wait_edge(edge_fd[0], &event, 100), "no edge");
	CHECK((int64_t)event.timestamp_ns - first > 8201 * 488ll, "the filter restarts");
	command(0x0a);
	drain(edge_fd[0]);
	CHECK(!wait_edge(edge_fd[0], &event, 50), "an edge after STOP");
	command(0x08);
	CHECK(wait_edge(edge_fd[0], &event, 100), "START again");
	command(0x04);
	drain(edge_fd[0]);
	CHECK(!wait_edge(edge_fd[0], &event, 50), "an edge in STANDBY");
	command(0x02);
	CHECK(wait_edge(edge_fd[0], &event, 100), "no edge after WAKEUP");
	command(0x06);
	CHECK(level(edge_fd[0]), "DRDY is low after RESET");
	drain(edge_fd[0]);
	CHECK(!wait_edge(edge_fd[0], &event, 50), "an edge after RESET");
	CHECK(truth("resets") == 1, "%" PRId64, truth("resets"));
	CHECK(truth("starts") == 3, "%" PRId64, truth("starts"));
	command(0x11);
	CHECK(read_register(1) == 0x96, "CONFIG1 after RESET");
	CHECK(truth("timing_violations") == 0, "%" PRId64, truth("timing_violations"));
}

static void test_clock(void)
{
	static const int errors[] = { -25000, 25000, 137, 0 };
	struct gpio_v2_line_event event;
	int64_t first, expected;
	unsigned int n, k;

	begin("a clock that is off");
	for (n = 0; n < 4; n++) {
		set("clock_ppm", "%d\n", errors[n]);
		configure(4, 0x60);
		pin(START, true);
		wait_edge(edge_fd[0], &event, 100);
		first = event.timestamp_ns;
		for (k = 0; k < 1000; k++)
			wait_edge(edge_fd[0], &event, 100);
		pin(START, false);
		expected = 1000000000ll + errors[n] * 1000ll;
		CHECK(llabs((int64_t)event.timestamp_ns - first - expected) < 20000,
		      "%d ppm: %" PRId64 " ns", errors[n], (int64_t)event.timestamp_ns - first);
	}
	/* a change while it converts moves no conversion that has been */
	configure(4, 0x60);
	pin(START, true);
	wait_edge(edge_fd[0], &event, 100);
	first = event.timestamp_ns;
	for (k = 0; k < 500; k++)
		wait_edge(edge_fd[0], &event, 100);
	set("clock_ppm", "20000");
	for (k = 0; k < 500; k++)
		wait_edge(edge_fd[0], &event, 100);
	pin(START, false);
	set("clock_ppm", "0");
	CHECK(llabs((int64_t)event.timestamp_ns - first - 1010000000ll) < 60000,
	      "changed half way: %" PRId64, (int64_t)event.timestamp_ns - first);
}

static void test_electrodes(void)
{
	struct gpio_v2_line_event event;
	unsigned int k, wrong = 0;
	int32_t expected;
	struct frame f;

	begin("electrodes: detached ones, impedance");
	set("signal", "registers");
	configure(6, 0x60);
	set("electrodes", "positive=0x05 negative=82");
	pin(START, true);
	next_frame(0, &fast, &f, &event);
	CHECK(f.status == 0xc00000, "comparators are off: %06x", f.status);
	write_register(0x17, 0x02);
	write_register(0x0f, 0xff);
	write_register(0x10, 0x0f);
	next_frame(0, &fast, &f, &event);
	CHECK(f.status == 0xc05020, "%06x", f.status);
	CHECK(read_register(0x12) == 0x05 && read_register(0x13) == 0x02, "LOFF_STAT");
	write_register(0x14, 0xa0);
	drain(edge_fd[0]);
	next_frame(0, &fast, &f, &event);
	CHECK(f.status == 0xc0502a, "GPIO: %06x", f.status);
	pin(START, false);
	set("electrodes", "positive=0 negative=0\n");

	/* 6 nA over 30 kOhm are 180 uV: 8053 counts at gain 24; 31.25 Hz at 250 SPS */
	write_register(0x04, 0x02);
	write_register(0x0f, 0x01);
	write_register(0x10, 0x00);
	set("electrodes", "impedance chip=0 channel=0 ohms_p=30000 ohms_n=5000\n");
	CHECK(strstr(get("electrodes"), "impedance chip=0 channel=0 ohms_p=30000 ohms_n=5000"),
	      "%s", text);
	pin(START, true);
	drain(edge_fd[0]);
	for (k = 0; k < 32; k++) {
		next_frame(0, &fast, &f, &event);
		/* filtered: two thirds of it in the period with the change and the next */
		expected = k % 4 == 0 ? -5369 : k % 4 == 1 ? 5369 : 8053;
		if (k / 4 % 2)
			expected = -expected;
		if (f.count[0] != expected || f.count[1])
			wrong++;
	}
	pin(START, false);
	CHECK(!wrong, "%u counts are wrong, the last is %d", wrong, f.count[0]);
	write_register(0x10, 0x01);
	write_register(0x11, 0x01);
	CHECK(measure(0) == 6263, "both inputs, flipped: %d", measure(0));
	set("electrodes", "impedance ohms_p=0 ohms_n=0");
}

/* Reads `frames` frames at every edge that comes; what was seen. */
struct seen {
	unsigned int frames, bad, low, high, slipped, errors, missing;
	int64_t last_edge, longest;
};

static struct seen watch(unsigned int edges, unsigned int code)
{
	struct gpio_v2_line_event event;
	struct seen s = { 0 };
	struct frame f;
	unsigned int k;

	for (k = 0; k < edges; k++) {
		if (!wait_edge(edge_fd[0], &event, 100)) {
			s.missing++;
			break;
		}
		if (s.last_edge && (int64_t)event.timestamp_ns - s.last_edge > s.longest)
			s.longest = event.timestamp_ns - s.last_edge;
		s.last_edge = event.timestamp_ns;
		if (read_frame(0, &fast, &f)) {
			s.errors++;
			continue;
		}
		s.frames++;
		if (f.status == 0)
			s.low++;
		else if (f.status == 0xffffff)
			s.high++;
		else if (f.status == 0x600000)
			s.slipped++;
		else if (f.status >> 20 != 0xc)
			s.bad++;
	}
	s.longest = (s.longest + period_ns[code] / 2) / period_ns[code];
	return s;
}

static void arm(const char *fault)
{
	configure(4, 0x60);
	set("fault", "%s", fault);
	pin(START, true);
}

static int64_t fired(void)
{
	const char *at = strstr(get("fault"), "fired=");

	return at ? atoll(at + 6) : -1;
}

static void test_faults(void)
{
	struct gpio_v2_line_event event;
	struct seen s;

	begin("faults");
	set("signal", "ramp");
	CHECK(try_set("fault", "nonsense") == EINVAL, "nonsense is armed");
	CHECK(try_set("fault", "stall chip=1") == EINVAL, "a chip that is not there");

	arm("lost-edge at=5 count=3\n");
	s = watch(20, 4);
	CHECK(s.longest == 4, "lost-edge: %" PRId64, s.longest);
	CHECK(truth("edges_lost") == 3, "%" PRId64, truth("edges_lost"));
	CHECK(truth("overwritten_unread") == 3, "%" PRId64, truth("overwritten_unread"));
	CHECK(truth("conversions") == 23, "%" PRId64, truth("conversions"));
	CHECK(fired() == 3, "%" PRId64, fired());
	CHECK(!strcmp(text, "lost-edge chip=0 at=5 count=3 fired=3\n"), "%s", text);

	arm("stall at=5 count=3");
	s = watch(20, 4);
	CHECK(s.longest == 4, "stall: %" PRId64, s.longest);
	CHECK(truth("stalled_periods") == 3, "%" PRId64, truth("stalled_periods"));
	CHECK(truth("conversions") == 20, "%" PRId64, truth("conversions"));

	arm("stall at=5 until=reset");
	s = watch(20, 4);
	CHECK(s.frames == 5 && s.missing, "stall until reset: %u", s.frames);
	pin(START, false);
	pin(START, true);
	s = watch(1, 4);
	CHECK(s.missing, "a START ended it");
	command(0x06);
	s = watch(5, 6);
	CHECK(s.frames == 5, "RESET did not end it");

	arm("stall at=5 count=forever");
	s = watch(20, 4);
	CHECK(s.frames == 5 && s.missing, "stall forever: %u", s.frames);
	set("fault", "clear");
	s = watch(5, 4);
	CHECK(s.frames == 5, "clear did not end it");
	CHECK(truth("stalled_periods") > 90, "%" PRId64, truth("stalled_periods"));

	arm("bad-status at=5 count=2");
	s = watch(20, 4);
	CHECK(s.low == 2 && s.frames == 20, "bad-status: %u", s.low);

	arm("bit-slip at=5 count=2");
	s = watch(20, 4);
	CHECK(s.slipped == 2 && fired() == 2, "bit-slip: %u", s.slipped);

	arm("miso-low at=5 count=2");
	s = watch(20, 4);
	CHECK(s.low == 2 && fired() == 2, "miso-low: %u", s.low);
	arm("miso-high at=5 count=2");
	s = watch(20, 4);
	CHECK(s.high == 2 && fired() == 2, "miso-high: %u", s.high);

	arm("brown-out at=5");
	write_register(0x14, 0xa0);
	s = watch(10, 4);
	CHECK(truth("brown_outs") == 1 && fired() == 1, "%" PRId64, truth("brown_outs"));
	CHECK(s.longest == 17, "16 ms of settling after it was due: %" PRId64, s.longest);
	CHECK(!strncmp(get("registers") + 3, "96 c0 60", 8), "%s", text);
	CHECK(strstr(get("registers"), " 0f 00 00 00\n"), "%s", text);
	CHECK(read_register(1) == 0, "not in RDATAC");
	configure(4, 0x60);
	set("fault", "brown-out at=3");
	command(0x08);
	s = watch(10, 4);
	CHECK(s.frames == 3 && s.missing, "a START opcode survived: %u", s.frames);

	configure(4, 0x60);
	set("fault", "wrong-id id=0xd2");
	CHECK(read_register(0) == 0xd2, "0x%02x", read_register(0));
	set("fault", "clear");
	CHECK(read_register(0) == 0x3e, "0x%02x", read_register(0));
	set("fault", "deaf-register register=0x05\ndeaf-register register=0x15\n");
	write_register(5, 0x10);
	write_register(6, 0x10);
	write_register(0x15, 0x20);
	CHECK(read_register(5) == 0x60 && read_register(6) == 0x10 && read_register(0x15) == 0,
	      "deaf-register: %02x", read_register(5));

	arm("freeze-drdy at=5 count=3");
	s = watch(20, 4);
	CHECK(s.longest == 4, "freeze-drdy: %" PRId64, s.longest);
	CHECK(truth("edges_lost") == 3 && truth("conversions") == 23, "%" PRId64,
	      truth("edges_lost"));
	arm("freeze-drdy at=0 count=forever");
	CHECK(!wait_edge(edge_fd[0], &event, 50) && level(edge_fd[0]), "it moves");
	CHECK(truth("conversions") > 40, "%" PRId64, truth("conversions"));

	arm("spi-error at=5 count=2");
	s = watch(20, 4);
	CHECK(s.errors == 2 && s.frames == 18, "spi-error: %u", s.errors);

	/* together */
	arm("lost-edge at=5\nbad-status at=6\nmiso-high at=7\nstall at=9 count=2\n");
	s = watch(20, 4);
	CHECK(s.low == 1 && s.high == 1 && s.longest == 3, "%u %u %" PRId64, s.low, s.high,
	      s.longest);
	CHECK(truth("edges_lost") == 1 && truth("conversions") == 21, "together");
	pin(START, false);
	set("fault", "clear");
	CHECK(!*get("fault"), "clear leaves %s", text);
}

static void test_chips(unsigned int chips)
{
	struct gpio_v2_line_event event[4], one;
	unsigned int n, k, wrong = 0;
	struct frame f;
	char name[32];

	begin("several chips, one clock, one START");
	set("signal", "ramp");
	configure(4, 0x60);
	pin(START, true);
	for (k = 0; k < 100; k++) {
		for (n = 0; n < chips; n++)
			wrong += !next_frame(n, &fast, &f, &event[n]) || !is_ramp(&f, k);
		for (n = 1; n < chips; n++)
			wrong += llabs((int64_t)(event[n].timestamp_ns - event[0].timestamp_ns)) >
				 30000;
	}
	pin(START, false);
	CHECK(!wrong, "%u are wrong", wrong);
	CHECK(truth("conversions") == 100 * chips, "%" PRId64, truth("conversions"));
	CHECK(truth("frames_read") == 100 * chips, "%" PRId64, truth("frames_read"));
	for (n = 0; n < chips; n++) {
		snprintf(name, sizeof(name), "frames_read.%u", n);
		CHECK(truth(name) == 100, "%s %" PRId64, name, truth(name));
	}
	CHECK(truth("timing_violations") == 0, "%" PRId64, truth("timing_violations"));
	if (chips > 1) {
		CHECK(try_set("clock_ppm", "1 100") == EINVAL, "a shared clock drifts apart");
		set("fault", "lost-edge chip=1");
		for (n = 0; n < chips; n++)
			drain(edge_fd[n]);
		pin(START, true);
		wait_us(20000);
		pin(START, false);
		for (n = 0; n < chips; n++)
			for (k = 0; wait_edge(edge_fd[n], &one, 0); k++)
				event[n] = one;
		CHECK(truth("edges_lost.1") == 1 && truth("edges_lost") == 1, "%s", text);
	}
}

static void test_clocks_apart(void)
{
	struct gpio_v2_line_event event;
	unsigned int n, k;
	int64_t span[2];

	begin("two chips with clocks of their own");
	set("signal", "ramp");
	set("clock_ppm", "1 5000\n");
	CHECK(!strcmp(get("clock_ppm"), "0 0\n1 5000\n"), "%s", text);
	configure(4, 0x60);
	pin(START, true);
	wait_us(50000);
	pin(START, false);
	for (n = 0; n < 2; n++) {
		int64_t first = 0;

		for (k = 0; k < 40 && wait_edge(edge_fd[n], &event, 0); k++)
			first = k ? first : (int64_t)event.timestamp_ns;
		CHECK(k == 40, "%u edges", k);
		span[n] = event.timestamp_ns - first;
	}
	CHECK(llabs(span[1] - span[0] - 39 * 5000) < 20000, "%" PRId64 " %" PRId64, span[0],
	      span[1]);
}

static void test_daisy(unsigned int chips, unsigned int gap)
{
	unsigned int bits = chips * (3 + 3 * channel_count) * 8 + (chips - 1) * gap;
	unsigned int bytes = (bits + 7) / 8, n, k, channel, wrong = 0, i;
	struct gpio_v2_line_event event;
	uint8_t to[112] = { 0x12 }, from[224] = { 0 };
	char name[64];

	snprintf(name, sizeof(name), "daisy chain of %u, %u bits between", chips, gap);
	begin(name);
	set("signal", "ramp");
	configure(4, 0x60);
	CHECK(read_register(0) == 0x3c + channel_count / 2 - 2, "ID 0x%02x", read_register(0));
	for (k = 0; k < chips; k++)
		set("electrodes", "chip=%u positive=%x negative=0", k, 1 << k);
	write_register(0x17, 0x02);
	write_register(0x0f, 0x0f);
	pin(START, true);
	for (k = 0; k < 50; k++) {
		bool continuous = k >= 25;

		if (k == 25)
			command(0x10);
		CHECK(wait_edge(edge_fd[0], &event, 100), "no edge");
		if (continuous)
			exchange(0, &fast, from + 112, from + 1, bytes);
		else
			exchange(0, &fast, to, from, bytes + 1);
		for (n = 0; n < chips; n++) {
			unsigned int at = 8 + n * ((3 + 3 * channel_count) * 8 + gap);
			uint32_t word;

			for (channel = 0; channel <= channel_count; channel++) {
				for (word = 0, i = 0; i < 24; i++, at++)
					word = word << 1 | (from[at / 8] >> (7 - at % 8) & 1);
				if (channel)
					wrong += word != k * channel_count + channel - 1;
				else
					wrong += word != (0xc00000 | 1u << (n + 12));
			}
		}
	}
	pin(START, false);
	CHECK(!wrong, "%u words are wrong", wrong);
	CHECK(truth("frames_read") == 50 * chips, "%" PRId64, truth("frames_read"));
	CHECK(truth("conversions") == 50 * chips, "%" PRId64, truth("conversions"));
	CHECK(truth("timing_violations") == 0, "%" PRId64, truth("timing_violations"));
}

static unsigned int bit_of(const uint8_t *bytes, unsigned int at)
{
	return bytes[at / 8] >> (7 - at % 8) & 1;
}

/* A fault of the second chip's DOUT is one of everything behind it, and of nothing before. */
static void test_daisy_faults(void)
{
	static const char * const faults[] = {
		"miso-low chip=1 at=0 count=forever", "miso-high chip=1 at=0 count=forever",
		"bit-slip chip=1 at=0 count=forever", NULL
	};
	unsigned int bits = 27 * 8, all = 3 * bits + 2, n, at, wrong;
	struct gpio_v2_line_event event;
	uint8_t to[112] = { 0x12 }, good[113], from[113];

	begin("faults within a daisy chain");
	set("signal", "ramp");
	for (n = 0; n < 4; n++) {
		configure(4, 0x60);
		pin(START, true);
		wait_edge(edge_fd[0], &event, 100);
		pin(START, false);
		exchange(0, &fast, to, good, 83);
		if (faults[n])
			set("fault", "%s", faults[n]);
		else
			write_register(1, 0xd4);	/* DAISY_EN: multiple readback */
		exchange(0, &fast, to, from, 83);
		for (at = 8, wrong = 0; at < 8 + all; at++) {
			unsigned int expected = bit_of(good, at);

			if (at >= 8 + bits + 1 && n == 2)
				expected = at == 8 + bits + 1 ? 0 : bit_of(good, at - 1);
			else if (n != 2 && at >= 8 + bits + (n < 2))
				expected = n == 1;
			wrong += bit_of(from, at) != expected;
		}
		CHECK(!wrong, "%s: %u bits are wrong", faults[n] ? faults[n] : "DAISY_EN", wrong);
	}
}

/* A child streams while the module goes. */
static void test_unload(bool by_unbinding)
{
	struct gpio_v2_line_event event;
	struct frame f;
	int status, error;
	pid_t child;

	begin(by_unbinding ? "unbound while it streams" : "unloaded while it streams");
	set("signal", "ramp");
	configure(3, 0x60);
	child = fork();
	if (!child) {
		unsigned int read_count = 0;
		int errors[3];

		pin(START, true);
		while (next_frame(0, &slow, &f, &event))
			read_count++;
		/* the bus goes first, then the lines: everything fails, nothing hangs */
		wait_us(50000);
		errors[0] = read_frame(0, &slow, &f);
		errors[1] = ioctl(control_fd, GPIO_V2_LINE_SET_VALUES_IOCTL,
				  &(struct gpio_v2_line_values){ .mask = 1 }) ? errno : 0;
		errors[2] = ioctl(chip_fd, GPIO_GET_CHIPINFO_IOCTL,
				  &(struct gpiochip_info){ }) ? errno : 0;
		printf("  %u frames, then errors %d %d %d\n", read_count, -errors[0], errors[1],
		       errors[2]);
		fflush(stdout);
		_exit(read_count > 10 && errors[0] && errors[1] && errors[2] ? 0 : 1);
	}
	wait_us(100000);
	if (by_unbinding) {
		int fd = open("/sys/bus/platform/drivers/ads1299-bench/unbind", O_WRONLY);

		error = write(fd, "ads1299-bench", 13) == 13 ? 0 : errno;
		close(fd);
	} else {
		error = unload();
	}
	CHECK(!error, "%s", strerror(error));
	waitpid(child, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child's status is 0x%x", status);
	CHECK(read_frame(0, &slow, &f) < 0, "the bus still answers");
	close_files();
	if (by_unbinding) {
		error = unload();
		CHECK(!error, "unload: %s", strerror(error));
	}
}

int main(int argc, char **argv)
{
	struct sched_param fifo = { .sched_priority = 80 };
	const struct wire fastest = { 20000000, 3, 0 };
	unsigned int channels, chips, gap, frames;
	char parameters[96];

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: selftest MODULE.ko [FRAMES]\n");
		return 2;
	}
	module_path = argv[1];
	frames = argc > 2 ? atoi(argv[2]) : 400;
	if (sched_setscheduler(0, SCHED_FIFO, &fifo) || mlockall(MCL_CURRENT | MCL_FUTURE))
		printf("without real-time priority: %s\n", strerror(errno));
	for (channels = 4; channels <= 8; channels += 2) {
		snprintf(parameters, sizeof(parameters), "channels=%u", channels);
		printf("%s\n", parameters);
		open_all(parameters, 1, channels, false);
		if (channels == 8)
			test_power_on();
		test_registers();
		if (channels == 8)
			test_lines();
		test_rates(channels == 8 ? frames : 50, &fast);
		if (channels == 8) {
			test_rates(frames, &fastest);
			test_rdatac();
			test_inputs();
			test_protocol();
			test_clock();
			test_electrodes();
			test_faults();
		}
		test_feed();
		close_all();
	}
	for (chips = 2; chips <= 4; chips++) {
		snprintf(parameters, sizeof(parameters), "chips=%u", chips);
		printf("%s\n", parameters);
		open_all(parameters, chips, 8, false);
		test_chips(chips);
		close_all();
		for (gap = 0; gap < 2; gap++) {
			snprintf(parameters, sizeof(parameters),
				 "chips=%u daisy=1 daisy_gap_bits=%u channels=%u", chips, gap,
				 chips == 3 && !gap ? 6 : 8);
			printf("%s\n", parameters);
			open_all(parameters, chips, chips == 3 && !gap ? 6 : 8, true);
			test_daisy(chips, gap);
			if (chips == 3 && gap)
				test_daisy_faults();
			close_all();
		}
	}
	open_all("wire_time=0", 1, 8, false);
	test_without_wire_time();
	close_all();
	open_all("chips=2 shared_clock=0", 2, 8, false);
	test_clocks_apart();
	close_all();
	for (chips = 0; chips < 4; chips++) {
		open_all("", 1, 8, false);
		test_unload(chips & 1);
	}
	begin("parameters that make no sense");
	CHECK(syscall(SYS_finit_module, open(module_path, O_RDONLY), "channels=5", 0),
	      "channels=5");
	CHECK(syscall(SYS_finit_module, open(module_path, O_RDONLY), "chips=5", 0), "chips=5");
	printf("%u checks, %u failed\n", checks, failures);
	return failures ? 1 : 0;
}
