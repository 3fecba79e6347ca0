//go:build unix

// Package clitest is what the tests of the command below test share. It starts the real
// psha1sum, and beside it the real GNU sha1sum, as a user or a script would, and watches
// what can be seen of them from outside.
//
//	main.go, build.go   the two tools: Main is every package's TestMain
//	need.go, io.go      what a test skips for want of
//	process.go          a tool is run, or started; session.go talks to it
//	trial.go            two tools are given the same; compare.go tells their
//	                    outcomes apart; scenario.go has them do the same in turn
//	generate*.go        random cases: names, trees, command lines, manifests
//	digest.go           lines; json.go, objects
//	files.go, find.go   what is there afterwards
//	signals.go, terminal_linux.go, screen.go
//	                    signals, terminals, and a model of what is seen of one
//	strace_linux.go, mount_linux.go, user.go, descriptors.go, memory.go
//	                    a machine on which something fails, or is scarce
//	family.go           GNU's other tools
//
// It knows nothing of psha1sum's inside but for which files it reads in what way.
//
// Three environment variables steer the tests: PSHA1SUM_TEST_BINARY names a program
// to test in place of a psha1sum built from these sources (with the real
// sha1sum itself, the tests test themselves), PSHA1SUM_TEST_IO=read or =uring
// has psha1sum called with that --io wherever a test doesn't say, and
// PSHA1SUM_NO_SKIP=1 turns each skip for want of a tool into a failure.
package clitest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
)

// Ours and GNU are the two tools compared. GNU is nil where no GNU sha1sum is
// installed.
var Ours, GNU *Tool

// Main runs the tests of a package, with Ours and GNU set, and ends the process.
func Main(m *testing.M) { os.Exit(Suite{m}.Run()) }

// Suite is the tests of a package, for who has to do more than Main does.
type Suite struct{ M *testing.M }

// Run builds what the tests need, runs them, removes it, and returns the exit status.
func (s Suite) Run() int {
	unignoreSignals()
	keepDescriptors()
	// Unprivileged runs of a test must be able to reach the tools, so this
	// directory is not the private one that MkdirTemp makes.
	dir, err := os.MkdirTemp("", "psha1sum-test-")
	if err == nil {
		defer os.RemoveAll(dir)
		err = os.Chmod(dir, 0o755)
	}
	if err == nil {
		err = findTools(dir)
	}
	if err == nil {
		err = moreAtOnce()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return s.M.Run()
}

// moreAtOnce has more tests run at once than there are processors, unless the command
// line says how many: many of them mostly wait, for files to age or a tool to rest.
func moreAtOnce() error {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
}

// unignoreSignals has the tools start with no signal ignored, also where the tests
// run under nohup or behind a shell's "&": what is caught here is theirs to die of.
// It goes on not to end the tests.
func unignoreSignals() {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGPIPE, syscall.SIGALRM} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// keepDescriptors has the tools inherit no file but those that a test gives them,
// whatever we were started with: make's job server, a shell's own descriptors.
func keepDescriptors() {
	entries, _ := os.ReadDir("/dev/fd")
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

// findTools sets Ours and GNU, both inside dir.
func findTools(dir string) (err error) {
	binary := os.Getenv("PSHA1SUM_TEST_BINARY")
	given := binary != ""
	switch way := os.Getenv(IOVariable); way {
	case "", "read", "uring":
	default:
		return fmt.Errorf("%s=%s: want read or uring", IOVariable, way)
	}
	if !given {
		binary = filepath.Join(dir, "binary")
		if err := buildTool(binary); err != nil {
			return err
		}
	}
	if Ours, err = newTool("psha1sum", binary, dir); err != nil {
		return err
	}
	Ours.Given = given
	Ours.StandIn = given && !hasOwnOptions(binary)
	reference := findGNU()
	if reference == "" {
		return nil
	}
	GNU, err = newTool("gnu", reference, dir)
	return err
}

// hasOwnOptions tells psha1sum from a stand-in.
func hasOwnOptions(binary string) bool {
	help, _ := exec.Command(binary, "--help").Output()
	return bytes.Contains(help, []byte("--jobs"))
}

// findGNU returns the path of an installed GNU sha1sum, or nothing. Where
// another system's own sha1sum comes first, GNU's is called gsha1sum.
func findGNU() string {
	for _, name := range []string{"sha1sum", "gsha1sum"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if version := CoreutilsVersion(path); version != (Release{}) {
			return path
		}
	}
	return ""
}

// earlyEntry tells whether the binary under test was linked with the entry
// point that sees what the process inherited, closed standard descriptors and
// ignored signals, before Go's runtime makes something else of it. The race
// detector's runtime needs an entry of its own.
const earlyEntry = runtime.GOOS == "linux" && runtime.GOARCH == "amd64" && !RaceEnabled

// SeesInherited tells whether the tool under test was linked so. Of one that
// was given it is expected.
func SeesInherited() bool { return earlyEntry || Ours.Given }

// Exists reports whether there is something of that name, if only a broken link.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}
