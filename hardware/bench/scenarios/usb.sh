# The USB devices themselves, by the kernel's own drivers: what goes in comes out, what is not fetched is
# counted, and a plug that is pulled is a device that is gone.
#= quick
#: status == 0
#: text('selftest').count('right:') == 24 and 'WRONG' not in text('selftest')
usb
usb-selftest > selftest 2>&1
echo $? > status
