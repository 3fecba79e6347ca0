package reader_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// ways are the ways in which names are looked up beneath a directory.
var ways = []way{
	{"openat2", func(*testing.T) {}},
	{"openat2, no proc", reader.WithoutProc},
	{"walk", reader.WithoutOpenat2},
	{"walk, no proc", func(t *testing.T) { reader.WithoutOpenat2(t); reader.WithoutProc(t) }},
}

// TestBeneathOpensNothingElse: not even for an instant is anything opened that is
// no regular file, nor anything outside.
func TestBeneathOpensNothingElse(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		dir, outside := t.TempDir(), t.TempDir()
		filetest.MakeFIFO(t, filepath.Join(dir, "fifo"))
		filetest.MakeFIFO(t, filepath.Join(outside, "fifo"))
		filetest.Symlink(t, "fifo", filepath.Join(dir, "to-fifo"))
		filetest.Symlink(t, outside, filepath.Join(dir, "out"))
		filetest.Symlink(t, filepath.Join(outside, "fifo"), filepath.Join(dir, "out-fifo"))
		directory := beneath(t, dir)
		watch, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
		if err != nil {
			t.Skip(err)
		}
		defer unix.Close(watch)
		for _, path := range []string{filepath.Join(dir, "fifo"), filepath.Join(outside, "fifo"), outside} {
			if _, err := unix.InotifyAddWatch(watch, path, unix.IN_OPEN|unix.IN_CLOSE); err != nil {
				t.Skip(err)
			}
		}
		buf := make([]byte, 4096)
		for _, name := range []string{"fifo", "to-fifo", "out/fifo", "out-fifo", filepath.Join(outside, "fifo")} {
			directory.Stat(name)
			if f, err := directory.Open(name, directory.Stat(name)); err == nil {
				f.Close()
				t.Errorf("%s was opened", name)
			}
			if n, _ := unix.Read(watch, buf); n > 0 {
				t.Errorf("%s: something was opened for an instant", name)
			}
		}
		// The watch does see an open.
		fd, err := unix.Open(filepath.Join(dir, "fifo"), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(fd)
		if n, _ := unix.Read(watch, buf); n <= 0 {
			t.Error("the watch saw nothing")
		}
	})
}

// TestBeneathMagic: a link below /proc stands for what a process has open,
// wherever that is, and says something else.
func TestBeneathMagic(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	file, err := os.Open(filetest.Write(t, filetest.Random(10)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	eachWay(t, func(t *testing.T) {
		directory := beneath(t, "/proc")
		for _, name := range []string{
			fmt.Sprintf("self/fd/%d", r.Fd()), fmt.Sprintf("self/fd/%d", file.Fd()),
			"self/exe", "self/root/etc/passwd", "self/cwd/beneath.go", "self/ns/net",
		} {
			f, err := directory.Open(name, directory.Stat(name))
			if err == nil {
				f.Close()
			}
			if err == nil || os.IsNotExist(err) {
				t.Errorf("%s: %v, want a refusal", name, err)
			}
		}
		if got, err := content(directory, "self/stat"); err != nil || !strings.HasPrefix(got, fmt.Sprint(os.Getpid(), " ")) {
			t.Errorf("self/stat: %.20q, %v", got, err) // an ordinary link
		}
	})
}

// TestBeneathWalk has random names lead through random links: by openat2(2) and
// by walking they lead to the same.
func TestBeneathWalk(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	rng := rand.New(rand.NewPCG(1, 2))
	ends := map[string]int{}
	for range 20 {
		dir := filepath.Join(t.TempDir(), "base")
		tangle(t, rng, dir)
		directory := beneath(t, dir)
		var names, want []string
		for range 300 {
			name := randomPath(rng, false)
			names = append(names, name)
			want = append(want, lookedUp(directory, name))
		}
		t.Run("walk", func(t *testing.T) {
			reader.WithoutOpenat2(t)
			for i, name := range names {
				got := lookedUp(directory, name)
				if got != want[i] {
					t.Errorf("%q: %s by walking, want %s", name, got, want[i])
				}
				if strings.HasPrefix(got, "inode") {
					got = "a file"
				}
				ends[got]++
			}
		})
	}
	for _, end := range []string{"a file", unix.EISDIR.Error(), unix.ENOENT.Error(), unix.ENOTDIR.Error(), unix.ELOOP.Error(), reader.ErrOutside.Error()} {
		if ends[end] < 10 {
			t.Errorf("only %d names ended with %q", ends[end], end)
		}
	}
}

// lookedUp tells what a name leads to.
func lookedUp(directory *reader.Dir, name string) string {
	info, err := directory.Look(name)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint("inode ", info.ID.Inode)
}

// tangle fills a directory with files, directories and links that lead anywhere.
func tangle(t *testing.T, rng *rand.Rand, dir string) {
	t.Helper()
	directories := []string{"", "a", "b", "a/a", "a/b", "a/a/c"}
	for _, parent := range directories {
		if err := os.MkdirAll(filepath.Join(dir, parent), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, parent := range directories {
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			path := filepath.Join(dir, parent, name)
			if exists(path) {
				continue
			}
			switch rng.IntN(4) {
			case 0:
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			case 1, 2:
				filetest.Symlink(t, randomPath(rng, true), path)
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// randomPath makes up a path: any if it is for a link, else one that is looked
// up.
func randomPath(rng *rand.Rand, link bool) string {
	parts := []string{"a", "b", "c", "d", "e", "a", "b", "a", "b", ".", ""}
	if link {
		parts = append(parts, "..", "..", "..")
	}
	var path []string
	for range 1 + rng.IntN(5) {
		path = append(path, parts[rng.IntN(len(parts))])
	}
	name := strings.Join(path, "/")
	if name == "" || strings.HasPrefix(name, "/") && rng.IntN(5) > 0 {
		name = "." + name
	}
	return name
}

// TestBeneathRace has somebody exchange what is below the directory, as fast as it
// goes, while it is opened: never is it the secret that is read, which a directory
// without the rule does read.
func TestBeneathRace(t *testing.T) {
	for _, race := range []struct {
		title string
		make  func(t *testing.T, dir, secret string) // d/f, and what is exchanged: x and y
		x, y  string
	}{
		{"file and link", func(t *testing.T, dir, secret string) {
			filetest.Symlink(t, filepath.Join(secret, "f"), filepath.Join(dir, "y"))
		}, "d/f", "y"},
		{"directory and link", func(t *testing.T, dir, secret string) {
			filetest.Symlink(t, secret, filepath.Join(dir, "y"))
		}, "d", "y"},
		{"link inside and link outside", func(t *testing.T, dir, secret string) {
			if err := os.Rename(filepath.Join(dir, "d"), filepath.Join(dir, "e")); err != nil {
				t.Fatal(err)
			}
			filetest.Symlink(t, "e/../e", filepath.Join(dir, "d"))
			filetest.Symlink(t, "e/../../secret", filepath.Join(dir, "y"))
		}, "d", "y"},
	} {
		t.Run(race.title, func(t *testing.T) {
			top := t.TempDir()
			dir, secret := filepath.Join(top, "base"), filepath.Join(top, "secret")
			for path, data := range map[string]string{filepath.Join(dir, "d"): "harmless", secret: "secret"} {
				if err := os.MkdirAll(path, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(path, "f"), []byte(data), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			race.make(t, dir, secret)
			filetest.ExchangeAlways(t, filepath.Join(dir, race.x), filepath.Join(dir, race.y))
			t.Run("no rule", func(t *testing.T) {
				anything := filetest.OpenDir(t, nil, dir, reader.Anything)
				count(t, anything, map[string]int{"secret": 1, "harmless": 1})
			})
			eachWay(t, func(t *testing.T) {
				seen := count(t, beneath(t, dir), map[string]int{"harmless": 1000, "": 1000})
				if seen["secret"] > 0 {
					t.Errorf("the secret was read: %v", seen)
				}
			})
		})
	}
}

// TestBeneathReplaced exchanges a regular file for another. Whichever it is, it is
// read; but without /proc it may be refused, as it isn't the one that was looked
// at.
func TestBeneathReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"d/f": "one", "other": "two"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	filetest.ExchangeAlways(t, filepath.Join(dir, "d", "f"), filepath.Join(dir, "other"))
	for _, way := range ways {
		t.Run(way.title, func(t *testing.T) {
			way.force(t)
			want := map[string]int{"one": 1000, "two": 1000}
			replaced := strings.Contains(way.title, "no proc")
			if replaced {
				want[""] = 1
			}
			if seen := count(t, beneath(t, dir), want); !replaced && seen[""] > 0 {
				t.Errorf("%d times it was refused", seen[""])
			}
		})
	}
}

// count reads d/f over and over, and counts what came; "" is a refusal. It goes
// on until all that is wanted came so often, or a while later at least once.
func count(t *testing.T, directory *reader.Dir, want map[string]int) map[string]int {
	t.Helper()
	seen := map[string]int{}
	came := func(often func(n int) int) bool {
		for what, n := range want {
			if seen[what] < often(n) {
				return false
			}
		}
		return true
	}
	all := func(n int) int { return n }
	once := func(n int) int { return min(n, 1) }
	for begun := time.Now(); !came(all); {
		switch waited := time.Since(begun); {
		case waited > 10*time.Second && came(once):
			t.Logf("%v came, want %v", seen, want)
			return seen
		case waited > 2*time.Minute:
			t.Skipf("only %v came, want %v: nothing is proved", seen, want)
		}
		for range 100 {
			got, err := content(directory, "d/f")
			if os.IsNotExist(err) {
				t.Fatalf("%v, and it was always there", err)
			}
			seen[got]++
		}
	}
	return seen
}

// TestBeneathFIFORace exchanges a file for a FIFO that nobody writes to. Nothing
// hangs, and with /proc no FIFO is ever opened.
func TestBeneathFIFORace(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "d", "f"), []byte("harmless"), 0o600); err != nil {
		t.Fatal(err)
	}
	fifo := filetest.MakeFIFO(t, filepath.Join(dir, "fifo"))
	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(watch)
	if _, err := unix.InotifyAddWatch(watch, fifo, unix.IN_OPEN); err != nil {
		t.Skip(err)
	}
	filetest.ExchangeAlways(t, filepath.Join(dir, "d", "f"), fifo)
	for _, way := range ways {
		t.Run(way.title, func(t *testing.T) {
			way.force(t)
			count(t, beneath(t, dir), map[string]int{"harmless": 1000, "": 1000})
			n, _ := unix.Read(watch, make([]byte, 4096))
			if opened := n > 0; opened && !strings.Contains(way.title, "no proc") {
				t.Error("the FIFO was opened")
			}
		})
	}
}

// TestBeneathLease waits, as any open does, until somebody who holds a lease has
// let go of it.
func TestBeneathLease(t *testing.T) {
	name := filetest.Write(t, filetest.Random(100))
	holder, err := unix.Open(name, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(holder)
	if _, err := unix.FcntlInt(uintptr(holder), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skip("F_SETLEASE: ", err)
	}
	letGo := make(chan error)
	go func() {
		for {
			lease, err := unix.FcntlInt(uintptr(holder), unix.F_GETLEASE, 0)
			if err == nil && lease != unix.F_WRLCK { // somebody wants to open the file
				_, err = unix.FcntlInt(uintptr(holder), unix.F_SETLEASE, unix.F_UNLCK)
				letGo <- err
				return
			}
			if err != nil {
				letGo <- err
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if got, err := content(beneath(t, filepath.Dir(name)), filepath.Base(name)); err != nil || got != string(filetest.Random(100)) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if err := <-letGo; err != nil {
		t.Error(err)
	}
}
