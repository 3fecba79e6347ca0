//go:build race

package lanestest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

const raceEnabled = true

// RaceSeen tests that the race detector sees what assembly reads: it runs itself,
// TestRaceSeen, in a process with a race, which must be reported.
func (s Suite[W]) RaceSeen(t *testing.T) {
	if os.Getenv("PSHA1SUM_TEST_RACE") != "" {
		s.raceOverData()
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestRaceSeen$")
	cmd.Env = append(os.Environ(), "PSHA1SUM_TEST_RACE=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "DATA RACE") {
		t.Errorf("no race was reported: %v\n%s", err, out)
	}
}

// raceOverData writes to data while it is being hashed.
func (s Suite[W]) raceOverData() {
	data := make([]byte, 1<<10)
	done := make(chan bool)
	go func() {
		var state lanes.State[W]
		lanes.New(s.Algorithm.Available()).Blocks([]lanes.Lane[W]{{State: &state, Data: data}})
		close(done)
	}()
	data[500] = 1
	<-done
}
