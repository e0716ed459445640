# One thing goes wrong on a Cyton's way: what was lost is counted exactly, across turns of the counter,
# too, nothing is invented, and the exoskeleton is neutral in time.
#| lost-3 lost=3@2.8
#| lost-300 lost=300@2.8
#| silence silence=1500@2.8
#| garbage garbage=40@2.8
#| torn torn=10@2.8
#| duplicate duplicate=3@2.8
#: status == 0
#: claimed == lost == compared.unsent
#: wrong == compared.moved == 0
#: compared.right > 1000
#: recovery < 0.03 or neutral_after <= 0.13
exoskeleton
amplifier cyton --fault $words
port=/tmp/exoskeleton session --duration 7s
