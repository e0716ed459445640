# The exoskeleton's adapter is pulled out while it moves: the session ends with a sentence that names
# it, what was recorded is whole, and the exoskeleton is neutral by its own watchdog.
#: status == 69
#: 'ttyUSB0 is gone' in message
#: text('exoskeleton').splitlines()[-2].endswith('moving')
#: 'neutral by its own watchdog' in text('exoskeleton').splitlines()[-1]
#: report.lost == report.corrupt == report.samplesNotStored == 0
#: delivered > 700 and wrong == 0
#: violations == 0
load
feed
exoskeleton
adapter
(until [ "$(sed -n 's/^conversions //p' $bench/truth)" -ge 700 ]; do usleep 5000; done
kill $adapter) &
port=/dev/ttyUSB0 session --rate 250 --duration 7s
