# A tower of a hundred thousand powers and as many minus signs.
echo 'economy deep;'
printf 'param x = 2'
yes '^2' | head -n 100000 | tr -d '\n'
echo ';'
printf 'param y = '
yes '-' | head -n 100000 | tr -d '\n'
echo '1;'
