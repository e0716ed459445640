# The plug is pulled and never put in again: neutral in time, the session says so and waits, until its time
# is over or it is told to end.
#| duration 7s
#| told 60s
#: status == 0
#: wrong == compared.moved == 0
#: 'is gone or silent' in text('page') + message
#: report.line['outages'] == 1
#: compared.right > 900
#: neutral_after_end <= 0.13
exoskeleton
amplifier cyton
(packet 1000; unplug; sleep 2; [ $variant = duration ] || kill -INT $(running)) &
quiet= port=/tmp/exoskeleton session --duration $words
