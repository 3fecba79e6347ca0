//go:build unix

package reports_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// forgingNames are names that try to be something else in a report.
var forgingNames = []string{
	"::error::forged", " ::warning::forged", "\t::notice::forged", "\u00a0::debug::forged",
	"a\n::error::forged", "a\r::error::forged", "a\n##[error]forged", "::error file=x,line=1::forged",
	"::set-output name=x::forged", "::add-mask::forged", "::add-matcher::forged", "::echo::on",
	"::stop-commands::forged", "::group::forged", "::SAVE-STATE name=x::forged",
	"##[error]forged", "x##[set-output name=a]forged", "##[add-matcher]forged", "##[Warning file=x]forged",
	"%0A::error::forged", "%0a", "%250A", "%25", "%", "a,b:c", "=x", "a=b,line=3", "::", "a::b",
	"]]>", "<![CDATA[x]]>", "<!--", "&amp;", "<b>&", `"><testcase name="x"`, "&#10;", "&#x0;",
	"|", "a | b", "`code`", "```", "<script>alert(1)<", "<!-- |", "[link](x)", "![x](y)", "**bold**",
	"@user", "#1", "https:www.example.org", "www.example.org", "~~x~~", "\\|", ":smile:", "---", "<code>",
	"\x01", "\x1b[31mred", "\x1b]0;title\x07", "\u202egnp.exe", "\u2028::error::forged", "\u2029", "\u0085x",
	"\xff", "\xff\xfe", "\xed\xa0\x80", "\ufffe", "\uffff", "\ufffd", "\U0010ffff", "é日本😀", `\xff`, `\n`, `\\`, `\u2028`,
}

// A listedName is a line of a manifest and what is to become of it.
type listedName struct {
	name    string
	verdict string // "verified", "mismatch" or "missing"
}

// hostileTree makes files with hostile and with odd names, and the manifest SUMS of
// them, which doesn't match a third of them and lists another third in vain.
func hostileTree(t *testing.T) (dir string, listed []listedName) {
	t.Helper()
	dir = t.TempDir()
	names := slices.Concat(forgingNames, clitest.TrickyNames)
	g := clitest.NewGenerator(*clitest.Seed, 1)
	for range 200 {
		names = append(names, g.Name())
	}
	slices.Sort(names)
	var sums strings.Builder
	for i, name := range slices.Compact(names) {
		if name == "-" || name == "SUMS" || clitest.Exists(dir+"/"+name) {
			continue
		}
		verdict := []string{"verified", "mismatch", "missing"}[i%3]
		sum := "content"
		if verdict != "missing" {
			// Some file systems don't take every name.
			if err := os.WriteFile(dir+"/"+name, []byte("content"), 0o644); err != nil {
				verdict = "missing"
			}
		}
		if verdict == "mismatch" {
			sum = "other"
		}
		listed = append(listed, listedName{name, verdict})
		sums.WriteString(clitest.LineOf(sum, name))
	}
	clitest.Write(t, dir, "SUMS", sums.String())
	return dir, listed
}

// unescape returns what a report shows as text, which has Go's escapes.
func unescape(t *testing.T, text string) string {
	t.Helper()
	name, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return name
}

// wantOnly checks that a directory has these files and no others.
func wantOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(names)
	if !slices.Equal(got, names) {
		t.Errorf("there are %q, want %q", got, names)
	}
}

// TestReportsThatCannotBe checks reports whose files can't be created. The error is
// reported before any work begins, also to the other reports.
func TestReportsThatCannotBe(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "file", "file")
	if err := os.Mkdir(filepath.Join(dir, "directory"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, why string }{
		{"none/junit.xml", "No such file or directory"},
		{"directory", "Is a directory"},
		{"file/junit.xml", "Not a directory"},
	} {
		out := clitest.Ours.Output(t, []string{"--report=junit:" + test.name, "a"}, clitest.Settings{Dir: dir})
		want := fmt.Sprintf("%s: %s: %s\n", clitest.Name, test.name, test.why)
		if out.Status != "exit 1" || len(out.Stdout) > 0 || string(out.Stderr) != want {
			t.Errorf("want %q, got\n%s", want, out)
		}
		out = clitest.Ours.Output(t, []string{"--report=junit:" + test.name, "--report=github", "a"}, clitest.Settings{Dir: dir})
		r := newRunner()
		r.lines(out.Stdout)
		if out.Status != "exit 1" || len(r.commands) != 1 || r.commands[0].data != strings.TrimSuffix(want[len(clitest.Name)+2:], "\n") {
			t.Errorf("want %q in an annotation, got %+v of\n%s", want, r.commands, out)
		}
	}
	wantOnly(t, dir, "a", "file", "directory")
}
