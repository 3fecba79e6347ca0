//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

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
func debugged(t testing.TB, out outcome) (kernels []string, rest string) {
	t.Helper()
	_, kernels, rest = debuggedWays(t, out)
	return kernels, rest
}

// debuggedWays returns the ways of reading as well.
func debuggedWays(t testing.TB, out outcome) (ways, kernels []string, rest string) {
	t.Helper()
	text := string(out.stderr)
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
	g := newGenerator(12, 12)
	for i := range 32 {
		names = append(names, fmt.Sprintf("equal%d", i))
		write(t, dir, names[i], string(g.bytes(700_000)))
	}
	return names
}

// TestDebug has --debug change nothing but the last lines on stderr.
func TestDebug(t *testing.T) {
	needOwn(t)
	dir := t.TempDir()
	names := equalFiles(t, dir)[:5]
	write(t, dir, "--debug", "a file")
	write(t, dir, "empty", "")
	manifest := ours.output(t, names, settings{dir: dir})
	write(t, dir, "manifest", string(manifest.stdout)+lineOf("", "missing")+"junk\n")
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
			want := ours.output(t, test.args, settings{dir: dir})
			got := ours.output(t, slices.Insert(slices.Clone(test.args), test.at, "--debug"), settings{dir: dir})
			kernels, rest := debugged(t, got)
			if none := slices.Equal(kernels, []string{"none"}); none != test.none {
				t.Errorf("it was hashed with %q", kernels)
			}
			got.stderr = []byte(rest)
			if got.status != want.status || !bytes.Equal(got.stdout, want.stdout) || !bytes.Equal(got.stderr, want.stderr) {
				t.Errorf("without\n%swith\n%s", want, got)
			}
		})
	}
}

// TestDebugSpelling has --debug known by its full name only, and take nothing.
func TestDebugSpelling(t *testing.T) {
	needOwn(t)
	dir := t.TempDir()
	write(t, dir, "a", "one")
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
			got := ours.output(t, []string{test.word, "a"}, settings{dir: dir})
			if want := "sha1sum: " + test.message + "\n" + tryHelp; got.status != "exit 1" || string(got.stderr) != want || len(got.stdout) > 0 {
				t.Errorf("want %q, got\n%s", want, got)
			}
		})
	}
	for _, other := range []string{"--help", "--version"} {
		want := ours.output(t, []string{other}, settings{})
		if got := ours.output(t, []string{"--debug", other}, settings{}); compare(got, want) != "" {
			t.Errorf("%s: want\n%sgot\n%s", other, want, got)
		}
	}
	got := ours.output(t, []string{"a", "--debug"}, settings{dir: dir, env: []string{"POSIXLY_CORRECT=1"}})
	if want := "sha1sum: --debug: No such file or directory\n"; string(got.stderr) != want || string(got.stdout) != lineOf("one", "a") {
		t.Errorf("POSIXLY_CORRECT: want %q, got\n%s", want, got)
	}
}

// TestWidestKernel has many files hashed in as many lanes as the processor has,
// unless that is switched off.
func TestWidestKernel(t *testing.T) {
	needOwn(t)
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
				kernels, _ := debugged(t, ours.output(t, args, settings{dir: dir}))
				if seen = append(seen, kernels); slices.Contains(kernels, widest) {
					break
				}
			}
			if !slices.Contains(seen[len(seen)-1], widest) {
				t.Errorf("hashed with %q, never with %s", seen, widest)
			}
			off := settings{dir: dir, env: []string{disableKernels + "=avx512"}}
			kernels, _ := debugged(t, ours.output(t, args, off))
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
	needOwn(t)
	needGNU(t)
	dir := t.TempDir()
	tree := newGenerator(13, 13).tree(t, dir)
	names := slices.Concat(tree.readable, equalFiles(t, dir), manyFiles(t, dir, 300))
	slices.Sort(names)
	names = append([]string{"--"}, names...)
	want := gnu.output(t, names, settings{dir: dir})
	manifest := t.TempDir()
	write(t, manifest, "manifest", string(want.stdout))
	check := []string{"-c", filepath.Join(manifest, "manifest")}
	wantCheck := gnu.output(t, check, settings{dir: dir})
	for _, disable := range forcedKernels {
		t.Run("without "+disable, func(t *testing.T) {
			s := settings{dir: dir, env: []string{disableKernels + "=" + disable}}
			for _, jobs := range []string{"-j1", "-j2", "-j5"} {
				for _, run := range []struct {
					args []string
					want outcome
				}{{names, want}, {check, wantCheck}} {
					got := ours.output(t, append([]string{"--debug", jobs}, run.args...), s)
					kernels, rest := debugged(t, got)
					got.stderr = []byte(rest)
					if difference := compare(got, run.want); difference != "" {
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
