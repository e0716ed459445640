# The plug is pulled while the exoskeleton moves, and put in again: neutral in time, and the session goes
# on in the same file with a gap of exactly what was lost.
#= quick
#: status == 0
#: claimed == lost
#: wrong == compared.moved == 0
#: recordings == 1
#: report.line['outages'] == 1
#: compared.lost > 250 and recording.runs[-1][1] - recording.runs[-1][0] > 400
#: neutral_after <= 0.13
exoskeleton
amplifier cyton
(packet 1000; unplug; sleep 1; replug) &
port=/tmp/exoskeleton session --duration 8s
