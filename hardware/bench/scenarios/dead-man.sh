# The program dies, stands still, or its decoding thread gets no processor any more: the dead-man line
# falls at once, and the exoskeleton drives nothing within its own watchdog.
#= quick
#| killed KILL
#| frozen STOP
#| starved starve
# A control period is 20 ms.
#: fell_after < 0.045
# Its watchdog bites after 100 ms; its states are seen every 20 ms.
#: safe_after is not None and safe_after < 0.2
#: deadman.deadman_edges > 30
load
feed
safety_lines
exoskeleton
port=/tmp/exoskeleton session --duration 12s &
moving
sleep 1
set -- $words
# The exoskeleton's firmware has a processor of its own. A sleep that it has begun as an ordinary thread
# ends as one.
[ $1 != starve ] || { urgent 85 virtual-exo; usleep 50000; }
sed -n 's/^now_nanoseconds //p' $bench/deadman > struck
case $1 in
  starve) starve 3 decoding ;;
  *) kill -$1 $(running); sleep 3 ;;
esac
cat $bench/deadman > deadman-then
# What stands still goes on before it is ended, so that its files are closed.
kill -CONT $(running) 2> /dev/null
wait %2 2> /dev/null
cat deadman-then > deadman
