# A Cyton that cannot be used says why: radio and board of different times, a setting refused.
#| mismatch mismatch
#| failure failure
#: status in (69, 70, 76, 78)
#: 'firmware' in message if variant == 'mismatch' else 'refused the command' in message
amplifier cyton --fault $words
session --duration 2s
