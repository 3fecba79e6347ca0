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

// PeakAgain returns a function that measures the peak of another run.
func PeakAgain(t *testing.T, dir string, args []string) func() int {
	return func() int {
		_, peak := Measured(t, dir, args...)
		return peak
	}
}

// Measured runs psha1sum and returns its peak memory in KiB, or 0 if it can't be
// measured.
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

// twoProcessors limits the number of mapped buffers and heaps to that of a machine with
// two processors.
const twoProcessors = "GOMAXPROCS=2"

// Limits for memory use above usualPeak, in KiB.
const (
	PlainMore    = 16 << 10
	ReportedMore = 24 << 10 // for runs that report many failures
)

// usualPeak returns the peak memory, in KiB, of a run on this machine that hashes a few
// files and uses all of its buffers.
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

// WantPeak fails a test whose run used over more KiB above the usual peak. Garbage
// collection makes peaks of the same run differ by up to 14 MiB, so such a run is
// repeated: only memory that is really needed is used each time.
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

// Peak runs a tool and returns its outcome and peak memory in KiB.
func (tool *Tool) Peak(t *testing.T, args []string, s Settings) (Outcome, int) {
	t.Helper()
	if RaceEnabled {
		NotMeant(t, "the race detector takes memory of its own")
	}
	if runtime.GOOS != "linux" {
		NotMeant(t, "time -f %%M is GNU's")
	}
	// Use only time's own report: what the kernel reports about children includes their
	// size at the fork, which is that of this test.
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

// reportedPeak returns the last word of time's report, which may begin with a line about
// a status other than 0. There is no report if time was killed.
func reportedPeak(report []byte) (int, error) {
	words := strings.Fields(string(report))
	if len(words) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return strconv.Atoi(words[len(words)-1])
}
