package reader_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/fusetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// TestRingWait: Wait comes back while files are under way whose opens take their
// time, has told of all others, and tells of these when they are over. Other
// files are read meanwhile, under indexes that are no file's that is under way.
func TestRingWait(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	const slots, held, of = 16, 6, 1000
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := newRing(t, slots)
	if r == nil {
		return
	}
	newRing(t, 1) // on the same thread, whose requests may sleep nevertheless
	release := make(chan struct{})
	letGo := sync.OnceFunc(func() { close(release) })
	// A Wait that doesn't come back would never fail.
	watchdog := time.AfterFunc(time.Minute, func() {
		t.Error("Wait doesn't come back")
		letGo()
	})
	defer watchdog.Stop()
	hold := func(*fusetest.Request) syscall.Errno { <-release; return 0 }
	files := map[string]*fusetest.File{}
	slow, writers := make([]*order, held), make([]*os.File, held)
	dir := t.TempDir()
	for i := range slow {
		slow[i] = newOrder()
		slow[i].name, slow[i].info = filepath.Join(dir, fmt.Sprint(i)), sized(of+i)
		f := &fusetest.File{Content: filetest.Random(of + i)}
		switch i % 3 {
		case 0:
			f.OnOpen = hold
		case 1: // of FUSE's own a ring may wait in Enter itself, and nobody can end it
			slow[i].name = filetest.NewFIFO(t)
			w, err := os.OpenFile(slow[i].name, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			writers[i] = w
			continue
		case 2:
			f.OnOpen = func(r *fusetest.Request) syscall.Errno { hold(r); return unix.EACCES }
		}
		files[fmt.Sprint(i)] = f
	}
	fusetest.Mount(t, dir, files)
	t.Cleanup(letGo) // before the server is closed
	for _, o := range slow {
		o.begin(r, o.name, o.info)
	}
	const punted = "/proc/self/comm" // its open is always left to a thread of the kernel's
	comm, err := os.ReadFile(punted)
	if err != nil {
		t.Fatal(err)
	}
	beside := newOrder()
	beside.begin(r, punted, sized(len(comm)))
	waitFor(t, r, beside)
	if what, data, err := beside.rest(t); err != nil || !bytes.Equal(data, comm) {
		t.Errorf("%s: %s, %q, %v", punted, what, data, err)
	}
	names := []string{filetest.Write(t, filetest.Random(of)), filetest.Write(t, filetest.Random(of+1)), filetest.Write(t, filetest.Random(of+2)), "/missing/file"}
	for round := range 50 {
		if round == 1 {
			if left := r.Wait(0); left != held {
				t.Errorf("%d files are under way, want %d", left, held)
			}
		}
		quick := make([]*order, r.Room())
		if len(quick) != slots-held {
			t.Fatalf("there is room for %d files, want %d", len(quick), slots-held)
		}
		for i := range quick {
			quick[i] = newOrder()
			quick[i].begin(r, names[(i+round)%4], sized(of+(i+round)%4))
		}
		waitFor(t, r, quick...)
		for i, o := range quick {
			switch what, data, err := o.rest(t); (i + round) % 4 {
			case 3:
				if what != "refused" || err != unix.ENOENT {
					t.Errorf("missing: %s, %v", what, err)
				}
			default:
				if what != "whole" || err != nil || !bytes.Equal(data, filetest.Random(of+(i+round)%4)) {
					t.Errorf("%s, %d bytes, %v", what, len(data), err)
				}
			}
		}
		for i, o := range slow {
			if o.file.State != reader.RingUnderWay {
				t.Fatalf("held file %d: state %d", i, o.file.State)
			}
		}
	}
	letGo()
	for i, w := range writers {
		if w != nil {
			w.Write(filetest.Random(of + i))
		}
	}
	waitForAll(t, r)
	if room := r.Room(); room != slots {
		t.Errorf("there is room for %d files, want %d", room, slots)
	}
	for i, o := range slow {
		what, data, err := o.rest(t)
		if i%3 == 2 {
			if what != "refused" || err != unix.EACCES {
				t.Errorf("held file %d: %s, %v", i, what, err)
			}
		} else if err != nil || !bytes.Equal(data, filetest.Random(of+i)) {
			t.Errorf("held file %d: %s, %d bytes, %v", i, what, len(data), err)
		}
	}
	noFileLeft(t)
}

// TestRingWaves reads waves of files with the same RingFiles and buffers: fewer than
// there is room for, none, as many, whatever became of those before.
func TestRingWaves(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	const slots = 8
	r := newRing(t, slots)
	if r == nil {
		return
	}
	if left := r.Wait(time.Minute); left != 0 || r.Room() != slots {
		t.Errorf("a new ring has %d files under way, and room for %d", left, r.Room())
	}
	var names []string
	for i := range 20 {
		names = append(names, filetest.Write(t, filetest.Random(100+i)))
	}
	orders := make([]*order, slots)
	for i := range orders {
		orders[i] = newOrder()
	}
	for wave := range 100 {
		n := wave * 3 % (slots + 1)
		for i, o := range orders[:n] {
			which := (wave*5 + i) % len(names)
			name, size := names[which], 100+which
			switch (wave + i) % 4 {
			case 1:
				size-- // so that it is handed over
			case 2:
				name += ".missing"
			}
			o.begin(r, name, sized(size))
			if room := r.Room(); room != slots-i-1 {
				t.Errorf("there is room for %d files beside %d", room, i+1)
			}
			if o.file.State != reader.RingUnderWay {
				t.Errorf("state %d before Wait", o.file.State)
			}
		}
		if left := r.Wait(0); left > n {
			t.Errorf("%d of %d files are under way", left, n)
		}
		waitForAll(t, r)
		if room := r.Room(); room != slots {
			t.Errorf("there is room for %d files, want %d", room, slots)
		}
		for i, o := range orders[:n] {
			what, data, err := o.rest(t)
			switch (wave + i) % 4 {
			case 1:
				if what != "partly" {
					t.Errorf("a file that grew: %s", what)
				}
			case 2:
				if what != "refused" || err != unix.ENOENT {
					t.Errorf("missing: %s, %v", what, err)
				}
				continue
			default:
				if what != "whole" {
					t.Errorf("a file as it was: %s", what)
				}
			}
			if which := (wave*5 + i) % len(names); err != nil || !bytes.Equal(data, filetest.Random(100+which)) {
				t.Errorf("%s: %s, %d bytes, %v", o.name, what, len(data), err)
			}
		}
	}
}

// TestRingCloses: when nothing is under way any more nobody has a file open that was
// read whole, and of a file that was handed over its owner alone.
func TestRingCloses(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 8)
	if r == nil {
		return
	}
	name := filetest.Write(t, filetest.Random(500))
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := alone(f); err != nil {
		t.Skip("no leases here:", err)
	}
	second, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := alone(f); err != unix.EAGAIN {
		t.Skip("a lease doesn't tell who has a file open:", err)
	}
	second.Close()
	orders := make([]*order, 8)
	for round := range 30 {
		handed := round % 3 // of them
		for i := range orders {
			orders[i] = newOrder()
			orders[i].begin(r, name, sized(map[bool]int{true: 499, false: 500}[i < handed]))
		}
		waitForAll(t, r)
		noFileLeft(t)
		if handed > 0 {
			if err := alone(f); err != unix.EAGAIN {
				t.Errorf("%d files were handed over, and nobody has any: %v", handed, err)
			}
		}
		for i, o := range orders {
			if what, data, err := o.rest(t); (what == "partly") != (i < handed) || err != nil || len(data) != 500 {
				t.Errorf("%s, %d bytes, %v", what, len(data), err)
			}
		}
		// A thread of the kernel that opened a file lets go of it when it comes to it.
		for deadline := time.Now().Add(time.Minute); ; runtime.Gosched() {
			if err = alone(f); err == nil {
				break
			}
			if err != unix.EAGAIN || time.Now().After(deadline) {
				t.Fatalf("somebody has a file open: %v", err)
			}
		}
	}
}

// alone returns an error if anybody else has the file open: EAGAIN.
func alone(f *os.File) error {
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		return err
	}
	_, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK)
	return err
}

// TestRingLease: a file on which somebody has a lease is refused, and not waited for.
func TestRingLease(t *testing.T) {
	filetest.NoDescriptorLeft(t)
	r := newRing(t, 2)
	if r == nil {
		return
	}
	name := filetest.Write(t, filetest.Random(500))
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skip("no leases here:", err)
	}
	o, beside := newOrder(), newOrder()
	o.begin(r, name, sized(500))
	beside.begin(r, filetest.Write(t, filetest.Random(400)), sized(400))
	waitForAll(t, r)
	if o.file.State != reader.RingRefused {
		t.Errorf("state %d, want %d", o.file.State, reader.RingRefused)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK); err != nil {
		t.Fatal(err)
	}
	for _, o := range []*order{o, beside} {
		if what, data, err := o.rest(t); err != nil || len(data) != o.size() {
			t.Errorf("%s, %d bytes, %v", what, len(data), err)
		}
	}
}

func (o *order) size() int { return int(o.info.Size) }
