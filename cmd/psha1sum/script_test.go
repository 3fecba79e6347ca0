//go:build unix

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/reader"
	"github.com/rogpeppe/go-internal/testscript"
)

// scriptBinary is the variable that tells the command of the scripts which
// binary it is.
const scriptBinary = "PSHA1SUM_SCRIPT_BINARY"

// scriptCommand is the command psha1sum of the scripts: the real binary, called
// by that name alone. Scripts would call it by its whole path, which then began
// every message.
func scriptCommand() {
	args := os.Args
	if io := os.Getenv(testIO); io != "" {
		args = slices.Insert(slices.Clone(args), 1, "--io="+io)
	}
	err := syscall.Exec(os.Getenv(scriptBinary), args, os.Environ())
	fmt.Fprintln(os.Stderr, err)
	os.Exit(127)
}

// TestScript runs the stories in testdata/script, which tell a reader what the
// command does.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv(scriptBinary, ours.path())
			if forcedIO(settings{}) != nil {
				env.Setenv(testIO, os.Getenv(testIO))
			}
			return nil
		},
		// [own]: options that GNU sha1sum doesn't have, for when that stands in.
		// [stamps]: --cache believes the times of temporary files.
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "own":
				return !ours.standIn, nil
			case "stamps":
				return believed(filepath.Dir(ours.dir))
			}
			return false, fmt.Errorf("no such condition: %s", cond)
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// believed reports whether --cache believes the times of files in a directory.
func believed(dir string) (bool, error) {
	name := filepath.Join(dir, "times")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		return false, err
	}
	f, err := reader.Open(name, reader.Stat(name))
	if err != nil {
		return false, err
	}
	defer f.Close()
	on, err := filestate.FileSystemOf(&f)
	return on.TrustedTimes, err
}
