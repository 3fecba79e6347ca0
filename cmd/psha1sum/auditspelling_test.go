//go:build unix

package main_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// spellingDir makes a directory whose tree "backup" has verified files, reached in many ways,
// and others that must be new whatever the way: a second link to a file, a link's target
// and what is below a listed link to a directory.
func spellingDir(t *testing.T) string {
	t.Helper()
	dir := publicDir(t)
	write(t, dir, "backup/song", "song")
	write(t, dir, "backup/sub/deep/x", "deep")
	write(t, dir, "backup/sub/new", "new")
	write(t, dir, "backup/target", "target")
	write(t, dir, "elsewhere/x", "below a link")
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
	needOwn(t)
	dir := spellingDir(t)
	directories := []string{
		"backup", "./backup", "backup//", "backup/.", "backup/sub/..", "link", "link/", "link/sub/../.", "absolute",
		dir + "/backup", dir + "//./link", "elsewhere/../backup", "link/../backup", "../" + dir[strings.LastIndexByte(dir, '/')+1:] + "/backup",
	}
	deep := []string{"backup/sub/deep/x", "deep/x", dir + "/deep/x", "link/sub/deep/../../sub/deep//x", "deep/../deep/./x"}
	for i, listed := range directories {
		listed = strings.TrimSuffix(listed, "/") + "/"
		sums := lineOf("song", listed+"song") + lineOf("deep", deep[i%len(deep)]) + lineOf("target", listed+"pointer") + lineOf("gone", listed+"gone")
		write(t, dir, "SUMS", sums)
		write(t, dir, "backup/moved", "gone")
		for j, directory := range directories {
			if (i+j)%5 != 0 && !*largeFlag {
				continue
			}
			args := []string{"-c", "--ignore-missing", "--audit", directory}
			if i%2 == 0 && !strings.HasPrefix(directory, "..") {
				args = append(args, "-C", ".")
			}
			out := ours.output(t, append(args, "SUMS"), settings{dir: dir})
			in := directory
			if !strings.HasSuffix(in, "/") {
				in += "/"
			}
			want := listed + "song: OK\n" + deep[i%len(deep)] + ": OK\n" + listed + "pointer: OK\n" +
				in + "hard: NEW\n" + in + "moved: MOVED from " + listed + "gone\n" + in + "sub/new: NEW\n" + in + "target: NEW\n"
			wantText(t, string(out.stdout), want)
			wantText(t, string(out.stderr), name+": audit: 3 verified, 0 mismatched, 0 unreadable, 3 new, 1 moved, 0 missing\n")
			if t.Failed() {
				t.Fatalf("%q\n%s", args, sums)
			}
		}
	}
}

// TestAuditFromDirectories has names be as seen from a directory, and DIR as well or not.
func TestAuditFromDirectories(t *testing.T) {
	t.Parallel()
	needOwn(t)
	dir := spellingDir(t)
	write(t, dir, "backup/here", lineOf("song", "./song")+lineOf("deep", "sub/deep/x")+lineOf("target", "target"))
	write(t, dir, "backup/sub/up", lineOf("new", "new")+lineOf("song", "../hard")+lineOf("lost", "../sub/deep/lost"))
	write(t, dir, "below", lineOf("song", "song")+lineOf("deep", "sub/deep/x")+lineOf("target", "target"))
	write(t, dir, "far", lineOf("below a link", "backup/directory/x")+lineOf("x", "backup/directory"))
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
		out := ours.output(t, append([]string{"-c", "--ignore-missing"}, fields...), settings{dir: dir})
		var got []byte
		for line := range strings.Lines(string(out.stdout)) {
			if strings.HasSuffix(line, ": NEW\n") || strings.Contains(line, ": MOVED ") {
				got = append(got, line...)
			}
		}
		wantText(t, string(got), strings.ReplaceAll(test.want, "@", strings.ReplaceAll(test.at, "DIR", dir)))
		if t.Failed() {
			t.Fatalf("%q\n%s", fields, out)
		}
	}
}

// TestAuditRenamed has a directory be renamed when its files were verified, and another put
// in its place whose files nobody has verified.
func TestAuditRenamed(t *testing.T) {
	t.Parallel()
	needOwn(t)
	needLocalDisk(t)
	dir := t.TempDir()
	write(t, dir, "t/d/x", "x")
	s := ours.session(t, []string{"-c", "--audit", "t", "-"}, settings{dir: dir})
	fmt.Fprint(s.stdin, lineOf("x", "t/d/x")+lineOf("y", "t/later/y"))
	wantText(t, s.stdout.next()+s.stdout.next(), "t/d/x: OK\nt/later/y: FAILED open or read\n")
	if err := os.Rename(dir+"/t/d", dir+"/t/e"); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "t/d/x", "another")
	write(t, dir, "t/later/y", "z")
	write(t, dir, "t/later/z", "z")
	fmt.Fprint(s.stdin, lineOf("z", "t/later/z"))
	wantText(t, s.stdout.next(), "t/later/z: OK\n")
	s.stdin.Close()
	wantText(t, s.stdout.next(), "t/d/x: NEW\n")
	if rest, err := s.stdout.r.ReadString('\n'); rest != "" {
		t.Errorf("also %q, %v", rest, err)
	}
}

// TestAuditSameLetters has names differ in case only, in directories to which that matters.
// The second is another link to the first, or isn't.
func TestAuditSameLetters(t *testing.T) {
	t.Parallel()
	needOwn(t)
	for _, listed := range []string{"Name", "name"} {
		dir := t.TempDir()
		write(t, dir, "t/Name", "a")
		if exists(dir + "/t/name") {
			notMeant(t, "this file system folds case")
		}
		other := map[string]string{"Name": "name", "name": "Name"}[listed]
		if err := os.Link(dir+"/t/Name", dir+"/t/name"); err != nil {
			t.Fatal(err)
		}
		write(t, dir, "t/NAME", "a")
		write(t, dir, "SUMS", lineOf("a", "t/"+listed))
		for _, exclude := range []string{"none", listed} {
			out := ours.output(t, []string{"-c", "--audit", "t", "--exclude", exclude, "SUMS"}, settings{dir: dir})
			wantText(t, string(out.stdout), "t/"+listed+": OK\nt/NAME: NEW\nt/"+other+": NEW\n")
		}
	}
}

// TestAuditModel has directories be spelled at random, by each line and by DIR.
func TestAuditModel(t *testing.T) {
	t.Parallel()
	needOwn(t)
	trials := 6
	if *largeFlag {
		trials = 500
	}
	for trial := range trials {
		rng := rand.New(rand.NewPCG(*diffSeed, uint64(trial)))
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
		write(t, dir, "SUMS", m.manifest())
		want, counts := m.lines()
		options := []string{"-c", "--audit=" + m.dir, "../SUMS"}
		cwd := dir + "/cwd"
		if rng.IntN(2) == 0 {
			options, cwd = []string{"-c", "-C", "cwd", "--audit=" + m.dir, "SUMS"}, dir
		}
		out := ours.output(t, options, settings{dir: cwd})
		wantText(t, string(out.stdout), want)
		if conclusion := auditConclusion(counts, fmt.Sprint(counts["missing"], " missing")); !strings.HasSuffix(string(out.stderr), conclusion) {
			t.Errorf("want %q behind\n%s", conclusion, clip(out.stderr))
		}
		if t.Failed() {
			t.Fatalf("trial %d: %q", trial, options)
		}
	}
}
