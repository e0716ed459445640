# The same in RDATAC.
#| stall stall count=50
#| miso-low miso-low count=50
#| bit-slip bit-slip count=3
#| spi-error spi-error count=1
#| freeze-drdy freeze-drdy count=50
#: all(fired.values())
#: status == 0
#: claimed == lost
#: wrong == 0
#: recovery < 2
load
feed
fault $words at=700
session --rate 250 --duration 5s --set amplifier.read-mode=rdatac
