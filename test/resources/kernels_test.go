//go:build unix

package resources_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
	"golang.org/x/sys/cpu"
)

// disableKernels is the environment variable that switches kernels off.
const disableKernels = "PSHA1SUM_DISABLE"

// forcedKernels are values of it that leave few kernels, or few of a family.
var forcedKernels = []string{
	"",
	"avx512",
	"shani",
	"avx512-x16",
	"avx512-x8,avx2,shani,crypto/sha1",
	"avx512,shani",
	"avx512,avx2",
	"avx512,avx2,shani-x3,shani-x4",
	"avx512,avx2,shani",
	"avx512,avx2,shani,crypto/sha1",
}

// debugLines are what --debug says.
var debugLines = regexp.MustCompile(`(?:^|\n)sha1sum: read with: ([a-z_, ]+)\n` +
	`sha1sum: hashed with: ([a-z0-9/-]+(?:, [a-z0-9/-]+)*)\n$`)

// debugged returns the kernels that --debug says ran, with what else there is
// on stderr before that.
func debugged(t testing.TB, out clitest.Outcome) (kernels []string, rest string) {
	t.Helper()
	_, kernels, rest = debuggedWays(t, out)
	return kernels, rest
}

// debuggedWays returns the ways of reading as well.
func debuggedWays(t testing.TB, out clitest.Outcome) (ways, kernels []string, rest string) {
	t.Helper()
	text := string(out.Stderr)
	match := debugLines.FindStringSubmatchIndex(text)
	if match == nil {
		t.Fatalf("the last lines on stderr don't say what was read and hashed with\n%s", out)
	}
	ways = strings.Split(text[match[2]:match[3]], ", ")
	kernels = strings.Split(text[match[4]:match[5]], ", ")
	for _, names := range [][]string{ways, kernels} {
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) < len(names) {
			t.Errorf("%q are not in order", names)
		}
	}
	if rest = text[:match[0]]; rest != "" {
		rest += "\n"
	}
	return ways, kernels, rest
}

// equalFiles makes files of one length, as many as two of the widest batches
// take, and returns their names.
func equalFiles(t testing.TB, dir string) (names []string) {
	g := clitest.NewGenerator(12, 12)
	for i := range 32 {
		names = append(names, fmt.Sprintf("equal%d", i))
		clitest.Write(t, dir, names[i], string(g.Bytes(700_000)))
	}
	return names
}

// TestDebug has --debug change nothing but the last lines on stderr.
func TestDebug(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	names := equalFiles(t, dir)[:5]
	clitest.Write(t, dir, "--debug", "a file")
	clitest.Write(t, dir, "empty", "")
	manifest := clitest.Ours.Output(t, names, clitest.Settings{Dir: dir})
	clitest.Write(t, dir, "manifest", string(manifest.Stdout)+clitest.LineOf("", "missing")+"junk\n")
	for _, test := range []struct {
		name string
		args []string // without --debug
		at   int      // where it is put
		none bool     // nothing is hashed
	}{
		{"first", names, 0, false},
		{"last", names, len(names), false},
		{"between", names, 2, false},
		{"with options", append([]string{"--tag", "-z", "-j1"}, names...), 1, false},
		{"no bytes", []string{"empty"}, 0, false},
		{"standard input", nil, 0, false},
		{"a name that looks like it", append([]string{"--", "--debug"}, names...), 0, false},
		{"with errors", append([]string{"missing", "."}, names...), 0, false},
		{"nothing to hash", []string{"missing"}, 0, true},
		{"check", []string{"--check", "manifest"}, 1, false},
		{"check, words of warning", []string{"-cw", "--strict", "manifest"}, 3, false},
		{"check, silent", []string{"-c", "--status", "manifest"}, 0, false},
		{"check, no manifest", []string{"-c", "missing"}, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := clitest.Ours.Output(t, test.args, clitest.Settings{Dir: dir})
			got := clitest.Ours.Output(t, slices.Insert(slices.Clone(test.args), test.at, "--debug"), clitest.Settings{Dir: dir})
			kernels, rest := debugged(t, got)
			if none := slices.Equal(kernels, []string{"none"}); none != test.none {
				t.Errorf("it was hashed with %q", kernels)
			}
			got.Stderr = []byte(rest)
			if got.Status != want.Status || !bytes.Equal(got.Stdout, want.Stdout) || !bytes.Equal(got.Stderr, want.Stderr) {
				t.Errorf("without\n%swith\n%s", want, got)
			}
		})
	}
}

// TestDebugSpelling has --debug known by its full name only, and take nothing.
func TestDebugSpelling(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "one")
	for _, test := range []struct{ word, message string }{
		{"--d", "unrecognized option '--d'"},
		{"--de", "unrecognized option '--de'"},
		{"--debu", "unrecognized option '--debu'"},
		{"--debugs", "unrecognized option '--debugs'"},
		{"--Debug", "unrecognized option '--Debug'"},
		{"-debug", "invalid option -- 'd'"},
		{"--debug=", "option '--debug' doesn't allow an argument"},
		{"--debug=yes", "option '--debug' doesn't allow an argument"},
	} {
		t.Run(test.word, func(t *testing.T) {
			got := clitest.Ours.Output(t, []string{test.word, "a"}, clitest.Settings{Dir: dir})
			if want := "sha1sum: " + test.message + "\n" + clitest.TryHelp; got.Status != "exit 1" || string(got.Stderr) != want || len(got.Stdout) > 0 {
				t.Errorf("want %q, got\n%s", want, got)
			}
		})
	}
	for _, other := range []string{"--help", "--version"} {
		want := clitest.Ours.Output(t, []string{other}, clitest.Settings{})
		if got := clitest.Ours.Output(t, []string{"--debug", other}, clitest.Settings{}); clitest.Compare(got, want) != "" {
			t.Errorf("%s: want\n%sgot\n%s", other, want, got)
		}
	}
	got := clitest.Ours.Output(t, []string{"a", "--debug"}, clitest.Settings{Dir: dir, Env: []string{"POSIXLY_CORRECT=1"}})
	if want := "sha1sum: --debug: No such file or directory\n"; string(got.Stderr) != want || string(got.Stdout) != clitest.LineOf("one", "a") {
		t.Errorf("POSIXLY_CORRECT: want %q, got\n%s", want, got)
	}
}

// TestWidestKernel has many files hashed in as many lanes as the processor has,
// unless that is switched off.
func TestWidestKernel(t *testing.T) {
	clitest.NeedOwn(t)
	if !cpu.X86.HasAVX512F || !cpu.X86.HasAVX512BW || !cpu.X86.HasAVX512VL {
		t.Skip("not on this processor: AVX-512")
	}
	const widest = "avx512-x16"
	dir := t.TempDir()
	names := equalFiles(t, dir)
	for _, jobs := range []string{"-j1", "-j2"} {
		t.Run(jobs, func(t *testing.T) {
			args := append([]string{"--debug", jobs}, names...)
			var seen [][]string
			// On a machine that does too much else no batch may be full, if
			// rarely.
			for range 10 {
				kernels, _ := debugged(t, clitest.Ours.Output(t, args, clitest.Settings{Dir: dir}))
				if seen = append(seen, kernels); slices.Contains(kernels, widest) {
					break
				}
			}
			if !slices.Contains(seen[len(seen)-1], widest) {
				t.Errorf("hashed with %q, never with %s", seen, widest)
			}
			off := clitest.Settings{Dir: dir, Env: []string{disableKernels + "=avx512"}}
			kernels, _ := debugged(t, clitest.Ours.Output(t, args, off))
			if slices.ContainsFunc(kernels, func(k string) bool { return strings.HasPrefix(k, "avx512") }) {
				t.Errorf("hashed with %q, though AVX-512 is switched off", kernels)
			}
		})
	}
}

// TestForcedKernels compares the digests of a tree of all kinds of files with
// GNU's, however the kernels are cut down, and never sees one that is switched
// off.
func TestForcedKernels(t *testing.T) {
	clitest.NeedOwn(t)
	clitest.NeedGNU(t)
	dir := t.TempDir()
	tree := clitest.NewGenerator(13, 13).Tree(t, dir)
	names := slices.Concat(tree.Readable, equalFiles(t, dir), clitest.ManyFiles(t, dir, 300))
	slices.Sort(names)
	names = append([]string{"--"}, names...)
	want := clitest.GNU.Output(t, names, clitest.Settings{Dir: dir})
	manifest := t.TempDir()
	clitest.Write(t, manifest, "manifest", string(want.Stdout))
	check := []string{"-c", filepath.Join(manifest, "manifest")}
	wantCheck := clitest.GNU.Output(t, check, clitest.Settings{Dir: dir})
	for i, disable := range forcedKernels {
		t.Run("without "+disable, func(t *testing.T) {
			s := clitest.Settings{Dir: dir, Env: []string{disableKernels + "=" + disable}}
			for j, jobs := range []string{"-j1", "-j2", "-j5"} {
				if (i+j)%3 != 0 && !*large.Flag {
					continue
				}
				for _, run := range []struct {
					args []string
					want clitest.Outcome
				}{{names, want}, {check, wantCheck}} {
					got := clitest.Ours.Output(t, append([]string{"--debug", jobs}, run.args...), s)
					kernels, rest := debugged(t, got)
					got.Stderr = []byte(rest)
					if difference := clitest.Compare(got, run.want); difference != "" {
						t.Errorf("%s: %s differ\nwant\n%sgot\n%s", jobs, difference, run.want, got)
					}
					for _, k := range kernels {
						family, _, _ := strings.Cut(k, "-")
						off := strings.Split(disable, ",")
						if slices.Contains(off, k) || slices.Contains(off, family) {
							t.Errorf("%s: hashed with %q", jobs, kernels)
						}
					}
				}
			}
		})
	}
}
