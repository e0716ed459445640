# Another device than the one that is asked for: said by what it is.
#| no-cyton usb-serial --chip ft232r
#| no-packets usb-serial --chip ft231x
#: status in (66, 69)
#: ('there is no OpenBCI Cyton' if variant == 'no-cyton' else 'nothing that can be understood') in message
kind=openeeg
acquire simulate openeeg --link /tmp/amplifier > emulator 2>&1 &
until [ -e /tmp/amplifier ]; do usleep 10000; done
usb
udev
plug 0 BENCH009 $words
chip="--amplifier cyton"
session --duration 2s
