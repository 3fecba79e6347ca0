//go:build unix

package gnu_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
	"golang.org/x/sys/unix"
)

// TestFamily compares psha1sum under each name with GNU's tool of that name:
// command lines, and manifests that are right, nearly right and wrong. Their
// number and where they start are TestDifferential's.
func TestFamily(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	names := []string{"a", "b c", "new\nline", `back\slash`, "long", "é"}
	clitest.Write(t, dir, "a", "")
	clitest.Write(t, dir, "b c", "abc\n")
	clitest.Write(t, dir, "new\nline", strings.Repeat("x", 111))
	clitest.Write(t, dir, `back\slash`, strings.Repeat("y", 128))
	clitest.Write(t, dir, "long", strings.Repeat("0123456789abcde", 20_000))
	clitest.Write(t, dir, "é", "e")
	for _, r := range clitest.Family(t) {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			lines := [][]string{
				{}, {"-"}, names, {"a", "missing", "b c", "."}, {"--", "-b"}, {"-y"}, {"--frob"}, {"--check"}, {"--te", "a"},
				append([]string{"--tag"}, names...), append([]string{"-b"}, names...), append([]string{"-z"}, names...),
				append([]string{"--tag", "-z"}, names...), {"--tag", "--text", "a"}, {"--tag", "-b", "a"}, {"-bt", "a"},
				{"--status", "a"}, {"--strict", "a"}, {"-w", "a"}, {"--quiet", "a"}, {"--ignore-missing", "a"},
				{"-c", "--tag", "a"}, {"-c", "-z", "a"}, {"-c", "-b", "a"}, {"-c", "a"}, {"-c", "missing"}, {"-c", "."}, {"--c", "long"}, {"--s", "a"},
			}
			if r.Name == "b2sum" {
				for _, length := range []string{"8", "128", "256", "504", "512", "0", "520", "7", "513", "-8", "+8", " 16", "016", "0x10", "8k", "", "abc", "99999999999999999999999", "it's", "é\n", `\`} {
					lines = append(lines, []string{"-l", length, "a", "b c"}, []string{"--tag", "--length=" + length, "a"}, []string{"-c", "-l", length, "a"})
				}
				lines = append(lines, []string{"-l"}, []string{"--le=8", "a"}, []string{"-l8", "-l16", "a"}, []string{"-l7", "--help"}, []string{"-l600", "--tag", "--text", "a"})
			}
			for i, args := range lines {
				r.Compare(t, dir, []string{"C", "C.UTF-8"}[i%2], "stdin\n", args...)
			}
			rng := rand.New(rand.NewPCG(*clitest.Seed, uint64(len(r.Name)*1000+r.Algorithm.Size)))
			good := r.GoodLines(t, dir, names)
			cases := large.Or(25, 150)
			switch {
			case *diffCases > 0:
				cases = *diffCases / 20
			case testing.Short() || clitest.RaceEnabled:
				cases = 40
			}
			for i := range cases {
				args := []string{"-c"}
				for _, option := range []string{"-w", "--quiet", "--status", "--strict", "--ignore-missing"} {
					if rng.IntN(4) == 0 {
						args = append(args, option)
					}
				}
				r.Compare(t, dir, []string{"C", "C.UTF-8"}[i%2], string(randomManifest(rng, good)), args...)
				if t.Failed() {
					return
				}
			}
		})
	}
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
	clitest.NeedOwn(t)
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Skip(err)
	}
	clitest.Write(t, dir, "same", "what comes through\n")
	lines := clitest.Ours.Output(t, []string{"-a", "sha1,md5,blake2b", "same"}, clitest.Settings{Dir: dir}).Stdout
	clitest.Write(t, dir, "manifest", strings.ReplaceAll(string(lines), "(same)", "(fifo)"))
	fed := make(chan error, 1)
	go func() { // waits until somebody reads it
		fed <- os.WriteFile(filepath.Join(dir, "fifo"), []byte("what comes through\n"), 0)
	}()
	out := clitest.Ours.Output(t, []string{"-c", "-a", "auto", "manifest"}, clitest.Settings{Dir: dir})
	if want := strings.Repeat("fifo: OK\n", 3); string(out.Stdout) != want || out.Status != "exit 0" {
		t.Errorf("%s", out)
	}
	if err := <-fed; err != nil {
		t.Error(err)
	}
}
