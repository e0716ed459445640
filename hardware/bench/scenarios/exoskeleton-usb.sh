# The exoskeleton hangs on a USB-serial adapter: commands reach it and are acknowledged, no frame is
# lost, and it is neutral in time when the converter stands still.
#= quick
#: all(fired.values())
#: status == 0
#: violations == 0
#: claimed == lost == wrong == 0
#: report.commands > 300
# Two messages at 115200 baud and the adapter's latency timer of 1 ms, seen with the next frames.
#: report.stages['firmware']['p50'] < 16_000_000
#: recovery < 0.03 or neutral_after <= 0.13
load
feed
fault stall count=50 at=700
exoskeleton
adapter
port=/dev/ttyUSB0 session --rate 250 --duration 7s
