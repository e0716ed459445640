# Read continuously instead of by an opcode each: every sample as it was fed, no read torn; a chip that
# loses its registers meanwhile is brought back.
#= quick
#| 250
#| 2000
#: all(fired.values()) and len(report.recoveries) == len(fired) == 1
#: status == 0
#: claimed == lost
#: wrong == 0
#: truth.torn_reads == 0
#: recovery < 0.5
load
feed
fault brown-out at=$((variant * 3)) count=1
session --rate "$variant" --duration 5s --set amplifier.read-mode=rdatac
