# An ActiveTwo's receiver in several speed modes: every sample is recorded, and its words beside them.
#| mk1-4 1 4
#| mk1-7 1 7
#| mk2-4 2 4
#| mk2-7 2 7
#: status == 0
#: claimed == lost == compared.unsent == 0
#: wrong == compared.moved == 0
#: compared.right > 1.9 * recording.rate
#: 'lost 0' in text('plugged')
set -- $words
amplifier biosemi --mark $1 --speed-mode $2
command=record session --set amplifier.generation=$1 --set amplifier.speed-mode=$2 --duration 2s
