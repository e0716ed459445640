# Another program holds DRDY: the second is refused and named why; the first does not notice.
#= quick
#: status == 0
#: second_status in (69, 71)
#: 'DRDY' in second_message
#: claimed == lost == wrong == 0
load
feed
session --rate 250 --duration 6s & session=$!
sleep 3
mkdir second
(cd second && session --rate 250 --duration 2s)
wait $session
