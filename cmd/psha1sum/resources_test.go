//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/large"
)

var largeFlag = large.Flag

// runtimeTakes is how many descriptors Go's runtime has open, at the most, in a psha1sum
// that does nothing: those that are to be seen here, and two that it may open later.
var runtimeTakes = sync.OnceValue(func() int {
	const poller = 2
	in, inEnd, err := os.Pipe()
	if err != nil {
		return poller
	}
	defer in.Close()
	defer inEnd.Close()
	p, err := os.StartProcess(ours.path(), []string{name}, &os.ProcAttr{Files: []*os.File{in, inEnd, inEnd}})
	if err != nil {
		return poller
	}
	defer p.Wait()
	defer p.Kill()
	most := 0
	for range 20 { // what is open while it starts counts as well
		entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.Pid))
		most = max(most, len(entries)-3)
		time.Sleep(time.Millisecond)
	}
	return most + poller
})

// room is the limit of descriptors that leaves a tool so many of them beside its
// standard streams and what Go's runtime takes on this machine.
func room(n int) int { return 3 + runtimeTakes() + n }

// withRoom has sh set that limit.
func withRoom(n int) string { return "ulimit -n " + strconv.Itoa(room(n)) }

// TestFewDescriptors has more operands than a process may have files open.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	names := manyFiles(t, dir, 500)
	var manifest strings.Builder
	want := ours.output(t, names, settings{dir: dir})
	manifest.Write(want.stdout)
	write(t, dir, "manifest", manifest.String())
	for _, limit := range []int{room(4), room(2)} {
		for _, args := range [][]string{names, {"-c", "manifest"}} {
			s := settings{dir: dir, shell: "ulimit -n " + strconv.Itoa(limit)}
			t.Run(fmt.Sprintf("%d, %d arguments", limit, len(args)), func(t *testing.T) {
				got := ours.output(t, args, s)
				if got.status != "exit 0" || len(got.stderr) > 0 {
					t.Fatalf("%s", got)
				}
				text := string(want.stdout)
				if len(args) == 2 {
					text = strings.Join(names, ": OK\n") + ": OK\n"
				}
				wantText(t, string(got.stdout), text)
			})
		}
	}
}

// TestManyOperands has as many operands as a command line takes.
func TestManyOperands(t *testing.T) {
	t.Parallel()
	needGNU(t)
	count := large.Or(5000, 20_000)
	dir := t.TempDir()
	args := make([]string, count)
	for i := range args {
		args[i] = strconv.Itoa(i)
		if i%10 != 0 { // every tenth is missing
			write(t, dir, args[i], args[i])
		}
	}
	tr := &trial{dir: dir, args: args, stdin: inputNull, stdout: outputPipe, stderr: outputShared}
	want, got := tr.run(t, gnu), tr.run(t, ours)
	if got.status != want.status {
		t.Errorf("got %s, want %s", got.status, want.status)
	}
	wantText(t, string(got.stdout), string(want.stdout))
}

// TestHugeLines has a manifest with lines that no buffer holds.
func TestHugeLines(t *testing.T) {
	t.Parallel()
	needGNU(t)
	size := 32 << 20
	if *largeFlag {
		size = 100 << 20
	}
	dir := t.TempDir()
	write(t, dir, "a", "one")
	good := lineOf("one", "a")
	for _, test := range []struct {
		title, line string
	}{
		{"rubbish", strings.Repeat("x", size)},
		{"blanks", strings.Repeat(" ", size)},
		{"NUL bytes", strings.Repeat("\x00", size)}, // malformed in every release
		{"comment", "#" + strings.Repeat("x", size)},
		{"name", emptyDigest + "  " + strings.Repeat("n", size/16)},
		{"escaped name", `\` + emptyDigest + "  " + strings.Repeat(`\\`, size/64)},
	} {
		t.Run(test.title, func(t *testing.T) {
			for _, end := range []string{"\n" + good, ""} {
				write(t, dir, "manifest", good+test.line+end)
				tr := &trial{dir: dir, args: []string{"-cw", "manifest"}, stdin: inputNull, stdout: outputPipe, stderr: outputShared}
				want, got := tr.run(t, gnu), tr.run(t, ours)
				if compare(got, want) != "" {
					t.Errorf("want\n%.2000s\ngot\n%.2000s", want, got)
				}
			}
		})
	}
}

// TestHugeNamesInMemory has names that are larger than all else that a process holds.
// They take no more than twice what GNU takes, and a copy.
func TestHugeNamesInMemory(t *testing.T) {
	needGNU(t)
	const more = 32 << 10 // KiB: as much as one copy of the name
	size := 32 << 20
	if *largeFlag {
		size = 100 << 20
	}
	dir := t.TempDir()
	plain := strings.Repeat("n", size)
	for _, test := range []struct{ title, option, line string }{
		{"plain", "--quiet", emptyDigest + "  " + plain},
		{"escaped", "--ignore-missing", `\` + emptyDigest + "  " + strings.Repeat(`\n`, size/2)},
		{"to be quoted", "--status", emptyDigest + "  " + strings.Repeat("\x01", size)},
		{"tagged", "--status", "SHA1 (" + plain + ") = " + emptyDigest},
		{"malformed at the end", "--warn", "SHA1 (" + plain + ") = " + emptyDigest[1:]},
	} {
		write(t, dir, "manifest", test.line+"\n")
		args := []string{"-c", test.option, "manifest"}
		want, least := gnu.peak(t, args, settings{dir: dir})
		got, peak := ours.peak(t, args, settings{dir: dir})
		if diff := compare(got, want); diff != "" {
			t.Errorf("%s: %.1000s", test.title, diff)
		}
		t.Logf("%s: %d KiB, GNU takes %d", test.title, peak, least)
		if peak > 2*least+more {
			t.Errorf("%s: %d KiB, GNU takes %d", test.title, peak, least)
		}
	}
	write(t, dir, "list", plain+"\x00")
	if out, peak := ours.peak(t, []string{"--files0-from=list"}, settings{dir: dir}); out.status != "exit 1" || peak > 4*size>>10+more {
		t.Errorf("in a list: %s, %d KiB", out.status, peak)
	}
}

// twoProcessors has as many buffers be mapped, and as many heaps be kept, as on a machine
// with two of them.
const twoProcessors = "GOMAXPROCS=2"

// What a process may hold beyond what it holds anyway, in KiB.
const (
	plainMore    = 16 << 10
	reportedMore = 24 << 10 // who reports on failures puts much into words
)

// usualPeak is what a process holds on this machine that hashes a few files, all of its
// buffers among it: in KiB.
var usualPeak = sync.OnceValue(func() int {
	dir, err := os.MkdirTemp("", "psha1sum-peak-")
	if err != nil {
		return 0
	}
	defer os.RemoveAll(dir)
	args := []string{"-f", "%M", ours.path()}
	for i := range 40 {
		path := filepath.Join(dir, strconv.Itoa(i))
		if os.WriteFile(path, nil, 0o600) != nil || os.Truncate(path, int64(i%4)<<23) != nil { // sparse
			return 0
		}
		args = append(args, path)
	}
	most := 0
	for range 3 {
		var stderr bytes.Buffer
		cmd := exec.Command("time", args...)
		cmd.Env, cmd.Stderr = append(os.Environ(), twoProcessors), &stderr
		if cmd.Run() != nil {
			return 0
		}
		peak, _ := strconv.Atoi(strings.TrimSpace(stderr.String()))
		most = max(most, peak)
	}
	return most
})

// wantPeak fails a test whose run took more memory than usual, and so much more: in KiB.
// When the garbage collector comes is chance, and peaks of the same run differ by as much
// as 14 MiB, so such a run is done again: what it holds by itself it holds each time.
func wantPeak(t *testing.T, peak, more int, again func() int) {
	t.Helper()
	usual := usualPeak()
	t.Logf("peak memory: %.1f MiB, usually %.1f", float64(peak)/1024, float64(usual)/1024)
	for tries := 1; usual > 0 && peak > usual+more; tries++ {
		if tries == 10 {
			t.Errorf("peak memory is %d KiB at the least, more than %d and %d", peak, usual, more)
			return
		}
		peak = min(peak, again())
	}
}

// peak runs a tool, and returns how much memory it had at the most, in KiB.
func (tool *tool) peak(t *testing.T, args []string, s settings) (outcome, int) {
	t.Helper()
	if raceEnabled {
		notMeant(t, "the race detector takes memory of its own")
	}
	if runtime.GOOS != "linux" {
		notMeant(t, "time -f %%M is GNU's")
	}
	// Only time's own report counts: what a process is told about its children
	// includes its own size at the fork, which is this test's.
	report := filepath.Join(t.TempDir(), "report")
	s.under = []string{needProgram(t, "time"), "-f", "%M", "-o", report}
	s.env = append(s.env, twoProcessors)
	out := tool.output(t, args, s)
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	peak, err := reportedPeak(text)
	if err != nil {
		t.Fatalf("%s, and time reports %q", out.status, text)
	}
	return out, peak
}

// reportedPeak is the last word of time's report, which may say first that the status
// wasn't 0. There is none if time was killed.
func reportedPeak(report []byte) (int, error) {
	words := strings.Fields(string(report))
	if len(words) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return strconv.Atoi(words[len(words)-1])
}

// TestRubbishManifests has binary data for manifests.
func TestRubbishManifests(t *testing.T) {
	t.Parallel()
	g := newGenerator(*diffSeed, 1)
	dir := t.TempDir()
	var names []string
	for i, size := range []int{1, 41, 42, 43, 4096, 1 << 17, 1 << 20, 5_000_000} {
		names = append(names, "rubbish"+strconv.Itoa(i))
		data := g.bytes(size)
		if gnu != nil && !gnu.release.before(9, 2) {
			data = bytes.ReplaceAll(data, []byte{0}, []byte{1})
		}
		write(t, dir, names[i], string(data))
	}
	var lines [][]string
	for _, options := range []string{"-c", "-cw", "--check --status", "--check --strict --ignore-missing"} {
		for _, name := range names {
			lines = append(lines, append(strings.Fields(options), name))
		}
		lines = append(lines, append(strings.Fields(options), names...))
	}
	binary, err := os.Executable() // a program is as good as any rubbish
	if err != nil {
		t.Fatal(err)
	}
	lines = append(lines, []string{"-c", binary})
	compareArgs(t, dir, lines)
}

// TestChangingFile has a file grow and shrink while it is read. No digest is
// right then; the process must live and end.
func TestChangingFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "changing")
	write(t, dir, "steady", "steady")
	write(t, dir, "changing", "")
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	done := make(chan struct{})
	changed := make(chan struct{})
	go func() {
		defer close(changed)
		for size := 1; ; size = size*7%len(content) + 1 {
			select {
			case <-done:
				return
			default:
			}
			if os.WriteFile(path, content[:size], 0o644) != nil || os.Truncate(path, int64(len(content)-size)) != nil {
				return
			}
			time.Sleep(100 * time.Microsecond) // there is a tool to run, too
		}
	}()
	for range 40 {
		out := ours.output(t, []string{"steady", "changing", "changing", "steady"}, settings{dir: dir})
		lines := strings.SplitAfter(string(out.stdout), "\n")
		steady := lineOf("steady", "steady")
		if out.status != "exit 0" || len(lines) != 5 || lines[0] != steady || lines[3] != steady {
			t.Errorf("%s", out)
		}
	}
	close(done)
	<-changed
}

// TestPeakMemory has a ceiling for what a process holds, whatever it is given.
func TestPeakMemory(t *testing.T) {
	files, lines := 6, 200_000
	size := int64(32 << 20)
	if *largeFlag {
		files, lines, size = 32, 1_000_000, 1<<30
	}
	dir := t.TempDir()
	var big []string
	for i := range files {
		name := fmt.Sprintf("big%d", i)
		write(t, dir, name, "")
		if err := os.Truncate(dir+"/"+name, size); err != nil { // sparse
			t.Fatal(err)
		}
		big = append(big, name)
	}
	small := manyFiles(t, dir, 5000)
	write(t, dir, "empty", "")
	write(t, dir, "long", strings.Repeat(emptyDigest+"  empty\n", lines))
	write(t, dir, "missing", strings.Repeat(emptyDigest+"  "+strings.Repeat("long/", 40)+"\n", lines/4))
	write(t, dir, "odd", strings.Repeat("odd\n", lines))
	write(t, dir, "wrong", emptyDigest+"  "+strings.Join(big, "\n"+emptyDigest+"  ")+"\n")
	for _, test := range []struct {
		title string
		args  []string
	}{
		{"big files", big},
		{"one big file", big[:1]},
		{"many small files", small},
		{"big and small files", append(big[:2:2], small...)},
		{"long manifest", []string{"--check", "--quiet", "long"}},
		{"manifest of missing files", []string{"-c", "--ignore-missing", "missing"}},
		{"manifest of odd lines", []string{"-cw", "odd"}},
		{"big files, explained", []string{"-c", "--explain", "wrong"}},
		{"missing files, explained", []string{"-c", "--explain", "missing"}},
		{"odd lines, explained", []string{"-c", "--explain", "odd"}},
		{"JUnit report", []string{"-c", "--quiet", "--report=junit:junit.xml", "long"}},
		{"JUnit report of failures", []string{"-c", "--report=junit:junit.xml", "missing", "odd"}},
		{"GitHub's report of failures", []string{"-c", "--strict", "--report=github", "missing", "odd"}},
	} {
		t.Run(test.title, func(t *testing.T) {
			out, peak := ours.peak(t, test.args, settings{dir: dir})
			if strings.HasPrefix(out.status, "signal") {
				t.Fatalf("%s", out)
			}
			more := plainMore
			if strings.Contains(strings.Join(test.args, " "), "--report") {
				more = reportedMore
			}
			wantPeak(t, peak, more, func() int {
				_, peak := ours.peak(t, test.args, settings{dir: dir})
				return peak
			})
		})
	}
}
