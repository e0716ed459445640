# acquire doctor in this kernel: it finds PREEMPT_RT, the SPI device and the gpiochip by its label, notices
# what is broken here on purpose (throttling, and the priority of DRDY's interrupt thread, while a session
# runs), cures both with --fix, and finds them cured. A person without rights is told which.
#= quick
#= limit 90
#: status == 0
#: doctor_status == [10, 10, 20]
#: findings('before.json')['preemption'] == ['ok']
#: findings('before.json')['real-time-rights'] == ['ok']
#: findings('before.json')['spi-device'] == ['ok']
#: findings('before.json')['spi-buffer'] == ['ok']
#: findings('before.json')['gpio-chip'] == ['ok']
#: findings('before.json')['real-time-throttling'] == ['warning']
#: findings('before.json')['data-ready-interrupt'] == ['warning']
# Which of the two it is depends on the kernel: until 6.11, and from 6.12 on.
#: 'fixed: echo 950000 > /proc/sys/kernel/sched_rt_runtime_us' in text('fixed') or 'fixed: echo 50000000 > /sys/kernel/debug/sched/fair_server/cpu0/runtime' in text('fixed')
#: '(was FIFO 50, is FIFO 85, until the next boot)' in text('fixed')
#: findings('after.json')['real-time-throttling'] == ['ok']
#: findings('after.json')['data-ready-interrupt'] == ['ok']
# On top of a session it does not measure, and says so.
#: findings('after.json')['interruptions'] == ['note'] and 'not measured' in text('after.json')
#: 'interruptions' not in findings('before.json')
#: findings('person.json')['real-time-rights'] == ['error']
#: findings('person.json')['spi-device'] == ['error']
#: findings('person.json')['gpio-chip'] == ['error']
load
feed
mount -t debugfs debug /sys/kernel/debug
if [ -d /sys/kernel/debug/sched/fair_server ]; then
  echo 300000000 > /sys/kernel/debug/sched/fair_server/cpu0/runtime
else
  echo 200000 > /proc/sys/kernel/sched_rt_runtime_us
fi
session --rate 250 --duration 25s &
session=$!
until grep -q 'acquire ' /proc/interrupts; do usleep 100000; done
acquire doctor $chip --no-measure --json > before.json
codes=$?
acquire doctor $chip --no-measure --fix > fixed
acquire doctor $chip --json > after.json
codes="$codes $?"
chmod 777 .
cat > as-nobody <<'END'
. /bench/functions
acquire doctor $chip --no-measure --json > person.json
echo $? > person-code
END
su -s /bin/sh nobody -c 'sh ./as-nobody'
echo "$codes $(cat person-code)" > doctor-codes
wait $session
umount /sys/kernel/debug
