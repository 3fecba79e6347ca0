//go:build unix

// Package main_test runs the real psha1sum beside the real GNU sha1sum, as a
// user or a script would, and compares what can be seen of them from outside:
// both output streams, the exit status or the signal of death, where standard
// input was left, and what was opened when.
//
// The files, by theme:
//
//	differential_test.go   random cases against GNU sha1sum; generate_*.go is
//	                       where they come from, shrink_test.go cuts them down
//	options_test.go        getopt_long, conflicts, every order of options
//	quoting_test.go        file names in diagnostics; controls_linux_test.go has
//	                       all messages about names that a terminal would obey
//	check_test.go          lines of manifests, in bulk
//	streams_test.go        closed, full and broken standard streams
//	order_test.go          what is opened and printed when
//	terminal_linux_test.go the same on a terminal
//	progress_linux_test.go --progress on one; screen_test.go models what is seen,
//	                       progress_time_linux_test.go has its rules of time
//	signals_test.go        deaths by signal, inherited ignores; signals_linux_test.go
//	                       from the first system call on, and blocked ones
//	threads_linux_test.go  few threads and slow storage
//	resources_test.go      descriptors, memory, many and huge inputs
//	descriptors_linux_test.go
//	                       descriptors that are few, or our own
//	trees_test.go          -r against find, sort and xargs; trees_change_test.go
//	                       has somebody else at work in a tree,
//	                       trees_large_test.go one of any size,
//	                       trees_descriptors_linux_test.go few descriptors, and
//	                       trees_links_linux_test.go links without openat2(2)
//	list_test.go           --files0-from against wc
//	faults_linux_test.go   injected errors and delays
//	fuse_linux_test.go     a file system in user space, with whatever one may
//	                       serve; filesystems_linux_test.go has images of others
//	permissions_test.go    what an unprivileged user may not read
//	jobs_test.go           options that GNU does not have
//	beneath_test.go        manifests that aren't trusted; beneath_linux_test.go
//	                       changes what they name meanwhile
//	directories_test.go        more directories than descriptors
//	output_test.go         --output; output_linux_test.go ends it by signals and
//	                       faults, with temporary files of either kind, and in
//	                       output_place_linux_test.go nothing can be renamed
//	json_test.go           --json, read back by other parsers and held against
//	                       its schema
//	explain_test.go        --explain: each reason, hostile names and contents;
//	                       release_test.go damages the files of a real release
//	audit_test.go          --audit, held against a model
//	auto_test.go           -a auto, held against a model; auto_linux_test.go
//	                       counts what is read
//	require_test.go        --require and --expect, in reports
//	failfast_test.go       --fail-fast: what it doesn't wait for
//	packages_test.go       manifests of Debian's packages: --json made into GNU
//	                       md5sum's lines, an audit
//	kernels_test.go        each kernel in turn
//	io_test.go             each way of reading; io_linux_test.go refuses a ring,
//	                       and has it read what is slow or broken
//	cache_linux_test.go    --cache: what is found, and what has changed;
//	                       cache_belief_linux_test.go has wrong digests in it,
//	                       cache_damage_linux_test.go anything else,
//	                       cache_kill_linux_test.go ends runs by SIGKILL,
//	                       interrupt_linux_test.go by other signals, with large
//	                       files that are then gone on with,
//	                       cache_shared_linux_test.go has several use one,
//	                       cache_writers_linux_test.go has what is never kept, and
//	                       cache_own_linux_test.go the files of the cache itself
//	help_test.go           --help and --version; listing_test.go reads what it lists
//	man_test.go            the manual page, held against that
//	completion_test.go     the shells' completions, too; completion_linux_test.go
//	                       asks the shells
//	reports_test.go        hostile names for reports, files that can't be made
//	junit_test.go          --report=junit, read back with several parsers
//	github_test.go         --report=github, as runner_test.go reads it, which
//	                       models GitHub's runner
//	action_test.go         the Action: action.yml, and its script at work
//	vectors_test.go        NIST's vectors, the committed sample tree
//	script_test.go         testdata/script: what the command does, as a story
//	process_test.go        how all of them start a tool and watch it;
//	                       session_test.go talks to one, trial_test.go gives
//	                       two the same, compare_test.go tells them apart
//
// Three environment variables steer them: PSHA1SUM_TEST_BINARY names a program
// to test in place of a psha1sum built from these sources (with the real
// sha1sum itself, the tests test themselves), PSHA1SUM_TEST_IO=read or =uring
// has psha1sum called with that --io wherever a test doesn't say, and
// PSHA1SUM_NO_SKIP=1 turns each skip for want of a tool into a failure.
package main_test

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

	psha1sum "github.com/psha1sum/psha1sum/cmd/psha1sum"
	"github.com/rogpeppe/go-internal/testscript"
)

// ours and gnu are the two tools compared. gnu is nil where no GNU sha1sum is
// installed.
var ours, gnu *tool

func TestMain(m *testing.M) {
	if os.Getenv(inHaste) != "" {
		os.Exit(psha1sum.RunHastily(os.Args))
	}
	testscript.Main(suite{m}, map[string]func(){"psha1sum": scriptCommand})
}

// inHaste is a variable that has the binary of these tests be psha1sum itself, with a
// fast clock for its progress: one second of waiting takes a twentieth of that.
const inHaste = "PSHA1SUM_TEST_IN_HASTE"

// suite is the tests with what they need built before and removed after them.
type suite struct{ m *testing.M }

func (s suite) Run() int {
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
	return s.m.Run()
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

// findTools sets ours and gnu, both inside dir.
func findTools(dir string) (err error) {
	binary := os.Getenv("PSHA1SUM_TEST_BINARY")
	given := binary != ""
	switch way := os.Getenv(testIO); way {
	case "", "read", "uring":
	default:
		return fmt.Errorf("%s=%s: want read or uring", testIO, way)
	}
	if !given {
		binary = filepath.Join(dir, "binary")
		if err := build(binary); err != nil {
			return err
		}
	}
	if ours, err = newTool("psha1sum", binary, dir); err != nil {
		return err
	}
	ours.given = given
	ours.standIn = given && !hasOwnOptions(binary)
	reference := findGNU()
	if reference == "" {
		return nil
	}
	gnu, err = newTool("gnu", reference, dir)
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
		if version := coreutilsVersion(path); version != (release{}) {
			return path
		}
	}
	return ""
}

// build makes the binary under test: as releases are made, since only
// scripts/build knows the entry point that sees closed descriptors, or with the
// race detector where the tests themselves run under it.
func build(out string) error {
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	script := filepath.Join(root, "scripts", "build")
	command := exec.Command(script, out)
	_, err = exec.LookPath("bash") // which the script asks for
	switch {
	case raceEnabled:
		command = exec.Command("go", "build", "-race", "-o", out, "./cmd/psha1sum")
	case err != nil || !exists(script):
		command = exec.Command("go", append(releaseBuild(), "-o", out, "./cmd/psha1sum")...)
	}
	command.Dir = root
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", command.Args, err, text)
	}
	return nil
}

// releaseBuild is the essence of scripts/build, for machines without bash.
func releaseBuild() []string {
	if earlyEntry {
		return []string{"build", "-tags", "urfave_cli_no_docs,early_entry", "-ldflags", "-E main.preEntry -checklinkname=0"}
	}
	return []string{"build", "-tags", "urfave_cli_no_docs"}
}

// earlyEntry tells whether the binary under test was linked with the entry
// point that sees what the process inherited, closed standard descriptors and
// ignored signals, before Go's runtime makes something else of it. The race
// detector's runtime needs an entry of its own.
const earlyEntry = runtime.GOOS == "linux" && runtime.GOARCH == "amd64" && !raceEnabled

// seesInherited tells whether the tool under test was linked so. Of one that
// was given it is expected.
func seesInherited() bool { return earlyEntry || ours.given }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// lacks skips a test for want of something that this machine doesn't have. On
// a machine that is meant to have everything, PSHA1SUM_NO_SKIP=1 turns it into
// a failure.
func lacks(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("PSHA1SUM_NO_SKIP") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// notMeant skips a test that this build or this reference is not meant to pass.
func notMeant(t testing.TB, format string, args ...any) {
	t.Helper()
	t.Skipf(format, args...)
}

// needGNU skips a test where there is nothing to compare with.
func needGNU(t testing.TB) {
	t.Helper()
	if gnu == nil {
		lacks(t, "no GNU sha1sum is installed")
	}
}

// needEarlyEntry skips a test of what a process inherits for builds that can't
// see it.
func needEarlyEntry(t testing.TB) {
	t.Helper()
	if !seesInherited() {
		notMeant(t, "only the scripted build for linux/amd64, without -race, sees what it inherited")
	}
}

// needOwn skips a test of what GNU sha1sum can't do where it stands in.
func needOwn(t testing.TB) {
	t.Helper()
	if ours.standIn {
		notMeant(t, "a stand-in is tested, which has only what GNU has")
	}
}

// needProgram returns the path of a program that a test runs beside the tools.
func needProgram(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		lacks(t, "%s is not installed", name)
	}
	return path
}

// needFile skips a test for want of a file such as /dev/full.
func needFile(t testing.TB, path string) {
	t.Helper()
	if !exists(path) {
		lacks(t, "this system has no %s", path)
	}
}
