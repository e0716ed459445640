# Above 2 kSPS, too, an edge that never reached the line is a counted loss: all later ones are a period
# late.
#| 4000 --set amplifier.spi-hertz=8000000
#| 16000 --set amplifier.spi-hertz=16000000
#: fired == {'lost-edge': 4}
#: status == 0
# Looking at the registers after a standstill of four periods may cost one more.
#: claimed == lost and lost in (4, 5)
#: wrong == 0
#: violations == 0
load
feed
fault lost-edge at=8000 count=1
fault lost-edge at=8400 count=3
session --rate $variant --duration 3s $words
