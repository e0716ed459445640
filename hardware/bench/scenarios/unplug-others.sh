# Other plugs that are pulled and put in again: the session goes on in the same file. A board that has its
# power from the plug counts anew, so that the gap is known by the clock, to within 10 ms.
#| daisy daisy
#| openeeg openeeg
#| freeeeg32 freeeeg32
#: status == 0
#: abs(claimed - lost) <= (0 if variant == 'daisy' else 0.01 * recording.rate)
#: wrong == 0 and compared.moved <= (variant != 'daisy')
#: recordings == 1
#: report.line['outages'] == 1
#: compared.lost > 100 and recording.runs[-1][1] - recording.runs[-1][0] > 100
amplifier $words
(packet 1000; unplug; sleep 1; replug) &
command=record session --duration 8s
