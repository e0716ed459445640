# The exoskeleton's adapter is pulled out and put into another socket, where it gets its old name, as
# the other leg's would: it is not spoken to, and the session says where it was.
#: status == 69
#: 'plug it in where it was' in text('page')
#: 'gone' in text('disarmed') and 'refused to arm' in text('armed')
#: 'moving' not in text('since').split()
#: report.actuator['outages'] == 1
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
lines=$(wc -l < exoskeleton)
adapter 1
sleep 3
acquire exo disarm > disarmed 2>&1
acquire exo arm > armed 2>&1
sleep 1
tail -n +$((lines + 1)) exoskeleton > since
) &
port=/dev/ttyUSB0 session --rate 250 --duration 16s
