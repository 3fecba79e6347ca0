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

// oldName is what an earlier psha1sum is called in the report.
const oldName = "old"

// earlier is a psha1sum of before a change, to be measured beside the one of after it.
type earlier struct {
	program string // absolute path
	origin  string // for the report
}

// as returns the earlier psha1sum told to do what ours is told.
func (e *earlier) as(ours tool) (installed, error) {
	old := ours.variant(oldName, nil)
	old.note = e.origin
	if built := goVersion(e.program); built != "" {
		old.note += ", built by " + built
	}
	return old.at(e.program)
}

// findEarlier returns the psha1sum that -old asks for: the file of that name, and if
// there is none what scripts/build makes of that commit of the repository at repo. A
// copy of it is kept below dir.
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

// findCommit returns the full name of the commit.
func findCommit(name, repo string) (string, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return "", fmt.Errorf("-old %s: there is no such file, and no git to ask for a commit of that name", name)
	}
	out, err := exec.Command("git", "-C", repo, "rev-parse", "--verify", "--end-of-options", name+"^{commit}").Output()
	if err != nil {
		return "", fmt.Errorf("-old %s: there is no such file, and git knows no such commit in %s: %w", name, repo, said(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// said returns err with what the command of exec.Cmd.Output printed on standard error.
func said(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || len(exit.Stderr) == 0 {
		return err
	}
	return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
}

// buildCommit has the commit's own scripts/build make the program at path out, in a
// worktree below dir that it removes again, also if it is interrupted.
func buildCommit(commit, repo, dir, out string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parent, err := os.MkdirTemp(dir, "worktree-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(parent)) }()

	top := filepath.Join(parent, "psha1sum")
	// Whatever there is of it by then, git forgets it.
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

// stopped returns why a command failed: because somebody interrupted it, or what it
// said.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return said(err)
}

// pieceBytes is the size of the pieces in which a program is copied.
const pieceBytes = 64 << 10

// copyProgram makes a copy of a program as if it were installed. In what pieces a file
// is written decides in what pages the page cache holds it, and so how long it takes
// to start and how much memory it has: what a linker writes lies in small pages and
// takes a tenth longer, and of a file written at once twice as much is mapped as of one
// that cp or install wrote. So programs that are compared are all copied, in the same
// pieces, which are those of cp.
func copyProgram(from, to string) error {
	program, err := os.Open(from)
	if err != nil {
		return err
	}
	defer program.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	// Not over a program that may be running.
	fresh := to + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o777)
	if err != nil {
		return err
	}
	// As files they would be copied by the kernel, in pieces of its choice.
	_, err = io.CopyBuffer(struct{ io.Writer }{file}, struct{ io.Reader }{program}, make([]byte, pieceBytes))
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(fresh, to)
}
