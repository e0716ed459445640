# The plug is pulled and never put in again: neutral in time, the session says so and waits, until its time
# is over or it is told to end.
#| duration 8s
#| told 60s
#: status == 0
#: wrong == compared.moved == 0
#: 'unplugged' in text('page') + message or 'gone' in text('page') + message
#: compared.right > 600
#: text('exoskeleton').splitlines()[-1].split()[2] in ('neutral', 'disarmed', 'stopped', 'watchdog')
exoskeleton
amplifier cyton
(packet 1000; unplug; sleep 3; [ $variant = duration ] || kill $(pidof -s acquire)) &
port=/tmp/exoskeleton session --duration $words
