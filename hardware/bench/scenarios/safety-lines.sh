# A session with both safety lines in which nothing happens: the dead-man wave goes as long as it lasts,
# and the line is low at its end, not left as it was.
#= quick
#: status == 0
#: claimed == lost == wrong == 0
#: violations == 0
#: report.actuator['emergency'] is None or report.actuator['emergency']['count'] == 0
#: report.actuator['deadManFailures'] == 0
# An edge in each control period of 20 ms. It begins low, so that it ends low after an even number.
#: 130 < deadman.deadman_edges < 220
#: deadman.deadman_edges % 2 == 0
load
feed
safety_lines
exoskeleton
port=/tmp/exoskeleton session --duration 3s
cat $bench/deadman > deadman
