//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/psha1sum/psha1sum/internal/fusetest"
)

// attackFUSE hashes files on a file system that bypasses the page cache, returns short
// reads, is slow, or reports wrong sizes.
func attackFUSE(t *trial) {
	files := make(map[string]*fusetest.File)
	kind := pick(t.Rand, "cached", "direct", "pieces", "sizes", "mixed")
	late := t.chance(25)
	count, most := 10+t.IntN(200), 1<<20
	if late { // they must not take more than a second in sequence
		count, most = 10+t.IntN(30), 100_000
	}
	for i := range count {
		f := strangeFile(t.Rand, kind, most)
		if late && t.chance(20) {
			f.OnRead = lateBy(t.Rand, 2*time.Millisecond)
		}
		files[fmt.Sprintf("%s%03d", pick(t.Rand, "", "d/", "d/deep/"), i)] = f
	}
	options := fusetest.Options{
		AsyncRead: t.chance(50), AsyncDirectIO: t.chance(50), UnknownTypes: t.chance(30), MaxRead: pick(t.Rand, 0, 0, 4096, 65536),
	}
	if p := t.mountPool(options, files); p != nil {
		t.count("FUSE mounts ("+kind+")", 1)
		t.hashPool(p, 8)
	}
}

// strangeFile returns a file of a kind, with at most most bytes.
func strangeFile(r *rand.Rand, kind string, most int) *fusetest.File {
	if kind == "mixed" {
		kind = pick(r, "cached", "direct", "pieces", "sizes")
	}
	f := &fusetest.File{Content: randomBytes(r, min(randomSize(r), most))}
	switch kind {
	case "direct":
		f.Flags = fusetest.DirectIO
	case "pieces":
		f.Flags, f.Piece = fusetest.DirectIO, pick(r, 512, 4096, 1+r.IntN(200_000))
		f.Piece = max(f.Piece, len(f.Content)/50)
	case "sizes":
		size := int64(pick(r, 0, 1, 4096, 131072, r.IntN(len(f.Content)+1), 2*len(f.Content)))
		f.Flags, f.Size, f.Piece = fusetest.DirectIO, &size, pick(r, 0, 0, 4096, 65536)
	}
	return f
}

// lateBy returns a hook that delays answers by up to most.
func lateBy(r *rand.Rand, most time.Duration) func(*fusetest.Request) syscall.Errno {
	seed := r.Uint64()
	return func(request *fusetest.Request) syscall.Errno {
		r := rand.New(rand.NewPCG(seed, uint64(request.Offset)))
		time.Sleep(time.Duration(r.Int64N(int64(most))))
		return 0
	}
}

// mountPool serves files until the trial ends. GNU computes the digests of plain files
// with the same contents. It returns nil, with a note, if FUSE is not available.
func (t *trial) mountPool(options fusetest.Options, files map[string]*fusetest.File) *pool {
	at, plain := filepath.Join(t.dir, "mount"), filepath.Join(t.dir, "plain")
	if os.Getenv(inOwnMounts) == "" {
		t.note("nothing was tried on FUSE: %v", errNoMounts)
		return nil
	}
	if err := os.Mkdir(at, 0o755); err != nil {
		t.note("%v", err)
		return nil
	}
	server, err := options.Start(at, files)
	if err != nil {
		t.note("nothing was tried on FUSE: %v", err)
		return nil
	}
	t.cleanup(func() { server.Close() })
	p := &pool{dir: plain}
	for name, f := range files {
		path := filepath.Join(plain, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, f.Content, 0o644); err != nil {
			t.note("%v", err)
			return nil
		}
		p.names = append(p.names, name)
	}
	slices.Sort(p.names)
	p.below = p.names
	if err := p.hash(t); err != nil {
		t.note("%v", err)
		return nil
	}
	p.dir, p.served = at, true
	if !t.gnuAgrees(p) {
		return nil
	}
	return p
}

// gnuAgrees reports whether GNU reads what is served. Otherwise the fault is in the
// server or the kernel.
func (t *trial) gnuAgrees(p *pool) bool {
	args := []string{"--"}
	for _, name := range p.names {
		args = append(args, filepath.Join(p.dir, name))
	}
	out := t.gnu("sha1sum", t.dir, args...)
	if strings.ReplaceAll(out.stdout, p.dir+"/", "") != p.plainLines(algorithms[0], p.names, "  ", "\n") {
		t.note("GNU reads other data than FUSE serves: trial %d", t.number)
		return false
	}
	return true
}

// attackFewThreads hashes slow files with a limit on threads, of which each blocked
// reader needs one.
func attackFewThreads(t *trial) {
	files := make(map[string]*fusetest.File)
	for i := range 60 + t.IntN(100) {
		files[fmt.Sprintf("%03d", i)] = &fusetest.File{
			Content: randomBytes(t.Rand, t.IntN(300_000)), OnRead: lateBy(t.Rand, 8*time.Millisecond),
		}
	}
	p := t.mountPool(fusetest.Options{}, files)
	if p == nil {
		return
	}
	for range 6 {
		if t.over() {
			return
		}
		limit := pick(t.Rand, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 60, 100, 140)
		cgroup, err := t.pidsCgroup(limit)
		if err != nil {
			t.note("no control groups to limit threads: %v", err)
			return
		}
		t.count("runs with few threads", 1)
		c := command{dir: t.dir, denied: denied{Cgroup: cgroup}, args: []string{"-C", p.dir, "--drop-cache", "-j", fmt.Sprint(pick(t.Rand, 1, 2, 4, 8, 16))}}
		if t.chance(30) {
			c.args = append(c.args, "--io=read")
		}
		way := pick[mode](t.Rand, modePlain, modePlain, modeTree, modeOutput, modeCheck)
		way(t, p, c, algorithms[0])
		os.Remove(cgroup)
	}
}
