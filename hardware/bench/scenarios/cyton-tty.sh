# The same through the kernel's ftdi_sio, as a serial line.
#: status == 0
#: claimed == lost == wrong == compared.moved == 0
#: compared.right > 950
amplifier cyton
until [ -e /dev/ttyUSB0 ]; do usleep 5000; done
session --set amplifier.port=/dev/ttyUSB0 --duration 4s
