# acquire: set-up, build, tests, benchmarks, installation.
#
# `make run` and `make test` install what is missing (by apt, asking for sudo only when not root),
# so that they work on a fresh Debian 12 or 13 machine with Swift 6.3.

.DEFAULT_GOAL := help
SHELL := /bin/bash

DURATION ?= 20s
prefix ?= /usr
DESTDIR ?=
TSAN ?= 1
HARDWARE ?= 1
TARGET ?= all
SCENARIO ?=
KERNEL ?=
FUZZ_SECONDS ?= 60

# The same for every target, so that nothing is built twice.
CHECKS := --explicit-target-dependency-import-check error
# One file that runs on a machine without Swift. All symbols are bound at start, so that no
# real-time thread ever runs the dynamic linker.
RELEASE := -c release --static-swift-stdlib -Xlinker -z -Xlinker now $(CHECKS)
ACQUIRE := .build/release/acquire

BUILD_PACKAGES := libgpiod-dev libusb-1.0-0-dev linux-libc-dev libc6-dev g++ pkg-config git ca-certificates
TEST_PACKAGES := python3 python3-venv device-tree-compiler
BENCH_PACKAGES := rt-tests libboost-dev strace python3
HARDWARE_PACKAGES := python3 gcc make libc6-dev libelf-dev busybox-static qemu-system-x86 strace
ARM64_PACKAGES := qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross

# $(call install,PACKAGES): apt, three tries, nothing at all when all of them are there.
define install
@missing=; \
if ! command -v dpkg-query >/dev/null; then \
  echo "This is not Debian: what is needed must be there already: $(1)"; exit 0; \
fi; \
for package in $(1); do \
  dpkg-query -W -f='$${Status}\n' $$package 2>/dev/null | grep -q '^install ok installed' \
    || missing="$$missing $$package"; \
done; \
test -z "$$missing" && exit 0; \
root=; \
if [ "$$(id -u)" != 0 ]; then \
  if ! command -v sudo >/dev/null; then \
    echo "Missing:$$missing. As root: apt-get install$$missing" >&2; exit 1; \
  fi; \
  root="sudo"; \
fi; \
echo "Installing$$missing"; \
for try in 1 2 3; do \
  $$root apt-get update -qq \
    && $$root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends $$missing >/dev/null \
    && exit 0; \
  echo "apt failed (try $$try of 3)" >&2; sleep $$((try * 5)); \
done; \
echo "These could not be installed:$$missing" >&2; exit 1
endef

## make run         what is missing is installed, then 20 s of the whole chain (DURATION=60s)
.PHONY: run
run: build
	$(ACQUIRE) run --allow-best-effort --duration $(DURATION)

## make build       the release binary, .build/release/acquire
.PHONY: build
build: toolchain dependencies
	swift build $(RELEASE) --product acquire

## make test        all tests, those under ThreadSanitizer (TSAN=0: not) and the short set of
##                  bench-hw (HARDWARE=0: not) included
.PHONY: test
test: toolchain test-dependencies dependencies .venv/ready overlay \
  $(if $(filter 1,$(TSAN)),test-tsan) $(if $(filter 1,$(HARDWARE)),bench-hw-quick)
	swift build --build-tests $(CHECKS)
	@set -o pipefail; \
	swift test --skip-build --disable-xctest $(CHECKS) 2>&1 | tee .build/test.log && exit 0; \
	echo "What failed, once more:"; \
	grep -A 4 'recorded an issue' .build/test.log; \
	grep '✘ Test run' .build/test.log; exit 1

## make test-tsan   the ring and the threads under ThreadSanitizer, optimised as in a release
# In a debug build ThreadSanitizer misses races in code that was not specialised.
.PHONY: test-tsan
test-tsan: toolchain dependencies
	ACQUIRE_TSAN=1 swift test -c release -Xswiftc -enable-testing --sanitize thread \
	  --scratch-path .build/tsan --disable-xctest $(CHECKS)

## make fuzz        the parsers under libFuzzer, each for a minute (FUZZ_SECONDS=600)
# Both sanitizers in one option: of two the compiler takes the last, and SwiftPM's order is random.
# An input that fails is kept in .build/fuzz; put it into Tests/Fuzz/seeds.
.PHONY: fuzz
fuzz: toolchain dependencies
	for fuzzer in FrameFuzzer StreamFuzzer DriveFuzzer; do \
	  ACQUIRE_FUZZ=1 swift build -c release --sanitize fuzzer -Xswiftc -sanitize=fuzzer,address \
	    -Xswiftc -enable-testing --scratch-path .build/fuzz --product $$fuzzer || exit 1; \
	done
	@for fuzzer in FrameFuzzer:frames:160 StreamFuzzer:streams:3000 DriveFuzzer:drives:600; do \
	  set -- $${fuzzer//:/ }; \
	  mkdir -p .build/fuzz/$$2; \
	  SWIFT_BACKTRACE=enable=no .build/fuzz/release/$$1 -max_total_time=$(FUZZ_SECONDS) \
	    -max_len=$$3 -artifact_prefix=.build/fuzz/ .build/fuzz/$$2 Tests/Fuzz/seeds/$$2 \
	    </dev/null || exit 1; \
	done

## make storm       ten million random lives of the governor (LIVES=10000000)
LIVES ?= 10000000
.PHONY: storm
storm: toolchain dependencies
	ACQUIRE_STORM=1 swift build -c release --scratch-path .build/storm --product GovernorStorm
	.build/storm/release/GovernorStorm $(LIVES)

## make bench       the benchmarks, with cyclictest, boost::lockfree and BrainFlow beside them
.PHONY: bench
bench: build bench-dependencies .venv/ready
	swift build $(RELEASE) --product benchmarks
	mkdir -p .build/peers
	for source in Benchmarks/peers/*.cpp; do \
	  g++ -std=c++17 -O3 -DNDEBUG -Wall -Wextra -pthread -o .build/peers/$$(basename $$source .cpp) \
	    $$source || exit 1; \
	done
	.build/release/benchmarks all
	python3 -B Benchmarks/sessions.py $(ACQUIRE)
	python3 -B Benchmarks/amplifiers.py $(ACQUIRE)
	python3 -B Benchmarks/jitter.py $(ACQUIRE) --rounds 10 --seconds 5

## make bench-hw    a virtual ADS1299 in QEMU, faults and all (TARGET=amd64 or arm64, SCENARIO=dead,
##                  KERNEL=backports); without TARGET: amd64, and the short set on arm64
.PHONY: bench-hw
bench-hw: build hardware-dependencies $(if $(filter amd64,$(TARGET)),,arm64-dependencies)
	@status=0; \
	for target in $(if $(filter all,$(TARGET)),amd64 "arm64 --quick",$(TARGET)); do \
	  hardware/bench/bench.py --target $$target $(if $(KERNEL),--$(KERNEL)) $(SCENARIO) \
	    || status=1; \
	done; exit $$status

.PHONY: bench-hw-quick
bench-hw-quick: build hardware-dependencies
	hardware/bench/bench.py --quick

## make overlay     the device-tree overlay, .build/overlay/acquire-ads1299.dtbo
.PHONY: overlay
overlay: test-dependencies
	@mkdir -p .build/overlay
	@cd .build/overlay && for name in acquire-ads1299.dtbo:acquire-ads1299.dts base.dtb:test/base.dts; do \
	  dtc -@ -I dts -O dtb -o $${name%%:*} ../../hardware/$${name##*:} 2>warnings; status=$$?; \
	  cat warnings >&2; \
	  test $$status = 0 && test ! -s warnings || exit 1; \
	done
	@cd .build/overlay && fdtoverlay -i base.dtb -o applied.dtb acquire-ads1299.dtbo
	@echo "The overlay compiles without warnings and applies: .build/overlay/acquire-ads1299.dtbo"

## make install     binary, rules, unit, limits; as root, or into DESTDIR=…; prefix=/usr
.PHONY: install
install:
	@test -x $(ACQUIRE) || { echo "There is no $(ACQUIRE) yet: make build" >&2; exit 1; }
	install -D -s -m 755 $(ACQUIRE) $(DESTDIR)$(prefix)/bin/acquire
	install -D -m 644 udev/60-acquire.rules $(DESTDIR)/usr/lib/udev/rules.d/60-acquire.rules
	install -D -m 644 systemd/acquire.sysusers $(DESTDIR)/usr/lib/sysusers.d/acquire.conf
	install -D -m 644 systemd/acquire.limits $(DESTDIR)/etc/security/limits.d/60-acquire.conf
	install -d $(DESTDIR)/usr/lib/systemd/system
	sed 's|/usr/bin/acquire|$(prefix)/bin/acquire|' systemd/acquire.service \
	  > $(DESTDIR)/usr/lib/systemd/system/acquire.service
	chmod 644 $(DESTDIR)/usr/lib/systemd/system/acquire.service
	install -d $(DESTDIR)$(prefix)/share/acquire/boards $(DESTDIR)$(prefix)/share/acquire/models
	install -m 644 hardware/boards/*.toml $(DESTDIR)$(prefix)/share/acquire/boards
	install -m 644 docs/models/*.toml $(DESTDIR)$(prefix)/share/acquire/models
	install -d $(DESTDIR)$(prefix)/share/doc/acquire
	install -m 644 README.md LICENSE CHANGELOG.md Sources/SampleFeed/ATTRIBUTION.md \
	  $(DESTDIR)$(prefix)/share/doc/acquire
	@if [ -z "$(DESTDIR)" ]; then \
	  if command -v systemd-sysusers >/dev/null; then systemd-sysusers acquire.conf; fi; \
	  if command -v udevadm >/dev/null; then udevadm control --reload && udevadm trigger || true; fi; \
	  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi; \
	  echo "Next: acquire config show > /etc/acquire/acquire.toml; adduser NAME acquire"; \
	fi

## make uninstall   takes the same files away again; configuration and recordings stay
.PHONY: uninstall
uninstall:
	rm -f $(DESTDIR)$(prefix)/bin/acquire \
	  $(DESTDIR)/usr/lib/udev/rules.d/60-acquire.rules \
	  $(DESTDIR)/usr/lib/sysusers.d/acquire.conf \
	  $(DESTDIR)/etc/security/limits.d/60-acquire.conf \
	  $(DESTDIR)/usr/lib/systemd/system/acquire.service
	rm -rf $(DESTDIR)$(prefix)/share/acquire $(DESTDIR)$(prefix)/share/doc/acquire

## make clean       everything that was built, the Python environment included
.PHONY: clean
clean:
	rm -rf .build .venv

## make help        this list
.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

.PHONY: toolchain
toolchain:
	@if ! command -v swift >/dev/null; then \
	  echo "Swift is missing: install Swift 6.3 from https://www.swift.org/install and put it on PATH." >&2; \
	  exit 1; \
	fi; \
	found=$$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1); \
	case "$$found" in 6.3|6.3.*) ;; *) \
	  echo "Swift 6.3 is needed, $${found:-none} was found: install it from https://www.swift.org/install." >&2; \
	  exit 1 ;; \
	esac

.PHONY: dependencies
dependencies:
	$(call install,$(BUILD_PACKAGES))
	@for try in 1 2 3; do \
	  swift package resolve && exit 0; \
	  echo "The packages could not be fetched (try $$try of 3)" >&2; sleep $$((try * 5)); \
	done; exit 1

.PHONY: test-dependencies
test-dependencies:
	$(call install,$(TEST_PACKAGES))

.PHONY: hardware-dependencies
hardware-dependencies:
	$(call install,$(HARDWARE_PACKAGES))

.PHONY: arm64-dependencies
arm64-dependencies:
	$(call install,$(ARM64_PACKAGES))

.PHONY: bench-dependencies
bench-dependencies:
	$(call install,$(BENCH_PACKAGES))

# The oracles' Python: the first that is new enough and can make an environment. `python3` may be a
# shim of a version manager, /usr/bin/python3 is Debian's.
.venv/ready: Tests/Oracles/requirements.txt | test-dependencies
	@rm -rf .venv; \
	for python in python3 /usr/bin/python3; do \
	  $$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    && $$python -m venv .venv && break; \
	done; \
	if [ ! -x .venv/bin/python ]; then \
	  echo "The tests need Python 3.11 or later with its venv module: apt-get install python3-venv" >&2; \
	  exit 1; \
	fi; \
	for try in 1 2 3; do \
	  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
	    -r Tests/Oracles/requirements.txt && touch .venv/ready && exit 0; \
	  echo "pip failed (try $$try of 3)" >&2; sleep $$((try * 5)); \
	done; exit 1
