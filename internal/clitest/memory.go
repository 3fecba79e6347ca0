//go:build unix

package clitest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// PeakAgain returns what measures the peak of a run once more.
func PeakAgain(t *testing.T, dir string, args []string) func() int {
	return func() int {
		_, peak := Measured(t, dir, args...)
		return peak
	}
}

// Measured runs psha1sum and returns its peak memory in KiB, or 0 where that can't be
// told.
func Measured(t *testing.T, dir string, args ...string) (out Outcome, peak int) {
	t.Helper()
	s := Settings{Dir: dir}
	report := filepath.Join(t.TempDir(), "report")
	if program, err := exec.LookPath("time"); err == nil && runtime.GOOS == "linux" && !RaceEnabled {
		s.Under = []string{program, "-f", "%M", "-o", report}
		s.Env = []string{twoProcessors}
	}
	out = Ours.Output(t, args, s)
	if text, err := os.ReadFile(report); err == nil {
		peak, _ = reportedPeak(text)
	}
	return out, peak
}

// twoProcessors has as many buffers be mapped, and as many heaps be kept, as on a machine
// with two of them.
const twoProcessors = "GOMAXPROCS=2"

// What a process may hold beyond what it holds anyway, in KiB.
const (
	PlainMore    = 16 << 10
	ReportedMore = 24 << 10 // who reports on failures puts much into words
)

// usualPeak is what a process holds on this machine that hashes a few files, all of its
// buffers among it: in KiB.
var usualPeak = sync.OnceValue(func() int {
	dir, err := os.MkdirTemp("", "psha1sum-peak-")
	if err != nil {
		return 0
	}
	defer os.RemoveAll(dir)
	args := []string{"-f", "%M", Ours.Path()}
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

// WantPeak fails a test whose run took more memory than usual, and so much more: in KiB.
// When the garbage collector comes is chance, and peaks of the same run differ by as much
// as 14 MiB, so such a run is done again: what it holds by itself it holds each time.
func WantPeak(t *testing.T, peak, more int, again func() int) {
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

// Peak runs a tool, and returns how much memory it had at the most, in KiB.
func (tool *Tool) Peak(t *testing.T, args []string, s Settings) (Outcome, int) {
	t.Helper()
	if RaceEnabled {
		NotMeant(t, "the race detector takes memory of its own")
	}
	if runtime.GOOS != "linux" {
		NotMeant(t, "time -f %%M is GNU's")
	}
	// Only time's own report counts: what a process is told about its children
	// includes its own size at the fork, which is this test's.
	report := filepath.Join(t.TempDir(), "report")
	s.Under = []string{NeedProgram(t, "time"), "-f", "%M", "-o", report}
	s.Env = append(s.Env, twoProcessors)
	out := tool.Output(t, args, s)
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	peak, err := reportedPeak(text)
	if err != nil {
		t.Fatalf("%s, and time reports %q", out.Status, text)
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
