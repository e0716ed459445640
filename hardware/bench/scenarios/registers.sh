# The registers as a person reads them: what is written is what the chip has, and nothing is marked.
#= quick
#: status == 0
#: 'ADS1299' in text('page') and 'CONFIG3' in text('page') and 'CH8SET' in text('page')
#: violations == 0
load
acquire devices --registers $chip > page 2> message
echo $? > status
notes
