# Two chips are one stream: each sample of the second stands beside that of the first which was
# converted at the same time.
#= quick
#| cascade chips=2 daisy=0
#| daisy-chain chips=2 daisy=1
#: status == 0
#: delivered > 900
#: recording.channels[8:] == recording.channels[:8]
#: report.lost == report.corrupt == 0
#: violations == 0
load $words
feed /bench/eeg-twice.i32
if [ "$variant" = cascade ]; then
  devices=/dev/spidev0.0,/dev/spidev0.1 lines=0,5
else
  devices=/dev/spidev0.0 lines=0
fi
command=record session --rate 250 --duration 4s \
  --set amplifier.arrangement="$variant" --set amplifier.chips=2 \
  --set amplifier.spi-devices=$devices --set amplifier.data-ready-lines=$lines \
  --set amplifier.channels=A1,A2,A3,A4,A5,A6,A7,A8,B1,B2,B3,B4,B5,B6,B7,B8
