# Every rate is kept: no sample lost, no rule of the chip broken, each count as it was fed.
#| 250
#| 500
#| 1000
#| 2000
#| 4000
#| 8000
#| 16000
#: status == 0
#: tail <= 0.1 * recording.rate
#: claimed == lost == wrong == violations == 0
#: abs(report.sampleRate['estimate'] / int(variant) - 1) < 1e-5
load
feed
session --rate "$variant" --duration 3s --set amplifier.spi-hertz=16000000
