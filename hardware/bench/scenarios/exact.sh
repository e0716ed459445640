# What is recorded is what was fed, count by count; a frame costs the acquisition thread three system
# calls, since the decoding thread is awake when it comes.
#= quick
#| nominal 0
#| slow 25000
#: status == 0
#: delivered == truth.frames_read > 4800
#: tail <= 0.1 * recording.rate
#: claimed == lost == wrong == 0
#: violations == 0
#: report.mallocsAfterArming == report.pageFaultsAfterArming == 0
#: calls_per_frame <= 3
load
echo $words > $bench/clock_ppm
feed
urgent_interrupt
count_calls 3 15 &
session --rate 250 --duration 20s --set realtime.awake-before-frame=100
