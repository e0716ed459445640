# A Cyton's board resets in the middle, as in a brown-out: it is set up anew, the session goes on in the same
# file, and no sample of one stream is passed off as another's.
#: status == 0
#: wrong == compared.moved == 0
#: emulated.streams >= 3 and 'restart' in emulated.notes
#: recordings == 1
#: compared.right > 900
#: neutral_after <= 0.13
exoskeleton
amplifier cyton --fault restart@2.8
port=/tmp/exoskeleton session --duration 9s
