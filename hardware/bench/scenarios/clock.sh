# The chip's oscillator is off by as much as its data sheet allows: nothing is lost, and the rate
# that is reported is the true one.
#= quick
#| slow 25000
#| fast -25000
#: status == 0
#: claimed == lost == wrong == 0
#: abs(report.sampleRate['estimate'] / 250 * (1 + int(words) / 1e6) - 1) < 1e-4
load
feed
echo "$words" > $bench/clock_ppm
session --rate 250 --duration 6s
