# An OpenEEG behind its FT232R streams from power-up: every sample is recorded.
#: status == 0
#: claimed == lost == compared.unsent
#: wrong == compared.moved == 0
#: compared.right > 950
amplifier openeeg --fault lost=3@4
command=record session --duration 4s
