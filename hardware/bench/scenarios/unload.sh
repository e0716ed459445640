# The driver of the bus is unloaded under a running session, as when a cable of a USB-SPI bridge is
# pulled: the session ends, the exoskeleton is neutral in time.
#= quick
#: status == 69
#: neutral_after <= 0.135
#: wrong == 0
load
feed
exoskeleton
port=/tmp/exoskeleton session --rate 250 --duration 8s & session=$!
sleep 4
rmmod ads1299_bench
wait $session
