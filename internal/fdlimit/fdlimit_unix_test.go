//go:build unix

package fdlimit

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"golang.org/x/sys/unix"
)

// TestRetry checks that an open that finds no descriptor waits for a counted file to be
// closed, and only as long as there is one.
func TestRetry(t *testing.T) {
	other := errors.New("another error")
	for _, test := range []struct {
		title string
		open  int // files, which are closed one after the other
		fails int // number of failures for lack of a descriptor
		then  error
		want  error
	}{
		{"at once", 0, 0, nil, nil},
		{"another error", 3, 0, other, other},
		{"nobody to wait for", 0, 10, nil, unix.EMFILE},
		{"the next descriptor", 3, 2, nil, nil},
		{"the last descriptor", 3, 4, nil, nil},
		{"all closed in vain", 3, 10, nil, unix.EMFILE},
		{"another error in the end", 3, 2, other, other},
	} {
		t.Run(test.title, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b Budget
				for range test.open {
					b.Acquire()
				}
				calls, ended := 0, make(chan error, 1)
				go func() {
					ended <- b.Retry(func() error {
						if calls++; calls <= test.fails {
							return fmt.Errorf("open: %w", unix.EMFILE)
						}
						return test.then
					})
				}()
				closed := 0
				for synctest.Wait(); len(ended) == 0; synctest.Wait() {
					if closed == test.open {
						t.Fatal("it waits for nobody")
					}
					if calls != closed+2 {
						t.Errorf("%d calls when %d of %d files were closed", calls, closed, test.open)
					}
					closed++
					b.Release()
				}
				err := <-ended
				if !errors.Is(err, test.want) {
					t.Errorf("Retry = %v, want %v", err, test.want)
				}
				if err == nil {
					b.Release()
				}
				if held := b.Held(); held != test.open-closed {
					t.Errorf("%d files are held, want %d", held, test.open-closed)
				}
			})
		})
	}
}

// TestNumbers checks that a moved descriptor refers to the same file and has a number
// within the kernel's initial table.
func TestNumbers(t *testing.T) {
	fd, err := unix.Open("/", openRoot, 0)
	if err != nil {
		t.Fatal(err)
	}
	away, err := MoveAway(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(away)
	if away < Away {
		t.Errorf("the number is %d, want %d or more", away, Away)
	}
	if flags, err := unix.FcntlInt(uintptr(away), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("flags %#x, %v, want FD_CLOEXEC", flags, err)
	}
	const rings = 16 // of a run
	if last := Away + rings - 1; last >= 64 {
		t.Errorf("the last ring's number is %d: the table has to grow for it", last)
	}
}

// TestRoom checks that Room succeeds for the available number of descriptors and no more.
func TestRoom(t *testing.T) {
	if err := Room(3); err != nil {
		t.Errorf("three: %v", err)
	}
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	few := before
	few.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
	if err := Room(1); !Exhausted(err) {
		t.Errorf("none is left: %v", err)
	}
	if b := new(Budget); !b.Low() {
		t.Error("none is left, and that is not few")
	}
}
