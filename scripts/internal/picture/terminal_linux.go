package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a command may take.
const patience = 2 * time.Minute

// play runs the command in a pseudo-terminal, and shows what comes of it on the screen.
func (sc scene) play(s *screen, home string, environment []string) error {
	master, slave, err := openTerminal()
	if err != nil {
		return err
	}
	defer master.Close()
	command := exec.Command("/bin/sh", "-c", "exec "+sc.command)
	command.Dir, command.Env = home, environment
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = command.Start()
	slave.Close()
	if err != nil {
		return err
	}
	timer := time.AfterFunc(patience, func() { command.Process.Kill() })
	defer timer.Stop()
	buf := make([]byte, 4096)
	for err == nil {
		var n int
		n, err = master.Read(buf) // EIO: the last that had it open is gone
		s.show(string(buf[:n]))
		if sc.enough != nil && sc.enough.MatchString(s.line()) {
			command.Process.Kill()
			command.Wait()
			return nil
		}
	}
	err = command.Wait()
	var status *exec.ExitError
	if errors.As(err, &status) && status.ExitCode() == 1 {
		err = nil // it found something
	}
	if err == nil && sc.enough != nil {
		err = errors.New("it was over before the picture was taken")
	}
	return err
}

// openTerminal opens both ends of a new pseudo-terminal.
func openTerminal() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: columns})
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	return master, slave, nil
}
