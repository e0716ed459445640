# The program stands still: what the device and the kernel could not hold meanwhile is lost, counted, and
# nothing is invented, not even where a chip's buffer overran in the middle of a packet.
#| held cyton 0.05
#| short cyton 0.8
#| cyton cyton 2.5
#| daisy daisy 2.5
#| openeeg openeeg 4.5
#: status == 0
#: claimed == lost
#: wrong == compared.moved == 0
#: compared.unsent == 0 and (compared.lost > 0) == (variant != 'held')
set -- $words
amplifier $1
(packet 500; kill -STOP $(running); sleep $2; kill -CONT $(running)) &
command=record session --duration 9s
