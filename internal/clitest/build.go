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

// keptBuilds is the number of binaries kept in the cache.
const keptBuilds = 4

// buildTool builds the binary under test at out. Test packages and later runs share a
// binary that was linked from the same sources in the same way; it is kept in the user's
// cache directory under a name that identifies both.
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
		return link(root, out) // can't be shared on this machine
	}
	defer cache.Close()
	shared := filepath.Join(cache.Name(), name)
	if !Exists(shared) {
		fresh := filepath.Join(cache.Name(), "unfinished")
		os.Remove(fresh) // left by a killed run
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

// link builds the binary with the go command: with scripts/build, which alone sets the
// entry point that detects closed descriptors, or with the race detector if the tests run
// under it.
func link(root, out string) error {
	script := filepath.Join(root, "scripts", "build")
	command := exec.Command(script, out)
	_, err := exec.LookPath("bash") // required by the script
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

// releaseBuild is the essential part of scripts/build, for machines without bash.
func releaseBuild() []string {
	if earlyEntry {
		return []string{"build", "-tags", "urfave_cli_no_docs,early_entry", "-ldflags", "-E main.preEntry -checklinkname=0"}
	}
	return []string{"build", "-tags", "urfave_cli_no_docs"}
}

// lockBuilds opens and locks the directory of binaries until it is closed. The directory
// must not be writable by others, since its files are executed.
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

// removeOldBuilds removes all but the most recently used binaries.
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

// linkOrCopy creates a hard link to a file, or a copy on another file system.
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

// buildName returns a name for the binary that link would build: a digest of everything
// that it depends on. It fails if that may include other modules.
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
		text, _ := os.ReadFile(filepath.Join(config, "go", "env")) // as set by go env -w
		fmt.Fprintf(sum, "%q\n", text)
	}
	version, _ := exec.Command(filepath.Join(root, "scripts", "build"), "--print-version").Output() // determined with git, perhaps
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
		relative, _ := filepath.Rel(root, path) // the binary doesn't depend on the path of the checkout
		content, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%q %d\n", relative, len(content))
		sum.Write(content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}
