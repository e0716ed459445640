# Three seconds at 16 000 samples a second while five programs fight for the CPU.
#: status == 0
#: truth.conversions > 45000
#: tail <= 0.1 * recording.rate
#: claimed == lost == 0
#: violations == 0
#: wrong == 0
#: reaches(edge_to_frame, microseconds=50)
load
feed
hogs
session --rate 16000 --duration 3s --set amplifier.spi-hertz=16000000
