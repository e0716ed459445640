# One thing goes wrong, or two at once: what was lost is counted, and the exoskeleton is neutral in
# time.
#= pairs
#| lost-edge lost-edge count=1
#| stall stall count=50
#| bad-status bad-status count=1
#| bit-slip bit-slip count=3
#| miso-low miso-low count=50
#| miso-high miso-high count=50
#| brown-out brown-out count=1
#| freeze-drdy freeze-drdy count=50
#| spi-error spi-error count=1
#: all(fired.values())
#: status == 0
# With the data line and DRDY both stuck nothing tells a conversion from none.
#: claimed == lost or 'miso' in scenario.name and 'freeze' in scenario.name and claimed < lost
#: wrong == 0
# A chip in RDATAC does not hear RDATA: until the filter has settled after a brown-out nothing tells.
#: violations <= 5 * scenario.name.count('brown-out')
# Frames that cannot be believed: one control period. None at all: the frame timeout before it.
#: recovery < 0.03 or neutral_after <= deadline
#: recovery < 2
load
feed
# The exoskeleton moves then: what this recording decides is the same each time.
fault $words at=700
[ -z "$others" ] || fault $others at=704
exoskeleton
port=/tmp/exoskeleton session --rate 250 --duration 7s
