# A chip with fewer channels gives its samples, count by count, to who asks for that many; who expects
# eight is told what chip this is.
#| 4
#| 6
#: second.status != 0 and 'ADS1299' in second.message
#: status == 0
#: delivered > 900
#: claimed == lost == wrong == 0
#: violations == 0
load channels="$variant"
feed /bench/eeg-$variant.i32
mkdir second
(
  cd second
  acquire record $chip --duration 2s --output . --quiet > page 2> message
  echo $? > status
)
labels=$(echo A1,A2,A3,A4,A5,A6 | cut -d, -f1-$variant)
command=record session --rate 250 --duration 4s --set amplifier.channels=$labels
