# The exoskeleton's adapter is pulled out while it moves and put in again: nothing moves by itself. A
# person disarms and arms through the session's socket, and then it moves again.
#: status == 0
#: report.actuator['outages'] == 1
#: text('before-arming') == 'still'
#: ': disarmed' in text('disarmed') and ': armed' in text('armed')
#: text('after-arming') == 'moving'
#: report.lost == report.corrupt == report.samplesNotStored == 0
#: wrong == 0
#: violations == 0
load
feed
exoskeleton
adapter
(
moving
sleep 1
kill $adapter
while [ -e /dev/ttyUSB0 ]; do usleep 10000; done
sleep 1
before=$(grep -c moving exoskeleton)
adapter
sleep 2
[ "$(grep -c moving exoskeleton)" = $before ] && echo still > before-arming
acquire exo disarm > disarmed 2>&1
acquire exo arm > armed 2>&1
sleep 2
[ "$(grep -c moving exoskeleton)" -gt $before ] && echo moving > after-arming
) &
port=/dev/ttyUSB0 session --rate 250 --duration 16s
