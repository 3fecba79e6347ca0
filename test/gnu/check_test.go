//go:build unix

package gnu_test

import (
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestManifestLines compares manifests of many lines put together from parts,
// well formed and not, in each of the states that the first line of the GNU
// form leaves a reader in.
func TestManifestLines(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	lines := 1500
	if clitest.RaceEnabled || testing.Short() {
		lines = 300
	}
	for n, first := range []struct{ state, line string }{
		{"undecided", ""},
		{"standard", clitest.EmptyDigest + "  empty\n"},
		{"reversed", clitest.EmptyDigest + " empty\n"},
		{"tagged", "SHA1 (empty) = " + clitest.EmptyDigest + "\n"},
	} {
		t.Run(first.state, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range []string{"a", " a", "*a", "a ", "a b", "a\nb", `a\nb`, `a\`, "a\r", "\xff", "é", "a)", "(a)", "-", "\t"} {
				clitest.Write(t, dir, name, "")
			}
			clitest.Write(t, dir, "dir/changed", "changed")
			for round := range uint64(3) {
				g := clitest.NewGenerator(*clitest.Seed+round, uint64(n))
				var b strings.Builder
				b.WriteString(first.line)
				for range lines {
					b.WriteString(assembledLine(g) + "\n")
				}
				compareManifest(t, dir, b.String(), [][]string{{"-cw"}, {"-c", "--ignore-missing", "--strict"}, {"-c", "--quiet"}, {"-c", "--status"}}[round])
			}
		})
	}
}

// assembledLine puts a line together from parts that fit and parts that don't.
func assembledLine(g clitest.Generator) string {
	names := []string{
		"a", "a", "a", " a", "*a", "a ", "a b", "missing", "", "-", "./-", "dir", "dir/changed", "a/", `a\nb`, `a\\nb`, `a\\`, `a\r`,
		`a\`, `a\q`, "a\x00b", "\x00", "a\r", "\xff", "é", "a)", "(a)", "a'b", strings.Repeat("n", 300), "\t", " ",
	}
	mostly := func(percent int, usual string, others ...string) string {
		if g.Chance(percent) {
			return usual
		}
		return clitest.Pick(g, others...)
	}
	lead := mostly(70, "", " ", "\t", " \t ", `\`, `\`, ` \`, `\ `, `\\`, "\ufeff", "#", "\r")
	digest := mostly(75, clitest.EmptyDigest, strings.ToUpper(clitest.EmptyDigest), strings.Repeat("0", 40), clitest.EmptyDigest[:39], clitest.EmptyDigest+"0",
		clitest.EmptyDigest[:38]+"g0", clitest.EmptyDigest[:20]+"\x00"+clitest.EmptyDigest[21:], clitest.EmptyDigest[:32], clitest.EmptyDigest+clitest.EmptyDigest[:24], "", "Da"+clitest.EmptyDigest[2:])
	tail := mostly(90, "", "\r", "\r\r", " ", "\t", "x")
	if g.Chance(60) {
		separator := mostly(40, "  ", " ", " *", "\t", "\t\t", "\t*", "   ", "", "*", "**", "* ", ` \`, "\x00 ", "\v ", " \x00")
		return withoutNUL(g, lead+digest+separator+clitest.Pick(g, names...)+tail)
	}
	tag := mostly(70, "SHA1 ", "SHA1", "sha1 ", "SHA1  ", "SHA1\t", "MD5 ", "SHA256 ", "SHA1-160 ", "SHA1x ", "SHA-1 ", "SHA", "")
	opening := mostly(85, "(", "", "((", " (", "[")
	closing := mostly(85, ")", "", "))", ") )", "]")
	equals := mostly(60, " = ", "=", "= ", " =", "\t=\t", "  =  ", " == ", " ", ":", "\x00= ")
	return withoutNUL(g, lead+tag+opening+clitest.Pick(g, names...)+closing+equals+digest+tail)
}

// withoutNUL replaces the bytes that newer releases treat differently.
func withoutNUL(g clitest.Generator, line string) string {
	if clitest.GNU.Release.Before(9, 2) {
		return line
	}
	return strings.ReplaceAll(line, "\x00", "")
}

// compareManifest compares the check of a manifest.
func compareManifest(t *testing.T, dir, manifest string, options []string) {
	t.Helper()
	tr := &clitest.Trial{
		Dir: dir, Args: append(options, "manifest"), Stdin: clitest.InputNull, Stdout: clitest.OutputPipe, Stderr: clitest.OutputShared,
		Files: []clitest.File{{Name: "manifest", Data: []byte(manifest)}},
	}
	if tr.Differs(t) != "" {
		small := shrink(t, tr)
		t.Errorf("cut down: %s\n%s", small, small.Differs(t))
	}
}

// TestManifestState checks that the first line of the GNU form decides for all manifests
// of a run.
func TestManifestState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"empty", " empty", "*empty"} {
		clitest.Write(t, dir, name, "")
	}
	clitest.Write(t, dir, "standard", clitest.EmptyDigest+"  empty\n")
	clitest.Write(t, dir, "binary", clitest.EmptyDigest+" *empty\n")
	clitest.Write(t, dir, "reversed", clitest.EmptyDigest+" empty\n")
	clitest.Write(t, dir, "tagged", "SHA1 (empty) = "+clitest.EmptyDigest+"\n")
	clitest.Write(t, dir, "unescapable", `\`+clitest.EmptyDigest+`  \x`+"\n")
	clitest.Write(t, dir, "comment", "# nothing\n\n")
	names := []string{"standard", "binary", "reversed", "tagged", "unescapable", "comment"}
	var lines [][]string
	for i, a := range names {
		for j, b := range names {
			lines = append(lines, []string{"-cw", a, b})
			for k, c := range names {
				if (i+j+k)%3 == 0 || *large.Flag {
					lines = append(lines, []string{"-c", a, b, c})
				}
			}
		}
	}
	clitest.CompareArgs(t, dir, lines)
}
