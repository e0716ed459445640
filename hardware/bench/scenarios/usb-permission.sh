# Without the udev rules a person is told about them; with them the same person's session runs.
#| refused
#| allowed 60-acquire.rules
#: ('cyton or daisy – may not be opened' in text('devices')) == (variant == 'refused')
#: status == (77 if variant == 'refused' else 0)
#: 'udev rule' in message if variant == 'refused' else claimed == wrong == 0
rules=$words
amplifier cyton
chmod 777 .
ulimit -r 99
ulimit -l unlimited
cat > as-person <<'END'
. /bench/functions
chip="--amplifier cyton"
acquire devices > devices
session --duration 2s
END
su -s /bin/sh person -c 'sh ./as-person'
