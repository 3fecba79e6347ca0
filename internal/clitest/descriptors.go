//go:build unix

package clitest

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// runtimeTakes returns the maximum number of descriptors that Go's runtime opens in an
// idle psha1sum: those visible here, and two that it may open later.
var runtimeTakes = sync.OnceValue(func() int {
	const poller = 2
	in, inEnd, err := os.Pipe()
	if err != nil {
		return poller
	}
	defer in.Close()
	defer inEnd.Close()
	p, err := os.StartProcess(Ours.Path(), []string{Name}, &os.ProcAttr{Files: []*os.File{in, inEnd, inEnd}})
	if err != nil {
		return poller
	}
	defer p.Wait()
	defer p.Kill()
	most := 0
	for range 20 { // descriptors opened during the start count as well
		entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.Pid))
		most = max(most, len(entries)-3)
		time.Sleep(time.Millisecond)
	}
	return most + poller
})

// DescriptorLimit returns the limit that leaves a tool n descriptors in addition to its
// standard streams and those of Go's runtime on this machine.
func DescriptorLimit(n int) int { return 3 + runtimeTakes() + n }

// LimitDescriptors returns the shell command that sets DescriptorLimit(n).
func LimitDescriptors(n int) string { return "ulimit -n " + strconv.Itoa(DescriptorLimit(n)) }
