# The second of two chips stops converting for good: its last sample is not passed on for ever.
#: status == 76
#: 'do not convert together any more' in message
#: wrong < 1.5 * recording.rate
load chips=2
feed /bench/eeg-twice.i32
fault stall chip=1 at=1000 count=forever
command=record session --rate 250 --duration 8s \
  --set amplifier.arrangement=cascade --set amplifier.chips=2 \
  --set amplifier.spi-devices=/dev/spidev0.0,/dev/spidev0.1 --set amplifier.data-ready-lines=0,5 \
  --set amplifier.channels=A1,A2,A3,A4,A5,A6,A7,A8,B1,B2,B3,B4,B5,B6,B7,B8
