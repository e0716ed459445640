# A latency above -b stops the kernel's own trace, with the mark in it, and ends with 79.
#: status == 79
#: text('tracing-before') == '1' and text('tracing-after') == '0'
#: 'hit latency threshold (' in text('trace')
#: 'Break value' in text('page')
tracing=/sys/kernel/tracing
echo 1 > $tracing/tracing_on
cat $tracing/tracing_on > tracing-before
acquire jitter -q -i 1000 -b 1 --tracemark > page 2> message
echo $? > status
cat $tracing/tracing_on > tracing-after
cat $tracing/trace > trace
echo 1 > $tracing/tracing_on
