# The same without control lines, the chip driven by opcodes alone.
#| brown-out brown-out count=1
#| stall stall count=50
#| miso-low miso-low count=50
#| spi-error spi-error count=1
#: all(fired.values())
#: status == 0
#: claimed == lost
#: wrong == 0
#: recovery < 2
load
feed
fault $words at=700
session --rate 250 --duration 5s \
  --set amplifier.reset-line=-1 --set amplifier.start-line=-1 --set amplifier.power-down-line=-1
