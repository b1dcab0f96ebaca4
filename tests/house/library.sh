#!/usr/bin/env bash
# The pages of docs/library, made of the comments in stdlib/*.econ and of the examples that they name. Without arguments: are the pages those that
# the chapters would make now, and has every institution an example of its own, and two economies that apply it? --update writes them.
set -u
cd "$(dirname "$0")/../.."
update=${1:-} passed=0 failed=0 work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
right() { passed=$((passed + 1)); }
wrong() { failed=$((failed + 1)); echo "library: $*"; }

# page CHAPTER: a comment is the paragraph of lines above what it belongs to; lines indented in it are a table of parameters.
page() {
  CHAPTER=$1 perl -e '
    my ($file, @c, $first) = "stdlib/$ENV{CHAPTER}.econ";
    open(my $in, "<", $file) or die; my @l = <$in>; close $in;
    print "<!-- made of stdlib/$ENV{CHAPTER}.econ by make docs-library -->\n\n# $ENV{CHAPTER}\n\n`use $ENV{CHAPTER};`\n\n";
    sub words { my @t = @_; my ($table, $out) = (0, "");
      for (@t) { my $indented = s/^ {2,}//;
        next if /^Example: /;
        if ($indented && !$table) { $out .= "\n```text\n"; $table = 1 } elsif (!$indented && $table) { $out .= "```\n\n"; $table = 0 }
        if (!$table && /^(Who pays whom|Source): /) { s/^(Who pays whom|Source): /\n**$1:** / }
        $out .= "$_\n"; }
      $out .= "```\n" if $table; $out =~ s/\n{3,}/\n\n/g; $out =~ s/^\n+//; return $out; }
    for (my $i = 0; $i < @l; $i++) { my $x = $l[$i]; chomp $x;
      if ($x =~ /^# ?(.*)/) { push @c, $1; next }
      if ($x eq "") { print words(@c), "\n" if @c && !$first++; @c = (); next }
      if ($x =~ /^(institution|fn|use|param)\b/) { $first++; }
      if ($x =~ /^institution (\w+)(\(.*\))? *\{/) { my ($name, $args) = ($1, $2 // ""); my ($ex) = map { /^Example: (\S+)/ ? $1 : () } @c;
        print "## $name\n\n    $name$args\n\n", words(@c), "\n";
        if ($ex && open(my $e, "<", $ex)) { print "**Example:** [$ex](../../$ex)\n\n```\n", <$e>, "```\n\n"; close $e }
        my @more = grep { $_ ne ($ex // "") } split /\n/, `grep -lE "\\b$name\\(|\\bwith $name\\b" \$(find examples -name "*.econ" | sort)`;
        print "Also applied in ", join(", ", map { "[$_](../../$_)" } @more), ".\n\n" if @more; @c = (); next }
      if ($x =~ /^fn ([^=]*?) *=/) { my $head = $1; print "## $1\n\n" if $head =~ /^(\w+)/; print "    $head\n\n"; print words(@c), "\n" if @c; @c = (); next }
      @c = () if $x =~ /^\S/; }' | cat -s | perl -0pe 's/\n+\z/\n/'
}

contents() {
  echo "<!-- made of stdlib/*.econ by make docs-library -->"
  printf '\n# The library\n\nA chapter is made known by `use CHAPTER;`, an institution is applied by `with NAME(...)` ([language.md](../language.md), "Institutions").\n'
  printf 'These pages are made of the chapters'"'"' own comments; the worked examples are tests.\n'
  for f in stdlib/*.econ; do
    c=$(basename "$f" .econ)
    printf '\n## [%s](%s.md)\n\n' "$c" "$c"
    CHAPTER=$c perl -ne 'if (/^# ?(.*)/) { $c = $1 if !$open; $open = 1 } else { $open = 0 }
      print "- [`$1`]($ENV{CHAPTER}.md#$1): $c\n" if /^institution (\w+)/;
      push @f, $1 if /^fn (\w+)/; END { print "Functions: ", join(", ", map { "[`$_`]($ENV{CHAPTER}.md#$_)" } @f), ".\n" if @f }' "$f"
  done
}

# moves NAME EXAMPLE: with the institution taken out of one of its questions, is a number that the example expects of this question another one?
# Each expectation is asked on its own, since one about what the institution itself declares means nothing without it.
moves() {
  NAME=$1 perl -e '
    my ($file, $dir) = @ARGV; open(my $in, "<", $file) or die; local $/; my $t = <$in>; my ($n, $k) = ($ENV{NAME}, 0);
    my $args = qr/(\((?:[^()]++|(?1))*\))/;
    $t =~ s/^(report|plot) [^;]*;.*\n//mg;
    my @e; $t =~ s/^(expect [^;]*;).*\n?/push @e, $1; ""/mge;
    my @line = split /^/, $t;
    for my $i (0 .. $#line) { my $was = $line[$i]; my ($q) = $was =~ /^solve (\w+) *=/; next unless $q || $was =~ /^with /;
      $line[$i] =~ s/ with $n\b(?:$args)?(?!\s*,)// || $line[$i] =~ s/ with $n\b(?:$args)?\s*,\s*/ with / || $line[$i] =~ s/,\s*$n\b$args// || $line[$i] =~ s/^with $n\b(?:$args)?;// || next;
      for (@e) { next if $q && !/\b$q\b/;
        my ($head, $body, $tail) = /^(expect (?:\w+:)?)(.*?)( within [^;]*)?;$/s or next; my ($depth, @part, $one) = (0, (), "");
        for my $c (split //, $body) { $depth++ if $c =~ /[(\[{]/; $depth-- if $c =~ /[)\]}]/;
          if ($c eq "," && !$depth) { push @part, $one; $one = "" } else { $one .= $c } }
        for my $p (@part, $one) { open(my $out, ">", sprintf("%s/%03d.econ", $dir, $k++)) or die; print $out @line, "$head$p", $tail // "", ";\n" } }
      $line[$i] = $was }' "$2" "$work/moves" || return 1
  local f moved=1
  for f in "$work"/moves/*.econ; do
    ECON_LIBRARY=$PWD/stdlib timeout 60 "${ECONC:-build/econc}" run "$f" >/dev/null 2>&1
    [ $? = 4 ] && { moved=0; break; }
  done
  rm -f "$work"/moves/*.econ
  return $moved
}

mkdir -p "$work/moves"
for f in stdlib/*.econ; do page "$(basename "$f" .econ)" >"$work/$(basename "$f" .econ).md"; done
contents >"$work/README.md"
if [ "$update" = --update ]; then
  mkdir -p docs/library && rm -f docs/library/*.md && cp "$work"/*.md docs/library/
  exit
fi
for p in "$work"/*.md docs/library/*.md; do
  p=$(basename "$p")
  if cmp -s "$work/$p" "docs/library/$p"; then right; else wrong "docs/library/$p is stale: make docs-library"; fi
done
while IFS=: read -r file name; do
  example=$(perl -ne 'if (/^# Example: (\S+)/) { $e = $1 } if (/^institution '"$name"'\b/) { print $e; exit } $e = "" if /^\S/ && !/^#/' "$file")
  if [ -n "$example" ] && grep -q '^expect ' "$example" && grep -qE "\\b$name\\(|\\bwith $name\\b" "$example"; then right; else wrong "$name in $file has no worked example"; fi
  # Each in two economies, in files that solve with and without it and in which something that is expected is another number without it.
  uses=0
  for e in $(grep -lE "\\b$name\\(|\\bwith $name\\b" $(find examples -name '*.econ' | sort)); do
    [ "$uses" -lt 2 ] && [ "$(grep -c '^expect ' "$e")" -ge 2 ] && [ "$(grep -c '^solve ' "$e")" -ge 2 ] && moves "$name" "$e" && uses=$((uses + 1))
  done
  if [ "$uses" -ge 2 ]; then right; else wrong "$name in $file moves an expected number in $uses economies, and two are wanted"; fi
done < <(grep -HoE '^institution [a-z_]+' stdlib/*.econ | sed 's/:institution /:/')
echo "library: $passed passed, $failed failed"
[ "$failed" = 0 ]
