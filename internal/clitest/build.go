//go:build unix

package clitest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// keptBuilds is how many binaries stay in the cache.
const keptBuilds = 4

// buildTool makes the binary under test at out. All packages of tests, and later runs of
// them, share one that was linked from the same sources in the same way: it lies in the
// user's cache directory under a name that says so.
func buildTool(out string) error {
	root, err := filepath.Abs(Root)
	if err != nil {
		return err
	}
	name, err := buildName(root)
	if err != nil {
		return err
	}
	cache, err := lockBuilds()
	if err != nil || name == "" {
		return link(root, out) // nothing can be shared here
	}
	defer cache.Close()
	shared := filepath.Join(cache.Name(), name)
	if !Exists(shared) {
		fresh := filepath.Join(cache.Name(), "unfinished")
		os.Remove(fresh) // of a run that was killed
		if err := link(root, fresh); err != nil {
			return err
		}
		if err := os.Rename(fresh, shared); err != nil {
			return err
		}
	}
	now := time.Now()
	os.Chtimes(shared, now, now)
	removeOldBuilds(cache.Name())
	return linkOrCopy(shared, out)
}

// link has the go command make the binary: as releases are made, since only
// scripts/build knows the entry point that sees closed descriptors, or with the
// race detector where the tests themselves run under it.
func link(root, out string) error {
	script := filepath.Join(root, "scripts", "build")
	command := exec.Command(script, out)
	_, err := exec.LookPath("bash") // which the script asks for
	switch {
	case RaceEnabled:
		command = exec.Command("go", "build", "-race", "-o", out, "./cmd/psha1sum")
	case err != nil || !Exists(script):
		command = exec.Command("go", append(releaseBuild(), "-o", out, "./cmd/psha1sum")...)
	}
	command.Dir = root
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", command.Args, err, text)
	}
	return nil
}

// releaseBuild is the essence of scripts/build, for machines without bash.
func releaseBuild() []string {
	if earlyEntry {
		return []string{"build", "-tags", "urfave_cli_no_docs,early_entry", "-ldflags", "-E main.preEntry -checklinkname=0"}
	}
	return []string{"build", "-tags", "urfave_cli_no_docs"}
}

// lockBuilds opens the directory of binaries, for nobody else until it is closed. It
// must be ours alone: what is in it is run.
func lockBuilds() (dir *os.File, err error) {
	parent, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(parent, "psha1sum-test")
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	dir, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	info, err := dir.Stat()
	if err == nil && (info.Mode().Perm()&0o077 != 0 || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid()) {
		err = fmt.Errorf("%s is not this user's alone", path)
	}
	for err == nil {
		err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX)
		if err == nil {
			return dir, nil
		}
		if err == syscall.EINTR {
			err = nil
		}
	}
	dir.Close()
	return nil, err
}

// removeOldBuilds leaves those that were used last.
func removeOldBuilds(dir string) {
	entries, _ := os.ReadDir(dir)
	var builds []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			builds = append(builds, info)
		}
	}
	slices.SortFunc(builds, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, b := range builds[min(len(builds), keptBuilds):] {
		os.Remove(filepath.Join(dir, b.Name()))
	}
}

// linkOrCopy gives a file a second name, or makes a copy of it on another file system.
func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// buildName returns a name for what link makes now: a digest of all that it is made
// from. There is none where other modules may belong to that as well.
func buildName(root string) (string, error) {
	if text, err := exec.Command("go", "env", "GOWORK").Output(); err != nil || strings.TrimSpace(string(text)) != "" {
		return "", nil
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s %s %v\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, RaceEnabled)
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO") || name == "CC" || name == "PSHA1SUM_VERSION" {
			fmt.Fprintf(sum, "%q\n", variable)
		}
	}
	if config, err := os.UserConfigDir(); err == nil {
		text, _ := os.ReadFile(filepath.Join(config, "go", "env")) // what go env -w has set
		fmt.Fprintf(sum, "%q\n", text)
	}
	version, _ := exec.Command(filepath.Join(root, "scripts", "build"), "--print-version").Output() // by git, perhaps
	fmt.Fprintf(sum, "%q\n", version)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		hidden := strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata"
		switch {
		case entry.IsDir() && hidden && path != root:
			return filepath.SkipDir
		case !entry.Type().IsRegular() || hidden || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		relative, _ := filepath.Rel(root, path) // where the checkout lies is not in the binary
		content, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%q %d\n", relative, len(content))
		sum.Write(content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}
