# The box's battery gets low: it is in the recording, and the session tells.
#: status == 0
#: claimed == lost == wrong == 0
#: any(word >> 22 & 1 for word in recording.auxiliaries['Status'])
#: not recording.auxiliaries['Status'][0] >> 22 & 1
#: 'battery' in text('page') + message
amplifier biosemi --mark 1 --speed-mode 7 --fault battery-low@2
command=record session --set amplifier.generation=1 --set amplifier.speed-mode=7 --duration 3s
