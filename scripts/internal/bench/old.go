package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// oldName is the name of an earlier psha1sum in the report.
const oldName = "old"

// earlier is an earlier psha1sum to compare with.
type earlier struct {
	program string // absolute path
	origin  string // for the report
}

// as returns the earlier psha1sum with the options of ours.
func (e *earlier) as(ours tool) (installed, error) {
	old := ours.variant(oldName, nil)
	old.note = e.origin
	if built := goVersion(e.program); built != "" {
		old.note += ", built by " + built
	}
	return old.at(e.program)
}

// findEarlier returns the psha1sum for -old: the file of that name, or if there is
// none, what scripts/build builds from that commit of the repository at repo. A copy is
// kept in dir.
func findEarlier(name, repo, dir string, log io.Writer) (*earlier, error) {
	e := &earlier{program: filepath.Join(dir, "bin", oldName, ours.name), origin: name}
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		return e, copyProgram(name, e.program)
	}
	commit, err := findCommit(name, repo)
	if err != nil {
		return nil, err
	}
	if e.origin = "commit " + commit[:min(len(commit), 12)]; !strings.HasPrefix(commit, name) {
		e.origin = name + ", " + e.origin
	}
	fmt.Fprintf(log, "bench: building %s\n", e.origin)
	built := e.program + ".built"
	if err := os.MkdirAll(filepath.Dir(built), 0o777); err != nil {
		return nil, err
	}
	if err := buildCommit(commit, repo, dir, built); err != nil {
		return nil, fmt.Errorf("-old %s: %w", name, err)
	}
	return e, copyProgram(built, e.program)
}

// findCommit returns the full hash of the commit.
func findCommit(name, repo string) (string, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return "", fmt.Errorf("-old %s: no such file, and git is not installed to look for a commit", name)
	}
	out, err := exec.Command("git", "-C", repo, "rev-parse", "--verify", "--end-of-options", name+"^{commit}").Output()
	if err != nil {
		return "", fmt.Errorf("-old %s: no such file, and no such commit in %s: %w", name, repo, said(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// said returns err with what the command of exec.Cmd.Output wrote to standard error.
func said(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || len(exit.Stderr) == 0 {
		return err
	}
	return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
}

// buildCommit runs the commit's own scripts/build to build the program at path out, in
// a worktree below dir that is removed afterwards, even on an interrupt.
func buildCommit(commit, repo, dir, out string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parent, err := os.MkdirTemp(dir, "worktree-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(parent)) }()

	top := filepath.Join(parent, "psha1sum")
	// Also remove an incomplete worktree from git's list.
	defer func() {
		if _, failed := exec.Command("git", "-C", repo, "worktree", "remove", "--force", "--force", top).Output(); failed != nil && err == nil {
			err = said(failed)
		}
	}()
	if _, err := exec.CommandContext(ctx, "git", "-C", repo, "worktree", "add", "--quiet", "--detach", top, commit).Output(); err != nil {
		return fmt.Errorf("git worktree add: %w", stopped(ctx, err))
	}
	build := exec.CommandContext(ctx, filepath.Join(top, "scripts", "build"), out)
	if _, err := build.Output(); err != nil {
		return fmt.Errorf("its scripts/build: %w", stopped(ctx, err))
	}
	return nil
}

// stopped returns why a command failed: an interrupt, or its error message.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return said(err)
}

// pieceBytes is the size of the pieces in which a program is copied.
const pieceBytes = 64 << 10

// copyProgram copies a program as installing it would. The sizes in which a file is
// written determine the page sizes of the page cache, and so the program's start-up
// time and memory: after a linker it has small pages and starts a tenth slower, and
// after a single large write twice as much is mapped as after cp or install. All
// programs that are compared are therefore copied in pieces of cp's size.
func copyProgram(from, to string) error {
	program, err := os.Open(from)
	if err != nil {
		return err
	}
	defer program.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	// The old copy may be running.
	fresh := to + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o777)
	if err != nil {
		return err
	}
	// With files the kernel would copy, in pieces of its choice.
	_, err = io.CopyBuffer(struct{ io.Writer }{file}, struct{ io.Reader }{program}, make([]byte, pieceBytes))
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(fresh, to)
}
