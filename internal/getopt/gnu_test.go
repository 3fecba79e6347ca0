//go:build linux

package getopt_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/getopt"
	"github.com/psha1sum/psha1sum/internal/quote"
)

// TestAgainstGNU runs the installed sha1sum in an empty directory with random command
// lines and compares the error, or the operands, taken from the files that it could not
// open.
func TestAgainstGNU(t *testing.T) {
	path := coreutils9(t, "sha1sum")
	dir := t.TempDir()
	cases := 1200
	if testing.Short() {
		cases = 200
	}
	rng := rand.New(rand.NewPCG(9, 1))
	tally := map[string]int{}
	for range cases {
		args, posix := randomArgs(rng), rng.IntN(4) == 0
		tally[run(t, path, dir, args, posix).compare(t, args, posix)]++
	}
	t.Logf("%v", tally)
	for _, kind := range []string{"refused", "helped", "conflicting", "ran"} {
		if tally[kind] < cases/50 {
			t.Errorf("only %d of %d command lines were %s", tally[kind], cases, kind)
		}
	}
}

// TestArgumentsAgainstGNU compares which word becomes an option's argument. sha1sum has
// no option with one; b2sum has, and repeats it in an error if it is not a number.
func TestArgumentsAgainstGNU(t *testing.T) {
	path := coreutils9(t, "b2sum")
	dir := t.TempDir()
	table := slices.Insert(slices.Clone(gnu), 1, getopt.Option{Long: "length", Short: 'l', Arg: true})
	for _, line := range []string{
		"-l", "-bl", "a -l", "--length", "--le", "--l a", "-lx", "-lx y", "-l x", "-l --", "-l -c", "-l '' a",
		"-bl x", "-blx", "-l=x", "-lb", "--length=x", "--length x", "--length= x", "--length '' x", "--le=x=y",
		"--length -- x", "--length --foo", "a -l x b", "a --length b c", "-- -l x", "-lx --foo", "--foo -lx",
	} {
		for _, posix := range []bool{false, true} {
			args := words(line)
			want := run(t, path, dir, args, posix).stderr[0]
			options, operands, err := parse(table, args, posix)
			if got := firstLine(options, operands, err); got != want {
				t.Errorf("%q posix=%v: we find %q, GNU %q", args, posix, got, want)
			}
		}
	}
}

// firstLine returns the first error that b2sum should print, given that no argument is
// a number and no operand exists.
func firstLine(options, operands []string, err error) string {
	for _, option := range options {
		if arg, ok := strings.CutPrefix(option, "length="); ok {
			return "invalid length: '" + arg + "'"
		}
	}
	if err != nil {
		return err.Error()
	}
	return named(operands)[0] + ": No such file or directory"
}

// coreutils9 returns the path of a program of GNU coreutils 9, or skips the test.
func coreutils9(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("no %s is installed", program)
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil || !strings.HasPrefix(string(version), program+" (GNU coreutils) 9.") {
		t.Skipf("the installed %s is not of GNU coreutils 9", program)
	}
	return path
}

// A result is the output of a GNU program.
type result struct {
	stdout string
	stderr []string // lines, without the program's name
	failed bool
}

func run(t *testing.T, path, dir string, args []string, posix bool) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	program := filepath.Base(path)
	cmd := exec.Cmd{
		Path: path, Args: append([]string{program}, args...),
		Dir: dir, Env: []string{"LC_ALL=C"},
		Stdout: &stdout, Stderr: &stderr,
	}
	if posix {
		cmd.Env = append(cmd.Env, "POSIXLY_CORRECT=")
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := result{stdout: stdout.String(), failed: err != nil}
	for line := range strings.Lines(stderr.String()) {
		r.stderr = append(r.stderr, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), program+": "))
	}
	return r
}

const tryHelp = "Try 'sha1sum --help' for more information."

// compare compares our parse of args with GNU's run and returns the kind of command
// line.
func (r result) compare(t *testing.T, args []string, posix bool) (kind string) {
	t.Helper()
	options, operands, err := parse(gnu, args, posix)
	if i := slices.IndexFunc(options, func(o string) bool { return o == "help" || o == "version" }); i >= 0 {
		start := map[string]string{"help": "Usage: ", "version": "sha1sum "}[options[i]]
		if r.failed || !strings.HasPrefix(r.stdout, start) {
			t.Errorf("%q posix=%v: we reach --%s, GNU prints %q %q", args, posix, options[i], r.stdout, r.stderr)
		}
		return "helped"
	}
	refused := len(r.stderr) == 2 && r.stderr[1] == tryHelp
	if err != nil {
		if !refused || r.stderr[0] != err.Error() {
			t.Errorf("%q posix=%v: we say %q, GNU %q", args, posix, err, r.stderr)
		}
		return "refused"
	}
	if refused {
		if !isConflict(r.stderr[0]) {
			t.Errorf("%q posix=%v: we accept it, GNU says %q", args, posix, r.stderr[0])
		}
		return "conflicting"
	}
	if got, want := r.unopened(), named(operands); !slices.Equal(got, want) {
		t.Errorf("%q posix=%v: our operands %q, GNU's %q", args, posix, want, got)
	}
	if len(operands) == 0 {
		operands = []string{"-"} // implied
	}
	if got, want := r.stdinRead(), len(operands)-len(named(operands)); got != want {
		t.Errorf("%q posix=%v: %d of our operands are -, %d of GNU's", args, posix, want, got)
	}
	return "ran"
}

// isConflict reports whether GNU rejects a combination of options, which it does only
// after getopt_long has accepted the command line.
func isConflict(line string) bool {
	return strings.Contains(line, "meaningless when") || strings.Contains(line, "meaningful only when") ||
		strings.Contains(line, "not supported when") || strings.Contains(line, "does not support")
}

// unopened returns the names that GNU could not open, in order.
func (r result) unopened() []string {
	var names []string
	for _, line := range r.stderr {
		if name, ok := strings.CutSuffix(line, ": No such file or directory"); ok {
			names = append(names, name)
		}
	}
	return names
}

// stdinRead returns how often GNU read the empty standard input, as a file or as a
// manifest.
func (r result) stdinRead() int {
	const nothing = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	return strings.Count(r.stdout, nothing) + strings.Count(strings.Join(r.stderr, ""), "'standard input'")
}

// named returns the operands that name files, as GNU quotes them.
func named(operands []string) []string {
	var names []string
	for _, name := range operands {
		if name != "-" {
			names = append(names, string(quote.AppendShell(nil, name, false)))
		}
	}
	return names
}
