# strace sees three system calls of the acquisition thread for each frame: the wait with a deadline, the
# edges with their time stamps, the SPI message.
#= only amd64
#: status == 0
#: traced['ioctl'] > 450
#: set(traced) == {'ppoll', 'read', 'ioctl'}
#: traced.total() <= 3 * (traced['ioctl'] + 1)
load
feed
urgent_interrupt
trace() {
  sleep 3
  for task in /proc/$(pidof acquire)/task/*; do
    [ "$(cat $task/comm)" != acquisition ] || thread=${task##*/}
  done
  # Between the two threads: the decoding one, awake, would keep it from handing calls on.
  (until urgent 78 strace; do usleep 1000; done) &
  timeout 2 strace -p $thread -o trace
}
trace &
session --rate 250 --duration 7s --set realtime.awake-before-frame=500
