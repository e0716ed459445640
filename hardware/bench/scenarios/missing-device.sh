# There is no such device: said by its name, with what to do.
#= quick
#: status in (66, 69)
#: 'spidev0.0' in message or 'ads1299-bench' in message
session --rate 250 --duration 2s
