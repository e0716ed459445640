# What is recorded is what was fed, count by count; a turn of the
# acquisition loop makes at most three system calls, and one more wakes the decoding thread.
#= quick
#: status == 0
#: delivered == truth.frames_read > 4900
#: tail <= 0.1 * recording.rate
#: claimed == lost == wrong == 0
#: violations == 0
#: report.mallocsAfterArming == report.pageFaultsAfterArming == 0
#: loop_calls_per_frame <= 3
load
feed
count_calls 3 15 &
session --rate 250 --duration 20s
