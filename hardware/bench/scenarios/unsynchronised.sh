# Two chips with clocks of their own are no stream: they are refused before anything is recorded,
# and the sentence says by how much they walk.
#= quick
#| 400 400
#| 20000 20000
#: status == 76
#: 'does not convert together' in message
#: abs(abs(int(message.split('walks by ')[1].split()[0])) / int(words) - 1) < 0.1
load chips=2 shared_clock=0
echo "1 $words" > $bench/clock_ppm
command=record session --rate 250 --duration 4s \
  --set amplifier.arrangement=cascade --set amplifier.chips=2 \
  --set amplifier.spi-devices=/dev/spidev0.0,/dev/spidev0.1 \
  --set amplifier.data-ready-lines=0,5 \
  --set amplifier.channels=A1,A2,A3,A4,A5,A6,A7,A8,B1,B2,B3,B4,B5,B6,B7,B8
