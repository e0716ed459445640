# A thousand openings of the emergency circuit, at any moment between two frames: each is a stop handed
# to the driver, within a millisecond in 999 of 1000.
#= limit 120
#: status == 0
#: violations == 0
#: claimed == lost == wrong == 0
#: report.actuator['emergency']['count'] > 900
#: report.actuator['emergency']['p99_9'] < 1_000_000
#: not moved_after_stop
load
feed
safety_lines
exoskeleton
(
moving
for n in $(seq 1000); do
  echo 1 > $bench/estop
  usleep $((2000 + n % 97 * 41))
  echo 0 > $bench/estop
  usleep $((2000 + n % 89 * 41))
done
sed -n p $bench/deadman > deadman
) &
port=/tmp/exoskeleton session --duration 20s
