package resources_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/large"
)

var fileSystems = []clitest.FileSystem{
	{Title: "ext4", Kind: "ext4", Make: []string{"mkfs.ext4", "-q", "IMAGE"}, Ring: true},
	{Title: "ext4, small files in inodes", Kind: "ext4", Make: []string{"mkfs.ext4", "-q", "-I", "1024", "-O", "inline_data", "IMAGE"}, Ring: true},
	{Title: "ext4, blocks of 1 KiB", Kind: "ext4", Make: []string{"mkfs.ext4", "-q", "-b", "1024", "IMAGE"}, Options: "data=journal", Ring: true},
	{Title: "ext4, case folded", Kind: "ext4", Make: []string{"mkfs.ext4", "-q", "-O", "casefold", "IMAGE"},
		Prepare: []string{"chattr", "+F", "all"}, Ring: true, Perhaps: true},
	{Title: "ext2", Kind: "ext2", Make: []string{"mkfs.ext2", "-q", "IMAGE"}, Ring: true},
	{Title: "XFS", Kind: "xfs", Make: []string{"mkfs.xfs", "-q", "IMAGE"}, Ring: true},
	{Title: "Btrfs", Kind: "btrfs", Make: []string{"mkfs.btrfs", "-q", "IMAGE"}, Ring: true},
	{Title: "Btrfs, compressed, with a subvolume", Kind: "btrfs", Make: []string{"mkfs.btrfs", "-q", "IMAGE"}, Options: "compress-force=zstd",
		Prepare: []string{"btrfs", "-q", "subvolume", "create", "all/even"}, Ring: true},
	{Title: "F2FS", Kind: "f2fs", Make: []string{"mkfs.f2fs", "-q", "IMAGE"}, Ring: true},
	{Title: "FAT", Kind: "vfat", Make: []string{"mkfs.vfat", "-F", "32", "IMAGE"}},
	{Title: "squashfs", Kind: "squashfs", Make: []string{"mksquashfs", "TREE", "IMAGE", "-quiet", "-no-progress", "-noappend"}},
	{Title: "squashfs, not compressed", Kind: "squashfs", Make: []string{"mksquashfs", "TREE", "IMAGE", "-quiet", "-no-progress", "-noappend", "-noI", "-noD", "-noF"}},
	{Title: "EROFS", Kind: "erofs", Make: []string{"mkfs.erofs", "--quiet", "IMAGE", "TREE"}},
	{Title: "EROFS, compressed", Kind: "erofs", Make: []string{"mkfs.erofs", "--quiet", "-zlz4", "IMAGE", "TREE"}, Perhaps: true},
	{Title: "tmpfs", Kind: "tmpfs", Ring: true},
	{Title: "ramfs", Kind: "ramfs"},
}

// TestFileSystems reads files of all edge sizes on many file systems, in every way, and has the
// digests be those of what was written, as GNU has them. doc/filesystems.md lists them.
func TestFileSystems(t *testing.T) {
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	clitest.NeedMounts(t)
	files := edgeFiles()
	for _, fs := range fileSystems {
		t.Run(fs.Title, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if !fs.Mount(t, dir, files) {
				return
			}
			m := &mounted{Settings: clitest.Settings{Dir: dir}, names: slices.Sorted(maps.Keys(files)), sums: t.TempDir() + "/sums"}
			m.compareWritten(t, files, fs.Ring)
		})
	}
}

// TestOverlays does so with overlays: the files of lower layers, those that were copied up, and both
// at once, on one file system and on several.
func TestOverlays(t *testing.T) {
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	clitest.NeedMounts(t)
	filetest.NeedLocalDisk(t)
	if !clitest.KernelHas(t, "overlay") {
		return
	}
	files := edgeFiles()
	for _, test := range []struct{ title, lower, upper, options string }{
		{"one file system", "", "", ""},
		{"contents not copied up", "", "", ",metacopy=on"},
		{"upper layer elsewhere", "", "tmpfs", ""},
		{"both elsewhere", "tmpfs", "tmpfs", ""},
		{"lower layer elsewhere", "tmpfs", "", ""},
	} {
		t.Run(test.title, func(t *testing.T) {
			t.Parallel()
			lower, upper, dir := t.TempDir(), t.TempDir(), t.TempDir()
			for path, kind := range map[string]string{lower: test.lower, upper: test.upper} {
				if kind != "" {
					clitest.MountUntilEnd(t, kind, path, "")
				}
			}
			clitest.WriteFiles(t, lower, files)
			for _, name := range []string{"upper", "work"} {
				if err := os.Mkdir(filepath.Join(upper, name), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			clitest.MountUntilEnd(t, "overlay", dir, fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%[2]s/work%s", lower, upper, test.options))
			changed := maps.Clone(files)
			for i, name := range slices.Sorted(maps.Keys(files)) {
				switch i % 4 {
				case 0: // is copied up
					changed[name] = append(slices.Clone(files[name]), "appended"...)
					if err := os.WriteFile(filepath.Join(dir, name), changed[name], 0o644); err != nil {
						t.Fatal(err)
					}
				case 1: // or all of it but the contents
					if err := os.Chmod(filepath.Join(dir, name), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			m := &mounted{Settings: clitest.Settings{Dir: dir}, names: slices.Sorted(maps.Keys(changed)), sums: t.TempDir() + "/sums"}
			m.compareWritten(t, changed, false)
		})
	}
}

// edgeFiles are contents by their names: random ones of all edge sizes, such as compress
// well, and small ones enough for a ring.
func edgeFiles() map[string][]byte {
	g := clitest.NewGenerator(14, 6)
	files := map[string][]byte{}
	for _, size := range edgeSizes {
		files[fmt.Sprintf("all/%d", size)] = g.Bytes(size)
		files[fmt.Sprintf("all/even/%d", size)] = bytes.Repeat([]byte("even"), size/4+1)[:size]
		files[fmt.Sprintf("all/zero/%d", size)] = make([]byte, size)
		files[fmt.Sprintf("all/more/%d", size)] = g.Bytes(size)
	}
	for i := range 200 {
		files[fmt.Sprintf("all/small/%d", i)] = g.Bytes(i)
	}
	return files
}

// compareWritten has psha1sum print what GNU prints of files, which is seen to be right, by
// each way in several modes.
func (m *mounted) compareWritten(t *testing.T, files map[string][]byte, ring bool) {
	t.Helper()
	var lines, verified strings.Builder
	for _, name := range m.names {
		lines.WriteString(clitest.LineOf(files[name], name))
		verified.WriteString(name + ": OK\n")
	}
	want := lines.String()
	clitest.Write(t, filepath.Dir(m.sums), filepath.Base(m.sums), want)
	clitest.WantText(t, string(clitest.GNU.Output(t, m.names, m.Settings).Stdout), want)
	modes := [][]string{{"-r", "--drop-cache", "all"}, m.names, {"-c", m.sums}, {"-r", "all"}, {"-c", "--drop-cache", m.sums}}
	if !*large.Flag {
		modes = modes[:2]
	}
	for _, way := range readingWays(t) {
		for _, args := range modes {
			want := want
			if args[0] == "-c" {
				want = verified.String()
			}
			got := clitest.Ours.Output(t, append([]string{way, "--debug"}, args...), m.Settings)
			ways, _, rest := debuggedWays(t, got)
			if string(got.Stdout) != want || rest != "" || got.Status != "exit 0" {
				t.Errorf("%s %.60q: %s, %s", way, args, got.Status, clitest.Clip(got.Stderr))
				clitest.WantText(t, string(got.Stdout), want)
			}
			mayRing := ring && !slices.Contains(args, "--drop-cache")
			if through := slices.Contains(ways, "io_uring"); through && !mayRing || !through && mayRing && way == "--io=uring" {
				t.Errorf("%s %.60q: read with %q", way, args, ways)
			}
		}
	}
}
