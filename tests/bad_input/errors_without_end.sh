# Ten thousand mistakes: the first fifty are said, the rest counted.
echo 'economy many;'
for i in $(seq 10000); do echo "param a$i = b$i;"; done
