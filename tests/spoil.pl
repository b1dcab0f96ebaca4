#!/usr/bin/env perl
# spoil.pl [--every N] [--from K] [--seconds S] [--verbose] [--keep DIR] FILE...: what the command does with files that are wrong in one place. Each
# model is spoiled by every operator at every token (a token left out, doubled, exchanged with the next; a name in place of another; a number by 0, -1,
# 1e308, 1e-300; a line left out or doubled), the result is run, and what is said must keep the promises of docs/command.md:
#   the status is 0 to 4; no signal, no report of a sanitizer, not longer than the limit; 1 shows FILE:LINE:COLUMN, the line and a caret; 3 says what
#   was tried or why not; 0 shows neither an error nor a number that is none; a certified answer is one of status 0, 3 or 4.
# --every N takes each N-th mutant only (spread by a fixed generator, the same in every run). $ECONC is the command. Last line: spoil: N passed, N failed.
use strict;
use warnings;
use File::Temp qw(tempdir);
use File::Basename qw(dirname basename);
use File::Spec;
use Time::HiRes qw(time);

my ($every, $from, $seconds, $verbose, $keep) = (1, 0, 20, 0, undef);
while (@ARGV && $ARGV[0] =~ /^--(every|from|seconds|keep)$/) { my $o = $1; shift; my $v = shift; $every = $v if $o eq 'every'; $from = $v if $o eq 'from'; $seconds = $v if $o eq 'seconds'; $keep = $v if $o eq 'keep'; }
if (@ARGV && $ARGV[0] eq '--verbose') { $verbose = 1; shift; }
my $top = File::Spec->rel2abs(dirname(__FILE__) . '/..');
my $econc = File::Spec->rel2abs($ENV{ECONC} || "$top/build/econc");
$ENV{ECON_LIBRARY} ||= "$top/stdlib";
my $work = tempdir(CLEANUP => 1);
my ($passed, $failed, $number) = (0, 0, 0);

# Comments are kept out of the tokens: nothing is wrong in them. Newlines are tokens of their own, for tables.
sub tokens { my $s = shift; my @t; push @t, [$1, $-[0], $+[0]] while $s =~ /(?:#[^\n]*|[ \t]+)(*SKIP)(*FAIL)|("[^"\n]*"|[A-Za-z_]\w*|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\.\.|\.\.|->|[<>=]=|\n|.)/g; return @t; }

sub mutants {
  my $s = shift;
  my @t = grep { $_->[0] ne "\n" } tokens($s);
  my (@names, %seen, @m);
  for (@t) { push @names, $_->[0] if $_->[0] =~ /^[A-Za-z_]/ && !$seen{$_->[0]}++; }
  my $put = sub { my ($from, $to, $new, $what) = @_; push @m, [substr($s, 0, $from) . $new . substr($s, $to), $what]; };
  my $at = sub { my $p = shift; my $l = 1 + (substr($s, 0, $p) =~ tr/\n//); return "line $l"; };
  for my $i (0 .. $#t) {
    my ($x, $b, $e) = @{$t[$i]};
    my $where = $at->($b);
    $put->($b, $e, '', "$where: without '$x'");
    $put->($b, $e, "$x $x", "$where: '$x' twice");
    if ($i < $#t) { my ($y, $c, $d) = @{$t[$i + 1]}; $put->($b, $d, $y . substr($s, $e, $c - $e) . $x, "$where: '$x' and '$y' exchanged") if $x ne $y; }
    if ($x =~ /^\d/) { for my $v ('0', '-1', '1e308', '1e-300', '(0/0)', '1e9') { $put->($b, $e, $v, "$where: $v for $x") if $v ne $x; } }
    if ($x =~ /^[A-Za-z_]/) { my $k = $i; for my $step (1, 7) { my $y = $names[($k * 31 + $step * 17) % @names]; $put->($b, $e, $y, "$where: '$y' for '$x'") if $y ne $x; } $put->($b, $e, $x . 'x', "$where: '${x}x' for '$x'"); }
    my %turn = ('+' => '-', '-' => '+', '*' => '/', '/' => '*', '<=' => '>=', '>=' => '<=', '=' => '>=', '^' => '*', '[' => '(', ']' => ')', '(' => '{', ')' => '}', '@' => '^', ';' => ',', ',' => ';');
    $put->($b, $e, $turn{$x}, "$where: '$turn{$x}' for '$x'") if $turn{$x};
  }
  my $p = 0;
  for my $line (split /(?<=\n)/, $s) {
    my $e = $p + length $line;
    if ($line !~ /^\s*(#.*)?$/) { $put->($p, $e, '', $at->($p) . ': left out'); $put->($p, $e, $line . $line, $at->($p) . ': twice'); }
    $p = $e;
  }
  return @m;
}

sub slurp { open my $f, '<', $_[0] or return ''; local $/; my $s = <$f>; close $f; return $s // ''; }

sub wrong {
  my ($name, $status, $took, $out, $err) = @_;
  return "signal " . ($status & 127) if $status & 127;
  my $code = $status >> 8;
  return 'a sanitizer speaks' if $err =~ /Sanitizer|runtime error:/;
  return "longer than $seconds s" if $code == 124 || $code == 137;
  return "status $code" if $code > 4;
  return 'error without a place' if $code == 1 && $err !~ /^\Q$name\E:\d+:\d+: error: .+\n(?:.*\n)*?\s*(?:\d+\s*\|.*\n\s*\|)?\s*\^/m;
  return 'status 1 without an error' if $code == 1 && $err !~ /error: /;
  return 'an error and status ' . $code if ($code == 0 || $code == 2) && $err =~ /^\S+:\d+:\d+: error: /m && $err !~ /not solved|no equilibrium|not found/;
  return 'not solved, and nothing said' if $code == 3 && $err !~ /tried|witness|because|interrupted|not solved|no solution/;
  return 'no number in a table of status 0' if $code == 0 && $out =~ /(?<![\w.])-?(?:nan|inf)\b/i;
  return 'usage for a wrong model' if $code == 2;
  return undef;
}

my $draw = 1;                                                       # a linear congruential generator: the same sample everywhere
for my $file (@ARGV) {
  my $text = slurp($file);
  my $folder = dirname($file);
  my $name = basename($file);
  system('cp', $_, $work) for glob("$folder/*.csv $folder/*.econ");
  for my $m (mutants($text)) {
    $draw = ($draw * 1103515245 + 12345) % 2147483648;
    next if int($draw / 65536) % $every != $from;
    $number++;
    my $path = "$work/$name";
    open my $f, '>', $path or die; print $f $m->[0]; close $f;
    my $begin = time;
    my $limit = $seconds + 5;
    my $status = system("cd '$work' && timeout -k 2 $limit '$econc' run '$name' --seconds $seconds >'$work/.out' 2>'$work/.err' </dev/null");
    my $took = time - $begin;
    my $bad = wrong($name, $status, $took, slurp("$work/.out"), slurp("$work/.err"));
    $bad //= sprintf 'took %.1f s', $took if $took > $seconds;
    printf "%s: %s: status %d, %.2f s%s\n", $file, $m->[1], $status >> 8, $took, $bad ? ": $bad" : '' if $bad || $verbose;
    if ($bad) {
      $failed++;
      if ($keep) { (my $k = $file) =~ s{/}{_}g; $k =~ s/\.econ$//; system('mkdir', '-p', $keep); open my $o, '>', "$keep/$k-$number.econ"; print $o $m->[0]; close $o; print "  kept as $keep/$k-$number.econ\n"; }
      else { my @l = split /\n/, slurp("$work/.err"); print "    $_\n" for @l[0 .. ($#l < 5 ? $#l : 5)]; }
    } else { $passed++; }
  }
}
print "spoil: $passed passed, $failed failed\n";
exit($failed != 0);
