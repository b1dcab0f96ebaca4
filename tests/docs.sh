#!/usr/bin/env bash
# The pages say what is so. Every indented block that begins with a statement is read: one that begins with `economy` is a whole model, and what
# it expects must hold; other blocks must be sentences of the language, and those of a lesson stand in the lesson's example. Every reserved word is
# in docs/language.md and in a model that is solved, or in the list of what is refused; every option in docs/command.md and in --help.
set -u
cd "$(dirname "$0")/.."
econc=$(realpath "${ECONC:-build/econc}") work=$(mktemp -d) passed=0 failed=0
trap 'rm -rf "$work"' EXIT
right() { passed=$((passed + 1)); }
wrong() { failed=$((failed + 1)); echo "docs: $*"; }
words=$(sed -nE 's/^([a-z]+)[[:space:]]+WORD\(.*/\1/p' lang/econ.l)

# FILE.LINE.econ for each block; what stands behind the first line `$ ...` of a block is a transcript.
WORDS=$(tr '\n' '|' <<<"$words" | sed 's/|$//') perl -e '
  my $to = shift;
  for my $file (@ARGV) {
    open(my $in, "<", $file) or die; my @l = (<$in>, "the end\n"); close $in;
    my ($before, $at, @b) = ("", 0);
    for my $i (0 .. $#l) {
      my $x = $l[$i];
      if ((@b || $before =~ /^\s*$/) && $x =~ /^ {4}(.*\n)/) { $at = $i + 1 if !@b; push @b, $1 }
      elsif (@b && $x =~ /^\s*$/) { push @b, "\n" }
      elsif (@b) {
        my ($text) = split /^\$ /m, join("", @b);
        if ($text =~ /^(?:$ENV{WORDS})\b(?!:)/) { (my $name = $file) =~ s|.*/||; open(my $o, ">", "$to/$name.$at.econ") or die; print $o $text; close $o }
        @b = ();
      }
      $before = $x;
    }
  }' "$work" README.md docs/*.md

for f in "$work"/*.econ; do
  name=$(basename "$f" .econ)
  if ! "$econc" fmt - <"$f" >/dev/null 2>"$work/out"; then wrong "$name does not parse"; head -5 "$work/out"; continue; fi
  if head -1 "$f" | grep -q '^economy' && grep -q '^expect' "$f"; then
    "$econc" test "$f" >"$work/out" 2>&1 || { wrong "$name"; head -20 "$work/out"; continue; }
  fi
  right
done
lesson=0
while IFS= read -r line; do
  case "$line" in
    '## Lesson '*) lesson=${line#\#\# Lesson }; lesson=${lesson%%:*}; sed 's/#.*//' "examples/tutorial/lesson$lesson.econ" | tr -d ' ' >"$work/lesson" ;;
    '    $ '*) code=0 ;;
    '') code=1 ;;
    '    '*)
      text=$(sed 's/#.*//;s/ //g' <<<"$line")
      if [ "$code" = 0 ] || [ "$lesson" = 0 ]; then continue
      elif grep -qxF -- "$text" "$work/lesson"; then right; else wrong "lesson $lesson has not what the tutorial says: $line"; fi ;;
  esac
done <docs/tutorial.md

sed -n '/^## Parsed, and refused by name/,$p' docs/language.md >"$work/refused"
find examples stdlib -name '*.econ' -exec cat {} + | sed 's/#.*//' >"$work/used"
grep -l '^expect' "$work"/*.econ | xargs cat >>"$work/used"
for w in $words; do
  if ! grep -qw "$w" docs/language.md; then wrong "docs/language.md has not the word $w"
  elif grep -qw "$w" "$work/used" || grep -qw "$w" "$work/refused"; then right
  else wrong "no example uses the word $w"; fi
done

rooms=$(sed -n '/^| room /,/^$/p' docs/house.md | grep -oE '`[a-z_/.*]+`' | tr -d '`' | sed 's|.*/||' | sort -u)
for f in lang/*.[cly] compiler/*.c runtime/*.c; do
  name=$(basename "$f")
  found=0
  for r in $rooms; do case "$name" in $r | ${r}.c) found=1; break ;; esac; done
  if [ "$found" = 1 ]; then right; else wrong "docs/house.md has no room for $f"; fi
done

options() { grep -oE -- '(^|[^-a-zA-Z])--?[a-zA-Z][a-z]*' | grep -oE -- '--?[a-zA-Z][a-z]*$' | sort -u; }
"$econc" --help | options >"$work/help"
sed -n '1,/^## Exit status/p' docs/command.md | options >"$work/told"
if diff "$work/help" "$work/told" >"$work/out"; then right; else wrong "options of --help (<) and of docs/command.md (>):"; cat "$work/out"; fi
echo "docs: $passed passed, $failed failed"
[ "$failed" = 0 ]
