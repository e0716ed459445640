# The load of clean-250 without real-time scheduling must lose samples
# or read them late, or the bench proves nothing.
#= quick
#: status is not None
#: lost > 0 or not reaches(edge_to_frame, microseconds=200)
#: claimed == lost
load
feed
hogs
session --rate 250 --duration 20s --set realtime.policy=other --allow-best-effort
