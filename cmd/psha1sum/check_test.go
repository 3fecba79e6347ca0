//go:build unix

package main_test

import (
	"strings"
	"testing"
)

// TestManifestLines compares manifests of many lines put together from parts,
// well formed and not, in each of the states that the first line of the GNU
// form leaves a reader in.
func TestManifestLines(t *testing.T) {
	t.Parallel()
	needGNU(t)
	lines := 1500
	if raceEnabled || testing.Short() {
		lines = 300
	}
	for n, first := range []struct{ state, line string }{
		{"undecided", ""},
		{"standard", emptyDigest + "  empty\n"},
		{"reversed", emptyDigest + " empty\n"},
		{"tagged", "SHA1 (empty) = " + emptyDigest + "\n"},
	} {
		t.Run(first.state, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range []string{"a", " a", "*a", "a ", "a b", "a\nb", `a\nb`, `a\`, "a\r", "\xff", "é", "a)", "(a)", "-", "\t"} {
				write(t, dir, name, "")
			}
			write(t, dir, "dir/changed", "changed")
			for round := range uint64(3) {
				g := newGenerator(*diffSeed+round, uint64(n))
				var b strings.Builder
				b.WriteString(first.line)
				for range lines {
					b.WriteString(g.assembledLine() + "\n")
				}
				compareManifest(t, dir, b.String(), [][]string{{"-cw"}, {"-c", "--ignore-missing", "--strict"}, {"-c", "--quiet"}, {"-c", "--status"}}[round])
			}
		})
	}
}

// emptyDigest is of the empty file.
const emptyDigest = "da39a3ee5e6b4b0d3255bfef95601890afd80709"

// assembledLine puts a line together from parts that fit and parts that don't.
func (g generator) assembledLine() string {
	names := []string{
		"a", "a", "a", " a", "*a", "a ", "a b", "missing", "", "-", "./-", "dir", "dir/changed", "a/", `a\nb`, `a\\nb`, `a\\`, `a\r`,
		`a\`, `a\q`, "a\x00b", "\x00", "a\r", "\xff", "é", "a)", "(a)", "a'b", strings.Repeat("n", 300), "\t", " ",
	}
	mostly := func(percent int, usual string, others ...string) string {
		if g.chance(percent) {
			return usual
		}
		return pick(g, others...)
	}
	lead := mostly(70, "", " ", "\t", " \t ", `\`, `\`, ` \`, `\ `, `\\`, "\ufeff", "#", "\r")
	digest := mostly(75, emptyDigest, strings.ToUpper(emptyDigest), strings.Repeat("0", 40), emptyDigest[:39], emptyDigest+"0",
		emptyDigest[:38]+"g0", emptyDigest[:20]+"\x00"+emptyDigest[21:], emptyDigest[:32], emptyDigest+emptyDigest[:24], "", "Da"+emptyDigest[2:])
	tail := mostly(90, "", "\r", "\r\r", " ", "\t", "x")
	if g.chance(60) {
		separator := mostly(40, "  ", " ", " *", "\t", "\t\t", "\t*", "   ", "", "*", "**", "* ", ` \`, "\x00 ", "\v ", " \x00")
		return g.withoutNUL(lead + digest + separator + pick(g, names...) + tail)
	}
	tag := mostly(70, "SHA1 ", "SHA1", "sha1 ", "SHA1  ", "SHA1\t", "MD5 ", "SHA256 ", "SHA1-160 ", "SHA1x ", "SHA-1 ", "SHA", "")
	opening := mostly(85, "(", "", "((", " (", "[")
	closing := mostly(85, ")", "", "))", ") )", "]")
	equals := mostly(60, " = ", "=", "= ", " =", "\t=\t", "  =  ", " == ", " ", ":", "\x00= ")
	return g.withoutNUL(lead + tag + opening + pick(g, names...) + closing + equals + digest + tail)
}

// withoutNUL spares newer releases the bytes that they differ about.
func (g generator) withoutNUL(line string) string {
	if gnu.release.before(9, 2) {
		return line
	}
	return strings.ReplaceAll(line, "\x00", "")
}

// compareManifest compares the check of a manifest.
func compareManifest(t *testing.T, dir, manifest string, options []string) {
	t.Helper()
	tr := &trial{
		dir: dir, args: append(options, "manifest"), stdin: inputNull, stdout: outputPipe, stderr: outputShared,
		files: []file{{"manifest", []byte(manifest)}},
	}
	if tr.differs(t) != "" {
		small := shrink(t, tr)
		t.Errorf("cut down: %s\n%s", small, small.differs(t))
	}
}

// TestManifestState has the first line of the GNU form decide for all
// manifests of a run.
func TestManifestState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"empty", " empty", "*empty"} {
		write(t, dir, name, "")
	}
	write(t, dir, "standard", emptyDigest+"  empty\n")
	write(t, dir, "binary", emptyDigest+" *empty\n")
	write(t, dir, "reversed", emptyDigest+" empty\n")
	write(t, dir, "tagged", "SHA1 (empty) = "+emptyDigest+"\n")
	write(t, dir, "unescapable", `\`+emptyDigest+`  \x`+"\n")
	write(t, dir, "comment", "# nothing\n\n")
	names := []string{"standard", "binary", "reversed", "tagged", "unescapable", "comment"}
	var lines [][]string
	for _, a := range names {
		for _, b := range names {
			lines = append(lines, []string{"-cw", a, b})
			for _, c := range names {
				lines = append(lines, []string{"-c", a, b, c})
			}
		}
	}
	compareArgs(t, dir, lines)
}
