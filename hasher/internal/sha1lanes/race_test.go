//go:build race

package sha1lanes

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

const raceEnabled = true

// TestRaceSeen makes sure that the race detector learns what assembly reads: it
// runs itself with a race, which has to be reported.
func TestRaceSeen(t *testing.T) {
	if os.Getenv("PSHA1SUM_TEST_RACE") != "" {
		raceOverData()
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
func raceOverData() {
	data := make([]byte, 1<<10)
	done := make(chan bool)
	go func() {
		var s State
		New(Available()).Blocks([]Lane{{State: &s, Data: data}})
		close(done)
	}()
	data[500] = 1
	<-done
}
