# A Cyton's dongle, which ftdi_sio has at first: it is taken from it, every sample is recorded, and the
# kernel's driver gets it back.
#: status == 0
#: text('before') == text('after') == '/dev/ttyUSB0' and 'ttyUSB0' not in text('during')
#: claimed == lost == wrong == compared.moved == 0
#: compared.right > 950
#: report.line['skippedBytes'] == report.line['lineErrors'] == 0
amplifier cyton
until [ -e /dev/ttyUSB0 ]; do usleep 5000; done
echo /dev/ttyUSB* > before
(packet 500; ls /dev > during) &
session --duration 4s
usleep 100000
echo /dev/ttyUSB* > after
