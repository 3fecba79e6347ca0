//go:build unix

package clitest

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// runtimeTakes is how many descriptors Go's runtime has open, at the most, in a psha1sum
// that does nothing: those that are to be seen here, and two that it may open later.
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
	for range 20 { // what is open while it starts counts as well
		entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.Pid))
		most = max(most, len(entries)-3)
		time.Sleep(time.Millisecond)
	}
	return most + poller
})

// DescriptorLimit is the limit of descriptors that leaves a tool so many of them beside its
// standard streams and what Go's runtime takes on this machine.
func DescriptorLimit(n int) int { return 3 + runtimeTakes() + n }

// LimitDescriptors has sh set that limit.
func LimitDescriptors(n int) string { return "ulimit -n " + strconv.Itoa(DescriptorLimit(n)) }
