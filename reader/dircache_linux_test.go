package reader_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// TestDirCache looks at files in every depth, more directories than are kept open, by
// each rule, as an open file would be looked at.
func TestDirCache(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	var names []string
	for i := range 9 {
		for _, name := range []string{fmt.Sprint(i), fmt.Sprintf("%d-d/x", i), fmt.Sprintf("%d-d/deep/er/y", i)} {
			os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700)
			if err := os.WriteFile(filepath.Join(dir, name), filetest.Random(1+len(names)), 0o600); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
	}
	for _, rule := range []reader.Rule{reader.Anything, reader.NoLinks, reader.Beneath} {
		d := filetest.OpenDir(t, nil, dir, rule)
		var l reader.DirCache
		for range 2 {
			for i, name := range names {
				got, err := l.Look(d, name, time.Now())
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				f, err := d.Open(name, got)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				want, err := f.Look()
				closeFile(t, &f)
				if got != want || err != nil || got.Size != int64(1+i) || !got.Regular {
					t.Errorf("%s: %+v, want %+v, %v", name, got, want, err)
				}
			}
		}
		for name, want := range map[string]error{
			"missing": unix.ENOENT, "0-d/missing": unix.ENOENT, "missing/x": unix.ENOENT, "0/x": unix.ENOTDIR,
		} {
			if _, err := l.Look(d, name, time.Now()); err != want {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
		l.Close()
	}
	// Without a directory a name is looked up where the process is.
	var l reader.DirCache
	defer l.Close()
	if info, err := l.Look(nil, filepath.Join(dir, names[1]), time.Now()); err != nil || info.Size != 2 {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestDirCacheFollowsNoLinks: a link is not followed where the directory's rule forbids
// that, whether it is the name's end or a directory on the way.
func TestDirCacheFollowsNoLinks(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := linked(t)
	os.Mkdir(dir+"/sub", 0o700)
	os.Symlink("../real", dir+"/sub/out")
	var l reader.DirCache
	defer l.Close()
	d := filetest.OpenDir(t, nil, dir, reader.NoLinks)
	for _, name := range []string{"filelink", "real/inner", "dirlink/x", "sub/out/x"} {
		if info, err := l.Look(d, name, time.Now()); err == nil && info.Regular {
			t.Errorf("%s: %+v", name, info)
		}
	}
	if info, err := l.Look(d, "real/x", time.Now()); err != nil || !info.Regular {
		t.Errorf("%+v, %v", info, err)
	}
	d = filetest.OpenDir(t, nil, dir, reader.Anything)
	for _, name := range []string{"filelink", "real/inner", "dirlink/x", "sub/out/x"} {
		if info, err := l.Look(d, name, time.Now()); err != nil || info.Size != 50 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
}

// TestDirCacheForgets: a directory that has got another name is what its old name
// leads to only for a moment.
func TestDirCacheForgets(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir := t.TempDir()
	os.Mkdir(dir+"/a", 0o700)
	os.WriteFile(dir+"/a/x", filetest.Random(1), 0o600)
	os.Mkdir(dir+"/b", 0o700)
	os.WriteFile(dir+"/b/x", filetest.Random(2), 0o600)
	var l reader.DirCache
	defer l.Close()
	d := filetest.OpenDir(t, nil, dir, reader.NoLinks)
	for size := int64(1); size <= 2; size++ {
		for deadline := time.Now().Add(10 * time.Second); ; {
			info, err := l.Look(d, "a/x", time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if info.Size == size {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the directory is never forgotten, although it is in use all the time")
			}
		}
		if err := filetest.Exchange(dir+"/a", dir+"/b"); err != nil {
			t.Skip(err)
		}
	}
}

// TestDirCacheAmidstChanges: several look at once, while a directory is swapped for a
// link to another and back. What is outside is never seen.
func TestDirCacheAmidstChanges(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	dir, outside := t.TempDir(), t.TempDir()
	for i := range 8 {
		os.MkdirAll(fmt.Sprintf("%s/%d/sub", dir, i), 0o700)
		os.MkdirAll(fmt.Sprintf("%s/sub", outside), 0o700)
		os.WriteFile(fmt.Sprintf("%s/%d/sub/x", dir, i), filetest.Random(1), 0o600)
	}
	os.WriteFile(outside+"/sub/x", filetest.Random(99), 0o600)
	os.Symlink(outside, dir+"/link")
	os.Symlink(outside+"/sub", dir+"/sublink")
	stop := make(chan struct{})
	var swapper, lookers sync.WaitGroup
	swapper.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			from, to := dir+"/link", fmt.Sprintf("%s/%d", dir, i%8)
			if i%2 == 0 {
				from, to = dir+"/sublink", to+"/sub"
			}
			for range 2 { // there and back
				if err := filetest.Exchange(from, to); err != nil {
					return
				}
				time.Sleep(100 * time.Microsecond)
			}
		}
	})
	var l reader.DirCache
	d := filetest.OpenDir(t, nil, dir, reader.NoLinks)
	begun := time.Now()
	over := func(seen int) bool {
		waited := time.Since(begun)
		return waited > time.Minute || waited > 500*time.Millisecond && seen > 0
	}
	for n := range 4 {
		lookers.Go(func() {
			seen := 0
			for i := n; !over(seen); i += n + 1 {
				info, err := l.Look(d, fmt.Sprintf("%d/sub/x", i%8), time.Now())
				if err == nil {
					seen++
				}
				if err == nil && info.Size != 1 {
					t.Errorf("what is outside was seen: %+v", info)
					return
				}
			}
			if seen == 0 {
				t.Error("nothing was ever seen")
			}
		})
	}
	lookers.Wait()
	close(stop)
	swapper.Wait()
	l.Close()
}

// TestNearGivesWay: directories that are kept open are not what others find no
// descriptor for.
func TestNearGivesWay(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	reader.WithoutOpenat2(t)
	dir := t.TempDir()
	d := filetest.OpenDir(t, nil, dir, reader.NoLinks)
	names := []string{"0/sub/x", "1/sub/x", "2/sub/x"}
	for _, name := range names {
		os.MkdirAll(filepath.Dir(dir+"/"+name), 0o700)
		os.WriteFile(dir+"/"+name, filetest.Random(50), 0o600)
	}
	filetest.LeaveDescriptors(t, 20)
	for _, name := range names {
		wantSeen(t, d, name)
	}
	var taken []int
	for {
		fd, err := unix.Dup(0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	f, err := d.Open(names[0], reader.FromDirent())
	for _, fd := range taken {
		unix.Close(fd)
	}
	if err != nil {
		t.Fatal(err)
	}
	closeFile(t, &f)
}
