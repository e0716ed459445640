# A register does not take what is written to it: found by reading it back, and named.
#= quick
#: status in (69, 76)
#: 'CH3SET' in message
#: truth.conversions == 0
load
fault deaf-register register=0x07
session --rate 250 --duration 2s
