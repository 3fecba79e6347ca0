//go:build linux

package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// old is the previous contents of a target.
const old = "da39a3ee5e6b4b0d3255bfef95601890afd80709  what was there before\n"

// A result is a tree of files and its expected output.
type result struct {
	tree, out string // directories
	names     []string
	want      string // GNU's lines
	manifest  string // file with these lines
}

// attackOutput kills runs and writes to strange targets. A target must have the old
// contents, or the complete new contents, and the latter if the status is 0.
func attackOutput(t *trial) {
	r, err := t.newResult()
	if err != nil {
		t.note("no files for --output: %v", err)
		return
	}
	if t.number%3 == 2 {
		t.strangeTargets(r)
		return
	}
	began := time.Now()
	t.run(r.command(filepath.Join(t.dir, "warm-up")))
	took := time.Since(began)
	for range 40 {
		if t.over() {
			return
		}
		if t.chance(70) {
			t.killOutput(r, took)
		} else {
			t.killReport(r, took)
		}
	}
}

// newResult creates files and has GNU hash them.
func (t *trial) newResult() (*result, error) {
	r := &result{tree: filepath.Join(t.dir, "tree"), out: filepath.Join(t.dir, "out"), manifest: filepath.Join(t.dir, "manifest")}
	for _, dir := range []string{r.tree, r.out} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	for i := range 50 + t.IntN(700) {
		name := fmt.Sprintf("%04d", i)
		if err := os.WriteFile(filepath.Join(r.tree, name), randomBytes(t.Rand, t.IntN(4000)), 0o644); err != nil {
			return nil, err
		}
		r.names = append(r.names, name)
	}
	o := t.gnu("sha1sum", r.tree, r.names...)
	if r.want = o.stdout; o.status != "exit 0" {
		return nil, errors.New(o.stderr)
	}
	return r, os.WriteFile(r.manifest, []byte(r.want), 0o644)
}

// command returns a run that writes the lines to a file.
func (r *result) command(to string) command {
	return command{dir: r.tree, args: slices.Concat([]string{"-o", to, "--"}, r.names)}
}

// deadly are signals that end a process by default and that other processes may send.
var deadly = []syscall.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGPIPE, syscall.SIGALRM, syscall.SIGUSR1,
	syscall.SIGUSR2, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGVTALRM, syscall.SIGABRT, syscall.SIGKILL,
}

// killed runs a command and sends it a signal at a random time. It checks how the
// command ends.
func (t *trial) killed(c command, took time.Duration) (o outcome, signal syscall.Signal) {
	signal = pick(t.Rand, deadly...)
	p := t.start(c)
	// More often near the beginning and the end.
	at := time.Duration(t.Int64N(int64(took + took/4 + 1)))
	if t.chance(25) {
		at = time.Duration(t.IntN(4000)) * time.Microsecond
	}
	time.Sleep(at)
	p.signal(signal)
	o = p.wait()
	t.count("runs", 1)
	t.count("kills", 1)
	if t.ended() || !t.sane(c, o) {
		return o, signal
	}
	if o.status != "exit 0" && o.status != "signal: "+signal.String() {
		t.find("%v after %v gives %q\n%s\n%s", signal, at, o.status, c.words(), o)
	}
	return o, signal
}

// killOutput kills a run with -o.
func (t *trial) killOutput(r *result, took time.Duration) {
	to := filepath.Join(r.out, "SUMS")
	before := old
	if t.chance(20) {
		before = ""
		os.Remove(to)
	} else {
		os.WriteFile(to, []byte(old), 0o644)
	}
	c := r.command(to)
	if t.chance(30) && t.machine.seccomp {
		// Then the temporary file has a name, at least at the end.
		c.denied.Calls = map[string]syscall.Errno{"linkat": syscall.EPERM}
	}
	o, signal := t.killed(c, took)
	if t.ended() {
		return
	}
	text, err := os.ReadFile(to)
	switch got := string(text); {
	case got == r.want:
	case o.status == "exit 0":
		t.find("exit 0, but the results are lost: %v, %s\n%s", err, firstDifference(got, r.want), c.words())
	case got != before || before == "" && err == nil:
		t.find("%v leaves partial output: %v, %s\n%s", signal, err, firstDifference(got, r.want), c.words())
	}
	t.noRemains(r, c, signal)
}

// noRemains looks for files that a run left beside its target. After SIGKILL a named
// temporary file may remain.
func (t *trial) noRemains(r *result, c command, signal syscall.Signal) {
	entries, _ := os.ReadDir(r.out)
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == "SUMS", name == "report.xml":
		case signal == syscall.SIGKILL && strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".tmp"):
			t.count("temporary files left by SIGKILL", 1)
			os.Remove(filepath.Join(r.out, name))
		default:
			t.find("%v leaves %q behind\n%s", signal, name, c.words())
		}
	}
}

// killReport kills a run with a JUnit report.
func (t *trial) killReport(r *result, took time.Duration) {
	to := filepath.Join(r.out, "report.xml")
	os.WriteFile(to, []byte(old), 0o644)
	c := command{dir: r.tree, args: []string{"--check", "--quiet", "--report=junit:" + to, r.manifest}}
	o, signal := t.killed(c, took)
	if t.ended() {
		return
	}
	text, err := os.ReadFile(to)
	cases, wrong := countCases(string(text))
	switch {
	case wrong == nil && cases == len(r.names):
	case o.status == "exit 0":
		t.find("exit 0, but the report is lost: %v, %v, %d cases of %d: %.300q\n%s", err, wrong, cases, len(r.names), text, c.words())
	case string(text) != old:
		t.find("%v leaves a partial report: %v, %v, %d cases of %d: %.300q\n%s", signal, err, wrong, cases, len(r.names), text, c.words())
	}
	t.noRemains(r, c, signal)
}

// countCases counts the test cases in a complete report.
func countCases(text string) (n int, err error) {
	depth := 0
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			if token.Name.Local == "testcase" {
				n++
			}
		case xml.EndElement:
			depth--
		}
		switch {
		case err == io.EOF && depth == 0 && n > 0:
			return n, nil
		case err != nil:
			return n, fmt.Errorf("at depth %d: %w", depth, err)
		}
	}
}

// nobody is a user who owns nothing.
const nobody = 65534

// shuffled returns its argument in random order.
func shuffled[T any](r *rand.Rand, of []T) []T {
	of = slices.Clone(of)
	r.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	return of
}
