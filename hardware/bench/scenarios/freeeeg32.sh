# A FreeEEG32, which cdc_acm has at first and which stands still while DTR is raised: every sample is
# recorded, and cdc_acm gets it back.
#| full
#| high --speed high
#: status == 0
#: claimed == lost == compared.unsent
#: wrong == compared.moved == 0
#: compared.right > 1900
#: text('before') == text('after') == '/dev/ttyACM0'
device="--reset-on-dtr $words"
amplifier freeeeg32 --fault lost=3@4
until [ -e /dev/ttyACM0 ]; do usleep 5000; done
echo /dev/ttyACM* > before
command=record session --duration 4s
usleep 100000
echo /dev/ttyACM* > after
