# What does not come back ends the session: the exoskeleton is neutral in time, what there is of the
# recording is whole, and the message says what is missing.
#= quick
#| stall stall count=forever
#| miso-low miso-low count=forever
#| miso-high miso-high count=forever
#| freeze-drdy freeze-drdy count=forever
#| spi-error spi-error count=forever
#: all(fired.values())
#: status == 69
#: 'spidev0.0' in message
#: wrong == 0
#: neutral_after <= 0.135
load
feed
# The exoskeleton moves then.
fault $words at=700
exoskeleton
port=/tmp/exoskeleton session --rate 250 --duration 12s
