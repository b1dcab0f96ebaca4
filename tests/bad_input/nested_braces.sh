# Institutions in institutions, a hundred thousand deep.
echo 'economy deep;'
yes 'institution a {' | head -n 100000
