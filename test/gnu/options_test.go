//go:build unix

package gnu_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// optionDir returns a directory with a file that is also a valid manifest, so that both
// hashing and checking it produce output, and with files named like options, in case an
// option is taken for an operand.
func optionDir(t *testing.T) string {
	dir := t.TempDir()
	clitest.Write(t, dir, "abc", "abc")
	clitest.Write(t, dir, "changed", "changed")
	clitest.Write(t, dir, "f", "a9993e364706816aba3e25717850c26c9cd0d89d  abc\n"+
		"0000000000000000000000000000000000000000  changed\n"+
		"not a line\n"+
		"da39a3ee5e6b4b0d3255bfef95601890afd80709  missing\n"+
		"SHA1 (abc) = a9993e364706816aba3e25717850c26c9cd0d89d\n")
	for _, name := range []string{"-b", "--tag", "--check", "--", "-c"} {
		clitest.Write(t, dir, name, name)
	}
	return dir
}

// TestOptionOrders compares every sequence of up to two options, or three, because
// later ones undo earlier ones and the first conflict is the one reported.
func TestOptionOrders(t *testing.T) {
	t.Parallel()
	options := []string{"-b", "-t", "-c", "--tag", "-z", "-w", "--quiet", "--status", "--strict", "--ignore-missing"}
	length := large.Or(2, 3)
	var lines [][]string
	last := [][]string{nil}
	for range length {
		var longer [][]string
		for _, sequence := range last {
			for _, option := range options {
				longer = append(longer, append(slices.Clone(sequence), option))
			}
		}
		lines = append(lines, longer...)
		last = longer
	}
	if clitest.GNU != nil && !clitest.GNU.Release.Before(9, 10) {
		lines = slices.DeleteFunc(lines, func(args []string) bool {
			// Newer releases refuse this pair in any order, and find conflicts
			// in another order.
			return slices.Contains(args, "--tag") && slices.Contains(args, "-t")
		})
	}
	for i := range lines {
		lines[i] = append(lines[i], "f")
	}
	clitest.CompareArgs(t, optionDir(t), lines)
}

// TestLongOptionSpellings compares every prefix of every long option, alone,
// with a value, with an empty one, and misspelled.
func TestLongOptionSpellings(t *testing.T) {
	t.Parallel()
	var lines [][]string
	for _, option := range clitest.LongOptions {
		for n := range len(option) + 1 {
			for i, after := range []string{"", "=", "=x", "x", "-", "=\xff\n"} {
				if (i+n)%3 != 0 && !*large.Flag {
					continue
				}
				lines = append(lines, []string{"--" + option[:n] + after, "f"})
			}
		}
	}
	if clitest.RaceEnabled || testing.Short() {
		lines = lines[:100]
	}
	clitest.CompareArgs(t, optionDir(t), lines)
}

// TestShortOptionBytes compares every byte as a short option, alone and in a
// bundle.
func TestShortOptionBytes(t *testing.T) {
	t.Parallel()
	var lines [][]string
	for b := 1; b < 256; b++ {
		option := string([]byte{byte(b)})
		plain := b > ' ' && b < 0x7f
		if strings.Contains(clitest.OwnLetters, option) || !plain && b%8 != 0 && !*large.Flag {
			continue
		}
		lines = append(lines, []string{"-" + option, "f"}, []string{"-w" + option + "y", "f"})
	}
	if clitest.RaceEnabled || testing.Short() {
		lines = lines[100:200]
	}
	clitest.CompareArgs(t, optionDir(t), lines)
}

// TestOptionPlaces compares options between, before and behind operands, and
// what ends them.
func TestOptionPlaces(t *testing.T) {
	lines := [][]string{
		{}, {"-"}, {""}, {"--"}, {"--", "--"}, {"-", "-"}, {"--", "-b", "abc"},
		{"abc", "-b"}, {"abc", "-b", "changed"}, {"abc", "--", "-b"}, {"abc", "--tag", "--", "--tag"},
		{"f", "-c"}, {"f", "--check", "--", "--check"}, {"-c", "f", "-w"}, {"-", "-c"}, {"abc", "-", "-b"},
		{"--help"}, {"abc", "--help"}, {"--help", "--foo"}, {"--foo", "--help"}, {"--version", "--help"}, {"--help", "--version"},
		{"--tag", "-t", "--help"}, {"-cz", "--version"}, {"--", "--help"}, {"-y", "--help"}, {"missing", "--version"},
		{"help"}, {"h"}, {"-h"}, {"-v"}, {"-check"}, {"-cw", "f"}, {"-wc", "f"}, {"-cwy", "f"}, {"-c=x"}, {"-é"}, {"-\n"},
		{"---check"}, {"--generate-bash-completion"}, {"abc", "--generate-bash-completion"}, {"-c", "--check", "f"}, {"-btbt", "abc"},
	}
	for _, env := range []string{"POSIXLY_INCORRECT=1", "POSIXLY_CORRECT=", "POSIXLY_CORRECT=1", "LC_ALL=C.UTF-8"} {
		t.Run(env, func(t *testing.T) { clitest.CompareArgs(t, optionDir(t), lines, env) })
	}
}

// TestProgramName checks that messages contain the whole of argv[0] as typed.
func TestProgramName(t *testing.T) {
	for _, tool := range clitest.Tools() {
		t.Run(tool.Title, func(t *testing.T) {
			for _, called := range []string{tool.Path(), tool.Dir + "/./sha1sum"} {
				for _, test := range []struct {
					args []string
					want string
				}{
					{[]string{"missing"}, called + ": missing: No such file or directory\n"},
					{[]string{"-y"}, called + ": invalid option -- 'y'\nTry '" + called + " --help' for more information.\n"},
				} {
					out := tool.Output(t, test.args, clitest.Settings{Called: called})
					if string(out.Stderr) != test.want || out.Status != "exit 1" {
						t.Errorf("%q\nwant %q\ngot\n%s", test.args, test.want, out)
					}
				}
			}
		})
	}
}
