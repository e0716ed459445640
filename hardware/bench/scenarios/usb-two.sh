# Two dongles: without a serial number neither is taken, both are named; with one it is that one.
# `acquire devices` lists both, and behind which serial port each is.
#| unnamed
#| named --set amplifier.serial-number=DM00Q0QB
#: text('devices').count('DM00Q0QA') == text('devices').count('DM00Q0QB') == 2
#: status == (78 if variant == 'unnamed' else 0)
#: variant == 'named' or 'DM00Q0QA' in message and 'DM00Q0QB' in message
#: variant == 'unnamed' or claimed == lost == wrong == 0 and compared.right > 450
acquire simulate cyton --ppm 900 --link /tmp/other > other 2>&1 &
until [ -e /tmp/other ]; do usleep 10000; done
usb
udev
far_end=/tmp/other
plug 1 DM00Q0QA usb-serial --chip ft231x
far_end=/tmp/amplifier serial=DM00Q0QB
amplifier cyton
acquire devices > devices
session $words --duration 2s
