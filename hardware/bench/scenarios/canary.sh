# A brown-out takes the canary off the chip's GPIO pins: the very next frame is not believed, and names
# the reason.
#= quick
#: fired == {'brown-out': 1}
#: status == 0
#: claimed == lost == 1
#: wrong == 0
#: [recovery['cause'] for recovery in report.recoveries] == ['brown-out']
#: recovery < 0.2
load
feed
fault brown-out at=700 count=1
session --rate 250 --duration 4s --set amplifier.canary=8
