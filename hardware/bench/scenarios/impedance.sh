# The impedance of every electrode, under a real EEG, is what the electrode has, as exactly as claimed.
#| slow 7.8
#| fast 31.2
#| quarter quarter
#: status == 0
#: violations == 0
#: json('page')['lost'] == 0
#: off_the_mark(json('page')['electrodes']) == []
#: [electrode['grade'] for electrode in json('page')['electrodes']] == grades
load
feed
electrodes
acquire impedance $chip --frequency $words --duration 6s --json > page 2> message
echo $? > status
notes
