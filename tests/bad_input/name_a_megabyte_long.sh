# One name of a million letters, not declared.
echo 'economy long;'
printf 'param x = '
head -c 1000000 /dev/zero | tr '\0' 'a'
echo ';'
