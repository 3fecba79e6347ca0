//go:build unix

// Package script_test runs the stories in testdata/script, which tell a reader what the
// command does: each proves that this is what it does.
package script_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(clitest.Suite{M: m}, map[string]func(){"psha1sum": scriptCommand})
}

// scriptBinary is the variable that tells the command of the scripts which
// binary it is.
const scriptBinary = "PSHA1SUM_SCRIPT_BINARY"

// scriptCommand is the command psha1sum of the scripts: the real binary, called
// by that name alone. Scripts would call it by its whole path, which then began
// every message.
func scriptCommand() {
	args := os.Args
	if io := os.Getenv(clitest.IOVariable); io != "" {
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
			env.Setenv(scriptBinary, clitest.Ours.Path())
			if clitest.ForcedIO(clitest.Settings{}) != nil {
				env.Setenv(clitest.IOVariable, os.Getenv(clitest.IOVariable))
			}
			return nil
		},
		// [own]: options that GNU sha1sum doesn't have, for when that stands in.
		// [stamps]: --cache believes the times of temporary files.
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "own":
				return !clitest.Ours.StandIn, nil
			case "stamps":
				return clitest.BelievesTimes(filepath.Dir(clitest.Ours.Dir))
			}
			return false, fmt.Errorf("no such condition: %s", cond)
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
