# By hand, too: `acquire exo jog` makes the dead-man wave and obeys the emergency line. The circuit opens
# while the joint moves: it is stopped within a control period, and jog ends and says by what.
#= quick
#: status == 69
#: 'stopped by the emergency line' in message
# A control period, its firmware's 10 ms, and its states are seen every 20 ms.
#: stopped_after is not None and stopped_after < 0.07
#: not moved_after_stop
#: deadman.deadman_edges > 30 and deadman.deadman_edges % 2 == 0
#: deadman.deadman_newest_nanoseconds < deadman.estop_moved_nanoseconds + 45_000_000
load
safety_lines
exoskeleton
(moving; sleep 1; echo 1 > $bench/estop) &
acquire exo jog --port /tmp/exoskeleton --to 60,10,60,10 --hold 1s --yes-move $lines \
  > page 2> message
echo $? > status
cat $bench/deadman > deadman
