//go:build unix

package check_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// spellingDir makes a directory whose tree "backup" has verified files, reached in many ways,
// and others that must be new whatever the way: a second link to a file, a link's target
// and what is below a listed link to a directory.
func spellingDir(t *testing.T) string {
	t.Helper()
	dir := clitest.PublicDir(t)
	clitest.Write(t, dir, "backup/song", "song")
	clitest.Write(t, dir, "backup/sub/deep/x", "deep")
	clitest.Write(t, dir, "backup/sub/new", "new")
	clitest.Write(t, dir, "backup/target", "target")
	clitest.Write(t, dir, "elsewhere/x", "below a link")
	if err := os.Link(dir+"/backup/song", dir+"/backup/hard"); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"link": "backup", "deep": "backup/sub/deep", "backup/pointer": "target",
		"backup/directory": "../elsewhere", "absolute": dir + "/backup",
	} {
		if err := os.Symlink(target, dir+"/"+link); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestAuditSpellings has directories be spelled in other ways by the manifest than by DIR.
func TestAuditSpellings(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := spellingDir(t)
	directories := []string{
		"backup", "./backup", "backup//", "backup/.", "backup/sub/..", "link", "link/", "link/sub/../.", "absolute",
		dir + "/backup", dir + "//./link", "elsewhere/../backup", "link/../backup", "../" + dir[strings.LastIndexByte(dir, '/')+1:] + "/backup",
	}
	deep := []string{"backup/sub/deep/x", "deep/x", dir + "/deep/x", "link/sub/deep/../../sub/deep//x", "deep/../deep/./x"}
	for i, listed := range directories {
		listed = strings.TrimSuffix(listed, "/") + "/"
		sums := clitest.LineOf("song", listed+"song") + clitest.LineOf("deep", deep[i%len(deep)]) + clitest.LineOf("target", listed+"pointer") + clitest.LineOf("gone", listed+"gone")
		clitest.Write(t, dir, "SUMS", sums)
		clitest.Write(t, dir, "backup/moved", "gone")
		for j, directory := range directories {
			if (i+j)%5 != 0 && !*large.Flag {
				continue
			}
			args := []string{"-c", "--ignore-missing", "--audit", directory}
			if i%2 == 0 && !strings.HasPrefix(directory, "..") {
				args = append(args, "-C", ".")
			}
			out := clitest.Ours.Output(t, append(args, "SUMS"), clitest.Settings{Dir: dir})
			in := directory
			if !strings.HasSuffix(in, "/") {
				in += "/"
			}
			want := listed + "song: OK\n" + deep[i%len(deep)] + ": OK\n" + listed + "pointer: OK\n" +
				in + "hard: NEW\n" + in + "moved: MOVED from " + listed + "gone\n" + in + "sub/new: NEW\n" + in + "target: NEW\n"
			clitest.WantText(t, string(out.Stdout), want)
			clitest.WantText(t, string(out.Stderr), clitest.Name+": audit: 3 verified, 0 mismatched, 0 unreadable, 3 new, 1 moved, 0 missing\n")
			if t.Failed() {
				t.Fatalf("%q\n%s", args, sums)
			}
		}
	}
}

// TestAuditFromDirectories has names be as seen from a directory, and DIR as well or not.
func TestAuditFromDirectories(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := spellingDir(t)
	clitest.Write(t, dir, "backup/here", clitest.LineOf("song", "./song")+clitest.LineOf("deep", "sub/deep/x")+clitest.LineOf("target", "target"))
	clitest.Write(t, dir, "backup/sub/up", clitest.LineOf("new", "new")+clitest.LineOf("song", "../hard")+clitest.LineOf("lost", "../sub/deep/lost"))
	clitest.Write(t, dir, "below", clitest.LineOf("song", "song")+clitest.LineOf("deep", "sub/deep/x")+clitest.LineOf("target", "target"))
	clitest.Write(t, dir, "far", clitest.LineOf("below a link", "backup/directory/x")+clitest.LineOf("x", "backup/directory"))
	const all = "@hard: NEW\n@sub/new: NEW\n"
	for _, test := range []struct{ args, at, want string }{
		{"-C backup --audit . backup/here", "./", all + "@sub/up: NEW\n"},
		{"-C backup --audit ../backup backup/here", "../backup/", all + "@sub/up: NEW\n"},
		{"-C .. --audit DIR/link -C DIR/backup --exclude=up backup/here", "DIR/link/", all},
		{"-C backup/sub -C .. --audit DIR/backup --exclude=up backup/here", "DIR/backup/", all},
		{"--relative-to=manifest --audit backup --exclude=up link/here", "backup/", all},
		{"--relative-to=manifest --audit DIR/backup link/here DIR/backup/sub/up", "DIR/backup/", ""},
		{"--relative-to=manifest --audit link backup/sub/../here link/sub/deep/../up", "link/", ""},
		{"--relative-to=manifest --audit absolute/sub deep/../up", "absolute/sub/", "@deep/x: NEW\n"},
		{"--beneath -C backup --audit DIR/link --exclude=here --exclude=up below", "DIR/link/", all},
		{"--beneath -C backup --audit ../link/sub below", "../link/sub/", "@new: NEW\n@up: NEW\n"},
		// A listed link to a directory is that link, and not what is in the directory.
		{"--audit elsewhere far", "elsewhere/", ""},
		{"-L --audit elsewhere/../backup --exclude=[!f]* far", "elsewhere/../backup/", ""},
		{"-L --audit backup/directory backup/here", "backup/directory/", "@x: NEW\n"},
		// By a link an entry is met twice, and listed both times.
		{"-L --audit . --exclude=here --exclude=sub --exclude=far --exclude=below --exclude=up --exclude=x -C backup backup/here", "./",
			"@hard: NEW\n@pointer: NEW\n"},
	} {
		fields := strings.Fields(strings.ReplaceAll(test.args, "DIR", dir))
		out := clitest.Ours.Output(t, append([]string{"-c", "--ignore-missing"}, fields...), clitest.Settings{Dir: dir})
		var got []byte
		for line := range strings.Lines(string(out.Stdout)) {
			if strings.HasSuffix(line, ": NEW\n") || strings.Contains(line, ": MOVED ") {
				got = append(got, line...)
			}
		}
		clitest.WantText(t, string(got), strings.ReplaceAll(test.want, "@", strings.ReplaceAll(test.at, "DIR", dir)))
		if t.Failed() {
			t.Fatalf("%q\n%s", fields, out)
		}
	}
}

// TestAuditRenamed has a directory be renamed when its files were verified, and another put
// in its place whose files nobody has verified.
func TestAuditRenamed(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	filetest.NeedLocalDisk(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "t/d/x", "x")
	s := clitest.Ours.Session(t, []string{"-c", "--audit", "t", "-"}, clitest.Settings{Dir: dir})
	fmt.Fprint(s.Stdin, clitest.LineOf("x", "t/d/x")+clitest.LineOf("y", "t/later/y"))
	clitest.WantText(t, s.Stdout.Next()+s.Stdout.Next(), "t/d/x: OK\nt/later/y: FAILED open or read\n")
	if err := os.Rename(dir+"/t/d", dir+"/t/e"); err != nil {
		t.Fatal(err)
	}
	clitest.Write(t, dir, "t/d/x", "another")
	clitest.Write(t, dir, "t/later/y", "z")
	clitest.Write(t, dir, "t/later/z", "z")
	fmt.Fprint(s.Stdin, clitest.LineOf("z", "t/later/z"))
	clitest.WantText(t, s.Stdout.Next(), "t/later/z: OK\n")
	s.Stdin.Close()
	clitest.WantText(t, s.Stdout.Next(), "t/d/x: NEW\n")
	if rest, err := s.Stdout.Buffer.ReadString('\n'); rest != "" {
		t.Errorf("also %q, %v", rest, err)
	}
}

// TestAuditSameLetters has names differ in case only, in directories to which that matters.
// The second is another link to the first, or isn't.
func TestAuditSameLetters(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	for _, listed := range []string{"Name", "name"} {
		dir := t.TempDir()
		clitest.Write(t, dir, "t/Name", "a")
		if clitest.Exists(dir + "/t/name") {
			clitest.NotMeant(t, "this file system folds case")
		}
		other := map[string]string{"Name": "name", "name": "Name"}[listed]
		if err := os.Link(dir+"/t/Name", dir+"/t/name"); err != nil {
			t.Fatal(err)
		}
		clitest.Write(t, dir, "t/NAME", "a")
		clitest.Write(t, dir, "SUMS", clitest.LineOf("a", "t/"+listed))
		for _, exclude := range []string{"none", listed} {
			out := clitest.Ours.Output(t, []string{"-c", "--audit", "t", "--exclude", exclude, "SUMS"}, clitest.Settings{Dir: dir})
			clitest.WantText(t, string(out.Stdout), "t/"+listed+": OK\nt/NAME: NEW\nt/"+other+": NEW\n")
		}
	}
}

// TestAuditModel has directories be spelled at random, by each line and by DIR.
func TestAuditModel(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	trials := 6
	if *large.Flag {
		trials = 500
	}
	for trial := range trials {
		rng := rand.New(rand.NewPCG(*clitest.Seed, uint64(trial)))
		m := newAuditModel(rng, 1+rng.IntN(120))
		dir := t.TempDir()
		m.make(t, dir+"/t")
		for i := range 7 {
			os.Symlink(fmt.Sprintf("t/%d", i), fmt.Sprintf("%s/in%d", dir, i))
		}
		os.Symlink(dir+"/t", dir+"/link")
		os.Mkdir(dir+"/cwd", 0o700)
		ways := []string{"../t/", "../link/", "./..//t/./", dir + "/t/", dir + "/link/", "../cwd/../t/", "../link/../t/"}
		spellings := map[string]string{}
		for _, name := range m.listed {
			to := rng.IntN(len(ways) + 1)
			if to == len(ways) {
				spellings[name] = "../in" + name
				continue
			}
			spellings[name] = ways[to] + name
		}
		m.spell = func(name string) string { return spellings[name] }
		m.dir = ways[rng.IntN(len(ways))]
		clitest.Write(t, dir, "SUMS", m.manifest())
		want, counts := m.lines()
		options := []string{"-c", "--audit=" + m.dir, "../SUMS"}
		cwd := dir + "/cwd"
		if rng.IntN(2) == 0 {
			options, cwd = []string{"-c", "-C", "cwd", "--audit=" + m.dir, "SUMS"}, dir
		}
		out := clitest.Ours.Output(t, options, clitest.Settings{Dir: cwd})
		clitest.WantText(t, string(out.Stdout), want)
		if conclusion := auditConclusion(counts, fmt.Sprint(counts["missing"], " missing")); !strings.HasSuffix(string(out.Stderr), conclusion) {
			t.Errorf("want %q behind\n%s", conclusion, clitest.Clip(out.Stderr))
		}
		if t.Failed() {
			t.Fatalf("trial %d: %q", trial, options)
		}
	}
}
