# Two chips with clocks of their own are recorded as two sessions at once on one bus, neither of which
# loses a sample or shifts one.
#= quick
#: status == second_status == 0
#: report.lost == report.corrupt == 0
#: json('second/report.json')['lost'] == json('second/report.json')['corrupt'] == 0
#: delivered > 900
#: wrong == 0
#: second.delivered > 900
#: second.wrong == 0
#: violations == 0
load chips=2 shared_clock=0
echo "1 20000" > $bench/clock_ppm
feed /bench/eeg-twice.i32
mkdir second
# RESET and START reach both chips: each session uses the opcodes of its own instead.
alone="--rate 250 --duration 4s --set amplifier.reset-line=-1 --set amplifier.start-line=-1
  --set amplifier.power-down-line=-1"
(
  usleep 100000
  cd second
  acquire record $chip $alone --set amplifier.spi-device=/dev/spidev0.1 \
    --set amplifier.data-ready-line=5 --output . --report report.json --quiet \
    > page 2> message
  echo $? > status
) &
second=$!
command=record session $alone
wait $second
