# A Cyton with its Daisy: two packets make a frame, and a half that is missing is told, not replaced by an
# older one.
#| clean
#| half --fault half=1@2
#| halves --fault half=7@2
#| lost --fault lost=5@2
#: status == 0
#: claimed == lost == compared.unsent
#: report.incomplete == sum(any(f.halves) and not all(f.halves) for f in emulated.frames)
#: wrong == compared.moved == compared.bad_halves == 0
#: compared.right > 400
amplifier daisy $words
command=record session --duration 4s
