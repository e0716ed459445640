# `jitter --path`: the device's own way, each stage with its histogram, and no recording is made.
#: status == 0
#: recordings == 0
#: report.ledger['due'] == report.ledger['delivered'] > 2400
#: min(report.stages['govern']['count'], report.stages['firmware']['count']) > 450
#: report.stages['wire']['count'] > 200
#: report.stages['edgeToWake']['count'] == report.frames
#: report.stages['edgeToCommand']['max'] < 1_000_000
#: report.stages['edgeToCommand']['overBudget'] == 0
#: 'PREEMPT_RT' in text('report.json') and 'irq/' in text('report.json')
load
feed
acquire jitter --path -q -D 10s $chip --report report.json > page 2> message
echo $? > status
