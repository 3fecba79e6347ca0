package lanes

import "math"

// choices holds, for each number of busy lanes, the kernels that hash them in the least
// time together. A call of a kernel takes the same time however many of its lanes are
// busy.
type choices struct {
	lanes int // what Set.Lanes returns

	// columns is, by busy lanes, the number of columns that the chosen kernels process,
	// at least one per busy lane.
	columns [MaxLanes + 1]uint8
	// kernel is, by columns, the kernel that processes the first of them. The remaining
	// columns are looked up again.
	kernel [MaxLanes + 1]uint8
	// time is, by columns, how long their kernels take per byte of each lane.
	time [MaxLanes + 1]ticks
}

// ticks are femtoseconds, as integers so that the sum does not depend on the order of
// the kernels.
type ticks int64

// never is longer than any real time.
const never ticks = 1 << 50

// choose returns the choices for a set of kernels, by their rates.
func (s Set[W]) choose() choices {
	if s.chosen != nil {
		return *s.chosen
	}
	var c choices
	var times [maxKernels]ticks // of one call, by kernel
	widest := 0
	for k := range s.alg.Kernels {
		times[k] = never
		if s.has(k) {
			times[k] = s.alg.Kernels[k].time(s.family)
			widest = max(widest, s.alg.Kernels[k].Lanes)
		}
	}
	for m := 1; m <= MaxLanes; m++ {
		c.time[m] = never
		// On a tie the last kernel wins, which is wide.
		for k := len(s.alg.Kernels) - 1; k >= 0; k-- {
			lanes := s.alg.Kernels[k].Lanes
			if lanes <= m && c.time[m-lanes]+times[k] < c.time[m] {
				c.time[m], c.kernel[m] = c.time[m-lanes]+times[k], uint8(k)
			}
		}
	}
	for n := 1; n <= widest; n++ {
		c.columns[n] = c.fastest(n)
		if c.lanes == 0 || c.ofBusy(n)*ticks(c.lanes) <= c.ofBusy(c.lanes)*ticks(n) {
			c.lanes = n
		}
	}
	return c
}

// fastest returns the number of columns, n or more, that takes the least time.
func (c *choices) fastest(n int) uint8 {
	best := n
	for m := n + 1; m <= MaxLanes; m++ {
		if c.time[m] < c.time[best] {
			best = m
		}
	}
	return uint8(best)
}

// time returns how long a call takes per byte of each lane, or never if processors of
// this family can't run the kernel.
func (k *Kernel[W]) time(f Family) ticks {
	rate := k.Rates.On(f)
	if rate == 0 {
		return never
	}
	return ticks(math.Round(1e6 * float64(k.Lanes) / rate))
}

// ofBusy returns the time for n busy lanes per byte of each.
func (c *choices) ofBusy(n int) ticks { return c.time[c.columns[n]] }

// ofStreams returns the same for any number of streams, which are hashed in full
// batches and a remainder.
func (c *choices) ofStreams(n int) ticks {
	return ticks(n/c.lanes)*c.ofBusy(c.lanes) + c.ofBusy(n%c.lanes)
}

// Lanes returns the number of streams in a full batch: the one with the highest
// throughput, up to the lanes of the widest kernel; the largest on a tie.
func (s Set[W]) Lanes() int {
	c := s.choose()
	return c.lanes
}

// Plan returns the names of the kernels that hash n streams: first those of the full
// batches, then those of the remainder.
func (s Set[W]) Plan(n int) (names []string) {
	c := s.choose()
	for ; n > 0; n -= c.lanes {
		for columns := int(c.columns[min(n, c.lanes)]); columns > 0; {
			k := &s.alg.Kernels[c.kernel[columns]]
			names = append(names, k.Name)
			columns -= k.Lanes
		}
	}
	return names
}

// Rate returns the speed in GB/s of a batch of n streams of equal length on one core of
// the set's family. A scheduler distributes streams over idle workers so that the sum
// of the rates is highest.
func (s Set[W]) Rate(n int) float64 {
	c := s.choose()
	return 1e6 * float64(n) / float64(c.ofStreams(n))
}
