//go:build unix

package resources_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestFewDescriptors checks more operands than a process can have open files.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	names := clitest.ManyFiles(t, dir, 500)
	var manifest strings.Builder
	want := clitest.Ours.Output(t, names, clitest.Settings{Dir: dir})
	manifest.Write(want.Stdout)
	clitest.Write(t, dir, "manifest", manifest.String())
	for _, limit := range []int{clitest.DescriptorLimit(4), clitest.DescriptorLimit(2)} {
		for _, args := range [][]string{names, {"-c", "manifest"}} {
			s := clitest.Settings{Dir: dir, Shell: "ulimit -n " + strconv.Itoa(limit)}
			t.Run(fmt.Sprintf("%d, %d arguments", limit, len(args)), func(t *testing.T) {
				got := clitest.Ours.Output(t, args, s)
				if got.Status != "exit 0" || len(got.Stderr) > 0 {
					t.Fatalf("%s", got)
				}
				text := string(want.Stdout)
				if len(args) == 2 {
					text = strings.Join(names, ": OK\n") + ": OK\n"
				}
				clitest.WantText(t, string(got.Stdout), text)
			})
		}
	}
}

// TestManyOperands has as many operands as a command line takes.
func TestManyOperands(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	count := large.Or(2000, 20_000)
	dir := t.TempDir()
	args := make([]string, count)
	for i := range args {
		args[i] = strconv.Itoa(i)
		if i%10 != 0 { // every tenth is missing
			clitest.Write(t, dir, args[i], args[i])
		}
	}
	tr := &clitest.Trial{Dir: dir, Args: args, Stdin: clitest.InputNull, Stdout: clitest.OutputPipe, Stderr: clitest.OutputShared}
	want, got := tr.Run(t, clitest.GNU), tr.Run(t, clitest.Ours)
	if got.Status != want.Status {
		t.Errorf("got %s, want %s", got.Status, want.Status)
	}
	clitest.WantText(t, string(got.Stdout), string(want.Stdout))
}

// TestHugeLines checks a manifest with lines larger than any buffer.
func TestHugeLines(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	size := large.Or(16<<20, 100<<20)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "one")
	good := clitest.LineOf("one", "a")
	for _, test := range []struct {
		title, line string
	}{
		{"rubbish", strings.Repeat("x", size)},
		{"blanks", strings.Repeat(" ", size)},
		{"NUL bytes", strings.Repeat("\x00", size)}, // malformed in every release
		{"comment", "#" + strings.Repeat("x", size)},
		{"name", clitest.EmptyDigest + "  " + strings.Repeat("n", size/16)},
		{"escaped name", `\` + clitest.EmptyDigest + "  " + strings.Repeat(`\\`, size/64)},
	} {
		t.Run(test.title, func(t *testing.T) {
			for _, end := range []string{"\n" + good, ""} {
				clitest.Write(t, dir, "manifest", good+test.line+end)
				tr := &clitest.Trial{Dir: dir, Args: []string{"-cw", "manifest"}, Stdin: clitest.InputNull, Stdout: clitest.OutputPipe, Stderr: clitest.OutputShared}
				want, got := tr.Run(t, clitest.GNU), tr.Run(t, clitest.Ours)
				if clitest.Compare(got, want) != "" {
					t.Errorf("want\n%.2000s\ngot\n%.2000s", want, got)
				}
			}
		})
	}
}

// TestHugeNamesInMemory checks names larger than all other memory of a process. They may
// use twice the memory that GNU uses, and a copy.
func TestHugeNamesInMemory(t *testing.T) {
	clitest.NeedGNU(t)
	const more = 32 << 10 // KiB, beside what depends on the name
	size := large.Or(8<<20, 100<<20)
	dir := t.TempDir()
	plain := strings.Repeat("n", size)
	for _, test := range []struct{ title, option, line string }{
		{"plain", "--quiet", clitest.EmptyDigest + "  " + plain},
		{"escaped", "--ignore-missing", `\` + clitest.EmptyDigest + "  " + strings.Repeat(`\n`, size/2)},
		{"to be quoted", "--status", clitest.EmptyDigest + "  " + strings.Repeat("\x01", size)},
		{"tagged", "--status", "SHA1 (" + plain + ") = " + clitest.EmptyDigest},
		{"malformed at the end", "--warn", "SHA1 (" + plain + ") = " + clitest.EmptyDigest[1:]},
	} {
		clitest.Write(t, dir, "manifest", test.line+"\n")
		args := []string{"-c", test.option, "manifest"}
		want, least := clitest.GNU.Peak(t, args, clitest.Settings{Dir: dir})
		got, peak := clitest.Ours.Peak(t, args, clitest.Settings{Dir: dir})
		if diff := clitest.Compare(got, want); diff != "" {
			t.Errorf("%s: %.1000s", test.title, diff)
		}
		t.Logf("%s: %d KiB, GNU takes %d", test.title, peak, least)
		if peak > 2*least+more {
			t.Errorf("%s: %d KiB, GNU takes %d", test.title, peak, least)
		}
	}
	clitest.Write(t, dir, "list", plain+"\x00")
	if out, peak := clitest.Ours.Peak(t, []string{"--files0-from=list"}, clitest.Settings{Dir: dir}); out.Status != "exit 1" || peak > 4*size>>10+more {
		t.Errorf("in a list: %s, %d KiB", out.Status, peak)
	}
}

// TestRubbishManifests has binary data for manifests.
func TestRubbishManifests(t *testing.T) {
	t.Parallel()
	g := clitest.NewGenerator(*clitest.Seed, 1)
	dir := t.TempDir()
	var names []string
	for i, size := range []int{1, 41, 42, 43, 4096, 1 << 17, 1 << 20, 5_000_000} {
		names = append(names, "rubbish"+strconv.Itoa(i))
		data := g.Bytes(size)
		if clitest.GNU != nil && !clitest.GNU.Release.Before(9, 2) {
			data = bytes.ReplaceAll(data, []byte{0}, []byte{1})
		}
		clitest.Write(t, dir, names[i], string(data))
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
	clitest.CompareArgs(t, dir, lines)
}

// TestChangingFile changes a file's size while it is read. No digest is right then; the
// process must not crash or hang.
func TestChangingFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "changing")
	clitest.Write(t, dir, "steady", "steady")
	clitest.Write(t, dir, "changing", "")
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
		out := clitest.Ours.Output(t, []string{"steady", "changing", "changing", "steady"}, clitest.Settings{Dir: dir})
		lines := strings.SplitAfter(string(out.Stdout), "\n")
		steady := clitest.LineOf("steady", "steady")
		if out.Status != "exit 0" || len(lines) != 5 || lines[0] != steady || lines[3] != steady {
			t.Errorf("%s", out)
		}
	}
	close(done)
	<-changed
}

// TestPeakMemory checks the limit of a process's memory for several inputs.
func TestPeakMemory(t *testing.T) {
	files, lines := 6, 40_000
	size := int64(32 << 20)
	if *large.Flag {
		files, lines, size = 32, 1_000_000, 1<<30
	}
	dir := t.TempDir()
	var big []string
	for i := range files {
		name := fmt.Sprintf("big%d", i)
		clitest.Write(t, dir, name, "")
		if err := os.Truncate(dir+"/"+name, size); err != nil { // sparse
			t.Fatal(err)
		}
		big = append(big, name)
	}
	small := clitest.ManyFiles(t, dir, 5000)
	clitest.Write(t, dir, "empty", "")
	clitest.Write(t, dir, "long", strings.Repeat(clitest.EmptyDigest+"  empty\n", lines))
	clitest.Write(t, dir, "missing", strings.Repeat(clitest.EmptyDigest+"  "+strings.Repeat("long/", 40)+"\n", lines/4))
	clitest.Write(t, dir, "odd", strings.Repeat("odd\n", lines))
	clitest.Write(t, dir, "wrong", clitest.EmptyDigest+"  "+strings.Join(big[:2], "\n"+clitest.EmptyDigest+"  ")+"\n")
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
			out, peak := clitest.Ours.Peak(t, test.args, clitest.Settings{Dir: dir})
			if strings.HasPrefix(out.Status, "signal") {
				t.Fatalf("%s", out)
			}
			more := clitest.PlainMore
			if words := strings.Join(test.args, " "); strings.Contains(words, "--report") ||
				*large.Flag && strings.Contains(words, "--explain") { // which remembers what failed
				more = clitest.ReportedMore
			}
			clitest.WantPeak(t, peak, more, func() int {
				_, peak := clitest.Ours.Peak(t, test.args, clitest.Settings{Dir: dir})
				return peak
			})
		})
	}
}
