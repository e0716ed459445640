# One thing goes wrong on the way from an ActiveTwo, which does not count its samples: the sync words and the
# clock tell that, and how much, is missing; the clock to within a sample.
#| torn torn=100@1
#| silence silence=200@1
#: status == 0
#: abs(claimed - compared.unsent) <= (variant == 'silence')
#: wrong == 0
#: compared.right > 1.5 * recording.rate
amplifier biosemi --mark 1 --speed-mode 4 --fault $words
command=record session --set amplifier.generation=1 --set amplifier.speed-mode=4 --duration 2s
