//go:build unix

package reports_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// junitReport is a report as a reader of the format sees it.
type junitReport struct {
	XMLName                 xml.Name `xml:"testsuites"`
	Tests, Failures, Errors int
	Suites                  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name                             string      `xml:"name,attr"`
	Tests, Failures, Errors, Skipped int         `xml:"-"`
	Cases                            []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitOutcome `xml:"failure"`
	Error   *junitOutcome `xml:"error"`
	Skipped *junitOutcome `xml:"skipped"`
	Printed string        `xml:"system-out"`
}

type junitOutcome struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// verdict is the type of what is wrong with a case.
func (c junitCase) verdict() string {
	switch {
	case c.Failure != nil:
		return c.Failure.Type
	case c.Error != nil:
		return c.Error.Type
	case c.Skipped != nil:
		return "skipped " + c.Skipped.Type
	}
	return "verified"
}

// readJUnit reads a report, and checks that it is one.
func readJUnit(t *testing.T, path string) (report junitReport) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(data, &report); err != nil {
		t.Fatalf("%v in\n%s", err, clitest.Clip(data))
	}
	if err := junitSchema(string(data)); err != nil {
		t.Fatalf("%v in\n%s", err, clitest.Clip(data))
	}
	return report
}

// junitElements is what Jenkins's junit-10.xsd admits of the format: where an element
// may stand, and its attributes, with a "!" if they must be there.
var junitElements = map[string]struct{ parents, attributes string }{
	"testsuites": {"", "name time tests failures errors"},
	"testsuite":  {"testsuites testsuite", "name! tests! failures! errors! group time skipped timestamp hostname id package file log url"},
	"testcase":   {"testsuite", "name! time classname group"},
	"failure":    {"testcase", "type message"},
	"error":      {"testcase", "type message"},
	"skipped":    {"testcase", "type message"},
	"system-out": {"testcase testsuite", ""},
}

// junitSchema returns what is wrong with a report: elements and attributes that the
// schema doesn't know, counts that are not those of what follows them.
func junitSchema(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	var path []string
	var counts []map[string]int // of each open element: what was announced less what came
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			parent := ""
			if len(path) > 0 {
				parent = path[len(path)-1]
			}
			count, err := junitElement(token, parent)
			if err != nil {
				return err
			}
			for _, open := range counts {
				open[map[string]string{"testcase": "tests", "failure": "failures", "error": "errors", "skipped": "skipped"}[token.Name.Local]]--
			}
			path, counts = append(path, token.Name.Local), append(counts, count)
		case xml.EndElement:
			last := len(path) - 1
			if strings.HasPrefix(path[last], "testsuite") {
				for _, what := range []string{"tests", "failures", "errors", "skipped"} {
					if n := counts[last][what]; n != 0 && (what != "skipped" || path[last] == "testsuite") {
						return fmt.Errorf("%s %s: %d too many are announced", path[last], what, n)
					}
				}
			}
			path, counts = path[:last], counts[:last]
		}
	}
}

// junitElement checks an element and returns its counts.
func junitElement(e xml.StartElement, parent string) (map[string]int, error) {
	known, ok := junitElements[e.Name.Local]
	if !ok || !slices.Contains(strings.Split(known.parents, " "), parent) {
		return nil, fmt.Errorf("<%s> in <%s>", e.Name.Local, parent)
	}
	count := map[string]int{}
	for attribute := range strings.FieldsSeq(known.attributes) {
		attribute, must := strings.CutSuffix(attribute, "!")
		i := slices.IndexFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == attribute })
		if i < 0 && must {
			return nil, fmt.Errorf("<%s> without %s", e.Name.Local, attribute)
		}
		if i >= 0 {
			var n int
			if _, err := fmt.Sscan(e.Attr[i].Value, &n); err == nil {
				count[attribute] = n
			}
			e.Attr = slices.Delete(e.Attr, i, i+1)
		}
	}
	if len(e.Attr) > 0 {
		return nil, fmt.Errorf("<%s> with %s", e.Name.Local, e.Attr[0].Name.Local)
	}
	return count, nil
}

// TestJUnitHostileNames checks that names that look like markup, or can't be represented,
// are read back.
func TestJUnitHostileNames(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir, listed := hostileTree(t)
	path := filepath.Join(t.TempDir(), "junit.xml")
	plain := clitest.Ours.Output(t, []string{"--check", "SUMS"}, clitest.Settings{Dir: dir})
	out := clitest.Ours.Output(t, []string{"--check", "--report=junit:" + path, "SUMS"}, clitest.Settings{Dir: dir})
	if out.String() != plain.String() {
		t.Errorf("it changes what is printed:\n%s\ninstead of\n%s", out, plain)
	}
	report := readJUnit(t, path)
	if len(report.Suites) != 1 || report.Suites[0].Name != "SUMS" {
		t.Fatalf("got suites %+v", report.Suites)
	}
	var got []listedName
	for _, c := range report.Suites[0].Cases {
		got = append(got, listedName{unescape(t, c.Name), c.verdict()})
	}
	if !slices.Equal(got, listed) {
		t.Errorf("encoding/xml reads %q, want %q", got, listed)
	}
	t.Run("xml.etree", func(t *testing.T) {
		if got := junitByPython(t, path); !slices.Equal(got, listed) {
			t.Errorf("Python reads %q, want %q", got, listed)
		}
	})
	t.Run("libxml2", func(t *testing.T) {
		text, err := exec.Command(clitest.NeedProgram(t, "xmllint"), "--noout", path).CombinedOutput()
		if err != nil || len(text) > 0 {
			t.Errorf("xmllint: %v\n%s", err, text)
		}
	})
}

// junitByPython reads a report with Python's parser, which is expat.
func junitByPython(t *testing.T, path string) (listed []listedName) {
	t.Helper()
	const program = `
import json, sys, xml.etree.ElementTree
cases = xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase")
json.dump([[c.get("name"), c[0].get("type") if len(c) else "verified"] for c in cases], sys.stdout)`
	text, err := exec.Command(clitest.NeedProgram(t, "python3"), "-c", program, path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]string
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		listed = append(listed, listedName{unescape(t, c[0]), c[1]})
	}
	return listed
}

// TestJUnitWhileHashing checks that there is a case for each digest.
func TestJUnitWhileHashing(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir, listed := hostileTree(t)
	path := filepath.Join(dir, "junit.xml")
	// What is there already is replaced, and not hashed.
	clitest.Write(t, dir, "junit.xml", oldReport)
	out := clitest.Ours.Output(t, []string{"-r", "-a", "sha1,sha256", "--report=junit:" + path, "."}, clitest.Settings{Dir: dir})
	if out.Status != "exit 0" || len(out.Stderr) > 0 {
		t.Fatalf("%s", out)
	}
	report := readJUnit(t, path)
	want := map[string][]string{"./SUMS": nil}
	for _, l := range listed {
		if l.verdict != "missing" {
			want["./"+l.name] = nil
		}
	}
	if len(report.Suites) != 1 || report.Suites[0].Name != "psha1sum" || len(report.Suites[0].Cases) != 2*len(want) {
		t.Fatalf("got suites %+v, want one of %d", report.Suites, 2*len(want))
	}
	lines := string(out.Stdout)
	for i, c := range report.Suites[0].Cases {
		name := unescape(t, c.Name)
		if _, ok := want[name]; !ok || c.verdict() != "verified" {
			t.Fatalf("%q is %s", name, c.verdict())
		}
		tag, hex, _ := strings.Cut(c.Printed, " ")
		line := formatTagged(tag, hex, name)
		if tag != []string{"SHA1", "SHA256"}[i%2] || !strings.Contains(lines, line) {
			t.Errorf("%s was not printed", line)
		}
	}
}

// formatTagged is a tagged line.
func formatTagged(tag, hex, name string) string {
	escaped := clitest.Escaper.Replace(name)
	if escaped != name {
		tag = `\` + tag
	}
	return tag + " (" + escaped + ") = " + hex + "\n"
}

// oldReport is a report of an earlier run.
const oldReport = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="0" failures="0" errors="0">
</testsuites>
`

// TestJUnitIsReplacedAtOnce ends a run early in several ways and checks what is left.
func TestJUnitIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "junit.xml", oldReport)
	s := clitest.Ours.Session(t, []string{"--check", "--report=junit:junit.xml", "-"}, clitest.Settings{Dir: dir})
	s.Send(clitest.LineOf("a", "a"))
	s.Stdout.Want("a: OK\n")
	wantOnly(t, dir, "a", "junit.xml")
	s.SendSignal(clitest.Signal{Name: "KILL", Signal: syscall.SIGKILL})
	s.WantDeath(clitest.Signal{Name: "KILL", Signal: syscall.SIGKILL})
	wantOnly(t, dir, "a", "junit.xml")
	if data, _ := os.ReadFile(dir + "/junit.xml"); string(data) != oldReport {
		t.Errorf("the report is %q after a death", data)
	}
	// A failed run has a report, which keeps the mode, and links lead to it.
	clitest.Chmod(t, dir+"/junit.xml", 0o640)
	if err := os.Symlink("junit.xml", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	out := clitest.Ours.Output(t, []string{"--report=junit:link", "a", "none"}, clitest.Settings{Dir: dir})
	report := readJUnit(t, dir+"/junit.xml")
	if out.Status != "exit 1" || len(report.Suites) != 1 || len(report.Suites[0].Cases) != 2 || report.Suites[0].Cases[1].verdict() != "missing" {
		t.Errorf("%+v\n%s", report, out)
	}
	info, err := os.Lstat(dir + "/junit.xml")
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("the report has mode %v, %v", info.Mode(), err)
	}
	wantOnly(t, dir, "a", "junit.xml", "link")
}

// TestJUnitThatCannotBeWritten checks a report on a full disk.
func TestJUnitThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	clitest.NeedFile(t, "/dev/full")
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	out := clitest.Ours.Output(t, []string{"--report=junit:/dev/full", "a"}, clitest.Settings{Dir: dir})
	want := clitest.Name + ": /dev/full: write error: No space left on device\n"
	if out.Status != "exit 1" || string(out.Stdout) != clitest.LineOf("a", "a") || string(out.Stderr) != want {
		t.Errorf("want %q, got\n%s", want, out)
	}
	if clitest.RaceEnabled {
		return // a build for the race detector doesn't see that a signal was ignored
	}
	// A limit of the process on the size of files is met while cases are gathered.
	clitest.Write(t, dir, "SUMS", strings.Repeat(clitest.LineOf("a", "a"), 5000))
	clitest.Write(t, dir, "junit.xml", oldReport)
	out = clitest.Ours.Output(t, []string{"--check", "--status", "--report=junit:junit.xml", "SUMS"},
		clitest.Settings{Dir: dir, Shell: "trap '' XFSZ; ulimit -f 100"})
	want = clitest.Name + ": junit.xml: write error: File too large\n"
	if out.Status != "exit 1" || string(out.Stderr) != want {
		t.Errorf("want %q, got\n%s", want, out)
	}
	if data, _ := os.ReadFile(dir + "/junit.xml"); string(data) != oldReport {
		t.Errorf("the report is %q", data)
	}
	wantOnly(t, dir, "a", "SUMS", "junit.xml")
}

// TestJUnitAgreesWithTheStatus checks that there is a failed case if and only if the exit
// status is 1.
func TestJUnitAgreesWithTheStatus(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "good", clitest.LineOf("a", "a"))
	clitest.Write(t, dir, "bad", clitest.LineOf("b", "a"))
	clitest.Write(t, dir, "missing", clitest.LineOf("b", "none"))
	clitest.Write(t, dir, "odd", "odd\n"+clitest.LineOf("a", "a"))
	clitest.Write(t, dir, "empty", "")
	clitest.Write(t, dir, "sub/a", "a")
	clitest.Write(t, dir, "listed", clitest.LineOf("a", "sub/a")+clitest.LineOf("a", "a"))
	for _, options := range []string{
		"", "--strict", "--ignore-missing", "--ignore-missing --strict", "--beneath", "--require=a", "--ignore-missing --require=none",
		"--audit=sub", "--audit=sub --ignore-missing",
	} {
		for _, manifests := range []string{"good", "bad", "missing", "odd", "empty", "absent", "good odd", "good missing", "good good", "bad good", "good absent", "missing good", "listed"} {
			args := slices.Concat([]string{"--check", "--report=junit:j"}, strings.Fields(options), strings.Fields(manifests))
			out := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir})
			report := readJUnit(t, dir+"/j")
			failed, names := false, []string{}
			for _, s := range report.Suites {
				names = append(names, s.Name)
				for _, c := range s.Cases {
					failed = failed || c.Failure != nil || c.Error != nil
				}
			}
			// What concerns no manifest comes last.
			names = slices.DeleteFunc(names, func(name string) bool { return name == "psha1sum" })
			if failed != (out.Status == "exit 1") || !slices.Equal(names, strings.Fields(manifests)) {
				t.Errorf("%q: suites %q, failed %t, but\n%s", args, names, failed, out)
			}
		}
	}
}
