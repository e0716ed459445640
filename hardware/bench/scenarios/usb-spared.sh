# The exoskeleton hangs on an adapter that is the twin of the amplifier's, its serial number included: it
# is never taken, neither at the beginning nor while the amplifier's plug is out, which is when it is the
# only one of its kind.
#: status == 0
#: text('begun') == text('during') == text('ended-with') == '/dev/ttyUSB0'
#: report.line['outages'] == 1 and recording.runs[-1][1] - recording.runs[-1][0] > 400
#: text('twin').count('lost') <= 1 and wrong == 0
exoskeleton
usb
udev
far_end=/tmp/exoskeleton
plug 1 A900PEEG usb-serial --chip ft232r
far_end=/tmp/amplifier
until [ -e /dev/ttyUSB0 ]; do usleep 5000; done
ls -d /dev/ttyUSB0 > begun
# Serial numbers are awaited by `plug`; both have the same.
acquire simulate openeeg --link /tmp/amplifier --truth emulated > emulator 2>&1 &
until [ -e /tmp/amplifier ]; do usleep 10000; done
echo openeeg > kind
usb-serial --chip ft232r --port 0 --serial A900PEEG --tty /tmp/amplifier > twin 2>&1 &
twin=$!
until [ -e /dev/ttyUSB1 ]; do usleep 20000; done
chip="--amplifier openeeg --set exoskeleton.port=/dev/ttyUSB0"
(packet 1300; kill $twin; sleep 1; ls -d /dev/ttyUSB0 > during
 usb-serial --chip ft232r --port 0 --serial A900PEEG --tty /tmp/amplifier > twin 2>&1) &
command=record session --duration 8s
ls -d /dev/ttyUSB0 > ended-with
