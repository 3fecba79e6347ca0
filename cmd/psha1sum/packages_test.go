//go:build unix

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPackagesInReports checks what is installed here by manifests that Debian's
// packages came with, and has GNU md5sum's lines be made of --json's objects. Files
// are missing or changed on many a machine: the two have to agree on which.
func TestPackagesInReports(t *testing.T) {
	t.Parallel()
	needOwn(t)
	program := needProgram(t, "md5sum")
	manifests, err := filepath.Glob("/var/lib/dpkg/info/*.md5sums")
	if err != nil {
		t.Fatal(err)
	}
	if len(manifests) == 0 {
		lacks(t, "no package of Debian's is installed")
	}
	manifests = manifests[:min(len(manifests), 30)]
	md5sum := &tool{title: "md5sum", dir: t.TempDir()}
	if err := os.Symlink(program, md5sum.path()); err != nil {
		t.Fatal(err)
	}
	s, schema := settings{dir: "/"}, jsonSchema(t)
	for _, option := range []string{"--warn", "--quiet", "--ignore-missing"} {
		args := append([]string{"-c", option}, manifests...)
		want := md5sum.output(t, args, s)
		plain := ours.output(t, append([]string{"-a", "auto"}, args...), s)
		wantText(t, string(plain.stdout), string(want.stdout))
		wantText(t, string(plain.stderr), string(want.stderr))
		out := ours.output(t, append([]string{"-a", "md5", "--json"}, args...), s)
		if out.status != want.status {
			t.Errorf("%s: %s, want %s", option, out.status, want.status)
		}
		var lines strings.Builder
		for _, o := range jsonObjects(t, schema, out) {
			verdict, ok := map[any]string{
				"verified": "OK", "mismatch": "FAILED", "missing": "FAILED open or read", "unreadable": "FAILED open or read",
			}[o["status"]]
			if ok && o["ignored"] != true {
				lines.WriteString(o.name(t, "name") + ": " + verdict + "\n")
			}
		}
		wantText(t, lines.String(), string(want.stdout))
		wantText(t, string(out.stderr), string(want.stderr))
	}
}

// TestAuditOfPackage audits the folder of documentation that a package has to itself,
// as it is and without its manifest's first line.
func TestAuditOfPackage(t *testing.T) {
	t.Parallel()
	needOwn(t)
	manifests, err := filepath.Glob("/var/lib/dpkg/info/*.md5sums")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range manifests {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		folder := "usr/share/doc/" + strings.TrimSuffix(filepath.Base(path), ".md5sums")
		first, rest, _ := strings.Cut(string(text), "\n")
		if !strings.Contains(first, "  "+folder+"/") {
			continue
		}
		args := []string{"-c", "-a", "md5", "-C", "/", "--quiet", "--audit=" + folder}
		before := ours.output(t, append(args, path), settings{})
		if before.status != "exit 0" {
			continue // changed since it was installed
		}
		dir := t.TempDir()
		write(t, dir, "md5sums", rest)
		after := ours.output(t, append(args, dir+"/md5sums"), settings{})
		if want := first[34:] + ": NEW\n"; after.status != "exit 1" || string(after.stdout) != want && rest != "" {
			t.Errorf("%s: want %q, got\n%s", path, want, after)
		}
		return
	}
	lacks(t, "no package of Debian's is installed as it was made, with documentation")
}
