# One of two chips fails: what was lost is counted, nothing wrong passes for good, and both come
# back. In a daisy chain, whose second chip's registers cannot be read, the canary tells; but until
# its filter has settled, four conversions, that chip sends its last one again, canary and all.
#| cascade-brown-out cascade chip=1 brown-out count=1
#| cascade-miso-low cascade chip=1 miso-low count=50
#| cascade-bad-status cascade chip=1 bad-status count=1
#| cascade-bit-slip cascade chip=1 bit-slip count=3
#| cascade-spi-error cascade chip=1 spi-error count=1
#| cascade-lost-edge cascade chip=0 lost-edge count=3
#| cascade-first-brown-out cascade chip=0 brown-out count=3
#| daisy-brown-out daisy-chain chip=1 brown-out count=1
#| daisy-miso-high daisy-chain chip=1 miso-high count=50
#| daisy-bad-status daisy-chain chip=1 bad-status count=1
#: all(fired.values())
#: status == 0
#: claimed + wrong == lost
#: wrong == 0 or wrong == 4 and variant == 'daisy-brown-out'
#: recovery < 2
set -- $words
[ $1 = cascade ] && daisy=0 || daisy=1
load chips=2 daisy=$daisy
feed /bench/eeg-twice.i32
fault $3 $2 at=700 $4
if [ $1 = cascade ]; then
  devices=/dev/spidev0.0,/dev/spidev0.1 lines=0,5
else
  devices=/dev/spidev0.0 lines=0 canary=5
fi
command=record session --rate 250 --duration 5s \
  --set amplifier.arrangement=$1 --set amplifier.chips=2 --set amplifier.canary=${canary:--1} \
  --set amplifier.spi-devices=$devices --set amplifier.data-ready-lines=$lines \
  --set amplifier.channels=A1,A2,A3,A4,A5,A6,A7,A8,B1,B2,B3,B4,B5,B6,B7,B8
