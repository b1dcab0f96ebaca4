# NUL bytes in the middle of the text.
printf 'economy a;\nset H = {a\000, b};\n'
