# Every byte once, twice.
for i in 1 2; do for b in $(seq 0 255); do printf "\\$(printf %03o "$b")"; done; done
