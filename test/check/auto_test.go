//go:build unix

package check_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// autoAlgorithms are all whose digests a line may have under -a auto without saying so.
func autoAlgorithms() []*hasher.Algorithm {
	all := slices.Clone(hasher.Algorithms)
	for _, alg := range hasher.Algorithms {
		if short := hasher.BLAKE2b.Sized(alg.Size); short != hasher.BLAKE2b && !slices.Contains(all, short) {
			all = append(all, short)
		}
	}
	return all
}

// digestsOf returns the digests of a file by all algorithms.
func digestsOf(t testing.TB, path string) map[*hasher.Algorithm]string {
	t.Helper()
	digests := map[*hasher.Algorithm]string{}
	for _, alg := range autoAlgorithms() {
		for r := range pipeline.Hash(context.Background(), pipeline.Options{Algorithm: alg}, path) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			digests[alg] = hex.EncodeToString(r.Digest)
		}
	}
	return digests
}

// usualOf returns the algorithm that a digest of so many digits is reported by.
func usualOf(digits int) *hasher.Algorithm {
	i := slices.IndexFunc(hasher.Algorithms, func(alg *hasher.Algorithm) bool { return 2*alg.Size == digits })
	return hasher.Algorithms[i]
}

// An autoLine is a line of a manifest and what is to be said of it.
type autoLine struct {
	text, name                string
	status, algorithm, digest string // as --json has them
}

// verdict is what is printed of it without --json.
func (l *autoLine) verdict() string {
	word := map[string]string{"verified": "OK", "mismatch": "FAILED", "missing": "FAILED open or read"}[l.status]
	return l.name + ": " + word + "\n"
}

// An autoCase is a directory with files, and lines that list them.
type autoCase struct {
	dir   string
	lines []autoLine
	fifos []clitest.FIFO
}

func newAutoCase(t *testing.T, rng *rand.Rand) *autoCase {
	c := &autoCase{dir: t.TempDir()}
	names := []string{"a", "b", "c", "d", "e", "f"}
	digests := map[string]map[*hasher.Algorithm]string{}
	for i, name := range names {
		clitest.Write(t, c.dir, name, strings.Repeat(name, []int{0, 1, 100, 5000, 131072, 300000}[i]))
		digests[name] = digestsOf(t, filepath.Join(c.dir, name))
	}
	all, last := autoAlgorithms(), names[0]
	favourite := all[rng.IntN(len(all))]
	for i := range 60 {
		name, alg := names[rng.IntN(len(names))], all[rng.IntN(len(all))]
		if rng.IntN(3) == 0 {
			name = last // neighbouring lines of a file are read together
		}
		if rng.IntN(2) == 0 {
			alg = favourite
		}
		last = name
		line := autoLine{name: name, status: "verified", algorithm: alg.Name, digest: digests[name][alg]}
		expected, actual := line.digest, digests[name]
		switch rng.IntN(12) {
		case 0:
			line.name, line.status = fmt.Sprintf("missing %d", i), "missing"
		case 1:
			line.name = fmt.Sprintf("fifo %d", i)
			clitest.MakeFIFO(t, filepath.Join(c.dir, line.name))
			data, err := os.ReadFile(filepath.Join(c.dir, name))
			if err != nil {
				t.Fatal(err)
			}
			c.fifos = append(c.fifos, clitest.FIFO{Path: filepath.Join(c.dir, line.name), Data: data})
		}
		tagged := rng.IntN(4) == 0
		usual := usualOf(len(expected))
		if tagged {
			usual = alg
		}
		if rng.IntN(4) == 0 { // a digit is wrong
			expected = string("123456789abcdef0"[strings.IndexByte("0123456789abcdef", expected[0])]) + expected[1:]
			line.digest = actual[usual]
			line.algorithm = usual.Name
			if line.status == "verified" {
				line.status = "mismatch"
			}
		}
		if line.status == "missing" {
			line.algorithm, line.digest = usual.Name, ""
		}
		line.text = expected + "  " + line.name + "\n"
		if tagged {
			line.text = alg.Tag + strings.Repeat(" ", rng.IntN(4)) + "(" + line.name + ") = " + expected + "\n"
		}
		c.lines = append(c.lines, line)
	}
	return c
}

// check runs psha1sum with writers behind the FIFOs.
func (c *autoCase) check(t *testing.T, args ...string) clitest.Outcome {
	t.Helper()
	var manifest strings.Builder
	for i := range c.lines {
		manifest.WriteString(c.lines[i].text)
	}
	clitest.Write(t, c.dir, "SUMS", manifest.String())
	for _, f := range c.fifos {
		defer f.Serve()()
	}
	return clitest.Ours.Output(t, append([]string{"-a", "auto", "-c", "SUMS"}, args...), clitest.Settings{Dir: c.dir})
}

// TestAuto: a line is verified if and only if its digest is the file's by an algorithm
// that it may be of, whatever other lines are of and however many are read at a time.
func TestAuto(t *testing.T) {
	clitest.NeedOwn(t)
	schema := clitest.JSONSchema(t)
	for i := range 12 {
		rng := rand.New(rand.NewPCG(*clitest.Seed, uint64(i)))
		c := newAutoCase(t, rng)
		options := [][]string{{}, {"-j1"}, {"--io-jobs=1"}, {"-j3", "--io-jobs=2"}, {"--io=read", "--drop-cache"}}[i%5]
		want := ""
		for i := range c.lines {
			want += c.lines[i].verdict()
		}
		got := c.check(t, options...)
		if string(got.Stdout) != want {
			t.Errorf("%q: got\n%swant\n%s", options, got, want)
		}
		objects := slices.DeleteFunc(clitest.JSONObjects(t, schema, c.check(t, append(options, "--json")...)), func(o clitest.JSONObject) bool {
			return o["type"] != "file"
		})
		if len(objects) != len(c.lines) {
			t.Fatalf("%d objects of %d lines", len(objects), len(c.lines))
		}
		for i, o := range objects {
			line := &c.lines[i]
			digest, _ := o["digest"].(string)
			if o["status"] != line.status || o["algorithm"] != line.algorithm || digest != line.digest {
				t.Errorf("%sis %v, want %+v", line.text, o, line)
			}
		}
	}
}

// TestAutoStdin: standard input is read for all candidates at once.
func TestAutoStdin(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "in", "text")
	for alg, digest := range digestsOf(t, filepath.Join(dir, "in")) {
		clitest.Write(t, dir, "SUMS", digest+"  -\n")
		for _, args := range [][]string{{"-c", "SUMS"}, {"--expect", digest}, {"--expect=" + digest, "-"}} {
			stdin := clitest.Open(t, filepath.Join(dir, "in"), os.O_RDONLY)
			got := clitest.Ours.Output(t, append([]string{"-a", "auto"}, args...), clitest.Settings{Dir: dir, Stdin: stdin})
			stdin.Close()
			if got.Status != "exit 0" || string(got.Stdout) != "-: OK\n" {
				t.Errorf("%s-%d, %q:\n%s", alg.Name, 8*alg.Size, args, got)
			}
		}
	}
}

// TestAutoAudit: a file is MOVED if it is the missing one by any candidate.
func TestAutoAudit(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "d/new", "text")
	for alg, digest := range digestsOf(t, filepath.Join(dir, "d/new")) {
		clitest.Write(t, dir, "SUMS", digest+"  d/old\n")
		got := clitest.Ours.Output(t, []string{"-a", "auto", "-c", "--audit=d", "SUMS"}, clitest.Settings{Dir: dir})
		if want := "d/old: FAILED open or read\nd/new: MOVED from d/old\n"; string(got.Stdout) != want {
			t.Errorf("%s-%d:\n%s", alg.Name, 8*alg.Size, got)
		}
	}
}
