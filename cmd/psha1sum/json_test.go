//go:build unix

package main_test

import (
	"bytes"
	"encoding/base64"
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

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// object is a line of --json.
type object map[string]any

// name is a member that may be in base64, as the bytes it stands for.
func (o object) name(t testing.TB, key string) string {
	t.Helper()
	if s, ok := o[key].(string); ok {
		return s
	}
	coded, _ := o[key+"_base64"].(string)
	raw, err := base64.StdEncoding.Strict().DecodeString(coded)
	if err != nil || coded == "" {
		t.Fatalf("%v: no %s: %v", o, key, err)
	}
	return string(raw)
}

// jsonSchema compiles the schema, which also has it validated itself.
func jsonSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertVocabs()
	schema, err := c.Compile(filepath.Join("..", "..", "doc", "psha1sum.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// valid asks the validator about an object.
func valid(t testing.TB, schema *jsonschema.Schema, o object) error {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text)) // it keeps numbers exact
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// jsonObjects are the lines of a complete output, each of which the schema allows,
// between a first and a last object that tell no lies.
func jsonObjects(t testing.TB, schema *jsonschema.Schema, got outcome) (objects []object) {
	t.Helper()
	for line := range bytes.Lines(got.stdout) {
		var o object
		if err := json.Unmarshal(line, &o); err != nil || line[len(line)-1] != '\n' {
			t.Fatalf("%q: %v", line, err)
		}
		if err := valid(t, schema, o); err != nil {
			t.Errorf("%s%v", line, err)
		}
		objects = append(objects, o)
	}
	if len(objects) < 2 || objects[0]["type"] != "start" || objects[len(objects)-1]["type"] != "total" {
		t.Fatalf("not from start to total:\n%s", got)
	}
	total := objects[len(objects)-1]
	if want := fmt.Sprintf("exit %v", total["exit_status"]); got.status != want {
		t.Errorf("the process ended with %s, the output says %s", got.status, want)
	}
	return objects
}

// wantCounts has the totals, and those of each manifest, equal what was printed.
func wantCounts(t testing.TB, objects []object) {
	t.Helper()
	all, manifest := map[string]float64{}, map[string]float64{}
	count := func(key string) { all[key]++; manifest[key]++ }
	compare := func(o object, counted map[string]float64) {
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
	write(t, dir, "a", "one")
	write(t, dir, "tree/b", "two")
	mkfifo(t, dir+"/tree/p")
	sum := func(name string) string { return lineOf("one", name) }
	write(t, dir, "good", sum("a")+sum("a"))
	write(t, dir, "bad", sum("a")+sum("tree/b")+"no line\n"+sum("gone")+sum("tree")+"\n# comment\n"+sum("a\nb"))
	write(t, dir, "odd", sum("a")+"no line\n")
	write(t, dir, "nothing", "")
	write(t, dir, "partial", sum("gone")+sum("a"))
	write(t, dir, "absent", sum("gone"))
	write(t, dir, "man\xff", sum("a")+"?\n")
	write(t, dir, "names", "a\x00\x00gone\x00")
	write(t, dir, "moved/now\xff", "moved")
	write(t, dir, "moved/new", "new")
	write(t, dir, "moves", lineOf("moved", "moved/then")+lineOf("moved", "moved/was\xfe"))
	write(t, dir, "tagged", "SHA1 (a) = "+digestOf([]byte("one"))+"\nBLAKE2b-16 (a) = 0000\n")
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

// TestJSONSituations has each object be what the schema says and what belongs
// there, totals that are true, and messages that are GNU's.
func TestJSONSituations(t *testing.T) {
	needOwn(t)
	dir, schema := jsonDir(t), jsonSchema(t)
	for _, test := range jsonSituations {
		t.Run(test.args, func(t *testing.T) {
			args := strings.Split(test.args, " ")
			got := ours.output(t, append([]string{"--json"}, args...), settings{dir: dir})
			objects := jsonObjects(t, schema, got)
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
			plain := ours.output(t, args, settings{dir: dir})
			if plain.status != got.status || !bytes.Equal(plain.stderr, got.stderr) {
				t.Errorf("with --json\n%swithout\n%s", got, plain)
			}
			wantStrict(t, schema, objects)
		})
	}
}

// wantStrict has the schema allow nothing but what is printed: no member more,
// and none less but those that need not be there.
func wantStrict(t *testing.T, schema *jsonschema.Schema, objects []object) {
	t.Helper()
	optional := []string{"file ignored", "manifest stopped", "manifest error", "error name", "note name"}
	for _, o := range objects {
		more := maps.Clone(o)
		more["unknown"] = 1
		if valid(t, schema, more) == nil {
			t.Errorf("the schema allows any member in %v", o)
		}
		for key := range o {
			less := maps.Clone(o)
			delete(less, key)
			if valid(t, schema, less) == nil && !slices.Contains(optional, fmt.Sprint(o["type"], " ", key)) {
				t.Errorf("the schema does without %q in %v", key, o)
			}
		}
	}
}

// TestJSONKeepsQuietCounts has the totals not depend on what is left out.
func TestJSONKeepsQuietCounts(t *testing.T) {
	needOwn(t)
	dir, schema := jsonDir(t), jsonSchema(t)
	total := func(more ...string) object {
		args := append([]string{"--json", "-c", "bad", "partial", "--ignore-missing"}, more...)
		objects := jsonObjects(t, schema, ours.output(t, args, settings{dir: dir}))
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

// TestJSONHostileNames has names, of files and of manifests, read back by two
// parsers as the bytes they are.
func TestJSONHostileNames(t *testing.T) {
	needOwn(t)
	dir, schema := t.TempDir(), jsonSchema(t)
	long := strings.Repeat("x/", 2000) // longer than a write of many lines
	names := append(hostileNames(), long)
	var text strings.Builder
	for _, name := range names {
		if name != long {
			write(t, dir, name, "one")
		}
		text.WriteString(lineOf("one", name))
	}
	for _, manifest := range []string{"a\nb", "m\xff", "\u2028\"", strings.Repeat("\xfe", 200)} {
		t.Run(fmt.Sprintf("%q", manifest), func(t *testing.T) {
			manifest = "manifests/" + manifest
			write(t, dir, manifest, text.String())
			var want []string
			for _, name := range names {
				want = append(want, name, manifest)
			}
			got := ours.output(t, []string{"--json", "-c", manifest}, settings{dir: dir})
			var read []string
			for _, o := range jsonObjects(t, schema, got) {
				if o["type"] == "file" {
					read = append(read, o.name(t, "name"), o.name(t, "manifest"))
				}
			}
			wantNames(t, "encoding/json", read, want)
			wantNames(t, "python3", jsonByPython(t, got.stdout), want)
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
	python := needProgram(t, "python3")
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

// TestJSONNamelessOperands has operands without a name say so.
func TestJSONNamelessOperands(t *testing.T) {
	needOwn(t)
	schema := jsonSchema(t)
	for _, test := range []struct {
		key  string
		args []string
	}{{"name", []string{"--json", ""}}, {"manifest", []string{"--json", "-c", ""}}} {
		objects := jsonObjects(t, schema, ours.output(t, test.args, settings{}))
		if name, ok := objects[1][test.key]; name != "" || !ok {
			t.Errorf("%q: %v", test.args, objects[1])
		}
	}
}

// TestJSONRefuses has options that describe GNU's lines refused.
func TestJSONRefuses(t *testing.T) {
	needOwn(t)
	for option, name := range map[string]string{
		"-z": "zero", "--zero": "zero", "--tag": "tag", "-b": "binary", "-t": "text", "--text": "text",
	} {
		want := "sha1sum: the --" + name + " and --json options exclude each other\n" + tryHelp
		got := ours.output(t, []string{"--json", option, "a"}, settings{})
		if got.status != "exit 1" || len(got.stdout) > 0 || string(got.stderr) != want {
			t.Errorf("%s: want %q, got\n%s", option, want, got)
		}
	}
}

// TestJSONInterrupted has a process that dies leave whole lines, and no last one.
func TestJSONInterrupted(t *testing.T) {
	needOwn(t)
	for _, signal := range []namedSignal{{"INT", syscall.SIGINT}, {"TERM", syscall.SIGTERM}} {
		t.Run(signal.name, func(t *testing.T) {
			dir := t.TempDir()
			args := append([]string{"--json"}, manyFiles(t, dir, 2000)...)
			s := ours.session(t, args, settings{dir: dir})
			text := s.stdout.next()
			s.settle() // the pipe is full
			s.signal(signal)
			if got, want := s.end(), "signal: "+signal.String(); got != want {
				t.Errorf("ended with %s, want %s", got, want)
			}
			text += s.stdout.rest()
			lines := 0
			for line := range strings.Lines(text) {
				var o object
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

// TestJSONBrokenPipe has the first write that nobody reads end the process.
func TestJSONBrokenPipe(t *testing.T) {
	needOwn(t)
	dir := t.TempDir()
	write(t, dir, "a", "one")
	null := open(t, os.DevNull, os.O_RDWR)
	defer null.Close()
	w := brokenPipe(t)
	p := ours.start(t, []string{"--json", "a"}, []*os.File{null, w, null}, settings{dir: dir})
	w.Close()
	if status := p.end(); status != "signal: broken pipe" {
		t.Errorf("ended with %s", status)
	}
}

// TestJSONLostMessage has the exit status in the last object be 1 when only a
// message could not be said, as GNU has it.
func TestJSONLostMessage(t *testing.T) {
	needOwn(t)
	needFile(t, "/dev/full")
	dir, schema := jsonDir(t), jsonSchema(t)
	null, full := open(t, os.DevNull, os.O_RDONLY), open(t, "/dev/full", os.O_WRONLY)
	defer null.Close()
	defer full.Close()
	for _, test := range []struct {
		manifest string
		status   float64
	}{{"good", 0}, {"odd", 1}} { // of odd there is a warning, and nothing wrong
		r, w := pipe(t)
		p := ours.start(t, []string{"--json", "-c", test.manifest}, []*os.File{null, w, full}, settings{dir: dir})
		w.Close()
		text := collect(r)
		got := outcome{status: p.end(), stdout: text()}
		objects := jsonObjects(t, schema, got)
		if status := objects[len(objects)-1]["exit_status"]; status != test.status {
			t.Errorf("%s: %v, want %v", test.manifest, status, test.status)
		}
	}
}

// TestJSONDocumentation has the example in doc/json.md be what is printed, but for
// the version.
func TestJSONDocumentation(t *testing.T) {
	needOwn(t)
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
	write(t, dir, "a", "a")
	write(t, dir, "b", "c")
	write(t, dir, "SHA1SUMS", lineOf("a", "a")+lineOf("b", "b")+lineOf("d", "d")+"no line\n")
	got := string(ours.output(t, []string{"--json", "--check", "SHA1SUMS"}, settings{dir: dir}).stdout)
	version := regexp.MustCompile(`"version":"[^"]+"`)
	if got = version.ReplaceAllString(got, ""); got != version.ReplaceAllString(want, "") {
		t.Errorf("printed\n%swritten\n%s", got, want)
	}
}
