# The second of two chips fails: what was lost is counted, nothing wrong passes for good, and both come
# back. In a daisy chain, whose second chip's registers cannot be read, the canary tells; but until
# its filter has settled, four conversions, that chip sends its last one again, canary and all.
#| cascade-brown-out cascade brown-out count=1
#| cascade-miso-low cascade miso-low count=50
#| cascade-bad-status cascade bad-status count=1
#| cascade-bit-slip cascade bit-slip count=3
#| cascade-spi-error cascade spi-error count=1
#| daisy-brown-out daisy-chain brown-out count=1
#| daisy-miso-high daisy-chain miso-high count=50
#| daisy-bad-status daisy-chain bad-status count=1
#: all(fired.values())
#: status == 0
#: claimed + wrong == lost
#: wrong == 0 or wrong == 4 and variant == 'daisy-brown-out'
#: recovery < 2
set -- $words
[ $1 = cascade ] && daisy=0 || daisy=1
load chips=2 daisy=$daisy
feed /bench/eeg-twice.i32
fault $2 chip=1 at=700 $3
if [ $1 = cascade ]; then
  devices=/dev/spidev0.0,/dev/spidev0.1 lines=0,5
else
  devices=/dev/spidev0.0 lines=0 canary=5
fi
command=record session --rate 250 --duration 5s \
  --set amplifier.arrangement=$1 --set amplifier.chips=2 --set amplifier.canary=${canary:--1} \
  --set amplifier.spi-devices=$devices --set amplifier.data-ready-lines=$lines \
  --set amplifier.channels=A1,A2,A3,A4,A5,A6,A7,A8,B1,B2,B3,B4,B5,B6,B7,B8
