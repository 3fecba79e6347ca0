//go:build unix

package check_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/crypto/blake2b"
)

// A damage is a change to files of a release and the explanation expected of it, or "" if
// it shows nothing.
type damage struct {
	title string
	do    func(path string, content []byte) error
	want  string
}

// releaseDamages happen to one file in turn. Two of them, what is done to the line
// and the exchange, are done by the test.
var releaseDamages = []damage{
	{"emptied", func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o644) }, "the file is empty"},
	{"error page", func(path string, _ []byte) error {
		return os.WriteFile(path, []byte("<!DOCTYPE html>\n<title>Sign in - "+path+"</title>"), 0o644)
	}, "it is an HTML page titled "},
	{"pointer", func(path string, content []byte) error {
		return os.WriteFile(path, fmt.Appendf(nil, "version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize %d\n", 0, len(content)), 0o644)
	}, "it is a Git LFS pointer to a file of "},
	{"checked out on Windows", func(path string, content []byte) error {
		return os.WriteFile(path, withCRLF(content), 0o644)
	}, "the lines were converted to end in CR LF"},
	{"truncated", func(path string, content []byte) error { return os.Truncate(path, int64(len(content)/2)) }, ""},
	{"a bit has flipped", func(path string, content []byte) error {
		changed := bytes.Clone(content)
		changed[len(changed)/2] ^= 1
		return os.WriteFile(path, changed, 0o644)
	}, ""},
	{"in capitals", func(path string, _ []byte) error {
		return os.Rename(path, filepath.Join(filepath.Dir(path), strings.ToUpper(filepath.Base(path))))
	}, "differs only in upper and lower case"},
	{"another tool's line", nil, "the expected digest is the file's by blake2b-160, not sha1: try -a blake2b"},
	{"exchanged", nil, "exchanged with "},
	{"exchanged back", nil, "exchanged with "},
}

// TestExplainRelease damages the files of a release in all ways and checks the
// explanations.
func TestExplainRelease(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	dir := t.TempDir()
	names := copyRelease(t, dir, "golang.org/x/text")
	manifest := string(clitest.GNU.Output(t, names, clitest.Settings{Dir: dir}).Stdout)
	if out := clitest.Ours.Output(t, []string{"-c", "--quiet", "--explain"}, clitest.Settings{Dir: dir, Stdin: stdinOf(t, manifest)}); out.Status != "exit 0" || len(out.Stderr) > 0 {
		t.Fatalf("before any damage\n%s", out)
	}
	var want []damage
	for i, name := range names {
		if i%len(releaseDamages) == 0 && len(names)-i < len(releaseDamages) {
			break
		}
		d := releaseDamages[i%len(releaseDamages)]
		path := filepath.Join(dir, name)
		content, err := os.ReadFile(path)
		if err == nil && d.do != nil {
			err = d.do(path, content)
		}
		if d.title == "another tool's line" {
			hash, _ := blake2b.New(20, nil)
			hash.Write(content)
			manifest = strings.ReplaceAll(manifest, clitest.DigestOf(content), hex.EncodeToString(hash.Sum(nil)))
		}
		if d.title == "exchanged" {
			err = exchangeFiles(path, filepath.Join(dir, names[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, d)
	}
	t.Logf("%d files, %d of them damaged", len(names), len(want))
	out := clitest.Ours.Output(t, []string{"-c", "--quiet", "--explain"}, clitest.Settings{Dir: dir, Stdin: stdinOf(t, manifest)})
	_, text, _ := strings.Cut(string(out.Stderr), "NOT match\n")
	got := blocks(t, text)
	if len(got) != len(want) {
		t.Fatalf("%d explanations of %d damages", len(got), len(want))
	}
	for i, b := range got {
		reasons := strings.Join(b.reasons, "|")
		if !strings.Contains(reasons, want[i].want) || want[i].want == "" && reasons != "" || strings.Contains(reasons, "|") {
			t.Errorf("%s: %s: %q, want %q", want[i].title, b.head, reasons, want[i].want)
		}
	}
}

func stdinOf(t *testing.T, text string) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	f := clitest.Open(t, path, os.O_RDONLY)
	t.Cleanup(func() { f.Close() })
	return f
}

// copyRelease copies a module's texts to dir, those of which there is one, and
// returns their names.
func copyRelease(t *testing.T, dir, module string) (names []string) {
	t.Helper()
	text, err := exec.Command(clitest.NeedProgram(t, "go"), "list", "-m", "-f", "{{.Dir}}", module).Output()
	root := strings.TrimSpace(string(text))
	if err != nil || root == "" {
		clitest.Lacks(t, "the sources of %s are not here: %v", module, err)
	}
	seen := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || len(names) == 300 {
			return err
		}
		content, err := os.ReadFile(path)
		name := strings.TrimPrefix(path, root+"/")
		if err != nil || seen[string(content)] || seen[strings.ToLower(name)] || !bytes.Contains(content, []byte("\n")) ||
			bytes.Contains(content, []byte("\r")) || strings.ToUpper(filepath.Base(name)) == filepath.Base(name) {
			return err
		}
		seen[string(content)], seen[strings.ToLower(name)] = true, true
		names = append(names, name)
		clitest.Write(t, dir, name, string(content))
		return nil
	})
	if err != nil || len(names) < len(releaseDamages) {
		t.Fatalf("%d files of %s, %v", len(names), root, err)
	}
	return names
}

func exchangeFiles(a, b string) error {
	spare := a + ".spare"
	for _, move := range [][2]string{{a, spare}, {b, a}, {spare, b}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			return err
		}
	}
	return nil
}
