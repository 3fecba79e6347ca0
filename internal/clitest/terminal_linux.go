package clitest

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Terminal opens a pseudo-terminal: the end that a person holds, and the name
// of the other.
func Terminal(t *testing.T) (person *os.File, name string) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		Lacks(t, "a pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		Lacks(t, "a pseudo-terminal: %v", err)
	}
	return person, fmt.Sprintf("/dev/pts/%d", number)
}

// SetColumns makes a terminal so wide.
func SetColumns(t *testing.T, person *os.File, columns int) {
	t.Helper()
	size := &unix.Winsize{Row: 24, Col: uint16(columns)}
	if err := unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
}

// EndOfFile is what ^D sends: what was typed goes to the reader, as the end of
// the file if that is nothing.
const EndOfFile = "\x04"
