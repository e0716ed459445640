# What came over USB is taken once in a while: transfers wait in the kernel meanwhile, and every sample and
# every loss are as if each had been taken at once. An ActiveTwo's losses are told by the clock, to a sample.
#| cyton lost=3@2.8 100ms
#| cyton-long lost=300@2.8 128ms
#| cyton-silence silence=1500@2.8 100ms
#| cyton-duplicate duplicate=3@2.8 100ms
#| biosemi torn=100@1 60ms
#| biosemi-silence silence=200@1 60ms
#: status == 0
#: abs(claimed - compared.unsent) <= (variant == 'biosemi-silence')
#: wrong == 0 or variant == 'biosemi-silence'
#: compared.right > (0.8 * recording.rate if 'biosemi' in variant else 1000)
#: report.line['lineErrors'] == 0 and report.gatheringNanoseconds > 0
set -- $words
fault=$1 span=$2
command=record
case $variant in
biosemi*)
  amplifier biosemi --mark 1 --speed-mode 4 --fault $fault
  session --gather $span --set amplifier.generation=1 --set amplifier.speed-mode=4 --duration 2s
  ;;
*)
  amplifier cyton --fault $fault
  session --gather $span --duration 7s
  ;;
esac
