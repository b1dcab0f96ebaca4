#!/usr/bin/env perl
# spoil.pl [--every N] [--seconds S] [--keep DIR] [--verbose] FILE...: what the command does with models that are wrong in one place.
#
# Each model is spoiled at every token by every operator: the token left out, written twice, exchanged with the next one; another name of the model in place of a
# name; 0, -1, 1e308, 1e-300, 1e9 and 0/0 in place of a number; a sign for another sign; a line left out or written twice. The result is run, and what is said
# must keep what docs/command.md promises:
#   no signal, no report of a sanitizer, not longer than S seconds (20), a status from 0 to 4 other than usage;
#   status 1: FILE:LINE:COLUMN, the line and a caret under the place; 0: no error, and no number in the tables that is none;
#   status 3: what was tried, a witness, or what it waited for.
# Whether the numbers are right is not asked here: certificates are (tests/planted.c, tests/random.c).
# --every N takes one mutant in N, drawn by a fixed generator: the same in every run. --keep DIR keeps those that fail. $ECONC is the command (build/econc).
# Last line: spoil: N passed, N failed.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Getopt::Long;
use Time::HiRes qw(time);

my ($every, $seconds, $verbose, $keep) = (1, 20, 0, undef);
GetOptions('every=i' => \$every, 'seconds=i' => \$seconds, 'keep=s' => \$keep, 'verbose' => \$verbose) or die;
my $top = abs_path(dirname(__FILE__) . '/..');
my $econc = abs_path($ENV{ECONC} || "$top/build/econc");
$ENV{ECON_LIBRARY} ||= "$top/stdlib";
my $work = tempdir(CLEANUP => 1);

# ---- mutants ----

# [text, begin, end] of every token; comments and white space lie between them.
sub tokens {
  my $s = shift;
  my @t;
  push @t, [$1, $-[1], $+[1]] while $s =~ /\G(?:\s+|#[^\n]*)*("[^"\n]*"|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\.\.?|->|[<>]=|\S)/gc;
  return @t;
}

my @numbers = ('0', '-1', '1e308', '1e-300', '1e9', '(0/0)');
my %sign = ('+' => '-', '-' => '+', '*' => '/', '/' => '*', '<=' => '>=', '>=' => '<=', '=' => '>=', '^' => '*', '[' => '(', ']' => ')', '(' => '{', ')' => '}', '@' => '^', ';' => ',', ',' => ';', '->' => '..', '..' => '->');

# Calls f(text, what was done) with every mutant of s.
sub mutants {
  my ($s, $f) = @_;
  my @t = tokens($s);
  my (@names, %seen);
  for (@t) { push @names, $_->[0] if $_->[0] =~ /^[A-Za-z_]/ && !$seen{$_->[0]}++; }
  my $put = sub {
    my ($begin, $end, $new, $what) = @_;
    $f->(sub { substr($s, 0, $begin) . $new . substr($s, $end) }, sub { sprintf 'line %d: %s', 1 + (substr($s, 0, $begin) =~ tr/\n//), $what });
  };
  for my $i (0 .. $#t) {
    my ($x, $b, $e) = @{$t[$i]};
    $put->($b, $e, '', "without `$x`");
    $put->($b, $e, "$x $x", "`$x` twice");
    if ($i < $#t && $x ne $t[$i + 1][0]) {
      my ($y, $c, $d) = @{$t[$i + 1]};
      $put->($b, $d, $y . substr($s, $e, $c - $e) . $x, "`$x` and `$y` exchanged");
    }
    if ($x =~ /^\d/) { $_ ne $x && $put->($b, $e, $_, "$_ for $x") for @numbers; }
    if ($x =~ /^[A-Za-z_]/) {
      $_ ne $x && $put->($b, $e, $_, "`$_` for `$x`") for $names[(31 * $i + 17) % @names], $names[(31 * $i + 119) % @names], $x . 'x';
    }
    $put->($b, $e, $sign{$x}, "`$sign{$x}` for `$x`") if $sign{$x};
  }
  my $p = 0;
  for my $line (split /(?<=\n)/, $s) {
    my $e = $p + length $line;
    if ($line !~ /^\s*(?:#.*)?$/) { $put->($p, $e, '', 'left out'); $put->($p, $e, $line . $line, 'twice'); }
    $p = $e;
  }
}

# ---- what must not be ----

sub slurp {
  open my $f, '<', $_[0] or return '';
  local $/;
  return <$f> // '';
}

sub wrong {
  my ($name, $status, $took, $out, $err) = @_;
  my $code = $status >> 8;
  return 'a sanitizer speaks' if $err =~ /Sanitizer|runtime error:/;
  return 'signal ' . ($status & 127) if $status & 127;
  return "longer than $seconds s" if $code == 124 || $code == 137 || $took > $seconds;
  return "status $code" if $code > 4 || $code == 2;
  return 'a mistake without a place' if $code == 1 && $err !~ m{^\S+:\d+:\d+: error: [^\n]+\n[^\n]*\n\s*\^}m;
  return 'a mistake, and status 0' if $code == 0 && $err =~ /: error: /;
  return 'not solved, and nothing said' if $code == 3 && $err !~ /tried|witness|waits|not attempted|cannot|no value|finite/;
  return 'a number that is none' if $code == 0 && $out =~ /(?<![\w.])-?(?:nan|inf)\b/;
  return undef;
}

# ---- all of them ----
my ($passed, $failed, $draw) = (0, 0, 1);
for my $file (@ARGV) {
  my $name = basename($file);
  copy($_, $work) for glob(dirname($file) . '/*.{csv,econ}');
  mutants(slurp($file), sub {
    my ($text, $what) = @_;
    $draw = ($draw * 1103515245 + 12345) % 2147483648;             # a linear congruential generator
    return if int($draw / 65536) % $every;
    my $path = "$work/$name";
    open my $f, '>', $path or die "$path: $!";
    print $f $text->();
    close $f;
    my ($begin, $limit) = (time, $seconds + 5);
    my $status = system("cd '$work' && timeout -k 2 $limit '$econc' run '$name' --memory 1G --seconds $seconds >.out 2>.err </dev/null");
    my $took = time - $begin;
    my $bad = wrong($name, $status, $took, slurp("$work/.out"), slurp("$work/.err"));
    printf "%s: %s: status %d, %.2f s%s\n", $file, $what->(), $status >> 8, $took, $bad ? ": $bad" : '' if $bad || $verbose;
    $bad ? $failed++ : $passed++;
    if ($bad && $keep) {
      make_path($keep);
      copy($path, "$keep/$failed-$name");
      print "    kept as $keep/$failed-$name\n";
    }
  });
}
print "spoil: $passed passed, $failed failed\n";
exit($failed != 0);
