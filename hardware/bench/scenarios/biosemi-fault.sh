# One thing goes wrong on the way from an ActiveTwo, which does not count its samples: the sync words and the
# clock tell that, and how much, is missing; the clock to within a sample. What comes last before a silence
# waits in a transfer that is not full, and stands after it: up to four samples, of which nothing tells.
#| torn torn=100@1
#| silence silence=200@1
#: status == 0
#: abs(claimed - compared.unsent) <= (variant == 'silence')
#: wrong == 0 or variant == 'silence'
#: compared.right > (1.5 if variant == 'torn' else 0.8) * recording.rate
amplifier biosemi --mark 1 --speed-mode 4 --fault $words
command=record session --set amplifier.generation=1 --set amplifier.speed-mode=4 --duration 2s
