# The load of clean-250 without real-time scheduling must lose samples, or the bench proves nothing.
#= quick
#: status is not None
#: lost > 0
#: claimed == lost
load
feed
hogs
session --rate 250 --duration 15s --set realtime.policy=other --allow-best-effort
