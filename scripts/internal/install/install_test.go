//go:build unix

// Package install_test runs scripts/install and checks what it installs and what it
// leaves unchanged.
package install_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/large"
)

// checkout is the top directory, and binary a psha1sum built by its scripts/build.
var checkout, binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "psha1sum-install-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if checkout, err = filepath.Abs("../../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if _, err := exec.LookPath("bash"); err == nil {
		binary = filepath.Join(dir, "psha1sum")
		build := exec.Command(filepath.Join(checkout, "scripts", "build"), binary)
		if text, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v: %v\n%s", build.Args, err, text)
			return 1
		}
	}
	return m.Run()
}

// lacks skips a test because this machine lacks something; with PSHA1SUM_NO_SKIP=1 the
// test fails.
func lacks(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("PSHA1SUM_NO_SKIP") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// need returns the path of a program, or skips the test.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		lacks(t, "%s is not installed", name)
	}
	return path
}

// script returns a command that runs scripts/install, without PREFIX and DESTDIR.
func script(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	need(t, "bash")
	// go test caches results by the files that a test opens.
	path := filepath.Join(checkout, "scripts", "install")
	if _, err := os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, args...)
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(), "PREFIX=", "DESTDIR=")
	return command
}

// succeed runs a command that must succeed.
func succeed(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%v: %v, stderr %q", command.Args, err, &stderr)
	}
	return string(out)
}

// refuse runs a command that must fail and print nothing but a message with the text
// want.
func refuse(t *testing.T, command *exec.Cmd, want string) {
	t.Helper()
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err == nil || len(out) > 0 {
		t.Errorf("%v: %v, stdout %q; want it to fail", command.Args, err, out)
	}
	if !strings.HasPrefix(stderr.String(), "install: ") || !strings.Contains(stderr.String(), want) {
		t.Errorf("%v: stderr %q, want something with %q", command.Args, &stderr, want)
	}
}

// tree describes everything below dir: a file's mode, a link's target.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, dir+"/")
		found[name] = info.Mode().String()
		if info.Mode().Type() == fs.ModeSymlink {
			text, err := os.Readlink(path)
			found[name] = "-> " + text
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// checkTree compares the contents of dir with the expected ones.
func checkTree(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	got := tree(t, dir)
	for name, what := range want {
		if got[name] != what {
			t.Errorf("%s is %q, want %q", name, got[name], what)
		}
	}
	for name, what := range got {
		if want[name] == "" {
			t.Errorf("%s is %q, want nothing there", name, what)
		}
	}
}

// Paths of what is installed.
const (
	bin  = "bin/"
	man  = "share/man/man1/"
	bash = "share/bash-completion/completions/"
	zsh  = "share/zsh/site-functions/"
	fish = "share/fish/vendor_completions.d/"
)

// directories returns these directories with their parents.
func directories() map[string]string {
	all := make(map[string]string)
	for _, directory := range []string{bin, man, bash, zsh, fish} {
		for dir := filepath.Clean(directory); dir != "."; dir = filepath.Dir(dir) {
			all[dir] = "drwxr-xr-x"
		}
	}
	return all
}

// plain returns what is installed without links.
func plain() map[string]string {
	all := directories()
	all[bin+"psha1sum"] = "-rwxr-xr-x"
	for _, page := range []string{man + "psha1sum.1", bash + "psha1sum", zsh + "_psha1sum", fish + "psha1sum.fish"} {
		all[page] = "-rw-r--r--"
	}
	return all
}

// plainNames are the names for --links=plain.
var plainNames = append(slices.Clone(gnuTools), "b3sum")

// gnuTools are those of coreutils 9.1.
var gnuTools = []string{"md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum"}

// linked returns plain with the requested links.
func linked(p, gnu bool) map[string]string {
	all := plain()
	for _, alg := range hasher.Algorithms {
		if name := "p" + alg.Command; p && name != "psha1sum" {
			all[bin+name] = "-> psha1sum"
			all[man+name+".1"] = "-> psha1sum.1"
			all[bash+name] = "-> psha1sum"
			all[fish+name+".fish"] = "-> psha1sum.fish"
		}
	}
	if gnu {
		for _, name := range plainNames {
			all[bin+name] = "-> psha1sum"
		}
	}
	return all
}

// TestTree installs and uninstalls with different umasks.
func TestTree(t *testing.T) {
	tests := []struct {
		name, umask string
		links       []string
		want        map[string]string
	}{
		{"private", "077", nil, plain()},
		{"open", "000", []string{"--links"}, linked(true, false)},
		{"links=p", "022", []string{"--links=p"}, linked(true, false)},
		{"links=plain", "027", []string{"--links=plain"}, linked(false, true)},
		{"both", "077", []string{"--links=plain", "--links=p"}, linked(true, true)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			prefix := filepath.Join(t.TempDir(), "a prefix", "deeper")
			under := func(args ...string) *exec.Cmd {
				command := script(t, args...)
				command.Args = append([]string{"bash", "-c", `umask "$0" && exec "$@"`, tt.umask, command.Path}, args...)
				command.Path = need(t, "bash")
				return command
			}
			out := succeed(t, under(append(tt.links, "--prefix="+prefix, "--binary="+binary)...))
			checkTree(t, prefix, tt.want)
			checkSaid(t, out, prefix, tt.want)
			out = succeed(t, under("--prefix="+prefix, "--uninstall"))
			checkTree(t, prefix, directories())
			checkSaid(t, out, prefix, tt.want)
		})
	}
}

// checkSaid compares the printed paths with the files that were installed.
func checkSaid(t *testing.T, out, prefix string, files map[string]string) {
	t.Helper()
	var got, want []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "/") {
			got = append(got, strings.TrimSuffix(line, "\n"))
		}
	}
	for name, what := range files {
		if what[0] != 'd' {
			want = append(want, filepath.Join(prefix, name))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("printed %q\nwant %q", got, want)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// TestBuilds installs without --binary, which builds psha1sum, and checks each page.
func TestBuilds(t *testing.T) {
	prefix := t.TempDir()
	succeed(t, script(t, "--prefix="+prefix+"/"))
	if read(t, prefix+"/bin/psha1sum") != read(t, binary) {
		t.Error("what was installed is not what scripts/build makes")
	}
	pages := map[string]string{
		man + "psha1sum.1":     "doc/psha1sum.1",
		bash + "psha1sum":      "completions/psha1sum.bash",
		zsh + "_psha1sum":      "completions/_psha1sum",
		fish + "psha1sum.fish": "completions/psha1sum.fish",
	}
	for page, source := range pages {
		if read(t, filepath.Join(prefix, page)) != read(t, filepath.Join(checkout, source)) {
			t.Errorf("%s is not %s", page, source)
		}
	}
}

// TestTools runs psha1sum by all of its names.
func TestTools(t *testing.T) {
	prefix := t.TempDir()
	succeed(t, script(t, "--prefix="+prefix, "--binary="+binary, "--links", "--links=plain"))
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "What is hashed.\n", 0o644)
	version := succeed(t, exec.Command(binary, "--version"))
	for _, alg := range hasher.Algorithms {
		names := []string{"p" + alg.Command}
		if slices.Contains(plainNames, alg.Command) {
			names = append(names, alg.Command)
		}
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				installed := filepath.Join(prefix, "bin", name)
				got := succeed(t, exec.Command(installed, file))
				if want := succeed(t, exec.Command(binary, "-a", alg.Name, file)); got != want {
					t.Errorf("it prints %q, want %q", got, want)
				}
				if got := succeed(t, exec.Command(installed, "--version")); got != version {
					t.Errorf("its version is %q, want %q", got, version)
				}
				if !slices.Contains(gnuTools, alg.Command) {
					return
				}
				if want := succeed(t, exec.Command(need(t, alg.Command), file)); got != want {
					t.Errorf("it prints %q, but what is installed as %s here %q", got, alg.Command, want)
				}
			})
		}
	}
}

// TestWhere: options override the environment, and DESTDIR precedes every path.
func TestWhere(t *testing.T) {
	tests := []struct {
		name      string
		env, args []string
		want      string
	}{
		{"DESTDIR", []string{"DESTDIR=ROOT/dest"}, nil, "dest/usr/local"},
		{"DESTDIR and PREFIX", []string{"DESTDIR=ROOT/dest/", "PREFIX=/usr/"}, nil, "dest/usr"},
		{"PREFIX", []string{"PREFIX=ROOT/here"}, nil, "here"},
		{"--prefix wins", []string{"PREFIX=/usr"}, []string{"--prefix=ROOT/here"}, "here"},
		{"--destdir wins", []string{"DESTDIR=ROOT/there"}, []string{"--destdir=ROOT/here", "--prefix=/opt/p"}, "here/opt/p"},
		{"the root", nil, []string{"--destdir=ROOT/here", "--prefix=/"}, "here"},
		{"relative --destdir", nil, []string{"--destdir=dest", "--prefix=/usr"}, "dest/usr"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			links := i == 0 || *large.Flag // they go where the pages go
			root := t.TempDir()
			command := func(more ...string) *exec.Cmd {
				var args []string
				for _, arg := range tt.args {
					args = append(args, strings.Replace(arg, "ROOT", root, 1))
				}
				c := script(t, append(args, more...)...)
				c.Dir = root
				for _, variable := range tt.env {
					c.Env = append(c.Env, strings.Replace(variable, "ROOT", root, 1))
				}
				return c
			}
			options := []string{"--binary=" + binary}
			if links {
				options = append(options, "--links")
			}
			succeed(t, command(options...))
			checkTree(t, filepath.Join(root, tt.want), linked(links, false))
			succeed(t, command("--uninstall"))
			checkTree(t, filepath.Join(root, tt.want), directories())
		})
	}
}

// foreign puts something else under the name of a link.
type foreign struct {
	name string
	put  func(path string) error
	want string // what must be there afterwards
}

var foreigners = []foreign{
	{"file", func(path string) error { return os.WriteFile(path, []byte("foreign"), 0o755) }, "-rwxr-xr-x"},
	{"link", func(path string) error { return os.Symlink("/bin/busybox", path) }, "-> /bin/busybox"},
	{"dangling", func(path string) error { return os.Symlink("nowhere", path) }, "-> nowhere"},
	{"alike", func(path string) error { return os.Symlink("psha1sum-old", path) }, "-> psha1sum-old"},
	{"directory", func(path string) error { return os.Mkdir(path, 0o755) }, "drwxr-xr-x"},
	{"link to a directory", func(path string) error { return os.Symlink("..", path) }, "-> .."},
}

// TestForeign: what isn't ours is not replaced, except with --force, and not removed;
// if it is in the way, nothing else is changed either.
func TestForeign(t *testing.T) {
	places := []struct {
		path, links string
		foreigners  []foreign
	}{
		{bin + "sha1sum", "--links=plain", foreigners},
		{bin + "pmd5sum", "--links", foreigners[:1]},
		{man + "pb2sum.1", "--links", foreigners[:1]},
	}
	for _, place := range places {
		for _, f := range place.foreigners {
			t.Run(place.path+" "+f.name, func(t *testing.T) {
				prefix := t.TempDir()
				path := filepath.Join(prefix, place.path)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := f.put(path); err != nil {
					t.Fatal(err)
				}
				before := tree(t, prefix)
				args := []string{"--prefix=" + prefix, "--binary=" + binary, place.links}
				refuse(t, script(t, args...), path)
				checkTree(t, prefix, before)

				succeed(t, script(t, args[:2]...))
				succeed(t, script(t, "--prefix="+prefix, "--uninstall"))
				after := directories()
				maps.Copy(after, before)
				checkTree(t, prefix, after)

				if strings.Contains(f.name, "directory") {
					refuse(t, script(t, append(args, "--force")...), path+" is a directory")
					return
				}
				succeed(t, script(t, append(args, "--force")...))
				checkTree(t, prefix, linked(place.links == "--links", place.links != "--links"))
			})
		}
	}
}

// TestUpdate: processes that run or read the old binary keep it, and its name never
// leads to an incomplete one: the new one is another file.
func TestUpdate(t *testing.T) {
	prefix := t.TempDir()
	old := filepath.Join(t.TempDir(), "old")
	write(t, old, "the old one", 0o600)
	succeed(t, script(t, "--prefix="+prefix, "--binary="+old, "--links"))
	running, err := os.Open(filepath.Join(prefix, "bin", "psha1sum"))
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	succeed(t, script(t, "--prefix="+prefix, "--binary="+binary, "--links"))
	checkTree(t, prefix, linked(true, false))
	if text, err := io.ReadAll(running); string(text) != "the old one" {
		t.Errorf("the old binary now reads %q, %v", text, err)
	}
	if read(t, prefix+"/bin/psha1sum") != read(t, binary) {
		t.Error("the new binary was not installed")
	}
	succeed(t, script(t, "--prefix="+prefix, "--binary="+prefix+"/bin/psha1sum"))
	if read(t, prefix+"/bin/psha1sum") != read(t, binary) {
		t.Error("installing a binary over itself lost it")
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/file", "", 0o644)
	write(t, dir+"/full/bin/psha1sum/file", "", 0o644)
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"relative", []string{"--prefix=~/.local"}, "'~/.local'"},
		{"empty", []string{"--prefix="}, "prefix"},
		{"no binary", []string{"--prefix=" + dir + "/new", "--binary=" + dir + "/none"}, dir + "/none is not a file"},
		{"prefix is a file", []string{"--prefix=" + dir + "/file"}, dir + "/file is not a directory"},
		{"psha1sum is a directory", []string{"--prefix=" + dir + "/full"}, dir + "/full/bin/psha1sum is a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := tree(t, dir)
			refuse(t, script(t, tt.args...), tt.want)
			checkTree(t, dir, before)
		})
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--links=all"}, "unknown kind of links 'all'; use --links=p or --links=plain"},
		{[]string{"--binary="}, "--binary= needs a file name"},
		{[]string{"/usr"}, "extra argument '/usr'"},
		{[]string{"--links", "--prefx=/x"}, "unknown option '--prefx=/x'"},
		{[]string{"--prefix", "/x"}, "equals sign: --prefix=/x\n"},
		{[]string{"--destdir", "a b", "--links"}, "equals sign: --destdir=a b\n"},
		{[]string{"--binary"}, "equals sign: --binary=...\n"},
		{[]string{"-x"}, "unknown option '-x'"},
		{[]string{""}, "extra argument ''"},
	} {
		refuse(t, script(t, tt.args...), tt.want)
	}
}

// unpacked creates a directory like that of a release archive, readable by everybody.
func unpacked(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "psha1sum-install-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/install", read(t, filepath.Join(checkout, "scripts", "install")), 0o755)
	write(t, dir+"/psha1sum", read(t, binary), 0o755)
	for _, page := range []string{"doc/psha1sum.1", "completions/psha1sum.bash", "completions/_psha1sum", "completions/psha1sum.fish"} {
		write(t, filepath.Join(dir, page), read(t, filepath.Join(checkout, page)), 0o644)
	}
	return dir
}

// systemTools are all programs that scripts/install runs when nothing has to be built.
var systemTools = []string{"cat", "chmod", "cp", "dirname", "ln", "mkdir", "mktemp", "mv", "readlink", "rm"}

// fromArchive returns a command that installs from a release archive with only bash and
// those tools in PATH.
func fromArchive(t *testing.T, args ...string) (command *exec.Cmd, path string) {
	t.Helper()
	command = script(t, args...)
	path = t.TempDir()
	for _, name := range append(systemTools, "bash") {
		if err := os.Symlink(need(t, name), filepath.Join(path, name)); err != nil {
			t.Fatal(err)
		}
	}
	command.Path = unpacked(t) + "/install"
	command.Args[0] = "./install"
	command.Env = append(command.Env, "PATH="+path)
	return command, path
}

func TestUnpacked(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "prefix")
	command, _ := fromArchive(t, "--prefix="+prefix, "--links")
	succeed(t, command)
	checkTree(t, prefix, linked(true, false))
	if read(t, prefix+"/bin/psha1sum") != read(t, binary) {
		t.Error("not the binary beside the script was installed")
	}
}

// TestBroken: a failure leaves no trace, and the old binary in place.
func TestBroken(t *testing.T) {
	for _, tool := range []string{"cp", "chmod", "mv"} {
		t.Run(tool, func(t *testing.T) {
			prefix := t.TempDir()
			write(t, prefix+"/bin/psha1sum", "the old one", 0o755)
			before := tree(t, prefix)
			command, path := fromArchive(t, "--prefix="+prefix)
			if err := os.Remove(filepath.Join(path, tool)); err != nil {
				t.Fatal(err)
			}
			if out, err := command.CombinedOutput(); err == nil {
				t.Errorf("without %s it prints %q and succeeds", tool, out)
			}
			checkTree(t, prefix, before)
			if text := read(t, prefix+"/bin/psha1sum"); text != "the old one" {
				t.Errorf("the old binary now reads %.20q", text)
			}
		})
	}
}

// TestNoPermission installs and uninstalls as a user without permission.
func TestNoPermission(t *testing.T) {
	command := script(t)
	dir := unpacked(t)
	prefix := filepath.Join(dir, "prefix")
	command.Path = dir + "/install"
	command.Dir = dir
	command.Args = []string{"./install", "--prefix=" + prefix, "--links"}
	succeed(t, command)
	if err := os.Chmod(prefix+"/bin", 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(prefix+"/bin", 0o755) })
	unprivileged := func(args ...string) *exec.Cmd {
		c := exec.Command(dir+"/install", args...)
		c.Dir, c.Env = dir, command.Env
		if os.Getuid() == 0 { // modes don't apply to root
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		return c
	}
	if err := unprivileged("--help").Run(); err != nil {
		lacks(t, "another user can't run what is in %s: %v", dir, err)
	}
	for _, option := range []string{"--links", "--uninstall"} {
		refuse(t, unprivileged(option, "--prefix="+prefix), "no permission to write to "+prefix+"/bin")
		checkTree(t, prefix+"/share", below("share/", linked(true, false)))
	}
}

// below returns the part of a tree below a directory.
func below(directory string, all map[string]string) map[string]string {
	part := make(map[string]string)
	for name, what := range all {
		if rest, ok := strings.CutPrefix(name, directory); ok {
			part[rest] = what
		}
	}
	return part
}
