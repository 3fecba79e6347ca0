//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/large"
	"golang.org/x/sys/unix"
)

// A relative is one of GNU's tools, and psha1sum called by its name.
type relative struct {
	name      string
	gnu       string // path
	algorithm *hasher.Algorithm
}

// family returns those that are installed.
func family(t *testing.T) (tools []relative) {
	t.Helper()
	for _, alg := range hasher.Algorithms {
		path, err := exec.LookPath(alg.Command)
		if err != nil || coreutilsVersion(path) != contract {
			continue // GNU has no such tool, or it differs in corners
		}
		tools = append(tools, relative{alg.Command, path, alg})
	}
	if len(tools) == 0 {
		lacks(t, "none of GNU's tools of coreutils %d.%d is installed", contract.major, contract.minor)
	}
	return tools
}

// A shown is all that a process shows of itself.
type shown struct {
	status         int
	stdout, stderr string
}

// run runs a program under the tool's name.
func (r relative) run(t *testing.T, program, dir, locale, stdin string, args []string) shown {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Args = append([]string{r.name}, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=" + locale}
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return shown{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// compare fails the test unless both programs show the same.
func (r relative) compare(t *testing.T, dir, locale, stdin string, args ...string) {
	t.Helper()
	want := r.run(t, r.gnu, dir, locale, stdin, args)
	got := r.run(t, filepath.Join(ours.dir, name), dir, locale, stdin, args)
	if got != want {
		t.Errorf("%s %q, %s, stdin %.300q\ngot  %d\n%.2000q\n%.2000q\nwant %d\n%.2000q\n%.2000q",
			r.name, args, locale, stdin, got.status, got.stdout, got.stderr, want.status, want.stdout, want.stderr)
	}
}

// TestFamily compares psha1sum under each name with GNU's tool of that name:
// command lines, and manifests that are right, nearly right and wrong. Their
// number and where they start are TestDifferential's.
func TestFamily(t *testing.T) {
	needOwn(t)
	dir := t.TempDir()
	names := []string{"a", "b c", "new\nline", `back\slash`, "long", "é"}
	write(t, dir, "a", "")
	write(t, dir, "b c", "abc\n")
	write(t, dir, "new\nline", strings.Repeat("x", 111))
	write(t, dir, `back\slash`, strings.Repeat("y", 128))
	write(t, dir, "long", strings.Repeat("0123456789abcde", 20_000))
	write(t, dir, "é", "e")
	for _, r := range family(t) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			lines := [][]string{
				{}, {"-"}, names, {"a", "missing", "b c", "."}, {"--", "-b"}, {"-y"}, {"--frob"}, {"--check"}, {"--te", "a"},
				append([]string{"--tag"}, names...), append([]string{"-b"}, names...), append([]string{"-z"}, names...),
				append([]string{"--tag", "-z"}, names...), {"--tag", "--text", "a"}, {"--tag", "-b", "a"}, {"-bt", "a"},
				{"--status", "a"}, {"--strict", "a"}, {"-w", "a"}, {"--quiet", "a"}, {"--ignore-missing", "a"},
				{"-c", "--tag", "a"}, {"-c", "-z", "a"}, {"-c", "-b", "a"}, {"-c", "a"}, {"-c", "missing"}, {"-c", "."}, {"--c", "long"}, {"--s", "a"},
			}
			if r.name == "b2sum" {
				for _, length := range []string{"8", "128", "256", "504", "512", "0", "520", "7", "513", "-8", "+8", " 16", "016", "0x10", "8k", "", "abc", "99999999999999999999999", "it's", "é\n", `\`} {
					lines = append(lines, []string{"-l", length, "a", "b c"}, []string{"--tag", "--length=" + length, "a"}, []string{"-c", "-l", length, "a"})
				}
				lines = append(lines, []string{"-l"}, []string{"--le=8", "a"}, []string{"-l8", "-l16", "a"}, []string{"-l7", "--help"}, []string{"-l600", "--tag", "--text", "a"})
			}
			for i, args := range lines {
				r.compare(t, dir, []string{"C", "C.UTF-8"}[i%2], "stdin\n", args...)
			}
			rng := rand.New(rand.NewPCG(*diffSeed, uint64(len(r.name)*1000+r.algorithm.Size)))
			good := r.goodLines(t, dir, names)
			cases := large.Or(50, 150)
			switch {
			case *diffCases > 0:
				cases = *diffCases / 20
			case testing.Short() || raceEnabled:
				cases = 40
			}
			for i := range cases {
				args := []string{"-c"}
				for _, option := range []string{"-w", "--quiet", "--status", "--strict", "--ignore-missing"} {
					if rng.IntN(4) == 0 {
						args = append(args, option)
					}
				}
				r.compare(t, dir, []string{"C", "C.UTF-8"}[i%2], string(randomManifest(rng, good)), args...)
				if t.Failed() {
					return
				}
			}
		})
	}
}

// goodLines are lines that the tool itself prints.
func (r relative) goodLines(t *testing.T, dir string, names []string) (lines []string) {
	for _, options := range [][]string{nil, {"-b"}, {"--tag"}, {"-l", "8", "--tag"}, {"-l", "136", "--tag"}, {"-l", "256"}} {
		if len(options) > 1 && r.name != "b2sum" {
			continue
		}
		out := r.run(t, r.gnu, dir, "C", "", append(slices.Clone(options), names...))
		for line := range strings.Lines(out.stdout) {
			lines = append(lines, line)
		}
	}
	return lines
}

// randomManifest returns some good lines, most of them damaged in a small way.
func randomManifest(rng *rand.Rand, good []string) (text []byte) {
	for range 1 + rng.IntN(8) {
		line := []byte(good[rng.IntN(len(good))])
		at := rng.IntN(len(line))
		switch rng.IntN(8) {
		case 0:
			line[at] = "0af XZ\t*()=-\\#\r"[rng.IntN(15)]
		case 1:
			line = slices.Delete(line, at, at+1)
		case 2:
			line = slices.Insert(line, at, " 0f(-)"[rng.IntN(6)])
		case 3:
			line = bytes.Replace(line, []byte("  "), []byte(" "), 1)
		case 4:
			other := []string{"MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "BLAKE2b", "BLAKE2b-8", "BLAKE2b-256", "BLAKE3"}
			line = fmt.Appendf(nil, "%s (%s", other[rng.IntN(len(other))], bytes.TrimPrefix(line, []byte("SHA1 (")))
		case 5:
			line = bytes.ToUpper(line)
		}
		text = append(text, line...)
	}
	return text
}

// TestNeighboursAreReadOnce checks a FIFO that neighbouring lines name, each with
// another digest: what is in it can be had once.
func TestNeighboursAreReadOnce(t *testing.T) {
	needOwn(t)
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Skip(err)
	}
	write(t, dir, "same", "what comes through\n")
	lines := ours.output(t, []string{"-a", "sha1,md5,blake2b", "same"}, settings{dir: dir}).stdout
	write(t, dir, "manifest", strings.ReplaceAll(string(lines), "(same)", "(fifo)"))
	fed := make(chan error, 1)
	go func() { // waits until somebody reads it
		fed <- os.WriteFile(filepath.Join(dir, "fifo"), []byte("what comes through\n"), 0)
	}()
	out := ours.output(t, []string{"-c", "-a", "auto", "manifest"}, settings{dir: dir})
	if want := strings.Repeat("fifo: OK\n", 3); string(out.stdout) != want || out.status != "exit 0" {
		t.Errorf("%s", out)
	}
	if err := <-fed; err != nil {
		t.Error(err)
	}
}
