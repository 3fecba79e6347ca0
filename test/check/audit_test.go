//go:build unix

package check_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// auditDir makes a directory that was changed since its manifests were made: SUMS, with
// names as seen from the directory, and old/SUMS with names as seen from old.
func auditDir(t *testing.T) string {
	t.Helper()
	dir := clitest.PublicDir(t)
	clitest.Write(t, dir, "d/same", "same")
	clitest.Write(t, dir, "d/now", "moved")
	clitest.Write(t, dir, "d/new", "new")
	clitest.Write(t, dir, "d/sub/empty 1", "")
	clitest.Write(t, dir, "d/sub/empty 2", "")
	clitest.Write(t, dir, "d/sub/empty 3", "")
	clitest.Write(t, dir, "d/back\\slash", "escaped")
	clitest.Write(t, dir, "d/old/own", "own")
	clitest.Write(t, dir, "d/old/SUMS", clitest.LineOf("own", "own")+clitest.LineOf("same", "../same"))
	clitest.Write(t, dir, "d/SUMS", clitest.LineOf("same", ".//same")+clitest.LineOf("moved", "then")+clitest.LineOf("", "was 1")+
		clitest.LineOf("", "sub/./was 2")+clitest.LineOf("escaped", "back\\slash")+clitest.LineOf("lost", "lost"))
	clitest.Write(t, dir, "good", clitest.LineOf("same", "d/same"))
	clitest.Write(t, dir, "tagged", "SHA1 (d//same) = "+clitest.DigestOf("same")+"\n")
	clitest.Write(t, dir, "lists", "good\x00tagged\x00")
	return dir
}

// audits are command lines and all that is printed, but for how lines of SUMS fare and
// the messages of GNU sha1sum. d in a list of what is new is all that good doesn't list.
var audits = []struct {
	title, args string
	want        string // what is NEW or MOVED
	audit       string // the conclusion; "": none
}{
	{"changes", "-C d --audit . d/SUMS",
		"./new: NEW\n./now: MOVED from then\n./old/SUMS: NEW\n./old/own: NEW\n./sub/empty 1: MOVED from was 1\n" +
			"./sub/empty 2: MOVED from sub/./was 2\n./sub/empty 3: NEW\n",
		"2 verified, 0 mismatched, 0 unreadable, 4 new, 3 moved, 1 missing"},
	{"forgiven", "-C d --audit . --ignore-missing d/SUMS",
		"./new: NEW\n./now: MOVED from then\n./old/SUMS: NEW\n./old/own: NEW\n./sub/empty 1: MOVED from was 1\n" +
			"./sub/empty 2: MOVED from sub/./was 2\n./sub/empty 3: NEW\n",
		"2 verified, 0 mismatched, 0 unreadable, 4 new, 3 moved, 0 missing, 1 ignored"},
	{"several manifests, their own directories", "--relative-to=manifest --audit d d/SUMS d/old/SUMS",
		"d/new: NEW\nd/now: MOVED from then\nd/sub/empty 1: MOVED from was 1\n" +
			"d/sub/empty 2: MOVED from sub/./was 2\nd/sub/empty 3: NEW\n",
		"4 verified, 0 mismatched, 0 unreadable, 2 new, 3 moved, 1 missing"},
	{"way back from a directory", "--relative-to=manifest --audit d --exclude=sub --exclude=n* d/old/SUMS",
		"d/SUMS: NEW\nd/back\\slash: NEW\n", "2 verified, 0 mismatched, 0 unreadable, 2 new, 0 moved, 0 missing"},
	{"part of the tree", "-C d --audit sub d/SUMS",
		"sub/empty 1: MOVED from was 1\nsub/empty 2: MOVED from sub/./was 2\nsub/empty 3: NEW\n",
		"2 verified, 0 mismatched, 0 unreadable, 1 new, 2 moved, 2 missing"},
	{"globs", "-C d --audit . --exclude=sub --exclude=same --include=new d/SUMS",
		"./new: NEW\n./now: MOVED from then\n./old/SUMS: NEW\n./old/own: NEW\n",
		"2 verified, 0 mismatched, 0 unreadable, 3 new, 1 moved, 3 missing"},
	{"stops at the first new file", "--audit d --exclude=sub --fail-fast good",
		"d/SUMS: NEW\n", ""},
	{"tags", "-a auto --audit d --exclude=[!se]* tagged",
		"d/sub/empty 1: NEW\nd/sub/empty 2: NEW\nd/sub/empty 3: NEW\n",
		"1 verified, 0 mismatched, 0 unreadable, 3 new, 0 moved, 0 missing"},
	{"nothing new", "--audit d --exclude=[!s]* --exclude=sub good", "",
		"1 verified, 0 mismatched, 0 unreadable, 0 new, 0 moved, 0 missing"},
	{"nothing new, quietly", "--audit d --exclude=[!s]* --exclude=sub --quiet good", "", ""},
	{"new, quietly", "--audit d --exclude=[!s]* --exclude=sub --include=new --quiet good", "d/new: NEW\n",
		"1 verified, 0 mismatched, 0 unreadable, 1 new, 0 moved, 0 missing"},
	{"silent", "-C d --audit . --status d/SUMS", "", ""},
	{"beneath", "--beneath -C d --audit . --exclude=sub --exclude=old --exclude=n* d/SUMS", "",
		"2 verified, 0 mismatched, 0 unreadable, 0 new, 0 moved, 4 missing"},
}

func TestAudit(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := auditDir(t)
	for _, test := range audits {
		t.Run(test.title, func(t *testing.T) {
			out := clitest.Ours.Output(t, append([]string{"-c"}, strings.Split(test.args, " ")...), clitest.Settings{Dir: dir})
			var got []byte
			for line := range bytes.Lines(out.Stdout) {
				if bytes.HasSuffix(line, []byte(": NEW\n")) || bytes.Contains(line, []byte(": MOVED from ")) {
					got = append(got, line...)
				}
			}
			clitest.WantText(t, string(got), test.want)
			audit := ""
			for line := range strings.Lines(string(out.Stderr)) {
				if rest, ok := strings.CutPrefix(line, clitest.Name+": audit: "); ok {
					audit += strings.TrimSuffix(rest, "\n")
				}
			}
			if audit != test.audit {
				t.Errorf("the conclusion is %q, want %q", audit, test.audit)
			}
			failed := test.want != "" || strings.Contains(test.args, "SUMS") && !strings.HasSuffix(test.audit, "2 new, 0 moved, 0 missing")
			if want := map[bool]string{false: "exit 0", true: "exit 1"}[failed]; out.Status != want {
				t.Errorf("want %s, got\n%s", want, out)
			}
		})
	}
}

// TestAuditFromElsewhere reads manifests through links, from standard input and from a
// list: inside the tree they are not new.
func TestAuditFromElsewhere(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "t/a", "a")
	clitest.Write(t, dir, "t/SUMS", clitest.LineOf("a", "t/a"))
	clitest.Write(t, dir, "names", "t/SUMS\x00")
	for link, target := range map[string]string{"link": "t/SUMS", "tree": "t"} {
		if err := os.Symlink(target, dir+"/"+link); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		args string
		want string
	}{
		{"-c --audit t t/SUMS", ""}, {"-c --audit ./t link", ""}, {"-c --audit t//", ""},
		{"-c --audit t --files0-from=names", ""}, {"-c --audit t -", ""},
		{"-c --audit t --report=junit:t/junit.xml t/SUMS", ""},
		{"-c --audit t --report=junit:t/junit.xml link", ""}, // it is there by now
		{"-c --audit tree link", "tree/junit.xml: NEW\n"},    // of the last but one
	} {
		stdin := clitest.Open(t, dir+"/t/SUMS", os.O_RDONLY)
		defer stdin.Close()
		out := clitest.Ours.Output(t, strings.Fields(test.args), clitest.Settings{Dir: dir, Stdin: stdin})
		clitest.WantText(t, string(out.Stdout), "t/a: OK\n"+test.want)
		if (out.Status == "exit 0") != (test.want == "") {
			t.Errorf("%s:\n%s", test.args, out)
		}
	}
}

// TestAuditNoDirectory checks a DIR that is no directory or can't be listed.
func TestAuditNoDirectory(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "SUMS", clitest.LineOf("a", "a"))
	clitest.MakeFIFO(t, dir+"/fifo")
	for _, test := range []struct{ audit, why string }{
		{"gone", "gone: No such file or directory"}, {"a", "a: Not a directory"}, {"-", "-: No such file or directory"},
		{"fifo", "fifo: Not a directory"},
	} {
		out := clitest.Ours.Output(t, []string{"-c", "--audit", test.audit, "SUMS"}, clitest.Settings{Dir: dir})
		want := fmt.Sprintf("%s: %s\n%s: audit: 1 verified, 0 mismatched, 0 unreadable, 0 new, 0 moved, 0 missing\n", clitest.Name, test.why, clitest.Name)
		if out.Status != "exit 1" || string(out.Stdout) != "a: OK\n" || string(out.Stderr) != want {
			t.Errorf("%q: want %q, got\n%s", test.audit, want, out)
		}
	}
	out := clitest.Ours.Output(t, []string{"-c", "--audit=", "SUMS"}, clitest.Settings{Dir: dir})
	want := clitest.Name + ": invalid argument '' for '--audit': no directory has this name\nTry '" + clitest.Name + " --help' for more information.\n"
	if out.Status != "exit 1" || len(out.Stdout) > 0 || string(out.Stderr) != want {
		t.Errorf("want %q, got\n%s", want, out)
	}
}

// TestAuditUnreadable checks unreadable files and directories. An unreadable file that no
// manifest lists is still new; the error is reported only if it matters because something
// is missing.
func TestAuditUnreadable(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	dir := clitest.PublicDir(t)
	s := clitest.Unprivileged(t, dir)
	clitest.Write(t, dir, "t/a", "a")
	clitest.Write(t, dir, "t/secret", "b")
	clitest.Chmod(t, dir+"/t/secret", 0)
	clitest.Write(t, dir, "good", clitest.LineOf("a", "t/a"))
	clitest.Write(t, dir, "bad", clitest.LineOf("a", "t/a")+clitest.LineOf("b", "t/b"))
	wantRun := func(manifest, stdout, stderr string) {
		t.Helper()
		out := clitest.Ours.Output(t, []string{"-c", "--audit=t", "--ignore-missing", manifest}, s)
		want := strings.ReplaceAll(stderr, "@", clitest.Name+": ")
		if out.Status != "exit 1" || string(out.Stdout) != stdout || string(out.Stderr) != want {
			t.Errorf("want\n%s%sgot\n%s", stdout, want, out)
		}
	}
	wantRun("good", "t/a: OK\nt/secret: NEW\n",
		"@audit: 1 verified, 0 mismatched, 0 unreadable, 1 new, 0 moved, 0 missing\n")
	wantRun("bad", "t/a: OK\nt/secret: NEW\n",
		"@t/secret: Permission denied\n@audit: 1 verified, 0 mismatched, 0 unreadable, 1 new, 0 moved, 0 missing, 1 ignored\n")
	clitest.Write(t, dir, "t/locked/c", "c")
	clitest.Chmod(t, dir+"/t/locked", 0)
	t.Cleanup(func() { os.Chmod(dir+"/t/locked", 0o755) })
	clitest.Chmod(t, dir+"/t/secret", 0o644)
	wantRun("bad", "t/a: OK\nt/secret: MOVED from t/b\n",
		"@t/locked: Permission denied\n@audit: 1 verified, 0 mismatched, 0 unreadable, 0 new, 1 moved, 0 missing\n")
}

// TestAuditOfWhatIsNoFile checks pipes and links in a tree, listed or not.
func TestAuditOfWhatIsNoFile(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.MakeFIFO(t, dir+"/pipe")
	for link, target := range map[string]string{"link": "a", "dangling": "gone", "device": os.DevNull} {
		if err := os.Symlink(target, dir+"/"+link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(dir+"/a", dir+"/hard"); err != nil {
		t.Fatal(err)
	}
	clitest.Write(t, dir, "SUMS", clitest.LineOf("a", "a"))
	clitest.Write(t, dir, "more", clitest.LineOf("a", "a")+clitest.LineOf("", "device"))
	for _, test := range []struct{ args, want, stderr string }{
		{"SUMS", "a: OK\n./hard: NEW\n./more: NEW\n", "@./pipe: FIFO skipped\n@audit: 1 verified, 0 mismatched, 0 unreadable, 2 new, 0 moved, 0 missing\n"},
		{"-L --exclude=more SUMS", "a: OK\n./dangling: NEW\n./hard: NEW\n./link: NEW\n",
			"@./device: device skipped\n@./pipe: FIFO skipped\n@audit: 1 verified, 0 mismatched, 0 unreadable, 3 new, 0 moved, 0 missing\n"},
		{"-L --exclude=SUMS --exclude=pipe more", "a: OK\ndevice: OK\n./dangling: NEW\n./hard: NEW\n./link: NEW\n",
			"@audit: 2 verified, 0 mismatched, 0 unreadable, 3 new, 0 moved, 0 missing\n"},
	} {
		out := clitest.Ours.Output(t, append([]string{"-c", "--audit=."}, strings.Fields(test.args)...), clitest.Settings{Dir: dir})
		clitest.WantText(t, string(out.Stdout), test.want)
		clitest.WantText(t, string(out.Stderr), strings.ReplaceAll(test.stderr, "@", clitest.Name+": "))
	}
}

// TestAuditBySeveralDigests checks that a missing file is found only by a file with all
// its digests, and counts once.
func TestAuditBySeveralDigests(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "t/1", "one")
	clitest.Write(t, dir, "t/2", "two")
	sums := func(name string, alg string) string {
		return string(clitest.Ours.Output(t, []string{"-a", alg, "t/" + name}, clitest.Settings{Dir: dir}).Stdout)
	}
	both := sums("1", "md5,sha1") + "SHA256 (t/1) = " + strings.Repeat("0", 64) + "\n" + sums("2", "sha1,md5,blake2b")
	clitest.Write(t, dir, "SUMS", strings.NewReplacer("t/1", "gone", "t/2", "t/there").Replace(both))
	// Of digests that any file may have nothing is known.
	clitest.Write(t, dir, "short", "BLAKE2b-8 (t/any) = 00\n")
	for i := range 300 {
		clitest.Write(t, dir, fmt.Sprintf("t/3/%d", i), fmt.Sprint(i))
	}
	out := clitest.Ours.Output(t, []string{"-c", "-a", "auto", "--audit=t", "--exclude=3", "SUMS", "SUMS"}, clitest.Settings{Dir: dir})
	if want := "t/1: NEW\nt/2: MOVED from t/there\n"; !bytes.HasSuffix(out.Stdout, []byte(want)) || bytes.Count(out.Stdout, []byte("MOVED")) != 1 {
		t.Errorf("want %q at the end of\n%s", want, out)
	}
	if want := " 1 new, 1 moved, 1 missing\n"; !bytes.HasSuffix(out.Stderr, []byte(want)) {
		t.Errorf("want %q at the end of\n%s", want, out)
	}
	out = clitest.Ours.Output(t, []string{"-c", "-a", "blake2b", "--audit=t/3", "short"}, clitest.Settings{Dir: dir})
	if n := bytes.Count(out.Stdout, []byte(": NEW\n")); n != 300 || bytes.Contains(out.Stdout, []byte("MOVED")) {
		t.Errorf("%d files are new, want 300", n)
	}
}

// An auditModel says what an audit finds, in the simplest way.
type auditModel struct {
	there  map[string]string // contents by name
	links  map[string]string // names of those that are a second link to a file, which is the first one's
	listed []string          // names in the manifest's order
	sums   map[string]string // contents that they should have

	dir   string                   // what names of the tree's files begin with
	spell func(name string) string // how the manifest spells a name
}

// newAuditModel has so many files, some of which are the same, and has them changed,
// moved, removed and made.
func newAuditModel(rng *rand.Rand, files int) *auditModel {
	m := &auditModel{there: map[string]string{}, links: map[string]string{}, sums: map[string]string{}, dir: "./"}
	m.spell = func(name string) string { return name }
	for i := range files {
		name := fmt.Sprintf("%d/%d/%d", i%7, i%301, i)
		content := fmt.Sprint(rng.IntN(files))
		m.listed = append(m.listed, name)
		m.sums[name], m.there[name] = content, content
	}
	rng.Shuffle(len(m.listed), func(i, j int) { m.listed[i], m.listed[j] = m.listed[j], m.listed[i] })
	for i, name := range m.listed {
		switch rng.IntN(12) {
		case 0:
			m.there[name] = "changed"
		case 1:
			m.there[fmt.Sprintf("moved/%d/%d", i%211, i)] = m.there[name]
			delete(m.there, name)
		case 2:
			delete(m.there, name)
		case 3:
			m.there[name+".new"] = fmt.Sprint(rng.IntN(files))
		case 4:
			m.there[name+".link"] = m.there[name]
			m.links[name+".link"] = name
		}
	}
	return m
}

// make makes the tree.
func (m *auditModel) make(t *testing.T, dir string) {
	t.Helper()
	for name, content := range m.there {
		if m.links[name] == "" {
			clitest.Write(t, dir, name, content)
		}
	}
	for link, name := range m.links {
		if err := os.Link(dir+"/"+name, dir+"/"+link); err != nil {
			t.Fatal(err)
		}
	}
}

// manifest is the manifest's text.
func (m *auditModel) manifest() string {
	var sums strings.Builder
	for _, name := range m.listed {
		sums.WriteString(clitest.LineOf(m.sums[name], m.spell(name)))
	}
	return sums.String()
}

// order is that in which the tree's files come: names are compared component by component.
func (m *auditModel) order() []string {
	return slices.SortedFunc(maps.Keys(m.there), func(a, b string) int {
		return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
	})
}

// lines are what is printed, and counts how many of each kind.
func (m *auditModel) lines() (text string, counts map[string]int) {
	var b strings.Builder
	counts = map[string]int{}
	missing := map[string][]string{}
	say := func(kind, name, verdict string) {
		counts[kind]++
		b.WriteString(name + ": " + verdict + "\n")
	}
	for _, name := range m.listed {
		content, ok := m.there[name]
		switch {
		case !ok:
			missing[m.sums[name]] = append(missing[m.sums[name]], m.spell(name))
			say("missing", m.spell(name), "FAILED open or read")
		case content != m.sums[name]:
			say("mismatched", m.spell(name), "FAILED")
		default:
			say("verified", m.spell(name), "OK")
		}
	}
	for _, name := range m.order() {
		content, ok := m.there[name]
		_, listed := m.sums[name]
		switch was := missing[content]; {
		case !ok || listed: // or it is the manifest
		case len(was) > 0:
			missing[content] = was[1:]
			counts["missing"]--
			say("moved", m.dir+name, "MOVED from "+was[0])
		default:
			say("new", m.dir+name, "NEW")
		}
	}
	return b.String(), counts
}

func auditConclusion(counts map[string]int, missing string) string {
	return fmt.Sprintf("%s: audit: %d verified, %d mismatched, 0 unreadable, %d new, %d moved, %s\n",
		clitest.Name, counts["verified"], counts["mismatched"], counts["new"], counts["moved"], missing)
}

// TestAuditLarge compares the audit of a large tree with a model, and takes little
// memory.
func TestAuditLarge(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	files := large.Or(2500, 100_000)
	m := newAuditModel(rand.New(rand.NewPCG(*clitest.Seed, 1)), files)
	dir := t.TempDir()
	m.make(t, dir)
	clitest.Write(t, dir, "SUMS", m.manifest())
	want, counts := m.lines()
	for _, options := range [][]string{nil, {"--io=read"}, {"-j1", "--ignore-missing"}} {
		args := append(options, "-c", "--audit=.", "SUMS")
		out, peak := clitest.Measured(t, dir, args...)
		text, missing := want, fmt.Sprint(counts["missing"], " missing")
		if len(options) == 2 {
			text = strings.Join(slices.DeleteFunc(strings.SplitAfter(want, "\n"), func(line string) bool {
				return strings.HasSuffix(line, ": FAILED open or read\n")
			}), "")
			missing = fmt.Sprintf("0 missing, %d ignored", counts["missing"])
		}
		clitest.WantText(t, string(out.Stdout), text)
		conclusion := auditConclusion(counts, missing)
		if !bytes.HasSuffix(out.Stderr, []byte(conclusion)) || out.Status != "exit 1" {
			t.Errorf("%s: want %q behind\n%s", out.Status, conclusion, clitest.Clip(out.Stderr))
		}
		clitest.WantPeak(t, peak, clitest.ReportedMore+files/10, clitest.PeakAgain(t, dir, args))
	}
}
