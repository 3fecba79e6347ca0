//go:build unix

package tree

import (
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/reader"
)

// A gauge inspects a walk whenever a directory has been read.
type gauge struct {
	t *testing.T
	*Walker
	once                      sync.Once
	listing, waiting, entries int // maxima seen
}

// look compares the counters that the limits use with the actual numbers.
func (g *gauge) look() {
	a := g.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	g.listing, g.waiting, g.entries = max(g.listing, a.listing), max(g.waiting, a.waiting), max(g.entries, a.entries)
	var being, waiting, entries int
	top := a.current
	for top.parent != nil {
		top = top.parent
	}
	g.count(top, &being, &waiting, &entries)
	// What the walk is about to take is still counted, but not in known any more.
	if being > a.listing || waiting > a.waiting || entries > a.entries {
		g.once.Do(func() {
			g.t.Errorf("%d are being listed, %d wait with %d entries, but %d, %d, %d are counted",
				being, waiting, entries, a.listing, a.waiting, a.entries)
		})
	}
	if a.listing > maxListing || a.listing+a.waiting > maxWaiting || a.entries+a.listing*maxEach > maxAhead {
		g.once.Do(func() { g.t.Errorf("%d are being listed, %d wait, with %d entries", a.listing, a.waiting, a.entries) })
	}
}

// count adds up what has been listed ahead below a directory.
func (g *gauge) count(d *directory, being, waiting, entries *int) {
	for _, child := range d.known {
		switch child.state {
		case unlisted:
		case listing:
			*being++
		default:
			*waiting++
			*entries += len(child.entries)
		}
		g.count(child, being, waiting, entries)
	}
}

// run walks, and after the first entry waits until nothing more is listed ahead.
func (g *gauge) run(dir string) (found int) {
	g.t.Helper()
	root, err := reader.OpenDir(nil, dir, reader.Anything)
	if err != nil {
		g.t.Fatal(err)
	}
	defer root.Close()
	g.Walker = New("top", root, Options{Follow: true, Closed: func() { g.look() }})
	defer g.Close()
	for {
		e, err := g.Next()
		if err == io.EOF {
			break
		}
		if found++; found == 1 {
			g.rest()
		}
		if e.Err == nil && found%1000 == 0 {
			g.look()
		}
	}
	g.look()
	if a := g.ahead; a.listing+a.waiting+a.entries != 0 {
		g.t.Errorf("at the end %d are being listed and %d wait, with %d entries", a.listing, a.waiting, a.entries)
	}
	return found
}

// rest waits until the walk lists nothing more ahead.
func (g *gauge) rest() {
	g.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); ; {
		g.look()
		g.ahead.mu.Lock()
		busy := g.ahead.listing
		g.ahead.mu.Unlock()
		if busy == 0 {
			return
		}
		if time.Now().After(deadline) {
			g.t.Fatalf("%d directories are being listed, and that doesn't end", busy)
		}
		time.Sleep(time.Millisecond)
	}
}

func fill(t *testing.T, dir string, files int) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	first := dir + "/0"
	for i := range files {
		path := fmt.Sprintf("%s/%d", dir, i)
		if os.Link(first, path) == nil {
			continue // creating a file takes much longer
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
}

// TestManyAhead: small directories are listed ahead up to the maximum number.
func TestManyAhead(t *testing.T) {
	dir := t.TempDir()
	for i := range 2 * maxWaiting {
		fill(t, fmt.Sprintf("%s/%d", dir, i), 1)
	}
	g := gauge{t: t}
	if n := g.run(dir); n != 2*maxWaiting {
		t.Errorf("%d files", n)
	}
	if g.waiting != maxWaiting {
		t.Errorf("at most %d directories were ahead, of %d that may", g.waiting, maxWaiting)
	}
}

// TestMuchAhead: large directories are listed ahead up to the maximum number of
// entries, and one that is too large itself only when the walk reaches it. All are
// links to one directory.
func TestMuchAhead(t *testing.T) {
	large, tooLarge, dir := t.TempDir()+"/d", t.TempDir()+"/d", t.TempDir()
	const links, files = 40, maxEach - 100
	fill(t, large, files)
	fill(t, tooLarge, maxEach+3000)
	fill(t, dir+"/0", 1)
	for i := range links {
		to := large
		if i%10 == 0 {
			to = tooLarge
		}
		if err := os.Symlink(to, fmt.Sprintf("%s/%02d", dir, i)); err != nil {
			t.Fatal(err)
		}
	}
	g := gauge{t: t}
	if n, want := g.run(dir), 1+links*files+links/10*(maxEach+3000-files); n != want {
		t.Errorf("%d files, want %d", n, want)
	}
	if g.entries < maxAhead-maxEach-files || g.entries > maxAhead {
		t.Errorf("at most %d entries were ahead, of %d that may", g.entries, maxAhead)
	}
}

// TestNotAhead: directories that can't be listed ahead count as well, or all of them
// would be tried at once.
func TestNotAhead(t *testing.T) {
	dir := t.TempDir()
	const links = 3 * maxWaiting
	if err := os.WriteFile(dir+"/0", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range links {
		if err := os.Symlink(".", fmt.Sprintf("%s/l%d", dir, i)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := reader.OpenDir(nil, dir, reader.Anything)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	g := gauge{t: t, Walker: New("top", root, Options{Follow: true})}
	defer g.Close()
	if e, err := g.Next(); err != nil || e.Path != "top/0" {
		t.Fatalf("%q, %v", e.Path, err)
	}
	g.rest()
	if g.ahead.waiting != maxWaiting {
		t.Errorf("%d wait, want %d", g.ahead.waiting, maxWaiting)
	}
	for range links {
		if e, err := g.Next(); e.Err != ErrLoop || err != nil {
			t.Fatalf("%q: %v, %v", e.Path, e.Err, err)
		}
		g.look()
	}
	if _, err := g.Next(); err != io.EOF {
		t.Errorf("then %v", err)
	}
}
