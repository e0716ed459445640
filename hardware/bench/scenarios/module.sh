# The module keeps its own promises, as seen from user space: lines, opcodes, timing, faults.
#= limit 200
rmmod ads1299_bench 2>/dev/null
selftest /modules/ads1299_bench.ko
