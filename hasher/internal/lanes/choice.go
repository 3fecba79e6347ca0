package lanes

import "math"

// choices are which of a set's kernels hash how many busy lanes: those that take
// the least time together. A call of a kernel takes the same time however many
// of its lanes are busy.
type choices struct {
	lanes int // see Set.Lanes

	// columns is by busy lanes how many columns their kernels take together, at
	// least as many as are busy.
	columns [MaxLanes + 1]uint8
	// kernel is by columns the kernel that takes the first of them. Those behind
	// it are taken by the one for the rest.
	kernel [MaxLanes + 1]uint8
	// time is by columns how long their kernels take for one byte of each lane.
	time [MaxLanes + 1]ticks
}

// ticks are femtoseconds. They are whole numbers so that the same kernels in
// another order take exactly the same time.
type ticks int64

// never is longer than anything takes.
const never ticks = 1 << 50

// choose returns the choices for a set of kernels, by their rates.
func (s Set[W]) choose() choices {
	if s.chosen != nil {
		return *s.chosen
	}
	var c choices
	var times [maxKernels]ticks // of calls
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
		// Of those that take the same time the last one, which is wide.
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

// fastest returns how many columns, n or more, take the least time together.
func (c *choices) fastest(n int) uint8 {
	best := n
	for m := n + 1; m <= MaxLanes; m++ {
		if c.time[m] < c.time[best] {
			best = m
		}
	}
	return uint8(best)
}

// time is how long a call takes for one byte of each lane, never if the family
// can't run the kernel.
func (k *Kernel[W]) time(f Family) ticks {
	rate := k.Rates.On(f)
	if rate == 0 {
		return never
	}
	return ticks(math.Round(1e6 * float64(k.Lanes) / rate))
}

// ofBusy is how long so many busy lanes take for one byte of each.
func (c *choices) ofBusy(n int) ticks { return c.time[c.columns[n]] }

// ofStreams is the same of any number of streams, which are hashed in full
// batches and a rest.
func (c *choices) ofStreams(n int) ticks {
	return ticks(n/c.lanes)*c.ofBusy(c.lanes) + c.ofBusy(n%c.lanes)
}

// Lanes returns how many streams a batch should have: of the numbers that the
// widest kernel takes the one that is hashed fastest, and the largest of several.
func (s Set[W]) Lanes() int {
	c := s.choose()
	return c.lanes
}

// Plan returns the names of the kernels that hash n streams: those of full batches,
// and those of the rest.
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

// Rate returns the speed, in GB/s of one core of the set's family, of a batch of n
// streams of equal length. A scheduler that has fewer streams than its idle
// workers could take shares them out so that the sum of the rates is highest.
func (s Set[W]) Rate(n int) float64 {
	c := s.choose()
	return 1e6 * float64(n) / float64(c.ofStreams(n))
}
