# Above 2 kSPS, too, an edge that never reached the line is a counted loss: all later ones are a period
# late.
#| 4000 --set amplifier.spi-hertz=8000000
#| 16000 --set amplifier.spi-hertz=16000000
#: fired == {'lost-edge': 4}
#: status == 0
#: claimed == lost == 4
#: wrong == 0
#: violations == 0
load
feed
fault lost-edge at=8000 count=1
fault lost-edge at=8400 count=3
session --rate $variant --duration 3s $words
