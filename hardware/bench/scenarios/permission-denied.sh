# A person without rights on the device is told which, and by what they get them.
#= quick
#: status == 77
#: 'spidev0.0' in message or 'gpiochip' in message
load
chmod 777 .
ulimit -r 99
ulimit -l unlimited
cat > as-nobody <<'END'
. /bench/functions
session --rate 250 --duration 2s
END
su -s /bin/sh nobody -c 'sh ./as-nobody'
