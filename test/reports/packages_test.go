//go:build unix

package reports_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// packageManifests are those that Debian's packages came with here.
func packageManifests(t *testing.T) []string {
	t.Helper()
	manifests, err := filepath.Glob("/var/lib/dpkg/info/*.md5sums")
	if err != nil {
		t.Fatal(err)
	}
	if len(manifests) == 0 {
		clitest.NotMeant(t, "this is no Debian")
	}
	return manifests
}

// packages copies the files of so many of Debian's packages, of the smaller ones, and
// returns where they are, with manifests of theirs in "info". What is installed itself
// may change while it is looked at.
func packages(t *testing.T, count int) (dir string, manifests []string) {
	t.Helper()
	const most = 1 << 20 // bytes of a package
	dir = t.TempDir()
	all := packageManifests(t)
	// Neighbours by name are much alike.
	for start := range 7 {
		for i := start; i < len(all) && len(manifests) < count; i += 7 {
			text, err := os.ReadFile(all[i])
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			size := int64(0)
			for line := range strings.Lines(string(text)) {
				_, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
				if info, err := os.Stat("/" + name); err == nil && info.Mode().IsRegular() {
					names = append(names, name)
					size += info.Size()
				}
			}
			if size > most {
				continue
			}
			for _, name := range names {
				if data, err := os.ReadFile("/" + name); err == nil {
					clitest.Write(t, dir, name, string(data))
				}
			}
			manifest := "info/" + filepath.Base(all[i])
			clitest.Write(t, dir, manifest, string(text))
			manifests = append(manifests, manifest)
		}
	}
	return dir, manifests
}

// TestInstalledPackages checks what Debian installed, with md5sum and with psha1sum
// called so: files of some packages, or all there is.
func TestInstalledPackages(t *testing.T) {
	clitest.NeedOwn(t)
	tools := clitest.Family(t)
	at := slices.IndexFunc(tools, func(r clitest.Relative) bool { return r.Name == "md5sum" })
	if at < 0 {
		clitest.Lacks(t, "there is no md5sum")
	}
	md5sum := tools[at]
	if !*large.Flag {
		dir, manifests := packages(t, 40)
		md5sum.Compare(t, dir, "C", "", append([]string{"-c"}, manifests...)...)
		return
	}
	args := append([]string{"-c"}, packageManifests(t)...)
	for range 3 {
		before := md5sum.Run(t, md5sum.GNU, "/", "C", "", args)
		got := md5sum.Run(t, clitest.Ours.Path(), "/", "C", "", args)
		if got == before {
			return
		}
		if after := md5sum.Run(t, md5sum.GNU, "/", "C", "", args); after == before {
			t.Errorf("got  %d\n%.2000q\nwant %d\n%.2000q", got.Status, got.Stderr, before.Status, before.Stderr)
			clitest.WantText(t, got.Stdout, before.Stdout)
			return
		}
	}
	clitest.Lacks(t, "packages are being installed all the time")
}

// TestPackagesInReports checks files by manifests that Debian's packages came with, and
// has GNU md5sum's lines be made of --json's objects. Files are missing or changed on
// many a machine, and here for certain: the two have to agree on which.
func TestPackagesInReports(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	program := clitest.NeedProgram(t, "md5sum")
	dir, manifests := packages(t, large.Or(10, 30))
	damaged := 0
	for i, manifest := range manifests {
		text, err := os.ReadFile(dir + "/" + manifest)
		if err != nil {
			t.Fatal(err)
		}
		_, listed, _ := strings.Cut(string(text), "  ")
		first, _, _ := strings.Cut(listed, "\n")
		switch path := dir + "/" + first; {
		case !clitest.Exists(path):
		case i%3 == 0:
			clitest.Write(t, dir, first, "damaged")
			damaged++
		case i%3 == 1:
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if damaged == 0 {
		clitest.Lacks(t, "no package of Debian's has its files")
	}
	md5sum := &clitest.Tool{Title: "md5sum", Dir: t.TempDir()}
	if err := os.Symlink(program, md5sum.Path()); err != nil {
		t.Fatal(err)
	}
	s, schema := clitest.Settings{Dir: dir}, clitest.JSONSchema(t)
	for _, option := range []string{"--warn", "--quiet", "--ignore-missing"} {
		args := append([]string{"-c", option}, manifests...)
		want := md5sum.Output(t, args, s)
		plain := clitest.Ours.Output(t, append([]string{"-a", "auto"}, args...), s)
		clitest.WantText(t, string(plain.Stdout), string(want.Stdout))
		clitest.WantText(t, string(plain.Stderr), string(want.Stderr))
		out := clitest.Ours.Output(t, append([]string{"-a", "md5", "--json"}, args...), s)
		if out.Status != want.Status {
			t.Errorf("%s: %s, want %s", option, out.Status, want.Status)
		}
		var lines strings.Builder
		for _, o := range clitest.JSONObjects(t, schema, out) {
			verdict, ok := map[any]string{
				"verified": "OK", "mismatch": "FAILED", "missing": "FAILED open or read", "unreadable": "FAILED open or read",
			}[o["status"]]
			if ok && o["ignored"] != true {
				lines.WriteString(o.Name(t, "name") + ": " + verdict + "\n")
			}
		}
		clitest.WantText(t, lines.String(), string(want.Stdout))
		clitest.WantText(t, string(out.Stderr), string(want.Stderr))
	}
}

// TestAuditOfPackage audits directories of documentation that packages have to themselves,
// as they are and without their manifests' first line.
func TestAuditOfPackage(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir, manifests := packages(t, large.Or(30, 60))
	audited := 0
	for _, manifest := range manifests {
		text, err := os.ReadFile(dir + "/" + manifest)
		if err != nil {
			t.Fatal(err)
		}
		directory := "usr/share/doc/" + strings.TrimSuffix(filepath.Base(manifest), ".md5sums")
		first, rest, _ := strings.Cut(string(text), "\n")
		if !strings.Contains(first, "  "+directory+"/") || rest == "" {
			continue
		}
		args := []string{"-c", "-a", "md5", "--quiet", "--audit=" + directory}
		before := clitest.Ours.Output(t, append(args, manifest), clitest.Settings{Dir: dir})
		if before.Status != "exit 0" {
			continue // changed since it was installed, or left out
		}
		clitest.Write(t, dir, "md5sums", rest)
		after := clitest.Ours.Output(t, append(args, "md5sums"), clitest.Settings{Dir: dir})
		if want := first[34:] + ": NEW\n"; after.Status != "exit 1" || string(after.Stdout) != want {
			t.Errorf("%s: want %q, got\n%s", manifest, want, after)
		}
		audited++
	}
	if audited == 0 {
		clitest.Lacks(t, "no package of Debian's is installed as it was made, with documentation")
	}
}
