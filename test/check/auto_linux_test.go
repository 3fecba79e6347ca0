package check_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

// openings counts how often each file of a directory is opened and read while do runs.
// inotify merges equal consecutive events, so it watches reads as well, which are
// reported before their data is available. Closes are not enough: for a file read by a
// ring the kernel reports them a moment later, when the file may have been opened again.
func openings(t *testing.T, dir string, do func()) map[string]int {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		clitest.Lacks(t, "inotify: %v", err)
	}
	f := os.NewFile(uintptr(fd), "inotify")
	defer f.Close()
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_OPEN|unix.IN_ACCESS); err != nil {
		clitest.Lacks(t, "inotify: %v", err)
	}
	do()
	const last = "the last event"
	clitest.Write(t, dir, last, "")
	f.SetReadDeadline(time.Now().Add(clitest.Limit))
	counts := map[string]int{}
	for buffer := make([]byte, 1<<16); counts[last] == 0; {
		n, err := f.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		for events := buffer[:n]; len(events) > 0; {
			length := int(binary.NativeEndian.Uint32(events[12:])) // of the name
			name, _, _ := strings.Cut(string(events[unix.SizeofInotifyEvent:][:length]), "\x00")
			if binary.NativeEndian.Uint32(events[4:])&unix.IN_OPEN != 0 {
				counts[name]++
			}
			events = events[unix.SizeofInotifyEvent+length:]
		}
	}
	return counts
}

// TestAutoReads checks that with the usual digests each file is read once, also for
// consecutive lines. For other lines at least the first file is read twice, and none more
// often. A wrong digest costs one more read.
func TestAutoReads(t *testing.T) {
	clitest.NeedOwn(t)
	const files = 100
	for _, test := range []struct {
		title     string
		algorithm []*hasher.Algorithm
		wrong     bool
		options   []string
		least     int // how often all files are opened
		most      int
	}{
		{"sha256", []*hasher.Algorithm{hasher.SHA256}, false, nil, files, files},
		{"md5", []*hasher.Algorithm{hasher.MD5}, false, []string{"--io=read"}, files, files},
		{"sha1 and sha512", []*hasher.Algorithm{hasher.SHA1, hasher.SHA512}, false, nil, files, files},
		{"blake3", []*hasher.Algorithm{hasher.BLAKE3}, false, nil, files + 1, 2 * files},
		{"wrong", []*hasher.Algorithm{hasher.SHA256}, true, nil, 2 * files, 2 * files},
		// One file at a time, so that what a line proves is known a few lines later.
		{"sha256 and blake3", []*hasher.Algorithm{hasher.SHA256, hasher.BLAKE3}, false, []string{"--io-jobs=1"}, 2*files + 1, 4 * files},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := t.TempDir()
			clitest.Write(t, dir, "files/content", "content")
			digests := digestsOf(t, filepath.Join(dir, "files/content"))
			var manifest strings.Builder
			for i := range files {
				name := fmt.Sprintf("files/%d", i)
				clitest.Write(t, dir, name, "content")
				for _, alg := range test.algorithm {
					digest := digests[alg]
					if test.wrong {
						digest = strings.Repeat("0", len(digest))
					}
					fmt.Fprintf(&manifest, "%s  %s\n", digest, name)
				}
			}
			clitest.Write(t, dir, "SUMS", manifest.String())
			var got clitest.Outcome
			counts := openings(t, dir+"/files", func() {
				got = clitest.Ours.Output(t, append([]string{"-a", "auto", "--quiet", "-c", "SUMS"}, test.options...), clitest.Settings{Dir: dir})
			})
			if want := map[bool]string{false: "exit 0", true: "exit 1"}[test.wrong]; got.Status != want {
				t.Errorf("%s", got)
			}
			opened := 0
			for i := range files {
				opened += counts[fmt.Sprint(i)]
			}
			if opened < test.least || opened > test.most {
				t.Errorf("%d files were opened %d times, not %d to %d", files, opened, test.least, test.most)
			}
		})
	}
}

// TestExplainHint checks that the hint at --explain is printed once, and only at a
// terminal and under our own name.
func TestExplainHint(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "bad", "no line\n")
	clitest.Write(t, dir, "worse", "nor is this\n")
	const hint = "psha1sum: (--explain says why)\r\n"
	for _, test := range []struct {
		called string
		args   []string
		want   int
	}{
		{"psha1sum", []string{"-c", "bad", "worse"}, 1},
		{"psha1sum", []string{"-c", "--explain", "bad"}, 0},
		{"psha1sum", []string{"-c", "--status", "bad"}, 0},
		{"sha1sum", []string{"-c", "bad"}, 0},
	} {
		master, terminalName := clitest.Terminal(t)
		stderr := clitest.Open(t, terminalName, os.O_RDWR|unix.O_NOCTTY)
		null := clitest.Open(t, os.DevNull, os.O_RDWR)
		p := clitest.Ours.Start(t, test.args, []*os.File{null, null, stderr}, clitest.Settings{Dir: dir, Called: test.called})
		status := p.End()
		master.SetReadDeadline(time.Now().Add(clitest.Limit))
		stderr.WriteString("the end")
		text := ""
		for buffer := make([]byte, 4096); !strings.HasSuffix(text, "the end"); {
			n, err := master.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			text += string(buffer[:n])
		}
		stderr.Close()
		null.Close()
		if n := strings.Count(text, "(--explain"); status != "exit 1" || n != test.want || n != strings.Count(text, hint) {
			t.Errorf("%s %q: %s, %q", test.called, test.args, status, text)
		}
	}
	if got := clitest.Ours.Output(t, []string{"-c", "bad"}, clitest.Settings{Dir: dir, Called: "psha1sum"}); strings.Contains(string(got.Stderr), "explain") {
		t.Errorf("without a terminal:\n%s", got)
	}
}
