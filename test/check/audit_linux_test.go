package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/fusetest"
	"golang.org/x/sys/unix"
)

// wantAudit runs an audit in a directory and compares the lines on stdout about files
// that no manifest lists.
func wantAudit(t *testing.T, dir, want string, args ...string) {
	t.Helper()
	out := clitest.Ours.Output(t, append([]string{"-c", "--quiet"}, args...), clitest.Settings{Dir: dir})
	clitest.WantText(t, string(out.Stdout), want)
	if !strings.Contains(string(out.Stderr), ", 0 missing") == (want != "") {
		t.Errorf("%q\n%s", args, out)
	}
}

// TestAuditBindMount mounts a directory in another place as well, whole and in part.
func TestAuditBindMount(t *testing.T) {
	clitest.NeedOwn(t)
	clitest.NeedMounts(t)
	filetest.NeedLocalDisk(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a/sub/x", "x")
	clitest.Write(t, dir, "a/sub/new", "new")
	clitest.Write(t, dir, "SUMS", clitest.LineOf("x", "a/sub/x"))
	for _, name := range []string{"b", "sub"} {
		if err := os.Mkdir(dir+"/"+name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"a": "b", "a/sub": "sub"} {
		if err := unix.Mount(dir+"/"+from, dir+"/"+to, "", unix.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { clitest.UnmountFree(t, dir+"/"+to) })
	}
	wantAudit(t, dir, "a/sub/new: NEW\n", "--audit=a", "SUMS")
	wantAudit(t, dir, "b/sub/new: NEW\n", "--audit=b", "SUMS")
	wantAudit(t, dir, "sub/new: NEW\n", "--audit=sub", "SUMS")
}

// TestAuditOverlay spells directories of overlays in several ways, with and without
// stable inode numbers.
func TestAuditOverlay(t *testing.T) {
	clitest.NeedOwn(t)
	clitest.NeedMounts(t)
	filetest.NeedLocalDisk(t)
	if !clitest.KernelHas(t, "overlay") {
		return
	}
	for _, kind := range []string{"", "tmpfs"} {
		layers := t.TempDir()
		for _, name := range []string{"lower", "upper", "all"} {
			if err := os.Mkdir(layers+"/"+name, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if kind != "" {
			clitest.MountUntilEnd(t, kind, layers+"/lower", "")
		}
		clitest.Write(t, layers, "lower/d/x", "x")
		clitest.Write(t, layers, "upper/up/d/new", "new")
		if err := os.Mkdir(layers+"/upper/work", 0o755); err != nil {
			t.Fatal(err)
		}
		clitest.MountUntilEnd(t, "overlay", layers+"/all", fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper/up,workdir=%[1]s/upper/work,xino=off", layers))
		wantSpellings(t, layers+"/all")
	}
}

// wantSpellings spells the directory d, which contains x and new, in several ways.
func wantSpellings(t *testing.T, dir string) {
	t.Helper()
	other := t.TempDir()
	if err := os.Symlink(dir+"/d", other+"/link"); err != nil {
		t.Fatal(err)
	}
	ways := []string{"d", dir + "/d", other + "/link", "../" + filepath.Base(dir) + "/./d"}
	for _, listed := range ways {
		clitest.Write(t, other, "SUMS", clitest.LineOf("x", listed+"/x"))
		for _, way := range ways {
			wantAudit(t, dir, way+"/new: NEW\n", "--audit="+way, other+"/SUMS")
		}
	}
}

// TestAuditNumbers uses a file system that gives all directories the same number, or
// none, with two directories that have a file of the same name.
func TestAuditNumbers(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	for _, number := range []uint64{0, 7} {
		dir := t.TempDir()
		fusetest.Options{Number: &number}.Mount(t, dir, map[string]*fusetest.File{
			"d/x": {Content: []byte("x")}, "d/new": {Content: []byte("new")},
			"e/x": {Content: []byte("x")}, "e/X": {Content: []byte("x")},
		})
		wantSpellings(t, dir)
		sums := t.TempDir()
		clitest.Write(t, sums, "SUMS", clitest.LineOf("x", "d/x"))
		wantAudit(t, dir, "e/X: NEW\ne/x: NEW\n", "--audit=e", sums+"/SUMS")
	}
}

// TestAuditFolding lists names in a spelling that the directory considers equal: on a
// FUSE file system, and on ext4 if the kernel supports it.
func TestAuditFolding(t *testing.T) {
	clitest.NeedOwn(t)
	t.Run("FUSE", func(t *testing.T) {
		dir := t.TempDir()
		files := map[string]*fusetest.File{}
		for name, content := range foldingFiles {
			files["all/"+name] = &fusetest.File{Content: content}
		}
		fusetest.Options{FoldCase: true}.Mount(t, dir, files)
		wantFolding(t, dir)
	})
	t.Run("ext4", func(t *testing.T) {
		clitest.NeedMounts(t)
		fs := clitest.FileSystem{Kind: "ext4", Make: []string{"mkfs.ext4", "-q", "-O", "casefold", "IMAGE"},
			Prepare: []string{"chattr", "+F", "all"}, Perhaps: true}
		dir := t.TempDir()
		files := map[string][]byte{}
		for name, content := range foldingFiles {
			files["all/"+name] = content
		}
		if fs.Mount(t, dir, files) {
			wantFolding(t, dir)
			if err := os.Link(dir+"/all/New", dir+"/all/Dir/FILE too"); err != nil {
				t.Fatal(err)
			}
			clitest.Write(t, dir, "SUMS", clitest.LineOf("file", "all/DIRECTORY/fILe")+clitest.LineOf("new", "all/directory/file TOO"))
			wantAudit(t, dir, "", "--audit=all/Dir", "SUMS")
		}
	})
}

var foldingFiles = map[string][]byte{"Name": []byte("name"), "New": []byte("new"), "Dir/File": []byte("file"), "straße": []byte("ä")}

func wantFolding(t *testing.T, dir string) {
	t.Helper()
	sums := t.TempDir()
	clitest.Write(t, sums, "SUMS", clitest.LineOf("name", "all/nAME")+clitest.LineOf("file", "all/Dir/FILE")+clitest.LineOf("ä", "all/STRAßE"))
	for _, directory := range []string{"all", dir + "/all", dir + "/./all/."} {
		wantAudit(t, dir, directory+"/New: NEW\n", "--audit="+directory, sums+"/SUMS")
	}
	wantAudit(t, dir, "", "--audit=all", "--exclude=New", sums+"/SUMS")
}

// TestAuditFewDescriptors identifies directories while files need every descriptor.
func TestAuditFewDescriptors(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	clitest.NeedEarlyEntry(t) // under -race the C library's start needs more
	dir := t.TempDir()
	var sums, sumsBelow strings.Builder
	for i := range 200 {
		name, content := fmt.Sprintf("%d/f%d", i%50, i), strings.Repeat("c", i)
		clitest.Write(t, dir, "t/"+name, content)
		sums.WriteString(clitest.LineOf(content, "./t/"+name))
		sumsBelow.WriteString(clitest.LineOf(content, name))
	}
	clitest.Write(t, dir, "t/new", "new")
	clitest.Write(t, dir, "SUMS", sums.String())
	clitest.Write(t, dir, "below", sumsBelow.String())
	for _, n := range []int{19, 7} {
		for _, args := range [][]string{{"SUMS"}, {"--beneath", "-C", "t", "below"}} {
			s := clitest.Settings{Dir: dir, Shell: clitest.LimitDescriptors(n)}
			out := clitest.Ours.Output(t, append(args, "-c", "--quiet", "--audit", dir+"/t"), s)
			clitest.WantText(t, string(out.Stdout), dir+"/t/new: NEW\n")
			clitest.WantText(t, string(out.Stderr), clitest.Name+": audit: 200 verified, 0 mismatched, 0 unreadable, 1 new, 0 moved, 0 missing\n")
		}
	}
}
