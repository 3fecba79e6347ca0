package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cost is the cost of one run of a command.
type cost struct {
	wall       time.Duration // from start to exit of the process
	cpu        time.Duration // user and system time, all threads
	blocksRead int64         // from disk
}

// blockSize is the size in bytes of the kernel's accounting blocks.
const blockSize = 512

// errorBytes is how much standard error of a failed command is shown.
const errorBytes = 500

// execute runs the command in directory dir with standard output to the file at path
// output, which stays empty if the output is discarded. If the exit status isn't 0, the
// error ends with the command's error message.
func execute(c command, dir, output string) (cost, error) {
	stdout, err := os.Create(output)
	if err != nil {
		return cost{}, err
	}
	defer stdout.Close()
	stderr, err := os.Create(output + ".stderr")
	if err != nil {
		return cost{}, err
	}
	defer stderr.Close()

	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), c.env...)
	// With files, os/exec needs no copying goroutines.
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if c.quiet {
		cmd.Stdout = nil // null device
	}
	if c.stdin != "" {
		stdin, err := os.Open(c.stdin)
		if err != nil {
			return cost{}, err
		}
		defer stdin.Close()
		cmd.Stdin = stdin
	}

	start := time.Now()
	err = cmd.Run()
	wall := time.Since(start)
	if err != nil {
		said, _ := os.ReadFile(stderr.Name())
		return cost{}, fmt.Errorf("%s: %w: %s", filepath.Base(c.args[0]), err,
			strings.TrimSpace(string(said[:min(len(said), errorBytes)])))
	}
	return cost{
		wall:       wall,
		cpu:        cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		blocksRead: blocksRead(cmd.ProcessState),
	}, nil
}

// peakMemory runs the command like execute and returns the peak resident memory of its
// largest process in KiB, measured by GNU time at path gnuTime. It can't be measured
// from this process: the child of a Go program starts with its parent's peak (ru_maxrss
// survives vfork and exec).
func peakMemory(gnuTime string, c command, dir, output string) (int64, error) {
	report := output + ".time"
	c.args = append([]string{gnuTime, "-f", "%M", "-o", report}, c.args...)
	if _, err := execute(c, dir, output); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// findGNUTime returns the path of GNU time, which is neither the shell's keyword nor
// BSD's program.
func findGNUTime() (string, error) {
	for _, name := range []string{"gtime", "time"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if out, err := exec.Command(program, "--version").CombinedOutput(); err == nil && strings.Contains(string(out), "GNU") {
			return program, nil
		}
	}
	return "", errors.New("GNU time is not installed")
}
