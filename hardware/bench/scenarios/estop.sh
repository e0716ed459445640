# The emergency circuit opens while the joint moves: the exoskeleton is stopped without waiting for a
# frame or a control period, stays so although the circuit closes again, and nothing else is harmed.
#= quick
#: status == 0
#: violations == 0
#: claimed == lost == wrong == 0
# The exoskeleton looks at its line every 10 ms, and its states are seen every 20 ms.
#: stopped_after is not None and stopped_after < 0.05
#: not moved_after_stop
#: report.actuator['emergency']['count'] == 1
# A control period is 20 ms. The guest is emulated: what is measured on a machine stands in docs.
#: report.actuator['emergency']['max'] < 5_000_000
#: 'stopped by the emergency line' in ' '.join(report.faults)
# It falls with the stop: what gates a relay does not go on.
#: deadman.deadman_newest_nanoseconds < deadman.estop_moved_nanoseconds + 20_000_000
#: deadman.deadman_edges > 30 and deadman.deadman_edges % 2 == 0
load
feed
safety_lines
exoskeleton
(moving; sleep 1; echo 1 > $bench/estop; sleep 0.7; cat $bench/deadman > deadman-then; echo 0 > $bench/estop) &
port=/tmp/exoskeleton session --duration 7s
cat deadman-then > deadman
