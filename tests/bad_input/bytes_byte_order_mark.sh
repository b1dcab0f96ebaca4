# A byte-order mark before a model that is otherwise right.
printf '\357\273\277'
printf 'economy a;\ngood g;\nparam x = y;\n'
