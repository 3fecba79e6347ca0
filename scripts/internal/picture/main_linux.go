// Command picture draws README's picture of a terminal, as SVG: what psha1sum shows
// when commands are typed at a real one.
//
//	picture -psha1sum FILE >doc/terminal.svg
//
// It runs the commands of scenes.go in a pseudo-terminal, each in a new directory with
// files of its own, and draws what is on the screen after the last one, in the middle of
// which it looks. Digests, names and times of files are the same in each run, and so is the
// layout; how far that command has come by then is not.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	program := flag.String("psha1sum", "", "the `file` to run")
	flag.Parse()
	if err := draw(*program); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// draw prints the picture.
func draw(program string) error {
	dir, err := os.MkdirTemp("/dev/shm", "psha1sum-picture-")
	if err != nil {
		dir, err = os.MkdirTemp("", "psha1sum-picture-")
	}
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin, home := filepath.Join(dir, "bin"), filepath.Join(dir, "home")
	if program, err = filepath.Abs(program); err != nil {
		return err
	}
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	if err := os.Symlink(program, filepath.Join(bin, "psha1sum")); err != nil {
		return err
	}
	if err := makeFiles(home); err != nil {
		return err
	}
	s := &screen{columns: columns}
	environment := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "TERM=xterm", "LC_ALL=C.UTF-8", "HOME=" + home}
	for _, scene := range scenes {
		if scene.prepare != nil {
			if err := scene.prepare(home); err != nil {
				return err
			}
		}
		s.show(prompt + scene.command + "\n\r")
		if err := scene.play(s, home, environment); err != nil {
			return fmt.Errorf("%s: %w", scene.command, err)
		}
	}
	return writeSVG(os.Stdout, columns, s.lines())
}
