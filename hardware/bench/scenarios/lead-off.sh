# An electrode comes off while the exoskeleton moves: it is neutral one control period after the next
# frame; the electrode comes on again, and the exoskeleton moves again.
#: status == 0
#: violations == 0
#: report.lost == report.corrupt == 0
#: 0 < neutral_after_lead_off <= 0.03
#: moved_after_lead_off
load
feed
exoskeleton
# The exoskeleton moves then: what this recording decides is the same each time.
(until [ "$(sed -n 's/^conversions //p' $bench/truth)" -ge 700 ]; do usleep 5000; done
echo positive=04 > $bench/electrodes
sleep 2
echo positive=00 > $bench/electrodes) &
port=/tmp/exoskeleton session --rate 250 --duration 12s \
  --set amplifier.lead-off=dc --set gate.lead-off=true
