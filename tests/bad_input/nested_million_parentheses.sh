# A million opening parentheses.
echo 'economy deep;'
printf 'param x = '
head -c 1000000 /dev/zero | tr '\0' '('
printf '1'
head -c 1000000 /dev/zero | tr '\0' ')'
echo ';'
