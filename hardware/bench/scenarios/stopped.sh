# The program stands still: what the device and the kernel could not hold meanwhile is lost, counted, and
# nothing is invented.
#| cyton cyton 2.5
#| daisy daisy 2.5
#| openeeg openeeg 4.5
#: status == 0
#: claimed == lost
#: wrong == compared.moved == 0
#: compared.unsent == 0 and compared.lost > 0
amplifier ${words% *}
(packet 500; kill -STOP $(running); sleep ${words#* }; kill -CONT $(running)) &
command=record session --duration 9s
