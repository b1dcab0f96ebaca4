# Three thousand mistakes: the first fifty are said, the rest counted.
echo 'economy many;'
for i in $(seq 3000); do echo "param a$i = b$i;"; done
