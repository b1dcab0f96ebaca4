# Ten million cells for a table of four.
cat <<'END'
economy wide;
set H = {ann, bob};
good bread numeraire, wine;
data e[H, good] {
         bread  wine
END
yes '  ann 1.25 3.50 7.5' | head -n 2600000
echo '}'
