//go:build unix

package clitest

import (
	"slices"
	"strings"
)

// LongOptions are GNU's options, in the order in which it lists ambiguities.
var LongOptions = []string{
	"check", "ignore-missing", "quiet", "status", "warn", "strict", "tag", "zero", "binary", "text", "help", "version",
}

// ShortOf maps long options to short ones.
var ShortOf = map[string]string{"binary": "b", "check": "c", "text": "t", "warn": "w", "zero": "z"}

// prefixes returns every unambiguous prefix of a long option, including itself.
func prefixes(option string) []string {
	var unique []string
	for n := 1; n <= len(option); n++ {
		matches := 0
		for _, other := range LongOptions {
			if strings.HasPrefix(other, option[:n]) {
				matches++
			}
		}
		if matches == 1 || n == len(option) {
			unique = append(unique, option[:n])
		}
	}
	return unique
}

// hashOptions and checkOptions are options that may be combined.
var (
	hashOptions  = []string{"binary", "text", "tag", "zero"}
	checkOptions = []string{"ignore-missing", "quiet", "status", "warn", "strict"}
)

// strangeOptions are arguments that are wrong, or nearly.
var strangeOptions = []string{
	"-h", "-v", "-V", "-q", "-s", "-d", "-m", "-y", "-é", "-\n", "-\xff", "-c=x", "-check", "-by", "-cwy", "-b-", "--s", "--st", "--sta",
	"--t", "--t=x", "--=", "--=x", "--foo", "--foo=bar", "--\xff", "---check", "---", "--check=x", "--check=", "--che=x", "--Check",
	"--raw", "--base64", "--untagged", "--algorithms=sha1", "--len=160", "--generate-bash-completion", "--no-check",
	"--help", "--version", "--he", "--v", "--help=x", "--version=",
}

// Options returns random options for a run of the kind, and sometimes options that aren't
// allowed for it.
func (g Generator) Options(check bool) []string {
	var wanted []string
	add := func(percent int, options ...string) {
		for _, option := range options {
			if g.Chance(percent) {
				wanted = append(wanted, option)
			}
		}
	}
	if check {
		add(100, "check")
		add(25, checkOptions...)
		add(2, hashOptions...)
	} else {
		add(20, hashOptions...)
		add(1, checkOptions...)
	}
	if g.Chance(10) {
		add(15, LongOptions...)
	}
	g.Shuffle(len(wanted), func(i, j int) { wanted[i], wanted[j] = wanted[j], wanted[i] })
	args := g.spell(wanted)
	if g.Chance(4) {
		args = append(args, Pick(g, strangeOptions...))
	}
	return args
}

// spell writes options in a random form that getopt_long accepts.
func (g Generator) spell(options []string) []string {
	var args []string
	for _, option := range options {
		short := ShortOf[option]
		last := len(args) - 1
		switch {
		case short != "" && last >= 0 && !strings.HasPrefix(args[last], "--") && g.Chance(40):
			args[last] += short // combined short options
		case short != "" && g.Chance(60):
			args = append(args, "-"+short)
		default:
			args = append(args, "--"+Pick(g, prefixes(option)...))
		}
	}
	return args
}

// Mix inserts options between operands and keeps the operands' order.
func (g Generator) Mix(options, operands []string) []string {
	var args []string
	for len(options)+len(operands) > 0 {
		if g.Chance(3) {
			args = append(args, "--")
		}
		if len(options) > 0 && (len(operands) == 0 || g.Chance(60)) {
			args, options = append(args, options[0]), options[1:]
		} else {
			args, operands = append(args, operands[0]), operands[1:]
		}
	}
	return args
}

// OwnLetters are the short options that only psha1sum has.
const OwnLetters = "ajlrLxCo"

// NotOurs rewrites words that could be taken for our own short options, such as -a as the
// name of a file.
func NotOurs(args []string) []string {
	for i, arg := range args {
		if strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.ContainsAny(arg, OwnLetters) {
			args[i] = "./" + arg
		}
	}
	return args
}

// WithoutText removes what might be -t: from 9.10 on GNU rejects it together with --tag
// in any order, after other checks.
func WithoutText(args []string) []string {
	return slices.DeleteFunc(args, func(arg string) bool {
		bundle := strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--")
		return strings.HasPrefix(arg, "--te") || bundle && strings.Contains(arg, "t")
	})
}

// Locale returns environment variables that select a locale, which affects how names are
// quoted.
func (g Generator) Locale() []string {
	return Weighted(g, []Choice[[]string]{
		{8, nil},
		{4, []string{"LC_ALL=C"}},
		{8, []string{"LC_ALL=C.UTF-8"}},
		{1, []string{"LC_ALL=C.utf8"}},
		{1, []string{"LC_ALL=POSIX", "LANG=C.UTF-8"}},
		{1, []string{"LC_CTYPE=C.UTF-8", "LANG=C"}},
		{1, []string{"LANG=C.UTF-8", "LC_ALL="}},
		{1, []string{"LC_ALL=xx_XX.UTF-8"}}, // installed nowhere
		{1, []string{"LC_CTYPE=C", "LANG=C.UTF-8"}},
	})
}
