//go:build unix

package main

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/large"
)

const native = runtime.GOOS + "/" + runtime.GOARCH

// foreign is a platform other than this machine's.
const foreign = "linux/arm64"

// lacks skips a test because this machine lacks something; with PSHA1SUM_NO_SKIP=1 the
// test fails.
func lacks(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("PSHA1SUM_NO_SKIP") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// need skips a test if a program is missing.
func need(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		lacks(t, "%s is not installed", name)
	}
}

// top returns the top directory of the checkout.
func top(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// script returns a command that runs a script of the checkout in dir.
func script(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	need(t, "bash")
	path := filepath.Join(dir, "scripts", name)
	read(t, path) // go test caches results by the files that a test opens
	return exec.Command(path, args...)
}

// succeed runs a command that must succeed, and returns its output.
func succeed(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command.Args, err, &stderr)
	}
	return string(out)
}

// archiveName returns the name of a platform's archive without .tar.gz.
func archiveName(t *testing.T, platform string) string {
	version := strings.TrimSpace(succeed(t, script(t, top(t), "build", "--print-version")))
	return "psha1sum-" + version + "-" + strings.Replace(platform, "/", "-", 1)
}

// TestRelease makes a release for this platform, or two, and checks all of it.
func TestRelease(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a directory", "release")
	platforms := []string{native}
	if native != foreign && *large.Flag {
		platforms = append(platforms, foreign)
	}
	var options, names []string
	for _, platform := range platforms {
		options = append(options, "--platform="+platform)
		names = append(names, archiveName(t, platform)+".tar.gz")
	}
	command := script(t, top(t), "dist", append(options, out)...)
	command.Env = append(os.Environ(), fmt.Sprint("SOURCE_DATE_EPOCH=", testTime.Unix()), "GOFLAGS=-race", "GOOS=plan9")
	if printed, want := succeed(t, command), strings.Join(names, "\n")+"\n"; printed != want {
		t.Errorf("it prints %q, want %q", printed, want)
	}
	made, err := files(out)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	all := append([]string{"SHA1SUMS", "SHA256SUMS"}, names...)
	if got := slices.Sorted(maps.Keys(made)); !slices.Equal(got, all) {
		t.Fatalf("it makes %q, want %q", got, all)
	}
	checkManifests(t, made, names)
	for _, platform := range platforms {
		t.Run(platform, func(t *testing.T) {
			checkArchive(t, platform, made[archiveName(t, platform)+".tar.gz"])
		})
	}
	t.Run("install", func(t *testing.T) { checkInstall(t, out) })
}

// checkManifests compares the manifests with digests of the standard library.
func checkManifests(t *testing.T, made map[string][]byte, names []string) {
	t.Helper()
	var sha1s, sha256s string
	for _, name := range names {
		sha1s += fmt.Sprintf("%x  %s\n", sha1.Sum(made[name]), name)
		sha256s += fmt.Sprintf("%x  %s\n", sha256.Sum256(made[name]), name)
	}
	if got := string(made["SHA1SUMS"]); got != sha1s {
		t.Errorf("SHA1SUMS is %q, want %q", got, sha1s)
	}
	if got := string(made["SHA256SUMS"]); got != sha256s {
		t.Errorf("SHA256SUMS is %q, want %q", got, sha256s)
	}
}

// checkArchive compares an archive with the sources.
func checkArchive(t *testing.T, platform string, archive []byte) {
	t.Helper()
	directory := archiveName(t, platform) + "/"
	members, err := unpack("x.tar.gz", archive)
	if err != nil {
		t.Fatal(err)
	}
	const owner = " 0:0 2026-01-31 12:00:00 +0000 UTC"
	want := make(map[string]unpacked)
	for _, dir := range []string{"", "doc/", "completions/", "hasher/", "reader/"} {
		want[directory+dir] = unpacked{"drwxr-xr-x" + owner, nil}
	}
	names := []string{
		"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "hasher/SIMD.md", "reader/ASSUMPTIONS.md",
		"completions/psha1sum.bash", "completions/_psha1sum", "completions/psha1sum.fish",
	}
	docs, err := os.ReadDir(filepath.Join(top(t), "doc"))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		names = append(names, "doc/"+doc.Name())
	}
	for _, name := range names {
		want[directory+name] = unpacked{"-rw-r--r--" + owner, read(t, filepath.Join(top(t), name))}
	}
	want[directory+"install"] = unpacked{"-rwxr-xr-x" + owner, read(t, filepath.Join(top(t), "scripts/install"))}
	want[directory+"psha1sum"] = unpacked{"-rwxr-xr-x" + owner, build(t, platform)}
	differences, err := compareSets(members, want, compareMembers)
	if err != nil || len(differences) > 0 {
		t.Errorf("what was packed and what should be: %q, %v", differences, err)
	}
	checkLinks(t, members)
	if strings.HasPrefix(platform, "linux/") {
		checkStatic(t, members[directory+"psha1sum"].data)
	}
}

// checkLinks: links in all packed documents lead to packed files.
func checkLinks(t *testing.T, members map[string]unpacked) {
	t.Helper()
	links := 0
	for name, page := range members {
		if filepath.Ext(name) != ".md" {
			continue
		}
		for _, match := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllSubmatch(page.data, -1) {
			to := string(match[1])
			if strings.Contains(to, "://") {
				continue
			}
			links++
			if _, ok := members[path.Join(path.Dir(name), to)]; !ok {
				t.Errorf("%s has a link to %s, which is not packed", name, to)
			}
		}
	}
	if links == 0 {
		t.Error("no page has a link")
	}
}

// built are the programs that build has built.
var built = make(map[string][]byte)

// build returns the output of scripts/build for a platform.
func build(t *testing.T, platform string) []byte {
	t.Helper()
	if program := built[platform]; program != nil {
		return program
	}
	out := filepath.Join(t.TempDir(), "psha1sum")
	command := script(t, top(t), "build", out)
	goos, arch, _ := strings.Cut(platform, "/")
	command.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+arch)
	succeed(t, command)
	built[platform] = read(t, out)
	return built[platform]
}

// checkStatic: the program needs no dynamic linker.
func checkStatic(t *testing.T, program []byte) {
	t.Helper()
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP || segment.Type == elf.PT_DYNAMIC {
			t.Errorf("it has a segment %v, so it is not static", segment.Type)
		}
	}
}

// checkInstall unpacks the archive and installs from it.
func checkInstall(t *testing.T, out string) {
	need(t, "tar")
	need(t, "gzip")
	dir, prefix, name := t.TempDir(), t.TempDir(), archiveName(t, native)
	succeed(t, exec.Command("tar", "-xzf", filepath.Join(out, name+".tar.gz"), "-C", dir))
	install := exec.Command("./install", "--prefix="+prefix, "--links")
	install.Dir = filepath.Join(dir, name)
	install.Env = append(os.Environ(), "DESTDIR=", "GOROOT=/nowhere", "GOCACHE=off") // nothing may be built
	succeed(t, install)
	if !bytes.Equal(read(t, prefix+"/bin/psha1sum"), read(t, filepath.Join(dir, name, "psha1sum"))) {
		t.Error("what was installed is not what was packed")
	}
	check := exec.Command(prefix+"/bin/psha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = out
	if printed := succeed(t, check); !strings.Contains(printed, name+".tar.gz: OK\n") {
		t.Errorf("psha256sum prints %q about its own archive", printed)
	}
}

// TestCheckFails: --check fails if the build depends on its directory. That the real
// build doesn't is tested by the step dist of .ci/run, which takes another full build.
func TestCheckFails(t *testing.T) {
	need(t, "cp")
	sources := t.TempDir()
	for _, name := range []string{
		"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "go.mod", "go.sum",
		"completions", "doc", "hasher", "reader", "scripts",
	} {
		succeed(t, exec.Command("cp", "-R", filepath.Join(top(t), name), sources))
	}
	program := filepath.Join(sources, "scripts", "program")
	if err := os.WriteFile(program, build(t, native), 0o755); err != nil {
		t.Fatal(err)
	}
	// Linking takes long, so this one copies and appends a number.
	path := filepath.Join(sources, "scripts", "build")
	const text = `#!/bin/sh
case "$1" in
--print-version) echo 1.0.0 ;;
*) cp scripts/program "$1" && printf %d "${#PWD}" >>"$1" ;;
esac
`
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := script(t, sources, "dist", "--check", "--platform="+native).CombinedOutput()
	const goos, goarch = runtime.GOOS, runtime.GOARCH
	want := fmt.Sprintf("-%s-%s.tar.gz: psha1sum-", goos, goarch)
	if err == nil || !strings.Contains(string(out), want) || !strings.Contains(string(out), "/psha1sum: ") {
		t.Errorf("%v, printed %q; want it to fail with %q", err, out, want)
	}
}
