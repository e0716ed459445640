# The exoskeleton's adapter is pulled out while it moves: the session goes on and says so, what is
# recorded is whole, the exoskeleton is neutral by its own watchdog, and the end names what is gone.
#: status == 69
#: 'ttyUSB0 is gone' in message
#: 'is gone' in text('page') and 'link gone' in text('page')
#: report.actuator['outages'] == 1
#: text('exoskeleton').splitlines()[-2].endswith('moving')
#: 'neutral by its own watchdog' in text('exoskeleton').splitlines()[-1]
#: report.lost == report.corrupt == report.samplesNotStored == 0
#: delivered > 1500 and wrong == 0
#: violations == 0
load
feed
exoskeleton
adapter
(until [ "$(sed -n 's/^conversions //p' $bench/truth)" -ge 700 ]; do usleep 5000; done
kill $adapter) &
port=/dev/ttyUSB0 session --rate 250 --duration 7s
