package manifest

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/psha1sum/psha1sum/internal/large"
)

var runs = flag.Int("runs", 0, "random runs of the installed coreutils to compare with, of up to four manifests each (default 600, with -large 2000)")

// A gnuTool is an installed tool of coreutils.
type gnuTool struct {
	command   string
	algorithm Algorithm
	sum       func(data []byte, size int) []byte
	release   release
}

// A release of coreutils, such as {9, 1}.
type release [2]int

func (r release) atLeast(major, minor int) bool {
	return r[0] > major || r[0] == major && r[1] >= minor
}

// gnuTools returns the installed tools, sha1sum first, or skips the test.
func gnuTools(tb testing.TB) []gnuTool {
	tools := []gnuTool{
		{"sha1sum", Algorithm{Tag: "SHA1", Size: sha1.Size}, func(b []byte, _ int) []byte { s := sha1.Sum(b); return s[:] }, release{}},
		{"md5sum", Algorithm{Tag: "MD5", Size: md5.Size}, func(b []byte, _ int) []byte { s := md5.Sum(b); return s[:] }, release{}},
		{"sha256sum", Algorithm{Tag: "SHA256", Size: sha256.Size}, func(b []byte, _ int) []byte { s := sha256.Sum256(b); return s[:] }, release{}},
		{"b2sum", Algorithm{Tag: "BLAKE2b", Size: 64, Variable: true}, b2sum, release{}},
		{"sha512sum", Algorithm{Tag: "SHA512", Size: sha512.Size}, func(b []byte, _ int) []byte { s := sha512.Sum512(b); return s[:] }, release{}},
	}
	for i, tool := range tools {
		out, err := exec.Command(tool.command, "--version").Output()
		if err != nil {
			tb.Skipf("no reference to compare with: %v", err)
		}
		r := &tools[i].release
		if _, err := fmt.Sscanf(string(out), tool.command+" (GNU coreutils) %d.%d", &r[0], &r[1]); err != nil {
			tb.Skipf("no reference to compare with: %s is not from GNU coreutils", tool.command)
		}
		if *r == (release{9, 2}) {
			tb.Skip("no reference to compare with: coreutils 9.2 prints OK for everything after the first OK")
		}
	}
	return tools
}

// b2sum runs the tool, because no available package computes BLAKE2b, and caches the
// digest.
func b2sum(data []byte, size int) []byte {
	key := fmt.Sprintf("%d %s", size, data)
	if sum, ok := b2sums.Load(key); ok {
		return sum.([]byte)
	}
	cmd := exec.Command("b2sum", "-l", fmt.Sprint(8*size))
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		panic(err)
	}
	sum, _, _ := strings.Cut(string(out), " ")
	digest, err := hex.DecodeString(sum)
	if err != nil {
		panic(err)
	}
	b2sums.Store(key, digest)
	return digest
}

var b2sums sync.Map

// A run is one call of a tool with --check, on manifests in order or on a single one
// from standard input.
type run struct {
	manifests [][]byte
	stdin     bool
}

// An outcome is the visible result of a run: how the manifests were parsed, without
// messages about unreadable files.
type outcome struct {
	entries   []string // standard output: one line per entry
	malformed []string // standard error: one line per malformed line
}

// check runs the tool in tree on the manifests in directory.
func (g gnuTool) check(directory, tree string, r run) (outcome, error) {
	cmd := exec.Command(g.command, "--check", "--warn")
	cmd.Dir = tree
	cmd.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")}
	if r.stdin {
		cmd.Stdin = bytes.NewReader(r.manifests[0])
	} else {
		for i, text := range r.manifests {
			path := filepath.Join(directory, manifestName(i))
			if err := os.WriteFile(path, text, 0o666); err != nil {
				return outcome{}, err
			}
			cmd.Args = append(cmd.Args, path)
		}
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() < 0 {
		return outcome{}, err
	}
	var o outcome
	o.entries = splitLines(stdout.String())
	for _, line := range splitLines(stderr.String()) {
		// No other message ends like this, whatever name it contains: those about files
		// end with the system's error.
		if strings.HasSuffix(line, ": improperly formatted "+g.algorithm.Tag+" checksum line") {
			o.malformed = append(o.malformed, line)
		}
	}
	return o, nil
}

func manifestName(i int) string { return fmt.Sprintf("m%d", i) }

// splitLines returns the lines of s, each of which must end in a line feed.
func splitLines(s string) []string {
	lines := strings.Split(s, "\n")
	return lines[:len(lines)-1]
}

// predict returns the outcome that check should have, according to this package.
func (g gnuTool) predict(tb testing.TB, directory, tree string, r run) (o outcome) {
	p := NewParser(g.algorithm)
	for i, text := range r.manifests {
		name := filepath.Join(directory, manifestName(i))
		if r.stdin {
			name = "'standard input'"
		}
		m := p.NewReader(bytes.NewReader(text), r.stdin)
		for {
			line, err := m.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				tb.Fatal(err)
			}
			if line.Malformed {
				o.malformed = append(o.malformed, fmt.Sprintf("%s: %s: %d: improperly formatted %s checksum line",
					g.command, name, line.Number, g.algorithm.Tag))
			} else {
				o.entries = append(o.entries, g.statusName(line.Name)+": "+g.verify(tree, &line.Entry))
			}
		}
	}
	return o
}

func (g gnuTool) verify(tree string, e *Entry) string {
	var data []byte
	if e.Name != "-" { // "-" reads nothing, because cmd.Stdin is nil
		var err error
		if data, err = os.ReadFile(tree + "/" + e.Name); err != nil || e.Name == "" {
			return "FAILED open or read"
		}
	}
	if bytes.Equal(g.sum(data, e.Size), e.Digest()) {
		return "OK"
	}
	return "FAILED"
}

// statusName returns name as the installed release prints it on standard output.
func (g gnuTool) statusName(name string) string {
	switch {
	case !g.release.atLeast(9, 4):
		return string(AppendStatusName(nil, name))
	case !g.release.atLeast(9, 11):
		if strings.ContainsAny(name, "\\\n\r") {
			name = `\` + string(appendName(nil, name, true))
		}
		return name
	default:
		return name // comparable removes quoted names
	}
}

// comparable returns the entries that this test can predict: from 9.11 on most names
// are quoted for the shell.
func (g gnuTool) comparable(entries []string) []string {
	if !g.release.atLeast(9, 11) {
		return entries
	}
	known := make([]string, len(entries))
	for i, entry := range entries {
		end := strings.LastIndex(entry, ": ")
		if name := entry[:max(end, 0)]; strings.Trim(name, "abcdefghijklmnopqrstuvwxyz.-") != "" || name == "" {
			entry = "quoted" + entry[max(end, 0):]
		}
		known[i] = entry
	}
	return known
}

// compare runs r and fails the test if the tool parses it differently.
func (g gnuTool) compare(tb testing.TB, directory, tree string, r run) {
	tb.Helper()
	got := g.predict(tb, directory, tree, r)
	want, err := g.check(directory, tree, r)
	if err != nil {
		tb.Fatal(err)
	}
	if !slices.Equal(g.comparable(got.entries), g.comparable(want.entries)) || !slices.Equal(got.malformed, want.malformed) {
		tb.Errorf("%s --check reads in %q\n    %q\n    %q\nnot\n    %q\n    %q",
			g.command, r.manifests, want.entries, want.malformed, got.entries, got.malformed)
	}
}

func TestGrammarAgainstGNU(t *testing.T) {
	sha1sum := gnuTools(t)[0]
	directory, tree := t.TempDir(), t.TempDir()
	for _, c := range grammarCases {
		t.Run(c.name, func(t *testing.T) {
			if strings.Contains(c.text, "\x00") && sha1sum.release.atLeast(9, 2) {
				t.Skip("9.2 and later read NUL in other ways")
			}
			sha1sum.compare(t, directory, tree, run{[][]byte{[]byte(c.text)}, c.stdin})
		})
	}
}

func TestRandomManifestsAgainstGNU(t *testing.T) {
	tools := gnuTools(t)
	n := *runs
	switch {
	case n > 0:
	case testing.Short():
		n = 200
	default:
		n = large.Or(400, 2000)
	}
	const shards = 2
	for shard := range uint64(shards) {
		t.Run(fmt.Sprint("seed ", shard), func(t *testing.T) {
			t.Parallel()
			directory := t.TempDir()
			tree, names := makeTree(t)
			rnd := rand.New(rand.NewPCG(2, shard))
			for i := range n / shards {
				tool := tools[0]
				if i%4 == 3 {
					tool = tools[rnd.IntN(len(tools))]
				}
				g := generator{Rand: rnd, tool: tool, tree: tree, names: names}
				if tool.compare(t, directory, tree, g.run()); t.Failed() {
					t.Fatalf("in run %d", i)
				}
			}
		})
	}
}

// FuzzCheckAgainstGNU compares single manifests.
func FuzzCheckAgainstGNU(f *testing.F) {
	sha1sum := gnuTools(f)[0]
	for _, c := range grammarCases {
		f.Add([]byte(c.text), c.stdin)
	}
	directory := f.TempDir()
	tree, _ := makeTree(f)
	f.Fuzz(func(t *testing.T, text []byte, stdin bool) {
		if bytes.IndexByte(text, '/') >= 0 {
			t.Skip("a fuzzer does not choose among the machine's files")
		}
		if bytes.IndexByte(text, 0) >= 0 && sha1sum.release.atLeast(9, 2) {
			t.Skip("9.2 and later read NUL in other ways")
		}
		sha1sum.compare(t, directory, tree, run{[][]byte{text}, stdin})
	})
}

// makeTree creates some small files with difficult names.
func makeTree(tb testing.TB) (tree string, names []string) {
	tree = tb.TempDir()
	names = []string{
		"a", "b c", " a", "*a", "a ", "-a", "#a", `\`, `\n`, `a\\b`, "a\nb", "\n", "c\r", "\ta",
		")", "a) = 0", "(", "=", "\xff", "é", "'", "a:b", "SHA1",
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(tree, name), []byte("content of "+name), 0o666); err != nil {
			tb.Fatal(err)
		}
	}
	return tree, names
}

// A generator generates runs of manifests that are correct, nearly correct or wrong.
type generator struct {
	*rand.Rand
	tool  gnuTool
	tree  string
	names []string
}

func (g generator) run() run {
	if g.IntN(4) == 0 {
		return run{[][]byte{g.manifest()}, true}
	}
	var r run
	for range 1 + g.IntN(4) {
		r.manifests = append(r.manifests, g.manifest())
	}
	return r
}

// manifest returns lines most of which have the same style, or few of which are valid.
func (g generator) manifest() []byte {
	var text []byte
	reversed := g.IntN(3) == 0
	damage := 1 + g.IntN(12)
	for range g.IntN(40) {
		line := g.line(reversed != (g.IntN(8) == 0))
		if g.IntN(damage) == 0 {
			line = g.mutate(line)
		}
		text = append(text, line...)
		text = append(text, g.pick("\n", "\n", "\n", "\n", "\r\n", "\r\r\n", "\n\n", "\n\r\n")...)
	}
	if g.IntN(3) == 0 {
		text = bytes.TrimSuffix(text, []byte("\n"))
	}
	return text
}

func (g generator) line(reversed bool) []byte {
	name, digits, size := g.entry()
	escape := g.IntN(4) == 0 || needsEscape(name) && g.IntN(8) != 0
	line := g.pick("", "", "", "", " ", "\t", " \t ")
	if escape {
		line += `\`
	}
	name = string(appendName(nil, name, escape))
	switch {
	case g.IntN(16) == 0:
		line += g.pick("#", " ", "", g.tool.algorithm.Tag, digits) + name
	case g.IntN(3) == 0:
		line += g.pick(g.tag(size), g.tag(size), g.tag(size), "SHA1", "MD5") +
			g.pick(" ", " ", " ", "", "  ", "\t", "b ", "x", "\x01") + "(" + name + ")" +
			g.pick(" ", " ", "", "\t ") + "=" + g.pick(" ", " ", "", " \t") + digits
	case reversed:
		line += digits + g.pick(" ", " ", "\t") + name
	default:
		line += digits + g.pick(" ", " ", "\t") + g.pick(" ", "*") + name
	}
	return []byte(line)
}

// tag returns a spelling of the tag for digests of some size.
func (g generator) tag(size int) string {
	tag := g.tool.algorithm.Tag
	if !g.tool.algorithm.Variable || size == g.tool.algorithm.Size && g.IntN(2) == 0 {
		return tag
	}
	format := g.pick("%d", "%d", "%d", "%d", "0x%x", "0X%X", "0%o", "+%d", " \v\f%d", "-%d", "%dk", "00%o", "%d0", "0%d", "%d99999999999999999999", "0x")
	if strings.Contains(format, "%") {
		return tag + "-" + fmt.Sprintf(format, 8*size)
	}
	return tag + "-" + format
}

// entry returns a name that may exist, and digits that may be correct.
func (g generator) entry() (name, digits string, size int) {
	name = g.names[g.IntN(len(g.names))]
	data, _ := os.ReadFile(filepath.Join(g.tree, name))
	size = g.tool.algorithm.Size
	if g.tool.algorithm.Variable && g.IntN(2) == 0 {
		size = []int{1, 2, 20, 32, 63}[g.IntN(5)]
	}
	sum := bytes.Clone(g.tool.sum(data, size))
	if g.IntN(3) == 0 {
		sum[g.IntN(len(sum))] ^= 1 << g.IntN(8)
	}
	if g.IntN(2) == 0 {
		name = g.string(g.IntN(6))
	}
	digits = hex.EncodeToString(sum)
	switch g.IntN(24) {
	case 0:
		digits = digits[:g.IntN(len(digits))]
	case 1:
		digits += "0"
	case 2, 3, 4, 5:
		digits = strings.ToUpper(digits)
	}
	return name, digits, size
}

// alphabet is mainly the characters that matter to the grammar.
const alphabet = "ab0fFgnr \t*()=\\#-.'\r\v\xff\x01\x00"

func (g generator) string(n int) string {
	s := make([]byte, n)
	for i := range s {
		s[i] = g.byte()
	}
	return string(s)
}

func (g generator) byte() byte {
	usable := alphabet
	if g.tool.release.atLeast(9, 2) {
		usable = strings.TrimSuffix(usable, "\x00") // parsed differently since
	}
	return usable[g.IntN(len(usable))]
}

// mutate inserts, removes or replaces a byte, more often near syntax.
func (g generator) mutate(line []byte) []byte {
	at := g.IntN(len(line) + 1)
	if digits := 2 * g.tool.algorithm.Size; g.IntN(2) == 0 && len(line) > digits {
		at = min(digits+g.IntN(4), len(line))
	}
	switch {
	case at == len(line) || g.IntN(3) == 0:
		return slices.Insert(line, at, g.byte())
	case g.IntN(2) == 0:
		return slices.Delete(line, at, at+1)
	default:
		line[at] = g.byte()
		return line
	}
}

func (g generator) pick(from ...string) string {
	return from[g.IntN(len(from))]
}
