//go:build unix

package reports_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// wantCounts has the totals, and those of each manifest, equal what was printed.
func wantCounts(t testing.TB, objects []clitest.JSONObject) {
	t.Helper()
	all, manifest := map[string]float64{}, map[string]float64{}
	count := func(key string) { all[key]++; manifest[key]++ }
	compare := func(o clitest.JSONObject, counted map[string]float64) {
		t.Helper()
		for key, value := range o {
			if n, ok := value.(float64); ok && key != "exit_status" && n != counted[key] {
				t.Errorf("%s is %v in %v, but %v were printed", key, n, o, counted[key])
			}
		}
	}
	for _, o := range objects[1:] {
		switch o["type"] {
		case "file":
			count(o["status"].(string))
			if o["ignored"] == true {
				count("ignored")
			}
		case "malformed":
			count("malformed")
		case "error", "note":
			count(o["type"].(string) + "s")
		case "manifest":
			compare(o, manifest)
			clear(manifest)
			all["manifests"]++
		case "total":
			compare(o, all)
		}
	}
}

// jsonDir returns a directory in which much can be found.
func jsonDir(t *testing.T) string {
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "one")
	clitest.Write(t, dir, "tree/b", "two")
	clitest.MakeFIFO(t, dir+"/tree/p")
	sum := func(name string) string { return clitest.LineOf("one", name) }
	clitest.Write(t, dir, "good", sum("a")+sum("a"))
	clitest.Write(t, dir, "bad", sum("a")+sum("tree/b")+"no line\n"+sum("gone")+sum("tree")+"\n# comment\n"+sum("a\nb"))
	clitest.Write(t, dir, "odd", sum("a")+"no line\n")
	clitest.Write(t, dir, "nothing", "")
	clitest.Write(t, dir, "partial", sum("gone")+sum("a"))
	clitest.Write(t, dir, "absent", sum("gone"))
	clitest.Write(t, dir, "man\xff", sum("a")+"?\n")
	clitest.Write(t, dir, "names", "a\x00\x00gone\x00")
	clitest.Write(t, dir, "moved/now\xff", "moved")
	clitest.Write(t, dir, "moved/new", "new")
	clitest.Write(t, dir, "moves", clitest.LineOf("moved", "moved/then")+clitest.LineOf("moved", "moved/was\xfe"))
	clitest.Write(t, dir, "tagged", "SHA1 (a) = "+clitest.DigestOf([]byte("one"))+"\nBLAKE2b-16 (a) = 0000\n")
	return dir
}

// jsonSituations are command lines, and the types and statuses that are printed
// between start and total.
var jsonSituations = []struct {
	args  string
	wants string
}{
	{"a", "computed"},
	{"a gone tree", "computed missing unreadable"},
	{"-a sha1,blake2b a gone", "computed computed missing"},
	{"-a blake2b -l 64 a", "computed"},
	{"-r tree gone", "computed note missing"},
	{"--files0-from=names", "computed error missing"},
	{"--files0-from=gone", "error"},
	{"-c good", "verified verified manifest"},
	{"-c bad", "verified mismatch malformed missing unreadable missing manifest"},
	{"-c -w bad", "verified mismatch malformed missing unreadable missing manifest"},
	{"-c --quiet bad", "mismatch malformed missing unreadable missing manifest"},
	{"-c --status bad", ""},
	{"-c --status good", ""},
	{"-c --status --files0-from=names", ""},
	{"-c odd", "verified malformed manifest"},
	{"-c --strict odd", "verified malformed manifest"},
	{"-c nothing", "manifest"},
	{"-c gone", "manifest"},
	{"-c tree", "manifest"},
	{"-c -", "manifest"},
	{"-c --ignore-missing partial", "missing verified manifest"},
	{"-c --ignore-missing --quiet partial", "manifest"},
	{"-c --ignore-missing absent", "missing manifest"},
	{"-c man\xff good bad", "verified malformed manifest verified verified manifest verified mismatch malformed missing unreadable missing manifest"},
	{"-c -a auto tagged", "verified mismatch manifest"},
	{"-c --beneath -C tree ../good", "manifest"},
	{"-c --audit moved good", "verified verified manifest new new note"},
	{"-c --audit moved moves", "missing missing manifest new moved note"},
	{"-c --audit moved --quiet good", "manifest new new note"},
	{"-c --audit moved --status moves", ""},
	{"-c --audit gone --ignore-missing partial", "missing verified manifest error note"},
	{"-c --audit moved --fail-fast good", "verified verified manifest new"},
	{"-c --fail-fast bad", "verified mismatch manifest"},
	{"-c --fail-fast --strict odd good", "verified malformed manifest"},
	{"-c --fail-fast moves", "missing manifest"},
	{"-c --fail-fast --require b bad", "verified mismatch manifest error"},
	{"-c --require ./a --require b --require b good", "verified verified manifest error"},
	{"-c --ignore-missing --require gone partial", "missing verified manifest error"},
	{"--expect FE05BCDCDC4928012781A5F1A2A77CBB5398E106 a", "verified"},
	{"--expect fe05bcdcdc4928012781a5f1a2a77cbb5398e107 a", "mismatch"},
	{"--expect fe05bcdcdc4928012781a5f1a2a77cbb5398e107 gone", "missing"},
	{"--expect fe05bcdcdc4928012781a5f1a2a77cbb5398e107 --ignore-missing gone", "missing"},
	{"--expect fe05bcdcdc4928012781a5f1a2a77cbb5398e107 tree", "unreadable"},
}

// TestJSONSituations checks that each object is valid and expected, that the totals are
// correct, and that the messages are GNU's.
func TestJSONSituations(t *testing.T) {
	clitest.NeedOwn(t)
	dir, schema := jsonDir(t), clitest.JSONSchema(t)
	for _, test := range jsonSituations {
		t.Run(test.args, func(t *testing.T) {
			args := strings.Split(test.args, " ")
			got := clitest.Ours.Output(t, append([]string{"--json"}, args...), clitest.Settings{Dir: dir})
			objects := clitest.JSONObjects(t, schema, got)
			var kinds []string
			for _, o := range objects[1 : len(objects)-1] {
				kind := o["type"].(string)
				if kind == "file" {
					kind = o["status"].(string)
				}
				kinds = append(kinds, kind)
			}
			if found := strings.Join(kinds, " "); found != test.wants {
				t.Errorf("found %q, want %q\n%s", found, test.wants, got)
			}
			if mode := objects[0]["mode"]; (mode == "check") != (args[0] == "-c" || args[0] == "--expect") {
				t.Errorf("the mode is %v", mode)
			}
			if !slices.Contains(args, "--quiet") && !slices.Contains(args, "--status") {
				wantCounts(t, objects)
			}
			plain := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir})
			if plain.Status != got.Status || !bytes.Equal(plain.Stderr, got.Stderr) {
				t.Errorf("with --json\n%swithout\n%s", got, plain)
			}
			wantStrict(t, schema, objects)
		})
	}
}

// wantStrict has the schema allow nothing but what is printed: no member more,
// and none less but those that need not be there.
func wantStrict(t *testing.T, schema *jsonschema.Schema, objects []clitest.JSONObject) {
	t.Helper()
	optional := []string{"file ignored", "manifest stopped", "manifest error", "error name", "note name"}
	for _, o := range objects {
		more := maps.Clone(o)
		more["unknown"] = 1
		if clitest.Valid(t, schema, more) == nil {
			t.Errorf("the schema allows any member in %v", o)
		}
		for key := range o {
			less := maps.Clone(o)
			delete(less, key)
			if clitest.Valid(t, schema, less) == nil && !slices.Contains(optional, fmt.Sprint(o["type"], " ", key)) {
				t.Errorf("the schema does without %q in %v", key, o)
			}
		}
	}
}

// TestJSONKeepsQuietCounts checks that the totals include what --quiet leaves out.
func TestJSONKeepsQuietCounts(t *testing.T) {
	clitest.NeedOwn(t)
	dir, schema := jsonDir(t), clitest.JSONSchema(t)
	total := func(more ...string) clitest.JSONObject {
		args := append([]string{"--json", "-c", "bad", "partial", "--ignore-missing"}, more...)
		objects := clitest.JSONObjects(t, schema, clitest.Ours.Output(t, args, clitest.Settings{Dir: dir}))
		return objects[len(objects)-1]
	}
	all := total()
	for _, option := range []string{"--quiet", "--status"} {
		if got := total(option); !maps.Equal(got, all) {
			t.Errorf("with %s %v, without %v", option, got, all)
		}
	}
}

// hostileNames are names of files that try to be something else.
func hostileNames() []string {
	names := []string{
		" ", "\n", "a\nb", `"`, `\`, `\n`, `","status":"verified`, "\x01\x1b[2J\x7f", "\r\t\b\f", "é", "e\u0301", "\u0085", "\u2028", "\u2029",
		"\u202egnp.exe", "\ufeff", "\ufffd", "𝄞", "\U0010ffff", "\xff", "\xc3", "a\xed\xa0\x80b", "\xf4\x90\x80\x80",
		strings.Repeat("n", 255), strings.Repeat("\xfe", 255), "::error::%0A", "]]>", "<script>", "{}", "null", "base64",
	}
	for c := byte(1); c != 0; c++ {
		if c != '/' && c != '.' {
			names = append(names, string([]byte{c}))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// pythonNames prints the names of files and of their manifests in hex, a line for
// each. Python's splitlines knows all kinds of line ends.
const pythonNames = `
import base64, json, sys
for line in open(sys.argv[1], "rb").read().decode("utf-8").splitlines():
    o = json.loads(line)
    if o["type"] == "file":
        for key in "name", "manifest":
            name = o[key].encode() if key in o else base64.b64decode(o[key + "_base64"], validate=True)
            print(name.hex())
`

// TestJSONHostileNames checks that two parsers read the names of files and manifests as
// the original bytes.
func TestJSONHostileNames(t *testing.T) {
	clitest.NeedOwn(t)
	dir, schema := t.TempDir(), clitest.JSONSchema(t)
	long := strings.Repeat("x/", 2000) // longer than a write of many lines
	names := append(hostileNames(), long)
	var text strings.Builder
	for _, name := range names {
		if name != long {
			clitest.Write(t, dir, name, "one")
		}
		text.WriteString(clitest.LineOf("one", name))
	}
	for _, manifest := range []string{"a\nb", "m\xff", "\u2028\"", strings.Repeat("\xfe", 200)} {
		t.Run(fmt.Sprintf("%q", manifest), func(t *testing.T) {
			manifest = "manifests/" + manifest
			clitest.Write(t, dir, manifest, text.String())
			var want []string
			for _, name := range names {
				want = append(want, name, manifest)
			}
			got := clitest.Ours.Output(t, []string{"--json", "-c", manifest}, clitest.Settings{Dir: dir})
			var read []string
			for _, o := range clitest.JSONObjects(t, schema, got) {
				if o["type"] == "file" {
					read = append(read, o.Name(t, "name"), o.Name(t, "manifest"))
				}
			}
			wantNames(t, "encoding/json", read, want)
			wantNames(t, "python3", jsonByPython(t, got.Stdout), want)
		})
	}
}

// wantNames says which of the names a parser reads otherwise.
func wantNames(t *testing.T, parser string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s reads %d names, want %d", parser, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s reads %q, want %q", parser, got[i], want[i])
		}
	}
}

// jsonByPython is the names that Python's parser finds.
func jsonByPython(t *testing.T, text []byte) (names []string) {
	t.Helper()
	python := clitest.NeedProgram(t, "python3")
	path := t.TempDir() + "/out"
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := exec.Command(python, "-c", pythonNames, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, lines)
	}
	for line := range strings.Lines(string(lines)) {
		raw, err := hex.DecodeString(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, string(raw))
	}
	return names
}

// TestJSONNamelessOperands checks operands with an empty name.
func TestJSONNamelessOperands(t *testing.T) {
	clitest.NeedOwn(t)
	schema := clitest.JSONSchema(t)
	for _, test := range []struct {
		key  string
		args []string
	}{{"name", []string{"--json", ""}}, {"manifest", []string{"--json", "-c", ""}}} {
		objects := clitest.JSONObjects(t, schema, clitest.Ours.Output(t, test.args, clitest.Settings{}))
		if name, ok := objects[1][test.key]; name != "" || !ok {
			t.Errorf("%q: %v", test.args, objects[1])
		}
	}
}

// TestJSONRefuses checks that options that format GNU's lines are rejected.
func TestJSONRefuses(t *testing.T) {
	clitest.NeedOwn(t)
	for option, name := range map[string]string{
		"-z": "zero", "--zero": "zero", "--tag": "tag", "-b": "binary", "-t": "text", "--text": "text",
	} {
		want := "sha1sum: the --" + name + " and --json options exclude each other\n" + clitest.TryHelp
		got := clitest.Ours.Output(t, []string{"--json", option, "a"}, clitest.Settings{})
		if got.Status != "exit 1" || len(got.Stdout) > 0 || string(got.Stderr) != want {
			t.Errorf("%s: want %q, got\n%s", option, want, got)
		}
	}
}

// TestJSONInterrupted checks that a process that dies leaves whole lines and no total.
func TestJSONInterrupted(t *testing.T) {
	clitest.NeedOwn(t)
	for _, signal := range []clitest.Signal{{Name: "INT", Signal: syscall.SIGINT}, {Name: "TERM", Signal: syscall.SIGTERM}} {
		t.Run(signal.Name, func(t *testing.T) {
			dir := t.TempDir()
			args := append([]string{"--json"}, clitest.ManyFiles(t, dir, 2000)...)
			s := clitest.Ours.Session(t, args, clitest.Settings{Dir: dir})
			text := s.Stdout.Next()
			s.Settle() // the pipe is full
			s.SendSignal(signal)
			if got, want := s.End(), "signal: "+signal.String(); got != want {
				t.Errorf("ended with %s, want %s", got, want)
			}
			text += s.Stdout.Rest()
			lines := 0
			for line := range strings.Lines(text) {
				var o clitest.JSONObject
				if err := json.Unmarshal([]byte(line), &o); err != nil || !strings.HasSuffix(line, "}\n") {
					t.Errorf("%q: %v", line, err)
				}
				if o["type"] == "total" {
					t.Errorf("it says that this is all: %s", line)
				}
				lines++
			}
			if lines < 10 {
				t.Errorf("only %d lines", lines)
			}
		})
	}
}

// TestJSONBrokenPipe checks that the first write to a pipe without a reader ends the
// process.
func TestJSONBrokenPipe(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "one")
	null := clitest.Open(t, os.DevNull, os.O_RDWR)
	defer null.Close()
	w := clitest.BrokenPipe(t)
	p := clitest.Ours.Start(t, []string{"--json", "a"}, []*os.File{null, w, null}, clitest.Settings{Dir: dir})
	w.Close()
	if status := p.End(); status != "signal: broken pipe" {
		t.Errorf("ended with %s", status)
	}
}

// TestJSONLostMessage checks that the exit status in the last object is 1, as GNU's is,
// if only a message could not be written.
func TestJSONLostMessage(t *testing.T) {
	clitest.NeedOwn(t)
	clitest.NeedFile(t, "/dev/full")
	dir, schema := jsonDir(t), clitest.JSONSchema(t)
	null, full := clitest.Open(t, os.DevNull, os.O_RDONLY), clitest.Open(t, "/dev/full", os.O_WRONLY)
	defer null.Close()
	defer full.Close()
	for _, test := range []struct {
		manifest string
		status   float64
	}{{"good", 0}, {"odd", 1}} { // of odd there is a warning, and nothing wrong
		r, w := clitest.Pipe(t)
		p := clitest.Ours.Start(t, []string{"--json", "-c", test.manifest}, []*os.File{null, w, full}, clitest.Settings{Dir: dir})
		w.Close()
		text := clitest.Collect(r)
		got := clitest.Outcome{Status: p.End(), Stdout: text()}
		objects := clitest.JSONObjects(t, schema, got)
		if status := objects[len(objects)-1]["exit_status"]; status != test.status {
			t.Errorf("%s: %v, want %v", test.manifest, status, test.status)
		}
	}
}

// TestJSONDocumentation checks that the example in doc/json.md is what is printed, except
// the version.
func TestJSONDocumentation(t *testing.T) {
	clitest.NeedOwn(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "doc", "json.md"))
	if err != nil {
		t.Fatal(err)
	}
	const prompt = "$ psha1sum --json --check SHA1SUMS\n"
	_, want, _ := strings.Cut(string(text), prompt)
	want, _, found := strings.Cut(want, "```")
	if !found {
		t.Fatalf("no example after %q", prompt)
	}
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "b", "c")
	clitest.Write(t, dir, "SHA1SUMS", clitest.LineOf("a", "a")+clitest.LineOf("b", "b")+clitest.LineOf("d", "d")+"no line\n")
	got := string(clitest.Ours.Output(t, []string{"--json", "--check", "SHA1SUMS"}, clitest.Settings{Dir: dir}).Stdout)
	version := regexp.MustCompile(`"version":"[^"]+"`)
	if got = version.ReplaceAllString(got, ""); got != version.ReplaceAllString(want, "") {
		t.Errorf("printed\n%swritten\n%s", got, want)
	}
}
