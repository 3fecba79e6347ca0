//go:build unix

// Package clitest is shared by the tests of the command below test. It starts the real
// psha1sum, and the real GNU sha1sum for comparison, as a user or a script would, and
// observes them from outside.
//
//	main.go, build.go   the two tools: Main is every package's TestMain
//	need.go, io.go      conditions for skipping a test
//	process.go          runs or starts a tool; session.go talks to it
//	trial.go            gives two tools the same input; compare.go compares their
//	                    outcomes; scenario.go runs a test on each in turn
//	generate*.go        random cases: names, trees, command lines, manifests
//	digest.go           lines; json.go, objects
//	files.go, find.go   the resulting files
//	signals.go, terminal_linux.go, screen.go
//	                    signals, terminals, and a model of a terminal's screen
//	strace_linux.go, mount_linux.go, user.go, descriptors.go, memory.go
//	                    machines with faults or scarce resources
//	family.go           GNU's other tools
//
// It knows nothing about psha1sum's internals, except how it reads which files.
//
// Three environment variables control the tests: PSHA1SUM_TEST_BINARY names a program to
// test instead of a psha1sum built from these sources (with the real sha1sum the tests
// test themselves), PSHA1SUM_TEST_IO=read or =uring calls psha1sum with that --io unless
// a test says otherwise, and PSHA1SUM_NO_SKIP=1 turns each skip for lack of a tool into a
// failure.
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

// Ours and GNU are the two tools to compare. GNU is nil if no GNU sha1sum is installed.
var Ours, GNU *Tool

// Main sets Ours and GNU, runs the tests of a package, and exits.
func Main(m *testing.M) { os.Exit(Suite{m}.Run()) }

// A Suite is the tests of a package, for a TestMain that does more than Main.
type Suite struct{ M *testing.M }

// Run builds the tools, runs the tests, removes temporary files, and returns the exit
// status.
func (s Suite) Run() int {
	unignoreSignals()
	keepDescriptors()
	// Not private like the directories of MkdirTemp, because unprivileged runs must be
	// able to reach the tools.
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

// moreAtOnce runs more tests in parallel than there are processors, unless the command
// line sets the number: many tests mostly wait.
func moreAtOnce() error {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
}

// unignoreSignals makes the tools start with no signal ignored, even if the tests run
// under nohup or in a shell's background. A signal caught here has its default action in
// the tools. It still doesn't end the tests.
func unignoreSignals() {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGPIPE, syscall.SIGALRM} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// keepDescriptors prevents the tools from inheriting files that the tests were started
// with, such as make's job server or a shell's own descriptors.
func keepDescriptors() {
	entries, _ := os.ReadDir("/dev/fd")
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

// findTools sets Ours and GNU. It puts both inside dir.
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

// hasOwnOptions reports whether binary is psha1sum and not a stand-in.
func hasOwnOptions(binary string) bool {
	help, _ := exec.Command(binary, "--help").Output()
	return bytes.Contains(help, []byte("--jobs"))
}

// findGNU returns the path of an installed GNU sha1sum, or "". It may be called gsha1sum
// on other systems.
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

// earlyEntry means that the binary under test has the entry point that records inherited
// state, closed standard descriptors and ignored signals, before Go's runtime changes it.
// The race detector's runtime needs an entry point of its own.
const earlyEntry = runtime.GOOS == "linux" && runtime.GOARCH == "amd64" && !RaceEnabled

// SeesInherited reports whether the tool under test has that entry point. One that was
// given must have it.
func SeesInherited() bool { return earlyEntry || Ours.Given }

// Exists reports whether a file of that name exists, even if it is a broken link.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}
