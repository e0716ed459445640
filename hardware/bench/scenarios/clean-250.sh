# Half a minute at 250 samples a second while five programs fight for the CPU.
#= limit 60
#: status == 0
#: truth.conversions > 7400
#: tail <= 0.1 * recording.rate
#: claimed == lost == 0
#: violations == 0
#: wrong == 0
#: reaches(edge_to_frame, microseconds=200)
load
feed
hogs
session --rate 250 --duration 30s
