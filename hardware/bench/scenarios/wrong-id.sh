# Another chip answers: it is refused by its identity before anything is configured.
#= quick
#: status == 76
#: '0x92' in message.lower()
#: truth.conversions == 0
load
fault wrong-id id=0x92
session --rate 250 --duration 2s
