# An electrode of the second of two chips comes off: its own status word says so in the recording, and
# the first chip's does not.
#: status == 0
#: violations == 0
#: report.lost == report.corrupt == 0
#: {word & 0xffff0 for word in recording.status[0]} == {0}
#: {word & 0xffff0 for word in recording.status[1][:recording.length]} == {0, 0x04000}
load chips=2
feed /bench/eeg-twice.i32
(sleep 3; echo chip=1 positive=04 > $bench/electrodes) &
command=record session --rate 250 --duration 4s --set amplifier.lead-off=dc \
  --set amplifier.arrangement=cascade --set amplifier.chips=2 \
  --set amplifier.spi-devices=/dev/spidev0.0,/dev/spidev0.1 --set amplifier.data-ready-lines=0,5 \
  --set amplifier.channels=A1,A2,A3,A4,A5,A6,A7,A8,B1,B2,B3,B4,B5,B6,B7,B8
