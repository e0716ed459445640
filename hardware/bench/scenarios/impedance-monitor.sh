# Impedances are measured while a session decodes, and are what the electrodes have.
#: status == 0
#: violations == 0
#: report.lost == report.corrupt == 0
#: off_the_mark(report.impedances) == []
#: [contact['grade'] for contact in report.impedances] == grades
load
feed
electrodes
session --rate 250 --duration 8s --set impedance.monitor=true
