//go:build unix

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScript tells what the command does, one story a file in testdata/script.
// They run the binary under test as psha1sum, in the C locale; the condition own
// holds if it has options that GNU's doesn't.
func TestScript(t *testing.T) {
	bash := needProgram(t, "bash")
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			// testscript calls programs by their whole path, which would stand
			// in every message.
			bin := filepath.Join(env.Cd, ".bin")
			if err := os.Mkdir(bin, 0o755); err != nil {
				return err
			}
			wrapper := fmt.Sprintf("#!%s\nexec -a psha1sum '%s' \"$@\"\n", bash, ours.path())
			if err := os.WriteFile(filepath.Join(bin, "psha1sum"), []byte(wrapper), 0o755); err != nil {
				return err
			}
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("LC_ALL", "C")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond != "own" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			return !ours.standIn, nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
