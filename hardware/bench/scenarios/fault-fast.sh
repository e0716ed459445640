# The same at 16 kSPS. Nobody looks at DRDY's level there: periods in which the chip stood still count as
# lost, too.
#| brown-out brown-out count=1
#| stall stall count=50
#| miso-low miso-low count=50
#| bit-slip bit-slip count=3
#| freeze-drdy freeze-drdy count=50
#: all(fired.values())
#: status == 0
#: claimed == lost or variant in ('brown-out', 'stall') and claimed > lost
#: wrong == 0
#: recovery < 2
load
feed
fault $words at=8000
session --rate 16000 --duration 1500ms --set amplifier.spi-hertz=16000000
