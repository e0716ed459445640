# Chips with fewer channels are told by their identity, and refused as long as eight are expected.
#| 4
#| 6
#: status != 0
#: 'ADS1299' in message
#: truth.conversions == 0
load channels="$variant"
session --rate 250 --duration 2s
